"""What tabs of the page share, beside their contract in `explorer/play/operations/tab.py`."""

from __future__ import annotations

from explorer.core import nodes
from explorer.core.nodes import Sets
from explorer.core.scene import Point, Scene
from explorer.page.views import words
from explorer.play.operations.tab import Tab, ask, bare, full, play, request_base
from explorer.play.recipes import plain
from explorer.play.session import Session

__all__ = ["ALL_KINDS", "Tab", "ask", "bare", "ends", "full", "play", "request_base"]
ALL_KINDS = frozenset({"vector", "grid", "codes", "bits"})


def ends(session: Session, scene: Scene, a: Point, b: Point) -> nodes.Row:
    """A and B side by side, and a button that swaps them."""
    both = [
        _end(session, scene, name, point, chosen is not None)
        for name, point, chosen in (("A", a, scene.view.a), ("B", b, scene.view.b))
    ]
    patch = {"view.a": plain(b), "view.b": plain(a)}
    return nodes.Row(
        id="ends", role="ends", inside=(*both, nodes.Button(id="swap-ends", text="Swap", sets=Sets(patch=patch)))
    )


def _end(session: Session, scene: Scene, name: str, point: Point, chosen: bool) -> nodes.Row:
    what, ident, path = words.recipe(point, session.card.conditions), f"end-{name.lower()}", f"view.{name.lower()}"
    ways = [
        nodes.Button(
            id=f"{ident}-stage", text="Set from stage", label=f"Set from stage: {name}", look="small",
            sets=Sets(patch={path: plain(scene.point)}),
        )
    ]  # fmt: skip
    if chosen:
        ways.append(
            nodes.Button(
                id=f"{ident}-clear", text="Clear", label=f"Clear {name}", look="small", sets=Sets(unset=(path,))
            )
        )
    return nodes.Row(
        id=ident, role="end",
        inside=(
            nodes.Strip(id=f"{ident}-picture", cells=(nodes.Cell(point=point, alt=f"{name}: {what}"),), bare=True),
            nodes.Note(id=f"{ident}-what", text=f"{name}: {what}"),
            nodes.Row(id=f"{ident}-ways", inside=tuple(ways)),
        ),
    )  # fmt: skip
