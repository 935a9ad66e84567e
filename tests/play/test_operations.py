"""Every operation: declared parameters, a pure step, one sentence for what doesn't fit; and the mathematics of each."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.core.registry import discover
from explorer.core.scene import Edit, Point, pack
from explorer.core.schema import ExplorerError, LatentSpec
from explorer.play.operations.base import Operation, State, why_not
from explorer.play.operations.paths import Graph, along, lerp, slerp
from explorer.play.session import Session

ITEM = {"start": {"item": 1}}
# One valid call of each operation; a new operation adds its line here, and is then tested by every test below.
CALLS = {
    "between": {"to": ITEM, "t": 0.3},
    "dimension": {"index": 1, "amount": 1.5},
    "principal": {"index": 0, "amount": -1.0},
    "direction": {"vector": None, "amount": 0.5},
    "arithmetic": {"minus": {"start": {"item": 2}}, "plus": {"start": {"item": 3}}},
    "corners": {"right": ITEM, "below": {"start": {"item": 2}}, "opposite": {"start": {"item": 3}}, "u": 0.4, "v": 0.9},
    "vary": {"seed": 1, "draw": 2, "strength": 2.0},
    "code": {"dimension": 1, "value": None},
    "complete": {"erase": None, "seed": 3, "draw": 1, "temperature": 1.0},
    "counterfactual": {"target": None, "confidence": 0.8},
    "polish": {"steps": 3, "seed": 1},
    "mix_styles": {"to": ITEM, "layers": [1, 0], "amount": 0.7},
    "draw_style": {"seed": 3, "draw": 1},
    "refine": {"seed": 3, "guidance": 1.2, "step": 1},
    "origin": {"step": 0.5},
    "redraw": {"leaf": None, "seed": 3, "draw": 1, "temperature": 0.8},
    "delete": {"share": 0.5, "seed": 3},
    "forecast": {"seen": 3, "seed": 1, "draw": 2},
}


def params(session: Session, name: str) -> dict:
    given = dict(CALLS[name])
    if name == "direction":
        given["vector"] = pack(torch.linspace(-1, 1, session.card.latent.size))
    if name == "counterfactual":
        given["target"] = session.card.conditions.attributes[0].values[-1]
    if name == "redraw":
        given["leaf"] = list(session.checkpoint.model.leaves)[-1]
    if name == "code":
        given["value"] = (int(session.resolve(Point()).z.flatten()[1]) + 1) % session.checkpoint.model.entries
    if name == "complete":
        given["erase"] = "1" * session.card.latent.size
    return given


def taken(session: Session) -> list[tuple[str, dict]]:
    """The calls that a session's model can take."""
    card = session.card
    shelf = discover("operations")
    names = [name for name in CALLS if why_not(shelf[name], card.latent, card.capabilities) is None]
    assert names, "a model that no operation moves"
    return [(name, params(session, name)) for name in names]


def test_every_operation_is_called_here():
    assert set(CALLS) == set(discover("operations"))


@pytest.mark.parametrize("name", discover("operations"))
def test_an_operation_says_what_it_does(name):
    operation = discover("operations")[name]
    assert issubclass(operation, Operation) and operation.title and operation.sentence.endswith(".")
    for key, field in operation.Params.model_fields.items():
        assert field.description or key in {"to", "seed", "minus", "plus", "right", "below", "opposite"}, name


def test_a_step_is_pure_and_keeps_the_shapes(session):
    before = session.resolve(Point())
    kept = before.z.clone(), before.c.clone()
    for name, call in taken(session):
        point = Point().then(name, **call)
        state, again = session.resolve(point), Session(session.checkpoint).resolve(point)
        assert state.z.shape == session.card.latent.shape and state.c.shape == (session.card.conditions.width,), name
        assert state.z.dtype == before.z.dtype and state.c.dtype == torch.float32 and state.z.isfinite().all(), name
        assert state.key == again.key, name
        assert torch.equal(before.z, kept[0]) and torch.equal(before.c, kept[1]), name
        assert state.key != before.key, name


@pytest.mark.parametrize(
    "change",
    [{"nonsense": 1}, {"amount": float("nan")}, {"amount": 1e9}, {"t": 2}, {"index": -1}, {"seed": -1}, {"to": "here"}],
    ids=str,
)
def test_parameters_that_do_not_fit_are_one_sentence(session, change):
    for name, call in taken(session):
        fields = discover("operations")[name].Params.model_fields
        wrong = change if set(change) <= {*fields, "nonsense"} else {"nonsense": 1}
        edit = Edit.model_construct(op=name, params=call | wrong)
        with pytest.raises(ExplorerError) as caught:
            session.resolve(Point().model_copy(update={"edits": (edit,)}))
        assert str(caught.value).startswith(discover("operations")[name].title)
        assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_an_unknown_operation_is_one_sentence(session):
    with pytest.raises(ExplorerError, match="between"):
        session.resolve(Point().then("teleport"))


def test_what_a_model_cannot_do_has_a_reason():
    for operation in discover("operations").values():
        other = "vector" if operation.kinds == {"codes"} else "codes"
        own = LatentSpec(kind=min(operation.kinds or {other}), shape=(4,))
        reason = why_not(operation, LatentSpec(kind=other, shape=(4,)), ("encode", *operation.needs))
        assert other in reason if operation.kinds else reason is None
        if operation.needs:
            assert next(iter(operation.needs)) in why_not(operation, own, ())
        assert why_not(operation, own, tuple(operation.needs)) is None


VECTORS = st.lists(st.floats(-10, 10, width=32), min_size=3, max_size=3).map(torch.tensor)


