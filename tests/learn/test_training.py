"""Training: from a recipe to weights, going on where it was killed; whatever is wrong with a recipe is one sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from explorer.core.registry import find
from explorer.core.schema import ExplorerError
from explorer.learn.training import fit as fitting
from explorer.learn.training.fit import STATE, Recipe, fit
from explorer.learn.training.objectives import learning_rate, unset_some
from tests.conftest import ROOT
from tests.support import tiny


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(tiny.recipe("tiny-shapes", epochs=2))
    return Recipe.read(path)


def test_training_lowers_the_loss_and_writes_what_it_learned(recipe, tmp_path):
    model = fit(recipe, tmp_path / "run")
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert [row["epoch"] for row in history] == [1, 2] and history[1]["loss"] < history[0]["loss"]
    snapshot = load_file(tmp_path / "run" / "snapshot.safetensors")
    assert all(torch.equal(snapshot[name], value) for name, value in model.state_dict().items())


def test_a_run_that_was_stopped_fifty_times_ends_where_an_uninterrupted_one_does(recipe, tmp_path, monkeypatch):
    training = recipe.training.model_copy(update={"epochs": 40, "items": 96})
    recipe = recipe.model_copy(update={"training": training})
    whole = fit(recipe, tmp_path / "whole")
    rng, left = np.random.default_rng(0), 50

    def stops(name, after):
        """A function of the module that now and then is the last one of its run, before or after what it does."""
        real = getattr(fitting, name)

        def sometimes(*args, **more):
            nonlocal left
            stop = left and rng.random() < 0.25
            if stop and not after:
                left -= 1
                raise KeyboardInterrupt
            out = real(*args, **more)
            if stop:
                left -= 1
                raise KeyboardInterrupt
            return out

        monkeypatch.setattr(fitting, name, sometimes)

    for name, after in (("_descend", True), ("save_file", False), ("save_file", True), ("validate", True)):
        stops(name, after)
    stopped = 0
    while True:
        try:
            resumed = fit(recipe, tmp_path / "stopped")
            break
        except KeyboardInterrupt:
            stopped += 1
    assert (stopped, left) == (50, 0)
    assert [row["epoch"] for row in json.loads((tmp_path / "stopped" / "history.json").read_text())] == [*range(1, 41)]
    # A step divides by the gradient's own size, so that a weight without a gradient follows the last bit of a sum: the pictures
    # are compared, and the weights as a whole.
    data = find("data", recipe.data)()
    x = torch.from_numpy(data.load("test").x[:64]).float() / 255
    c = data.conditions.encode_codes(data.load("test").codes[:64])
    pictures = [model.decode(model.encode(x, c).mean, c) for model in (whole, resumed)]
    assert torch.allclose(*pictures, atol=2e-3)
    a, b = (torch.cat([value.float().flatten() for value in m.state_dict().values()]) for m in (whole, resumed))
    assert (a - b).norm() < 1e-3 * a.norm()


def test_a_killed_process_leaves_a_run_that_goes_on(recipe, tmp_path):
    code = (
        "import sys, tests.support.tiny; from explorer.learn.training.fit import Recipe, fit; import torch; "
        "torch.set_num_threads(1); "
        "fit(Recipe.read(sys.argv[1]), sys.argv[2])"
    )
    long = tmp_path / "long.toml"
    long.write_text(tiny.recipe("tiny-shapes", epochs=500))
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(long), str(tmp_path / "run")], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 240
    while not (tmp_path / "run" / STATE).is_file() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with safe_open(tmp_path / "run" / STATE, "pt") as file:
        done = json.loads(file.metadata()["place"])["epoch"]
    training = recipe.training.model_copy(update={"epochs": done + 2})
    fit(recipe.model_copy(update={"training": training}), tmp_path / "run")
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert [row["epoch"] for row in history] == list(range(1, done + 3))


def test_the_run_of_another_model_is_not_gone_on_with(recipe, tmp_path):
    one = recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 1})})
    fit(one, tmp_path / "run")
    with pytest.raises(ExplorerError, match="another seed"):
        fit(one.model_copy(update={"seed": 7}), tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("epochs = 2", "malformed at training.epochs"),
        ('name = "tiny-shapes"', "malformed at name"),
        ("batch = 32", "malformed at training.batch"),
        ("[training]", "malformed at training"),
        ("seed = 0", "not TOML"),
    ],
)
def test_a_recipe_that_does_not_fit_is_one_sentence(tmp_path, change, word):
    broken = {"epochs = 2": "epochs = 0", "batch = 32": "batch = 'many'", "seed = 0": "seed = = 0"}.get(change, "")
    path = tmp_path / "recipe.toml"
    path.write_text(tiny.recipe("tiny-shapes", epochs=2).replace(change, broken, 1))
    with pytest.raises(ExplorerError) as caught:
        Recipe.read(path)
    assert word in str(caught.value) or "malformed" in str(caught.value)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_unsetting_leaves_most_conditions_whole():
    conditions = find("data", "tiny-shapes").conditions
    c = conditions.encode([{"colour": "red", "height": 9}] * 4000)
    kept = c.clone()
    out = unset_some(c, conditions, 0.4, torch.Generator().manual_seed(0))
    assert torch.equal(c, kept)
    whole = (out == c).all(1).double().mean().item()
    assert whole == pytest.approx(0.6 + 0.4 / 4, abs=0.03)
    none = (out == 0).all(1).double().mean().item()
    assert none == pytest.approx(0.4 / 4, abs=0.03)
    assert torch.equal(unset_some(c, conditions, 0.0, torch.Generator()), c)


def test_the_learning_rate_warms_up_and_ends_low():
    rates = [learning_rate(1.0, step, 1000) for step in range(1000)]
    assert rates[0] < 0.02 and max(rates) > 0.9 and rates[-1] < 0.02
    peak = rates.index(max(rates))
    assert rates[:peak] == sorted(rates[:peak]) and rates[peak:] == sorted(rates[peak:], reverse=True)


@pytest.mark.parametrize(
    ("features", "expected"),
    [({"avx512_bf16": True}, "bf16-mixed"), ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, "32-true")],
)
def test_bfloat16_gives_way_where_the_processor_has_none(monkeypatch, features, expected):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features)
    assert fitting.precision_here("bf16-mixed") == expected
    assert fitting.precision_here("32-true") == "32-true"


def test_a_part_of_the_items_can_be_trained_on(recipe, tmp_path, monkeypatch):
    seen = []
    batch = fitting._batch

    def watched(items, rows, conditions):
        seen.append(len(items))
        return batch(items, rows, conditions)

    monkeypatch.setattr(fitting, "_batch", watched)
    few = recipe.training.model_copy(update={"epochs": 1, "items": 96, "batch": 32})
    fit(recipe.model_copy(update={"training": few}), tmp_path / "few")
    assert seen[:-1] == [96] * 3 and seen[-1] > 96
