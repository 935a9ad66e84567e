"""The contract of a model, over every registered family and several shapes: a new family is tested unasked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load, save
from torch.distributions import Distribution

from explorer.core.registry import discover
from explorer.core.schema import LatentSpec
from explorer.learn.kinds import base as kinds
from tests.support.shapes import SHAPES

WIDTH = 7


@dataclass(frozen=True)
class Case:
    """How a family is built small: its arguments, the shapes it takes (None: all of its modalities), the sizes of its latent,
    and its patience.

    `steps` of training must bring a reconstruction nearer; `rate` is theirs; a family that is solved in
    closed form takes none. `stir` is the spread of weights that stand in for trained ones; layers of sines double the last bits
    of their inputs many times over where it is large. `unreached`: parameters that only a data set of its own teaches, so that
    they are tested with it.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] | None = None
    latents: tuple[int, ...] = (2, 5)
    steps: int = 30
    rate: float = 3e-3
    stir: float = 0.1
    unreached: tuple[str, ...] = ()


# A family that is large as it comes, or can't take every shape of its modality, says so here.
CASES = {
    "ae": Case({"hidden": 32}),
    "acgan": Case({"widths": [8, 8], "critic_widths": [8, 8], "hidden": 16, "features": 16}),
    "adcgan": Case({"widths": [8, 8], "critic_widths": [8, 8], "hidden": 16, "features": 16}),
    "caae": Case({"widths": [8, 8], "hidden": 16, "encoder_widths": [8, 8, 8], "critic_widths": [8, 8]}),
    "cgan": Case({"widths": [8, 8], "critic_widths": [8, 8], "hidden": 16, "features": 16}),
    "alae": Case({"widths": [8, 8], "hidden": 16, "depth": 2}),
    "autovc": Case({"width": 24, "embedding": 4}, steps=150, rate=1e-2),
    "ciwae": Case({"hidden": 64, "samples": 3}),
    "cvae": Case(
        {"patch": 4, "widths": [8], "blocks": [1], "encoder_widths": [8], "encoder_blocks": [1], "hidden": 16}
    ),
    "gdvae": Case({"hidden": 32}),
    "gon": Case({"hidden": 24, "depth": 3, "step": 0.02}, steps=100, rate=1e-3, stir=0.02),
    "iwae": Case({"hidden": 64, "samples": 3}),
    "miwae": Case({"hidden": 64, "samples": 2, "groups": 2}),
    "msp": Case({"hidden": 64}, tuple(SHAPES["image"][:2]), latents=(WIDTH + 2, WIDTH + 5), steps=120, rate=1e-3),
    "siren-ae": Case({"hidden": 24, "depth": 3, "width": 4}, steps=60, stir=0.02),
    "sngan": Case({"widths": [8, 8], "critic_widths": [8, 8], "hidden": 16, "features": 16}),
    "tr0n": Case({"widths": [8, 8], "critic_widths": [8, 8], "hidden": 16, "features": 16, "width": 4}, ((1, 28, 28),)),
    "qlae": Case({"patch": 4, "widths": [8], "hidden": 32, "values": 6}, steps=120, rate=1e-2),
    "strokes": Case(
        {"widths": [8, 8, 8], "blocks": [1, 1, 1], "encoder_widths": [8, 8], "encoder_blocks": [1, 1], "hidden": 16}
    ),
    "lsa": Case({"words": 24, "known": 40}, steps=0, stir=0.5),
    "daae": Case({"words": 24, "embedding": 16, "encoder": 16, "decoder": 32, "drop": 0.1}, steps=150, rate=1e-2),
    "text-vae": Case(
        {"words": 40, "embedding": 16, "encoder": 16, "decoder": 32, "rise": 0.0}, steps=150, rate=1e-2, stir=0.5
    ),
    "swycc": Case(
        {"widths": [8, 8], "refiner": [8, 8], "blocks": [1, 1], "context": 16, "steps": 4, "guidance": 1.0},
        latents=(1, 2),
        steps=150,
        rate=1e-2,
    ),
    "typeface": Case(
        {"parts": 24, "width": 32, "depth": 1, "encoder_width": 32, "encoder_depth": 1},
        steps=100,
        unreached=("beside",),
    ),
    "vqgan": Case({"patch": 4, "widths": [16], "codes": 16, "critic": 8}, steps=60),
    "vqvae": Case({"patch": 4, "widths": [16], "codes": 16}, steps=60),
    "style-vae": Case({"widths": [8, 8]}, steps=60),
    "pca-residual": Case({"hidden": 32, "width": 4}, steps=120),
    "piwae": Case({"hidden": 64, "samples": 2, "groups": 2}),
    "series-cvae": Case({"width": 24, "depth": 1}, steps=100),
}
FAMILIES = [
    (name, shape, latent)
    for name, kind in discover("models").items()
    for shape in CASES.get(name, Case()).shapes or [s for modality in sorted(kind.takes) for s in SHAPES[modality]]
    for latent in CASES.get(name, Case()).latents
]


