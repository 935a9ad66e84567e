"""Parts of the page in somebody's frame: which stand there, that they work, and the way to the whole."""

from __future__ import annotations

import pytest

from explorer.core import link
from explorer.core.scene import Scene, View

PARTS = ("map-pane", "stage", "inspector")
MODEL = "tiny-digits"


@pytest.fixture
def framed(visit, url):
    """A page with these panels alone; `panels` as `?embed=` names them."""

    def opened(panels: str, width: int = 800, tab: str = "resample"):
        page = visit(None, width=width, height=600)
        scene = Scene(model=MODEL, view=View(tab=tab))
        page.page.goto(f"{url}/?embed={panels}#{link.write(scene)}")
        page.settle()
        return page

    return opened


def parts(page) -> set[str]:
    return {name for name in PARTS if page.page.is_visible(f"#{name}")}


@pytest.mark.parametrize("width", [390, 900])
@pytest.mark.parametrize(
    ("panels", "shown", "tabs"),
    [
        ("stage", {"stage"}, []),
        ("map", {"map-pane"}, []),
        ("", {"stage"}, []),
        ("stage,attributes", {"stage", "inspector"}, ["attributes"]),
        ("Map, Interpolate,resample", {"map-pane", "inspector"}, ["interpolate", "resample"]),
    ],
)
def test_the_panels_that_are_named_stand_there_and_no_others(framed, width, panels, shown, tabs):
    page = framed(panels, width=width)
    assert parts(page) == shown
    assert not page.page.is_visible(".brand") and not page.page.is_visible("#welcome")
    there = page.page.locator("#tabs [role=tab]").evaluate_all(
        "all => all.filter((t) => !t.hidden).map((t) => t.id.slice(4))"
    )
    assert there == tabs
    assert page.page.is_visible("#tabs") == (len(tabs) > 1)
    if tabs:
        page.page.wait_for_selector(f'#panel[data-tab="{"resample" if "resample" in tabs else tabs[0]}"]')
    box = page.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert box[0] <= box[1]


def test_an_attribute_is_changed_in_a_frame_and_the_whole_page_opens_on_it(framed, url):
    page = framed("stage,attributes")
    before = page.pixels("#stage-after")
    other = page.page.locator('#attribute-digit input[type="radio"]:not(:checked)').first
    page.after(lambda: other.evaluate("input => input.click()"))
    page.on_stage()
    assert (page.pixels("#stage-after") != before).any()
    with page.context.expect_page() as opened:
        page.page.click(".embed-out")
    whole = opened.value
    whole.wait_for_selector('#workspace[data-state="ready"]')
    assert "embed" not in whole.url and whole.is_visible(".brand")
    told = link.read(whole.evaluate("location.hash"))
    assert told.point == page.scene.point and told.point.condition


def test_a_panel_that_is_not_there_is_told_where_it_can_be_seen(framed):
    page = framed("map,nothing")
    assert "no panel named nothing" in page.notice("embed")
    assert page.page.locator("#map-pane [data-notice]").is_visible()
