"""The page fits a person's own picture as Python does: size, ground, depth and frame."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from explorer.core.refusals import TEMPLATES
from explorer.learn.modalities.image import Picture
from tests.learn.test_modalities import RAMP, raw

JS = Path(__file__).resolve().parents[2] / "assets" / "js"
FRAME = {"box": 20, "centre": "mass"}
FIT = """async ([code, shape, framing, refusals]) => {
  const { learn } = await import("/js/compute/refusals.js");
  learn({ refusals, bounds: { listed: 6, longest: 48 } });
  const { fit } = await import("/js/engine/fit.js");
  const { pixels, note } = await fit(new Blob([Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0))]), shape, framing);
  return { pixels: [...pixels], note };
}"""


@pytest.fixture(scope="module")
def page(browser):
    """An empty page that finds the scripts."""

    def answer(route):
        path = JS.parent / route.request.url.partition("://own/")[2]
        body = path.read_text() if path.suffix == ".js" else "<!doctype html>"
        route.fulfill(body=body, content_type="text/javascript" if path.suffix == ".js" else "text/html")

    page = browser.new_page()
    page.route("http://own/**", answer)
    page.goto("http://own/")
    yield page
    page.close()


def drawing(paper: int, ink: int, at: tuple[int, int], size: tuple[int, int], thing: int) -> Image.Image:
    image = Image.new("L", size, paper)
    left, top = at
    pen = ImageDraw.Draw(image)
    pen.line(
        [(left, top), (left + thing // 2, top), (left + thing // 4, top + thing)], fill=ink, width=max(2, thing // 8)
    )
    return image.convert("RGB")


def on_nothing(ink: int) -> Image.Image:
    rgba = np.zeros((40, 40, 4), np.uint8)
    rgba[5:25, 20:25] = (ink, ink, ink, 255)
    return Image.fromarray(rgba)


NOISE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (70, 50, 3), dtype=np.uint8))
DEEP = Image.fromarray(np.rint(RAMP / 255.0 * 4095).astype(np.uint16))
CASES = {
    "corner": (drawing(0, 255, (10, 200), (300, 300), 50), FRAME),
    "paper": (drawing(240, 20, (150, 30), (400, 300), 160), FRAME),
    "small": (drawing(0, 255, (4, 5), (28, 28), 9), FRAME),
    "by-box": (drawing(0, 200, (60, 10), (120, 90), 40), {"box": 28, "centre": "box"}),
    "right-already": (drawing(0, 255, (30, 20), (84, 84), 60).resize((28, 28)), FRAME),
    "noise": (NOISE, FRAME),
    "blank": (Image.new("RGB", (40, 40), "white"), FRAME),
    "no-frame": (drawing(240, 20, (150, 30), (400, 300), 160), None),
    "light-on-nothing": (on_nothing(255), None),
    "dark-on-nothing": (on_nothing(0), FRAME),
    "twelve-bits": (DEEP, None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_page_fits_a_picture_as_python_does(page, name):
    image, framing = CASES[name]
    data, shape = raw(image), (1, 28, 28)
    ours = page.evaluate(FIT, [base64.b64encode(data).decode(), shape, framing, TEMPLATES])
    picture = Picture(framing)
    x, note = picture.fit(picture.open(data), shape)
    assert ours["note"] == note
    gap = np.abs(np.array(ours["pixels"]) - x.numpy().ravel())
    # Of twelve bits the browser gives but four, which a smooth ramp shows as steps.
    assert gap.max() <= (18 if name == "twelve-bits" else 1.01) / 255
