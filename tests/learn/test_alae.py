"""ALAE: whom each step moves, what the styles are, the tied prior, and the length of a way."""

from __future__ import annotations

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from explorer.core.registry import find
from explorer.core.schema import Attribute, Schema
from explorer.learn.models.gan.alae import ALAE, LAZY
from explorer.learn.models.judge import Judge
from explorer.learn.priors.tied import Tied, repeats
from explorer.museum.exhibits import _gans, alae

CLASSES = Schema(attributes=(Attribute(name="kind", label="Kind", values=("a", "b")),))


def make(seed: int = 0, **arguments) -> ALAE:
    torch.manual_seed(seed)
    small = {"latent": 4, "widths": [8, 6], "hidden": 8, "depth": 2}
    return find("models", "alae")(shape=(1, 16, 16), condition=2, **small | arguments)


def batch(count: int = 6) -> torch.Tensor:
    return torch.rand(count, 1, 16, 16, generator=torch.Generator().manual_seed(1))


def reached(model: ALAE, terms: dict[str, torch.Tensor]) -> set[str]:
    """The parts that the gradient of some terms reaches."""
    model.zero_grad()
    sum(terms.values()).backward()
    return {
        name
        for name in ("mapping", "generator", "encoder", "head")
        if any(p.grad is not None and p.grad.any() for p in getattr(model, name).parameters())
    }


def test_each_step_concerns_the_parts_that_algorithm_1_says():
    model, x = make().train(), batch()
    drawn = model.generator(model._styles(len(x), x.device))
    assert reached(model, model.critic_terms(x, drawn.detach())) == {"encoder", "head"}
    assert {"mapping", "generator"} <= reached(model, model.generator_terms(drawn))
    assert reached(model, model.reciprocity_terms(x)) == {"generator", "encoder"}


def test_in_step_two_the_reader_stands_still():
    model, x = make(reciprocity=0.0, gamma=0.0).train(), batch()
    of_drawing, of_reading = model.make_optimisers(1e-2, 0.0)
    for group in of_reading.param_groups:
        group["lr"] = 0.0
    before = {name: value.clone() for name, value in model.named_parameters()}
    model.training_step((x, None), Fabric(accelerator="cpu", devices=1), [of_drawing, of_reading])
    moved = {name.split(".")[0] for name, value in model.named_parameters() if not torch.equal(value, before[name])}
    assert moved == {"mapping", "generator"}


def test_the_penalty_is_the_gradient_of_the_score_and_is_paid_now_and_then():
    model, x = make(gamma=3.0).eval(), batch()
    terms = model.critic_terms(x, x)
    h = 1e-3
    with torch.no_grad():
        slope = torch.zeros(len(x))
        for k in range(x[0].numel()):
            step = torch.zeros(x[0].numel())
            step[k] = h
            step = step.view(1, 1, 16, 16)
            slope += ((model.score(x + step) - model.score(x - step)) / (2 * h)).square()
    assert terms["penalty"].item() == pytest.approx(1.5 * slope.mean().item(), rel=0.02)
    fabric, optimisers = Fabric(accelerator="cpu", devices=1), model.make_optimisers(1e-3, 0.0)
    paid = ["penalty" in model.train().training_step((x, None), fabric, optimisers) for _ in range(2 * LAZY)]
    assert paid == ([True] + [False] * (LAZY - 1)) * 2


def test_learning_the_way_back_brings_the_encoder_to_the_style_that_was_drawn():
    model, x = make(seed=3).train(), batch(32)
    optimiser = torch.optim.Adam([*model.generator.parameters(), *model.encoder.parameters()], 3e-3)
    torch.manual_seed(0)
    errors = []
    for _ in range(150):
        (error,) = model.reciprocity_terms(x).values()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(error.item())
    assert sum(errors[-10:]) < 0.5 * sum(errors[:10])
    model.eval()
    with torch.no_grad():
        w = model.mapping(torch.randn(64, 4))
        back = model.encode(model.decode(model.spread(w))).mean[:, :4]
        wrong = (back - w.roll(1, 0)).square().mean()
        assert (back - w).square().mean() < 0.5 * wrong


