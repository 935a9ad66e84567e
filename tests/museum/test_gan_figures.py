"""The figures of the exhibits on conditional GANs, beside what they are worked out to be the slow way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.schema import Attribute, Schema
from explorer.learn.models.judge import Judge
from explorer.museum.exhibits import _gans, cgan

CLASSES = Schema(attributes=(Attribute(name="kind", label="Kind", values=("a", "b", "c")),))


@pytest.fixture
def judge() -> Judge:
    torch.manual_seed(0)
    return Judge((1, 16, 16), CLASSES, width=4, embedding=8).eval().requires_grad_(False)


def pictures(count: int, seed: int = 1) -> torch.Tensor:
    return torch.rand(count, 1, 16, 16, generator=torch.Generator().manual_seed(seed))


def test_variety_is_the_mean_distance_over_all_pairs(judge):
    vectors = _gans.perceptual(judge, pictures(7)).double()
    pairs = [(vectors[a] - vectors[b]).square().sum().item() for a in range(7) for b in range(a)]
    assert _gans.variety(judge, pictures(7)) == pytest.approx(np.mean(pairs), rel=1e-5)
    assert _gans.variety(judge, pictures(1).expand(5, -1, -1, -1)) == pytest.approx(0, abs=1e-9)


def test_the_perceptual_distance_is_the_sum_over_stages_of_unit_activations(judge):
    a, b = pictures(1, 2), pictures(1, 3)
    expected, hidden = 0.0, (a - 0.5, b - 0.5)
    for layer in judge.trunk:
        hidden = tuple(layer(h) for h in hidden)
        if isinstance(layer, torch.nn.GELU):
            one, two = (torch.nn.functional.normalize(h, dim=1, eps=1e-6) for h in hidden)
            expected += (one - two).square().sum(1).mean().item()
    one, two = (_gans.perceptual(judge, x) for x in (a, b))
    assert (one - two).square().sum().item() == pytest.approx(expected, rel=1e-4)


def test_covered_counts_the_points_within_reach_of_some_other():
    by = torch.tensor([[0.0], [1.0], [2.0], [10.0]])
    # The second neighbour of 0, 1 and 2 lies 2, 1 and 2 away, that of 10 lies 9 away.
    points = torch.tensor([[-1.9], [-2.1], [0.9], [18.0], [19.5]])
    assert _gans.covered(points, by, k=2) == pytest.approx(3 / 5)


def test_a_style_that_is_held_correlates_and_another_does_not():
    torch.manual_seed(0)
    shade = torch.rand(300) * 0.6 + 0.3
    wide, tall = torch.zeros(300, 1, 16, 16), torch.zeros(300, 1, 16, 16)
    rows = torch.arange(300) % 5 + 3
    for k in range(300):
        wide[k, 0, 4 : 4 + rows[k], 2:14] = shade[k]
        tall[k, 0, 2 : 2 + 2 * rows[k], 5:9] = shade[k]
    assert _gans.kept_style([wide, tall]) > 0.9
    assert abs(_gans.kept_style([wide, tall[torch.randperm(300)]])) < 0.15
    assert _gans.kept_style([wide, wide, wide]) == pytest.approx(1, abs=0.01)


def test_style_reads_shade_area_and_outline():
    x = torch.zeros(1, 1, 16, 16)
    x[0, 0, 4:8, 2:14] = 0.5
    shade, area, outline = _gans.style(x)[0].tolist()
    assert shade == pytest.approx(0.5) and area == pytest.approx(48 / 256)
    assert outline == pytest.approx(0.5 * np.log((12**2 - 1) / (4**2 - 1)), rel=1e-6)


def test_figures_are_averaged_over_the_classes(judge):
    x, real = torch.stack([pictures(20, k) for k in range(3)]), torch.stack([pictures(20, 9 + k) for k in range(3)])
    all_of_it = _gans.within(x, real, judge)
    alone = [_gans.within(x[k : k + 1], real[k : k + 1], judge, classes=[k]) for k in range(3)]
    for name in ("accuracy", "variety", "frechet", "recall", "precision"):
        assert getattr(all_of_it, name) == pytest.approx(np.mean([getattr(row, name) for row in alone]), rel=1e-6)
    c = torch.eye(3).repeat_interleave(20, 0)
    assert all_of_it.accuracy == pytest.approx(judge.right(x.flatten(0, 1), c).double().mean().item())


def test_styles_paired_one_to_one_correlate_as_much_as_they_can():
    torch.manual_seed(0)
    x = torch.zeros(40, 1, 16, 16)
    for k in range(40):
        x[k, 0, 4 : 4 + k % 5 + 3, 2 : 6 + k % 7] = 0.3 + 0.6 * torch.rand(())
    mixed = x[torch.randperm(40)]
    assert abs(_gans.kept_style([x, mixed])) < 0.5
    assert _gans.matched_style([x, mixed]) == pytest.approx(_gans.kept_style([x, x]), abs=1e-9)


def test_errors_over_latents_are_of_paired_draws_and_fall_with_their_number(judge):
    def draws(count: int, seed: int) -> torch.Tensor:
        return torch.stack([pictures(count, seed + k) for k in range(3)])

    ours, theirs = draws(60, 1), draws(60, 10)
    right = cgan.rights(judge, ours)
    assert right.shape == (3, 60, 1) and set(right.unique().tolist()) <= {0.0, 1.0}
    assert cgan.errors_over_latents(judge, ours, ours, seed=0) == {"accuracy": 0.0, "style": 0.0}
    few = cgan.errors_over_latents(judge, ours[:, :15], theirs[:, :15], seed=0)
    many = cgan.errors_over_latents(judge, ours, theirs, seed=0)
    assert 0 < many["style"] < few["style"]
