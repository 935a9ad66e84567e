"""The map of the page, driven in a real browser: pick, hover, select, colour, search, three dimensions."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from explorer.box.files import read, sheets
from explorer.core.scene import Scene, SpotStart, View
from tests.support.browsing import inside

SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour"))


def test_a_click_picks_the_item_under_the_pointer(visit):
    page = visit()
    places = page.places()
    for item in (5, 60, 311):
        at = places[item]
        nearest = np.linalg.norm(places - at, axis=1) < 0.5
        page.after(lambda at=at: page.page.mouse.click(*at))
        assert nearest[page.on_stage().start.item]
    drawn = page.page.eval_on_selector("#map .overlay", "svg => svg.childElementCount")
    assert drawn > 0


def test_hovering_shows_the_thumbnail_without_the_server(visit):
    page = visit(engine=False)  # it fetches its own files while the page rests
    page.page.wait_for_selector('#map[data-thumbs="ready"]')
    places = page.places()
    lone = int(np.argmax(np.sort(np.linalg.norm(places[:, None] - places[None], axis=2), axis=1)[:, 1]))
    page.settle()
    before = len(page.asked)
    page.page.mouse.move(*(places[lone] + 2))
    page.page.wait_for_selector(f'#map[data-hovered="{lone}"]')
    shown = Image.open(io.BytesIO(page.page.locator(".hover-card .thumb").screenshot())).convert("RGB")
    assert len(page.asked) == before, page.asked[before:]
    card = page.session.card
    checkpoint = page.session.checkpoint
    sheet = Image.open(io.BytesIO(read(checkpoint.folder, sheets(card)[0], card))).convert("RGB")
    place = lone if checkpoint.items.sheet is None else int(checkpoint.items.sheet[lone])
    left, top = (card.thumb_size * k for k in (place % card.thumb_columns, place // card.thumb_columns))
    cell = sheet.crop((left, top, left + card.thumb_size, top + card.thumb_size))
    inner = shown.crop((8, 8, shown.width - 8, shown.height - 8)).resize((8, 8), Image.Resampling.BOX)
    share = 8 * card.thumb_size / shown.width
    wanted = cell.resize((8, 8), Image.Resampling.BOX, (share, share, cell.width - share, cell.height - share))
    assert np.abs(np.asarray(inner, int) - np.asarray(wanted, int)).mean() < 25
    assert f"Item {lone}" in page.page.inner_text(".hover-card")


def test_a_click_on_an_empty_spot_blends_the_nearest_items(visit):
    page = visit()
    places = page.places()
    box = page.page.locator("#map").bounding_box()
    grid = [np.array([u, v]) for u in np.linspace(0.1, 0.9, 9) for v in np.linspace(0.1, 0.9, 9)]
    spots = [np.array([box["x"], box["y"]]) + share * [box["width"], box["height"]] for share in grid]
    spot = max(itertools.compress(spots, page.free(spots)), key=lambda s: np.linalg.norm(places - s, axis=1).min())
    assert np.linalg.norm(places - spot, axis=1).min() > 12
    page.after(lambda: page.page.mouse.click(*spot))
    start = page.on_stage().start
    assert isinstance(start, SpotStart) and start.map == "flat"
    coords = page.session.checkpoint.items.map("flat")
    fit = [np.polyfit(places[:, k], coords[:, k], 1) for k in range(2)]
    assert start.at == pytest.approx([np.polyval(fit[k], spot[k]) for k in range(2)], abs=2 * abs(fit[0][0]))


@pytest.mark.parametrize("tool", ["lasso", "box"])
def test_a_selection_holds_the_items_within_and_survives_a_reload(visit, tool):
    page = visit()
    places = page.places()
    middle = np.median(places, axis=0)
    if tool == "lasso":
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        trace = middle + np.stack([90 * np.cos(angles), 60 * np.sin(angles)], 1)
        polygon = trace
    else:
        trace = middle + np.array([[-80, -50], [-20, 0], [70, 60]])
        (left, top), (right, low) = trace[0], trace[-1]
        polygon = np.array([[left, top], [right, top], [right, low], [left, low]])
    edge = inside(polygon, places + 0.75) ^ inside(polygon, places - 0.75)
    members = int(inside(polygon, places).sum())
    assert members > 5
    page.page.keyboard.press({"lasso": "l", "box": "r"}[tool])
    page.page.wait_for_selector(f'#map[data-mode="{tool}"]')
    page.drag(trace)
    page.page.wait_for_function("+document.querySelector('#map').dataset.selected > 0")
    found = int(page.page.get_attribute("#map", "data-selected"))
    assert abs(found - members) <= int(edge.sum())
    page.page.reload()
    page.settle()
    page.drawn()
    assert f"{found}" in page.page.inner_text("#groups")


def test_recolouring_and_searching_never_fetch_the_points_again(visit):
    page = visit()

    def fetched():
        return sum("/points/" in asked for asked in page.asked)

    assert fetched() == 1
    before = Image.open(io.BytesIO(page.page.locator("#map").screenshot()))
    page.page.select_option("#colour", "height")
    page.page.wait_for_selector('#map[data-colour="height"]')
    page.settle()
    assert page.scene.view.colour == "height"
    after = Image.open(io.BytesIO(page.page.locator("#map").screenshot()))
    assert np.abs(np.asarray(before, int) - np.asarray(after, int)).mean() > 0.2
    page.page.fill("#search", "Colour: red")
    page.page.wait_for_function("document.querySelector('#search-count').value !== ''")
    codes = page.session.checkpoint.items.codes[:, 0]
    assert page.page.eval_on_selector("#search-count", "output => output.value") == str(int((codes == 0).sum()))
    assert fetched() == 1


def test_the_legend_hides_a_value(visit):
    page = visit()
    hidden = int((page.session.checkpoint.items.codes[:, 0] == 1).sum())
    page.after(lambda: page.page.click('#legend [data-value="green"]'))
    page.page.wait_for_function(f"document.querySelector('#map').dataset.plotted === '{400 - hidden}'")
    assert page.scene.view.hidden == ("colour:green",)


def test_a_map_in_three_dimensions(visit):
    page = visit()
    page.page.locator('#spaces [data-map="solid"]').check(force=True)
    page.page.wait_for_selector('#map[data-dims="3"][data-points="400"]')
    page.settle()
    assert page.scene.view.map == "solid"
    page.page.wait_for_selector("#map .plot canvas")
    picture = np.asarray(Image.open(io.BytesIO(page.page.locator("#map").screenshot())).convert("RGB"), dtype=int)
    colours = page.page.eval_on_selector_all("#legend [data-value]", "all => all.length")
    strong = np.ptp(picture, axis=2) > 60
    assert colours == 3 and strong.sum() > 100, "no coloured point is drawn"
    page.page.locator('#spaces [data-map="flat"]').check(force=True)
    page.page.wait_for_selector('#map[data-dims="2"]')


def test_the_latent_plane_lies_behind_its_items(visit):
    page = visit(Scene(model="tiny-digits", condition={"digit": "8"}))
    page.page.wait_for_selector("#map .backdrop:not([hidden])", state="attached")
    first = page.page.get_attribute("#map .backdrop", "src")
    page.page.wait_for_function("document.querySelector('#map .backdrop').naturalWidth > 0")
    box, plane = page.page.locator("#map .backdrop").bounding_box(), page.places("plane")
    corners = np.array([[box["x"], box["y"]], [box["x"] + box["width"], box["y"] + box["height"]]])
    assert np.abs(corners - [plane.min(0), plane.max(0)]).max() < 2, "the backdrop spans the items' own box"
    page.after(lambda: page.page.locator('#attribute-digit input[value="0"]').check(force=True))
    page.page.wait_for_function(
        "before => document.querySelector('#map .backdrop').getAttribute('src') !== before", arg=first
    )
