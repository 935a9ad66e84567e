"""The history in a real browser: branches kept, gone back to, compared, linked, kept over a reload; edits replayed elsewhere."""

from __future__ import annotations

import json

import pytest

from explorer.core import link
from explorer.core.scene import ItemStart, Point, Scene
from tests.page.test_sweep_axe import judged
from tests.support.browsing import Visit
from tests.support.sites import served

AVATARS = Scene(model="avatars-cvae", start=ItemStart(item=14))
PLACES = (
    "[...document.querySelectorAll('#map, #stage, #inspector')].map((node) => node.getBoundingClientRect().toJSON())"
)


def ask(visitor: Visit, name: str, value: str) -> None:
    radio = visitor.page.locator(f'#attribute-{name} input[value="{value}"]')
    visitor.after(lambda: (radio.focus(), visitor.page.keyboard.press("Space")))


def undo(visitor: Visit) -> None:
    visitor.after(lambda: visitor.page.click("#undo"))


def branched(visitor: Visit) -> None:
    """Item 14 with round glasses, and then a laugh; beside it without either, a beard."""
    ask(visitor, "glasses", "round")
    ask(visitor, "expression", "laugh")
    undo(visitor)
    undo(visitor)
    ask(visitor, "facial_hair", "beard")
    visitor.page.click("#history")
    visitor.page.wait_for_selector("#history-tree .cell.on")


def captions(visitor: Visit) -> list[str]:
    return visitor.page.locator("#history-tree .cell-caption").all_inner_texts()


def look(visitor: Visit, view: str) -> None:
    visitor.page.locator(f'#history-panel input[value="{view}"]').check(force=True)


WHOLE = ["Item 14", "Glasses round", "Expression laugh", "Facial hair beard"]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_branch_is_kept_gone_back_to_and_outlives_a_reload(browser, box, width):
    visitor = Visit(browser, box, width=width, bypass_csp=True, reduced_motion="reduce").open(AVATARS)
    page = visitor.page
    branched(visitor)
    assert captions(visitor) == WHOLE
    assert [point.condition for point in visitor.cells("#history-tree")] == [
        {}, {"glasses": "round"}, {"glasses": "round", "expression": "laugh"}, {"facial_hair": "beard"},
    ]  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    assert not judged(page)
    before = page.evaluate(PLACES)
    page.click("#history-close")
    assert page.evaluate(PLACES) == before and page.evaluate("document.activeElement.id") == "history", "nothing jumps"
    page.keyboard.press("h")
    faces = page.locator("#history-tree .cell-face")
    visitor.after(lambda: faces.nth(2).click())
    assert visitor.on_stage().condition == {"glasses": "round", "expression": "laugh"} and captions(visitor) == WHOLE
    undo(visitor)
    assert visitor.scene.condition == {"glasses": "round"}, "along the branch that one is on"
    page.reload()
    visitor.settle()
    page.click("#history")
    page.wait_for_selector("#history-tree .cell.on")
    assert captions(visitor) == WHOLE and visitor.scene.condition == {"glasses": "round"}
    visitor.after(lambda: page.click("#redo"))
    assert visitor.on_stage().condition == {"glasses": "round", "expression": "laugh"}
    visitor.after(page.go_back)
    assert visitor.scene.condition == {"glasses": "round"}
    visitor.close()


def test_the_keyboard_leads_along_the_tree_and_deletes_a_branch_that_comes_back(browser, box):
    visitor = Visit(browser, box).open(AVATARS)
    page = visitor.page
    branched(visitor)
    page.locator("#history-tree .cell.on .cell-face").focus()
    for key, name in [("ArrowLeft", "Item 14"), ("ArrowRight", "Glasses round"), ("ArrowRight", "Expression laugh"),
                      ("ArrowDown", "Facial hair beard"), ("ArrowUp", "Glasses round"), ("Home", "Item 14"),
                      ("End", "Expression laugh")]:  # fmt: skip
        page.keyboard.press(key)
        assert page.inner_text("#history-what") == name
        assert page.evaluate("document.activeElement.firstElementChild.alt").startswith(f"{name}; step ")
    visitor.after(lambda: page.keyboard.press("Enter"))
    assert visitor.scene.condition == {"glasses": "round", "expression": "laugh"}
    page.keyboard.press("ArrowLeft")
    visitor.after(lambda: page.keyboard.press("Delete"))
    assert captions(visitor) == ["Item 14", "Facial hair beard"] and visitor.on_stage().condition == {}
    page.click("#history-restore")
    assert captions(visitor) == WHOLE and visitor.scene.condition == {}
    page.keyboard.press("Escape")
    assert not page.is_visible("#history-panel") and page.get_attribute("#history", "aria-expanded") == "false"
    visitor.close()


def test_two_steps_are_compared_and_a_link_opens_the_same_picture(browser, box):
    visitor = Visit(browser, box, permissions=["clipboard-read", "clipboard-write"]).open(AVATARS)
    page = visitor.page
    branched(visitor)
    faces = page.locator("#history-tree .cell-face")
    page.locator("#history-tree .cell-face").nth(1).focus()
    visitor.after(lambda: page.click("#history-a"))
    visitor.after(lambda: faces.nth(3).click())
    visitor.after(lambda: page.click("#history-b"))
    look(visitor, "compare")
    page.wait_for_selector("#history-gap[src]")
    assert [point.condition for point in visitor.cells("#history-ab")] == [
        {"glasses": "round"},
        {"facial_hair": "beard"},
    ]
    look(visitor, "tree")
    faces.nth(2).focus()
    page.click("#history-link")
    page.wait_for_selector(".toast:has-text('Link copied')")
    url = page.evaluate("navigator.clipboard.readText()")
    shown = visitor.pixels('#history-tree [data-point*="laugh"] img')
    other = Visit(browser, box)
    other.page.goto(url)
    other.settle()
    assert other.on_stage().condition == {"glasses": "round", "expression": "laugh"}
    other.same(other.pixels("#stage-after"), shown)
    other.close()
    visitor.close()


