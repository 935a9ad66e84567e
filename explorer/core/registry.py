"""One registry for each room: a file in the room registers its class under a name, and nothing else has to know it.

`@register("models", "cvae")` puts a class on the shelf `models`; `discover("models")` imports every public file of the
room first, so that adding a file is all an addition costs. A name given twice is an error.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from explorer.core.schema import ExplorerError

T = TypeVar("T")
_shelves: dict[str, dict[str, Any]] = {}
GROUPS = {
    "kinds": "learn", "modalities": "learn", "data": "learn", "models": "learn", "plugins": "learn", "priors": "learn",
    "maps": "box", "operations": "play", "lenses": "museum", "exhibits": "museum", "tabs": "page",
}  # fmt: skip
ALSO = {"models": ("plugins",)}  # a plug-in that a recipe can build around a family is a family itself


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


@cache
def _import_all(room: str) -> None:
    package = importlib.import_module(f"explorer.{GROUPS[room]}.{room}")
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            importlib.import_module(info.name)


def discover(room: str) -> MappingProxyType[str, Any]:
    """All entries of a room by name, in the order of their `order` attribute (default 100), then of their names."""
    for source in (room, *ALSO.get(room, ())):
        _import_all(source)
    shelf = _shelves.get(room, {})
    return MappingProxyType(dict(sorted(shelf.items(), key=lambda kv: (getattr(kv[1], "order", 100), kv[0]))))


def find(room: str, name: str) -> Any:
    """The entry of a room by name.

    Raises:
        ExplorerError: no such entry.
    """
    shelf = discover(room)
    if name not in shelf:
        raise ExplorerError(f"There is no {name!r} among the {room}: {', '.join(shelf) or 'none'}.")
    return shelf[name]
