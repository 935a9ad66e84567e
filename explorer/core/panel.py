"""A panel: all that a tab shows, as nodes, and what the map shows of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from explorer.core.nodes import Node
from explorer.core.scene import Point
from explorer.core.schema import Frozen


class Overlay(Frozen):
    """What the map shows of a panel: points of a way, of draws, and the ends; the page asks where they lie."""

    path: tuple[Point, ...] = ()
    draws: tuple[Point, ...] = ()
    a: Point | None = None
    b: Point | None = None

    def places(self, place: Callable[[Point], list[float]]) -> dict[str, Any]:
        """The same in coordinates, by a function that says where a point lies; what isn't there is left out."""
        ways = {
            name: [place(point) for point in getattr(self, name)] for name in ("path", "draws") if getattr(self, name)
        }
        return ways | {name: place(end) for name, end in (("a", self.a), ("b", self.b)) if end is not None}


class Panel(Frozen):
    """All that a tab shows; `again`: it isn't finished, and the page asks for the same once more."""

    nodes: tuple[Any, ...]
    overlay: Overlay = Overlay()
    again: bool = False

    def json_able(self) -> dict[str, Any]:
        """As the page gets it."""
        made = {"nodes": told(self.nodes), "overlay": self.overlay.model_dump(mode="json", exclude_defaults=True)}
        return made | ({"again": True} if self.again else {})


def told(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """Nodes as JSON, those inside of others too."""
    out = []
    for node in nodes:
        one = node.json_able()
        for name in ("inside", "actions"):
            if getattr(node, name, ()):
                one[name] = told(getattr(node, name))
        out.append(one)
    return out
