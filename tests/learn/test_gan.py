"""The game of the conditional GANs: each loss as in its equation, on cases that can be worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from lightning_fabric import Fabric

from explorer.core.registry import find
from explorer.learn.models.gan._game import cross_entropy

FAMILIES = ("cgan", "acgan", "adcgan")
CLASSES = 3


def make(name: str, seed: int = 0, **arguments):
    torch.manual_seed(seed)
    small = {"latent": 4, "widths": [8, 8], "critic_widths": [8, 8], "hidden": 16, "features": 8}
    return find("models", name)(shape=(1, 16, 16), condition=CLASSES, **small | arguments)


def batch(count: int = 12):
    torch.manual_seed(1)
    return torch.rand(count, 1, 16, 16), torch.eye(CLASSES)[torch.arange(count) % CLASSES]


def given_scores(model, monkeypatch, real: list[float], drawn: list[float]):
    """The discriminator's word on real pictures (ones) and draws (zeros) is set by hand."""

    def trunk(x):
        return x.flatten(1)[:, :1].expand(-1, 8)

    def score(phi, c):
        lists = {1.0: iter(real), 0.0: iter(drawn)}
        return torch.tensor([next(lists[value]) for value in phi[:, 0].tolist()])

    monkeypatch.setattr(model, "trunk", torch.nn.Identity())
    monkeypatch.setattr(model.trunk, "forward", trunk)
    monkeypatch.setattr(model, "score", score)


def test_hinge_losses_are_those_of_the_equations(monkeypatch):
    model = make("cgan")
    given_scores(model, monkeypatch, real=[2.0, 0.5], drawn=[-3.0, 0.25])
    x, drawn, c = torch.ones(2, 1, 16, 16), torch.zeros(2, 1, 16, 16), torch.eye(CLASSES)[:2]
    # Real: max(0, 1 - 2) and max(0, 1 - 0.5); drawn: max(0, 1 - 3) and max(0, 1 + 0.25); each averaged.
    assert model.critic_terms(x, c, drawn)["critic"].item() == pytest.approx(0.5 / 2 + 1.25 / 2)
    assert model.generator_terms(drawn, c)["generator"].item() == pytest.approx((3 - 0.25) / 2)


def test_the_projection_is_an_inner_product_beside_the_plain_score():
    model = make("cgan").eval()
    phi, c = torch.randn(5, 8), torch.eye(CLASSES)[[0, 1, 2, 0, 1]]
    columns = model.reader.weight.T  # V^T y: the embedding of each row's class
    expected = (columns[[0, 1, 2, 0, 1]] * phi).sum(1) + model.realness(phi)[:, 0]
    assert torch.allclose(model.score(phi, c), expected, atol=1e-6)
    assert torch.allclose(model.score(phi, torch.zeros_like(c)), model.realness(phi)[:, 0], atol=1e-6)


def test_a_joined_class_is_seen_beside_the_picture_and_not_in_the_score():
    model = make("cgan", joined=True).eval()
    x, c = batch(6)
    assert not torch.allclose(model.read(x, c), model.read(x, c.roll(1, 0)))
    phi = model.read(x, c)
    assert torch.equal(model.score(phi, c), model.realness(phi)[:, 0])
    own = {id(p) for part in (model.trunk, model.realness) for p in part.parameters()}
    assert {id(p) for p in model._critic()} == own
    plain = make("cgan").eval()
    assert torch.equal(plain.read(x, c), plain.read(x, c.roll(1, 0)))


def reads(model, monkeypatch, *logits: list[float]):
    """The classifier answers with these rows, one call after the other."""
    answers = iter(logits)
    monkeypatch.setattr(model.reader, "forward", lambda phi: torch.tensor([next(answers)]))


def test_the_auxiliary_classifier_learns_from_real_pictures_and_on_draws_if_asked(monkeypatch):
    phi, first, second = torch.zeros(1, 8), torch.eye(CLASSES)[:1], torch.eye(CLASSES)[1:2]
    p = [0.7, 0.2, 0.1]
    logits = [math.log(v) for v in p]
    for on_draws, expected in ((False, -math.log(0.7)), (True, -math.log(0.7) - math.log(0.2))):
        model = make("acgan", on_draws=on_draws)
        reads(model, monkeypatch, logits, logits)
        assert model.class_loss(phi, first, phi, second).item() == pytest.approx(expected, rel=1e-5)
    reads(model, monkeypatch, logits)
    assert model.guidance(phi, second).item() == pytest.approx(-math.log(0.2), rel=1e-5)


