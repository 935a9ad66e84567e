"""Lenses are tried on models whose answers are known: one that edits perfectly, one that can't edit, one that leaks."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal

from explorer.box.build.evaluate import Study, evaluate
from explorer.core.registry import discover, find
from explorer.core.schema import Attribute, LatentSpec, Schema
from explorer.learn.data.base import DataSet, Items
from explorer.learn.models.base import Model
from explorer.learn.priors.base import Prior
from explorer.learn.priors.gaussian import Gaussian
from explorer.learn.training.judge import train_judge
from explorer.museum.lenses._compare import frechet_distance, nearest_distance, ssim, two_sample_accuracy
from explorer.museum.lenses.resample import novelty
from explorer.museum.lenses.truth import unseen

SHAPES, TONES = ("bar", "post", "square"), ("dark", "light")
SCHEMA = Schema(
    attributes=(
        Attribute(name="shape", label="Shape", values=SHAPES),
        Attribute(name="tone", label="Tone", values=TONES),
        Attribute(name="frame", label="Frame", values=("none", "thin")),
    )
)
MISSING = (2, 1, 1)  # no light square in a frame is ever trained on
PEOPLE = 2


def paint(z: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Where the figure stands z [N, 2] in about [-2, 2], and what it is: codes [N, 3] -> uint8 [N, 1, 16, 16]."""
    out = np.full((len(z), 1, 16, 16), 40, np.uint8)
    for picture, (right, down), (shape, tone, frame) in zip(out[:, 0], z, codes.astype(int), strict=True):
        if frame:
            picture[[0, -1]] = picture[:, [0, -1]] = 160
        height, width = ((3, 7), (7, 3), (5, 5))[shape]
        top = int(np.clip(round(8 + 1.5 * down - height / 2), 2, 14 - height))
        left = int(np.clip(round(8 + 1.5 * right - width / 2), 2, 14 - width))
        picture[top : top + height, left : left + width] = (110, 230)[tone]
    return out


class Figures(DataSet):
    name, shape, conditions, licence, source = "figures", (1, 16, 16), SCHEMA, "CC0-1.0", "this test"

    def people(self, split):
        rng = np.random.default_rng({"train": 0, "test": 1}[split])
        count = {"train": 1200, "test": 400}[split]
        codes = np.stack([rng.integers(len(a.values), size=count) for a in SCHEMA.attributes], 1)
        if split == "train":
            codes[(codes == MISSING).all(1), 2] = 0
        return rng.normal(size=(count, PEOPLE)), codes.astype(np.float32)

    def load(self, split):
        z, codes = self.people(split)
        return Items(paint(z, codes), codes, {"framed": codes[:, 2] == 1})

    def counterfactual(self, split, rows, attribute, values):
        z, codes = self.people(split)
        codes = codes[rows]
        codes[:, [a.name for a in SCHEMA.attributes].index(attribute)] = values
        return paint(z[rows], codes)


class Oracle(Model):
    """Knows the place of every figure, and draws it as asked; the last dimension of its latent stays idle."""

    name, capabilities = "oracle", frozenset({"encode"})

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(1))
        self.latent = LatentSpec(shape=(PEOPLE + 1,))

    def encode(self, x, c=None):
        inner = x[:, 0, 2:14, 2:14]
        figure = ((inner - 40 / 255).abs() > 0.05).double()
        grid = torch.arange(2, 14) + 0.5
        mass = figure.sum((1, 2))
        right = ((figure.sum(1) * grid).sum(1) / mass - 8) / 1.5
        down = ((figure.sum(2) * grid).sum(1) / mass - 8) / 1.5
        z = torch.stack([right, down, torch.zeros_like(down)], 1).float() * self.scale
        return Independent(Normal(z, torch.full_like(z, 0.05)), 1)

    def codes(self, z, c):
        return torch.stack([c[:, where].argmax(1) for where in SCHEMA.slices.values()], 1).numpy()

    def decode(self, z, c=None):
        return torch.from_numpy(paint(z[:, :PEOPLE].detach().numpy(), self.codes(z, c))).float() / 255


