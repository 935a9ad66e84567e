"""First visits, nothing cached and nothing opened before: how long until the page answers by itself, and clicks until then."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from explorer.box.checkpoints import available, load
from explorer.box.portable.shipped import shipped
from explorer.core import link
from explorer.page.bench.frame import UP
from explorer.page.bench.page import PATIENCE, READY, clicks
from explorer.page.bench.report import spread
from explorer.page.bench.server import running
from explorer.play.session import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

EARLY = 3  # clicks on a page that has just been put up
SINCE = "performance.getEntriesByType('navigation')[0].responseEnd / 1000"


def first(browser: Browser, most: int | None = None) -> dict[str, Any]:
    """Each model that runs in the page, on a server and in a browser that have nothing of it yet.

    Args:
        browser: each visit is one of a fresh context.
        most: how many models; all when left out.

    Returns:
        `models`: name -> `ready_s` and `engine_s`, seconds from the document to the opening scene, and to the page's own engine;
        `click`: milliseconds of the clicks before that, of all models.
    """
    names = [name for name in available() if "decoder" in shipped(load(name)).parts][:most]
    models: dict[str, dict[str, float]] = {}
    early: list[float] = []
    with tempfile.TemporaryDirectory() as cache, running(["app.py"], {"EXPLORER_CACHE": cache}) as app:
        for name in names:
            address = f"{app.url}#{link.write(open_session(name).opening())}"
            for page in _visit(browser, address):
                ready = page.wait_for_function(READY, arg=1).json_value()
                page.evaluate(UP)
                up, since = page.evaluate(f"[performance.now() / 1000, {SINCE}]")
                models[name] = {"ready_s": ready - since, "engine_s": up - since}
            for page in _visit(browser, address):
                page.wait_for_function(READY, arg=1)
                early += clicks(page, EARLY)
    return {"models": models, "click": spread(early)}


def _visit(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        yield page
    finally:
        context.close()
