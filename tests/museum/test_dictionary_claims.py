"""The claims about sparse dictionaries, on tiny data."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from explorer.learn.training.dictionary import Recipe
from explorer.museum.exhibits import _dictionaries, sparse_scaling
from explorer.museum.exhibits._dictionaries import Vectors, learned
from explorer.museum.exhibits.base import numbered, run
from tests.conftest import BUNDLED


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """Noise in a few directions in place of pictures, and a cache of its own."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    draws = torch.Generator().manual_seed(0)
    atoms = torch.randn(40, 24, generator=draws)
    x = (torch.randn(1600, 40, generator=draws).relu() * (torch.rand(1600, 40, generator=draws) < 0.1)) @ atoms
    made = Vectors(x[:1000], x[1000:1300], x[1300:], True)
    for module in (sparse_scaling, _dictionaries):
        monkeypatch.setattr(module, "vectors", lambda quick: made)
    from explorer.museum.exhibits import adaptive_choice

    monkeypatch.setattr(adaptive_choice, "vectors", lambda quick: made)
    return made


def test_the_scaling_is_measured_and_what_was_learned_is_kept(tmp_path):
    claim = run(numbered(152), quick=True)
    assert claim.quick and 0.9 < claim.measured.mean <= 1 and len(claim.parts) == 6
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("dictionary-*.safetensors")}
    assert kept and run(numbered(152), quick=True).measured == claim.measured
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("dictionary-*.safetensors")} == kept
    assert claim.figure("loss, 16 features, k 2").mean > claim.figure("loss, 64 features, k 2").mean


def test_the_choices_are_measured_at_the_same_budget():
    claim = run(numbered(158), quick=True)
    used = [
        claim.figure(f"features used, held-out pictures, {name}").mean
        for name in ("TopK", "mutual choice", "feature choice")
    ]
    assert used == pytest.approx([4, 4, 4], abs=1)
    assert claim.figure("dead features, feature choice").mean <= claim.figure("dead features, TopK").mean


def test_an_outcome_is_that_of_its_dictionary_and_a_fit_of_the_directions_is_no_worse(small):
    recipe = Recipe(32, 4, "l1", 0.5, rate=1e-2)
    one = learned(small, recipe, lambda text: None)
    net = _dictionaries.fitted(small.train, dataclasses.replace(recipe, steps=_dictionaries.QUICK_STEPS, batch=128))
    assert one.loss == pytest.approx(net.loss(small.test), rel=1e-4) and one.used == pytest.approx(
        net.used(small.test)[1]
    )
    assert one.dead == net.used(small.train)[0] / 32 and one.refitted.mean() < one.error.mean()


def test_a_price_is_chosen_that_leaves_at_least_k_features(small):
    rich = dataclasses.replace(small, quick=False)
    recipe = Recipe(32, 4, "l1", rate=1e-2, steps=80, batch=128)
    tried: list[str] = []
    one = sparse_scaling.priced(rich, recipe, tried.append)
    assert len(tried) == sparse_scaling.HALVINGS
    used = sorted(float(text.split()[-2]) for text in tried)
    enough = [value for value in used if value >= 4]
    assert one.used == pytest.approx(min(enough) if enough else used[-1], abs=0.01)
