"""The command line, as a person calls it: what it prints, what it writes, and one sentence when it can't."""

from __future__ import annotations

import base64
import io
import json
import os
import shlex
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from explorer.core import link
from explorer.core.scene import Point, Scene
from explorer.play.session import open_session
from tests.conftest import ROOT
from tests.support import tiny


def run(*arguments: str, root=None, fails: bool = False) -> subprocess.CompletedProcess:
    environment = os.environ | ({"CHECKPOINTS": str(root)} if root else {}) | {"COLUMNS": "160"}
    done = subprocess.run(
        [sys.executable, "-m", "explorer", *arguments],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == (2 if fails else 0), done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_help_answers_at_once_without_torch():
    started = time.monotonic()
    shown = run("--help").stdout
    assert time.monotonic() - started < 5
    for command in ("list", "describe", "train", "render", "bench"):
        assert command in shown
    code = "import sys, explorer.page.cli; sys.exit(any(m in sys.modules for m in ('torch', 'gradio', 'numpy', 'umap', 'numba')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_list(root):
    shown = run("list", root=root).stdout
    assert "tiny-digits" in shown and "colour, height" in shown
    rows = json.loads(run("list", "--json", root=root).stdout)
    assert [row["name"] for row in rows] == ["tiny-digits", "tiny-shapes"]
    assert rows[1]["attributes"] == ["colour", "height"] and rows[1]["latent"] == {"kind": "vector", "shape": [6]}
    size = sum(path.stat().st_size for path in (root / "tiny-shapes").iterdir())
    assert rows[1]["bytes"] == size


def test_list_of_an_empty_folder_and_of_a_broken_one(tmp_path):
    assert json.loads(run("--checkpoints", str(tmp_path), "list", "--json").stdout) == []
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "card.json").write_text("{")
    done = run("--checkpoints", str(tmp_path), "list")
    assert done.stderr.strip() == "The card of the checkpoint broken is not readable JSON."


def test_describe(root):
    shown = run("describe", "tiny-shapes", root=root).stdout
    assert "Tiny shapes" in shown and "red, green, blue" in shown and "4 to 14 pixels" in shown
    card = json.loads(run("describe", "tiny-shapes", "--json", root=root).stdout)
    assert card == json.loads((root / "tiny-shapes" / "card.json").read_text())


@pytest.mark.parametrize("form", ["link", "json", "file", "url"])
def test_render_writes_the_pixels_of_the_page(root, tmp_path, form):
    scene = Scene(model="tiny-shapes").at(Point().asking(colour="blue").then("vary", seed=3))
    given = {
        "link": link.write(scene),
        "json": link.compact(scene),
        "url": f"http://127.0.0.1:7860/#{link.write(scene)}",
    }
    (tmp_path / "scene.json").write_text(link.compact(scene))
    out = tmp_path / "picture.png"
    done = run("render", given.get(form, str(tmp_path / "scene.json")), "-o", str(out), root=root)
    assert done.stdout.strip() == str(out)
    assert np.array_equal(np.asarray(Image.open(out)), open_session("tiny-shapes").render([scene.point])[0])


def test_render_enlarges(root, tmp_path):
    run("render", link.write(Scene(model="tiny-digits")), "-o", str(tmp_path / "a.png"), "--scale", "4", root=root)
    assert Image.open(tmp_path / "a.png").size == (64, 64)


def test_copied_code_makes_the_pixels_of_the_page(root, tmp_path):
    from explorer.page.act import act
    from tests.support.asking import show

    scene = Scene(model="tiny-shapes").at(
        Point().asking(colour="green").then("between", to={"start": {"item": 5}}, t=0.3)
    )
    request = {"scene": scene.model_dump(mode="json")}
    shown = show(request["scene"])["after"]
    on_page = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2]))))
    lines = act({"do": "code", **request})
    words = shlex.split(lines["command"])
    assert words[:3] == ["python", "-m", "explorer"]
    for command in ([sys.executable, *words[1:]], [sys.executable, "-c", lines["python"]]):
        subprocess.run(
            command, check=True, cwd=tmp_path, capture_output=True, timeout=300,
            env=os.environ | {"PYTHONPATH": str(ROOT), "CHECKPOINTS": str(root)},
        )  # fmt: skip
        made = tmp_path / "picture.png"
        assert np.array_equal(np.asarray(Image.open(made).convert("RGB")), on_page)
        made.unlink()


