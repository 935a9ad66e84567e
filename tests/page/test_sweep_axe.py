"""No violation of WCAG 2.2 A and AA that axe finds, and keys reach all that a pointer can press, on every tab, in dialogs, the
reading room and a play; by day and by night.

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
# What a pointer can press, by the hand that it shows, and no key can: not by Tab nor, as `led`, by arrows or P, A and B.
# Left out: plotly's own (a legend's entry hides its line for a pointer alone), and pictures that repeat the link beside them.
REACH = """() => {
  const able = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const led = '.cell-face, .cell-actions button, .code, [role=tab], [role=option], input[type=radio], .picker-card';
  const can = (node) => Boolean(node?.matches(able)) && (node.tabIndex >= 0 || node.disabled || node.matches(led));
  const hand = (node) => node && getComputedStyle(node).cursor === 'pointer';
  return [...document.querySelectorAll('body *')]
    .filter((node) => !node.closest('[data-foreign], [aria-hidden="true"]') && node.checkVisibility())
    .filter((node) => hand(node) && !hand(node.parentElement))
    .filter((node) => ![node, node.control, ...node.querySelectorAll(able)].some(can))
    .map((node) => `no key reaches ${node.outerHTML.slice(0, 160)}`);
}"""
DIALOGS = ("#checkpoint", "#about", "#keys", '[data-do="save"]', "#link", "#explain")
# By night a part: the rules on colours are all that the theme can change.
LOOKS = {"light": MODELS, "dark": MODELS if ALL else MODELS[:2]}


def judged(page) -> list[str]:
    """What axe and the keyboard find on the page as it stands."""
    page.evaluate(f"window.axe ?? (() => {{ {AXE} }})()")
    return page.evaluate(RUN, RULES) + page.evaluate(REACH)


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
