"""Points and their answers, and the networks that learn them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.learn.data import _geometry as geometry
from explorer.learn.data import points
from explorer.learn.data.points import EMPTY, STOP
from explorer.learn.models.structured.pointer import built
from explorer.learn.training import picking
from explorer.learn.training.picking import Lesson, fit, followed, tuned

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.4]])


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    return Lesson("hull", "pointer", steps=300, batch=32, count=500, width=16, sizes=(4, 5))


def test_a_hull_goes_round_counter_clockwise_from_its_lowest_index():
    assert geometry.hull(SQUARE).tolist() == [0, 1, 2, 3]
    assert geometry.area(SQUARE[geometry.hull(SQUARE[::-1])]) != 0
    turned = SQUARE[[4, 2, 0, 3, 1]]
    corners = geometry.hull(turned)
    assert corners[0] == 1 and set(corners) == {1, 2, 3, 4} and geometry.area(turned[corners]) == pytest.approx(1)


def test_no_point_lies_inside_the_circle_of_a_triangle():
    p = points.drawn(1, 12, 5)[0].astype(float)
    found = geometry.triangles(p)
    assert (np.diff(found, axis=1) > 0).all()
    for a, b, c in p[found]:
        m = np.linalg.solve(2 * np.array([b - a, c - a]), np.array([b @ b - a @ a, c @ c - a @ a]))
        assert (np.linalg.norm(p - m, axis=1) >= np.linalg.norm(a - m) - 1e-9).all()


def test_points_on_a_line_have_no_hull():
    line = np.stack([np.arange(4.0), np.arange(4.0)], 1)
    for answer in (geometry.hull, geometry.triangles):
        with pytest.raises(ValueError, match="three points"):
            answer(line)
    with pytest.raises(ValueError, match="three points"):
        geometry.hull(line[:2])


@pytest.mark.parametrize("size", [4, 6, 7])
def test_exact_tours_are_as_short_as_the_best_of_all_orders(size):
    for p in points.drawn(3, size, 2):
        best = min(geometry.length(p, np.array((0, *order))) for order in itertools.permutations(range(1, size)))
        order = geometry.tour(p)
        assert sorted(order) == list(range(size)) and order[0] == 0
        assert geometry.length(p, order) == pytest.approx(best, rel=1e-5)
        assert geometry.area(p[order]) >= 0


def test_local_search_finds_the_best_tours_of_ten_points():
    p = points.drawn(5, 10, 3)
    for each, exact in zip(p, geometry.exact_tours(p), strict=True):
        assert geometry.length(each, geometry.local_search(each)) == pytest.approx(
            geometry.length(each, exact), rel=1e-5
        )


def test_a_bow_tie_is_no_simple_polygon():
    assert geometry.simple(SQUARE[:4]) and not geometry.simple(SQUARE[[0, 2, 1, 3]]) and not geometry.simple(SQUARE[:2])


def test_tokens_end_with_a_stop_and_tours_with_their_last_point():
    hulls = points.solved("hull", points.drawn(8, 6, 0))
    assert all(STOP in row and (row[list(row).index(STOP) + 1 :] == EMPTY).all() for row in hulls.tokens)
    tours = points.solved("tour", points.drawn(8, 6, 0))
    assert all(sorted(row) == [1, 2, 3, 4, 5, 6] for row in tours.tokens)


@pytest.mark.parametrize("kind", ["pointer", "seq2seq"])
def test_training_lowers_the_loss_and_ends_where_an_uninterrupted_one_does(small, kind, tmp_path, monkeypatch):
    monkeypatch.setattr(picking, "SAVED_EVERY", 100)
    lesson = replace(small, kind=kind)

    def stop(text: str) -> None:
        raise KeyboardInterrupt(text)

    with pytest.raises(KeyboardInterrupt):
        fit(lesson, tmp_path / "run", say=lambda text: stop(text) if "step 200" in text else None)
    heard: list[str] = []
    net, whole = fit(lesson, tmp_path / "run", say=heard.append), fit(lesson, tmp_path / "other")
    assert [text.split("step ")[1].split(",")[0] for text in heard] == ["200", "300"]
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(net.parameters(), whole.parameters(), strict=True))
    made = points.solved("hull", points.drawn(64, 5, 9))
    x, tokens = torch.from_numpy(made.points), torch.from_numpy(made.tokens)
    assert net.loss(x, tokens) < built(kind, width=16).loss(x, tokens) - 0.15
    fit(lesson, tmp_path / "run", say=lambda text: pytest.fail("trained again"))


def test_a_rate_is_chosen_by_the_loss_on_sets_kept_aside_and_the_curve_is_kept(small, monkeypatch):
    monkeypatch.setattr(picking, "RATES", (1e-5, 1e-2))
    chosen = tuned(replace(small, steps=150))
    assert chosen.rate == 1e-2 and chosen.steps == 150 and chosen.seed == small.seed
    fit(chosen, chosen.folder)
    (*_, (step, loss)) = followed(chosen.folder)
    sets = points.training_sets("hull", picking.ASIDE, small.sizes, points.VALIDATION_SEED)
    net = fit(chosen, chosen.folder)
    told = picking.held_out(net, [(torch.from_numpy(s.points), torch.from_numpy(s.tokens)) for s in sets.values()])
    assert step == 150 and loss == pytest.approx(told, abs=1e-5)
    other = points.training_sets("hull", picking.ASIDE, small.sizes)
    assert not any(np.array_equal(sets[n].points, other[n].points) for n in sets), "kept aside from training"


def test_the_sigmoid_makes_the_choices_of_the_papers_tanh():
    torch.manual_seed(0)
    net = built("pointer", width=8)
    memory, (h, _) = net.read(torch.rand(3, 6, 2))
    kept = torch.tanh((memory.keys + net.query(h[0])[:, None]) / 2)  # sigmoid(y) = (1 + tanh(y / 2)) / 2
    papers = (kept @ net.score.weight[0] / 2).softmax(1)
    assert torch.allclose(papers, net.attention(memory.keys, h[0]).softmax(1), atol=1e-6)


@pytest.mark.parametrize("kind", ["pointer", "seq2seq"])
def test_beam_search_gives_valid_tours_of_any_length_and_no_worse_than_greedy(kind):
    torch.manual_seed(0)
    net = built(kind, width=16).eval()
    for size in (5, 13):
        x = torch.from_numpy(points.drawn(4, size, 1))
        found = net.solve(x, most=size, tour=True)
        assert all(sorted(row.tolist()) == list(range(1, size + 1)) for row in found)
    tokens = net.solve(x, most=9, beams=1)
    wider = net.solve(x, most=9, beams=6)
    assert tokens.shape[0] == 4 and tokens.shape[1] <= 9
    scores = [
        [-net.loss(x[k : k + 1], t[k : k + 1]) * (t[k] != EMPTY).sum() for k in range(4)] for t in (tokens, wider)
    ]
    assert sum(scores[1]) >= sum(scores[0]) - 1e-4