def test_train_writes_a_checkpoint_and_says_how_far_it_is(tmp_path):
    (tmp_path / "tiny-shapes").mkdir()
    recipe = tmp_path / "tiny-shapes" / "recipe.toml"
    recipe.write_text(tiny.recipe("tiny-shapes", epochs=1))
    out = tmp_path / "made"
    code = "import tests.support.tiny, sys; from explorer.page.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "train", str(recipe), "-o", str(out), "--quick"], check=False,
        cwd=ROOT, env=os.environ | {"EXPLORER_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "epoch 1" in done.stdout + done.stderr and "is ready in" in done.stdout
    assert json.loads((out / "card.json").read_text())["name"] == "tiny-shapes"


@pytest.mark.parametrize(
    "arguments",
    [
        ("describe", "nothing"),
        ("render", "no-link", "-o", "/tmp/never.png"),
        ("render", "{}", "-o", "/tmp/never.png"),
        ("render", '{"model": "nothing"}', "-o", "/tmp/never.png"),
        ("render", '{"model": "tiny-digits", "start": {"item": 99999}}', "-o", "/tmp/never.png"),
        ("render", '{"model": "tiny-digits"}', "-o", "/nowhere/at/all.png"),
        ("train", "/nowhere/recipe.toml"),
    ],
    ids=lambda a: " ".join(a)[:40],
)
def test_what_cannot_be_done_is_one_sentence_on_stderr(root, arguments):
    done = run(*arguments, root=root, fails=True)
    assert done.stdout == "" and done.stderr.count("\n") == 1 and done.stderr.strip().endswith(".")


def test_the_app_explains_itself():
    done = subprocess.run(
        [sys.executable, "app.py", "--help"], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0
    for word in ("--host", "--port", "--checkpoints", "7860", "127.0.0.1"):
        assert word in done.stdout


def test_a_table_that_is_piped_keeps_a_row_on_a_line_and_a_narrow_one_keeps_names_whole(root):
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    for columns in ({}, {"COLUMNS": "80"}):
        done = subprocess.run(
            [sys.executable, "-m", "explorer", "list"], check=True, cwd=ROOT, capture_output=True, text=True,
            env=environment | {"CHECKPOINTS": str(ROOT / "checkpoints")} | columns,
        )  # fmt: skip
        shown = done.stdout.splitlines()
        assert all(len(line) <= 80 for line in shown) == bool(columns)
        for folder in (ROOT / "checkpoints").glob("*/card.json"):
            assert sum(line.split()[:1] == [folder.parent.name] for line in shown) == 1
        assert columns or len(shown) == 1 + len(list((ROOT / "checkpoints").glob("*/card.json")))


@pytest.mark.parametrize("command", [["list"], ["describe", "tiny-shapes"]])
def test_to_list_and_describe_takes_neither_torch_nor_gradio(root, command):
    code = (
        "import sys; from explorer.page.cli import app; app(standalone_mode=False);"
        "sys.exit(any(m in sys.modules for m in ('torch', 'gradio', 'scipy', 'sklearn', 'umap')))"
    )
    subprocess.run(
        [sys.executable, "-c", code, *command], check=True, cwd=ROOT, capture_output=True,
        env=os.environ | {"CHECKPOINTS": str(root)},
    )  # fmt: skip


def test_only_names_of_its_own_tell_the_app_where_to_listen():
    def asked(*words: str, **environment: str) -> str:
        names = {key: value for key, value in os.environ.items() if key not in ("HOST", "PORT")}
        done = subprocess.run(
            ["make", "-n", "app", *words], check=True, cwd=ROOT, capture_output=True, text=True,
            env=names | environment,
        )  # fmt: skip
        return done.stdout

    ours = "--host '127.0.0.1' --port '7860'"
    assert ours in asked(HOST="x86_64-conda-linux-gnu", PORT="nonsense")
    assert "--host '0.0.0.0' --port '7000'" in asked("HOST=0.0.0.0", "PORT=7000", HOST="x86_64-conda-linux-gnu")
    assert "--host '0.0.0.0'" in asked(EXPLORER_HOST="0.0.0.0")
