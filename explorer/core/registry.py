"""One registry for each room: a file in the room registers its class under a name, and nothing else has to know it.

`@register("models", "cvae")` puts a class on the shelf `models`. `find("models", "cvae")` imports the one file that says so:
the names are read from the sources, not by importing them, so that a room costs no more the more it holds. `facts` gives the
class attributes of an entry in the same way, where they are plain values; `discover` imports a whole room. A name given
twice is an error.

A package that is installed beside the explorer adds to a room by an entry point of the group `explorer.<room>`, such as
`explorer.models`: its code runs because somebody has installed it, when its name is asked for.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from explorer.core.refusals import quoted, refuse

T = TypeVar("T")
_shelves: dict[str, dict[str, Any]] = {}
GROUPS = {
    "kinds": "learn", "modalities": "learn", "data": "learn", "models": "learn", "plugins": "learn", "priors": "learn",
    "maps": "box", "operations": "play", "lenses": "museum", "exhibits": "museum", "plays": "museum", "tabs": "page",
}  # fmt: skip
ALSO = {
    "models": ("plugins",),  # a plug-in that a recipe can build around a family is a family itself
    "tabs": ("operations",),  # an operation may declare the tab that turns it
}
REGISTERED = re.compile(r"""^@register\(\s*["'](\w+)["'],\s*["']([\w-]+)["']""", re.MULTILINE)


def register(room: str, name: str) -> Callable[[T], T]:
    """Put a class or an object on a room's shelf under `name`; it then answers to `.name`.

    Raises:
        ValueError: another one has that name already.
    """

    def put(thing: T) -> T:
        shelf = _shelves.setdefault(room, {})
        if name in shelf and shelf[name].__module__ != thing.__module__:
            raise ValueError(f"{room} has two entries named {name!r}: {shelf[name].__module__} and {thing.__module__}")
        thing.name = name
        shelf[name] = thing
        return thing

    return put


def _files(room: str) -> Iterator[tuple[str, Path]]:
    """Full name and path of each public module of a room, in the order of their names."""
    package = f"explorer.{GROUPS[room]}.{room}"
    for root in map(Path, importlib.import_module(package).__path__):
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if not any(part.startswith("_") for part in parts):
                yield ".".join((package, *parts)), path


@cache
def _sources(room: str) -> dict[str, tuple[str, Path]]:
    """Name -> module and file of each entry that the sources of a room, and of those beside it, register.

    Raises:
        ValueError: two files register the same name.
    """
    found: dict[str, tuple[str, Path]] = {}
    for source in (room, *ALSO.get(room, ())):
        for module, path in _files(source):
            for place, name in REGISTERED.findall(path.read_text(encoding="utf-8")):
                if place != room:
                    continue
                if name in found and found[name][0] != module:
                    raise ValueError(f"{room} has two entries named {name!r}: {found[name][0]} and {module}")
                found[name] = (module, path)
    return found


@cache
def _installed(room: str) -> dict[str, EntryPoint]:
    """What other packages add to a room, by name."""
    return {one.name: one for one in entry_points(group=f"explorer.{room}")}


def names(room: str) -> tuple[str, ...]:
    """The names of all entries of a room, sorted; nothing is imported for it."""
    return tuple(sorted(_sources(room).keys() | _shelves.get(room, {}).keys() | _installed(room).keys()))


def discover(room: str) -> MappingProxyType[str, Any]:
    """All entries of a room by name, in the order of their `order` attribute (default 100), then of their names."""
    for module in {module for module, _ in _sources(room).values()}:
        importlib.import_module(module)
    shelf = _shelves.get(room, {})
    return MappingProxyType(dict(sorted(shelf.items(), key=lambda kv: (getattr(kv[1], "order", 100), kv[0]))))


def find(room: str, name: str) -> Any:
    """The entry of a room by name; its file alone is imported.

    Raises:
        ExplorerError: no such entry.
    """
    if name not in (shelf := _shelves.setdefault(room, {})) and name in (sources := _sources(room)):
        importlib.import_module(sources[name][0])
    if name not in shelf and name in (others := _installed(room)):
        register(room, name)(_brought(others[name]))
    if name not in shelf:
        raise refuse("unknown", name=quoted(name), room=room, known=list(names(room)))
    return shelf[name]


def _brought(entry: EntryPoint) -> Any:
    """What an entry point of another package names.

    Raises:
        ExplorerError: that package can't be imported.
    """
    try:
        return entry.load()
    except Exception as error:  # their code may raise anything
        reason = f"{entry.value} can't be imported: {type(error).__name__}: {str(error)[:200]}"
        raise refuse("reason", reason=f"The {entry.group} of the name {entry.name!r}, {reason}.") from None


def module(room: str, name: str) -> str:
    """The full name of the module that registers an entry; it isn't imported where its source says so.

    Raises:
        ExplorerError: no such entry.
    """
    found = _sources(room).get(name)
    return found[0] if found else find(room, name).__module__


def facts(room: str, name: str) -> dict[str, Any]:
    """The public class attributes of an entry, read from its source where they are plain values, else by importing it.

    Plain are literals, and names, sums and f-strings of the module's own plain values.

    Raises:
        ExplorerError: no such entry.
    """
    if name not in (sources := _sources(room)):
        return _public(vars(find(room, name)))
    found = _read(sources[name][1], room, name)
    return _public(vars(find(room, name))) if found is None else found


def _public(attributes: Any) -> dict[str, Any]:
    return {k: v for k, v in attributes.items() if not k.startswith("_") and not callable(v) and not _descriptor(v)}


def _descriptor(value: Any) -> bool:
    return hasattr(value, "__get__")


@cache
def _read(path: Path, room: str, name: str) -> dict[str, Any] | None:
    """What `facts` gives, from the source; None where a value has to be computed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = dict(_assigned(tree.body, {}))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(_registers(d, room, name) for d in node.decorator_list):
            own = [(key, value) for key, value in _assigned(node.body, known) if not key.startswith("_")]
            return {"name": name, **dict(own)} if all(value is not _Unknown for _, value in own) else None
    return None


class _Unknown:
    """Stands for a value that can't be read from the source."""


def _registers(decorator: ast.expr, room: str, name: str) -> bool:
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Name):
        return False
    given = [getattr(argument, "value", None) for argument in decorator.args]
    return decorator.func.id == "register" and given == [room, name]


