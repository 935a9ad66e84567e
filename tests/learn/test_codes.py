"""What is special of codes: quantisers that pass gradients, a prior that completes, VQGAN's balance, and the drawn shapes."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from explorer.core import registry
from explorer.core.schema import Attribute, ExplorerError, Schema
from explorer.learn.data.base import DataSet, Items
from explorer.learn.data.shapes import STEPS, Shapes, draw
from explorer.learn.latents import as_input
from explorer.learn.models.codes import _patches, vqgan
from explorer.learn.models.codes._patches import balance
from explorer.learn.models.codes.qlae import QLAE, straight_through
from explorer.learn.models.codes.vqgan import VQGAN
from explorer.learn.models.codes.vqvae import VQVAE, perplexity
from explorer.learn.priors.transformer import Transformer
from explorer.play.operations.codes import mask

SHAPE = (1, 8, 8)
SMALL = {"latent": 4, "codes": 12, "patch": 2, "widths": (8, 8)}


def pictures(count: int = 6) -> torch.Tensor:
    return torch.rand(count, *SHAPE, generator=torch.Generator().manual_seed(0))


# -- quantisers


def test_straight_through_gives_the_values_and_the_gradient_of_the_numbers():
    numbers = torch.tensor([[0.2, -0.4]], requires_grad=True)
    out = straight_through(numbers, torch.tensor([[0.5, -0.5]]))
    assert torch.equal(out, torch.tensor([[0.5, -0.5]]))
    (3 * out).sum().backward()
    assert torch.equal(numbers.grad, torch.full((1, 2), 3.0))


def test_qlae_rounds_each_dimension_to_its_own_codebook():
    torch.manual_seed(0)
    model = QLAE(SHAPE, latent=3, values=4, patch=2, widths=(8, 8), hidden=16)
    model.codebooks.data = torch.tensor([[0.0, 1.0, 2.0, 3.0], [0.0, 10.0, 20.0, 30.0], [-1.0, 0.0, 1.0, 9.0]])
    z = model.nearest(torch.tensor([[1.4, 16.0, -5.0], [99.0, 4.9, 4.9]]))
    assert z.tolist() == [[1, 2, 0], [3, 0, 2]]
    assert model.embed(z).tolist() == [[1.0, 20.0, -1.0], [3.0, 0.0, 1.0]]
    assert model.embed(torch.tensor([[99, -3, 1]])).tolist() == [[3.0, 0.0, 0.0]], "numbers beyond are clipped"


def test_qlae_values_move_towards_the_encoder_by_their_own_term_alone():
    torch.manual_seed(0)
    model = QLAE(SHAPE, latent=3, values=4, patch=2, widths=(8, 8), hidden=16)
    terms = model.loss(pictures())
    values = torch.autograd.grad(terms["entropy"], model.codebooks, allow_unused=True, retain_graph=True)[0]
    assert values is None, "the rounding hides the values from the reconstruction"
    assert torch.autograd.grad(terms["quantisation"], model.codebooks)[0].abs().sum() > 0


def test_the_decay_of_qlae_spares_the_codebooks():
    torch.manual_seed(0)
    model = QLAE(SHAPE, latent=3, values=4, patch=2, widths=(8, 8), hidden=16)
    (optimiser,) = model.make_optimisers(0.1, 0.5)
    books, weight = model.codebooks.detach().clone(), model.middle[0].weight.detach().clone()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    assert torch.equal(model.codebooks, books)
    assert torch.allclose(model.middle[0].weight, 0.95 * weight)


@pytest.mark.parametrize("bottleneck", ["plain", "gaussian"])
def test_the_baselines_of_qlae_are_vectors_through_the_same_nets(bottleneck):
    torch.manual_seed(0)
    model = QLAE(SHAPE, latent=3, patch=2, widths=(8, 8), hidden=16, bottleneck=bottleneck)
    x = pictures()
    assert model.latent.kind == "vector" and "codebooks" not in model.capabilities
    assert model.encode(x).mean.shape == (6, 3) and model.decode(model.encode(x).mean).shape == x.shape
    terms = model.loss(x)
    terms["loss"].backward()
    assert ("kl" in terms) == (bottleneck == "gaussian")
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_gradient_passes_the_quantiser_of_vqvae():
    torch.manual_seed(0)
    model = VQVAE(SHAPE, **SMALL).train()
    quantised, _, _ = model.quantise(pictures())
    model.draw(quantised).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.encoder.parameters())


def test_encoding_leaves_the_codebook_alone_and_training_moves_it():
    torch.manual_seed(0)
    model, x = VQVAE(SHAPE, **SMALL).eval(), pictures()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.encode(x)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(isinstance(tensor, torch.Tensor) for tensor in before.values())
    model.train().loss(x)
    assert not torch.equal(model.quantiser.codebook, before["quantiser._codebook.embed"][0])


def test_codes_choose_the_nearest_vectors():
    torch.manual_seed(0)
    model, x = VQVAE(SHAPE, **SMALL).eval(), pictures()
    vectors = model.encoder(x - 0.5).movedim(1, -1)
    nearest = torch.cdist(vectors.reshape(-1, 4), model.quantiser.codebook).argmin(1).reshape(6, 2, 2)
    assert torch.equal(model.encode(x).mean, nearest)
    assert model.embed(nearest).shape == (6, 16)
    assert torch.equal(model.decode(nearest + 100), model.decode(torch.full_like(nearest, 11))), "clipped, not an error"


def test_perplexity_counts_the_codes_in_use():
    assert perplexity(torch.arange(8), 16).item() == pytest.approx(8)
    assert perplexity(torch.zeros(50, dtype=torch.long), 16).item() == pytest.approx(1)


# -- VQGAN


def test_lambda_is_the_ratio_of_the_gradients_at_the_last_layer():
    torch.manual_seed(0)
    model, x = VQGAN(SHAPE, critic=4, **SMALL).train(), pictures()
    y = model.draw(model.quantise(x)[0])
    reconstruction, generator = (y - x).square().mean(), -model.critic(y)[0].mean()
    last = [layer for layer in model.decoder if isinstance(layer, torch.nn.Conv2d)][-1].weight
    one, other = (torch.autograd.grad(t, last, retain_graph=True)[0].norm() for t in (reconstruction, generator))
    assert balance(reconstruction, generator, last).item() == pytest.approx((one / other).item(), rel=1e-3)


def test_critic_and_generator_learn_from_their_own_terms_alone():
    torch.manual_seed(0)
    model, x = VQGAN(SHAPE, critic=4, **SMALL).train(), pictures()
    terms = model.loss(x)
    critic, others = list(model.critic.parameters()), [*model.encoder.parameters(), *model.decoder.parameters()]
    of_generator = torch.autograd.grad(terms["generator"], critic, retain_graph=True, allow_unused=True)
    of_critic = torch.autograd.grad(terms["critic"], others, retain_graph=True, allow_unused=True)
    assert all(g is None for g in (*of_generator, *of_critic))
    assert all(g.abs().sum() > 0 for g in torch.autograd.grad(terms["critic"], critic, retain_graph=True))
    assert all(g.abs().sum() > 0 for g in torch.autograd.grad(terms["generator"], list(model.decoder.parameters())))


def test_the_critic_joins_in_late():
    torch.manual_seed(0)
    model = VQGAN(SHAPE, critic=4, start=0.5, **SMALL).train()
    model.progress = 0.4
    assert "critic" not in model.loss(pictures())
    model.progress = 0.6
    assert "critic" in model.loss(pictures())


@pytest.fixture
def bars(monkeypatch):
    """A data set of lying and standing bars on 8x8 pixels, for a classifier that perceives."""
    rng = np.random.default_rng(0)
    x = np.zeros((120, *SHAPE), np.uint8)
    for k, row in enumerate(x):
        place = rng.integers(1, 6)
        row[0, place : place + 2, :] = 200
        x[k] = row if k % 2 else row.transpose(0, 2, 1)

    class Bars(DataSet):
        shape = SHAPE
        conditions = Schema(attributes=(Attribute(name="way", label="Way", values=("stands", "lies")),))

        def load(self, split):
            return Items(x, (np.arange(120) % 2)[:, None].astype(np.float32), {})

    monkeypatch.setitem(registry._shelves, "data", dict(registry._shelves.get("data", {})) | {"bars": Bars})
    monkeypatch.setattr(_patches, "BATCH", 20)
    monkeypatch.setattr(_patches, "perceiver", cache(_patches.perceiver.__wrapped__))
    monkeypatch.setattr(vqgan, "perceiver", _patches.perceiver)
    return as_input(x)


def test_a_classifier_of_other_pictures_perceives_what_changes(bars):
    net = _patches.perceiver("bars")
    assert (net(bars).argmax(1) == torch.arange(120) % 2).float().mean() > 0.9
    near, far = bars.lerp(bars.roll(1, 2), 0.1), bars.lerp(bars.roll(1, 2), 0.5)
    apart = [_patches.perceived(net, y, bars).item() for y in (bars, near, far, bars.transpose(2, 3))]
    assert apart[0] == 0 and sorted(apart) == apart and apart[1] > 0


def test_each_side_of_vqgan_has_its_optimiser_and_its_bound(bars):
    torch.manual_seed(0)
    model = VQGAN(SHAPE, critic=4, perceives="bars", start=0.5, clip=0.01, **SMALL).train()
    optimisers = model.make_optimisers(1e-3, 0.0)
    of_critic = {id(p) for p in model.critic.parameters()}
    assert [{id(p) in of_critic for group in o.param_groups for p in group["params"]} for o in optimisers] == [
        {False}, {True}
    ]  # fmt: skip
    model.progress = 0.0
    terms = model.loss(bars[:6])
    assert terms["perceptual"] > 0 and "critic" not in terms
    model.progress = 1.0
    model.training_step(batch=(bars[:6], torch.zeros(6, 0)), fabric=Fabric(accelerator="cpu"), optimisers=optimisers)
    for side in optimisers:
        slopes = [p.grad for group in side.param_groups for p in group["params"]]
        assert torch.stack([slope.norm() for slope in slopes]).norm().item() == pytest.approx(0.01, rel=1e-2)


# -- the transformer


@pytest.fixture(scope="module")
def echoes() -> Transformer:
    """Fitted to rows of four codes whose last two repeat the first two; the class says which half of the codes."""
    noise = torch.Generator().manual_seed(0)
    kind = torch.randint(2, (600,), generator=noise)
    first = torch.randint(3, (600, 2), generator=noise) + 3 * kind[:, None]
    z = torch.cat([first, first], 1).reshape(-1, 2, 2)
    return Transformer.fit(z, torch.eye(2)[kind], seed=0, steps=250)


def test_probabilities_of_all_sequences_sum_to_one(echoes):
    everything = torch.tensor(list(product(range(6), repeat=4))).reshape(-1, 2, 2)
    for c in (None, torch.tensor([[0.0, 1.0]]).expand(len(everything), -1)):
        assert echoes.log_prob(everything, c).exp().sum().item() == pytest.approx(1, abs=1e-3)


def test_a_drawn_code_depends_on_those_before_and_on_the_class(echoes):
    for kind in range(2):
        z = echoes.draws(torch.eye(2)[kind], seed=0, count=40).flatten(1)
        assert (z[:, :2] == z[:, 2:]).float().mean() > 0.9
        assert (z // 3 == kind).float().mean() > 0.95


def test_many_draws_side_by_side_are_the_draws_one_by_one(echoes):
    c = torch.eye(2)[0]
    many = echoes.draws(c, seed=3, count=70)
    assert torch.equal(many, torch.stack([echoes.draw(c, 3, k) for k in range(70)]))


def test_the_cache_of_keys_changes_nothing(echoes):
    z, c = torch.tensor([[[0, 1], [0, 1]]]), torch.eye(2)[:1]
    inside = echoes(z, c)
    drawn = echoes.complete(
        z[0], torch.tensor([[False, False], [False, True]]), c[0], seed=0, temperature=0.0, particles=1
    )
    assert drawn[1, 1] == inside[0, 3].argmax() and torch.equal(drawn.flatten()[:3], z.flatten()[:3])


def test_completing_keeps_what_is_kept_and_changes_what_is_erased(echoes):
    z, c = torch.tensor([[2, 0], [1, 1]]), torch.eye(2)[0]
    erased = torch.tensor([[False, True], [False, True]])
    found = [echoes.complete(z, erased, c, seed=0, draw=k) for k in range(12)]
    assert all(torch.equal(f[~erased], z[~erased]) for f in found)
    assert len({tuple(f[erased].tolist()) for f in found}) > 1
    assert torch.equal(found[3], echoes.complete(z, erased, c, seed=0, draw=3))
    nothing = torch.zeros(2, 2, dtype=torch.bool)
    assert torch.equal(echoes.complete(z, nothing, c, seed=0), z)


def test_completions_heed_what_is_kept_behind_them(echoes):
    z, c = torch.tensor([[0, 0], [2, 1]]), torch.eye(2)[0]
    erased = torch.tensor([[True, True], [False, False]])
    right = {
        particles: np.mean([
            torch.equal(echoes.complete(z, erased, c, seed=0, draw=k, particles=particles)[0], z[1]) for k in range(40)
        ])
        for particles in (1, 16)
    }  # fmt: skip
    assert right[1] < 0.4 and right[16] > 0.6, "one in nine by chance"


def test_alternatives_weigh_the_cells_behind_too(echoes):
    found = echoes.alternatives(torch.tensor([[0, 1], [2, 1]]), 0, torch.eye(2)[0], count=3)
    assert found[0][0] == 2 and found[0][1] > 0.5
    assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)
    surprise = echoes.surprise(torch.tensor([[2, 1], [2, 0]]), torch.eye(2)[0])
    assert surprise[1, 1] > 2 > surprise[1, 0] and surprise.shape == (2, 2)


def test_a_mask_of_another_size_is_one_sentence():
    assert mask("0110", torch.zeros(2, 2)).tolist() == [[False, True], [True, False]]
    with pytest.raises(ExplorerError, match="4 codes"):
        mask("011", torch.zeros(2, 2))


# -- the shapes


def test_every_picture_of_the_shapes_is_another():
    everything = draw(np.stack(np.unravel_index(np.arange(int(np.prod(STEPS))), STEPS), 1))
    assert len(np.unique(everything.reshape(len(everything), -1), axis=0)) == len(everything)


def test_shapes_are_split_without_a_rest_and_factors_read_off():
    train, test = Shapes().load("train"), Shapes().load("test")
    rows = np.concatenate([train.codes, test.codes])
    assert len(rows) == np.prod(STEPS) == len(np.unique(rows, axis=0))
    for k, attribute in enumerate(Shapes.conditions.attributes):
        values = np.unique(rows[:, k])
        assert len(values) == STEPS[k]
        if attribute.kind == "continuous":
            assert (values[0], values[-1]) == (attribute.low, attribute.high)
    centre = [(test.x.astype(float).max(1) > 60)[k].nonzero()[1].mean() for k in range(len(test))]
    assert np.corrcoef(centre, test.codes[:, 3])[0, 1] > 0.7
