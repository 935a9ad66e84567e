"""Every prior of the registry keeps the contract; the mixture also finds clumps, follows conditions and never copies."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from explorer.core.registry import discover, find
from explorer.core.schema import Attribute, ExplorerError, Schema
from explorer.learn.priors.mixture import Mixture
from explorer.museum.lenses._compare import nearest_distance
from tests.conftest import ROOT

SCHEMA = Schema(
    attributes=(
        Attribute(name="kind", label="Kind", values=("a", "b", "c")),
        Attribute(name="size", label="Size", kind="continuous", low=0, high=10),
    )
)
PRIORS = tuple(discover("priors"))
SIZE = 5


def clumps(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents in six clumps: the kind decides which pair of clumps, the size which of the pair; rows of both unset."""
    noise = torch.Generator().manual_seed(seed)
    centres = 4 * torch.randn(6, SIZE, generator=torch.Generator().manual_seed(99))
    kind = torch.randint(3, (count,), generator=noise)
    large = torch.randint(2, (count,), generator=noise)
    z = centres[2 * kind + large] + 0.3 * torch.randn(count, SIZE, generator=noise)
    c = torch.zeros(count, SCHEMA.width)
    c[torch.arange(count), kind] = 1
    c[:, 3] = (large * 1.2 - 0.6) + 0.2 * torch.randn(count, generator=noise)
    c[:, 4] = 1
    c[::10] = 0
    return z, c


@pytest.fixture(scope="module")
def fitted():
    z, c = clumps(1500, 0)
    return {
        name: prior.fit(latents(prior, z), c, seed=0, conditions=SCHEMA) for name, prior in discover("priors").items()
    }


def latents(prior, z: torch.Tensor) -> torch.Tensor:
    """Vectors as they are; for a prior over codes, in which of seven ranges each number lies."""
    return z if "vector" in prior.kinds else ((z.clamp(-8, 8) + 8) * 6 / 16).round().long()


@pytest.mark.parametrize("name", PRIORS)
def test_contract(fitted, name):
    prior = fitted[name]
    assert prior.title and prior.sentence.endswith(".") and prior.kinds
    c = SCHEMA.encode([{"kind": "a", "size": 8.0}, {"kind": {"a": 0.5, "b": 0.5}}, {}])
    log_prob = prior.distribution(c).log_prob(torch.zeros(3, SIZE))
    assert log_prob.shape == (3,) and log_prob.isfinite().all()
    assert prior.distribution(c).sample().shape == (3, SIZE)
    assert prior.distribution().sample().shape == (1, SIZE)


@pytest.mark.parametrize("name", PRIORS)
def test_a_draw_depends_on_its_seed_and_number_alone(fitted, name):
    prior, c = fitted[name], SCHEMA.encode([{"kind": "b"}])[0]
    alone = prior.draw(c, seed=7, draw=3, temperature=0.8)
    torch.manual_seed(1234)
    many = prior.draws(c, seed=7, count=5, temperature=0.8)
    assert torch.equal(alone, many[3])
    assert len(many.unique(dim=0)) > 1
    assert not torch.equal(many, prior.draws(c, seed=8, count=5, temperature=0.8))
    assert prior.draw(None, seed=1).shape == (SIZE,)


@pytest.mark.parametrize("name", PRIORS)
def test_tensors_alone_rebuild_it(fitted, name):
    prior, c = fitted[name], SCHEMA.encode([{"kind": "c", "size": 2.0}])[0]
    again = type(prior).from_tensors(dict(prior.state_dict()))
    assert torch.equal(again.draw(c, 5, 6), prior.draw(c, 5, 6))


@pytest.mark.parametrize("name", PRIORS)
def test_broken_tensors_are_one_sentence(fitted, name):
    prior = fitted[name]
    for key, tensor in prior.state_dict().items():
        whole = dict(prior.state_dict())
        with pytest.raises(ExplorerError):
            type(prior).from_tensors({k: v for k, v in whole.items() if k != key})
        with pytest.raises(ExplorerError):
            type(prior).from_tensors(whole | {key: torch.full_like(tensor, torch.nan)})
        with pytest.raises(ExplorerError):
            type(prior).from_tensors(whole | {"stray": tensor})


@pytest.mark.parametrize("name", PRIORS)
def test_draws_follow_the_distribution(fitted, name):
    prior, c = fitted[name], SCHEMA.encode([{"kind": "a"}])
    draws = prior.draws(c[0], seed=0, count=600).float()
    samples = prior.distribution(c).sample((600,))[:, 0].float()
    spread = samples.std(0)
    assert ((draws.mean(0) - samples.mean(0)).abs() < 0.25 * spread).all()
    assert ((draws.std(0) / spread - 1).abs() < 0.2).all()


@pytest.mark.parametrize("name", PRIORS)
def test_temperature_scales_the_spread(fitted, name):
    prior, c = fitted[name], SCHEMA.encode([{"kind": "a", "size": 8.0}])[0]
    spread = [prior.draws(c, 0, 200, t).float().var(0).sum().item() for t in (0.0, 0.5, 1.0, 2.0)]
    assert spread == sorted(spread)
    assert spread[0] < 0.5 * spread[2]


@pytest.mark.parametrize("name", ["mixture", "flow", "diffusion"])
def test_a_fitted_prior_is_likelier_than_the_gaussian_on_new_items(fitted, name):
    """The clumps hold -1.1 nats an item at best; the plain Gaussian gives them some -60."""
    z, c = clumps(400, 1)
    likelihood = {name: fitted[name].distribution(c).log_prob(z).mean().item() for name in (name, "gaussian")}
    assert -6 < likelihood[name] < 0 and likelihood[name] > likelihood["gaussian"] + 10