def test_the_discriminative_classifier_has_a_real_and_a_drawn_answer_for_each_class(monkeypatch):
    model = make("adcgan")
    phi, first, second = torch.zeros(1, 8), torch.eye(CLASSES)[:1], torch.eye(CLASSES)[1:2]
    p = [0.4, 0.1, 0.05, 0.3, 0.1, 0.05]  # three real answers, then three drawn ones, in one softmax
    logits = [math.log(v) for v in p]
    reads(model, monkeypatch, logits, logits)
    assert model.class_loss(phi, first, phi, second).item() == pytest.approx(-math.log(0.4) - math.log(0.1), rel=1e-5)
    reads(model, monkeypatch, logits)
    # -log C(y+ | x) + log C(y- | x): the softmax cancels, a difference of two logits is left.
    assert model.guidance(phi, first).item() == pytest.approx(math.log(0.3) - math.log(0.4), rel=1e-5)


def test_a_row_without_a_class_counts_nothing():
    logits = torch.randn(4, CLASSES)
    c = torch.eye(CLASSES)[[0, 1, 2, 0]]
    c[2:] = 0
    assert cross_entropy(logits, c).item() == pytest.approx(
        torch.nn.functional.cross_entropy(logits[:2], torch.tensor([0, 1])).item(), rel=1e-5
    )
    assert cross_entropy(logits, torch.zeros_like(c)).item() == 0


@pytest.mark.parametrize("name", FAMILIES)
def test_a_step_moves_both_players_and_each_by_its_own_loss(name):
    model, (x, c) = make(name).train(), batch()
    fabric = Fabric(accelerator="cpu", devices=1)
    before = {key: value.clone() for key, value in model.named_parameters()}
    terms = model.training_step((x, c), fabric, model.make_optimisers(1e-3, 0.0))
    assert all(term.isfinite() and not term.requires_grad for term in terms.values())
    assert ("critic_class" in terms) == ("generator_class" in terms) == (name != "cgan")
    still = [key for key, value in model.named_parameters() if torch.equal(value, before[key])]
    assert not still, f"{still[0]} never moves"


def test_without_a_class_it_is_the_plain_game():
    model, (x, c) = make("sngan").eval(), batch()
    z = torch.randn(4, 4)
    assert torch.equal(model.decode(z), model.decode(z, c[:4]))
    assert set(model.loss(x, c)) == {"loss", "critic", "generator"}


@pytest.mark.parametrize("name", FAMILIES)
def test_optimisers_share_the_weights_out_between_the_players(name):
    model = make(name, critic_rate=3.0)
    of_generator, of_critic = model.make_optimisers(1e-3, 0.0)
    owned = [{id(p) for group in o.param_groups for p in group["params"]} for o in (of_generator, of_critic)]
    assert not owned[0] & owned[1]
    assert owned[0] | owned[1] == {id(p) for p in model.parameters()}
    assert of_critic.param_groups[0]["lr"] == 3 * of_generator.param_groups[0]["lr"] == 3e-3


@pytest.mark.parametrize("name", FAMILIES)
def test_every_layer_of_the_discriminator_has_a_largest_singular_value_of_one(name):
    model, (x, c) = make(name).train(), batch()
    for _ in range(60):  # the power iteration takes one step with each pass
        model.critic_terms(x, c, x)
    model.eval()
    layers = [m for m in model.modules() if hasattr(m, "parametrizations")]
    assert len(layers) == 7
    for layer in layers:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_short_game_teaches_the_class(name):
    """Three classes of flat grey; the draws must come to wear the grey that is asked."""
    greys = torch.tensor([0.1, 0.5, 0.9])
    model = make(name, seed=2).train()
    fabric, optimisers = Fabric(accelerator="cpu", devices=1), model.make_optimisers(2e-3, 0.0)
    torch.manual_seed(3)
    for _ in range(150):
        c = torch.eye(CLASSES)[torch.randint(CLASSES, (24,))]
        x = (c @ greys).view(-1, 1, 1, 1) + 0.03 * torch.randn(24, 1, 16, 16)
        model.training_step((x, c), fabric, optimisers)
    model.eval()
    with torch.no_grad():
        z = torch.randn(64, 4)
        mean = [model.decode(z, c.expand(64, -1)).mean().item() for c in torch.eye(CLASSES)]
    assert mean[0] + 0.15 < mean[1] < mean[2] - 0.15, mean


def autoencoder(**arguments):
    torch.manual_seed(0)
    small = {"latent": 4, "widths": [8, 8], "hidden": 16, "encoder_widths": [8, 8, 8], "critic_widths": [8, 8]}
    return find("models", "caae")(shape=(1, 16, 16), condition=CLASSES, **small | arguments)


