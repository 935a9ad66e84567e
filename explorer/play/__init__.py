"""Scenes run on a checkpoint: operations, sessions, the handle for Python."""
