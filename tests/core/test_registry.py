"""What a room holds is known from its sources: a name costs one import, and a large room no more than a small one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.core import registry
from explorer.core.schema import ExplorerError
from explorer.museum.exhibits.base import Exhibit, listed
from tests.conftest import BUNDLED, ROOT

EXHIBIT = '''"""Exhibit: a generated one."""

from explorer.core.registry import register
from explorer.museum.exhibits.base import Exhibit


@register("exhibits", "generated-{number}")
class Generated(Exhibit):
    """A generated paper."""

    number = {number}
    title = "On the {number}th way to draw a digit"
    authors = "A. Author, B. Author"
    year = {year}
    link = "https://example.org/{number}"
    gallery = "{gallery}"
    idea = "Draw a digit in yet another way, and see whether anyone can tell."
    claim = "The {number}th way is better than the way before it."
    scaled = "Everything."
    checkpoints = ("digits-cvae-2d",)
    scene = {{"model": "digits-cvae-2d", "start": {{"item": {number}}}}}
    control = "#stage"
'''


def generate(folder: Path, count: int) -> Path:
    """Exhibits of `count` papers, as files."""
    for k in range(count):
        number = 1001 + k
        text = EXHIBIT.format(number=number, year=1990 + k % 36, gallery="ABCDEFJK"[k % 8])
        (folder / f"generated_{number}.py").write_text(text)
    return folder


def python(code: str, *arguments: str) -> dict:
    """What a fresh process prints last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("room", registry.GROUPS)
def test_the_names_are_those_that_the_files_register(room):
    assert set(registry.names(room)) == set(registry.discover(room))


@pytest.mark.parametrize("name", registry.names("exhibits"))
def test_an_exhibit_describes_itself_without_being_imported(name):
    """A class attribute that has to be computed would import torch to list the papers: write it out."""
    read = registry._read(registry._sources("exhibits")[name][1], "exhibits", name)
    assert read is not None
    kind = registry.find("exhibits", name)
    shown = next(exhibit for exhibit in listed() if exhibit.name == name)
    for attribute in Exhibit.__annotations__:
        assert getattr(shown, attribute, None) == getattr(kind, attribute, None), attribute


def test_plain_values_are_read_and_computed_ones_are_imported(tmp_path):
    source = """
from explorer.core.registry import register
BASE, DIGITS = 3, "no single name"
NAME = "pair"
@register("lenses", "pair")
class Pair:
    title = f"{NAME}-{0.5:.2f}" + "!"
    parts: tuple = (NAME, [1, -2], {"a": None})
    count = {count}
"""
    for count, plain in (("2", True), ("len(NAME)", False)):
        path = tmp_path / f"{plain}.py"
        path.write_text(source.replace("{count}", count))
        found = registry._read(path, "lenses", "pair")
        expected = {"name": "pair", "title": "pair-0.50!", "parts": ("pair", [1, -2], {"a": None}), "count": 2}
        assert found == (expected if plain else None)


def test_a_name_given_twice_is_an_error(tmp_path, monkeypatch):
    for file in ("one.py", "other.py"):
        (tmp_path / file).write_text('@register("tabs", "twice")\nclass Twice: ...\n')
    from explorer.page import tabs

    monkeypatch.setattr(tabs, "__path__", [*tabs.__path__, str(tmp_path)])
    registry._sources.cache_clear()
    with pytest.raises(ValueError, match="two entries named 'twice'"):
        registry.names("tabs")
    monkeypatch.undo()
    registry._sources.cache_clear()


def test_an_unknown_name_is_told_with_those_there_are():
    with pytest.raises(ExplorerError, match=r"There is no 'nothing' among the maps: given, pca, plane, umap\."):
        registry.find("maps", "nothing")


@pytest.mark.parametrize("name", ["digits-cvae-2d", "fashion-msp"])
def test_opening_a_checkpoint_imports_its_family_alone(name):
    code = f"""
import json, sys
from explorer.box.checkpoints import load
card = load({name!r}, {str(BUNDLED)!r}).card
rooms = ("explorer.learn.models.", "explorer.learn.plugins.", "explorer.learn.data.", "explorer.museum.")
print(json.dumps([card.family, card.arguments.get("base"), [m for m in sys.modules if m.startswith(rooms)]]))
"""
    family, base, found = python(code)
    used = {registry.find("models", one).__module__ for one in (family, base) if one}
    beside = {kind.__module__ for one in used for kind in vars(sys.modules[one]).values() if isinstance(kind, type)}
    entries = {module for room in ("models", "plugins", "data") for module, _ in registry._sources(room).values()}
    assert used <= set(found) & entries <= used | beside, "the families on which this one is built, and no other"


def test_three_hundred_exhibits_cost_no_start_and_no_memory(tmp_path):
    """The app is made beside 300 more exhibits: none of them is imported, and the process is no larger."""
    code = """
import gc, json, sys
import explorer.museum.exhibits as room
if len(sys.argv) > 1:
    room.__path__.append(sys.argv[1])
from explorer.page.ui import create_app
from explorer.page.bench.start import memory
import os
app = create_app()
gc.collect()
print(json.dumps({"mb": memory(os.getpid()), "imported": [m for m in sys.modules if ".exhibits." in m and "base" not in m]}))
"""
    few, many = python(code), python(code, str(generate(tmp_path, 300)))
    assert few["imported"] == many["imported"] == []
    assert few["mb"] is None or many["mb"] - few["mb"] < 8


def test_three_hundred_exhibits_are_listed_in_a_moment(tmp_path):
    code = """
import json, sys, time
import explorer.museum.exhibits as room
room.__path__.append(sys.argv[1])
from explorer.museum.exhibits.base import listed
started = time.perf_counter()
n = len(listed())
print(json.dumps({"n": n, "seconds": time.perf_counter() - started, "imported": [m for m in sys.modules if "generated" in m]}))
"""
    found = python(code, str(generate(tmp_path, 300)))
    assert found["n"] == 300 + len(registry.names("exhibits")) and found["imported"] == []
    assert found["seconds"] < 5


def test_a_package_that_is_installed_adds_to_a_room(tmp_path, monkeypatch):
    (tmp_path / "another.py").write_text("class Squares:\n    pass\n")
    told = tmp_path / "another-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: another\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[explorer.maps]\nsquares = another:Squares\nlost = nowhere:Lost\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_shelves", {"maps": dict(registry._shelves.get("maps", {}))})
    registry._installed.cache_clear()
    try:
        assert {"squares", "pca"} <= set(registry.names("maps"))
        assert "another" not in sys.modules  # until it is asked for
        assert (
            registry.find("maps", "squares").__name__ == "Squares"
            and registry.find("maps", "squares").name == "squares"
        )
        with pytest.raises(ExplorerError, match=r"'lost', nowhere:Lost can't be imported: ModuleNotFoundError"):
            registry.find("maps", "lost")
    finally:
        registry._installed.cache_clear()
        sys.modules.pop("another", None)
