"""The contract of a tab: one operation's controls and pictures for the item on stage, as nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from explorer.core import nodes
from explorer.core.nodes import Panel, Sets
from explorer.core.refusals import refuse
from explorer.core.registry import find
from explorer.core.scene import MAX_DEPTH, MAX_EDITS, Point, ResultStart, Scene
from explorer.core.schema import Card, ExplorerError, Value
from explorer.page.views import words
from explorer.page.views.strips import Cell
from explorer.play.compute import Question, picture
from explorer.play.recipes import Options, options, plain
from explorer.play.session import Session, Trust

ALL_KINDS = frozenset({"vector", "grid", "codes", "bits"})


class Tab:
    """Base of all tabs; a tab holds no state, all it shows follows from the scene.

    Class attributes:
        title: on the tab.
        order: among the tabs.
        kinds: kinds of latent that it takes (`LatentSpec.kind`).
        needs: capabilities of the model that it can't do without.
        special: of a few families alone, so that it is hidden, not greyed out, where a model lacks what it needs.
        Options: what a person can choose in it, kept in `scene.view.options[<name>]`.
        questions: of its own, that pictures of its panel ask beside those of `explorer/play/compute.py`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    order: ClassVar[int] = 100
    kinds: ClassVar[frozenset[str]] = frozenset({"vector"})
    needs: ClassVar[frozenset[str]] = frozenset()
    special: ClassVar[bool] = False
    Options: ClassVar[type[Options]] = Options
    questions: ClassVar[dict[str, Question]] = {}

    def why_not(self, card: Card) -> str | None:
        """The reason in one sentence why this tab has nothing to offer for a model, or None."""
        if card.latent.kind not in self.kinds:
            return (
                f"{self.title} works on {' and '.join(sorted(self.kinds))} latents; this model's is {card.latent.kind}."
            )
        missing = sorted(self.needs - set(card.capabilities))
        return f"{self.title} needs a model that can {', '.join(missing)}." if missing else None

    def options(self, scene: Scene) -> Any:
        """This tab's options of a scene, validated.

        Raises:
            ExplorerError: an option that doesn't fit.
        """
        return options(scene, self.name, self.Options)

    def path(self, name: str) -> str:
        """Where in the scene an option lies."""
        return f"view.options.{self.name}.{name}"

    def panel(self, session: Session, scene: Scene) -> Panel | str:
        """What the tab shows, as nodes without HTML or pixels; what the map shows of it lies in the panel's `overlay`.

        Raises:
            ExplorerError: the scene asks for what this model doesn't have.
        """
        raise NotImplementedError

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """What the map shows of it: `path` and `draws` (points), `a` and `b`; in coordinates of the scene's map."""
        return {}


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


def request_base(point: Point) -> Point | None:
    """The point that a change of the condition must start from: None where the one on stage itself will do.

    An edit that moves the condition would blend a value asked before it, so the request starts from the edit's result.

    Raises:
        ExplorerError: that would be a result of results too many times over.
    """
    if not any(find("operations", edit.op).moves_condition for edit in point.edits):
        return None
    if point.depth >= MAX_DEPTH:
        raise ExplorerError("This picture is a result of results too many times over; put another on stage.", "panel")
    return Point(start=ResultStart(of=point))


def ask(point: Point, **condition: Value) -> Point:
    """A point with other values asked; what `Point.asking` gives, nested no deeper than needed."""
    base = request_base(point) or point
    return base.model_copy(update={"condition": {**base.condition, **condition}})


def places(session: Session, scene: Scene, points: Sequence[Point]) -> list[list[float]]:
    """Where points lie on the map of the view."""
    return [session.place(point, scene.view.map) for point in points]


# -- parts of a panel


def full() -> Panel:
    """The panel of a point that can't take another step."""
    return Panel(nodes=(nodes.Note(id="full", text=str(refuse("full", most=MAX_EDITS))),))


def bare(point: Point) -> list[dict[str, Any]]:
    """The steps of a point, as a button sets them."""
    return [edit.model_dump(mode="json", exclude_defaults=True) for edit in point.edits]


def play(ident: str, slider: str) -> nodes.Button:
    """A button that plays a slider."""
    return nodes.Button(id=ident, text="Play", look="plain", do="play", of=slider)


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
