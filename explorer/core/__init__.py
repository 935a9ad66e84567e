"""Frozen types that cross rooms, and the registry."""
