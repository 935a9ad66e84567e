"""TR0N on a generator whose truth is known: a point in the plane, and a classifier that looks at its side."""

from __future__ import annotations

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from explorer.core.registry import find
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model
from explorer.learn.plugins.tr0n import TR0N, fit_translator


class Plane(Model):
    """The picture is the latent, squeezed into [0, 1]."""

    name = "plane"

    def __init__(self) -> None:
        super().__init__()
        self.latent = LatentSpec(kind="vector", shape=(2,))
        self.gain = nn.Parameter(torch.tensor(1.0))

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        assert c is None, "the generator is run without a condition"
        return torch.sigmoid(self.gain * z).view(-1, 1, 1, 2)


class Side(nn.Module):
    """Left or right: certain away from the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(20.0))

    def forward(self, x: Tensor) -> Tensor:
        side = self.slope * (x[:, 0, 0, :1] - 0.5)
        return torch.cat([-side, side], 1)


LEFT, RIGHT = torch.eye(2)


@pytest.fixture
def plugin() -> TR0N:
    torch.manual_seed(0)
    return TR0N(Plane(), Side(), 2, components=3, hidden=16, beta=4.0, step=0.05).eval()


@pytest.fixture
def trained(plugin) -> TR0N:
    losses = fit_translator(plugin, steps=300, batch=128, rate=5e-3)
    assert sum(losses[-20:]) / 20 < sum(losses[:20]) / 20 - 0.3
    return plugin


def noise(count: int, seed: int = 0) -> Tensor:
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))


def test_the_latent_is_the_noise_of_the_mixture(plugin):
    u, c = noise(20_000), RIGHT.expand(20_000, -1)
    z, mixture = plugin.translate(u, c), plugin.translator(RIGHT[None])
    assert torch.allclose(z.mean(0), mixture.mean[0], atol=0.05)
    assert torch.allclose(z.var(0), mixture.variance[0], atol=0.1)


def test_the_way_back_is_exact(plugin):
    u, c = noise(50), torch.stack([LEFT, RIGHT]).repeat(25, 1)
    c[::5] = 0
    assert torch.allclose(plugin.untranslate(plugin.translate(u, c), u, c), u, atol=1e-4)


def test_without_a_class_it_is_the_generator(plugin):
    u = noise(5)
    plain = plugin.model.decode(u[:, :2])
    assert torch.equal(plugin.decode(u), plain)
    assert torch.equal(plugin.decode(u, torch.zeros(5, 2)), plain)


def test_the_loss_is_the_likelihood_of_the_latents_under_what_was_read(plugin, monkeypatch):
    z = torch.tensor([[1.0, -0.5], [-2.0, 0.3]])
    monkeypatch.setattr(plugin.model, "prior", lambda: torch.distributions.Normal(z[:, None], 1e-9))
    monkeypatch.setattr(torch.distributions.Normal, "sample", lambda self, shape=(): self.loc)
    read = plugin.classifier(plugin.model.decode(z)).softmax(1)
    expected = -plugin.translator(read).log_prob(z).mean()
    assert plugin.loss(torch.empty(2))["loss"].item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_translator_learns_the_side_and_leaves_the_rest_open(trained):
    u = noise(400)
    for asked, sign in ((LEFT, -1), (RIGHT, 1)):
        c = asked.expand(400, -1)
        z = trained.translate(u, c)
        assert (sign * z[:, 0] > 0).double().mean() > 0.9
        assert z[:, 1].std() > 0.7, "what the class leaves open must stay open"


def test_the_polish_leads_strays_to_the_class(plugin):
    """From draws of the plain prior, half of them on the wrong side."""
    z, c = noise(400)[:, :2], RIGHT.expand(400, -1)
    way = plugin.langevin(z, c, 60)
    energies = [plugin.energy(step, c).mean().item() for step in way[::20]]
    assert energies == sorted(energies, reverse=True) and energies[-1] < 0.5 * energies[0]
    assert (way[0][:, 0] > 0).double().mean() < 0.6 and (way[-1][:, 0] > 0).double().mean() > 0.8


def test_a_langevin_step_is_that_of_the_equation(plugin):
    z, c, eps = torch.tensor([[0.2, -1.0]]), RIGHT[None], torch.tensor([[0.5, -2.0]])
    at = z.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(plugin.energy(at, c).sum(), at)
    expected = z - 0.05 / 2 * (4.0 * slope + z) + 0.05**0.5 * eps
    way = plugin.langevin(z, c, 1, lambda like: eps)
    assert way.shape == (2, 1, 2) and torch.equal(way[0], z)
    assert torch.allclose(way[1], expected, atol=1e-6)


def test_without_a_class_the_polish_stays_in_the_prior(plugin):
    z = plugin.langevin(torch.zeros(4000, 2), torch.zeros(4000, 2), 120)[-1]
    assert z.mean().abs() < 0.05 and z.std().item() == pytest.approx(1, abs=0.06)


def test_fewer_steps_are_the_first_of_more_and_a_seed_is_a_way(trained):
    u, c = noise(3), RIGHT.expand(3, -1)
    with torch.inference_mode():
        five, ten, other = trained.polish(u, c, 5), trained.polish(u, c, 10), trained.polish(u, c, 5, seed=1)
    assert torch.equal(ten[:6], five) and not torch.equal(other[5], five[5])
    assert torch.allclose(five[0], u, atol=1e-4)


def test_what_is_wrapped_never_changes(plugin):
    kept = {k: v.clone() for part in (plugin.model, plugin.classifier) for k, v in part.state_dict().items()}
    fit_translator(plugin, steps=5)
    plugin.polish(noise(2), RIGHT.expand(2, -1), 2)
    now = {k: v for part in (plugin.model, plugin.classifier) for k, v in part.state_dict().items()}
    assert all(torch.equal(now[k], v) for k, v in kept.items())
    assert not plugin.train().model.training


def family(**arguments):
    torch.manual_seed(0)
    small = {"latent": 4, "widths": [8, 8], "critic_widths": [8, 8], "hidden": 16, "features": 8, "width": 4}
    return find("models", "tr0n")(shape=(1, 16, 16), condition=2, **small | arguments)


def test_as_a_family_all_learn_and_only_the_classifier_looks_at_labels():
    model = family(components=2).train()
    fabric, before = Fabric(accelerator="cpu", devices=1), {k: v.clone() for k, v in model.named_parameters()}
    torch.manual_seed(1)
    x, c = torch.rand(8, 1, 16, 16), torch.eye(2).repeat(4, 1)
    optimisers = model.make_optimisers(1e-3, 0.0)
    terms = model.training_step((x, c), fabric, optimisers)
    assert all(torch.isfinite(term) for term in terms.values())
    moved = {k for k, v in model.named_parameters() if not torch.equal(v, before[k])}
    assert {k.split(".")[0] for k in moved} == {"model", "classifier", "translator"}
    twin = family(components=2).train()
    torch.manual_seed(1)
    torch.rand(8, 1, 16, 16)
    twin.training_step((x, c.flip(1)), fabric, twin.make_optimisers(1e-3, 0.0))
    for key, value in twin.model.named_parameters():
        assert torch.equal(value, dict(model.model.named_parameters())[key]), f"{key} has seen a label"
    assert not torch.equal(next(twin.classifier.parameters()), next(model.classifier.parameters()))
