"""What the variational families and the projection plug-in promise beyond the contract of every model."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal

from explorer.core.registry import find
from explorer.core.schema import ExplorerError
from explorer.learn.models.vae.ae import AE
from explorer.learn.models.vae.gdvae import GdVAE
from explorer.learn.models.vae.iwae import IWAE, binarise, importance_bound
from explorer.learn.models.vae.tighter import CIWAE, MIWAE, PIWAE
from explorer.learn.plugins.msp import MSP

SHAPE, WIDTH = (1, 4, 4), 3


def items(count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(count, *SHAPE, generator=generator).round()
    return x, torch.eye(WIDTH)[torch.arange(count) % WIDTH]


def stirred(family, **arguments):
    torch.manual_seed(0)
    model = family(SHAPE, WIDTH, **arguments)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


# -- importance weighting


@pytest.fixture
def iwae() -> IWAE:
    return stirred(IWAE, latent=2, hidden=8)


def test_a_weight_is_joint_over_posterior(iwae):
    x, c = items(2)
    torch.manual_seed(3)
    found = iwae.log_weights(x, c, 2)
    torch.manual_seed(3)
    posterior = iwae.encode(x, c)
    z = posterior.rsample((2,))
    for k in range(2):
        for n in range(2):
            p = iwae.decode(z[k, n : n + 1], c[n : n + 1])[0]
            seen = torch.where(x[n] > 0, p, 1 - p).log().sum()
            prior = Normal(0.0, 1.0).log_prob(z[k, n]).sum()
            q = Normal(posterior.mean[n], posterior.variance[n].sqrt()).log_prob(z[k, n]).sum()
            assert found[k, n].item() == pytest.approx((seen + prior - q).item(), abs=1e-3)


def test_the_bound_is_the_log_of_the_mean_weight():
    weights = torch.tensor([[0.5, 2.0], [0.1, 1.0], [0.9, 6.0]])
    assert torch.allclose(importance_bound(weights.log()), weights.mean(0).log())
    tiny = torch.full((4, 1), -2000.0)
    assert importance_bound(tiny).item() == pytest.approx(-2000.0), (
        "weights that underflow must not become minus infinity"
    )


def test_the_bound_rises_with_the_samples_and_stays_below_the_likelihood(iwae):
    """With two latent numbers log p(x | c) is known by quadrature, and no bound may pass it."""
    x, c = items()
    torch.manual_seed(0)
    means = [
        torch.stack([importance_bound(iwae.log_weights(x, c, k)).detach() for _ in range(4000 // k)]).mean()
        for k in (1, 5, 50)
    ]
    grid = torch.linspace(-6, 6, 121)
    z = torch.cartesian_prod(grid, grid)
    area = (grid[1] - grid[0]) ** 2
    exact = torch.stack(
        [
            (iwae.log_joint(a[None], b[None], z[:, None])[:, 0] + math.log(area)).logsumexp(0)
            for a, b in zip(x, c, strict=True)
        ]
    ).mean()
    assert means[0] < means[1] < means[2] < exact + 0.02
    torch.manual_seed(0)
    assert iwae.likelihood(x, c, samples=2000).mean().item() == pytest.approx(exact.item(), abs=0.05)


def gradients(loss, parameters) -> torch.Tensor:
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, parameters, retain_graph=True)])


def by_hand(model, log_weights, shares, network) -> torch.Tensor:
    """The gradient that equation 14 sums up: each log weight's own, times its share."""
    parameters = list(getattr(model, network).parameters())
    out = 0.0
    for k, row in enumerate(log_weights):
        for n, log_weight in enumerate(row):
            out = out + shares[k, n] * gradients(log_weight, parameters)
    return out / log_weights.shape[1]


def test_the_gradient_weighs_each_draw_by_its_share(iwae):
    x, c = items(2)
    iwae.samples = 3
    torch.manual_seed(5)
    loss = iwae.loss(x, c)["loss"]
    torch.manual_seed(5)
    binarise(x)
    log_weights = iwae.log_weights(x, c, 3)
    shares = log_weights.detach().softmax(0)
    for network in ("encoder", "decoder"):
        found = gradients(-loss, list(getattr(iwae, network).parameters()))
        assert torch.allclose(found, by_hand(iwae, log_weights, shares, network), atol=1e-5)


def grouped_shares(log_weights: torch.Tensor, groups: int) -> torch.Tensor:
    parts = log_weights.unflatten(0, (groups, -1))
    return (parts.softmax(1) / groups).flatten(0, 1)


