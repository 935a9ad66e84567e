"""The page's second answerer, assets/js/local/, beside the Python that it stands for: node by node, in a real browser.

It runs where it is meant to: on files from a plain server, with the models in the page.
"""

from __future__ import annotations

import base64
import io
import json
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.core import link
from explorer.core.scene import unpack
from explorer.page.act import act
from explorer.play.session import open_session
from tests.conftest import TINY
from tests.page.test_tabs import scenes
from tests.support.browsing import PATIENCE, unfold
from tests.support.panels import Node, read
from tests.support.sites import served

TABS = ("attributes", "interpolate", "resample", "directions", "own")
JSON = ("data-point", "data-patch", "data-value", "data-blend", "value")


def same_picture(ours: str, theirs: str, place: str) -> None:
    """Assert that two data URLs show the same, but for one step of 255 in a few places, where rounding falls the other way."""
    gap = np.abs(unfold(ours).astype(int) - unfold(theirs).astype(int))
    assert gap.max() <= 1, f"{place}: {gap.max()} steps apart"
    assert (gap > 0).mean() < 0.01, f"{place}: {(gap > 0).mean():.1%} of the pixels differ"


def told(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")


def close(a: str, b: str) -> bool:
    """Whether two texts are the same but for the last digit of their numbers."""
    if NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return False
    pairs = zip(NUMBER.findall(a), NUMBER.findall(b), strict=True)
    return all(nearly(float(x.replace("−", "-")), float(y.replace("−", "-")), places(x)) for x, y in pairs)


def places(text: str) -> int:
    return len(text.partition(".")[2])


def nearly(x: float, y: float, digits: int) -> bool:
    return abs(x - y) <= 1.01 * 10**-digits if digits else abs(x - y) <= 1


def alike(a: Any, b: Any) -> bool:
    """Whether two values of JSON say the same, up to rounding."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
        return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-4)
    return a == b or (isinstance(a, str) and isinstance(b, str) and packed_alike(a, b))


def packed_alike(a: str, b: str) -> bool:
    """Whether two texts are packed vectors that say the same, up to rounding."""
    if len(a) != len(b) or not all(re.fullmatch(r"[\w-]{6,}", text) for text in (a, b)):
        return False
    size = len(a) * 3 // 16
    return torch.allclose(unpack(a, size), unpack(b, size), atol=1e-4)


def compare(ours: Node, theirs: Node, way: str = "") -> None:
    """Assert that two trees are the same: tags, attributes, text."""
    place = f"{way}/{ours.tag}{'#' + ours['id'] if ours['id'] else ''}"
    assert ours.tag == theirs.tag, place
    assert ours.attributes.keys() == theirs.attributes.keys(), (
        f"{place}: {ours.attributes.keys() ^ theirs.attributes.keys()}"
    )
    for name, value in ours.attributes.items():
        other = theirs[name]
        if name == "src":
            same_picture(value, other, place)
        elif name == "href" and "scene=" in (value or ""):
            assert value.partition("scene=")[0] == other.partition("scene=")[0], place
        elif name in JSON:
            assert alike(told(value or ""), told(other or "")), f"{place} {name}: {value} != {other}"
        else:
            assert value == other or close(value or "", other or ""), f"{place} {name}: {value} != {other}"
    assert ours.text == theirs.text or close(ours.text, theirs.text), f"{place}: {ours.text!r} != {theirs.text!r}"
    assert len(ours.children) == len(theirs.children), (
        f"{place}: {len(ours.children)} != {len(theirs.children)} children"
    )
    for a, b in zip(ours.children, theirs.children, strict=True):
        compare(a, b, place)


OPEN = """async (name) => {
  window.local = await import(new URL("assets/js/local/act.js", document.baseURI));
  const { engine } = await import(new URL("assets/js/engine/engine.js", document.baseURI));
  const { compute } = await import(new URL("assets/js/compute/compute.js", document.baseURI));
  compute.open((await local.open(name, `explorer/${name}/facts.json`)).facts);
  await engine.whenReady();
}"""


@pytest.fixture(scope="module")
def address(site):
    with served(site) as server:
        yield server.url


@pytest.fixture(scope="module")
def blank(browser, address):
    """An empty page of the site."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.route("**/blank.html", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(f"{address}/blank.html")
    yield page
    page.close()


@pytest.fixture(scope="module", params=TINY)
def answers(request, blank):
    """A checkpoint's name, and a function that asks the page for an answer."""
    blank.evaluate(OPEN, request.param)
    return request.param, lambda asked: blank.evaluate("(asked) => local.answer(asked)", asked)


def test_what_isnt_the_same_is_told_apart():
    one = read('<p id="a" data-point=\'{"start":{"item":1}}\'>1.25 times<b>x</b></p>')
    compare(one, read('<p id="a" data-point=\'{"start": {"item": 1.0}}\'>1.26 times<b>x</b></p>'))
    for other in (
        '<p id="b" data-point=\'{"start":{"item":1}}\'>1.25 times<b>x</b></p>',
        '<p id="a" data-point=\'{"start":{"item":2}}\'>1.25 times<b>x</b></p>',
        '<p id="a" data-point=\'{"start":{"item":1}}\'>1.35 times<b>x</b></p>',
        '<p id="a" data-point=\'{"start":{"item":1}}\'>1.25 times<i>x</i></p>',
        '<p id="a" data-point=\'{"start":{"item":1}}\' hidden>1.25 times<b>x</b></p>',
    ):
        with pytest.raises(AssertionError):
            compare(one, read(other))


@pytest.mark.parametrize("tab", TABS)
def test_the_page_answers_what_python_answers(root, answers, tab):
    name, ask = answers
    for scene in scenes(open_session(name), tab):
        shown = scene.model_copy(update={"view": scene.view.model_copy(update={"tab": tab})})
        asked = {"do": "show", "scene": shown.model_dump(mode="json", exclude_defaults=True)}
        ours, theirs = ask(asked), act(asked)
        assert ours.get("error") == theirs.get("error")
        if not theirs["ok"]:
            assert ours["where"] == theirs["where"]
            continue
        assert ours.get("panel_error") == theirs.get("panel_error")
        if theirs["panel"] is not None:
            compare(read(ours["panel"]), read(theirs["panel"]))
        compare_slots(ours["slots"], theirs["slots"])
        assert alike(ours["overlay"] | {"backdrop": 0}, theirs["overlay"] | {"backdrop": 0})
        assert alike(ours["scene"], theirs["scene"])
        assert link.read(ours["link"]) == shown


def compare_slots(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Assert that two stages are the same."""
    assert ours.keys() == theirs.keys()
    for name, slot in theirs.items():
        if "html" in slot:
            compare(read(ours[name]["html"]), read(slot["html"]), name)
        else:
            assert ours[name]["alt"] == slot["alt"]
            same_picture(ours[name]["src"], slot["src"], name)


def test_while_a_hand_moves_and_with_the_difference(root, answers):
    name, ask = answers
    session = open_session(name)
    for scene in scenes(session, "attributes")[:4]:
        shown = scene.model_copy(update={"view": scene.view.model_copy(update={"difference": True})})
        asked = {"do": "live", "scene": shown.model_dump(mode="json"), "n": 3}
        ours, theirs = ask(asked), act(asked)
        assert ours["n"] == 3
        compare_slots(ours["slots"], theirs["slots"])
        assert alike(ours["overlay"], theirs["overlay"])


@pytest.mark.parametrize(
    "change",
    [
        {"start": {"item": 100_000}},
        {"start": {"map": "nowhere", "at": [0, 0]}},
        {"condition": {"nonsense": 1}},
        {"view": {"tab": "resample", "options": {"resample": {"count": 99}}}},
        {"view": {"tab": "interpolate", "options": {"interpolate": {"speed": 1}}}},
        {"view": {"tab": "attributes", "options": {"attributes": {"matrix": "yes, please"}}}},
        {"edits": [{"op": "dimension", "params": {"index": 99}}]},
        {"edits": [{"op": "direction", "params": {"vector": "AAAA"}}]},
        {"start": {"seed": -1}},
        {"version": 2},
    ],
)
def test_what_is_wrong_is_said_in_the_same_words(root, answers, change):
    name, ask = answers
    asked = {"do": "show", "scene": {"model": name, **change}}
    ours, theirs = ask(asked), act(asked)
    assert theirs.get("error") or theirs.get("panel_error")
    said = ("ok", "error", "where", "panel_error")
    assert {k: ours.get(k) for k in said} == {k: theirs.get(k) for k in said}


def test_what_isnt_answered_here_is_for_the_server(answers):
    _, ask = answers
    for asked in ({"do": "about"}, {"do": "nonsense"}, {"do": "show", "scene": {"model": "another"}}):
        with pytest.raises(Exception, match=r"answered here|isn't open"):
            ask(asked)


def test_links_are_read_by_both(root, answers):
    name, ask = answers
    for scene in scenes(open_session(name), "interpolate"):
        text = link.write(scene)
        back = ask({"do": "code", "scene": scene.model_dump(mode="json")})
        assert link.read(re.search(r"render\('([^']+)'\)", back["python"])[1]) == scene
        assert text in act({"do": "code", "scene": scene.model_dump(mode="json")})["command"]


def picture(kind: str) -> Image.Image:
    """A picture of a kind that a person might bring."""
    rng = np.random.default_rng(0)
    if kind == "noise":
        return Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    if kind == "photograph":
        y, x = np.mgrid[0:210, 0:333] / 40
        waves = np.stack([np.sin(x + k) * np.cos(y - k) for k in range(3)], 2)
        return Image.fromarray((127 + 120 * waves).astype(np.uint8))
    if kind == "tall":
        return Image.fromarray(rng.integers(0, 256, (301, 40, 3), dtype=np.uint8))
    if kind == "small":
        return Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8))
    drawing = Image.new("RGB", (90, 61), "white")
    drawing.paste("black", (30, 10, 45, 50))
    return drawing


@pytest.mark.parametrize("kind", ["noise", "photograph", "tall", "small", "drawing"])
def test_a_picture_is_fitted_as_pillow_fits_it(root, answers, blank, kind):
    name, _ = answers
    session, buffer = open_session(name), io.BytesIO()
    picture(kind).save(buffer, "PNG")
    ours = blank.evaluate(
        """async ([code, shape]) => {
          const { fit } = await import(new URL("assets/js/engine/fit.js", document.baseURI));
          const raw = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
          const { pixels, note, width, height } = await fit(new Blob([raw]), shape);
          return { pixels: [...pixels], note, width, height };
        }""",
        [base64.b64encode(buffer.getvalue()).decode(), session.card.shape],
    )
    x, note = session.modality.fit(session.modality.open(buffer.getvalue()), session.card.shape)
    assert ours["note"] == note
    assert [ours["height"], ours["width"]] == list(session.card.shape[1:])
    gap = np.abs(np.array(ours["pixels"]) - x.numpy().ravel())
    assert gap.max() <= 1.01 / 255 and (gap > 1e-6).mean() < 0.02


NUMBERS = [0.0, 0.5, 1.5, 2.5, 0.125, 0.375, 2.675, 1e-7, -0.04, 123456.789, 99.5, 1234567.0, -1.005, 0.05, 7, 1 / 3]


def test_numbers_are_written_as_python_writes_them(blank):
    written = blank.evaluate(
        """async (all) => {
          const { fixed, percent, general } = await import(new URL("assets/js/local/format.js", document.baseURI));
          return all.map((v) => [fixed(v, 0), fixed(v, 2), percent(v), percent(v, 1), general(v)]);
        }""",
        NUMBERS,
    )
    for value, texts in zip(NUMBERS, written, strict=True):
        assert texts == [f"{value:.0f}", f"{value:.2f}", f"{value:.0%}", f"{value:.1%}", f"{value:g}"], value