@given(VECTORS, VECTORS, st.floats(0, 1))
def test_slerp_meets_its_ends_and_keeps_the_norm_between(a, b, t):
    assert torch.allclose(slerp(a, b, 0.0), a, atol=1e-4) and torch.allclose(slerp(a, b, 1.0), b, atol=1e-4)
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=0)
    if min(a.norm(), b.norm()) > 0.1 and cosine.abs() < 0.999:
        assert slerp(a, b, t).norm().item() == pytest.approx(lerp(a.norm(), b.norm(), t).item(), rel=1e-3)


def test_slerp_turns_at_an_even_speed():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    assert torch.allclose(
        slerp(a, b, 1 / 3), 2 * torch.tensor([np.cos(np.pi / 6), np.sin(np.pi / 6)]).float(), atol=1e-5
    )


def test_the_dense_path_follows_the_items_around_a_hole():
    angle = np.linspace(0, np.pi, 60)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    order = np.abs(np.arange(60)[:, None] - np.arange(60)[None]).astype(float)
    index = np.argsort(order, axis=1)[:, 1:4]
    knots = Graph(ring, index).knots(ring[0], ring[-1])
    assert np.allclose(knots[0], ring[0]) and np.allclose(knots[-1], ring[-1])
    middle = along(knots, 0.5)
    assert np.linalg.norm(middle - [0, 1]) < 0.05, "a straight line would pass through the empty middle"
    steps = np.linalg.norm(np.diff([along(knots, t) for t in np.linspace(0, 1, 21)], axis=0), axis=1)
    assert steps.max() / steps.min() < 1.1


def test_the_dense_path_goes_from_clump_to_clump_where_they_come_nearest():
    corner = np.array([[0, 0], [1, 0], [9, 0], [10, 0], [10, 9], [10, 10]], np.float32)
    knots = Graph(corner, np.array([[1], [0], [3], [2], [5], [4]])).knots(corner[0], corner[5])
    assert knots[0].tolist() == [0, 0] and knots[-1].tolist() == [10, 10]
    assert (knots[:, 0] - knots[:, 1]).max() > 5, (
        "around the corner by the clump that lies there, not along the diagonal"
    )


def test_between_meets_its_ends(session):
    a, b = session.resolve(Point()), session.resolve(Point.model_validate(ITEM))
    for method in ("lerp", "slerp", "dense"):
        start, end = (session.resolve(Point().then("between", to=ITEM, t=t, method=method)) for t in (0.0, 1.0))
        assert torch.allclose(start.z, a.z, atol=1e-5) and torch.allclose(end.z, b.z, atol=1e-5)
        assert torch.allclose(start.c, a.c) and torch.allclose(end.c, b.c)
    for held, like in (("a", a), ("b", b)):
        c = session.resolve(Point().then("between", to=ITEM, t=0.5, condition=held)).c
        assert torch.allclose(c, like.c, atol=1e-6)


def test_moves_are_what_they_say(session):
    size, z = session.card.latent.size, session.resolve(Point()).z.flatten()
    items = session.checkpoint.items

    def moved(op, **given):
        return session.resolve(Point().then(op, **given)).z.flatten() - z

    one = torch.zeros(size)
    one[1] = 2 * items.tensor("z.std")[1]
    assert torch.allclose(moved("dimension", index=1, amount=2), one, atol=1e-5)
    first = moved("principal", index=0, amount=1)
    assert first.norm().item() == pytest.approx(items.tensor("z.variance")[0].sqrt().item(), rel=1e-4)
    vector = torch.randn(size)
    assert torch.allclose(moved("direction", vector=pack(vector), amount=-0.5), -0.5 * vector, atol=1e-5)
    two, three = (session.resolve(Point.model_validate({"start": {"item": k}})).z.flatten() for k in (2, 3))
    assert torch.allclose(moved("arithmetic", **CALLS["arithmetic"]), three - two, atol=1e-5)
    if "exact" not in session.card.capabilities:
        assert not moved("vary", seed=0, strength=0).any()


def test_corners_are_the_four_points(session):
    points = [Point.model_validate({"start": {"item": k}}) for k in range(4)]
    names = dict(
        zip(("right", "below", "opposite"), (p.model_dump(exclude_defaults=True) for p in points[1:]), strict=True)
    )
    for k, (u, v) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        corner, item = session.resolve(points[0].then("corners", u=u, v=v, **names)), session.resolve(points[k])
        assert torch.allclose(corner.z, item.z, atol=1e-6) and torch.allclose(corner.c, item.c, atol=1e-6)


def test_variations_differ_by_draw_and_grow_with_strength(session):
    z = session.resolve(Point()).z
    if "exact" in session.card.capabilities:
        with pytest.raises(ExplorerError, match="nothing to vary"):
            session.resolve(Point().then("vary", seed=0))
        return

    def far(draw, strength):
        return session.resolve(Point().then("vary", seed=0, draw=draw, strength=strength)).z - z

    assert not torch.equal(far(0, 1.0), far(1, 1.0))
    assert torch.allclose(far(0, 2.0), 2 * far(0, 1.0), atol=1e-5)


def test_a_latent_number_out_of_range_is_one_sentence(session):
    for op in ("dimension", "principal"):
        with pytest.raises(ExplorerError, match="number 9999"):
            session.resolve(Point().then(op, index=9999))
    with pytest.raises(ExplorerError, match="numbers"):
        session.resolve(Point().then("direction", vector=pack(torch.zeros(session.card.latent.size + 1))))


def test_states_are_values():
    state = State(torch.zeros(2), torch.zeros(1))
    with pytest.raises(AttributeError):
        state.z = torch.ones(2)
