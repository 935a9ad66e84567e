"""Every claim's `measure` runs from end to end, offline and in seconds: on stand-in data, with nets that are not trained.

What comes out means nothing; that a measurement fits its data, its models and its own figures does.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from explorer.core.registry import discover
from explorer.learn.data import cmapss, definitions
from explorer.learn.data.base import DataSet, Items
from explorer.learn.data.cohorts import TABLES, Cohort
from explorer.learn.training.fit import HISTORY
from explorer.museum.exhibits import _fitted, dagsurv
from tests.conftest import BUNDLED

SHELF = discover("exhibits")
DRAWN = (
    "lasers",
    "engines",
    "shapes",
    "definitions",
    "definitions-short",
)  # by code, or from a table that is stood in for
COUNT = {"train": 6000, "test": 1200}


def stand_in(data: DataSet, split: str) -> Items:
    """Blots whose place and shade follow the attributes, as many of each value as of any other."""
    rng = np.random.default_rng(len(split))
    n = COUNT[split]
    columns = []
    for k, a in enumerate(data.conditions.attributes):
        row = np.arange(n) + k
        columns.append(row % len(a.values) if a.kind == "categorical" else np.linspace(a.low, a.high, n))
    codes = np.stack(columns, 1).astype(np.float32)
    x = rng.random((n, *data.shape)).astype(np.float32)
    x *= 0.3 + 0.7 * (np.arange(n) % 10 / 10).reshape(n, *[1] * len(data.shape))
    return Items(
        (255 * x).astype(np.uint8) if data.modality == "image" else x,
        codes,
        {"seen": np.arange(n) % 2 == 0, "unseen": np.arange(n) % 2 == 1},
    )


def engines(name: str) -> np.ndarray:
    """A file of C-MAPSS: engines that wear, 26 columns a flight; or the flights left after each one's last row."""
    if name.startswith("RUL"):
        return np.arange(100)[:, None] % 90 + 10
    rng = np.random.default_rng(len(name))
    parts = []
    for number in range(1, 101):
        flights = 130 + number % 60
        rows = rng.random((flights, 26))
        rows[:, 0], rows[:, 1] = number, np.arange(1, flights + 1)
        for column, _, _, low, high in cmapss.SENSORS:
            rows[:, 4 + column] = low + (high - low) * np.linspace(0.2, 0.8, flights) * (
                0.9 + 0.2 * rows[:, 4 + column]
            )
        parts.append(rows)
    return np.concatenate(parts)


def older(data: DataSet, split: str, rows: np.ndarray, *_: object) -> np.ndarray:
    """Faces of which nobody knows whether they are older."""
    return np.random.default_rng(0).integers(256, size=(len(rows), *data.shape), dtype=np.uint8)


def glosses() -> list[tuple[str, str]]:
    """Definitions of nouns, verbs and adjectives, each with words of its own among common ones."""
    forms = {
        "noun.person": "a person who makes the {} of {}",
        "verb.motion": "make {} with {}",
        "adj.all": "having {} or {}",
    }
    words = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in "lmnrst"]
    rng = np.random.default_rng(0)
    return [(name, form.format(*rng.choice(words, 2))) for name, form in forms.items() for _ in range(COUNT["train"])]


def people(name: str, split: str) -> Cohort:
    """People whose time falls with their first covariate."""
    rng = np.random.default_rng(len(split))
    x = rng.normal(size=(150, len(TABLES[name].columns))).astype(np.float32)
    time = rng.exponential(np.exp(-x[:, 0])).astype(np.float32) + 0.01
    return Cohort(x, time, rng.random(150) < 0.7)


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    for name, kind in discover("data").items():
        if name not in DRAWN:
            monkeypatch.setattr(kind, "load", stand_in)
    monkeypatch.setattr(cmapss, "_table", engines)
    monkeypatch.setattr(definitions, "_glosses", glosses)
    for made in (definitions.vocabulary, definitions._usual, definitions._short, definitions._kept):
        made.cache_clear()  # of another test's definitions, and of these for the next one
    monkeypatch.setattr(dagsurv, "cohort", people)
    monkeypatch.setattr(discover("data")["faces"], "counterfactual", older)

    def untrained(recipe, out, resume=True):
        out.mkdir(parents=True, exist_ok=True)
        (out / HISTORY).write_text('[{"epoch": 1, "word": 1.0}]')
        return recipe.build(discover("data")[recipe.data]()).eval().requires_grad_(False)

    monkeypatch.setattr(_fitted, "fit", untrained)
    monkeypatch.setattr("explorer.museum.exhibits.swycc.QUICK_STEPS", 10)
    monkeypatch.setattr("explorer.museum.exhibits.lasers.QUICK_STEPS", 10)
    torch.manual_seed(0)


@pytest.mark.parametrize("name", SHELF)
def test_a_claim_is_measured_from_end_to_end(name):
    said: list[str] = []
    found = SHELF[name]().measure((0,), True, said.append)
    assert said and found.outcome.endswith(".") and found.data
    assert all(math.isfinite(v) for figure in found.figures for v in figure.values)
    assert found.verdict in ("holds", "does not hold", "tie", "mixed") and len(found.parts) >= 1
