"""Shapes on the page: sharp on the stage and under a hand, whoever draws them, and as a file."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from explorer.box.build.build import make
from explorer.core.registry import register
from explorer.core.scene import Point, Scene, View
from explorer.core.schema import Attribute, Schema
from explorer.learn.data.base import DataSet, Items, Split
from explorer.page.bench import agree
from explorer.play.session import open_session
from tests.support.browsing import Visit
from tests.support.live import explorer_of
from tests.support.outlines import DRAG, outline

NAME, SIDE = "tiny-rings", 48
RECIPE = """
name = "tiny-rings"
data = "tiny-rings"
family = "strokes"

[model]
latent = 2
widths = [16, 8, 8]
blocks = [1, 1, 1]
encoder_widths = [8, 16]
encoder_blocks = [1, 1]
hidden = 16

[training]
epochs = 12
batch = 32
rate = 4e-3
average = 0.9

[checkpoint]
title = "Tiny rings"
summary = "A small checkpoint for tests."
items = 120
held_out = 40
priors = ["gaussian"]
thumb_size = 48
judge = { epochs = 2 }
maps = [{ name = "flat", title = "Flat", space = "latent", method = "pca" }]
"""


@register("data", NAME)
class TinyRings(DataSet):
    """Rings of any size and place: the width of the stroke is the condition."""

    modality = "shape"
    shape = (1, SIDE, SIDE)
    conditions = Schema(attributes=(Attribute(name="weight", label="Weight", kind="continuous", low=8, high=40),))
    licence = "CC0-1.0"
    source = "drawn by the tests"
    share_items = True

    def load(self, split: Split) -> Items:
        rng = np.random.default_rng(len(split))
        count = 400 if split == "train" else 60
        weight, radius = rng.uniform(8, 40, count), rng.uniform(8, 14, count)
        centre = rng.uniform(20, 28, (2, count))
        y, x = np.mgrid[:SIDE, :SIDE]
        away = np.hypot(x - centre[0, :, None, None], y - centre[1, :, None, None]) - radius[:, None, None]
        field = 0.5 + (weight[:, None, None] * SIDE / 512 - abs(away)) / 8
        return Items(np.rint(255 * field.clip(0, 1)).astype(np.uint8)[:, None], weight[:, None].astype(np.float32), {})


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """An app with a checkpoint of rings."""
    folder = tmp_path_factory.mktemp("shapes") / NAME
    folder.mkdir()
    (folder / "recipe.toml").write_text(RECIPE)
    make(folder / "recipe.toml")
    with explorer_of(folder.parent) as url:
        yield url


@pytest.fixture
def visit(browser, address):
    """A visit on a screen of two pixels each way to a pixel of the page."""
    one = Visit(browser, address, device_scale_factor=2)
    yield one
    one.close()


SCENE = Scene(model=NAME, view=View(map="flat", tab="attributes"))
EARLY = "document.querySelector('script[src$=\"early.js\"]').src"
READY = f"import({EARLY}.replace('early.js', 'engine/engine.js')).then(({{ engine }}) => engine.whenReady())"
PAINTED = "(canvas) => ({ side: canvas.width, wide: canvas.parentElement.clientWidth, frame: +canvas.dataset.frame })"
GREY = """(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const ink = Array.from({ length: data.length / 4 }, (_, k) => data[4 * k]);
  return [ink.filter((v) => v < 128).length, ink.filter((v) => v > 16 && v < 239).length].map((n) => n / ink.length);
}"""


def test_a_drag_draws_at_every_pixel_of_the_screen_and_rests_on_an_outline(visit):
    page = visit.open(SCENE.at(Point().asking(weight=10.0))).page
    page.evaluate(READY)
    thin = page.get_attribute("#stage-after", "src")
    slider, canvas = page.locator("#attribute-weight"), page.locator("#stage-after + canvas.live")
    shares = []
    for value in ("14", "30"):
        before = canvas.evaluate(PAINTED)["frame"]
        slider.evaluate(DRAG, value)
        page.wait_for_function(f"+document.querySelector('#stage-after + canvas').dataset.frame > {before}")
        shown = canvas.evaluate(PAINTED)
        assert shown["side"] == 2 * shown["wide"] > 256, "as many pixels as the screen has"
        shares.append(canvas.evaluate(GREY))
    assert shares[1][0] > 1.3 * shares[0][0], "a wider stroke fills more"
    assert max(grey for _, grey in shares) < 0.03, "only the outline's own pixels are grey"
    visit.after(lambda: slider.dispatch_event("change"))
    thick = page.get_attribute("#stage-after", "src")
    assert (
        outline(thick) != outline(thin)
        and agree._pixels(thick, visit.session.modality.data_url(visit.session.render([visit.scene.point])[0])) <= 1
    )


def test_the_real_item_and_the_cells_are_outlines_too(visit):
    page = visit.open(
        SCENE.model_copy(update={"view": View(map="flat", options={"attributes": {"row": "weight"}})})
    ).page
    page.wait_for_function("document.querySelector('#stage-real').src.startsWith('data:image/svg')")
    real, again = (page.get_attribute(f"#stage-{name}", "src") for name in ("real", "before"))
    assert abs(outline(real) - outline(again)) < 40
    page.wait_for_selector("#row-weight .cell img[src]")
    shares = [
        outline(src) for src in page.eval_on_selector_all("#row-weight .cell img", "all => all.map(one => one.src)")
    ]
    assert shares[0] < shares[-1]


def test_a_shape_is_saved_as_svg(visit):
    page = visit.open(SCENE).page
    page.click('[data-do="save"]')
    with page.expect_download() as told:
        page.click('#dialog a[download]:text-is("SVG")')
    name, data = told.value.suggested_filename, told.value.path().read_bytes()
    (one,) = ElementTree.fromstring(data)
    assert name == f"{NAME}-stage.svg" and re.fullmatch(r"(M[^MZ]+Z)+", one.attrib["d"])
    assert data == open_session(NAME).modality.write(open_session(NAME).output(SCENE.point))


def test_the_page_and_the_server_draw_the_same(browser, address):
    report = agree.agree(browser, address, NAME, points=12, seed=1)
    assert not report.apart, "\n".join(report.apart[:5])
    assert report.same > 36 and "picture" in report.largest, report.line()
