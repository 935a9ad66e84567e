"""The contract of a model, over every registered family and several shapes: a new family is tested unasked."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load, save
from torch.distributions import Distribution

from explorer.registry import discover
from explorer.schema import LatentSpec

SHAPES = [(1, 28, 28), (3, 16, 16), (3, 32, 64)]
WIDTH = 7
# Small enough for seconds; a family that takes other arguments gives them here.
SMALL = {
    "cvae": {
        "patch": 4, "widths": [8], "blocks": [1], "encoder_widths": [8], "encoder_blocks": [1], "hidden": 16,
    },
    "ae": {"hidden": 32},
    "msp": {"hidden": 64},
    "gdvae": {"hidden": 32},
    "iwae": {"hidden": 64, "samples": 3},
    "miwae": {"hidden": 64, "samples": 2, "groups": 2},
    "piwae": {"hidden": 64, "samples": 2, "groups": 2},
    "ciwae": {"hidden": 64, "samples": 3},
}  # fmt: skip
LEAST = {"msp": WIDTH}  # added to the size of the latent, where a family needs so many numbers
STEPS = {"msp": 120}  # of training until a reconstruction must be nearer, where 30 are too few
FAMILIES = [(name, shape, latent) for name in discover("models") for shape in SHAPES for latent in (2, 5)]


@pytest.fixture(params=FAMILIES, ids=lambda p: f"{p[0]}-{'x'.join(map(str, p[1]))}-{p[2]}")
def family(request):
    name, shape, latent = request.param
    return lambda seed=0, stirred=True: make(name, shape, latent, seed, stirred)


def make(name, shape, latent, seed=0, stirred=True):
    torch.manual_seed(seed)
    arguments = SMALL.get(name, {})
    model = discover("models")[name](shape=shape, condition=WIDTH, latent=latent + LEAST.get(name, 0), **arguments)
    if stirred:  # layers that start at zero would hide a path that is cut
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.1)
    return model.eval(), shape


def inputs(shape, count=3):
    torch.manual_seed(1)
    c = torch.zeros(count, WIDTH)
    c[torch.arange(count), torch.arange(count)] = 1
    return torch.rand(count, *shape), c


def test_shapes_and_ranges(family):
    model, shape = family()
    x, c = inputs(shape)
    assert isinstance(model.latent, LatentSpec)
    posterior = model.encode(x, c)
    assert isinstance(posterior, Distribution)
    z = posterior.mean
    assert z.shape == (3, *model.latent.shape) and z.dtype == torch.float32
    assert posterior.rsample().shape == z.shape and (posterior.variance > 0).all()
    y = model.decode(z, c).detach()
    assert y.shape == x.shape and y.dtype == torch.float32
    assert float(y.min()) >= 0 and float(y.max()) <= 1
    assert model.decode(20 * torch.randn_like(z), c).isfinite().all()
    if "features" in model.capabilities:
        features = model.features(z, c)
        assert features.ndim == 2 and len(features) == 3 and features.isfinite().all()


def test_the_prior_is_a_distribution_over_the_latent(family):
    model, _ = family()
    assert model.prior().sample().shape == (1, *model.latent.shape)
    prior = model.prior(torch.zeros(4, WIDTH))
    assert prior.sample().shape == (4, *model.latent.shape)
    assert prior.log_prob(prior.sample()).shape == (4,)


def test_an_unset_condition_is_zeros(family):
    model, shape = family()
    x, c = inputs(shape)
    z = model.encode(x, None).mean
    assert torch.equal(z, model.encode(x, torch.zeros_like(c)).mean)
    assert torch.equal(model.decode(z, None), model.decode(z, torch.zeros_like(c)))


def test_the_condition_matters_and_blends_lie_between(family):
    model, shape = family()
    x, c = inputs(shape)
    z = model.encode(x, c).mean
    one, two = c[:1].expand_as(c), c[1:2].expand_as(c)
    for side, differs in (
        ("encode", not torch.allclose(model.encode(x, one).mean, model.encode(x, two).mean, atol=1e-5)),
        ("decode", not torch.allclose(model.decode(z, one), model.decode(z, two), atol=1e-5)),
    ):
        assert differs == (side in model.listens), f"{side} {'hears' if differs else 'does not hear'} the condition"
    if "decode" not in model.listens:
        return
    near = (model.decode(z, torch.lerp(one, two, 1e-3)) - model.decode(z, one)).abs().max()
    far = (model.decode(z, two) - model.decode(z, one)).abs().max()
    assert 0 < near < far


def test_the_loss_reaches_every_parameter(family):
    model, shape = family()
    x, c = inputs(shape)
    terms = model.train().loss(x, c)
    assert terms["loss"].ndim == 0 and all(term.isfinite() for term in terms.values())
    terms["loss"].backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, f"nothing reaches {name}"


def test_steps_of_training_bring_the_reconstruction_nearer(family):
    model, shape = family(stirred=False)
    x, c = inputs(shape)
    x = x.mean((2, 3), keepdim=True).lerp(torch.tensor([0.1, 0.5, 0.9]).view(3, 1, 1, 1), 0.8).expand(-1, *shape)

    @torch.no_grad()
    def error():
        model.eval()
        return (model.decode(model.encode(x, c).mean, c) - x).square().mean().item()

    before = error()
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(STEPS.get(model.name, 30)):
        loss = model.train().loss(x, c)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert error() < 0.7 * before


def test_the_same_seed_gives_the_same_model(family):
    (first, shape), (second, _), (third, _) = family(), family(), family(1)
    x, c = inputs(shape)
    assert torch.equal(first.encode(x, c).mean, second.encode(x, c).mean)
    assert torch.equal(first.decode(first.encode(x, c).mean, c), second.decode(second.encode(x, c).mean, c))
    assert not torch.equal(first.encode(x, c).mean, third.encode(x, c).mean)


def test_weights_survive_safetensors(family):
    (first, shape), (second, _) = family(), family(1)
    x, c = inputs(shape)
    second.load_state_dict(load(save({k: v.contiguous() for k, v in first.state_dict().items()})))
    z = first.encode(x, c).mean
    assert torch.equal(second.encode(x, c).mean, z) and torch.equal(second.decode(z, c), first.decode(z, c))


def test_rows_of_a_batch_do_not_touch_each_other(family):
    model, shape = family()
    x, c = inputs(shape)
    z = model.encode(x, c).mean
    assert torch.allclose(model.encode(x[:1], c[:1]).mean, z[:1], atol=1e-5)
    assert torch.allclose(model.decode(z[1:2], c[1:2]), model.decode(z, c)[1:2], atol=1e-5)


@pytest.mark.parametrize("name", discover("models"))
def test_a_family_says_what_it_is_and_when_not_to_use_it(name):
    import sys

    family = discover("models")[name]
    text = sys.modules[family.__module__].__doc__
    assert len(text) > 400 and "Not for" in text
    assert any(str(year) in text for year in range(2012, 2030)), "no reference with a year"


def test_a_side_that_does_not_divide_is_an_error():
    with pytest.raises(ValueError, match="divide"):
        make("cvae", (1, 30, 30), 2)