def test_edits_are_replayed_on_items_and_on_a_selection(browser, box):
    visitor = Visit(browser, box).open(
        AVATARS.at(Point(start=ItemStart(item=14)).then("dimension", index=3, amount=1.5))
    )
    page = visitor.page
    page.click("#history")
    ask(visitor, "glasses", "round")
    edited = visitor.scene.point
    look(visitor, "replay")
    page.fill("#replay-number", "40")
    visitor.after(lambda: page.click("#replay-item"))
    assert visitor.on_stage() == at(edited, 40) and "item 40" in page.inner_text("#replay-said")
    page.click("#replay-pick")
    places = visitor.places()
    panel = page.locator("#history-panel").bounding_box()
    free = [k for k, yes in enumerate(visitor.free(places)) if yes and places[k][1] < panel["y"] - 10]
    visitor.after(lambda: page.mouse.click(*places[free[0]]))
    picked = visitor.on_stage()
    assert picked == at(edited, picked.start.item if isinstance(picked.start, ItemStart) else origin(picked))
    assert page.get_attribute("#replay-pick", "aria-pressed") == "false"
    page.fill("#search", "skin: tan")
    visitor.after(lambda: page.press("#search", "Enter"))
    page.wait_for_selector("#groups .chip.on")
    visitor.after(lambda: page.click("#undo"))
    page.click("#replay-group")
    page.wait_for_selector("#replay-cells .cell:nth-child(8) img[src]")
    assert [point == at(edited, origin(point)) for point in visitor.cells("#replay-cells")] == [True] * 8
    visitor.close()


def origin(point: Point) -> int:
    while not isinstance(point.start, ItemStart):
        point = point.start.of
    return point.start.item


def at(point: Point, item: int) -> Point:
    """The same edits on another item."""
    if isinstance(point.start, ItemStart):
        return point.model_copy(update={"start": ItemStart(item=item)})
    return point.model_copy(update={"start": point.start.model_copy(update={"of": at(point.start.of, item)})})


def test_edits_are_replayed_on_another_model_which_says_what_it_leaves_out(browser, box):
    start = Point(start=ItemStart(item=14), condition={"glasses": "round"}).then("dimension", index=3, amount=1.5)
    visitor = Visit(browser, box).open(AVATARS.at(start))
    page = visitor.page
    own = visitor.session.condition(Point(start=ItemStart(item=14)))
    page.click("#history")
    look(visitor, "replay")
    page.select_option("#replay-model", "avatars-weight-1")
    visitor.after(lambda: page.click("#replay-other"))
    assert visitor.scene.model == "avatars-weight-1"
    made = visitor.on_stage()
    assert made.condition == {"glasses": "round"} and not made.edits
    there = visitor.session.condition(made.origin)
    differ = [name for name in own if own[name] != there[name]]
    said = page.inner_text("#replay-said")
    assert "dimension 3 by 1.5" in said and f"item {made.start.item}" in said
    assert ("has the same attributes" in said) == (not differ) and len(differ) <= 1
    look(visitor, "tree")
    assert len(captions(visitor)) == 1, "a tree of its own"
    undo(visitor)
    assert visitor.scene.model == "avatars-cvae" and visitor.on_stage() == start, "an ordinary step"
    visitor.close()


def test_between_settings_of_one_dial_the_items_are_the_same(browser, box):
    visitor = Visit(browser, box).open(
        Scene(model="avatars-weight-1", start=ItemStart(item=5), condition={"glasses": "round"})
    )
    page = visitor.page
    page.click("#history")
    look(visitor, "replay")
    page.select_option("#replay-model", "avatars-weight-100")
    visitor.after(lambda: page.click("#replay-other"))
    assert visitor.on_stage() == Point(start=ItemStart(item=5), condition={"glasses": "round"})
    assert page.inner_text("#replay-said").strip() == f"Replayed on {visitor.session.card.title}."
    visitor.close()


def test_it_works_without_a_server(browser, site):
    with served(site) as running:
        alone(Visit(browser, running.url).open(Scene(model="tiny-shapes")))


def alone(visitor: Visit) -> None:
    page, first = visitor.page, visitor.scene
    visitor.after(lambda: page.click('#panel label:has-text("green")'))
    visitor.after(lambda: page.click('#panel label:has-text("blue")'))
    page.click("#history")
    page.wait_for_selector("#history-tree .cell.on img[src]")
    visitor.after(page.locator("#history-tree .cell-face").first.click)
    assert visitor.scene.point == first.point and len(captions(visitor)) == 3
    page.reload()
    visitor.settle()
    kept = json.loads(page.evaluate("sessionStorage.getItem('explorer.history')"))
    assert len(kept["nodes"]) == 3 and link.write(visitor.linked) in page.url
    visitor.close()
