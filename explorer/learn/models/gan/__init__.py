"""Generative adversarial networks: one pair of nets and one game, and families that differ in who watches the class."""
