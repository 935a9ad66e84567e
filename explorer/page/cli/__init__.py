"""The command line, `python -m explorer COMMAND`: the commands on checkpoints in `main`, those on own data and the benchmark beside it."""

from explorer.page.cli.main import app, main

__all__ = ["app", "main"]
