"""Far items and items on each other: neither hides the rest, nor is itself out of reach."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from explorer.core.scene import Scene, View
from explorer.page.serving import points
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support.browsing import Visit

SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour"))
FAR, PILE = 17, (30, 31, 250)
CIVIDIS = ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838"]


@pytest.fixture
def odd(browser, url, root):
    """A visit to a map on which one item lies far to the right of all, and three lie exactly on each other."""
    raw = np.frombuffer(points.coordinates(open_session("tiny-shapes"), "flat"), "<u2").reshape(-1, 2) / 8
    places = raw.astype("<u2")
    places[FAR] = (65535, places[:, 1].max() // 2)
    places[list(PILE)] = (10, 10)
    visit = Visit(browser, url)
    visit.page.route("**/points/flat*", lambda route: route.fulfill(body=places.tobytes()))
    yield visit.open(SHAPES)
    visit.close()


def at(page: Visit, selector: str) -> np.ndarray:
    """The middle of an element, a pixel of the page."""
    box = page.page.locator(selector).bounding_box()
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def camera(page: Visit) -> list[float]:
    return [float(v) for v in page.page.get_attribute("#map", "data-camera").split()]


def test_an_outlier_is_an_arrow_that_leads_to_it_and_the_whole_map_shows_it(odd):
    page, opened = odd.page, camera(odd)
    assert page.locator(".overlay .stray").count() == 1
    assert "rotate(0 " in page.get_attribute(".overlay .stray", "transform"), "it points to the right"
    assert "without 1 outlier" in page.inner_text("#map-sentence")
    page.click("#fit")
    page.wait_for_function("!document.querySelector('.overlay .stray')")
    whole = camera(odd)
    assert whole[2] < opened[2] / 4, "all items are in sight"
    page.click("#fit")
    page.wait_for_selector(".overlay .stray", state="attached")
    assert camera(odd) == opened
    page.click("#map-sentence button")
    page.wait_for_function("!document.querySelector('.overlay .stray')")
    assert camera(odd) == whole
    page.set_viewport_size({"width": 1100, "height": 800})
    page.wait_for_function(
        "before => document.querySelector('#map').dataset.camera !== before", arg=" ".join(map(str, whole))
    )
    assert page.locator(".overlay .stray").count() == 0, "whole it stays"
    page.click("#fit")
    page.wait_for_selector(".overlay .stray", state="attached")
    page.mouse.move(*at(odd, ".overlay .stray"))
    page.wait_for_selector(f'#map[data-hovered="{FAR}"]')
    odd.after(lambda: page.mouse.click(*at(odd, ".overlay .stray")))
    assert odd.scene.start.item == FAR
    page.wait_for_function("!document.querySelector('.overlay .stray')")


def test_a_map_without_outliers_is_whole_at_once(visit):
    page = visit(SHAPES)
    opened = camera(page)
    page.page.click("#zoom-in")
    page.page.wait_for_function(
        "before => +document.querySelector('#map').dataset.camera.split(' ')[2] > before", arg=opened[2]
    )
    page.page.click("#fit")
    for _ in range(100):  # the link follows when the map rests
        page.page.wait_for_timeout(100)
        if not page.scene.view.camera:
            break
    assert camera(page) == opened and page.scene.view.camera == ()
    assert page.page.locator("#map-sentence button").count() == 0


def test_a_further_press_takes_the_next_of_items_on_each_other(odd):
    page = odd.page
    (x, y, k), box = camera(odd), page.locator("#map").bounding_box()
    extent = points.box(open_session("tiny-shapes"), "flat")
    place = [low + 10 * (high - low) / 65535 for low, high in extent]
    spot = [box["x"] + box["width"] / 2 + (place[0] - x) * k, box["y"] + box["height"] / 2 - (place[1] - y) * k]
    page.mouse.move(*spot)
    page.wait_for_selector("#map[data-hovered]")
    assert "one of 3 here" in page.inner_text(".hover-title")
    taken = []
    for _ in range(4):
        odd.after(lambda: page.mouse.click(*spot))
        taken.append(odd.scene.start.item)
    assert set(taken[:3]) == set(PILE) and taken[3] == taken[0]
    order = [PILE.index(item) for item in taken]
    assert all((b - a) % 3 == 1 for a, b in itertools.pairwise(order)), "in the order of the items"


def colour(share: float) -> np.ndarray:
    """A colour of the ramp, on the page's paper as a dot is drawn."""
    stops = np.array([[int(stop[k : k + 2], 16) for k in (0, 2, 4)] for stop in CIVIDIS], float)
    ramp = np.array([np.interp(share * 9, range(10), stops[:, k]) for k in range(3)])
    return 0.85 * ramp + 0.15 * np.array([0xFB, 0xFB, 0xF9])


def test_colours_end_where_outliers_begin(browser, box, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    session = open_session("typeface")
    opening = session.opening()
    view = opening.view.model_copy(update={"colour": "slant"})
    page = Visit(browser, box).open(opening.model_copy(update={"view": view}))
    page.page.wait_for_function(
        "[...document.querySelectorAll('.ramp-end')].some((end) => end.textContent.includes('≥'))"
    )
    names = [a.name for a in session.card.conditions.attributes]
    slants = np.asarray(session.checkpoint.items.codes)[:, names.index("slant")]
    high = np.sort(slants)[round(0.98 * (len(slants) - 1))]
    page.page.wait_for_function(
        "text => document.querySelectorAll('.ramp-end')[1].textContent.startsWith(text)", arg=f"≥ {high:.3g}"
    )
    low = session.card.conditions["slant"].low
    first = page.page.locator(".ramp-end").first.inner_text()
    assert ("≤" in first) == bool((slants < low).any())
    low = float(first.strip("≤ °"))
    assert page.page.get_attribute(".ramp-end:last-child", "title").startswith(f"{(slants > high).sum():,} ")
    page.page.wait_for_timeout(500)
    screen = np.asarray(Image.open(io.BytesIO(page.page.screenshot())).convert("RGB"), float)
    places = page.places()
    apart = np.sort(np.linalg.norm(places[:, None] - places[None], axis=2), axis=1)[:, 1]
    alone = (apart > 12) & np.array(page.free(places, margin=30))
    beyond = np.flatnonzero(alone & (slants > high))
    within = np.flatnonzero(alone & (slants <= high))[:20]
    assert len(beyond) and len(within) > 5
    gaps = []
    for item in [*beyond, *within]:
        x, y = np.floor(places[item]).astype(int)
        wanted = colour(min(max((slants[item] - low) / (high - low), 0), 1))
        gaps.append(np.abs(screen[y, x] - wanted).max())
    assert np.median(gaps) < 12 and np.median(gaps[: len(beyond)]) < 12, gaps
    page.close()
