"""What a result follows from, as a hash: the source of a module and of all that it imports within the explorer.

A run, a fitted baseline, a graph and a stored claim carry it beside their recipe, so that changing a loss or a rate makes them
anew, while a comment, a docstring, what a class tells people about itself, or another format does not.
"""

from __future__ import annotations

import ast
import hashlib
from functools import lru_cache
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parents[1]
ROOM = PACKAGE.name
PROSE = {
    "title",
    "authors",
    "idea",
    "claim",
    "scaled",
    "look",
    "sentence",
    "summary",
}  # of classes: told to people, decides nothing


@lru_cache(maxsize=256)
def sources(*modules: str, within: tuple[str, ...] = (ROOM,)) -> str:
    """Sixteen hex digits that change with the code of these modules or of any module of the explorer that they import.

    Args:
        modules: full names, such as `explorer.learn.training.fit`.
        within: packages that imports are followed into.

    Raises:
        ModuleNotFoundError: the explorer has no such module.
    """
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name], imported = _read(_path(name))
            waiting += [each for each in imported if any(f"{each}.".startswith(f"{room}.") for room in within)]
    whole = hashlib.sha256()
    for name, code in sorted(found.items()):
        whole.update(f"{name} {code}\n".encode())
    return whole.hexdigest()[:16]


def of(*things: type | ModuleType | object) -> str:
    """The same of the modules in which classes or functions are defined; those outside the explorer don't count."""
    return of_modules(*(getattr(thing, "__module__", None) or thing.__name__ for thing in things))


def of_modules(*names: str, within: tuple[str, ...] = (ROOM,)) -> str:
    """The same of modules by their full names."""
    return sources(*sorted({name for name in names if name.split(".")[0] == ROOM and _file(name)}), within=within)


def docstring(name: str) -> str:
    """The docstring of a module of the explorer, without importing it; empty where it has none.

    Raises:
        ModuleNotFoundError: the explorer has no such module.
    """
    return ast.get_docstring(ast.parse(_path(name).read_text(encoding="utf-8"))) or ""


def _file(name: str) -> Path | None:
    """The file of a module of the explorer, found without importing it; None where there is none."""
    base = PACKAGE.parent.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _path(name: str) -> Path:
    path = _file(name)
    if path is None:
        raise ModuleNotFoundError(f"The explorer has no module {name}.")
    return path


@lru_cache(maxsize=1024)
def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    """A file -> the hash of its code, and the explorer's modules that it imports, for types alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in _running(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:  # a module of a package, or a name within a module
                full = f"{node.module}.{alias.name}"
                names.add(full if node.module.split(".")[0] == ROOM and _file(full) else node.module)
    for node in ast.walk(tree):
        _without_docstring(node)
        _without_prose(node)
    code = hashlib.sha256(ast.dump(tree).encode()).hexdigest()
    return code, tuple(sorted(name for name in names if name.split(".")[0] == ROOM and _file(name)))


def _running(tree: ast.AST) -> list[ast.AST]:
    """All nodes but those under `if TYPE_CHECKING:`."""
    out, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        out.append(node)
        waiting += ast.iter_child_nodes(node)
    return out


def _without_docstring(node: ast.AST) -> None:
    body = getattr(node, "body", None)
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            del body[0]


def _without_prose(node: ast.AST) -> None:
    if isinstance(node, ast.ClassDef):
        node.body = [each for each in node.body if not (isinstance(each, ast.Assign) and _names(each) <= PROSE)]


def _names(assigned: ast.Assign) -> set[str]:
    return {target.id if isinstance(target, ast.Name) else "" for target in assigned.targets}
