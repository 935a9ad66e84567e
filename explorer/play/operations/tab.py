"""The contract of a tab: one operation's controls and pictures for the item on stage, as nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from explorer.core.checked import Misfit, fitting
from explorer.core.panel import Panel
from explorer.core.refusals import refuse
from explorer.core.scene import Scene
from explorer.core.schema import Card

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
