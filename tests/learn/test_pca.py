"""Principal components with group means: the closed form against what it is supposed to be."""

from __future__ import annotations

import pytest
import torch
from sklearn.decomposition import PCA as Reference

from explorer.learn.models.vae.pca import PCA


def items(count=200, groups=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    means, ways = torch.rand(groups, 12, generator=generator) * 0.2 + 0.4, torch.randn(4, 12, generator=generator)
    group = torch.arange(count) % groups
    x = means[group] + 0.02 * torch.randn(count, 4, generator=generator) @ ways
    return x, torch.nn.functional.one_hot(group, groups).float()


def test_without_a_condition_it_is_sklearns():
    x, _ = items()
    model, reference = PCA((12,), 0, latent=3).solve(x, x[:, :0]), Reference(3).fit(x.numpy())
    assert torch.allclose(model.components.abs(), torch.from_numpy(reference.components_).abs().float(), atol=1e-3)
    assert torch.allclose(model.spread**2, torch.from_numpy(reference.explained_variance_).float(), rtol=0.02)


@pytest.mark.parametrize("count", [9, 200])  # among items, and among numbers
def test_group_means_are_taken_off_and_put_back(count):
    x, c = items(count)
    model = PCA((12,), 3, latent=4).solve(x, c)
    z = model.encode(x, c).mean
    wide = count > 100
    assert (model.decode(z, c) - x).abs().max() < (0.02 if wide else 0.2)
    for k in range(3):
        mean = x[c[:, k] > 0].mean(0)
        assert torch.allclose(model.expected(c[k : k + 1])[0], mean, atol=0.01 if wide else 0.1)
        moved = model.decode(z, c.roll(1, 1)) - model.decode(z, c)
        assert moved[c[:, k] > 0].std(0).max() < 1e-5  # everybody of a group moves alike
    assert torch.allclose(model.expected(), x.mean(0), atol=1e-6)


def test_features_keep_the_distances_of_reconstructions():
    x, c = items()
    model = PCA((12,), 3, latent=4).solve(x, c)
    z = model.encode(x, c).mean
    assert torch.allclose(torch.pdist(model.features(z, c)), torch.pdist(model.decode(z, c)), atol=1e-3)


def test_fewer_components_are_a_part_of_more():
    x, c = items()
    many, few = PCA((12,), 3, latent=5).solve(x, c), PCA((12,), 3, latent=2).solve(x, c)
    part = many.first(2)
    assert torch.allclose(part.components, few.components, atol=1e-3)
    z = part.encode(x, c).mean
    assert torch.allclose(torch.pdist(part.features(z, c)), torch.pdist(part.decode(z, c)), atol=1e-3)


def test_more_components_than_numbers_is_an_error():
    x, c = items(8)
    with pytest.raises(ValueError, match="no 9 components"):
        PCA((12,), 3, latent=9).solve(x, c)
