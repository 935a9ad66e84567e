"""The picker in a real browser: all models with picture and sentence, searched, grouped, recent first, by keyboard too."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from explorer.core.schema import ExplorerError
from explorer.museum.exhibits.base import listed
from explorer.page.serving.catalogue import catalogue, cover
from tests.conftest import BUNDLED, TINY, bundled

MANY = 300
SHOWN = "all => all.filter((card) => card.offsetParent).map((card) => card.dataset.name)"


@pytest.mark.parametrize("name", bundled())
def test_a_cover_shows_the_opening_item_first(name, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    made = Image.open(io.BytesIO(data := cover(name)))
    assert (made.format, made.size) == ("WEBP", (192, 96)) and len(data) < 12_000
    assert len(made.convert("RGB").getcolors(1 << 16)) > 8, "something is drawn"
    with pytest.raises(ExplorerError):
        cover("nothing")


def test_the_catalogue_names_papers_and_galleries(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    found = {entry["name"]: entry for entry in catalogue()}
    assert set(found) == set(bundled())
    for exhibit in listed():
        for name in set(exhibit.checkpoints) & set(found):
            named = exhibit.number in [paper["number"] for paper in found[name]["papers"]]
            assert named is not getattr(exhibit, "lens", False), "a paper that takes any model apart isn't this model's"
            assert (found[name]["gallery"] or not named) and not found[name]["own"]


def test_each_model_stands_there_with_its_whole_sentence(visit, url):
    page = visit(None).page
    page.click("#checkpoint")
    page.wait_for_selector(".picker-card")
    assert page.eval_on_selector_all(".picker-card", SHOWN) == list(TINY)
    cut = """all => all.filter(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
        scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1).length"""
    assert page.eval_on_selector_all(".picker-sentence", cut) == 0
    assert "A small checkpoint for tests." in page.inner_text(".picker-sentence")
    page.wait_for_function(
        "[...document.querySelectorAll('.picker-card img')].every((img) => img.naturalWidth === 192)"
    )
    again = page.request.get(page.get_attribute(".picker-card img", "src").join([f"{url}/", ""]))
    assert "immutable" in again.headers["cache-control"]


def test_it_is_searched_and_opened_by_keyboard_alone(visit):
    visitor = visit(None)
    page = visitor.page
    page.keyboard.press("g")
    page.wait_for_selector(".picker-card")
    page.keyboard.type("shapes")
    page.wait_for_function("document.querySelector('#picker-found').value === '1 of 2'")
    visitor.after(lambda: page.keyboard.press("Enter"))
    assert visitor.scene.model == "tiny-shapes"
    assert page.evaluate("document.activeElement.id") == "checkpoint"
    page.keyboard.press("Enter")
    page.wait_for_selector(".picker-list h3:text-is('Recently opened')")
    assert page.eval_on_selector(
        ".picker-list section:first-child",
        "one => [...one.querySelectorAll('.picker-card')].map((c) => c.dataset.name)",
    ) == ["tiny-digits"]
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.name") == "tiny-digits"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "picker-search"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "checkpoint"


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_it_stays_fast_and_whole_with_three_hundred(visit, width):
    page = visit(None, width=width).page
    entries = [
        {
            "name": f"made-{k}", "title": f"Made model {k}", "summary": "One of many. " * (1 + k % 7), "modality": "picture",
            "gallery": f"Gallery {k % 12}", "own": k % 50 == 0, "group": None, "cover": f"explorer/{TINY[0]}/cover.webp",
            "papers": [{"number": k, "title": f"Paper on {k}", "year": 2000}],
        }
        for k in range(MANY)
    ]  # fmt: skip
    page.route("**/explorer/models.json", lambda route: route.fulfill(json=entries))
    page.click("#checkpoint")
    page.wait_for_selector(".picker-card")
    taken = page.evaluate(
        """async () => {
          const field = document.querySelector('#picker-search');
          const times = [];
          for (const text of ['paper 7', '', 'many', '', 'made model 299']) {
            const from = performance.now();
            field.value = text;
            field.dispatchEvent(new Event('input', { bubbles: true }));
            document.querySelector('.picker-list').offsetHeight;
            times.push(performance.now() - from);
          }
          return [Math.max(...times), document.querySelectorAll('.picker-card').length];
        }"""
    )
    assert taken[0] < 1500 and taken[1] == 1, taken
    page.fill("#picker-search", "")
    outside = """() => {
      const dialog = document.querySelector('#picker').getBoundingClientRect();
      return [...document.querySelectorAll('#picker .picker-card, #picker .dialog-head > *')].filter((node) => {
        const box = node.getBoundingClientRect();
        return box.width && (box.left < dialog.left - 1 || box.right > dialog.right + 1);
      }).length;
    }"""
    assert page.evaluate(outside) == 0
