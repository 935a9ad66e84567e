"""Parts of nodes (`explorer.core.nodes`): what a control sets, one choice, one picture, one bar."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, FiniteFloat, JsonValue

from explorer.core.scene import Point
from explorer.core.schema import Frozen


class Sets(Frozen):
    """What a control sets when a person moves it.

    Args:
        path: place in the scene, such as `condition.glasses` or `edits.0.params.t`; None where `patch` or `point` says all.
        point: put on stage first, where the path belongs to another point than the one that is there.
        patch: places and values that are set at once (buttons).
        unset: places that are taken out (buttons that reset).
        live: follow the pointer while it drags, with the stage alone.
        eager: follow the pointer while it drags, with the panel too: for options whose effect is in the panel itself.
        view: a change of looking only, which is no step to undo.
    """

    path: str | None = None
    point: Point | None = None
    patch: dict[str, JsonValue] = {}
    unset: tuple[str, ...] = ()
    live: bool = False
    eager: bool = False
    view: bool = False


class Choice(Frozen):
    """One of several values.

    Args:
        value: what is set.
        text: what a person reads.
        own: it is the item's own value.
        colour: `#rrggbb` where the value is a colour.
        point: put on stage by it, beside or in place of what the control sets.
        disabled: the reason why it can't be chosen, or None.
    """

    value: JsonValue
    text: str
    own: bool = False
    colour: str | None = Field(default=None, pattern="^#[0-9a-fA-F]{6}$")
    point: Point | None = None
    disabled: str | None = None


class Cell(Frozen):
    """One picture (or sound, or curve): its recipe and what is said of it; the page asks `compute` for the rest.

    Args:
        point: the recipe; a click puts it on stage.
        caption: below it.
        alt: what it shows, in words; left out, the page says the recipe.
        trust: say how far it lies from real items.
        bar: length of a line under it, 0 to 1, where a tab measures something else than trust.
        sets: a click sets this in place of the stage.
        real: of a recipe that is an item alone: the item itself, not what the model makes of it.
    """

    point: Point
    caption: str = ""
    alt: str = ""
    trust: bool = False
    bar: Annotated[float, Field(ge=0, le=1)] | None = None
    sets: Sets | None = None
    real: bool = False


class Bar(Frozen):
    """One line of a chart of bars, of numbers 0 or more.

    Args:
        text: what it is of.
        value: length of the bar.
        low, high: an interval of it, drawn over its end.
        beside: what it is compared with, drawn as a line across.
        figure: the numbers in words, at the right.
        title: the whole of it in a sentence.
        do: a command of the page that pressing it runs, with `data`; or `sets`.
        disabled: the reason why it can't be pressed, or None.
    """

    text: str
    value: FiniteFloat
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    beside: FiniteFloat | None = None
    figure: str = ""
    title: str = ""
    do: str = ""
    data: JsonValue = None
    sets: Sets | None = None
    disabled: str | None = None
