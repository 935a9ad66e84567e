"""Sparse dictionaries: a planted one is found, silent directions come back, and each method keeps to its rule."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.learn.training.dictionary import (
    AUX,
    Dictionary,
    Recipe,
    fit,
    fitted,
    ranked,
    scheduled,
    underused,
    whole,
    zipf,
)
from explorer.learn.training.scaling import Point, law


def planted(count: int, width: int = 12, size: int = 16, k: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Directions of length one [size, width], and vectors [count, width] that are sums of k of them."""
    draws = torch.Generator().manual_seed(7)
    atoms = torch.randn(size, width, generator=draws)
    atoms /= atoms.norm(dim=1, keepdim=True)
    which = torch.rand(count, size, generator=draws).topk(k).indices
    amounts = torch.zeros(count, size).scatter(1, which, 0.5 + torch.rand(count, k, generator=draws))
    return atoms, amounts @ atoms


@pytest.mark.parametrize(("method", "price"), [("topk", 0.0), ("l1", 0.6), ("k-sparse", 0.0)])
def test_a_planted_dictionary_is_found(method, price):
    atoms, x = planted(2000)
    net = fitted(x, Recipe(16, 2, method, price, rate=1e-2, steps=1000))
    learned = net.atoms / net.atoms.norm(dim=1, keepdim=True)
    drawn = Dictionary(12, 16, 2, seed=1).atoms.detach()
    near = [(atoms @ other.T).max(1).values.mean().item() for other in (learned, drawn)]
    assert near[0] > 0.88 > near[1] + 0.1
    assert net.loss(x) < 0.25


def test_silent_directions_come_back_by_the_auxiliary_loss():
    x = torch.randn(1000, 12, generator=torch.Generator().manual_seed(0))
    dead, losses = [], []
    for aux in (0.0, AUX):
        begun = Dictionary(12, 64, 4, seed=3)
        with torch.no_grad():  # half of the directions can't win: their activations are far below the others'
            begun.encoder[:, :32] *= 0.01
        *_, last = fit(x, Recipe(64, 4, aux=aux, rate=1e-2, steps=300), begun)
        dead.append(last.net.used(x)[0])
        losses.append(last.net.loss(x))
    assert dead[0] > 25 and dead[1] < 10 and losses[1] < losses[0]


@pytest.mark.parametrize("method", ["topk", "k-sparse"])
def test_so_many_activations_are_kept(method):
    _, x = planted(50)
    net = Dictionary(12, 16, 3, method)
    net.adapt(x)
    active = (net.encode(x) != 0).sum(1)
    assert active.max() <= 3 and (method == "topk" or bool((active == 3).all()))
    assert (net.encode(x, k=5) != 0).sum(1).max() > 3


def test_a_higher_price_leaves_fewer():
    _, x = planted(1000)
    used = [fitted(x, Recipe(16, 2, "l1", price, steps=150)).used(x)[1] for price in (0.05, 2.0)]
    assert used[1] < used[0]


def test_directions_have_length_one_and_the_same_seed_gives_the_same():
    _, x = planted(300)
    one, two, other = (fitted(x, Recipe(16, 2, steps=20, seed=seed)) for seed in (0, 0, 1))
    assert torch.allclose(one.atoms.norm(dim=1), torch.ones(16), atol=1e-5)
    assert torch.equal(one.atoms, two.atoms) and not torch.equal(one.atoms, other.atoms)


def test_the_loss_is_the_share_of_variance_that_is_left():
    _, x = planted(300)
    net = fitted(10 + 5 * x, Recipe(16, 2, steps=30))
    made = net.decode(net.encode(10 + 5 * x))
    left = (made - 10 - 5 * x).square().sum() / (5 * x - 5 * x.mean(0)).square().sum()
    assert net.loss(10 + 5 * x) == pytest.approx(float(left), rel=1e-3)


def test_it_says_how_far_it_is_and_begins_dense_where_the_method_does():
    _, x = planted(300)
    steps = [(step.step, step.steps) for step in fit(x, Recipe(16, 2, steps=100))]
    assert steps == sorted(steps) and steps[-1] == (100, 100) and len(steps) > 40
    recipe = Recipe(64, 4, "k-sparse", steps=100)
    assert [scheduled(recipe, step) for step in (0, 25, 50, 99)] == [64, 34, 4, 4]
    assert scheduled(Recipe(64, 4, steps=100), 0) == 4


@pytest.mark.parametrize("method", ["mutual", "feature"])
def test_activations_are_shared_out_between_vectors(method):
    _, x = planted(1500)
    net = fitted(x, Recipe(16, 2, method, rate=1e-2, steps=300))
    active = net.encode(x) != 0
    assert active.float().sum(1).mean() == pytest.approx(2, rel=0.02) and active.sum(1).unique().numel() > 2
    assert torch.allclose(net.encode(x[:1]), net.encode(x)[:1], atol=1e-4), "a code depends on no other vector"
    assert net.loss(x) < 0.3


def test_a_batch_keeps_its_largest_or_so_many_of_each_direction():
    net = Dictionary(12, 16, 3, "mutual")
    before = torch.randn(40, 16, generator=torch.Generator().manual_seed(0)) + 2
    kept = net.shared(before) != 0
    assert int(kept.sum()) == 120 and before[kept].min() >= before[~kept].max()
    quotas = torch.arange(16)
    kept = net.shared(before.abs(), quotas) != 0
    assert torch.equal(kept.sum(0), quotas)
    assert all(before[kept[:, j], j].abs().min() > before[~kept[:, j], j].abs().max() for j in range(1, 16))


def test_zipf_gives_the_budget_falling_and_none_more_than_all():
    shares = zipf(64, 8 * 100, 100)
    assert (
        float(shares.sum()) == pytest.approx(800, rel=1e-6) and bool((shares.diff() <= 0).all()) and shares.max() <= 100
    )
    draws = torch.Generator().manual_seed(0)
    counts = torch.stack([whole(shares, draws) for _ in range(200)])
    assert bool((counts.sum(1) - 800).abs().max() <= 1)
    assert (counts.double().mean(0) - shares).abs().max() < 0.2
    often = shares[torch.randperm(64, generator=draws)] / 100
    assert torch.equal(often[ranked(often).argsort()], often.sort(descending=True).values)
    assert not underused(often, 8).any()
    often[often.argmin()] = 0
    assert int(underused(often, 8).sum()) == 1


def test_a_power_law_is_found_and_told_from_a_plane():
    def loss(n: int, k: int) -> float:
        return 0.9 * n**-0.2 * k**-0.5 * np.exp(0.01 * np.log(n) * np.log(k))

    made = [Point(n, k, loss(n, k), 0) for n in (16, 64, 256) for k in (2, 4, 8)]
    found, plane = law(made), law(made, logs=False)
    assert found.fit == pytest.approx(1) and found.worst < 1e-9 and plane.fit < 0.99 and plane.worst > 0.02
    assert found.at(1024, 4) == pytest.approx(loss(1024, 4))
    assert found.halved(1) == pytest.approx(1 - 2**-0.2)