TRAINED = [one for one in FAMILIES if CASES.get(one[0], Case()).steps]


def called(one):
    return f"{one[0]}-{'x'.join(map(str, one[1]))}-{one[2]}"


@pytest.fixture(params=FAMILIES, ids=called)
def family(request):
    return partial(make, *request.param)


@pytest.fixture(params=TRAINED, ids=called)
def trained(request):
    return partial(make, *request.param)


def make(name, shape, latent, seed=0, stirred=True):
    torch.manual_seed(seed)
    arguments = CASES.get(name, Case()).arguments
    model = discover("models")[name](shape=shape, condition=WIDTH, latent=latent, **arguments)
    if stirred:  # layers that start at zero would hide a path that is cut
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=CASES.get(name, Case()).stir)
    return model.eval(), shape


def encodes(model):
    return "encode" in model.capabilities


def latents(model, x, c):
    """Latents of x, or draws of the model's prior where it has no encoder."""
    if encodes(model):
        return model.encode(x, c).mean
    torch.manual_seed(2)
    return model.prior(c).sample()


def inputs(shape, count=3):
    torch.manual_seed(1)
    c = torch.zeros(count, WIDTH)
    c[torch.arange(count), torch.arange(count)] = 1
    return torch.rand(count, *shape), c


def test_shapes_and_ranges(family):
    model, shape = family()
    x, c = inputs(shape)
    assert isinstance(model.latent, LatentSpec)
    z = latents(model, x, c)
    assert z.shape == (3, *model.latent.shape)
    assert z.dtype == kinds.of(model.latent).dtype
    embedded = model.embed(z)
    assert embedded.ndim == 2 and embedded.dtype == torch.float32 and embedded.isfinite().all()
    if encodes(model):
        posterior = model.encode(x, c)
        assert isinstance(posterior, Distribution)
        assert posterior.sample().shape == z.shape and (posterior.variance >= 0).all()
    y = model.decode(z, c).detach()
    assert y.shape == x.shape and y.dtype == torch.float32
    assert float(y.min()) >= 0 and float(y.max()) <= 1
    far = 20 * torch.randn_like(z) if kinds.of(model.latent).between else z.roll(1, 0)
    assert model.decode(far, c).isfinite().all()
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
    z = latents(model, x, None)
    if encodes(model):
        assert torch.equal(z, model.encode(x, torch.zeros_like(c)).mean)
    z = z if len(z) == len(c) else z.expand_as(latents(model, x, c))
    assert torch.equal(model.decode(z, None), model.decode(z, torch.zeros_like(c)))


