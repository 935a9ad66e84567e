"""The system's Chromium, headless, through playwright; asks no other host for anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from explorer.core.schema import ExplorerError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip


def chromium() -> str:
    """Where the browser is.

    Raises:
        ExplorerError: it isn't installed.
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise ExplorerError("This needs Chromium in the PATH; `make bench` and `make test` install it on Debian.", "page")


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser, closed with the context.

    Raises:
        ExplorerError: no browser or no playwright.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise ExplorerError("This needs playwright; `make bench` installs it.", "page") from None
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), headless=True, args=ARGUMENTS)
        try:
            yield opened
        finally:
            opened.close()
