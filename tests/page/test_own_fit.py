"""The page fits a person's own picture as Python does: size, ground, depth and frame."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from explorer.core.refusals import TEMPLATES
from explorer.core.scene import Scene, View
from explorer.learn.modalities.image import Picture
from explorer.play.compute import ask
from explorer.play.session import open_session
from tests.learn.test_modalities import RAMP, raw
from tests.support.browsing import unfold

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


def test_what_a_person_has_framed_is_not_framed_again(monkeypatch):
    session = open_session("digits-cvae-2d")
    file = "data:image/png;base64," + base64.b64encode(raw(CASES["corner"][0])).decode()
    notes = []
    for cropped in (False, True):
        (answer,) = ask(session, [{"ask": "encode", "file": file, "cropped": cropped}])
        notes.append(answer["value"]["note"])
    assert "centred" in notes[0] and notes[1] is None


def test_the_frame_of_an_own_picture_is_moved_by_pointer_and_keyboard(visit):
    page = visit(Scene(model="tiny-shapes", view=View(map="flat", tab="own")))
    scene = np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    picture = {"name": "own.png", "mimeType": "image/png", "buffer": raw(Image.fromarray(scene))}
    page.after(lambda: page.page.set_input_files("#own-file", picture))
    before = page.scene.start
    page.page.click("#own-frame")
    box = page.page.wait_for_selector("#crop-frame").bounding_box()
    shown = page.page.locator(".crop-picture img").bounding_box()
    assert box["height"] == pytest.approx(shown["height"], abs=1), (
        "the largest square within, as it was cropped at first"
    )
    scale = 400 / shown["width"]
    page.page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 20 + 40 / scale, box["y"] + 20, steps=3)
    page.page.mouse.up()
    for key in ("ArrowLeft", "-", "-"):
        page.page.keyboard.press(key)
    size = float(page.page.input_value("#crop-size"))
    assert size == pytest.approx(0.58, abs=0.011)
    page.after(lambda: page.page.click("#crop-take"))
    assert page.scene.start.sha256 != before.sha256 and page.scene.start.latent != before.latent
    side = size * 400
    left, top = 200 + 36 - side / 2, 120 - side / 2  # the middle by 40 to the right, and by one step of 4 back
    expected = Image.fromarray(scene).resize(
        (16, 16), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side)
    )
    fitted = unfold(page.page.get_attribute("#stage-real", "src")).astype(int)
    assert np.abs(fitted - np.asarray(expected)).mean() < 12
    page.page.click("#own-frame")
    again = page.page.wait_for_selector("#crop-frame").bounding_box()
    assert again["width"] == pytest.approx(size * shown["width"], abs=1.5), "the frame stands where it was put"
    page.page.click("#crop-usual")
    page.after(lambda: page.page.click("#crop-take"))
