"""Nothing is cut, overlaps or leaves its column, on every tab at three widths; and nothing moves under a hand that drags.

`EXPLORER_SWEEP=all` takes every bundled checkpoint.
"""

from __future__ import annotations

import pytest

from tests.support.browsing import Visit
from tests.support.sweeping import MODELS, open_model, script, tabs

SIZES = {390: 844, 1280: 800, 1920: 1080}
DIALOGS = ("#checkpoint", "#about", "#keys", '[data-do="save"]', "#link", "#explain")
STILL = 2  # pixels


@pytest.fixture(scope="module", params=SIZES)
def desk(request, browser, box):
    """One visit for each width; a phone's screen is touched."""
    phone = {"has_touch": True, "is_mobile": True} if request.param == 390 else {}
    one = Visit(browser, box, request.param, SIZES[request.param], bypass_csp=True, reduced_motion="reduce", **phone)
    one.page.add_init_script(script("geometry.js"))
    one.open(None)
    yield one
    one.close()


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_cut_overlaps_or_leaves_its_column(desk, model):
    open_model(desk, model)
    faults = [f"{tab}: {fault}" for tab in tabs(desk) for fault in desk.page.evaluate("geometry.faults()")]
    assert not faults, "\n".join(faults)


def test_dialogs_hold_what_is_in_them(desk):
    open_model(desk, "avatars-cvae")
    for opener in DIALOGS:
        if not desk.page.is_visible(opener):
            continue
        desk.page.click(opener)
        desk.page.wait_for_selector("dialog[open], .explained-all")
        assert desk.page.evaluate("geometry.faults()") == [], opener
        desk.page.keyboard.press("Escape")
        desk.page.wait_for_selector("dialog[open], .explained-all", state="detached")


@pytest.mark.parametrize("model", MODELS)
def test_nothing_moves_while_a_slider_is_dragged(desk, model):
    """The first slider of each tab that acts while it is dragged."""
    page = desk.page
    open_model(desk, model)
    for tab in tabs(desk):
        slider = page.locator("#panel input.slider[data-live]:not(:disabled)").first
        if not slider.count():
            continue
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        at = [box["x"] + box["width"] * share for share in (0.3, 0.45, 0.6, 0.8)]
        page.mouse.move(at[0], box["y"] + box["height"] / 2)
        page.mouse.down()
        start = page.evaluate("geometry.places()")
        for x in at[1:]:
            page.mouse.move(x, box["y"] + box["height"] / 2, steps=3)
            page.wait_for_timeout(150)
            now = page.evaluate("geometry.places()")
            moved = {
                name: (start[name], now[name])
                for name in start.keys() & now.keys()
                if max(abs(a - b) for a, b in zip(start[name], now[name], strict=True)) > STILL
            }
            assert not moved, f"{tab}: {moved}"
        page.mouse.up()
        desk.settle()


# -- map and stage share the width as a person wants


def test_the_line_between_map_and_stage_is_dragged_by_hand_and_keys_and_stays(browser, box):
    one = Visit(browser, box, 1920, 1080, bypass_csp=True)
    page = one.open(None).page

    def width(selector):
        return page.locator(selector).first.bounding_box()["width"]

    before, cell = width("#map-pane"), width("#row-expression .cell")
    bar = page.locator("#divider").bounding_box()
    page.mouse.move(bar["x"] + bar["width"] / 2, 500)
    page.mouse.down()
    page.mouse.move(bar["x"] - 250, 500, steps=4)
    page.mouse.up()
    assert width("#map-pane") < before - 200 and width("#row-expression .cell") > cell
    dragged = width("#map-pane")
    page.focus("#divider")
    page.keyboard.press("ArrowRight")
    assert width("#map-pane") > dragged + 20
    kept = width("#map-pane")
    page.reload()
    one.settle()
    assert abs(width("#map-pane") - kept) < 2
    page.dblclick("#divider")
    assert abs(width("#map-pane") - before) < 2
    one.close()


def test_on_a_phone_the_map_comes_right_after_the_pictures(browser, box):
    one = Visit(browser, box, 390, 844, bypass_csp=True, has_touch=True, is_mobile=True)
    page = one.open(None).page
    tops = [page.locator(name).bounding_box()["y"] for name in ("#stage-after", "#map", "#panel")]
    assert tops == sorted(tops) and tops[1] < 844
    one.close()