@pytest.mark.parametrize(
    ("family", "arguments", "encoder", "decoder"),
    [
        (MIWAE, {"groups": 2, "samples": 2}, "grouped", "grouped"),
        (PIWAE, {"groups": 2, "samples": 2}, "grouped", "all"),
        (CIWAE, {"samples": 4, "beta": 0.3}, "mixed", "mixed"),
    ],
)
def test_each_network_climbs_its_own_bound(family, arguments, encoder, decoder):
    model = stirred(family, latent=2, hidden=8, **arguments)
    x, c = items(2)
    torch.manual_seed(5)
    loss = model.loss(x, c)["loss"]
    torch.manual_seed(5)
    binarise(x)
    log_weights = model.log_weights(x, c, 4)
    whole = log_weights.detach().softmax(0)
    shares = {
        "all": whole,
        "grouped": grouped_shares(log_weights.detach(), 2),
        "mixed": 0.3 / 4 + 0.7 * whole,
    }
    assert not torch.allclose(shares["all"], shares["grouped"], atol=1e-3)
    for network, kind in (("encoder", encoder), ("decoder", decoder)):
        found = gradients(-loss, list(getattr(model, network).parameters()))
        assert torch.allclose(found, by_hand(model, log_weights, shares[kind], network), atol=1e-5), network


def test_each_remedy_is_iwae_at_one_end_of_its_range():
    x, c = items()
    losses = []
    for family, arguments in (
        (IWAE, {"samples": 4}), (MIWAE, {"samples": 4, "groups": 1}), (CIWAE, {"samples": 4, "beta": 0.0}),
    ):  # fmt: skip
        model = stirred(family, latent=2, hidden=8, **arguments)
        torch.manual_seed(1)
        losses.append(model.loss(x, c)["loss"].item())
    assert losses[0] == pytest.approx(losses[1]) == pytest.approx(losses[2])


# -- Gaussian discriminant


@pytest.fixture
def gdvae() -> GdVAE:
    return stirred(GdVAE, latent=4, hidden=16).eval()


def test_the_discriminant_is_bayes_rule(gdvae):
    z = torch.randn(5, 4)
    prior = Normal(gdvae.means, gdvae.log_deviation.exp())
    joint = prior.log_prob(z[:, None]).sum(2)
    assert torch.allclose(gdvae.discriminate(z), joint.log_softmax(1), atol=1e-5)


def test_a_counterfactual_has_just_the_confidence_asked_and_is_the_nearest_such(gdvae):
    torch.manual_seed(0)
    z, source, target = torch.randn(8, 4), torch.arange(8) % 3, (torch.arange(8) + 1) % 3
    asked = torch.linspace(0.05, 0.99, 8)
    moved, soft = gdvae.counterfactual(z, source, target, asked.logit())
    rows = torch.arange(8)
    both = torch.stack([gdvae.discriminate(moved)[rows, k] for k in (target, source)], 1).softmax(1)
    assert torch.allclose(both[:, 0], asked, atol=1e-4)
    assert torch.allclose(soft.sum(1), torch.ones(8)) and torch.allclose(soft[rows, target], asked)
    other = moved + torch.randn(8, 4)
    odds = gdvae.odds(other, source, target)
    weight, _ = gdvae._discriminant()
    across = weight[target] - weight[source]
    other = other + ((asked.logit() - odds) / across.square().sum(1))[:, None] * across  # back to the same confidence
    assert torch.allclose(gdvae.odds(other, source, target), asked.logit(), atol=1e-3)
    assert ((other - z).norm(dim=1) >= (moved - z).norm(dim=1) - 1e-4).all()


def test_a_class_that_is_not_told_is_inferred_as_algorithm_1_does(gdvae):
    """The closed form is the average over many draws of the paper's loop."""
    x, _ = items(3)
    hidden = gdvae.trunk(x.flatten(1))
    gdvae.rounds = 2
    expected = gdvae._recognise(hidden).exp()
    torch.manual_seed(0)
    q = torch.full((3, WIDTH), 1 / WIDTH)
    for _ in range(2):
        y = torch.multinomial(q, 20_000, replacement=True)
        posterior = gdvae._posterior(
            hidden[:, None].expand(-1, y.shape[1], -1).flatten(0, 1), torch.eye(WIDTH)[y.flatten()]
        )
        z = posterior.sample().unflatten(0, y.shape)
        joint = Normal(gdvae.means, gdvae.log_deviation.exp()).log_prob(z[:, :, None]).sum(3) - math.log(WIDTH)
        q = joint.mean(1).softmax(1)
    assert torch.allclose(expected, q, atol=0.02)
    assert torch.allclose(gdvae.classify(x).exp(), expected)


