"""The contract of a tab: one operation's controls and pictures for the item on stage, as nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from explorer.core import nodes
from explorer.core.checked import Misfit, fitting
from explorer.core.nodes import Panel
from explorer.core.refusals import refuse
from explorer.core.registry import find
from explorer.core.scene import MAX_DEPTH, MAX_EDITS, Point, ResultStart, Scene
from explorer.core.schema import Card, ExplorerError, Value

if TYPE_CHECKING:
    from explorer.play.session import Session


class Asked(BaseModel):
    """Base of a question's arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class Question:
    """How a question is answered.

    Attributes:
        asked: its arguments.
        answer: session, and so many of the points as are answered at once, and all arguments -> a list, one entry a point; for
            a question without points the arguments alone -> the value.
        at_once: points that cost little more than one.
    """

    asked: type[Asked]
    answer: Callable[..., Any]
    at_once: int = 1


class Options(BaseModel):
    """Base of a tab's options, which travel in `scene.view.options[<tab>]`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


T = TypeVar("T", bound=Options)


def options(scene: Scene, tab: str, kind: type[T]) -> T:
    """A tab's options of a scene.

    Raises:
        ExplorerError: one that the tab doesn't know, or out of range.
    """
    try:
        return fitting(kind, scene.view.options.get(tab, {}))
    except Misfit as error:
        raise refuse("option", misfit=str(error)) from None


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

    def panel(self, session: Session, scene: Scene) -> Panel:
        """What the tab shows, as nodes without HTML or pixels; what the map shows of it lies in the panel's `overlay`.

        Raises:
            ExplorerError: the scene asks for what this model doesn't have.
        """
        raise NotImplementedError

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """What the map shows of it: `path` and `draws` (points), `a` and `b`; in coordinates of the scene's map."""
        return {}


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
