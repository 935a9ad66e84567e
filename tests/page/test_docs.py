"""What the documents say is so: commands run, names exist, figures are those of the cards."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from gradio_client import Client
from PIL import Image

from explorer.box.checkpoints import available, read_card
from explorer.core import glossary, nodes
from explorer.core.registry import GROUPS, discover
from explorer.museum.exhibits.base import listed
from explorer.page.views.figures import BEGIN, END, dozen, markdown
from tests.conftest import BUNDLED, ROOT, bundled
from tests.support.live import serve

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md"))),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(kind: str, text: str = README) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def environment(tmp_path: Path) -> dict[str, str]:
    """A shell in which `python` is this one and the checkpoints are those in the box."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    virtual = {"VIRTUAL_ENV": sys.prefix, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])}
    return os.environ | virtual | {"PATH": path, "CHECKPOINTS": str(BUNDLED), "OMP_NUM_THREADS": "1"}


TRIED = (
    "tutorial",
    "host",
    "verdicts",
)  # pages whose commands run as they stand; those of the others need files, see their tests


def commands() -> list[str]:
    texts = [README, *((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in TRIED)]
    lines = [
        line.split("  #")[0].strip() for text in texts for block in blocks("sh", text) for line in block.splitlines()
    ]
    return [line for line in lines if line]


def test_the_box_is_full():
    played = {name for exhibit in discover("exhibits").values() for name in exhibit.checkpoints}
    assert (
        set(bundled())
        == {"avatars-cvae", "definitions", "digits-cvae-2d", "fashion-cvae", "icons", "typeface"} | played
    )
    weight = sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file())
    models = [path.stat().st_size for path in BUNDLED.glob("*/model.safetensors")]
    assert weight <= 120_000_000 and max(models) <= 10_000_000
    assert next(iter(available(BUNDLED))) == "avatars-cvae"


@pytest.mark.parametrize("command", [line for line in commands() if line.startswith("python")])
def test_commands_of_the_documents_run(command, tmp_path):
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "explorer"]
    if words[3] in ("train", "bench"):  # hours, and minutes: that they are understood is what can be tested
        flags = [word for word in words[4:] if word.startswith("-")]
        shown = subprocess.run(
            [sys.executable, *words[1:4], "--help"], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"COLUMNS": "200"},
        ).stdout  # fmt: skip
        assert all(flag in shown for flag in flags)
        return
    done = subprocess.run(
        command,
        shell=True,
        check=False,
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=300,
    )
    answers = (0, 1) if words[3] == "claim" else (0,)  # of a claim: it holds, or on so few data it doesn't
    assert done.returncode in answers and "Traceback" not in done.stderr, done.stderr
    for word in words:
        if word.endswith(".png"):
            assert Image.open(tmp_path / word).size == ((64, 64) if "avatars" in command else (28, 28))


@pytest.mark.parametrize(
    "target", sorted({word for line in commands() for word in re.findall(r"^make (\S+)", line)} | {"help"})
)
def test_make_targets_of_the_documents_exist(target):
    done = subprocess.run(["make", "--dry-run", target], check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(["make", "help"], check=True, cwd=ROOT, capture_output=True, text=True).stdout
    assert f"make {target}" in shown


def test_make_targets_named_in_prose_exist():
    makefile = (ROOT / "Makefile").read_text()
    for document in DOCUMENTS:
        for target in re.findall(r"`make ([a-z]+)", (ROOT / document).read_text()):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{document}: make {target}"


def printed(code: str, tmp_path: Path) -> str:
    """What a document's Python prints, run in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=tmp_path, env=environment(tmp_path),
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_of_the_readme_runs(tmp_path):
    first, second = blocks("python")
    said = printed(first, tmp_path)
    assert Image.open(tmp_path / "coat.png").size == (28, 28) and "nearest_item" in said
    ast.parse(second)


def test_the_python_of_the_tutorial_runs(tmp_path):
    (code,) = blocks("python", (ROOT / "docs/tutorial.md").read_text(encoding="utf-8"))
    said = printed(code, tmp_path)
    assert Image.open(tmp_path / "edit.png").size == (64, 64) and "round" in said


def test_the_site_of_the_documents_is_built_without_a_warning_and_asks_no_other_host(tmp_path):
    """A page that no list names, a broken link and a docstring that can't be read are warnings."""
    made = ["-m", "sphinx", "--quiet", "--fail-on-warning", "--builder", "html"]
    assert " ".join(made[1:]) in (ROOT / "Makefile").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *made, "-d", str(tmp_path / "trees"), "docs", str(tmp_path / "site")],
        check=False, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pages = {
        path.relative_to(tmp_path / "site").as_posix(): path.read_text() for path in (tmp_path / "site").rglob("*.html")
    }
    assert {"index.html", "tutorial.html", "reference/commands.html", "reference/python.html"} <= set(pages)
    assert "Explorer.interpolate" in pages["reference/python.html"] and "claim" in pages["reference/commands.html"]
    fetched = re.compile(r"""<(?:script|img|iframe)[^>]* src="([^"]+)"|<link[^>]* href="([^"]+)\"""")
    for name, text in pages.items():
        for found in fetched.findall(text):
            assert not re.match(r"(https?:)?//", "".join(found)), (name, found)
    for style in (tmp_path / "site" / "_static").rglob("*.css"):
        assert not re.search(r"""(@import|url\()\s*["']?(https?:)?//""", style.read_text()), style.name