def test_every_layer_hears_its_own_style_and_coarse_ones_come_first():
    model = make().eval()
    assert model.style_names == ("4×4", "4×4", "8×8", "8×8")
    for layer in model.generator.layers:
        nn.init.constant_(layer.strength, 0.5)
    torch.manual_seed(2)
    with torch.no_grad():
        z, other = model.prior(torch.zeros(2, 2)).sample()
        assert torch.equal(z.view(4, 4), z[:4].expand(4, 4))
        plain = model.decode(z[None])
        for k in range(model.layers):
            mixed = z.clone()
            mixed[4 * k : 4 * k + 4] = other[:4]
            assert not torch.equal(model.decode(mixed[None]), plain)
        assert torch.equal(model.decode(z[None]), plain), "no noise where a picture is shown"
        assert not torch.equal(model.train().decode(z[None]), plain)


def test_mixing_changes_the_style_once_on_the_way():
    model = make(mixing=1.0)
    torch.manual_seed(0)
    styles = model._styles(200, torch.device("cpu"))
    changes = (styles[:, 1:] != styles[:, :-1]).any(2).sum(1)
    assert (changes == 1).all()
    whole = make(mixing=0.0)._styles(50, torch.device("cpu"))
    assert torch.equal(whole, whole[:, :1].expand_as(whole))


def test_noise_is_brought_to_one_length_before_it_is_mapped():
    model, z = make(), torch.randn(5, 4)
    assert torch.allclose(model.mapping(z), model.mapping(7 * z), atol=1e-5)


def test_a_tied_prior_draws_what_all_layers_share():
    torch.manual_seed(0)
    block = torch.randn(400, 5) * torch.tensor([1.0, 2.0, 0.5, 1.0, 1.0]) + 3
    z = block.repeat(1, 4)
    assert repeats(z) == 4 and repeats(block) == 1 and repeats(torch.ones(3, 4) * torch.rand(3, 1)) == 4
    prior = Tied.fit(z, torch.zeros(400, 2))
    drawn = prior.draws(None, seed=1, count=300)
    assert torch.equal(drawn, drawn[:, :5].repeat(1, 4))
    assert torch.allclose(drawn[:, :5].mean(0), block.mean(0), atol=0.4)
    assert torch.allclose(drawn[:, :5].std(0), block.std(0), rtol=0.25)
    assert prior.distribution().log_prob(z[:3]).shape == (3,)


class Plain(nn.Module):
    """A judge whose only stage is the picture itself, so that lengths can be worked out by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.GELU())


def test_path_lengths_are_those_of_a_generator_whose_ways_are_known(monkeypatch):
    model = make().eval()
    monkeypatch.setattr(_gans, "perceptual", lambda judge, x: x.flatten(1))
    # A mapping that turns nothing and a generator that shows w: straight, the way between two draws is |w2 - w1| long.
    monkeypatch.setattr(model.mapping, "forward", lambda z: z)
    monkeypatch.setattr(model, "decode", lambda z, c=None: z[:, :4])
    found = alae.paths(model, Plain(), 400, 0)
    one, two = torch.randn(2, 400, 4, generator=torch.Generator().manual_seed(0))
    assert found["through w"] == pytest.approx((two - one).square().sum(1).mean().item(), rel=0.01)
    assert found["between draws of w"] == pytest.approx(found["through w"], rel=0.01)
    assert found["through z"] != pytest.approx(found["through w"], rel=0.01)


def test_a_perfect_copy_has_no_distance_and_a_blank_one_does():
    torch.manual_seed(0)
    judge = Judge((1, 16, 16), CLASSES, width=4, embedding=8).eval().requires_grad_(False)
    real = torch.rand(2, 20, 1, 16, 16)

    class Copy(ALAE):
        def encode(self, x, c=None):
            return torch.distributions.Normal(x, 1.0)

        def decode(self, z, c=None):
            return z if z.dim() == 4 else torch.full((len(z), 1, 16, 16), 0.5)

    found = alae.pictures(Copy((1, 16, 16), latent=4, widths=[8, 6], depth=1), judge, real, 0)
    assert found["perceptual"] == pytest.approx(0, abs=1e-6) and found["frechet"] == pytest.approx(0, abs=1e-3)
    assert found["psnr"] > 90 and found["draws"] > 10 * found["frechet"]
