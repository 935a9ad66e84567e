"""What anybody can send: bounded before it is read, strict in its types, and refused in one sentence."""

from __future__ import annotations

import json
import time
from string import Formatter

import pytest

from explorer.core import link
from explorer.core.checked import MAX_VALUES, bounded, checked
from explorer.core.refusals import TEMPLATES, ExplorerError, quoted, refuse, written
from explorer.core.scene import Point, Scene, pack, unpack

NESTED: dict = {}
for _ in range(2000):
    NESTED = {"edits": [{"op": "between", "params": {"to": NESTED}}]}
LONG = {"edits": [{"op": "vary", "params": {"seed": k}} for k in range(32)]}
WIDE = {"edits": [{"op": "between", "params": {"to": LONG}} for _ in range(1280)]}

# raw scene -> what the sentence says
WRONG = [
    ({"model": "x", "start": {"item": True}}, "start.item takes a whole number"),
    ({"model": "x", "start": {"item": "5"}}, "start.item takes a whole number"),
    ({"model": "x", "start": {"item": 5.0}}, "start.item takes a whole number"),
    ({"model": "x", "start": {"item": 2**64}}, "start.item is less than 2147483648"),
    ({"model": "x", "start": {"seed": -1}}, "start.seed is 0 or more"),
    ({"model": "x", "start": {"map": "a", "at": [1]}}, "start.at takes 2 entries or more"),
    ({"model": "x", "start": {"of": {"start": {"item": None}}}}, "start.of.start.item takes a whole number"),
    ({"model": "x", "condition": {"a": True}}, "condition.a takes a name, a number"),
    ({"model": "x", "edits": [{}]}, "edits.0.op is missing"),
    ({"model": "x", "edits": [{"op": "vary"}] * 33}, "edits takes 32 entries at most"),
    ({"model": "x", "view": {"difference": "yes"}}, "view.difference is true or false"),
    ({"model": "x", "surprise": 1}, "surprise isn't known here"),
    ({"model": "\ud800"}, "doesn't fit"),
    ({"model": "x", "start": {"item": NESTED}}, "nested too deep"),
    ({"model": "x", **NESTED}, "nested too deep"),
    ({"model": "x", **WIDE}, f"more than {MAX_VALUES} values"),
    ([], "takes names with values"), (None, "takes names with values"), ("scene", "takes names with values"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "says"), WRONG, ids=[says for _, says in WRONG])
def test_what_is_no_scene_is_one_short_sentence_at_once(raw, says):
    begun = time.monotonic()
    with pytest.raises(ExplorerError, match=says) as error:
        checked(Scene, raw, "scene")
    assert time.monotonic() - begun < 1
    assert len(str(error.value)) < 300 and "\n" not in str(error.value)


def test_a_long_chain_of_steps_is_none_too_large():
    to = Point()
    for k in range(31):
        to = to.then("principal", index=k % 3, amount=0.5)
    point = to
    for _ in range(1):
        point = point.then("between", to=json.loads(to.model_dump_json(exclude_defaults=True)), t=0.5)
    raw = json.loads(point.model_dump_json(exclude_defaults=True))
    assert checked(Point, raw, "point") == point
    bounded(raw, "point")


def test_a_link_is_held_to_the_same():
    raw = json.dumps({"model": "x", "start": {"item": True}})
    with pytest.raises(ExplorerError, match="whole number"):
        link.read(raw)
    scene = checked(Scene, {"model": "x", "start": {"item": 5}, "condition": {"a": {"b": 0.5}, "c": None}}, "scene")
    assert link.read(link.write(scene)) == scene


@pytest.mark.parametrize("value", [1e20, -1e5, float("inf"), float("nan")])
def test_an_absurd_latent_is_refused(value):
    with pytest.raises(ExplorerError, match="latent"):
        unpack(pack([0.0, value]), 2)
    assert unpack(pack([0.0, 99.5]), 2).tolist() == [0.0, 99.5]


def test_every_refusal_is_filled_in_and_short():
    for name, (sentence, where) in TEMPLATES.items():
        made = refuse(name, **_words(sentence, where))
        assert 0 < len(str(made)) < 300 and "{" not in str(made) + made.where


def _words(*templates: str) -> dict[str, str]:
    names = {name for text in templates for _, name, _, _ in Formatter().parse(text) if name}
    return {name: "something" for name in names - {"where"}}


def test_what_is_told_back_is_cut():
    assert written(5.0) == "5" and written(0.1) == "0.1" and written(1e20) == "1e+20"
    assert written([f"n{k}" for k in range(20)]).endswith("n5 and 14 more") and written([]) == "none"
    assert quoted("x" * 5000) == f"'{'x' * 48}…'" and quoted("a\ud800\n") == "'a'" and quoted({"a": 1}) == "a blend"
