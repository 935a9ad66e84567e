"""A slider over the amount of a step, between the pictures at its two ends."""

from __future__ import annotations

from explorer.core.nodes import Button, Labelled, Slider, Strip
from explorer.core.parts import Cell, Sets
from explorer.core.scene import Point


def mover(
    ident: str, label: str, base: Point, at: int, *, there: bool, low: float, high: float, step: float = 0.05
) -> Labelled:
    """A slider between two pictures, which moves a step or adds it.

    Args:
        ident: its id, unique in the panel.
        label: what it leads to.
        base: the point on stage, or this with one more step.
        at: which of its steps is moved.
        there: the step is on stage already.
        low, high, step: of the amount.
    """
    sets = Sets(path=f"edits.{at}.params.amount", live=True, point=None if there else base)
    value = float(base.edits[at].params.get("amount", 1.0))
    slider = Slider(id=ident, label=label, value=value, low=low, high=high, step=step, sets=sets)
    ends = [
        Strip(
            id=f"{ident}-at-{name}", bare=True,
            cells=(Cell(point=amounting(base, at, amount), alt=f"{label} at {amount:g}"),),
        )
        for name, amount in (("low", low), ("high", high))
    ]  # fmt: skip
    reset = Button(
        id=f"reset-{ident}", text="Reset", look="small", title=f"Reset {label}", sets=Sets(unset=(f"edits.{at}",)),
    )  # fmt: skip
    return Labelled(
        id=f"mover-{ident}", label=label, inside=(ends[0], slider, ends[1]), actions=(reset,) if there else (), changed=there,
    )  # fmt: skip


def amounting(point: Point, at: int, amount: float) -> Point:
    """A point whose step number `at` has another amount."""
    edits = list(point.edits)
    edits[at] = edits[at].model_copy(update={"params": {**edits[at].params, "amount": amount}})
    return point.model_copy(update={"edits": tuple(edits)})
