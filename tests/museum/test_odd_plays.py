"""Plays of points and of survival curves, and the claims of their exhibits on tiny data."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.nodes import Canvas, Section, Table
from explorer.core.schema import ExplorerError
from explorer.museum.plays.base import perform, state
from explorer.museum.plays.dagsurv import DAGSurvPlay, person
from explorer.museum.plays.pointer_networks import PointerNetworks

SQUARE = [[0.1, 0.1], [0.9, 0.12], [0.88, 0.9], [0.12, 0.91], [0.5, 0.5]]


def shown(play, **raw):
    play = play()
    return list(play.run(*state(play, raw)))


def one(nodes, kind):
    return next(node for node in nodes if isinstance(node, kind))


# -- points


@pytest.mark.parametrize("problem", ["hull", "tour"])
@pytest.mark.parametrize("size", [5, 30])
def test_a_network_answers_beside_the_exact_answer(problem, size):
    nodes = shown(PointerNetworks, params={"problem": problem, "size": size})
    plane, table = one(nodes, Canvas), one(nodes, Table)
    assert len(plane.points) == size and {tone for tone, _ in plane.lines} == {"found", "exact"}
    assert len(table.rows) >= 2
    assert any(node.id == "longer" for node in nodes) is (size > 10)


def test_the_exact_hull_of_dropped_points_is_drawn_closed():
    plane = one(shown(PointerNetworks, inputs={"points": SQUARE}), Canvas)
    exact = next(line for tone, line in plane.lines if tone == "exact")
    assert exact == tuple(map(tuple, [*SQUARE[:4], SQUARE[0]]))


@pytest.mark.parametrize("size", [5, 50])
def test_a_triangulation_is_shown_exactly_and_nothing_claims_that_a_network_found_it(size):
    from scipy.spatial import ConvexHull, Delaunay

    nodes = shown(PointerNetworks, params={"problem": "delaunay", "size": size})
    plane, table = one(nodes, Canvas), one(nodes, Table)
    points = np.array(plane.points)
    expected = {
        frozenset((tuple(points[a]), tuple(points[b])))
        for t in Delaunay(points).simplices for a, b in ((t[0], t[1]), (t[1], t[2]), (t[0], t[2]))
    }  # fmt: skip
    assert {frozenset(line) for _, line in plane.lines} == expected and len(plane.lines) == len(expected)
    assert {tone for tone, _ in plane.lines} == {"exact"} and nodes[-1].id == "untrained"
    assert dict(table.rows) == {"Triangles": 2 * size - 2 - len(ConvexHull(points).vertices), "Sides": len(expected)}
    offered = [[node.id for node in PointerNetworks().form(*state(PointerNetworks(), {"params": {"problem": problem}}))]
               for problem in ("hull", "delaunay")]  # fmt: skip
    assert "field-net" in offered[0] and set(offered[0]) - set(offered[1]) == {"field-net"}


def test_the_same_seed_draws_the_same_and_another_other_points():
    a, b, c = (one(shown(PointerNetworks, params={"seed": seed}), Canvas) for seed in (1, 1, 2))
    assert a == b and a.points != c.points


def test_two_points_and_points_on_a_line_are_a_sentence():
    for points in (SQUARE[:2], [[0.1, 0.1], [0.2, 0.2], [0.4, 0.4]]):
        nodes = shown(PointerNetworks, inputs={"points": points})
        assert nodes[-1].kind == "note" and not one(nodes, Canvas).lines


@pytest.mark.parametrize("points", [[[0.5, 2.0]], [[0.5]], "far", [[0.5, 0.5]] * 51])
def test_points_from_a_stranger_are_checked(points):
    said = list(perform("pointer-networks", {"inputs": {"points": points}}))
    assert list(said[-1]) == ["error", "where"] and len(said[-1]["error"]) < 300


# -- survival


@pytest.mark.parametrize("table", ["metabric", "gbsg", "support"])
def test_a_person_can_be_opened_and_changed(table):
    params = {"table": table, "person": 3}
    play = DAGSurvPlay()
    form = play.form(*state(play, {"params": params}))
    own = person(table, 3)
    assert len([node for node in form if node.id.startswith("field-c")]) == len(own)
    plain = shown(DAGSurvPlay, params=params)
    sliders = [node.inside[0] for node in form if node.id.startswith("field-c") and node.inside[0].kind == "slider"]
    key, control = sliders[0].id, sliders[0]
    moved = shown(DAGSurvPlay, params=params, inputs={"values": {key: control.high}})
    assert one(plain, Table).rows != one(moved, Table).rows
    assert [row[2] for row in one(plain, Table).rows] == [row[2] for row in one(moved, Table).rows]


def test_a_cut_edge_moves_the_curve_and_mending_brings_it_back():
    play = DAGSurvPlay()
    form = play.form(*state(play, {}))
    buttons = next(node for node in form if isinstance(node, Section)).inside[0].inside
    plain = one(shown(DAGSurvPlay), Table).rows
    moved = [one(shown(DAGSurvPlay, inputs={"cut": edge.sets.patch["inputs.cut"]}), Table).rows for edge in buttons]
    assert any(rows != plain for rows in moved)
    form = play.form(*state(play, {"inputs": {"cut": buttons[0].sets.patch["inputs.cut"]}}))
    pressed = next(node for node in form if isinstance(node, Section)).inside[0].inside[0]
    assert pressed.pressed and pressed.sets.patch == {"inputs.cut": []}


@pytest.mark.parametrize(
    "inputs",
    [{"cut": ["0-1"]}, {"cut": ["77-3"]}, {"values": {"c40": 1}}, {"values": {"c0": 99999}}, {"values": {"x": 1}}],
)
def test_what_the_table_does_not_have_is_a_sentence(inputs):
    said = list(perform("dagsurv", {"inputs": inputs}))
    assert "error" in said[-1]


def test_people_are_made_up_within_range_and_the_same_for_a_number():
    people = np.stack([person("gbsg", k) for k in range(40)])
    assert np.array_equal(person("gbsg", 5), people[5]) and len({tuple(row) for row in people.tolist()}) > 30
    assert set(people[:, 0]) <= {0.0, 1.0} and (people[:, 3] == people[:, 3].round()).all()


def test_a_missing_weight_is_a_sentence(monkeypatch):
    from explorer.museum.plays import _weights

    with pytest.raises(ExplorerError, match="missing"):
        _weights.read("nobody")


# -- claims on tiny data


@pytest.fixture
def cohorts(tmp_path, monkeypatch):
    import h5py

    from explorer.learn.data.cohorts import TABLES

    rng = np.random.default_rng(0)
    folder = tmp_path / "deepsurv"
    folder.mkdir()
    for table in TABLES.values():
        with h5py.File(folder / table.place.split("/")[1], "w") as file:
            for split, count in (("train", 150), ("test", 60)):
                x = rng.normal(size=(count, len(table.columns)))
                file[f"{split}/x"], file[f"{split}/e"] = x, rng.random(count) < 0.7
                file[f"{split}/t"] = rng.exponential(np.exp(-x[:, 0])) + 0.01
    monkeypatch.setenv("EXPLORER_DATA", str(tmp_path))
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("number", [10, 48])
def test_a_claim_is_measured_on_tiny_data(number, cohorts):
    from explorer.museum.exhibits.base import numbered, run

    claim = run(numbered(number), quick=True)
    assert claim.quick and claim.outcome.endswith(".") and len(claim.measured.values) == 1
    assert all(np.isfinite(figure.values).all() for figure in (claim.measured, *claim.baselines, *claim.others))
