"""The play of posterior collapse, and its claim on a short training."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.nodes import Button, Figure, Row, Table
from explorer.learn.data.pairs import LABELS
from explorer.museum.exhibits.base import numbered, run
from explorer.museum.plays import posterior_collapse
from explorer.museum.plays.base import Progress, state
from explorer.museum.plays.posterior_collapse import NOISES, PosteriorCollapse, between, key_of, stored


def shown(**params):
    play = PosteriorCollapse()
    (nodes,) = play.run(*state(play, {"params": params}))
    return nodes


def table(nodes) -> Table:
    return next(node for node in nodes if isinstance(node, Table))


def button(nodes) -> Button:
    return next(node for node in nodes if isinstance(node, Row)).inside[0]


@pytest.mark.parametrize("model", ["cvae", "hvae"])
@pytest.mark.parametrize("spectrum", LABELS)
def test_it_opens_with_a_training_that_is_in_the_box_and_lies_on_the_lines(model, spectrum):
    params = PosteriorCollapse.Params(model=model, spectrum=spectrum)
    points = stored(key_of(params))
    law = posterior_collapse.pairs(spectrum, model)
    for level, ratios in points.items():
        known = [posterior_collapse.predicted(law, model, posterior_collapse.setting(params, noise=n)) for n in NOISES]
        known = np.stack([one[level] for one in known])
        assert np.abs(0.5 * np.log1p(known) - 0.5 * np.log1p(ratios)).mean() < 0.05


def test_correlation_collapses_a_cvae_and_wakes_a_hierarchical_vae():
    def collapsed(level, **params):
        rows = table(shown(noise=0.5, **params)).rows
        return sum(row[level] == "collapsed" for row in rows)

    assert collapsed(1, correlation=0.1) < collapsed(1, correlation=0.9)
    assert collapsed(2, model="hvae", correlation=0.1) > collapsed(2, model="hvae", correlation=0.9)


@pytest.mark.parametrize("shape", ["nats", "singular"])
@pytest.mark.parametrize("level", ["z1", "z2"])
def test_every_view_of_two_levels_is_two_figures(shape, level):
    nodes = shown(model="hvae", shown=shape, level=level, correlation=1.0, noise=4.0)
    assert [node.id for node in nodes if isinstance(node, Figure)] == ["lines", "borders"]
    assert "Infinity" not in str([node.json_able() for node in nodes]) and "NaN" not in str(nodes)


def test_nothing_is_trained_before_somebody_asks_and_what_was_asked_for_is_kept(monkeypatch):
    monkeypatch.setattr(posterior_collapse, "STEPS", 12)
    play, params = PosteriorCollapse(), {"correlation": 0.33, "seed": 5}
    before = shown(**params)
    assert "z trained" not in table(before).columns
    asked = button(before).sets.patch
    values = state(play, {"params": params, "inputs": {"train": asked["inputs.train"]}})
    *way, last = play.run(*values)
    assert sum(isinstance(one, Progress) for one in way) > 5 and "z trained" in table(last).columns
    other = values[0].model_copy(update={"noise": 1.0})
    assert len(list(play.run(other, values[1]))) == 1, "another decoder variance is read off the same training"
    assert button(last).sets.patch == {
        "params.seed": 6,
        "inputs.train": key_of(values[0].model_copy(update={"seed": 6})),
    }
    moved = values[0].model_copy(update={"beta": 2.0})
    assert "z trained" not in table(*play.run(moved, values[1])).columns


def test_between_two_trained_variances():
    ratios = np.where(NOISES < 1, 1 / NOISES - 1, 0)
    low = NOISES[NOISES < 1]
    assert float(between(low[3], ratios)) == pytest.approx(-0.5 * np.log(low[3]), abs=1e-3)
    assert between(float(np.sqrt(low[-1] * NOISES[len(low)])), ratios) == "about to collapse"
    assert between(4.0, ratios) == "collapsed"


def test_its_claim_is_measured_on_a_short_training(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    claim = run(numbered(18), quick=True)
    assert claim.quick and claim.measured.mean < claim.figure(claim.parts[0].beside).mean
    assert all(np.isfinite(figure.values).all() for figure in claim.figures)
    assert len(list(tmp_path.rglob("collapse-*.safetensors"))) == 3, "what was trained is kept"
    assert run(numbered(18), quick=True).measured == claim.measured