def test_the_client_of_the_readme_is_answered(monkeypatch):
    from explorer.page.ui import create_app

    code = blocks("python")[1].splitlines()
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    with serve(create_app(BUNDLED)) as url:
        call = ast.parse(code[-1]).body[0].value
        arguments = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        assert Client(url, verbose=False).predict(**arguments)["image"].startswith("data:image/png")


def test_figures_of_the_readme_are_those_of_the_cards():
    full, short = (
        (ROOT / name).read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()
        for name in ("docs/figures.md", "README.md")
    )
    assert short == dozen(available(BUNDLED).values(), listed()), "run `make readme`"
    assert (ROOT / "docs/glossary.md").read_text(encoding="utf-8") == glossary.markdown(), "run `make readme`"
    assert full == markdown(available(BUNDLED).values(), listed()), "run `make readme`"


@pytest.mark.parametrize("name", bundled())
def test_a_card_has_every_figure_and_says_where_its_data_is_from(name):
    card = read_card(BUNDLED / name)
    worded = card.modality == "text"  # which has a lens of its own for all three
    asked = {"sentences"} if worded else {"edits", "resample"}
    asked |= {"reconstruction"} if "encode" in card.capabilities and not worded else set()
    asked |= (
        {"leakage"} if "encode" in card.capabilities and card.latent.kind != "codes" else set()
    )  # a probe reads numbers
    assert asked <= set(card.metrics)
    assert card.data in discover("data") and card.data_licence and card.data_source
    assert card.metrics.get("quick") is False and card.metrics["n"]["held_out"] >= 300
    assert set(card.priors) <= set(card.metrics["sentences" if worded else "resample"])
    recipe = tomllib.loads((BUNDLED / name / "recipe.toml").read_text())
    assert recipe["name"] == name and recipe["family"] == card.family and recipe["seed"] == card.seed
    assert recipe["model"] == card.arguments


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_and_names_in_the_documents_exist(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith(("http", "term:")):  # the latter is a word of the glossary in a lesson
            assert ((ROOT / document).parent / target).is_file(), target
    for name in re.findall(r"`((?:explorer|tests|assets|checkpoints)/[\w./-]*)`", text):
        assert (ROOT / name).exists(), name
    for room in re.findall(r"explorer/\w+/(\w+)/(?:<gallery>/)?<name>\.py", text):
        assert discover(room), room


def test_the_contracts_in_contributing_are_those_of_the_code():
    import importlib

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| an? [\w ]+ \| `explorer/\w+/(\w+)/\S+` \| `(\w+)`: (.*) \|$", text, re.MULTILINE)
    assert {room for room, *_ in rows} == {
        "models",
        "data",
        "modalities",
        "kinds",
        "plays",
        "priors",
        "maps",
        "operations",
        "lenses",
        "tabs",
        "exhibits",
    }
    for room, name, promised in rows:
        # a tab may be declared with its operation, so the contract lies beside those
        where = "play.operations.tab" if room == "tabs" else f"{GROUPS[room]}.{room}.base"
        module = importlib.import_module(f"explorer.{where}")
        base = getattr(module, name)
        members = re.findall(r"`(\w+)(?:\([^)]*\))?`", promised)
        for member in members:
            known = hasattr(base, member) or member in base.__annotations__ or member == "c"
            assert (
                known
                or any((ROOT / "explorer").glob(f"*/{member}"))
                or hasattr(nodes, member)
                or hasattr(module, member)
            ), f"{name}.{member}"
    from tests.core.test_layers import HOUSE

    told = re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", text, re.MULTILINE)
    assert {group: re.findall(r"`(\w+)`", rooms) for group, rooms in told if group in HOUSE} == HOUSE


def test_every_public_thing_is_documented():
    for path in (ROOT / "explorer").rglob("*.py"):
        if "node_modules" in path.parts or path.name == "__init__.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                arguments = [*node.args.args, *node.args.kwonlyargs]
                assert all(a.annotation for a in arguments), f"{path.name}: {node.name} lacks types"
