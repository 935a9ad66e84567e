"""The map by keyboard, without WebGL, with outliers, with items on each other, and with its tools beside the points."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from explorer.core.scene import Scene, View
from tests.support.browsing import Visit

FLAT = Scene(model="tiny-shapes", view=View(map="flat", colour="colour"))
NO_WEBGL = """
const plain = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return /webgl/.test(kind) ? null : plain.call(this, kind, ...more);
};
"""
MODULE = (
    "(name) => import(new URL(document.querySelector('link[href*=\"/js/main.js\"]').href.replace('main.js', name)))"
)


@pytest.fixture
def bare(browser, url):
    """A visit with a browser that has no WebGL."""
    visit = Visit(browser, url)
    visit.page.add_init_script(NO_WEBGL)
    yield visit
    visit.close()


def drawn(visit: Visit) -> np.ndarray:
    picture = Image.open(io.BytesIO(visit.page.locator("#map").screenshot())).convert("RGB")
    return np.asarray(picture, dtype=int)


@pytest.mark.parametrize(("key", "axis", "sign"), [("ArrowRight", 0, 1), ("ArrowLeft", 0, -1), ("ArrowUp", 1, 1)])
def test_an_arrow_key_goes_on_in_its_direction_and_never_back(visit, key, axis, sign):
    page = visit(FLAT)
    coords = page.session.checkpoint.items.map("flat")
    middle = int(np.linalg.norm(coords - np.median(coords, axis=0), axis=1).argmin())
    page.after(lambda: page.page.mouse.click(*page.places()[middle]))
    page.page.focus("#map")
    walked = [page.scene.start.item]
    for _ in range(5):
        page.after(lambda: page.page.keyboard.press(key))
        walked.append(page.scene.start.item)
    along = sign * coords[walked, axis]
    assert (np.diff(along) > 0).all(), walked
    step = coords[walked[1]] - coords[walked[0]]
    apart = coords - coords[walked[0]]
    forward = sign * apart[:, axis]
    cone = (forward > 0) & (np.abs(apart[:, 1 - axis]) <= forward)
    assert np.linalg.norm(step) == pytest.approx(np.linalg.norm(apart[cone], axis=1).min(), rel=1e-2)


def test_items_are_selected_by_keyboard_alone(visit):
    page = visit(FLAT)
    page.page.focus("#map")
    start = page.scene.start.item
    page.after(lambda: page.page.keyboard.press("Shift+ArrowRight"))
    page.after(lambda: page.page.keyboard.press("Shift+ArrowRight"))
    page.page.wait_for_selector('#map[data-selected="3"]')
    assert page.scene.start.item != start
    page.page.keyboard.press("s")
    page.page.wait_for_selector('#map[data-selected="2"]')
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("Shift+S")
    page.page.wait_for_selector('#map[data-selected="400"]')


def test_the_keyboard_does_to_map_and_strips_what_a_pointer_does(visit):
    page = visit(FLAT)
    keys, doc = page.page.keyboard, page.page
    doc.focus("#map")
    before = [float(v) for v in doc.get_attribute("#map", "data-camera").split()]
    keys.press("Control+ArrowRight")
    doc.wait_for_function("(x) => +document.querySelector('#map').dataset.camera.split(' ')[0] > x", arg=before[0])
    for _ in range(6):  # out to where nothing lies
        keys.press("Control+ArrowRight")
    page.after(lambda: keys.press("x"))
    assert page.scene.start.map == "flat", "a blend, of a spot"
    page.tab("interpolate")
    stops = "all => all.map((one) => [...one.querySelectorAll('button')].filter((b) => b.tabIndex >= 0).length)"
    assert set(doc.eval_on_selector_all("#panel .strip .cells", stops)) == {1}
    doc.focus("#strip-lerp .cell-face")
    keys.press("End")
    keys.press("ArrowLeft")
    cells = doc.locator("#strip-lerp .cell")
    assert cells.nth(cells.count() - 2).evaluate("cell => cell.contains(document.activeElement)")
    keys.press("p")
    there = cells.nth(cells.count() - 2).get_attribute("data-point")
    assert json.loads(doc.locator("#pins .cell").get_attribute("data-point"))["edits"] == json.loads(there)["edits"]
    keys.press("ArrowDown")
    assert doc.evaluate("document.activeElement.closest('.strip').id") == "strip-slerp"
    told = doc.inner_text("#told")
    assert "Distance from real items" in told and "×" in told


@pytest.mark.parametrize("name", ["flat", "solid"])
def test_without_webgl_the_map_is_whole(bare, name):
    page = bare.open(Scene(model="tiny-shapes", view=View(map=name, colour="colour")))
    assert page.page.get_attribute("#map", "data-drawn") == "canvas"
    assert page.page.get_attribute("#map", "data-points") == "400"
    assert (np.ptp(drawn(page), axis=2) > 60).sum() > 300, "no coloured point is drawn"
    assert "WebGL" not in page.page.inner_text("#map-pane")


def test_without_webgl_items_are_picked_and_the_solid_map_turns(bare):
    page = bare.open(FLAT)
    places = page.places()
    page.after(lambda: page.page.mouse.click(*places[311]))
    assert np.linalg.norm(places[page.on_stage().start.item] - places[311]) < 0.5
    page.page.click("#zoom-in")
    page.page.locator('#spaces [data-map="solid"]').check(force=True)
    page.page.wait_for_selector('#map[data-dims="3"][data-points="400"]')
    page.settle()
    page.page.wait_for_timeout(300)
    before = drawn(page)
    box = page.page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 90, y + 20, steps=4)
    page.page.mouse.up()
    page.page.wait_for_function("location.hash.length > 1")
    assert (np.abs(drawn(page) - before) > 60).sum() > 300
    canvas = page.page.locator("#map .plot canvas")
    assert canvas.count() == 1


def test_a_lost_graphics_card_is_drawn_over(visit):
    page = visit(FLAT)
    page.page.wait_for_selector("#map[data-drawn=webgl]")  # a first visit stands on a canvas until plotly has come
    page.page.wait_for_function("document.querySelectorAll('#map .plot').length === 1")
    before = drawn(page)
    page.page.evaluate("""() => {
      const [canvas] = document.querySelectorAll('#map .plot canvas');
      canvas.dispatchEvent(new Event('webglcontextlost', { cancelable: true }));
      canvas.getContext('webgl')?.clearColor(0, 0, 0, 0);
    }""")
    page.page.wait_for_function("document.querySelectorAll('#map .plot canvas').length > 0")
    page.drawn()
    page.page.wait_for_timeout(500)
    after = drawn(page)
    assert np.abs((np.ptp(after, axis=2) > 60).sum() / (np.ptp(before, axis=2) > 60).sum() - 1) < 0.2


def test_a_far_outlier_stands_at_the_edge_and_can_be_reached(visit):
    page = visit(FLAT)
    found = page.page.evaluate(
        f"""async () => {{
          const {{ opening, outside }} = await ({MODULE})('map/walk.js');
          const x = Float32Array.from({{ length: 1000 }}, (_, i) => i / 999);
          const y = Float32Array.from(x, (v) => 1 - v);
          const plain = opening([x, y], [[0, 1], [0, 1]]);
          x[7] = 50;
          const box = opening([x, y], [[0, 50], [0, 1]]);
          return {{ plain, box, out: outside([x, y], box) }};
        }}"""
    )
    assert found["plain"] == [[0, 1], [0, 1]]
    assert found["box"][0][1] < 1.2 and found["box"][1] == [0, 1]
    assert found["out"] == [7]


def test_items_on_each_other_are_taken_one_after_the_other(visit):
    page = visit(FLAT)
    found = page.page.evaluate(
        f"""async () => {{
          const {{ stack, ahead }} = await ({MODULE})('map/walk.js');
          const axes = [Float32Array.of(1, 2, 1, 1, 3), Float32Array.of(1, 1, 1, 1, 1)];
          return {{
            all: stack(axes, 2, () => true), few: stack(axes, 2, (i) => i !== 0),
            right: ahead(axes, [1, 1], 1, 0, () => true), end: ahead(axes, [3, 1], 1, 0, () => true),
          }};
        }}"""
    )
    assert found == {"all": [0, 2, 3], "few": [2, 3], "right": 1, "end": -1}


@pytest.mark.parametrize("width", [390, 1280])
def test_no_point_lies_under_the_tools_or_the_groups(visit, width):
    page = visit(FLAT, width=width)
    assert all(page.free(page.places(), margin=0))
    page.page.focus("#map")
    page.page.keyboard.press("Shift+S")
    page.page.wait_for_selector("#groups:not([hidden])")
    page.page.wait_for_timeout(200)
    assert all(page.free(page.places(), margin=0))
