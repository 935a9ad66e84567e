"""The polish in use: operation and tab on the checkpoint that can be polished."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from explorer.core.scene import MAX_EDITS, Point
from explorer.core.schema import ExplorerError, LatentSpec
from explorer.learn.plugins.tr0n import TR0N
from explorer.museum.exhibits import tr0n
from explorer.play.operations.polish import MOST_STEPS
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support import declared
from tests.support.panels import check, read, results

STOPS = [0, 2, 5, 10, 15, 20, 30, 40, 50, 60]


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    return open_session("fashion-tr0n")


def points(session, count: int = 30) -> list[Point]:
    return [Point.model_validate({"start": {"item": k}}) for k in range(count)]


def panel(session, scene):
    return read(declared.panel(session, "polish", scene))


def test_no_step_is_no_change(session):
    for point in points(session)[:3]:
        still = session.resolve(point.then("polish", steps=0))
        assert torch.allclose(still.z, session.resolve(point).z, atol=1e-3)


def test_the_polish_makes_the_classifier_surer_and_steps_as_long_without_its_word_do_not(session):
    """Over a hundred draws; the same walk with the energy left out is the same noise, and no help."""
    model, items = session.checkpoint.model, points(session, 100)
    u, c = (torch.stack([getattr(session.resolve(p), name) for p in items]) for name in "zc")
    plain, steps = model.translate(u, c), 20

    def noise():
        source = torch.Generator().manual_seed(0)
        return lambda like: torch.randn(like.shape, generator=source)

    def sure(z):
        return (model.read(z) * c).sum(1).mean().item()

    led = model.langevin(plain, c, steps, noise())
    adrift = model.langevin(plain, torch.zeros_like(c), steps, noise())
    assert sure(led[steps]) > sure(led[0]) + 0.02
    assert sure(led[steps]) > sure(adrift[steps]) + 0.02
    polished = session.resolve(items[0].then("polish", steps=steps, seed=0)).z
    assert polished.isfinite().all()


def test_the_judge_who_took_no_part_reads_more_polished_draws_as_asked(session):
    items, judge = points(session, 40), session.checkpoint.judge
    before, after = (
        judge.right(
            torch.stack([session.output(p) for p in made]), torch.stack([session.resolve(p).c for p in made])
        ).double().mean().item()
        for made in (items, [p.then("polish", steps=20) for p in items])
    )  # fmt: skip
    assert after > before


def test_a_step_further_is_on_the_same_way(session):
    point = points(session)[0]
    way = [session.resolve(point.then("polish", steps=k, seed=4)).z for k in range(0, MOST_STEPS + 1, 10)]
    gaps = [(b - a).norm().item() for a, b in pairwise(way)]
    assert all(gap > 0 for gap in gaps)
    other = session.resolve(point.then("polish", steps=10, seed=5)).z
    assert not torch.equal(other, way[1])


def test_turning_the_class_draws_another_garment_with_the_same_luck(session):
    point = points(session)[0]
    values = session.card.conditions.attributes[0].values
    asked = [point.asking(garment=value) for value in values]
    assert {session.resolve(p).z.numpy().tobytes() for p in asked} == {session.resolve(point).z.numpy().tobytes()}
    assert len({session.output(p).numpy().tobytes() for p in asked}) == len(values)


def test_with_nothing_asked_it_is_one_sentence(session):
    nothing = Point.model_validate({"start": {"seed": 1}})
    with pytest.raises(ExplorerError, match="ask for a value"):
        session.resolve(nothing.then("polish"))
    root = panel(session, session.opening().at(nothing))
    assert "Nothing is asked" in root.words and not root.all(id="polish-steps")


def test_the_tab_shows_the_way_and_its_slider_walks_it(session):
    scene = session.opening().at(points(session)[2])
    root = panel(session, scene)
    check(root)
    cells = root.by_id("polish-way").all(class_="cell")
    made = [Point.model_validate_json(cell["data-point"]) for cell in cells]
    assert [p.edits[-1].params["steps"] for p in made] == STOPS
    c, classifier = session.resolve(scene.point).c, session.checkpoint.model.classifier
    for cell, point in zip(cells, made, strict=True):
        share = float(classifier(session.output(point)[None]).softmax(1)[0] @ c)
        assert cell.words == f"{point.edits[-1].params['steps']}: {share:.0%}"
    slider = root.by_id("polish-steps")
    ends = [after.point for node, after in results(root, scene) if node is slider]
    assert {p.edits[-1].params["steps"] for p in (ends[0], ends[-1])} == {0, MOST_STEPS}
    moved = panel(session, scene.at(scene.point.then("polish", steps=15, seed=3)))
    assert float(moved.by_id("polish-steps")["value"]) == 15
    assert {
        Point.model_validate_json(c["data-point"]).edits[-1].params["seed"]
        for c in moved.by_id("polish-way").all(class_="cell")
    } == {3}


def test_other_noise_is_another_way_also_of_what_is_on_stage(session):
    for point in (points(session)[0], points(session)[0].then("polish", steps=10)):
        scene = session.opening().at(point)
        root = panel(session, scene)
        (after,) = [after for node, after in results(root, scene) if node["id"] == "polish-seed"]
        again = panel(session, after)
        seeds = {
            Point.model_validate_json(c["data-point"]).edits[-1].params["seed"]
            for c in again.by_id("polish-way").all(class_="cell")
        }
        assert seeds == {1}
        if point.edits:
            assert not torch.equal(session.resolve(after.point).z, session.resolve(point).z)


def test_every_control_of_the_tab_leads_to_a_scene_that_can_be_shown(session):
    base = points(session)[1]
    for point in (base, base.then("polish", steps=20), base.then("dimension", index=0, amount=1.0)):
        scene = session.opening().at(point)
        root = panel(session, scene)
        for _, after in results(root, scene):
            assert session.render([after.point])[0].shape[-1] == 3
        values = session.card.conditions.attributes[0].values
        boxes = root.by_id("polish-garment").all("input")
        asked = [after for node, after in results(root, scene) if node in boxes]
        assert [session.condition(after.point)["garment"] for after in asked] == list(values)
        assert all(not after.point.edits or after.point.edits[-1].op != "polish" for after in asked)


def test_a_picture_with_all_its_steps_taken_says_so(session):
    full = Point(edits=tuple(Point().then("dimension", index=0, amount=0.1).edits) * MAX_EDITS)
    root = panel(session, session.opening().at(full))
    assert "can't take another" in root.words
    assert not declared.panel(session, "polish", session.opening().at(full)).overlay.path


def test_the_way_is_on_the_map(session):
    scene = session.opening().at(points(session)[0])
    way = declared.panel(session, "polish", scene).overlay.places(session.place)["path"]
    assert len(way) == len(STOPS) and all(len(place) == session.card.maps[0].dims for place in way)


class Coin(torch.nn.Module):
    """A generator that shows its latent, of two numbers."""

    latent = LatentSpec(kind="vector", shape=(2,))
    capabilities = frozenset()

    def decode(self, z, c=None):
        return z


class Side(torch.nn.Module):
    """Reads on which side of zero the first number lies, the surer the farther; the third class is never seen."""

    def forward(self, x):
        return torch.stack([2 * x[:, 0], -2 * x[:, 0], torch.full((len(x),), -30.0)], 1)


def test_rejection_keeps_what_the_energy_asks_and_finds_nothing_of_a_class_that_is_never_drawn():
    model = TR0N(Coin(), Side(), 3, beta=3.0)
    kept, made = tr0n.rejected(model, 400, seed=0, seconds=0.5)
    assert made >= 500 and [len(own) for own in kept] == [400, 400, 0]
    # Each draw of p(z) f(c | z)^3: its mean is worked out on a fine line.
    line = torch.linspace(-6, 6, 4001)
    weight = torch.exp(-(line**2) / 2) * torch.sigmoid(4 * line) ** 3
    expected = (weight * line).sum() / weight.sum()
    assert kept[0][:, 0].mean().item() == pytest.approx(expected.item(), abs=0.12)
    assert kept[1][:, 0].mean().item() == pytest.approx(-expected.item(), abs=0.12)