def test_both_adversaries_of_the_autoencoder_minimise_their_equations(monkeypatch):
    model, (x, c) = autoencoder().eval(), batch(2)
    z, y = torch.full((2, 4), 0.5), torch.zeros_like(x)
    inside = []

    def of_codes(codes):
        inside.append(codes)
        return torch.full((2, 1), -1.0 if codes is z else 2.0)

    monkeypatch.setattr(model.of_codes, "forward", of_codes)
    monkeypatch.setattr(model.of_pictures, "forward", lambda pictures, label: torch.tensor([3.0, 3.0, 0.0, 0.0]))
    terms = model.critic_terms(x, c, z, y)

    def log_sigmoid(value):
        return -math.log(1 + math.exp(-value))

    assert terms["critic_codes"].item() == pytest.approx(-log_sigmoid(2) - log_sigmoid(1), rel=1e-5)
    assert terms["critic_pictures"].item() == pytest.approx(-log_sigmoid(3) - log_sigmoid(0), rel=1e-5)
    assert inside[0].abs().max() <= 1 and inside[0] is not z  # the prior's own draws
    monkeypatch.setattr(model.of_pictures, "forward", lambda pictures, label: torch.full((2,), 3.0))
    y[:, :, 0, 0] = 1.0  # one pixel differs from its neighbours on the right and below
    own = model.own_terms(y, c, z, y)
    assert own["reconstruction"] == 0
    assert own["variation"].item() == pytest.approx(20 * (1 / (16 * 15) + 1 / (15 * 16)) / 2, rel=1e-5)
    assert own["codes"].item() == pytest.approx(-log_sigmoid(-1), rel=1e-5)
    assert own["pictures"].item() == pytest.approx(-log_sigmoid(3), rel=1e-5)
    assert model.own_terms(x, c, z, x + 0.1)["reconstruction"].item() == pytest.approx(2000 * 0.01, rel=1e-4)


def test_a_game_of_the_autoencoder_can_be_left_out():
    fabric, (x, c) = Fabric(accelerator="cpu", devices=1), batch()
    for off, gone in (("on_codes", "codes"), ("on_pictures", "pictures")):
        model = autoencoder(**{off: 0.0}).train()
        assert not any(key.startswith(f"of_{gone}") for key in model.state_dict())
        terms = model.training_step(batch=(x, c), fabric=fabric, optimisers=model.make_optimisers(1e-3, 0.0))
        assert gone not in terms and f"critic_{gone}" not in terms and len(terms) == 4
    alone = autoencoder(on_codes=0.0, on_pictures=0.0).train()
    assert len(alone.make_optimisers(1e-3, 0.0)) == 1
    assert set(alone.training_step(batch=(x, c), fabric=fabric, optimisers=alone.make_optimisers(1e-3, 0.0))) == {
        "reconstruction", "variation",
    }  # fmt: skip


def test_the_encoder_learns_from_all_but_the_discriminators_and_they_from_themselves_alone():
    fabric, (x, c) = Fabric(accelerator="cpu", devices=1), batch()
    model = autoencoder().train()
    own, critics = model.make_optimisers(1e-2, 0.0)
    before = {key: value.clone() for key, value in model.named_parameters()}
    own.step = lambda *rest, **more: None  # only the discriminators move
    model.training_step(batch=(x, c), fabric=fabric, optimisers=[own, critics])
    for key, value in model.named_parameters():
        assert torch.equal(value, before[key]) == (not key.startswith("of_")), key
        assert value.requires_grad


def test_codes_that_crowd_in_a_corner_are_drawn_out_of_it():
    """Only D_z, which sees draws from the whole cube, has anything against a corner."""
    fabric, (x, c) = Fabric(accelerator="cpu", devices=1), batch(48)
    left = {}
    for on_codes in (1.0, 0.0):
        rates = {"encoder_rate": 1.0, "critic_rate": 1.0}
        model = autoencoder(on_codes=on_codes, on_pictures=0.0, reconstruction=1.0, **rates).train()
        torch.nn.init.constant_(model.encoder.layers[-1].bias, 1.5)
        optimisers = model.make_optimisers(1e-3, 0.0)
        reached = []
        for _ in range(60):
            model.training_step(batch=(x, c), fabric=fabric, optimisers=optimisers)
            reached.append(model.encode(x).mean.mean().item())
        left[on_codes] = min(reached)  # a game swings, so the end of it says less
    assert left[0.0] > 0.85 and left[1.0] < 0.5


def test_encoder_and_discriminators_learn_at_their_own_rates():
    model = autoencoder(encoder_rate=0.25, critic_rate=0.5)
    own, critics = model.make_optimisers(0.01, 0.0)
    assert [group["lr"] for group in own.param_groups] == [0.0025, 0.01]
    assert [group["lr"] for group in critics.param_groups] == [0.005]
    assert {id(p) for p in own.param_groups[0]["params"]} == {id(p) for p in model.encoder.parameters()}
