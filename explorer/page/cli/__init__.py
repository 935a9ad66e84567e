"""The command line, `python -m explorer COMMAND`: `main` has the commands, but for those on own data and the benchmark."""

from explorer.page.cli.main import app, main

__all__ = ["app", "main"]
