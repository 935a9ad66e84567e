"""Plays: what an exhibit opens where there is no latent to walk through."""
