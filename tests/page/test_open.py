"""`python -m explorer open` and `explorer.open`: the commands of docs/bring-your-data.md, on small real files."""

from __future__ import annotations

import re
import shlex

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import explorer
from explorer.box.build import build
from explorer.box.checkpoints import Checkpoint, check
from explorer.box.own import make, network
from explorer.box.own.inspect import look
from explorer.box.portable.shipped import shipped
from explorer.core.registry import find
from explorer.core.schema import ExplorerError
from explorer.learn.training.fit import Run
from explorer.page.cli import app
from tests.box.test_own import cache, folder, table  # noqa: F401 - a fixture of every test here
from tests.box.test_own_texts import lined
from tests.conftest import ROOT

DOCUMENT = (ROOT / "docs" / "bring-your-data.md").read_text(encoding="utf-8")
ALWAYS = ["--no-browser", "--yes"]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def things(tmp_path, monkeypatch):
    """A folder with what the document opens, in which one works."""
    folder(tmp_path / "pictures", 40)
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "vectors.npz", vectors=rng.normal(size=(60, 7)), kind=np.array(["a", "b"])[np.arange(60) % 2])
    lined(tmp_path / "sentences.txt")
    table(tmp_path / "table.csv", species=["a", "b", "c"] * 20)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(network, "MOST_EPOCHS", 2)
    monkeypatch.setattr(build, "_graphs", lambda checkpoint: {})  # made once, in a test of their own
    return tmp_path


def run(*arguments: str):
    return CliRunner().invoke(app, ["open", *arguments, *ALWAYS], catch_exceptions=True)


def test_the_commands_of_the_document_run(things):
    commands = [line for block in blocks("sh") for line in block.splitlines() if line]
    assert len(commands) >= 5
    for command in commands:
        head, arguments = command.split("explorer open ")
        assert head == "python -m "
        done = run(*shlex.split(arguments))
        assert done.exit_code == 0, f"{command}: {done.exception!r} {done.output}"
        assert "Explorable after" in done.output and "held-out items" in done.output
    assert "The network" in done.output
    assert check(things / "table-box") == check(things / "vectors-box") == []
    assert (things / "vectors-box.explorer.toml").is_file()


def test_the_python_of_the_document_runs(things, capsys):
    for block in blocks("python"):
        exec(block, {})
    assert "psnr" in capsys.readouterr().out


def test_what_is_opened_can_be_walked(things):
    m = explorer.open("table.csv", out=things / "box")
    there, back = m.edit(item=1, species="a"), m.edit(item=1, species="b")
    assert there.image.tobytes() != back.image.tobytes()
    assert len(m.resample(3, species="c").images) == len(m.interpolate(0, 5, 3).images) == 3
    assert explorer.load(things / "box").neighbours(0, 2) == m.neighbours(0, 2)


def test_minutes_and_things_that_are_none_are_refused(things):
    assert "1, 5, 15 or 60" in str(run("table.csv", "--minutes", "7").exception)
    done = run("nothing.csv")
    assert isinstance(done.exception, ExplorerError) and "no file or folder" in str(done.exception)
    assert not list(things.glob("*.toml"))


def test_a_network_of_a_table_begins_as_its_components(things):
    found = look("table.csv")
    data = make.registered(found)[1]
    components = make.fitted(data)
    untrained = find("models", network.FAMILY).made(data.shape, data.conditions, network.arguments(2, 1))
    untrained.load_state_dict(components.state_dict(), strict=False)
    x, c = torch.from_numpy(found.x), data.conditions.encode_codes(found.codes)
    ours, theirs = (model.decode(model.encode(x, c).mean, c) for model in (untrained.eval(), components))
    assert torch.equal(ours, theirs)
    done = run("table.csv", "--minutes", "1", "--out", "box")
    assert "The network" in done.output and "held-out items" in done.output, done.exception
    assert Checkpoint.load(things / "box").card.family in ("pca", network.FAMILY)


@pytest.mark.parametrize("beats", [True, False])
def test_a_network_takes_the_place_where_it_beats_as_many_components(things, monkeypatch, beats):
    found = look("pictures")
    out = make.place(things / "box")
    make.first(found, out)
    score = lambda model, *given: 9.0 if (type(model).__name__ == "Residual") == beats else 3.0  # noqa: E731
    monkeypatch.setattr(make, "quality", score)
    made, said = make.network(found, out, 1)
    assert made.card.family == ("pca-residual" if beats else "pca") == Checkpoint.load(out).card.family
    assert ("took the place of the components" in said) == beats and "9.0" in said


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(things, monkeypatch):
    found = look("pictures")
    name, data = make.registered(found)
    monkeypatch.setattr(network, "MOST_EPOCHS", 3)
    monkeypatch.setenv("EXPLORER_CACHE", str(things / "one"))
    planned, whole = network.trained(found, name, data, 1, make.fitted(data))
    monkeypatch.setenv("EXPLORER_CACHE", str(things / "another"))
    save = Run.save

    def stopped(self, out, recipe):
        save(self, out, recipe)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Run, "save", stopped)
        network.trained(found, name, data, 1, make.fitted(data))
    recipe, resumed = network.trained(found, name, data, 1, make.fitted(data))
    assert recipe == planned and recipe.training.epochs == 3
    a, b = (torch.cat([value.float().flatten() for value in m.state_dict().values()]) for m in (whole, resumed))
    assert (a - b).norm() < 1e-3 * a.norm()


def test_the_components_run_in_the_page(tmp_path):
    found = look(folder(tmp_path / "pictures", 40))
    made = make.first(found, make.place(tmp_path / "box"), whole=True)
    assert set(shipped(made).parts) == {"decoder", "encoder", "features"}