def _assigned(body: list[ast.stmt], known: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Name and value of each assignment to a single name, `_Unknown` where it isn't plain."""
    seen = dict(known)
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AnnAssign) and node.value else target
        if isinstance(target, ast.Name):
            try:
                seen[target.id] = _value(node.value, seen)
            except (KeyError, TypeError):
                seen[target.id] = _Unknown
            yield target.id, seen[target.id]


def _value(node: ast.expr, known: dict[str, Any]) -> Any:
    """The value of a plain expression.

    Raises:
        TypeError: it isn't plain.
        KeyError: it names something unknown.
    """

    def of(part: ast.expr) -> Any:
        return _value(part, known)

    match node:
        case ast.Name() if known[node.id] is not _Unknown:
            value = known[node.id]
        case ast.Tuple():
            value = tuple(map(of, node.elts))
        case ast.List():
            value = list(map(of, node.elts))
        case ast.Dict() if None not in node.keys:
            value = {of(k): of(v) for k, v in zip(node.keys, node.values, strict=True)}
        case ast.BinOp(op=ast.Add()):
            value = of(node.left) + of(node.right)
        case ast.JoinedStr():
            value = "".join(map(str, map(of, node.values)))
        case ast.FormattedValue(conversion=-1):
            value = format(of(node.value), of(node.format_spec) if node.format_spec else "")
        case _:
            try:
                value = ast.literal_eval(node)
            except ValueError:
                raise TypeError(type(node).__name__) from None
    return value
