"""A person's own model: the examples of docs/bring-your-model.md, and models of every odd kind, tried and opened."""

from __future__ import annotations

import re
import shlex
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

import explorer
from explorer.box.own import make as own
from explorer.box.own import named
from explorer.core.schema import ExplorerError
from explorer.page.cli import app
from tests.box.test_own import cache  # noqa: F401 - a fixture of every test here
from tests.conftest import ROOT

DOCUMENT = (ROOT / "docs" / "bring-your-model.md").read_text(encoding="utf-8")
PYTHON, FILE, SHELL = (
    re.findall(rf"^```{kind}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    for kind in ("python", "python file=mymodel.py", "sh")
)
X = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
KINDS = {"kind": ["a", "b"] * 20}


class Linear(nn.Module):
    """An encoder and a decoder, each of one layer, whose answers a test wraps."""

    def __init__(self, wrap=lambda tensor: tensor, condition=0):
        super().__init__()
        self.enter, self.leave = nn.Linear(64 + condition, 3), nn.Linear(3 + condition, 64)
        self.wrap = wrap

    def encode(self, x, *c):
        return self.wrap(self.enter(torch.cat([x.flatten(1), *c], 1)))

    def decode(self, z, *c):
        return self.wrap(self.leave(torch.cat([z, *c], 1)).view(-1, 1, 8, 8))


def test_the_examples_run_and_are_short(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(own, "LEAST_UMAP", 1000)  # a second map of each, which tests/box tries, would take a minute
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mymodel", raising=False)
    (tmp_path / "mymodel.py").write_text(FILE[0])
    assert len(PYTHON) == 4 and len(SHELL) == 3
    assert all(len(block.splitlines()) <= 40 for block in (*PYTHON, *FILE))
    for block in PYTHON:
        exec(block.replace("range(600)", "range(60)"), {})
    said = capsys.readouterr().out
    assert "`encode` turns an item of 1 x 8 x 8 into 8 numbers (the first of 2 is taken)" in said
    assert "linear read-out of the latent" in said
    for command in (line for block in SHELL for line in block.splitlines()):
        words = shlex.split(command)[3:] + (["--no-browser"] if " open " in command else [])
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0 and "`encode` turns an item" in done.output, done
        assert (" open " not in command) or "held-out items" in done.output


WRAPPED = {
    "a tuple": lambda tensor: (tensor, tensor * 0),
    "a distribution": lambda tensor: torch.distributions.Normal(tensor, 1.0),
    "diffusers": lambda tensor: SimpleNamespace(latent_dist=SimpleNamespace(mean=tensor)) if tensor.ndim == 2 else
    SimpleNamespace(sample=tensor),
    "pythae": lambda tensor: {"embedding": tensor} if tensor.ndim == 2 else {"reconstruction": tensor},
}  # fmt: skip


@pytest.mark.parametrize("kind", WRAPPED)
def test_answers_of_every_kind_are_understood(kind):
    said = str(explorer.check(Linear(WRAPPED[kind]), X))
    assert "into 3 numbers" in said and "gives an item back" in said and "without a condition" in said


def test_a_condition_is_found_by_trying(tmp_path):
    said = str(explorer.check(Linear(condition=2), X, KINDS))
    assert "with the condition as a vector" in said

    class Labelled(Linear):
        def encode(self, x, y):
            return super().encode(x, nn.functional.one_hot(y, 2).float())

        def decode(self, z, y):
            return super().decode(z, nn.functional.one_hot(y, 2).float())

    assert "with the first attribute as a number" in str(explorer.check(Labelled(condition=2), X, KINDS))
    m = explorer.open(Labelled(condition=2), X, KINDS, out=tmp_path / "box")
    a, b = m.edit(0, kind="a"), m.edit(0, kind="b")
    assert a.image.tobytes() != b.image.tobytes()


def test_what_is_decoded_is_what_the_model_decodes(tmp_path):
    torch.manual_seed(0)
    model = Linear()
    m = explorer.open(model, X * 4 - 2, KINDS, out=tmp_path / "box")
    wanted = model.decode(model.encode(X * 4 - 2))[0]
    points = m.session.checkpoint.model
    x = torch.as_tensor((X * 4 - 2 - (X * 4 - 2).min()) / (X * 4 - 2).max().sub((X * 4 - 2).min()))
    z = points.encode(x[:1], torch.tensor([[1.0, 0.0]])).mean
    low, high = (X * 4 - 2).min(), (X * 4 - 2).max()
    assert torch.allclose(points.decode(z)[0], ((wanted - low) / (high - low)).clamp(0, 1), atol=1e-3)
    assert m.card.title == "Linear" and m.session.checkpoint.items.codes[:, 0].tolist() == [0, 1] * 20


class Noisy(Linear):
    def encode(self, x):
        return super().encode(x) + torch.randn(len(x), 3)


class Long(nn.Module):
    def forward(self, x):
        return x.flatten(1).repeat(1, 100)


class Codes(nn.Module):
    def forward(self, x):
        return x.flatten(1).long()


class Shy(nn.Module):
    def forward(self, x):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied\nmore")


class Wide(Linear):
    def decode(self, z):
        return torch.zeros(len(z), 3, 8, 8)


REFUSED = {
    "noise": (Noisy(), X, None, "changes from call to call"),
    "scale": (Linear(lambda t: t * 50), X, None, "are the items scaled as in training?"),
    "too long": (Long(), X, None, "A latent of 6,400 numbers is too large"),
    "codes": (Codes(), X, None, "gives codes"),
    "another shape": (Shy(), X, None, "RuntimeError: mat1 and mat2 shapes cannot be multiplied."),
    "no model": (object(), X, None, "it has none of `encode`"),
    "another size out": (Wide(), X, None, "Wide.decode gives 3 x 8 x 8 where an item has 1 x 8 x 8."),
    "few": (Linear(), X[:5], None, "holds 5 items; a map takes 24"),
    "labels": (Linear(), X, {"kind": [1, 2]}, "The attribute kind has 2 values for 40 items."),
    "not finite": (Linear(), X / 0, None, "Item 0 holds a number that isn't finite."),
    "all the same": (Linear(), X * 0, None, "All numbers of these items are the same."),
    "text": (Linear(), "digits.npz", None, "not str"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_odd_models_and_items_are_told_in_a_sentence(case):
    model, items, attributes, words = REFUSED[case]
    try:
        said = str(explorer.check(model, items, attributes))
    except ExplorerError as error:
        said = str(error)
    assert words in said, said


def test_datasets_and_loaders_bring_their_labels():
    data = torch.utils.data.TensorDataset(X, torch.arange(40) % 3)
    for items in (data, torch.utils.data.DataLoader(data, batch_size=7)):
        said = str(explorer.check(Linear(), items))
        assert "40 pictures were given" in said and "label: its 3 whole numbers are taken as names" in said


@pytest.mark.parametrize(
    ("name", "weights", "words"),
    [
        ("nothing", None, "module:Class"),
        ("no.such:Model", None, "ModuleNotFoundError"),
        ("torch.nn:Identity", "v.npy", "v.npy can't be read as safetensors"),
        ("v.npy.onnx", None, "v.npy.onnx is no graph that can be run"),
    ],
)
def test_a_wrong_name_is_refused(tmp_path, monkeypatch, name, weights, words):
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", np.zeros(3))
    with pytest.raises(ExplorerError, match=words.replace(":", ".")):
        named.model(name, weights and tmp_path / weights)


def test_check_says_what_would_be_understood_of_data(tmp_path):
    np.savez(tmp_path / "v.npz", vectors=np.random.default_rng(0).normal(size=(40, 5)), kind=["a", "b"] * 20)
    done = CliRunner().invoke(app, ["check", str(tmp_path / "v.npz")])
    assert done.exit_code == 0 and "40 vectors of 5 numbers" in done.output and len(list(tmp_path.iterdir())) == 1
