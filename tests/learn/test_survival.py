"""Graphs over tables, survival networks, and what they are measured by."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.schema import ExplorerError
from explorer.learn.data.cohorts import TABLES, Cohort, cohort
from explorer.learn.models.table.dag import ancestral, hill_climb, weights
from explorer.learn.models.table.survival import DAGSurv, HazardNet, chances_of, likelihood
from explorer.learn.training.survival import Scale, Setting, brier, censoring, concordance, cox, curve, fit_net


def made_up(count: int = 600, seed: int = 0) -> Cohort:
    """People whose hazard is exp(x0): x1 follows from x0, x2 means nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3)).astype(np.float32)
    x[:, 1] = x[:, 0] + 0.3 * x[:, 1]
    time, lost = rng.exponential(np.exp(-1.2 * x[:, 0])), rng.exponential(3.0, count)
    return Cohort(x, np.minimum(time, lost).astype(np.float32), time <= lost)


def test_hill_climbing_finds_the_skeleton_and_no_cycle():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 4000))
    c = a + b + 0.5 * rng.normal(size=4000)  # a collider, so that its arrows can be told
    d = rng.normal(size=4000)
    values = np.stack([a, b, c, d], 1)
    values = (values - values.mean(0)) / values.std(0)
    edges = hill_climb(values)
    assert edges[0, 2] and edges[1, 2] and edges.sum() == 2
    strengths, noise = weights(values, edges)
    drawn = ancestral(strengths, noise, 20_000, 0)
    assert np.allclose(np.cov(drawn.T), np.cov(values.T), atol=0.08)
    edges = hill_climb(values[:, [2, 0, 1, 3]], sinks=(0,))
    assert not edges[0].any() and edges[1, 0] and edges[2, 0]


def test_the_likelihood_of_those_lost_sight_of_is_that_of_all_later_intervals():
    chances = torch.tensor([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]]).log()
    found = likelihood(chances, torch.tensor([1, 0]), torch.tensor([True, False]))
    assert torch.allclose(found.exp(), torch.tensor([0.3, 0.8]))
    assert torch.allclose(chances_of(torch.tensor([[0.8, 0.5]])).exp(), torch.tensor([[0.2, 0.3, 0.5]]))


def test_concordance_and_brier_know_a_good_curve_from_a_bad_one():
    people = made_up()
    right = lambda times: np.exp(-np.exp(1.2 * people.x[:, :1]) * times)  # noqa: E731
    wrong = lambda times: np.exp(-np.exp(-1.2 * people.x[:, :1]) * times)  # noqa: E731
    same = lambda times: np.repeat(np.exp(-times)[None], len(people), 0)  # noqa: E731
    assert concordance(right, people) > 0.7 and concordance(wrong, people) < 0.3
    assert concordance(same, people) == pytest.approx(0.5)
    assert brier(right, people).mean() < brier(same, people).mean() < brier(wrong, people).mean()
    assert concordance(right, people, np.arange(200)) != concordance(right, people)


def test_the_curve_of_staying_in_sight_is_kaplan_meiers():
    from lifelines import KaplanMeierFitter

    people = made_up()
    fitted = KaplanMeierFitter().fit(people.time, ~people.event)
    times = np.linspace(0.01, 2, 9)
    assert np.allclose(censoring(people)(times), fitted.survival_function_at_times(times), atol=0.01)


@pytest.mark.parametrize("kind", ["dagsurv", "hazard"])
def test_a_trained_network_ranks_strangers(kind):
    people, others = made_up(), made_up(seed=1)
    scale = Scale.of(people, 8)
    train, aside = people.rows(np.arange(480)), people.rows(np.arange(480, 600))
    net = fit_net(kind, train, aside, scale, setting=Setting(width=16, epochs=30), seed=0)
    at = curve(net.survival(scale.columns(others.x)).numpy(), scale.ends)
    assert concordance(at, others) > 0.68
    survival = at(np.linspace(0, 2, 20))
    assert (np.diff(survival, axis=1) <= 1e-6).all() and (survival[:, 0] == 1).all()


def test_cox_ranks_strangers():
    people, others = made_up(), made_up(seed=1)
    assert concordance(cox(people, Scale.of(people, 8), 0.01)(others.x), others) > 0.7


def test_a_cut_edge_changes_the_curve_and_an_absent_one_does_not():
    torch.manual_seed(0)
    net = DAGSurv(3, 6, width=16, dropout=0.0).eval()
    edges = torch.zeros(4, 4)
    edges[1, 0] = edges[1, 2] = 1
    net.know(edges, torch.full((4, 4), 0.7))
    x = torch.randn(5, 3)
    whole, cut, absent = net.survival(x), torch.ones(4, 4), torch.ones(4, 4)
    cut[1, 2], absent[3, 0] = 0, 0
    assert not torch.allclose(net.survival(x, cut), whole, atol=1e-5)
    assert torch.equal(net.survival(x, absent), whole)
    assert net.curves(x).std(0).max() > 0 and torch.equal(net.curves(x), net.curves(x))


def test_a_hazard_net_only_falls():
    survival = HazardNet(3, 6, 8).eval().survival(torch.randn(4, 3))
    assert (survival.diff(dim=1) < 0).all() and (survival > 0).all()


def test_tables_name_as_many_columns_as_they_hold():
    with pytest.raises(ExplorerError, match="metabric"):
        cohort("nobody", "train")
    assert [len(table.columns) for table in TABLES.values()] == [9, 7, 14]
    assert all(len(table.digest) == 64 for table in TABLES.values())
