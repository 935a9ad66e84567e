"""How far from real items: the unit is that of held-out ones, and the bundled judges each have their reference."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from explorer.box import real
from explorer.box.items import OFFSET, SCALE, SCORES, UNIT
from explorer.core.registry import find
from explorer.core.schema import Attribute, Schema
from explorer.learn.models.judge import Judge
from tests.conftest import BUNDLED, bundled

CONDITIONS = Schema(attributes=(Attribute(name="kind", label="Kind", values=("dark", "light", "mixed")),))
JUDGE = "judge.safetensors"
CARDS = {name: json.loads((BUNDLED / name / "card.json").read_text(encoding="utf-8")) for name in bundled()}


def judge() -> Judge:
    torch.manual_seed(0)
    return Judge((1, 8, 8), CONDITIONS).eval().requires_grad_(False)


def noise(count: int, low: int, high: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, (count, 1, 8, 8), dtype=np.uint8)


def test_of_held_out_items_one_in_a_hundred_lies_beyond_the_unit(tmp_path, monkeypatch):
    reader = judge()
    tensors = real.measured(reader, noise(3000, 100, 130, 1), noise(2000, 100, 130, 2))
    assert tensors[SCORES].dtype == torch.uint8 and len(tensors[SCORES]) == real.BANK
    (tmp_path / "some.json").write_text(real.written(tensors, "noise"), encoding="utf-8")
    monkeypatch.setattr(real, "FOLDER", tmp_path)
    real.bundled.cache_clear()
    reference = real.bundled("some")
    assert real.bundled("other") is None
    real.bundled.cache_clear()

    def beyond(items: np.ndarray) -> float:
        return float(np.mean(np.array(reference.shares(reader(real.as_input(items)).numpy())) > 1))

    assert 0.002 < beyond(noise(2000, 100, 130, 3)) < 0.025
    assert beyond(noise(200, 0, 255, 4)) > 0.9


@pytest.mark.parametrize("name", [name for name, card in CARDS.items() if JUDGE in card["sha256"]])
def test_each_bundled_judge_has_its_reference(name):
    reference = real.bundled(CARDS[name]["sha256"][JUDGE][:16])
    width = Schema.model_validate(CARDS[name]["conditions"]).width
    assert reference.numbers.shape[1] == len(reference.scale) == len(reference.offset) == width
    assert len(reference.numbers) > 400 and (reference.scale > 0).all() and reference.unit > 0


def test_the_stored_reference_of_lasers_is_what_is_measured(monkeypatch):
    """Of the sets that a program draws, the quickest."""
    from explorer.box import checkpoints

    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    checkpoint = checkpoints.load("lasers-cvae")
    data = find("data", "lasers")()
    tensors = real.measured(checkpoint.judge, data.load("train").x, data.load("test").x)
    stored = real.reference(checkpoint)
    assert float(tensors[UNIT]) == pytest.approx(stored.unit, rel=1e-2)
    assert np.abs(tensors[SCORES].numpy().astype(int) - stored.numbers).max() <= 1
    for own, there in ((SCALE, stored.scale), (OFFSET, stored.offset)):
        assert np.allclose(tensors[SCORES + own].numpy(), there, rtol=1e-3, atol=1e-3)
