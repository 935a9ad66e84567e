"""The reading room in a real browser: it is searched, each exhibit's scene plays, and its own control does something."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.box.cards import card_of
from explorer.core.registry import discover
from explorer.core.scene import Scene
from explorer.museum.exhibits.base import numbered
from tests.conftest import BUNDLED
from tests.support.browsing import Visit

SHELF = discover("exhibits")
# The first thing in or at a control that can be used, and what is done to it.
USE = """(selector) => {
  const control = document.querySelector(selector);
  const all = [control, ...control.querySelectorAll('*')];
  const fire = (node, name) => node.dispatchEvent(new Event(name, { bubbles: true }));
  const range = all.find((node) => node.type === 'range');
  const list = all.find((node) => node.tagName === 'SELECT');
  const radio = all.find((node) => node.type === 'radio' && !node.checked);
  const button = all.find((node) => node.tagName === 'BUTTON');
  if (range) {
    const [low, high] = [Number(range.min), Number(range.max)];
    const middle = low + Math.round(((high - low) * 0.6) / (Number(range.step) || 1)) * (Number(range.step) || 1);
    range.value = Number(range.value) === middle ? high : middle;
    fire(range, 'input');
    fire(range, 'change');
  } else if (list) {
    list.selectedIndex = (list.selectedIndex + 1) % list.options.length;
    fire(list, 'change');
  } else if (radio) radio.click();
  else button.click();
}"""


@pytest.fixture
def visit(browser, box, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    one = Visit(browser, box, bypass_csp=True)  # the room allows no evaluated text, by which the tests wait
    yield one
    one.close()


def test_a_model_says_in_its_whole_sentence_what_it_is_and_names_its_paper(visit):
    exhibit = next(one for one in SHELF.values() if one.checkpoints and not getattr(one, "lens", False))
    name = exhibit.checkpoints[0]
    visit.open(Scene(model=name))
    for width in (390, 800, 1280, 1920):
        visit.page.set_viewport_size({"width": width, "height": 800})
        shown = visit.page.locator("#model-summary")
        assert shown.is_visible() and card_of(name).summary in shown.inner_text()
        assert shown.evaluate("p => p.scrollWidth <= p.clientWidth && p.scrollHeight <= p.clientHeight"), width
        paper = shown.locator("a")
        assert paper.is_visible() and paper.inner_text().startswith("Paper ")
    assert paper.get_attribute("title")


def test_the_room_is_searched_and_leads_to_the_scene(visit):
    page = visit.page
    page.goto(f"{visit.url}/reading-room")
    page.wait_for_selector(".exhibit")
    assert f"{len(SHELF)} papers" in page.inner_text("#room-lead")
    number = next(exhibit.number for exhibit in SHELF.values() if not exhibit.play)
    page.fill("#room-search", str(number))
    page.wait_for_function("document.querySelectorAll('.exhibit').length === 1")
    assert page.evaluate("document.querySelector('#room-count').value") == f"1 of {len(SHELF)}"
    page.fill("#room-search", "no such words")
    page.wait_for_function("document.querySelectorAll('.exhibit').length === 0")
    page.fill("#room-search", str(number))
    page.wait_for_function("document.querySelectorAll('.exhibit').length === 1")
    page.click(f"#play-{number}")
    visit.settle()
    visit.drawn()
    assert visit.scene == numbered(number).start


def test_the_room_is_a_click_away_and_back(visit):
    visit.open()
    visit.page.click("#reading-room")
    visit.page.wait_for_selector("#room-search")
    visit.page.click(".brand a")
    visit.settle()


@pytest.mark.parametrize("name", [name for name, exhibit in SHELF.items() if not exhibit.play])
def test_an_exhibit_plays_and_its_control_does_something(visit, name):
    exhibit = SHELF[name]()
    visit.open(exhibit.start)
    assert visit.scene == exhibit.start
    visit.on_stage()
    visit.page.wait_for_selector(exhibit.control)
    scene, panel = visit.scene, visit.page.inner_html("#panel")
    visit.after(lambda: visit.page.evaluate(USE, exhibit.control))
    after = visit.scene
    assert after != scene
    assert after.point != scene.point or after.model != scene.model or visit.page.inner_html("#panel") != panel
    visit.on_stage()
    if exhibit.control == "#dial":
        assert after.model in exhibit.checkpoints and after.model != scene.model
        assert after.point == scene.point and after.view.tab == scene.view.tab
        visit.after(lambda: visit.page.click("#undo"))
        assert visit.scene == scene


def test_a_picture_is_encoded_from_the_origin_and_drawn_with_more_pixels(visit):
    exhibit = numbered(103)
    visit.open(exhibit.start)
    page = visit.page
    base = visit.scene.point
    page.wait_for_selector("#origin-way .cell")
    visit.cells("#origin-way")
    assert visit.pixels("#redrawn").shape == (112, 112, 3)
    visit.after(lambda: page.click('#times input[value="8"]'))
    fine = visit.pixels("#redrawn")
    assert fine.shape == (224, 224, 3) and len(np.unique(fine)) > 50
    before = visit.pixels("#stage-after")
    visit.after(lambda: page.evaluate(USE, "#origin-step"))
    stepped = visit.scene.point
    assert stepped.edits[-1].op == "origin" and stepped.edits[:-1] == base.edits
    visit.on_stage()
    assert np.abs(visit.pixels("#stage-after").astype(int) - before).mean() > 1
    visit.after(lambda: page.click("#reset-origin"))
    assert visit.scene.point == base
    visit.same(visit.pixels("#stage-after"), before)


def test_one_face_is_shown_at_every_age(visit):
    visit.open(numbered(4).start)
    points = visit.cells("#row-age")
    asked = [point.condition["age"] for point in points]
    age = visit.session.card.conditions["age"]
    assert asked == sorted(asked) and (asked[0], asked[-1]) == (age.low, age.high)
    pictures = [picture.astype(float) for picture in visit.session.render(points)]
    # Growing up changes more than a year does, and nothing else was asked for: step by step, away from the youngest.
    away = [abs(picture - pictures[0]).mean() for picture in pictures]
    assert away[-1] > away[1] > 0
    visit.after(lambda: visit.page.click("#row-age .cell >> nth=6"))
    assert visit.scene.point.condition == {"age": age.high}
    visit.on_stage()


def test_the_weight_is_turned_and_the_samples_change(visit):
    exhibit = numbered(45)
    visit.open(exhibit.start)
    visit.page.wait_for_selector("#draws .cell")
    seen = {}
    for name in exhibit.checkpoints:
        if visit.scene.model != name:
            visit.after(lambda which=name: visit.page.click(f'#dial input[value="{which}"]'))
        assert visit.scene.model == name
        visit.page.wait_for_selector("#draws .cell")
        for _ in range(40):  # the cells keep the last model's pictures until their own are made
            try:
                visit.cells("#draws")
                break
            except AssertionError:
                visit.page.wait_for_timeout(250)
        visit.cells("#draws")
        seen[name] = visit.page.get_attribute("#draws .cell img", "src")
    assert len(set(seen.values())) == len(exhibit.checkpoints)
