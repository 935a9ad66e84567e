"""The page in a real browser. What it shows is compared with what the session renders, pixel by pixel."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from PIL import Image

from explorer.core import link
from explorer.core.registry import discover
from explorer.core.scene import ItemStart, Point, PriorStart, Scene, SpotStart, UploadStart, View, unpack
from explorer.play.session import open_session
from tests.conftest import BUNDLED, bundled
from tests.support.browsing import Visit
from tests.support.live import serve

PLAYED = {name for exhibit in discover("exhibits").values() for name in exhibit.checkpoints}  # see test_page_exhibits
ELSEWHERE = {"definitions", "icons", "typeface"}  # see test_text_page and test_shapes
IDS = ["map", "stage-before", "stage-after", "checkpoint", "own-item", "undo", "redo", "link"]
IDS += [f"tab-{name}" for name in ("attributes", "interpolate", "resample", "directions")]
SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour"))


# -- opening


def test_it_opens_on_the_first_checkpoint_with_everything_named(visit):
    page = visit(None)
    assert page.scene == open_session("tiny-digits").opening()
    page.on_stage()
    assert page.page.get_attribute("#map", "data-points") == "400"
    names = [*IDS, "attribute-digit"]
    assert (
        page.page.evaluate("ids => ids.filter((id) => document.querySelectorAll('#' + id).length !== 1)", names) == []
    )
    nameless = """[...document.querySelectorAll('#workspace :is(button, input, select, textarea)')].filter((control) => {
        const labelled = control.labels?.length || control.getAttribute('aria-label') || control.title;
        return !labelled && !control.textContent.trim() && control.type !== 'hidden';
    }).map((control) => control.outerHTML)"""
    assert page.page.evaluate(nameless) == []
    faces = "[...document.fonts].filter((face) => face.status === 'loaded').map((face) => face.family)"
    assert set(page.page.evaluate(faces)) == {"Instrument Sans"}, "Gradio's theme has names like ours, and comes later"


def test_the_other_checkpoint_is_a_choice_away_and_back(visit):
    page = visit(None)
    page.after(lambda: page.choose("tiny-shapes"))
    assert page.scene.model == "tiny-shapes"
    page.on_stage()
    page.after(lambda: page.page.click("#undo"))
    assert page.scene == open_session("tiny-digits").opening()
    page.on_stage()


SCENES = [
    SHAPES.at(Point(start=ItemStart(item=17), condition={"colour": "blue", "height": 6.0})),
    SHAPES.at(Point(start=PriorStart(seed=4, draw=2, condition={"colour": "red"}))),
    SHAPES.at(Point(start=ItemStart(item=3)).then("between", to={"start": {"item": 9}}, t=0.4, method="dense")),
    SHAPES.at(
        Point(start=UploadStart(sha256="a" * 64, latent="AAAA" * 8, condition={"colour": "green", "height": 9.0}))
    ),
    Scene(model="tiny-digits", view=View(tab="resample")).at(Point(start=SpotStart(map="plane", at=(0.3, -0.4)))),
    SHAPES.model_copy(
        update={"view": View(map="both", colour="height", difference=True, tab="interpolate", b=Point())}
    ),
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: f"{s.model}-{type(s.start).__name__}-{s.view.tab}")
def test_a_link_restores_the_exact_view(visit, scene):
    page = visit(scene)
    assert page.scene == scene
    page.on_stage()
    assert page.page.get_attribute(f"#tab-{scene.view.tab}", "aria-selected") == "true"
    if scene.view.difference:
        assert np.array_equal(
            page.pixels("#stage-difference"), page.session.difference(scene.point.origin, scene.point)
        )


@pytest.mark.parametrize("text", ["nonsense", "q1bKTFGyqlYqSVWyUiorSE1RqgUA", "A" * 40_000])
def test_a_bad_link_is_a_sentence_and_the_page_opens_all_the_same(visit, text):
    page = visit(text)
    assert page.notice("link", "checkpoint")
    assert page.scene == open_session("tiny-digits").opening()
    page.on_stage()


# -- attributes


def test_an_attribute_changes_the_picture_and_undo_takes_it_back(visit):
    page = visit(SHAPES.at(Point(start=ItemStart(item=21))))
    own = page.session.condition(page.on_stage())["colour"]
    other = next(value for value in ("red", "green", "blue") if value != own)
    assert page.page.locator(f'#attribute-colour input[value="{own}"]').is_checked(), "opened at the item's own value"
    before = page.pixels("#stage-after")
    page.after(lambda: page.page.locator(f'#attribute-colour input[value="{other}"]').check(force=True))
    assert page.on_stage().condition == {"colour": other}
    changed = page.pixels("#stage-after")
    assert not np.array_equal(changed, before)
    page.after(lambda: page.page.click("#undo"))
    assert page.on_stage().condition == {} and np.array_equal(page.pixels("#stage-after"), before)
    page.after(lambda: page.page.keyboard.press("Control+Shift+z"))
    assert page.on_stage().condition == {"colour": other} and np.array_equal(page.pixels("#stage-after"), changed)
    page.after(lambda: page.page.click("#reset-attributes"))
    assert page.on_stage().condition == {}


def test_the_picture_follows_a_slider_while_it_is_dragged(visit):
    page = visit(SHAPES.at(Point(start=ItemStart(item=21))), engine=False)
    asked = page.page.evaluate("location.hash")
    page.page.locator("#attribute-height").scroll_into_view_if_needed()
    box = page.page.locator("#attribute-height").bounding_box()
    y = box["y"] + box["height"] / 2
    page.page.mouse.move(box["x"] + box["width"] / 2, y)
    page.page.mouse.down()
    seen = set()
    for share in (0.2, 0.5, 0.9):
        before = page.rendered
        page.page.mouse.move(box["x"] + share * box["width"], y, steps=4)
        page.page.wait_for_function(f"+document.querySelector('#workspace').dataset.rendered > {before}")
        page.settle()
        value = float(page.page.input_value("#attribute-height"))
        live = page.session.render([Point(start=ItemStart(item=21), condition={"height": value})])[0]
        assert np.array_equal(page.pixels("#stage-after"), live)
        seen.add(value)
    assert len(seen) == 3 and page.page.evaluate("location.hash") == asked, "a drag is no step of the history yet"
    page.after(page.page.mouse.up)
    assert page.on_stage().condition == {"height": value}
    page.after(lambda: page.page.click("#undo"))
    assert page.on_stage().condition == {}


def test_every_value_and_the_matrix(visit):
    page = visit(SHAPES.at(Point(start=ItemStart(item=8))))
    page.after(lambda: page.page.click("#row-of-colour"))
    row = page.cells("#row-colour")
    assert [point.condition["colour"] for point in row] == ["red", "green", "blue"]
    page.after(lambda: page.page.click("#matrix-toggle"))
    table = page.cells("#matrix")
    assert len(table) == 3 * 7 and len({str(point.condition) for point in table}) == 21
    page.after(lambda: page.page.locator("#row-colour .cell-face").nth(2).click())
    assert page.on_stage() == row[2]


# -- the other tabs


def test_interpolate_shows_three_ways_and_scrubs(visit):
    page = visit(SHAPES.at(Point(start=ItemStart(item=4))))
    page.after(lambda: page.page.keyboard.press("a"))
    page.after(lambda: page.page.mouse.click(*page.places()[200]))
    end = page.scene.point
    page.after(lambda: page.page.keyboard.press("b"))
    page.tab("interpolate")
    assert page.scene.view.a == Point(start=ItemStart(item=4)) and page.scene.view.b == end
    strips = {method: page.cells(f"#strip-{method}") for method in ("lerp", "slerp", "dense")}
    first, last = page.session.render([page.scene.view.a, end])
    for way in strips.values():
        pictures = page.session.render(way)
        assert np.array_equal(pictures[0], first) and np.array_equal(pictures[-1], last)
    assert page.page.locator("#map .overlay").evaluate("svg => svg.querySelectorAll('path, polyline').length") > 0
    page.after(lambda: page.page.locator("#strip-dense .cell-face").nth(3).click())
    assert page.on_stage() == strips["dense"][3]


def test_play_says_what_it_does_and_ends_with_the_model(visit):
    page = visit(SHAPES.at(Point(start=ItemStart(item=4))))
    page.tab("interpolate")
    button = page.page.locator("#play")
    assert "until it is paused" in button.get_attribute("title")
    scrub = "document.querySelector('#scrub').value"
    start = page.page.evaluate(scrub)
    button.click()
    page.page.wait_for_function(f"{scrub} !== '{start}'")
    assert button.inner_text() == "Pause"
    page.choose("tiny-digits")
    page.page.wait_for_selector('#checkpoint[data-value="tiny-digits"]')
    page.settle()
    assert page.scene == open_session("tiny-digits").opening()
    page.tab("interpolate")
    start = page.page.evaluate(scrub)
    page.page.wait_for_timeout(300)  # in which it would have moved
    assert page.page.evaluate(scrub) == start and button.inner_text() == "Play"


def test_resample_draws_and_puts_one_on_stage(visit):
    page = visit()
    page.tab("resample")
    draws = page.cells("#draws")
    assert len({str(point) for point in draws}) == len(draws) >= 4
    page.after(lambda: page.page.click("#new-seed"))
    fresh = page.cells("#draws")
    assert not {str(point) for point in fresh} & {str(point) for point in draws}
    page.after(lambda: page.page.locator("#draws .cell-face").nth(1).click())
    assert page.on_stage() == fresh[1]


def test_directions_move_the_item_on_stage(visit):
    page = visit(SHAPES.at(Point(start=ItemStart(item=30))))
    page.tab("directions")
    slider = page.page.locator("#panel input[type=range]").first
    slider.focus()
    page.after(lambda: page.page.keyboard.press("End"))
    point = page.on_stage()
    assert point.edits and not np.array_equal(*page.session.render([point, point.origin]))


def test_what_is_pinned_survives_a_reload(visit):
    page = visit(SHAPES.at(Point(start=ItemStart(item=11), condition={"colour": "red"})))
    page.page.keyboard.press("p")
    page.page.wait_for_selector("#pins .cell")
    page.page.reload()
    page.settle()
    page.page.wait_for_selector("#pins .cell")
    assert page.cells("#pins") == [Point(start=ItemStart(item=11), condition={"colour": "red"})]


# -- a person's own item


def own_picture(tmp_path, item: int, colour: str) -> str:
    picture = open_session("tiny-shapes").render([Point(start=ItemStart(item=item), condition={"colour": colour})])[0]
    path = tmp_path / f"own-{item}.png"
    Image.fromarray(picture).save(path)
    return str(path)


def test_an_own_item_is_encoded_and_every_operation_works_on_it(visit, tmp_path):
    page = visit()
    page.after(lambda: page.page.set_input_files("#own-file", own_picture(tmp_path, 33, "blue")))
    point = page.on_stage()
    assert isinstance(point.start, UploadStart)
    raw = (tmp_path / "own-33.png").read_bytes()
    session = page.session
    x, _ = session.modality.fit(session.modality.open(raw), session.card.shape)
    ours, theirs = point.start, session.encode(x, None, hashlib.sha256(raw).hexdigest()).start
    assert ours.sha256 == theirs.sha256
    # The page encodes by itself where it can: equal up to the rounding of floats.
    size = session.card.latent.size
    assert ours.condition == {**theirs.condition, "height": pytest.approx(theirs.condition["height"], abs=1e-4)}
    assert unpack(ours.latent, size).numpy() == pytest.approx(unpack(theirs.latent, size).numpy(), abs=1e-3)
    page.tab("attributes")
    other = next(value for value in ("red", "green", "blue") if value != point.start.condition["colour"])
    page.after(lambda: page.page.locator(f'#attribute-colour input[value="{other}"]').check(force=True))
    assert page.on_stage().condition == {"colour": other} and page.scene.point.start == point.start


def test_what_is_no_picture_is_one_sentence_and_nothing_is_lost(visit, tmp_path):
    page = visit(SHAPES.at(Point(start=ItemStart(item=12))))
    (tmp_path / "notes.png").write_text("not a picture at all")
    before = page.scene.point
    page.page.set_input_files("#own-file", str(tmp_path / "notes.png"))
    assert page.notice("own-item").startswith("This file isn't a picture")
    page.settle()
    assert page.on_stage() == before


def test_two_people_never_see_each_others_items(visit, tmp_path):
    mine, yours = visit(), visit(SHAPES.at(Point(start=ItemStart(item=2))))
    mine.after(lambda: mine.page.set_input_files("#own-file", own_picture(tmp_path, 44, "green")))
    mine.page.keyboard.press("p")
    yours.page.reload()
    yours.settle()
    assert yours.on_stage() == Point(start=ItemStart(item=2))
    assert yours.page.locator("#pins .cell").count() == 0 and mine.page.locator("#pins .cell").count() == 1


# -- hands and eyes


@pytest.mark.parametrize("name", ["tiny-digits", "tiny-shapes"])
def test_on_a_phone_nothing_is_cut_off(visit, name):
    page = visit(open_session(name).opening(), width=390, height=844, has_touch=True, is_mobile=True)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    for ident in ("map", "stage-after", "checkpoint", "tab-attributes"):
        box = page.page.locator(f"#{ident}").bounding_box()
        assert box["width"] > 20 and box["x"] >= 0 and box["x"] + box["width"] <= 391, ident
    attribute = page.session.card.conditions.attributes[0]
    page.page.locator(f"#attribute-{attribute.name}").scroll_into_view_if_needed()
    asked = page.session.condition(page.scene.point)[attribute.name]
    other = next(value for value in attribute.values if value != asked)
    page.after(lambda: page.page.locator(f'#attribute-{attribute.name} label:has(input[value="{other}"])').tap())
    assert page.on_stage().condition[attribute.name] == other


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(visit, scheme):
    page = visit(color_scheme=scheme)
    ratio = """() => {
        const light = (text) => {
            const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            const parts = text.match(/[\\d.]+/g).slice(0, 3).map((v) => linear(v / 255));
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const ground = (node) => {
            for (; node; node = node.parentElement) {
                const colour = getComputedStyle(node).backgroundColor;
                if (!/rgba\\(.*, 0\\)|transparent/.test(colour)) return colour;
            }
            return 'rgb(255, 255, 255)';
        };
        return [...document.querySelectorAll('#workspace :is(h1, h2, p, label, button)')]
            .filter((node) => node.offsetParent && node.innerText?.trim() && !node.disabled)
            .map((node) => {
                const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
                return [(a + 0.05) / (b + 0.05), node.innerText.slice(0, 30)];
            });
    }"""
    measured = page.page.evaluate(ratio)
    assert len(measured) > 10
    assert [pair for pair in measured if pair[0] < 3] == []
    ground = page.page.evaluate("getComputedStyle(document.querySelector('#workspace')).backgroundColor")
    brightness = np.mean([float(v) for v in ground.strip("rgba()").split(",")[:3]])
    assert brightness > 180 if scheme == "light" else brightness < 80


# -- the checkpoints in the box


@pytest.mark.parametrize("name", sorted(set(bundled()) - PLAYED - ELSEWHERE))
def test_each_bundled_checkpoint_opens_and_answers(browser, monkeypatch, name):
    from explorer.page.ui import create_app

    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    with serve(create_app(BUNDLED)) as address:
        page = Visit(browser, address).open(open_session(name).opening())
        page.on_stage()
        assert int(page.page.get_attribute("#map", "data-points")) == page.session.card.items >= 10_000
        for tab in ("interpolate", "resample", "directions"):
            page.tab(tab)
            assert page.cells("#panel") or tab == "directions"
        page.tab("attributes")
        attribute = page.session.card.conditions.attributes[0]
        asked = page.session.condition(page.scene.point)[attribute.name]
        other = next(value for value in attribute.values if value != asked)
        page.after(lambda: page.page.locator(f'#attribute-{attribute.name} input[value="{other}"]').check(force=True))
        assert page.on_stage().condition[attribute.name] == other
        assert link.write(page.linked) in page.page.url
        page.close()
