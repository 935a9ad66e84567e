"""No violation of WCAG 2.2 A and AA that axe finds: every tab, the dialogs, the reading room, a play; by day and by night.

`EXPLORER_SWEEP=all` takes every bundled checkpoint.
"""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.support.browsing import Visit
from tests.support.sweeping import ALL, MODELS, open_model, tabs

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.slice(0, 4).map((node) => `${id}: ${node.html.slice(0, 200)}`)))"""
DIALOGS = ("#checkpoint", "#about", "#keys", '[data-do="save"]', "#link", "#explain")
# By night a part: the rules on colours are all that the theme can change.
LOOKS = {"light": MODELS, "dark": MODELS if ALL else MODELS[:2]}


def judged(page) -> list[str]:
    """What axe finds on the page as it stands."""
    page.evaluate(f"window.axe ?? (() => {{ {AXE} }})()")
    return page.evaluate(RUN, RULES)


@pytest.fixture(scope="module", params=LOOKS)
def desk(request, browser, box):
    """One visit by day, and one by night."""
    one = Visit(browser, box, bypass_csp=True, reduced_motion="reduce", color_scheme=request.param)
    one.look = request.param
    one.open(None)
    yield one
    one.close()


def test_every_tab(desk):
    found = []
    for model in LOOKS[desk.look]:
        open_model(desk, model)
        found += [f"{model} {tab} {fault}" for tab in tabs(desk) for fault in judged(desk.page)]
    assert not found, "\n".join(found)


def test_every_dialog(desk):
    open_model(desk, "digits-cvae-2d")
    found = []
    for opener in DIALOGS:
        desk.page.click(opener)
        desk.page.wait_for_selector("dialog[open], .explained-all")
        found += [f"{opener} {fault}" for fault in judged(desk.page)]
        desk.page.keyboard.press("Escape")
        desk.page.wait_for_selector("dialog[open], .explained-all", state="detached")
    assert not found, "\n".join(found)


def test_the_room_and_a_play(desk):
    page = desk.page
    page.goto(f"{desk.url}/reading-room")
    page.wait_for_selector(".exhibit")
    found = [f"room {fault}" for fault in judged(page)]
    page.goto(f"{desk.url}/play/pointer-networks")
    page.wait_for_selector("#play-form input, #play-form select, #play-form button")
    found += [f"play {fault}" for fault in judged(page)]
    page.goto(desk.url)
    desk.settle()
    assert not found, "\n".join(found)