class Stubborn(Oracle):
    """Hides the attributes in its latent and draws those, whatever is asked."""

    name = "stubborn"

    def __init__(self):
        super().__init__()
        self.latent = LatentSpec(shape=(PEOPLE + 1,))

    def encode(self, x, c=None):
        z = super().encode(x, c).mean.clone()
        z[:, -1] = torch.from_numpy(self.codes(z, c) @ np.array([1, 3, 6])).float() - 4
        return Independent(Normal(z, torch.full_like(z, 0.05)), 1)

    def decode(self, z, c=None):
        hidden = (z[:, -1].detach().numpy().round() + 4).clip(0, 11).astype(int)
        codes = np.stack([hidden % 3, hidden // 3 % 2, hidden // 6], 1)
        return torch.from_numpy(paint(z[:, :PEOPLE].detach().numpy(), codes)).float() / 255


class Faithful(Prior):
    """The true distribution: both places are normal, the third number is idle."""

    def draw(self, c, seed, draw=0, temperature=1.0):
        noise = np.random.default_rng([seed, draw]).normal(size=(1, PEOPLE))
        codes = np.stack([c[where].argmax().numpy() for where in SCHEMA.slices.values()])[None]
        return Oracle().encode(torch.from_numpy(paint(noise, codes)).float() / 255).mean[0].detach()


@pytest.fixture(scope="module")
def judge():
    return train_judge(Figures().load("train"), SCHEMA, seed=0, epochs=8, batch=64)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))


def checkpoint(model, judge, **priors):
    return SimpleNamespace(
        model=model.eval().requires_grad_(False),
        judge=judge,
        priors=priors,
        card=SimpleNamespace(
            modality="image",
            conditions=SCHEMA,
            unasked=(),
            data="figures",
            capabilities=tuple(model.capabilities),
            latent=model.latent,
        ),
    )


def measured(lens, model, judge, **priors):
    return find("lenses", lens)().measure(Study(checkpoint(model, judge, **priors), Figures(), quick=True))


def test_every_lens_explains_itself():
    for lens in discover("lenses").values():
        assert lens.title and lens.sentence.endswith(".") and "aseline" in lens.__doc__ + (lens.measure.__doc__ or "")


def test_evaluation_is_json_complete_and_the_same_twice(judge):
    subject = checkpoint(Oracle(), judge, gaussian=Gaussian((PEOPLE + 1,)))
    first = evaluate(subject, Figures(), quick=True)
    assert json.loads(json.dumps(first, allow_nan=False)) == first
    assert {"judge", "reconstruction", "edits", "truth", "leakage", "resample", "collapse", "n", "seed"} <= first.keys()
    assert first["n"] == {"held_out": 240, "training": 1200}
    assert evaluate(subject, Figures(), quick=True) == first


def test_judge_is_measured_on_real_items(judge):
    found = measured("judge", Stubborn(), judge)
    assert found["shape"]["accuracy"] > 0.95 > found["shape"]["chance"]
    assert 0 <= found["tone"]["ece"] < 0.1


def test_reconstruction_is_beside_memory_and_mean(judge):
    found = measured("reconstruction", Oracle(), judge)
    assert found["psnr"] > found["baseline_psnr"] > found["mean_picture_psnr"]
    assert found["ssim"] > 0.99 > found["baseline_ssim"]
    assert found["framed_ssim"] > 0.99


def test_edits_tell_a_model_that_obeys_from_one_that_does_not(judge):
    obeys, refuses = (measured("edits", model, judge) for model in (Oracle(), Stubborn()))
    for name in ("shape", "tone", "frame"):
        assert obeys[name]["accuracy"] > 0.95
        assert refuses[name]["accuracy"] < 0.1
        assert obeys[name]["kept"] > 0.95
        assert obeys[name]["baseline_accuracy"] < 0.6  # its latent holds no attribute that a vector could move
    assert refuses["mean"]["accuracy"] < 0.1


def test_truth_finds_perfect_edits_and_none(judge):
    perfect, none = (measured("truth", model, judge) for model in (Oracle(), Stubborn()))
    for group in ("seen", "unseen"):
        assert perfect[group]["mean"]["ssim"] > 0.98
        assert perfect[group]["mean"]["remaining"] < 0.1
        assert none[group]["mean"]["remaining"] == pytest.approx(1, abs=0.05)
        assert none[group]["mean"]["ssim"] == pytest.approx(none[group]["mean"]["unedited_ssim"], abs=0.02)
    assert perfect["unseen"]["shape"]["n"] > 0


