"""The page in Firefox opens, an item is picked, a slider dragged, a lasso drawn, a file saved: all with one browser."""

from __future__ import annotations

import csv
import time
from urllib.parse import urlparse

import numpy as np
import pytest

from explorer.core import link
from explorer.core.scene import ItemStart, Point, Scene, View
from explorer.play.session import open_session
from tests.support.browsing import inside, unfold
from tests.support.firefox import PATIENCE, Page, opened

SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour")).at(Point(start=ItemStart(item=21)))
READY = "document.querySelector('#workspace')?.dataset.state === 'ready'"


@pytest.fixture(scope="module")
def page(made, url):
    with pytest.MonkeyPatch.context() as patch, opened() as shown:
        patch.setenv("CHECKPOINTS", str(made))
        shown.open(f"{url}/#{link.write(SHAPES)}")
        shown.wait(f"{READY} && +document.querySelector('#map')?.dataset.plotted > 0")
        yield shown
        assert not shown.errors
        hosts = {urlparse(asked).netloc for asked in shown.asked if asked.startswith(("http", "ws"))}
        assert hosts == {urlparse(url).netloc}


def scene(page: Page) -> Scene:
    return link.read(page.evaluate("location.hash"))


def places(page: Page) -> np.ndarray:
    """Where each item is on the page, pixels [n, 2]."""
    x, y, scale = map(float, page.evaluate("document.querySelector('#map').dataset.camera").split())
    box = page.evaluate(
        """(() => {
          const map = document.querySelector('#map');
          const { x, y } = map.getBoundingClientRect();
          return [x + map.clientLeft, y + map.clientTop, map.clientWidth, map.clientHeight];
        })()"""
    )
    coords = open_session("tiny-shapes").checkpoint.items.map("flat").astype(float)
    return np.array(box[:2]) + np.array(box[2:]) / 2 + (coords - [x, y]) * scale * [1, -1]


def shows(page: Page, point: Point) -> None:
    """The stage shows a point, but for a step of 255 where rounding falls the other way."""
    session = open_session("tiny-shapes")
    ours = unfold(page.evaluate("document.querySelector('#stage-after').src")).astype(int)
    assert np.abs(ours - session.render([point])[0]).max() <= 1


def test_it_opens_on_the_scene_of_the_link(page):
    assert scene(page).point == SHAPES.point
    shows(page, SHAPES.point)


def test_an_item_is_picked_on_the_map(page):
    at = places(page)
    page.press(at[311])
    page.wait(f"{READY} && !location.hash.endsWith({link.write(SHAPES)!r})")
    page.wait("document.querySelector('#workspace').dataset.rendered > 1")
    picked = scene(page).start.item
    assert np.linalg.norm(at[picked] - at[311]) < 1
    shows(page, Point(start=ItemStart(item=picked)))


def test_a_slider_is_dragged_and_the_picture_follows(page):
    x, y = page.middle("#attribute-height")
    width = page.evaluate("document.querySelector('#attribute-height').getBoundingClientRect().width")
    before = page.evaluate("[location.hash, document.querySelector('#workspace').dataset.rendered]")
    page.press((x, y), (x + 0.1 * width, y), (x + 0.3 * width, y), hold=True)
    page.wait(f"document.querySelector('#workspace').dataset.rendered > {before[1]}")
    assert page.evaluate("location.hash") == before[0], "a drag is no step of the history yet"
    page.point([{"type": "pointerUp", "button": 0}])
    page.wait(f"{READY} && location.hash !== {before[0]!r}")
    value = float(page.evaluate("document.querySelector('#attribute-height').value"))
    assert value > 9 and scene(page).condition == {"height": value}
    shows(page, scene(page).point)


def test_a_lasso_holds_the_items_within(page):
    at = places(page)
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    trace = np.round(np.median(at, axis=0) + np.stack([90 * np.cos(angles), 60 * np.sin(angles)], 1))
    edge = inside(trace, at + 0.75) ^ inside(trace, at - 0.75)
    page.key("l")
    page.wait("document.querySelector('#map').dataset.mode === 'lasso'")
    page.press(*trace)
    found = page.wait("+document.querySelector('#map').dataset.selected")
    assert found > 5 and abs(found - int(inside(trace, at).sum())) <= int(edge.sum())


def test_a_file_is_saved(page):
    page.click('#stage [data-do="save"]')
    link_ = "#dialog .field:nth-of-type(2) a[download]"
    assert page.wait(f"document.querySelector({link_!r})?.textContent") == "CSV"
    page.click(link_)
    file, end = page.downloads / "tiny-shapes-stage.csv", time.monotonic() + PATIENCE
    while not (file.is_file() and file.stat().st_size):
        assert time.monotonic() < end, list(page.downloads.iterdir())
        time.sleep(0.02)
    (row,) = csv.DictReader(file.read_text().splitlines())
    z = open_session("tiny-shapes").resolve(scene(page).point).z.numpy().ravel()
    assert np.allclose([float(row[f"z{k}"]) for k in range(len(z))], z, rtol=1e-4, atol=1e-5)
