"""The tab *Selection*: the items of a selection and what they are beside all items, held to what Python counts."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

import explorer
from explorer.core.scene import Scene, View
from explorer.page.site import write
from tests.conftest import BUNDLED
from tests.support.browsing import Visit, unfold
from tests.support.sites import served


def at(model: str, **options) -> Scene:
    return Scene(model=model, view=View(tab="selection", options={"selection": options} if options else {}))


def lassoed(page) -> np.ndarray:
    """Draw a box around half of the items, and say which are in the group."""
    places = page.places()
    middle = np.median(places, axis=0)
    page.page.keyboard.press("r")
    page.page.wait_for_selector('#map[data-mode="box"]')
    page.drag([middle - np.array([90, 60]), middle + np.array([60, 50])], steps=3)
    page.page.wait_for_function("+document.querySelector('#map').dataset.selected > 0")
    return chosen(page)


def chosen(page) -> np.ndarray:
    """Numbers of the items of the last group that this browser keeps."""
    kept = page.page.evaluate("localStorage.getItem(Object.keys(localStorage).find((key) => key.includes('groups.')))")
    bits = np.frombuffer(base64.b64decode(json.loads(kept)[-1]["bits"]), np.uint8)
    return np.flatnonzero(np.unpackbits(bits, bitorder="little"))


def counted(page) -> list[list[str]]:
    """What each bar of the breakdown says: its name and, in a sentence, its numbers."""
    script = """all => all.map((bar) =>
        [bar.querySelector('.bar-name').textContent, bar.title.split(". ")[0]])"""
    return page.page.eval_on_selector_all("#breakdown .tally", script)


def selected(page, many: int) -> None:
    page.page.wait_for_function(f"document.querySelector('#map').dataset.selected === '{many}'")
    page.page.wait_for_function(f"document.querySelector('#selected').innerText.includes(': {many:,} of ')", polling=50)


def drawn(page) -> list[dict]:
    """The cells that the gallery shows."""
    page.page.wait_for_function(
        "[...document.querySelectorAll('#gallery .cell img')].every((img) => img.getAttribute('src'))"
    )
    script = """all => all.map((cell) => [
        JSON.parse(cell.dataset.point).start?.item ?? 0, +cell.style.getPropertyValue('--nth'),
        cell.querySelector('img').src, cell.innerText])"""
    found = page.page.eval_on_selector_all("#gallery .cell", script)
    return [dict(zip(("item", "nth", "src", "said"), one, strict=True)) for one in found]


def test_a_selection_is_counted_beside_all_items_as_python_counts_it(visit):
    page = visit(at("tiny-shapes"))
    assert "Nothing is selected" in page.page.inner_text("#selected")
    assert not page.page.query_selector("#gallery")
    members = lassoed(page)
    selected(page, len(members))
    table = explorer.load("tiny-shapes").breakdown(members)
    bars = counted(page)
    assert [name for name, _ in bars] == table["value"].tolist()
    for row, (_, said) in zip(table.itertuples(), bars, strict=True):
        assert f"{row.count} of {len(members)} selected items" in said
        assert f"({_percent(row.low)} to {_percent(row.high)})" in said
        assert said.endswith(_percent(row.whole))
    heights = page.session.checkpoint.items.codes[:, 1]
    low, middle, high = (f"{np.quantile(heights[members], q):g}" for q in (0.25, 0.5, 0.75))
    assert f"Here median {middle} pixels, half of them from {low} to {high}" in page.page.inner_text(
        "#breakdown-height-spread"
    )


def _percent(value: float) -> str:
    return f"{value:.{1 if 0 < value < 0.0995 else 0}%}"


def test_a_press_on_a_value_narrows_the_selection_and_back_widens_it(visit):
    page = visit(at("tiny-shapes"))
    codes = page.session.checkpoint.items.codes
    page.page.click('#breakdown-colour-bars .tally:has-text("blue")')
    blue = codes[:, 0] == 2
    selected(page, int(blue.sum()))
    page.page.click("#breakdown-height-bars .tally >> nth=-1")
    tall = blue & (codes[:, 1] >= 13)
    selected(page, int(tall.sum()))
    assert page.page.is_disabled('#breakdown-colour-bars .tally:has-text("red")'), "none of them is red"
    page.page.click("#select-keep")
    page.page.wait_for_selector('#groups [data-group-name="blue, 13 to 14"]')
    assert np.array_equal(chosen(page), np.flatnonzero(tall))
    assert page.page.is_disabled("#select-keep")
    page.page.click("#select-none")
    page.page.wait_for_function("document.querySelector('#selected').innerText.startsWith('Nothing')")
    page.page.click("#select-all")
    selected(page, 400)
    page.page.click('#breakdown-colour-bars .tally:has-text("red")')
    selected(page, int((codes[:, 0] == 0).sum()))
    page.page.click("#select-back")
    selected(page, 400)
    page.page.fill("#search", "#7")
    selected(page, 1)
    (one,) = drawn(page)
    assert one["item"] == 7


def test_the_gallery_draws_what_is_in_sight_and_a_press_puts_it_on_stage(visit):
    page = visit(at("tiny-shapes", sort="attribute-height", down=True))
    page.page.click("#select-all")
    selected(page, 400)
    heights = page.session.checkpoint.items.codes[:, 1]
    order = np.lexsort((np.arange(400), -heights))
    first = drawn(page)
    assert page.page.get_attribute("#gallery", "data-count") == "400" and 6 <= len(first) < 120
    assert [one["item"] for one in first] == order[: len(first)].tolist()
    assert first[0]["said"].strip() == "14 pixels"
    for one in first[:3]:  # the items themselves, out of the sheet
        assert unfold(one["src"]).shape == (16, 16, 3)
    page.page.eval_on_selector("#gallery", "node => (node.scrollTop = node.scrollHeight)")
    page.page.wait_for_function(
        "[...document.querySelectorAll('#gallery .cell')].some((cell) => cell.style.getPropertyValue('--nth') === '399')"
    )
    last = drawn(page)
    assert [one["item"] for one in last] == order[[one["nth"] for one in last]].tolist() and len(last) < 120
    face = page.page.locator(
        '#gallery .cell[style*="--nth: 399"] .cell-face, #gallery .cell[style*="--nth:399"] .cell-face'
    )
    page.after(face.click)
    assert page.on_stage().start.item == order[399]
    assert page.page.eval_on_selector("#gallery", "node => node.scrollTop") > 0, "the list stays where it was"


@pytest.mark.parametrize("sort", ["error", "distance"])
def test_the_gallery_is_sorted_by_error_and_by_distance(visit, sort):
    page = visit(at("tiny-shapes", sort=sort).model_copy(update={"start": {"item": 11}}))
    page.page.click("#select-all")
    selected(page, 400)
    table = page.session.checkpoint.items
    far = np.linalg.norm(table.z - table.z[page.scene.start.item], axis=1)
    by = table.error if sort == "error" else far
    found = drawn(page)
    shown = by[[one["item"] for one in found]]
    assert np.all(np.diff(shown) >= -1e-6) and shown[0] == by.min()
    assert shown[-1] <= np.sort(by)[len(found)] + 1e-6


def test_groups_are_joined_and_taken_from_each_other_and_a_range_is_a_selection(visit):
    page = visit(at("tiny-shapes"))
    codes = page.session.checkpoint.items.codes
    blue, tall = codes[:, 0] == 2, codes[:, 1] >= 10
    page.page.click("#combine summary")
    assert "two groups" in page.page.inner_text("#combine-few")
    for bars, value, count in (
        ("colour", "blue", blue),
        ("height", "10 to 11", (codes[:, 1] >= 10) & (codes[:, 1] < 11)),
    ):
        if page.page.query_selector("#select-none"):
            page.page.click("#select-none")
        page.page.click(f'#breakdown-{bars}-bars .tally:has(.bar-name:text-is("{value}"))')
        selected(page, int(count.sum()))
        page.page.click("#select-keep")
        page.page.wait_for_selector(f'#groups [data-group-name="{value}"]')
    for how, wanted in (("and", blue & count), ("or", blue | count), ("minus", blue & ~count)):
        page.page.locator(f'#combine-how input[value="{how}"]').check(force=True)
        page.settle()
        page.page.click("#combine-select")
        selected(page, int(wanted.sum()))
    page.after(lambda: page.page.select_option("#combine-left", "10 to 11"))
    page.after(lambda: page.page.select_option("#combine-right", "blue"))
    page.page.click("#combine-select")
    selected(page, int((count & ~blue).sum()))
    page.after(lambda: (page.page.fill("#range-low", "10"), page.page.press("#range-low", "Enter")))
    page.page.click("#range-select")
    selected(page, int(tall.sum()))
    assert page.page.inner_text("#selected").startswith("Height 10 to 14 pixels:")
    error = page.session.checkpoint.items.error
    page.after(lambda: page.page.select_option("#range-number", "error"))
    page.after(lambda: (page.page.fill("#range-high", "20"), page.page.press("#range-high", "Enter")))
    page.page.click("#range-select")
    selected(page, int((error <= 20).sum()))


def test_what_makes_a_selection_different_is_said_or_that_nothing_does(visit):
    page = visit(at("tiny-shapes"))
    page.page.click("#select-all")
    selected(page, 400)
    assert "no rest" in page.page.inner_text("#different")
    page.page.click('#breakdown-colour-bars .tally:has(.bar-name:text-is("blue"))')
    selected(page, int((page.session.checkpoint.items.codes[:, 0] == 2).sum()))
    page.page.wait_for_selector("#different-values .tally")
    assert page.page.inner_text("#different-values .tally >> nth=0 >> .bar-name") == "Colour: blue"
    assert "+100" in page.page.inner_text("#different-values .tally >> nth=0 >> .bar-figure")
    page.page.fill("#search", "#7")
    selected(page, 1)
    assert "Nothing that chance couldn't make" in page.page.inner_text("#different")


# -- the checkpoints in the box; what comes after in this file finds no others


@pytest.mark.parametrize(
    ("model", "sort"),
    [
        ("definitions", "attribute-length"), ("speech-autovc-4", "distance"), ("engines-cvae", "error"),
        ("fashion-vqgan", "distance"), ("icons", "number"), ("fashion-acgan", "number"),
    ],
)  # fmt: skip
def test_items_of_every_kind_are_shown_and_counted(browser, box, monkeypatch, model, sort):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    page = Visit(browser, box).open(at(model, sort=sort))
    page.page.click("#select-all")
    selected(page, page.session.card.items)
    assert page.page.input_value("#gallery-sort") == sort
    found = drawn(page)
    assert len(found) >= 4 and page.page.get_attribute("#gallery", "data-count") == str(page.session.card.items)
    if model == "definitions":
        assert page.session.card.names[found[1]["item"]] in found[1]["said"]
    table = explorer.load(model).breakdown(range(page.session.card.items))
    counts = [int(said.split(" of ")[0].replace(",", "")) for _, said in counted(page)]
    assert sorted(counts) == sorted(table["count"])
    page.close()


def test_a_site_without_a_server_has_it_too(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    write(("digits-gon",), tmp_path / "site")
    with served(tmp_path / "site") as running:
        page = Visit(browser, running.url).open(at("digits-gon"))
        page.page.click('#breakdown-digit-bars .tally:has(.bar-name:text-is("3"))')
        threes = np.flatnonzero(page.session.checkpoint.items.codes[:, 0] == 3)
        selected(page, len(threes))
        assert [one["item"] for one in drawn(page)][:4] == threes[:4].tolist()
        page.close()
