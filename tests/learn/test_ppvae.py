"""The plug-in of a new condition: it learns a group's latents, draws of it lie there, and the model stays as it was."""

from __future__ import annotations

import pytest
import torch

from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model
from explorer.learn.plugins.ppvae import FEWEST, PPVAE, Recipe, training

COUNT, GROUP, LENGTH = 600, 200, 8
WHOLE = Recipe(size=4)  # with 400 steps a sixth of the draws still falls between the group and the others


class Plain(Model):
    """Decodes a latent to itself, and weighs it by a parameter that must not be trained."""

    latent = LatentSpec(kind="vector", shape=(LENGTH,))

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(LENGTH))

    def decode(self, z, c=None):
        return z * self.scale


@pytest.fixture(scope="module")
def latents():
    """Items around one centre, of which the first have two coordinates elsewhere and vary along a third."""
    z = torch.randn(COUNT, LENGTH, generator=torch.Generator().manual_seed(0))
    z[:GROUP] *= 0.2
    z[:GROUP, :2] += 3.0
    z[:GROUP, 2] *= 8.0
    return z, torch.arange(COUNT) < GROUP


def made(latents, recipe):
    plugin = PPVAE(Plain(), size=recipe.size)
    return plugin, list(training(plugin, *latents, recipe))


@pytest.fixture(scope="module")
def whole(latents):
    return made(latents, WHOLE)


@torch.no_grad()
def test_draws_of_a_condition_lie_where_its_group_does(latents, whole):
    plugin, steps = whole
    z, members = latents
    drawn = plugin.decode(torch.randn(500, 4, generator=torch.Generator().manual_seed(1)))
    own, other = z[members].mean(0), z[~members].mean(0)
    nearer = (drawn - own).norm(dim=1) < (drawn - other).norm(dim=1)
    assert nearer.float().mean() > 0.95
    assert drawn[:, 2].std() > 0.5 * z[members, 2].std() > 0, "draws differ as the group's items do"
    assert steps[-1].step == steps[-1].steps == WHOLE.steps
    assert steps[-1].error < 0.5 * steps[0].error
    assert torch.equal(plugin.model.scale, torch.ones(LENGTH)), "the model itself isn't trained"


def test_kl_is_held_at_the_capacity_and_never_above_what_the_group_can_tell(latents):
    _, steps = made(latents, Recipe(size=4, steps=400, capacity=2.0))
    assert steps[-1].kl == pytest.approx(2.0, abs=0.5)
    z, members = latents
    few = members & (torch.arange(COUNT) < FEWEST)
    _, steps = made((z, few), Recipe(size=4, steps=400, capacity=50.0))
    assert steps[-1].kl == pytest.approx(torch.tensor(float(FEWEST)).log().item(), abs=0.5)


@torch.no_grad()
def test_an_item_from_elsewhere_is_taken_into_the_group(latents, whole):
    plugin, _ = whole
    z, members = latents
    before, after = z[~members], plugin.likened(z[~members])
    own = z[members].mean(0)
    assert (after - own).norm(dim=1).mean() < 0.5 * (before - own).norm(dim=1).mean()
    assert torch.isfinite(plugin.likened(100 * before)).all()


def test_the_same_recipe_gives_the_same_plugin(latents):
    short = Recipe(size=4, steps=20)
    first, second, other = (
        made(latents, recipe)[0].state_dict() for recipe in (short, short, Recipe(size=4, steps=20, seed=1))
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_group_of_too_few_items_is_refused(latents):
    with pytest.raises(ValueError, match="8 items or more"):
        made((latents[0], torch.arange(COUNT) < FEWEST - 1), WHOLE)