def test_the_condition_matters_and_blends_lie_between(family):
    model, shape = family()
    x, c = inputs(shape)
    z = latents(model, x, c)
    one, two = c[:1].expand_as(c), c[1:2].expand_as(c)
    heard = {"decode": not torch.allclose(model.decode(z, one), model.decode(z, two), atol=1e-5)}
    if encodes(model):
        heard["encode"] = not torch.allclose(
            model.encode(x, one).mean.float(), model.encode(x, two).mean.float(), atol=1e-5
        )
    for side, differs in heard.items():
        assert differs == (side in model.listens), f"{side} {'hears' if differs else 'does not hear'} the condition"
    if "decode" not in model.listens:
        return
    heard = model.features if model.takes == {"text"} else model.decode  # a small step needn't change a word
    near = (heard(z, torch.lerp(one, two, 1e-3)) - heard(z, one)).abs().max()
    far = (heard(z, two) - heard(z, one)).abs().max()
    assert 0 < near < far


def test_the_loss_reaches_every_parameter(trained):
    model, shape = trained()
    x, c = inputs(shape)
    terms = model.train().loss(x, c)
    assert terms["loss"].ndim == 0 and all(term.isfinite() for term in terms.values())
    terms["loss"].backward()
    for name, parameter in model.named_parameters():
        if name.startswith(CASES.get(model.name, Case()).unreached):
            continue
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, f"nothing reaches {name}"


def test_steps_of_training_bring_the_reconstruction_nearer(trained):
    model, shape = trained(stirred=False)
    if hasattr(model, "training_step"):
        return plays(model, shape)
    x, c = inputs(shape)
    inner = tuple(range(2, x.ndim))
    levels = torch.tensor([0.1, 0.5, 0.9]).view(3, *[1] * len(shape))
    x = x.mean(inner, keepdim=True).lerp(levels, 0.8).expand(-1, *shape)

    @torch.no_grad()
    def error():
        model.eval()
        return (model.decode(model.encode(x, c).mean, c) - x).square().mean().item()

    before = error()
    case = CASES.get(model.name, Case())
    optimiser = torch.optim.Adam(model.parameters(), lr=case.rate)
    for _ in range(case.steps):
        loss = model.train().loss(x, c)["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert error() < 0.7 * before


def plays(model, shape):
    """A family that plays a game: a few rounds move every player, and leave all numbers finite."""
    x, c = inputs(shape)
    fabric = Fabric(devices=1, accelerator="cpu")
    optimisers = model.make_optimisers(1e-3, 0.0)
    players = [[p for group in o.param_groups for p in group["params"]] for o in optimisers]
    assert {id(p) for player in players for p in player} == {id(p) for p in model.parameters()}
    before = [[p.clone() for p in player] for player in players]
    for _ in range(3):
        terms = model.train().training_step(batch=(x, c), fabric=fabric, optimisers=optimisers)
        assert all(torch.as_tensor(term).isfinite() for term in terms.values())
    for player, old in zip(players, before, strict=True):
        moved = [not torch.equal(p, o) for p, o in zip(player, old, strict=True)]
        assert sum(moved) > len(moved) / 2, "a player hardly moves"


def test_the_same_seed_gives_the_same_model(family):
    (first, shape), (second, _), (third, _) = family(), family(), family(1)
    x, c = inputs(shape)
    z = latents(first, x, c)
    assert torch.equal(z, latents(second, x, c))
    assert torch.equal(first.decode(z, c), second.decode(z, c))
    assert not torch.equal(first.decode(z, c), third.decode(z, c))


def test_weights_survive_safetensors(family):
    (first, shape), (second, _) = family(), family(1)
    x, c = inputs(shape)
    second.load_state_dict(load(save({k: v.contiguous() for k, v in first.state_dict().items()})))
    z = latents(first, x, c)
    assert torch.equal(latents(second, x, c), z) and torch.equal(second.decode(z, c), first.decode(z, c))


def test_rows_of_a_batch_do_not_touch_each_other(family):
    model, shape = family()
    x, c = inputs(shape)
    z = latents(model, x, c)
    if encodes(model):
        assert torch.allclose(model.encode(x[:1], c[:1]).mean.float(), z[:1].float(), atol=1e-5)
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