def test_the_operation_reaches_the_confidence_and_walks_straight(gdvae):
    class Attribute:
        label, values = "Digit", ("a", "b", "c")

    class Context:
        checkpoint = type(
            "C",
            (),
            {"model": gdvae, "card": type("K", (), {"conditions": type("S", (), {"attributes": (Attribute,)})})},
        )

    operation = find("operations", "counterfactual")
    from explorer.play.operations.base import State

    state = State(torch.randn(4, generator=torch.Generator().manual_seed(2)), torch.eye(WIDTH)[0])
    walked = [
        operation().apply(Context, state, operation.Params(target="c", confidence=0.8, share=share)).z
        for share in (0.0, 0.5, 1.0)
    ]
    assert torch.allclose(walked[0], state.z, atol=1e-5)
    assert torch.allclose(walked[1], (walked[0] + walked[2]) / 2, atol=1e-5)
    rest = gdvae.discriminate(walked[2][None])[0]
    source = int(gdvae.discriminate(state.z[None])[0, :2].argmax())
    assert torch.sigmoid(rest[2] - rest[source]).item() == pytest.approx(0.8, abs=1e-4)
    with pytest.raises(ExplorerError, match="takes a, b, c"):
        operation().apply(Context, state, operation.Params(target="z"))


# -- matrix subspace projection


@pytest.fixture
def msp() -> MSP:
    torch.manual_seed(0)
    return MSP(AE(SHAPE, latent=6, hidden=16), WIDTH)


def test_the_rows_are_orthonormal_and_the_projection_idempotent(msp):
    matrix = msp.matrix
    assert torch.allclose(matrix @ matrix.T, torch.eye(WIDTH), atol=1e-5)
    projection = matrix.T @ matrix
    assert torch.allclose(projection @ projection, projection, atol=1e-5)
    z, c = torch.randn(6, 6), items()[1]
    once = msp.project(z, c)
    assert torch.allclose(msp.project(once, c), once, atol=1e-5)
    assert torch.allclose(msp.attributes(once), c, atol=1e-5)


def test_an_edit_leaves_the_null_space_alone(msp):
    z, c = torch.randn(6, 6), items()[1]
    matrix = msp.matrix
    across = torch.eye(6) - matrix.T @ matrix
    assert torch.allclose(msp.project(z, c) @ across, z @ across, atol=1e-5)
    assert torch.equal(msp.project(z, None), z) and torch.allclose(msp.project(z, torch.zeros_like(c)), z)


def test_an_attribute_that_is_unset_stays_as_the_latent_has_it():
    torch.manual_seed(0)
    msp = MSP(AE(SHAPE, latent=6, hidden=16), 4, widths=(2, 2))
    z, c = torch.randn(3, 6), torch.tensor([[1.0, 0.0, 0.0, 0.0]]).expand(3, -1)
    had, has = msp.attributes(z), msp.attributes(msp.project(z, c))
    assert torch.allclose(has[:, :2], c[:, :2], atol=1e-5) and torch.allclose(has[:, 2:], had[:, 2:], atol=1e-5)


@pytest.mark.parametrize("family", ["cvae", "iwae", "gdvae"])
def test_any_family_with_an_encoder_can_be_wrapped(family):
    torch.manual_seed(0)
    small = {"patch": 4, "widths": [8], "blocks": [1], "encoder_widths": [8], "encoder_blocks": [1], "hidden": 16}
    arguments = small if family == "cvae" else {"hidden": 16}
    msp = MSP(find("models", family)(shape=SHAPE, condition=WIDTH, latent=8, **arguments), WIDTH)
    x, c = items()
    msp.loss(x, c)["loss"].backward()
    z = msp.encode(x).mean
    assert not torch.allclose(msp.decode(z, c), msp.decode(z, c.roll(1, 1)), atol=1e-6)
    assert msp.features(z, c).shape[0] == len(x)


def test_what_cannot_be_wrapped_is_an_error():
    with pytest.raises(ValueError, match="don't fit"):
        MSP(AE(SHAPE, latent=2), WIDTH)
    with pytest.raises(ValueError, match="add up"):
        MSP(AE(SHAPE, latent=8), WIDTH, widths=(2, 2))


def test_the_loss_is_the_two_terms_of_the_paper(msp):
    x, c = items()
    terms = msp.loss(x, c)
    z, matrix = msp.model.encode(x).mean, msp.matrix
    first = (z @ matrix.T - c).square().sum(1).mean()
    null = torch.linalg.svd(matrix).Vh[WIDTH:]
    second = (z @ null.T).square().sum(1).mean()
    assert terms["attributes"].item() == pytest.approx(first.item(), rel=1e-4)
    assert terms["rest"].item() == pytest.approx(second.item(), rel=1e-4)
    assert terms["loss"].item() == pytest.approx((msp.model.loss(x)["loss"] + first + second).item(), rel=1e-4)
