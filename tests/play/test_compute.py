"""The pure questions: each answered, batched, bounded, and refused in a sentence."""

from __future__ import annotations

import base64
import io
import json
import time

import numpy as np
import pytest
from PIL import Image

from explorer.core.refusals import ExplorerError
from explorer.core.scene import Point, unpack
from explorer.play import compute
from explorer.play.handle import Explorer
from explorer.play.session import open_session

ITEM, OTHER = {"start": {"item": 3}}, {"start": {"item": 9}, "condition": {"colour": "blue"}}
SPOT = {"start": {"map": "flat", "at": [0.2, -0.1]}}


@pytest.fixture
def shapes(root):
    return open_session("tiny-shapes")


def asked(session, **question):
    """The value that one question is answered with."""
    (answer,) = compute.ask(session, [question])
    assert answer["ok"], answer
    json.dumps(answer, allow_nan=False)
    return answer["value"]


def own() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 30, 60)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


QUESTIONS = {
    "condition": {"points": [ITEM, OTHER]},
    "state": {"points": [ITEM, OTHER]},
    "picture": {"points": [ITEM, OTHER]},
    "difference": {"points": [[ITEM, OTHER]]},
    "nodes": {"points": [[ITEM], [ITEM, OTHER], []]},
    "places": {"points": [ITEM, OTHER], "map": "flat"},
    "spots": {"points": [SPOT]},
    "trust": {"points": [ITEM, OTHER, SPOT]},
    "real": {"points": [ITEM, OTHER, SPOT]},
    "neighbours": {"points": [ITEM], "k": 4},
    "judge": {"points": [ITEM, OTHER]},
    "distant": {"points": [[ITEM], [ITEM, OTHER]]},
    "direction": {"points": [{"plus": base64.b64encode(bytes([7] + [0] * 49)).decode(), "minus": None}]},
    "tensor": {"name": "error"},
    "encode": {"file": own(), "condition": {"height": 7}},
    "painted": {"point": ITEM, "strokes": own()},
}


def test_every_question_has_its_test():
    of_letters = {"glyphs", "letters"}  # of a model that draws them: test_lettering.py
    assert {*QUESTIONS, "listen", *of_letters} == set(compute.QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_answered_with_one_entry_a_point(shapes, name):
    value = asked(shapes, ask=name, **QUESTIONS[name])
    points = QUESTIONS[name].get("points")
    assert value is not None and (points is None or len(value) == len(points))


def test_the_answers_are_the_sessions(shapes):
    item, other = Point.model_validate(ITEM), Point.model_validate(OTHER)
    assert asked(shapes, ask="condition", points=[OTHER]) == [shapes.condition(other)]
    assert asked(shapes, ask="places", points=[ITEM], map="solid") == [shapes.place(item, "solid")]
    trust = asked(shapes, ask="trust", points=[OTHER])[0]
    assert trust["distance"] == pytest.approx(trust["ratio"] * shapes.checkpoint.items.typical)
    assert asked(shapes, ask="neighbours", points=[ITEM], k=3, space="features") == [
        shapes.neighbours(item, 3, "features")
    ]
    z = unpack(asked(shapes, ask="state", points=[OTHER])[0]["z"], 6)
    assert z.equal(shapes.resolve(other).z)
    tensor = asked(shapes, ask="tensor", name="error")
    assert np.array_equal(np.frombuffer(base64.b64decode(tensor["data"]), "<f4"), shapes.checkpoint.items.error)
    encoded = asked(shapes, ask="encode", **QUESTIONS["encode"])
    assert encoded["point"]["start"]["condition"]["height"] == 7 and encoded["psnr"] > 0


def test_a_wrong_question_doesnt_keep_the_others_from_their_answers(shapes):
    wrong = [
        {"ask": "colour", "points": []}, {"ask": "picture", "points": [{"start": {"item": 10**6}}]}, 7, {"ask": ["x"]},
        {"ask": "picture", "points": [{"start": {"item": -1}}]}, {"ask": "picture", "points": 5}, {"ask": "picture"},
        {"ask": "neighbours", "points": [ITEM], "space": "elsewhere"}, {"ask": "tensor", "name": "z.nothing"},
        {"ask": "listen", "points": [ITEM]}, {"ask": "encode", "file": "data:,x%"}, {"ask": "spots", "points": [ITEM]},
    ]  # fmt: skip
    answers = compute.ask(shapes, [*wrong, {"ask": "condition", "points": [ITEM]}])
    assert answers[-1]["ok"]
    for answer in answers[:-1]:
        assert not answer["ok"] and 10 < len(answer["error"]) < 300 and answer["error"].endswith(".")


def test_a_batch_ends_in_its_time_and_says_what_is_left(shapes, monkeypatch):
    monkeypatch.setattr(compute, "BUDGET", 0.0)
    points = [{"start": {"item": k}} for k in range(5)]
    first, second = compute.ask(shapes, [{"ask": "picture", "points": points}, {"ask": "condition", "points": points}])
    assert first["later"] and 1 <= len(first["value"]) < 5
    assert second == {"ok": True, "value": None, "later": True}


def test_a_recipe_is_bounded_in_work_and_told_so_at_once(monkeypatch):
    from explorer.play.operations.base import MOST_WORK, work
    from tests.conftest import BUNDLED

    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    session = open_session("fashion-tr0n")
    polished = Point.model_validate({"start": {"item": 1}}).then("polish", steps=31)
    assert work(polished) < MOST_WORK and session.resolve(polished).z.isfinite().all()
    for _ in range(5):
        polished = polished.then("polish", steps=31)
    to = polished.model_dump(mode="json", exclude_defaults=True)
    hostile = Point()
    for _ in range(32):
        hostile = hostile.then("between", to=to, t=0.5)
    begun = time.monotonic()
    with pytest.raises(ExplorerError, match=r"about 48\.\d seconds"):
        session.resolve(hostile)
    (answer,) = compute.ask(session, [{"ask": "picture", "points": [json.loads(hostile.model_dump_json())]}])
    assert not answer["ok"] and time.monotonic() - begun < 1


@pytest.mark.parametrize("at", [[1e308, 0], [-1e30, 5], [1e4, 1e4]])
def test_a_spot_far_off_the_map_has_no_picture_place_or_neighbours(shapes, at):
    point = {"start": {"map": "flat", "at": at}}
    for name in ("picture", "places", "neighbours", "trust", "spots", "condition"):
        (answer,) = compute.ask(shapes, [{"ask": name, "points": [point]}])
        assert not answer["ok"] and ("off the map Flat" in answer["error"] or "start.at" in answer["error"])


@pytest.mark.parametrize("where", [True, "5", 5.0, None, -1, 2**64])
def test_an_item_is_a_whole_number(shapes, where):
    with pytest.raises(ExplorerError, match=r"[Ii]tem"):
        Explorer(shapes).edit(where, colour="red")
    assert Explorer(shapes).edit(np.int64(5), colour="red").point.start.item == 5
