"""What tabs of the page share, beside their contract in `explorer/play/operations/tab.py`."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.core import nodes
from explorer.core.nodes import Sets
from explorer.core.scene import Point, Scene
from explorer.page.views import words
from explorer.page.views.strips import Cell
from explorer.play.compute import picture
from explorer.play.operations.tab import Tab, ask, bare, full, play, request_base
from explorer.play.recipes import plain
from explorer.play.session import Session, Trust

__all__ = ["ALL_KINDS", "Tab", "ask", "bare", "cell", "ends", "full", "is_far", "places", "play", "request_base"]
ALL_KINDS = frozenset({"vector", "grid", "codes", "bits"})


def cell(
    session: Session, scene: Scene, point: Point, caption: str = "", *, alt: str = "", trust: Trust | None = None
) -> Cell:
    """A point as a cell of a strip; with `trust` it says how far it is from real items."""
    what = alt or caption or words.recipe(point, session.card.conditions)
    common = {
        "point": point, "src": picture(session, point), "on": point == scene.point, "sounds": session.modality.sounds,
    }  # fmt: skip
    if trust is None:
        return Cell(alt=what, caption=caption, **common)
    ratio = trust.distance / session.checkpoint.items.typical
    text = f"{caption} {ratio:.1f}×".strip()
    return Cell(alt=f"{what}, {words.distance(ratio)}", caption=text, bar=ratio / 3, far=is_far(trust), **common)


def is_far(trust: Trust) -> bool:
    """Farther from real items than 99 % of real items are."""
    return trust.percentile < 1


def places(session: Session, scene: Scene, points: Sequence[Point]) -> list[list[float]]:
    """Where points lie on the map of the view."""
    return [session.place(point, scene.view.map) for point in points]


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
            id=f"{ident}-stage", text="Set from stage", label=f"Set {name} from stage", look="small",
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
