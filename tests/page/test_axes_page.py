"""The map on axes of one's own: items lie where their numbers say, and all that one does on a map works there."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.scene import Axis, Edit, ItemStart, Point, Scene, View, pack, unpack
from tests.support.browsing import Visit, inside
from tests.support.sites import served

HEIGHT, ERROR = Axis(of="attribute", name="height"), Axis(of="error")
NEAR = 1.5  # pixels


def scene(*axes: Axis, **more) -> Scene:
    return Scene(model="tiny-shapes", view=View(map="flat", axes=axes, colour="colour"), **more)


def ticks(page, up: bool) -> list[tuple[str, float]]:
    """What stands at an axis, each with its pixel of the page."""
    box = page.page.locator("#map").bounding_box()
    kind = ".up" if up else ":not(.up)"
    read = "all => all.map((tick) => [tick.textContent, +tick.getAttribute('x'), +tick.getAttribute('y')])"
    found = page.page.eval_on_selector_all(f".axes .tick{kind}", read)
    return [(text, box["y"] + y - 4 if up else box["x"] + x) for text, x, y in found]


def places(page, *columns: np.ndarray) -> np.ndarray:
    """Where items should lie by their numbers and by the ticks alone: pixels of the page [n, 2]."""
    sides = []
    for k, column in enumerate(columns):
        read = [(float(text.replace("−", "-")), at) for text, at in ticks(page, k == 1)]
        assert len(read) >= 3, read
        sides.append(np.polyval(np.polyfit(*np.array(read).T, 1), column))
    return np.stack(sides, 1)


def lone(page, spots: np.ndarray, many: int) -> list[int]:
    """Items with nobody near, that can be pressed."""
    apart = np.sort(np.linalg.norm(spots[:, None] - spots[None], axis=2), axis=1)[:, 1]
    free = np.array(page.free(spots, margin=12))
    return [int(i) for i in np.argsort(-apart) if free[i] and apart[i] > 3][:many]


def shown(page) -> None:
    page.page.wait_for_selector("#map[data-axes]")
    page.page.wait_for_function("document.querySelectorAll('.axes .tick').length > 3")
    page.settle()


def drag(page, corner: np.ndarray, opposite: np.ndarray) -> int:
    """Select with a box -> how many items were in it."""
    page.page.keyboard.press("r")
    page.page.wait_for_selector('#map[data-mode="box"]')
    page.drag([corner, opposite], steps=3)
    page.page.wait_for_function("+document.querySelector('#map').dataset.selected > 0")
    return int(page.page.get_attribute("#map", "data-selected"))


def test_items_lie_where_their_numbers_say_and_are_picked_there(visit):
    page = visit(scene(HEIGHT, ERROR))
    shown(page)
    items = page.session.checkpoint.items
    spots = places(page, items.codes[:, 1], np.asarray(items.error, float))
    for item in lone(page, spots, 6):
        page.page.mouse.move(*spots[item])
        page.page.wait_for_selector(f'#map[data-hovered="{item}"]')
    item = lone(page, spots, 1)[0]
    page.after(lambda: page.page.mouse.click(*spots[item]))
    point = page.on_stage()  # its own latent, as on any map
    assert point == Point(start=ItemStart(item=item))
    mark, box = page.page.locator(".overlay .start"), page.page.locator("#map").bounding_box()
    page.page.wait_for_function("document.querySelector('.overlay .start')")
    at = [float(mark.get_attribute(name)) for name in ("cx", "cy")]
    assert np.abs(np.array([box["x"], box["y"]]) + at - spots[item]).max() < NEAR
    beside = spots[item] + [0, -20]
    gaps = np.linalg.norm(spots - beside, axis=1)
    page.after(lambda: page.page.mouse.click(*beside))
    assert gaps[page.scene.start.item] <= gaps.min() + NEAR, "an empty place has no latent: the nearest item is taken"


def test_axes_are_chosen_in_the_page_kept_in_the_link_and_undone(visit):
    page = visit()
    page.page.locator('#spaces [data-map=""]').check(force=True)
    shown(page)
    page.page.wait_for_function("location.hash.length > 1")
    assert page.scene.view.axes == (HEIGHT, ERROR)
    assert page.page.eval_on_selector("#axis-x", "list => list.selectedOptions[0].text") == "Height (pixels)"
    page.page.select_option("#axis-y", label="Dimension 1")
    page.page.wait_for_function("document.querySelector('#map-sentence').textContent.includes('Up: Dimension 1.')")
    page.settle()
    assert page.scene.view.axes == (HEIGHT, Axis(of="dimension", index=1))
    items = page.session.checkpoint.items
    spots = places(page, items.codes[:, 1], items.z.reshape(400, -1)[:, 1])
    item = lone(page, spots, 1)[0]
    page.after(lambda: page.page.mouse.click(*spots[item]))
    assert page.scene.start == ItemStart(item=item)
    page.page.reload()
    shown(page)
    assert page.page.eval_on_selector("#axis-y", "list => list.selectedOptions[0].text") == "Dimension 1"
    page.after(lambda: page.page.click("#undo"))
    page.after(lambda: page.page.click("#undo"))
    page.page.wait_for_function("document.querySelector('#map-sentence').textContent.includes('Up: Reconstruction')")
    assert page.scene.view.axes == (HEIGHT, ERROR)
    page.after(lambda: page.page.click("#undo"))
    page.page.wait_for_selector("#map:not([data-axes])")
    assert page.scene.view.axes == () and page.page.locator("#axis-x").is_hidden()
    page.after(lambda: page.page.click("#redo"))
    shown(page)
    page.page.locator('#spaces [data-map="solid"]').check(force=True)
    page.page.wait_for_selector('#map[data-dims="3"]:not([data-axes])')


def test_a_box_around_a_band_takes_the_items_of_its_category(visit):
    page = visit(scene(ERROR, Axis(of="attribute", name="colour")))
    shown(page)
    bands = dict(ticks(page, up=True))
    assert set(bands) == {"red", "green", "blue"}
    half = abs(bands["red"] - bands["green"]) / 2
    box = page.page.locator("#map").bounding_box()
    inner = page.page.locator(".map-tools").bounding_box()["x"] - 2
    left = min(at for _, at in ticks(page, up=False))
    found = drag(page, np.array([left - 40, bands["green"] - half]), np.array([inner, bands["green"] + half]))
    codes = page.session.checkpoint.items.codes[:, 0]
    assert found == int((codes == 1).sum()) and left > box["x"]


def test_an_edited_point_moves_by_what_the_edit_says(visit):
    spread = Axis(of="principal", index=0)
    edits = (Edit(op="principal", params={"index": 0, "amount": 1.5}),)
    page = visit(scene(spread, ERROR, start=ItemStart(item=7), edits=edits))
    shown(page)
    items = page.session.checkpoint.items
    z = items.z.reshape(400, -1)
    along = (z - z.mean(0)) @ items.get("z.components")[0] / np.sqrt(items.get("z.variance")[0])
    spots = places(page, along, np.asarray(items.error, float))
    page.page.wait_for_selector(".overlay .start", state="attached")
    box = page.page.locator("#map").bounding_box()
    assert box["x"] + float(page.page.get_attribute(".overlay .start", "cx")) == pytest.approx(spots[7, 0], abs=NEAR)
    assert page.page.locator(".overlay .now").count() == 0, "no reconstruction error is known of what isn't an item"

    page = visit(
        scene(spread, Axis(of="distance", point=Point(start=ItemStart(item=7))), start=ItemStart(item=7), edits=edits)
    )
    shown(page)
    spots = places(page, along, np.linalg.norm(z - z[7], axis=1) / items.typical)
    page.page.wait_for_selector(".overlay .now", state="attached")
    at = [float(page.page.get_attribute(".overlay .now", name)) for name in ("cx", "cy")]
    moved = 1.5 * np.sqrt(items.get("z.variance")[0]) / items.typical
    wanted = places(page, np.array([along[7] + 1.5]), np.array([moved]))[0]
    assert np.abs(np.array([box["x"], box["y"]]) + at - wanted).max() < NEAR
    item = lone(page, spots, 1)[0]
    page.page.mouse.move(*spots[item])
    page.page.wait_for_selector(f'#map[data-hovered="{item}"]')


def test_a_group_is_a_direction_that_the_link_holds(visit):
    page = visit()
    page.page.focus("#map")
    page.page.fill("#search", "Colour: red")
    page.page.wait_for_function("document.querySelector('#search-count').value !== ''")
    page.page.press("#search", "Enter")
    page.page.wait_for_selector("#groups:not([hidden])")
    page.page.locator('#spaces [data-map=""]').check(force=True)
    shown(page)
    name = page.page.inner_text("#groups .chip-name")
    page.page.select_option("#axis-x", label=f"{name} − the others")
    page.page.wait_for_function("document.querySelector('#map-sentence').textContent.includes('the others')")
    page.settle()
    items = page.session.checkpoint.items
    z, red = items.z.reshape(400, -1), items.codes[:, 0] == 0
    vector = z[red].mean(0) - z[~red].mean(0)
    axis = page.scene.view.axes[0]
    assert axis.of == "direction" and axis.label == f"{name} − the others"
    assert np.abs(unpack(axis.vector, vector.size).numpy() - vector).max() < 1e-4
    page.page.fill("#search", "")
    page.page.wait_for_function("document.querySelector('#map').dataset.found === ''")
    along = (z - z.mean(0)) @ vector / (vector @ vector)
    spots = places(page, along, np.asarray(items.error, float))
    for item in lone(page, spots, 3):
        page.page.mouse.move(*spots[item])
        page.page.wait_for_selector(f'#map[data-hovered="{item}"]')
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    trace = np.median(spots, axis=0) + np.stack([80 * np.cos(angles), 50 * np.sin(angles)], 1)
    page.page.keyboard.press("Escape")
    page.page.focus("#map")
    page.page.keyboard.press("l")
    page.drag(trace)
    page.page.wait_for_function("document.querySelectorAll('#groups .chip-name').length === 2")
    edge = inside(trace, spots + 0.75) ^ inside(trace, spots - 0.75)
    found = int(page.page.get_attribute("#map", "data-selected"))
    assert abs(found - int(inside(trace, spots).sum())) <= int(edge.sum())


LACKING = [
    (Axis(of="attribute", name="weight"), "weight"),
    (Axis(of="dimension", index=999), "999"),
    (Axis(of="direction", vector=pack(np.ones(3))), "3"),
]


@pytest.mark.parametrize(("axis", "said"), LACKING)
def test_what_the_model_lacks_is_a_sentence_and_the_map_opens(visit, axis, said):
    page = visit(scene(axis, ERROR))
    assert said in page.notice("map")
    page.page.wait_for_selector("#map:not([data-axes])")
    assert page.page.get_attribute("#map", "data-points") == "400"
    page.page.wait_for_function("location.hash.length > 1")
    page.settle()
    assert page.scene.view.axes == ()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_point_lies_under_a_list_and_pictures_lie_on_their_items(visit, width):
    page = visit(scene(HEIGHT, ERROR), width=width)
    shown(page)
    items = page.session.checkpoint.items
    spots = places(page, items.codes[:, 1], np.asarray(items.error, float))
    assert all(page.free(spots, margin=0))
    lists = [page.page.locator(f"#axis-{name}").bounding_box() for name in "xy"]
    for box in (*lists, *page.covered()):
        within = (spots > [box["x"], box["y"]]).all(1) & (
            spots < [box["x"] + box["width"], box["y"] + box["height"]]
        ).all(1)
        assert not within.any()
    page.page.wait_for_selector("#map .pictures", state="attached")
    page.page.click("#map-pictures")
    page.page.wait_for_function("+document.querySelector('#map').dataset.pictures > 10")
    if width > 900:  # else the map lies below what is seen
        item = lone(page, spots, 1)[0]
        page.page.mouse.move(*spots[item])
        page.page.wait_for_selector(f'#map[data-hovered="{item}"]')


def test_a_site_without_a_server_has_them(root, browser, site):
    with served(site) as running:
        page = Visit(browser, running.url).open(scene(HEIGHT, Axis(of="principal", index=1)))
        shown(page)
        items = page.session.checkpoint.items
        z = items.z.reshape(400, -1)
        along = (z - z.mean(0)) @ items.get("z.components")[1] / np.sqrt(items.get("z.variance")[1])
        spots = places(page, items.codes[:, 1], along)
        item = lone(page, spots, 1)[0]
        page.after(lambda: page.page.mouse.click(*spots[item]))
        assert page.scene.start == ItemStart(item=item)
        page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_lists_at_the_axes_lie_beside_the_tools(browser, url, width):
    visit = Visit(browser, url, width=width)
    try:
        visit.open(scene(HEIGHT, ERROR))
        shown(visit)
        box = "({ left, top, right, bottom }) => [left, top, right, bottom]"
        read = f"all => all.map((one) => one.getBoundingClientRect()).map({box})"
        lists = visit.page.eval_on_selector_all("#map > .axis", read)
        tools = visit.page.eval_on_selector_all(".map-tools button", read)
        assert len(lists) == 2 and len(tools) >= 6
        for a in lists:
            assert not [b for b in tools if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]
    finally:
        visit.close()