@pytest.mark.parametrize("name", ["mixture", "flow", "diffusion"])
def test_its_draws_lie_in_the_clumps_and_the_gaussians_between(fitted, name):
    fresh, c = clumps(200, 7)
    fitted_to, _ = clumps(1500, 0)
    usual = nearest_distance(fresh, fitted_to)[0].quantile(0.99)

    def inside(prior):
        return (nearest_distance(prior.draws(c, 0, len(c)), fitted_to)[0] < usual).float().mean().item()

    assert inside(fitted["gaussian"]) < 0.1
    assert inside(fitted[name]) > 0.6


@pytest.mark.parametrize("name", ["flow", "diffusion"])
def test_a_trained_prior_follows_names_and_numbers(fitted, name):
    prior = fitted[name]
    z, c = clumps(300, 8)
    kind = c[:, :3].argmax(1)
    centres = torch.stack([z[(kind == k) & (c[:, 3] > 0) & (c[:, 4] > 0)].mean(0) for k in range(3)])
    for k, value in enumerate("abc"):
        asked = SCHEMA.encode([{"kind": value, "size": 8.0}])[0]
        assert (torch.cdist(prior.draws(asked, 0, 50), centres).argmin(1) == k).float().mean() > 0.9


@pytest.mark.parametrize("name", ["flow", "diffusion"])
def test_a_trained_prior_is_deterministic_and_leaves_torchs_seed_alone(name):
    z, c = clumps(200, 9)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, two = (find("priors", name).fit(z, c, seed=3, conditions=SCHEMA, steps=5) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))
    other = find("priors", name).fit(z, c, seed=4, conditions=SCHEMA, steps=5)
    assert not torch.equal(one.draw(c[1], 0), other.draw(c[1], 0))
    assert (one.draws(c[1], 0, 3) - one.draws(c[1] + 1e-4, 0, 3)).abs().max() < 0.1


def test_a_diffusion_knows_its_likelihood():
    """Of latents that are normal the density is known; draws and likelihood must agree with it."""
    generator = torch.Generator().manual_seed(0)
    z = torch.tensor([3.0, -1.0]) + torch.randn(4000, 2, generator=generator) * torch.tensor([2.0, 0.5])
    prior = find("priors", "diffusion").fit(z, torch.zeros(len(z), 3), seed=0)
    true = torch.distributions.Normal(torch.tensor([3.0, -1.0]), torch.tensor([2.0, 0.5])).log_prob(z[:300]).sum(1)
    found = prior.log_prob(z[:300])
    assert (found - true).abs().mean() < 0.15
    drawn = prior.draws(None, 1, 300)
    assert torch.allclose(drawn.std(0), torch.tensor([2.0, 0.5]), rtol=0.15)


def test_a_trained_prior_refuses_other_conditions(fitted):
    for name in ("flow", "diffusion"):
        assert fitted[name].drawn(SCHEMA.width) == (SIZE,)
        with pytest.raises(ExplorerError, match="other conditions"):
            fitted[name].drawn(SCHEMA.width + 1)


def test_the_page_draws_from_those_that_say_so():
    (line,) = [x for x in (ROOT / "assets/js/engine/priors.js").read_text().splitlines() if "export const PRIORS" in x]
    named = set(line.partition("{")[2].partition("}")[0].replace(" ", "").split(","))
    assert named == {name for name, prior in discover("priors").items() if prior.portable}


def test_a_start_imports_no_library_of_a_prior():
    code = (
        "import sys; import explorer.page.ui; from explorer.core.registry import discover; discover('priors');"
        "assert not {'zuko', 'diffusers'} & set(sys.modules), set(sys.modules) & {'zuko', 'diffusers'}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_mixture_follows_names_and_numbers(fitted):
    z, c = clumps(400, 2)
    prior = fitted["mixture"]
    told, untold = prior.log_prob(z, c)[c.sum(1) != 0], prior.log_prob(z)[c.sum(1) != 0]
    assert (told - untold).mean() > 1.0  # naming one clump in six is worth log 6 = 1.8 nats
    assert torch.allclose(prior.log_prob(z, torch.zeros_like(c)), prior.log_prob(z), atol=1e-4)


def test_mixture_ignores_a_condition_that_says_nothing():
    z, _ = clumps(1500, 3)
    c = torch.nn.functional.one_hot(torch.randint(3, (1500,), generator=torch.Generator().manual_seed(0)), 3).float()
    prior = Mixture.fit(z, c, components=(6,))
    weights = prior.weights(torch.eye(3)).exp()
    assert (weights - prior.weights().exp()).abs().max() < 0.05  # where it says all, two clumps have a half each


def test_mixture_density_is_that_of_its_distribution(fitted):
    z, c = clumps(50, 4)
    assert torch.allclose(fitted["mixture"].log_prob(z, c), fitted["mixture"].distribution(c).log_prob(z), atol=1e-3)


def test_mixture_does_not_copy_its_items(fitted):
    z, _ = clumps(1500, 0)
    fresh, _ = clumps(300, 5)
    drawn = nearest_distance(fitted["mixture"].draws(None, 0, 300), z)[0].median()
    usual = nearest_distance(fresh, z)[0].median()
    assert 0.7 < drawn / usual < 1.6


def test_mixture_fits_few_items_and_a_plane():
    z, c = clumps(40, 6)
    assert Mixture.fit(z[:, :2], c, seed=0).draw(c[1], 0).shape == (2,)