def test_unseen_means_three_values_never_together():
    items = Figures().load("test").codes
    assert (unseen(items, Figures().load("train").codes) == (items == MISSING).all(1)).all()


def test_leakage_finds_what_a_latent_hides(judge):
    clean, leaky = (measured("leakage", model, judge) for model in (Oracle(), Stubborn()))
    assert clean["tone"]["probe"] < clean["tone"]["chance"] + 0.12
    assert leaky["frame"]["probe"] > 0.95 and leaky["frame"]["sampled"] > 0.95
    assert leaky["shape"]["network"] > leaky["shape"]["logistic"]  # the shape isn't linear in what is hidden


def test_leakage_below_the_noise_is_told_apart(judge):
    class Whispering(Stubborn):
        name = "whispering"

        def encode(self, x, c=None):
            z = super().encode(x, c).mean.clone()
            z[:, -1] *= 0.01
            return Independent(Normal(z, torch.full_like(z, 1.0)), 1)

    found = measured("leakage", Whispering(), judge)["frame"]
    assert found["probe"] > 0.95 and found["sampled"] < found["chance"] + 0.12


def test_collapse_counts_idle_dimensions(judge):
    found = measured("collapse", Oracle(), judge)
    assert found["active_units"] == PEOPLE and found["latent"] == PEOPLE + 1
    # A point mass of deviation 0.05 at zero carries -log 0.05 - (1 - 0.05^2) / 2 nats.
    assert found["kl_by_dimension"][-1] == pytest.approx(-np.log(0.05) - (1 - 0.05**2) / 2, abs=1e-4)
    assert found["kl"] == pytest.approx(sum(found["kl_by_dimension"]))


def test_resampling_tells_a_faithful_prior_from_a_wide_one(judge):
    wide = Gaussian((PEOPLE + 1,))
    wide.scale *= 4
    found = measured("resample", Oracle(), judge, faithful=Faithful(), wide=wide)
    assert found["wide"]["novelty"] > found["faithful"]["novelty"]
    assert found["wide"]["latent_two_sample"] > 0.8 > found["faithful"]["latent_two_sample"]
    assert found["wide"]["frechet"] > found["faithful"]["frechet"]
    assert found["faithful"]["accuracy"] > 0.95
    assert abs(found["held_out"]["two_sample"] - 0.5) < 0.15


def test_novelty_tells_new_draws_from_copies():
    noise = torch.Generator().manual_seed(0)
    training, held_out, fresh = (torch.randn(1000, 4, generator=noise) for _ in range(3))
    new = novelty(fresh, training, held_out)
    assert new["novelty"] == pytest.approx(1, abs=0.15) and new["copies"] == pytest.approx(0.01, abs=0.015)
    copied = novelty(training[:500] + 1e-4, training, held_out)
    assert copied["novelty"] < 0.01 and copied["copies"] == 1


def test_distances_between_sets():
    noise = torch.Generator().manual_seed(0)
    a, b = torch.randn(4000, 3, generator=noise), torch.randn(4000, 3, generator=noise)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    # Between N(0, I) and N(m, 4 I) it is |m|^2 + d (2 - 1)^2.
    assert frechet_distance(a, 2 * b + 1) == pytest.approx(6, rel=0.06)
    assert two_sample_accuracy(a[:400], b[:400], 0) == pytest.approx(0.5, abs=0.08)
    assert two_sample_accuracy(a[:400], b[:400] + 4, 0) > 0.95
    distance, index = nearest_distance(a[:5] + 1e-3, a)
    assert index.tolist() == [0, 1, 2, 3, 4] and distance.tolist() == pytest.approx([3e-6**0.5] * 5, rel=0.1)
    x = torch.rand(2, 3, 16, 16, generator=noise)
    assert ssim(x, x).tolist() == [1.0, 1.0] and (ssim(x, 1 - x) < 0.2).all()
