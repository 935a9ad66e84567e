"""The figures of the exhibit on the weight of the KL term, where the answer is known, and the units of its dial."""

from __future__ import annotations

import pytest
import torch

from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.vae.cvae import CVAE
from explorer.museum.exhibits import cvae as weights
from explorer.museum.exhibits._fitted import recipe_of
from tests.conftest import BUNDLED

VALUES = 4


@pytest.fixture(autouse=True)
def box(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))


class Painter(Model):
    """Paints the value asked as a shade, or the one that its latent holds."""

    capabilities = frozenset({"encode"})

    def __init__(self, deaf: bool) -> None:
        super().__init__()
        self.deaf, self.latent = deaf, LatentSpec(shape=(1,))

    def encode(self, x, c=None):
        return PointMass(x.flatten(1).mean(1, keepdim=True))

    def decode(self, z, c=None):
        shade = z if self.deaf else (c.argmax(1, keepdim=True) + 0.5) / VALUES
        return shade[:, :, None, None].expand(-1, 1, 2, 2)


class Reader:
    """Reads the shade."""

    def embed(self, x):
        shade = x.flatten(1).mean(1, keepdim=True)
        return torch.cat([shade, shade.square()], 1)

    def right(self, x, c):
        shade = (x.flatten(1).mean(1) * VALUES).long().clamp(0, VALUES - 1)
        return (shade == c.argmax(1))[:, None]


def pictures(count: int = 400):
    value = torch.randint(VALUES, (count,), generator=torch.Generator().manual_seed(0))
    x = ((value + 0.5) / VALUES)[:, None, None, None].expand(-1, 1, 2, 2).clone()
    return x, torch.eye(VALUES)[value]


def test_a_model_that_listens_is_told_from_one_that_does_not():
    x, c = pictures()
    listens, deaf = (weights.figures(Painter(kind), Reader(), x, c, seed=0) for kind in (False, True))
    assert listens["asked"] == listens["edited"] == 1.0 and listens["frechet"] < 0.01 and listens["two_sample"] < 0.6
    assert deaf["asked"] < 0.5 and deaf["edited"] < 0.5 and deaf["frechet"] > 0.1 and deaf["two_sample"] > 0.7
    assert weights.found_real(Reader(), x, c) == 1.0
    assert deaf == weights.figures(Painter(True), Reader(), x, c, seed=0)


def test_the_settings_of_the_dial_differ_in_the_weight_alone():
    recipes = {w: recipe_of(weights.checkpoint(w)) for w in weights.WEIGHTS}
    assert len(weights.Cvae.checkpoints) == len(recipes) and weights.Cvae.checkpoints[0] == weights.checkpoint(
        weights.CHOSEN
    )
    common = []
    for weight, recipe in recipes.items():
        model = dict(recipe.model)
        price = weight * weights.SCALE / weights.PIXELS
        assert model.pop("kl_weight") == model.pop("kl_start") == pytest.approx(price, rel=1e-3)
        assert recipe.checkpoint["dial"]["value"] == weight
        common.append((model, recipe.training, recipe.data, recipe.family, recipe.seed))
    assert all(one == common[0] for one in common)


def test_a_weight_of_one_is_the_plain_bound():
    """Error over its scale, summed over the picture, and one KL: nothing more or less."""
    torch.manual_seed(0)
    size = {"widths": [8], "blocks": [1], "encoder_widths": [8], "encoder_blocks": [1], "hidden": 8, "patch": 4}
    model = CVAE(
        (3, 32, 32), 5, latent=3, adversary=0.0, kl_weight=weights.SCALE / weights.PIXELS, kl_start=0.0, **size
    )
    x, c = torch.rand(4, 3, 32, 32), torch.eye(5)[:4]
    terms = model.loss(x, c)
    per_number = terms["absolute"] + 5.0 * terms["squared"] + 0.5 * terms["edges"]
    bound = per_number * weights.PIXELS / weights.SCALE + terms["kl"]
    assert (terms["loss"] * weights.PIXELS / weights.SCALE).item() == pytest.approx(bound.item(), rel=1e-4)
