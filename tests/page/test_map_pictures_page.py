"""Pictures over the points of the map: the right ones at the right places, none over another, as the link says."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from explorer.box.files import read, sheets
from explorer.core.scene import Scene, View
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support.browsing import Visit

LEAST, SHARE = 40, 0.9  # pixels of a cell, share of it that a picture takes
SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour", pictures=True))
CUT = "document.querySelectorAll('#map[data-pictures]').length && +document.querySelector('#map').dataset.pictures === "


def cells(page, shown: np.ndarray) -> dict[int, np.ndarray]:
    """Items that should have a picture, by their places alone -> each one's box in pixels of the page [4]."""
    coords = page.session.checkpoint.items.map("flat").astype(float)
    scale = float(page.page.get_attribute("#map", "data-camera").split()[2])
    side = LEAST / 2 ** np.floor(np.log2(scale))
    home, places, box = np.floor(coords / side), page.places(), page.page.locator("#map").bounding_box()
    corners = places + ((home - coords / side + [0, 1]) * [1, -1]) * side * scale
    found = {}
    for cell in {tuple(one) for one in home[shown]}:
        members = np.flatnonzero((home == cell).all(1) & shown)
        best = members[np.argmin(((coords[members] - (np.array(cell) + 0.5) * side) ** 2).sum(1))]
        if (members == page.scene.start.item).any():
            best = page.scene.start.item
        size, width = side * scale, side * scale * SHARE
        left = np.clip(places[best] - width / 2, corners[best], corners[best] + size - width)
        inside = (corners[best] + size > [box["x"], box["y"]]).all()
        if inside and (corners[best] < [box["x"] + box["width"], box["y"] + box["height"]]).all():
            found[int(best)] = np.array([*left, *(left + width)])
    return found


def all_cut(page, many: int) -> None:
    page.page.wait_for_function(f"{CUT}{many}")


def test_each_cell_shows_the_item_nearest_its_middle_and_a_press_takes_it(visit):
    page = visit(SHAPES)
    boxes = cells(page, np.ones(400, dtype=bool))
    all_cut(page, len(boxes))
    edges = np.array(list(boxes.values()))
    over = np.minimum(edges[:, None, 2:], edges[None, :, 2:]) - np.maximum(edges[:, None, :2], edges[None, :, :2])
    assert not ((over > 0.01).all(2) & ~np.eye(len(edges), dtype=bool)).any(), "two pictures lie on each other"

    screen = Image.open(io.BytesIO(page.page.screenshot())).convert("RGB")
    checkpoint, card = page.session.checkpoint, page.session.card
    sheet = Image.open(io.BytesIO(read(checkpoint.folder, sheets(card)[0], card))).convert("RGB")
    start = page.places()[page.scene.start.item]
    clear = [i for i, box in boxes.items() if np.linalg.norm(box.reshape(2, 2).mean(0) - start) > 120]
    clear = [i for i in clear if all(page.free(boxes[i].reshape(2, 2)))]
    assert len(clear) > 5
    gaps = []
    for item in clear:
        place = item if checkpoint.items.sheet is None else int(checkpoint.items.sheet[item])
        left, top = (card.thumb_size * k for k in (place % card.thumb_columns, place // card.thumb_columns))
        wanted = sheet.crop((left, top, left + card.thumb_size, top + card.thumb_size)).resize(
            (6, 6), Image.Resampling.BOX
        )
        inner = boxes[item] + [2, 2, -2, -2]
        seen = screen.crop([round(v) for v in inner]).resize((6, 6), Image.Resampling.BOX)
        gaps.append(np.abs(np.asarray(seen, int) - np.asarray(wanted, int)).mean())
    assert np.median(gaps) < 20, gaps

    item = clear[0]
    page.after(lambda: page.page.mouse.click(*boxes[item].reshape(2, 2).mean(0)))
    assert page.scene.start.item == item
    page.page.wait_for_selector(f'#map[data-hovered="{item}"]')


def test_what_is_hidden_has_no_picture_and_the_button_is_kept_in_the_link(visit):
    page = visit(SHAPES.model_copy(update={"view": View(map="flat", colour="colour")}))
    page.page.wait_for_selector("#map .pictures", state="attached")
    assert page.page.get_attribute("#map-pictures", "aria-pressed") == "false"
    page.page.click("#map-pictures")
    page.page.wait_for_function("location.hash.length > 1 && +document.querySelector('#map').dataset.pictures > 0")
    page.settle()
    assert page.scene.view.pictures is True
    codes = page.session.checkpoint.items.codes[:, 0]
    page.after(lambda: page.page.click('#legend [data-value="green"]'))
    all_cut(page, len(cells(page, codes != 1)))
    page.page.click("#map-pictures")
    page.page.wait_for_selector("#map .pictures", state="hidden")
    assert page.page.get_attribute("#map", "data-pictures") == "0"


def test_they_come_unasked_as_one_zooms_in_and_go_when_they_are_not_wanted(visit):
    page = visit(SHAPES.model_copy(update={"view": View(map="flat", colour="colour")}))
    page.page.wait_for_selector("#map .pictures", state="attached")
    assert page.page.get_attribute("#map", "data-pictures") == "0"
    page.page.click("#zoom-in")
    page.page.click("#zoom-in")
    page.page.wait_for_selector('#map-pictures[aria-pressed="true"]')
    page.page.wait_for_function("+document.querySelector('#map').dataset.pictures > 0")
    page.page.click("#map-pictures")
    page.page.wait_for_selector('#map-pictures[aria-pressed="false"]')
    page.page.wait_for_function("+document.querySelector('#map').dataset.pictures === 0")
    page.page.locator('#spaces [data-map="solid"]').check(force=True)
    page.page.wait_for_selector('#map[data-dims="3"]')
    assert not page.page.locator("#map-pictures").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_texts_are_labelled_by_their_first_words(browser, box, monkeypatch, width):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    desk = Visit(browser, box, width=width).open(open_session("definitions").opening())
    page = desk.page
    page.wait_for_selector("#map .pictures", state="attached")
    page.click("#map-pictures")
    page.wait_for_function("+document.querySelector('#map').dataset.pictures > 10")
    inked = (
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter(Boolean).length"
    )
    assert page.eval_on_selector("#map .pictures", inked) > 1000
    module = "document.querySelector('link[href*=\"/css/\"]').href.split('/css/')[0] + '/js/map/pictures.js'"
    cut = f"async () => (await import({module})).clipped('one two three', 9, (text) => text.length)"
    assert page.evaluate(cut) == "one two …"
    desk.close()
