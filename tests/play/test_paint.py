"""Painting on a picture: what is found is an ordinary point, nearer to what was painted; what can't be used is refused."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.core.scene import ItemStart, Point, PriorStart
from explorer.core.schema import ExplorerError
from explorer.play import compute, paint
from explorer.play.session import open_session
from tests.conftest import BUNDLED


def png(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def strokes_of(before: torch.Tensor, after: torch.Tensor) -> bytes:
    """What somebody paints who knows what the picture should be: the pixels that differ, as a PNG."""
    pixels = (after.expand(3, -1, -1) * 255).round().byte().permute(1, 2, 0).numpy()
    painted = ((after - before).abs().amax(0) > 0.06).numpy()
    return png(np.dstack([pixels, painted * np.uint8(255)]))


def gap(session, point: Point, goal: torch.Tensor) -> float:
    return float((session.output(point) - goal).square().mean())


@pytest.fixture(scope="module")
def people():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(BUNDLED))
        yield open_session("avatars-cvae")


@pytest.fixture
def shapes(root):
    return open_session("tiny-shapes")


@pytest.mark.parametrize(("item", "glasses"), [(3, "round"), (8, "sunglasses"), (21, "none")])
def test_painted_glasses_become_glasses_and_the_person_stays(people, item, glasses):
    point = Point(start=ItemStart(item=item))
    goal = people.output(point.asking(glasses=glasses))
    what = paint.strokes(strokes_of(people.output(point), goal), people.card.shape)
    found, asked = paint.painted(people, point, what)
    assert asked == {"glasses": glasses} and found.start == point.start and [e.op for e in found.edits] == ["direction"]
    assert gap(people, found, goal) < 0.05 * gap(people, point, goal)


def test_without_attributes_the_latent_alone_moves_and_comes_nearer(shapes):
    point, other = Point(start=ItemStart(item=3)), Point(start=PriorStart(seed=4))
    what = paint.strokes(strokes_of(shapes.output(point), shapes.output(other)), shapes.card.shape)
    goal = what.on(shapes.output(point))
    found, asked = paint.painted(shapes, point, what, attributes=False)
    assert not asked and found.condition == point.condition and len(found.edits) == 1
    assert gap(shapes, found, goal) < gap(shapes, point, goal)
    assert paint.painted(shapes, point, what, attributes=False)[0] == found, "the same strokes find the same point"
    assert all(p.grad is None for p in shapes.checkpoint.model.parameters())


def test_a_value_that_is_asked_stands_after_steps_that_move_the_condition(shapes):
    end = Point(start=ItemStart(item=9), condition={"colour": "green"})
    blended = Point(start=ItemStart(item=3), condition={"colour": "green"}).then(
        "between", to=end.model_dump(mode="json"), t=0.5
    )
    for point in (end, blended, blended.then("dimension", index=0, amount=1.0)):
        asked = paint.asking(point, {"colour": "blue"})
        assert shapes.condition(asked)["colour"] == "blue"
        assert torch.equal(shapes.resolve(asked).z, shapes.resolve(point).z)


CLEAR = np.zeros((16, 16, 4), np.uint8)
INK = np.full((16, 16, 4), 255, np.uint8)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"no picture", "isn't a PNG"),
        (png(INK)[:60], "isn't a PNG"),
        (png(INK[..., :3], "JPEG"), "isn't a PNG"),
        (png(np.full((4000, 4000), 9, np.uint8)), "16 by 16"),
        (png(CLEAR), "Nothing was painted"),
    ],
)
def test_strokes_that_are_none_are_refused_in_a_sentence(shapes, raw, said):
    with pytest.raises(ExplorerError, match=said):
        paint.strokes(raw, shapes.card.shape)


def test_the_question_answers_with_a_point_and_bounds_what_it_takes(shapes):
    url = "data:image/png;base64," + base64.b64encode(png(INK)).decode()
    ask = {"ask": "painted", "point": {"start": {"item": 3}}, "strokes": url}
    good, long, none = compute.ask(
        shapes, [ask, ask | {"strokes": url + "A" * compute.MAX_STROKES}, ask | {"strokes": "x"}]
    )
    assert good["ok"] and Point.model_validate(good["value"]["point"]).edits[0].params["label"] == paint.LABEL
    assert not long["ok"] and not none["ok"] and none["error"].endswith(".")


def test_a_model_that_nobody_can_paint_on_says_why(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    what = paint.Strokes(torch.ones(1, 28, 28), torch.ones(1, 28, 28))
    for name in ("fashion-vqgan", "fashion-swycc", "icons"):
        session = open_session(name)
        reason = paint.why_not(session.card)
        assert reason.endswith(".")
        with pytest.raises(ExplorerError, match=reason[:20]):
            paint.painted(session, Point(start=ItemStart(item=0)), what)


@pytest.mark.parametrize("name", ["digits-gon", "faces-caae", "fashion-alae", "fashion-tr0n", "fashion-acgan"])
def test_odd_decoders_can_be_painted_on_too(monkeypatch, name):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    monkeypatch.setattr(paint, "STEPS", 6)
    session = open_session(name)
    point = Point(start=ItemStart(item=1))
    channels, height, width = session.card.shape
    mask = torch.zeros(1, height, width)
    mask[:, height // 3 : height // 2, width // 3 : 2 * width // 3] = 1
    what = paint.Strokes(torch.ones(channels, height, width), mask)
    goal = what.on(session.output(point))
    found, _ = paint.painted(session, point, what)
    near = (session.output(found) - goal).square() * mask
    assert near.sum() < ((session.output(point) - goal).square() * mask).sum()
