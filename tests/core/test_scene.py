"""A scene survives JSON and its link; a link that is no scene is one sentence, however it was broken."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from explorer.core import link
from explorer.core.scene import (
    Edit,
    ItemStart,
    Point,
    PriorStart,
    ResultStart,
    Scene,
    SpotStart,
    UploadStart,
    View,
    pack,
)
from explorer.core.schema import ExplorerError

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PLACES = st.floats(-1e6, 1e6)  # a spot lies within these
VALUES = st.none() | st.text(max_size=8) | NUMBERS | st.dictionaries(st.text(max_size=4), st.floats(0, 1), max_size=3)
CONDITIONS = st.dictionaries(NAMES, VALUES, max_size=3)
PARAMS = st.dictionaries(
    NAMES,
    st.recursive(st.none() | st.booleans() | NUMBERS | st.text(max_size=5), lambda x: st.lists(x, max_size=3)),
    max_size=3,
)
STARTS = st.one_of(
    st.builds(ItemStart, item=st.integers(0, 10**6)),
    st.builds(
        PriorStart,
        seed=st.integers(0, 2**31 - 1),
        draw=st.integers(0, 4095),
        temperature=st.floats(0, 2),
        condition=CONDITIONS,
    ),
    st.builds(SpotStart, map=NAMES, at=st.tuples(PLACES, PLACES)),
    st.builds(
        UploadStart,
        sha256=st.just("0" * 64),
        latent=st.lists(st.floats(-9, 9), max_size=4).map(pack),
        condition=CONDITIONS,
    ),
)
EDITS = st.lists(st.builds(Edit, op=NAMES, params=PARAMS), max_size=3).map(tuple)
POINTS = st.recursive(
    st.builds(Point, start=STARTS, condition=CONDITIONS, edits=EDITS),
    lambda inner: st.builds(Point, start=st.builds(ResultStart, of=inner), condition=CONDITIONS, edits=EDITS),
    max_leaves=3,
)
VIEWS = st.builds(
    View,
    map=st.none() | NAMES,
    colour=st.none() | NAMES,
    hidden=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    tab=NAMES,
    density=st.booleans(),
    a=st.none() | POINTS,
    b=st.none() | POINTS,
    options=st.dictionaries(NAMES, PARAMS, max_size=2),
)
SCENES = st.builds(lambda model, point, view: Scene(model=model, view=view).at(point), NAMES, POINTS, VIEWS)


@given(SCENES)
def test_a_scene_survives_json_and_its_link(scene):
    assert Scene.model_validate_json(scene.model_dump_json()) == scene
    text = link.write(scene)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for form in (text, f"  {text}\n", f"http://127.0.0.1:7860/#{text}", link.compact(scene), scene.model_dump_json()):
        assert link.read(form) == scene
    assert link.write(link.read(text)) == text


@given(SCENES)
def test_what_is_on_stage_can_be_put_on_stage(scene):
    assert scene.at(scene.point) == scene
    assert scene.point.origin == Point(start=scene.start)


@given(st.text(max_size=400) | st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_any_other_text_is_one_sentence(text):
    with pytest.raises(ExplorerError) as caught:
        link.read(text)
    sentence = str(caught.value)
    assert caught.value.where == "link"
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 120


@given(SCENES, st.integers(0, 400), st.sampled_from("AZ_-9"))
def test_a_damaged_link_is_a_scene_or_a_sentence(scene, place, letter):
    text = link.write(scene)
    place %= len(text)
    for damaged in (text[:place], text[:place] + letter + text[place + 1 :]):
        try:
            assert isinstance(link.read(damaged), Scene)
        except ExplorerError as error:
            assert error.where == "link"


def deflated(raw: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(raw, 9, -15)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        "null",
        '{"model": "a", "start": {"item": -1}}',
        '{"model": "a", "start": {"item": 1e400}}',
        '{"model": "a", "condition": {"x": NaN}}',
        '{"model": "../../etc", "start": {"item": 1}}',
        '{"model": "a", "extra": 1}',
        '{"model": "a", "version": 2}',
        '{"model": "a", "edits": ' + json.dumps([{"op": "vary"}] * 33) + "}",
        '{"model": "a", "start": ' + '{"of": {"start": ' * 50 + '{"item": 0}' + "}}" * 50 + "}",
        '{"a":' * 50_000,
        "A" * 40_000,
        "{" + " " * 300_000 + "}",
        deflated(b"[" * 200_000),
        deflated(b" " * 50_000_000),
        deflated(b'{"model": "a"}')[:-4],
    ],
    ids=lambda text: f"{text[:24]}-{len(text)}",
)
def test_malformed_huge_and_bomb_links_are_one_sentence(text):
    with pytest.raises(ExplorerError) as caught:
        link.read(text)
    assert caught.value.where == "link" and str(caught.value).endswith(".")


def test_a_bomb_is_not_unfolded():
    import tracemalloc

    bomb = deflated(b" " * 20_000_000)
    assert len(bomb) < link.MAX_LINK
    tracemalloc.start()
    with pytest.raises(ExplorerError):
        link.read(bomb)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_a_scene_too_large_for_a_link_is_one_sentence():
    import random

    random.seed(0)
    words = ["".join(random.choices("abcdefghijklmnop0123456789", k=200)) for _ in range(256)]
    with pytest.raises(ExplorerError, match="too large"):
        link.write(Scene(model="a", view=View(hidden=tuple(words))))


def test_scenes_do_not_change():
    with pytest.raises(ValidationError):
        Scene(model="a").model = "b"
