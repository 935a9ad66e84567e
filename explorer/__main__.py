"""`python -m explorer`: see `explorer.page.cli`."""

from explorer.page.cli import main

main()
