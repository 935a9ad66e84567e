"""Controls of a panel: what a person moves, chooses or presses, and which place of the scene that sets.

Native elements throughout, so that keyboard and screen readers work by themselves; `assets/js/shell/bind.js` listens to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from explorer.core.scene import Point
from explorer.page.views.html import Child, el, join, words


@dataclass(frozen=True)
class Sets:
    """What a control sets.

    Attributes:
        path: place in the scene, such as `condition.glasses` or `view.options.resample.count`; None: no place of its own.
        point: put on stage first, where the path belongs to another point than the one that is there.
        live: follow the pointer while it drags.
        view: a change of looking only, which is no step to undo.
    """

    path: str | None = None
    point: Point | None = None
    live: bool = False
    view: bool = False

    def attributes(self) -> dict[str, Any]:
        """As attributes of the control."""
        return {"data_set": self.path, "data_point": self.point, "data_live": self.live, "data_view": self.view}


@dataclass(frozen=True)
class Choice:
    """One of several values: what is sent, what is read, whether it is the item's own, and its colour if it is one."""

    value: str
    text: str
    own: bool = False
    colour: str | None = None
    point: Point | None = None
    disabled: str | None = None


def field(
    label: str, *control: Child, ident: str, changed: bool = False, actions: Child = None, group: bool = False
) -> Markup:
    """A control with its name on the left and small actions on the right.

    Args:
        label: what a person reads.
        control: one or more elements.
        ident: id of the field (a group of radios) or of the control that the label names.
        changed: mark it as differing from the item's own.
        actions: small buttons.
        group: the control is a group of radios, and the id the field's own.
    """
    name = f"{ident}-label"
    head = (
        el("span", label, class_="label", id=name) if group else el("label", label, class_="label", for_=ident, id=name)
    )
    tail = el("div", actions, class_="field-actions") if actions else None
    whole = {"role": "radiogroup", "id": ident, "aria_labelledby": name} if group else {}
    return el(
        "div", head, el("div", *control, class_="control"), tail, class_=words("field", changed and "changed"), **whole
    )


def chips(ident: str, choices: Sequence[Choice], chosen: str | None, sets: Sets) -> Markup:
    """Radio buttons as chips, or as swatches where every choice is a colour."""
    swatches = all(choice.colour for choice in choices)
    return el(
        "div",
        [_chip(ident, choice, choice.value == chosen, sets, swatches) for choice in choices],
        class_="swatches" if swatches else "choice",
    )


def _chip(ident: str, choice: Choice, on: bool, sets: Sets, swatch: bool) -> Markup:
    own = {"data_point": choice.point} if choice.point else {}
    box = el(
        "input", type="radio", name=f"{ident}-value", value=choice.value, checked=on,
        disabled=choice.disabled is not None, class_="own" if choice.own else None, **(sets.attributes() | own),
    )  # fmt: skip
    if not swatch:
        return el("label", box, el("span", choice.text), title=choice.disabled)
    face = el("span", class_=words("swatch", choice.own and "own"), style=f"--colour:{choice.colour}")
    return el("label", box, face, el("span", choice.text, class_="visually-hidden"), title=choice.text)


def select(
    ident: str, choices: Sequence[Choice], chosen: str | None, sets: Sets, *, label: str | None = None, **more: Any
) -> Markup:
    """A list to choose from; the values are JSON where `data_type="json"` is among `more`."""
    options = [el("option", c.text, value=c.value, selected=c.value == chosen) for c in choices]
    return el("select", options, id=ident, aria_label=label, **sets.attributes(), **more)


def slider(
    ident: str,
    sets: Sets,
    value: float,
    span: tuple[float, float, float],
    *,
    label: str | None = None,
    unit: str = "",
    shown: bool = True,
    **more: Any,
) -> Markup:
    """A range with its value beside it; `span` is (lowest, highest, step)."""
    low, high, step = span
    digits = len(f"{step:g}".partition(".")[2])
    share = (min(max(value, low), high) - low) / (high - low)
    bar = el(
        "input", type="range", class_="slider", id=ident, min=f"{low:g}", max=f"{high:g}", step=f"{step:g}",
        value=f"{value:.{digits}f}", style=f"--at:{share:.1%}", aria_label=label, data_type="number",
        data_unit=unit or None, **sets.attributes(), **more,
    )  # fmt: skip
    output = el("output", f"{value:.{digits}f}{unit}", class_="value", for_=ident) if shown else None
    return join(bar, output)


def button(text: str, *, quiet: bool = True, small: bool = False, pressed: bool | None = None, **more: Any) -> Markup:
    """A button; `small` for the words at the end of a field, `pressed` for one that stays down."""
    names = "small-action" if small else words("button", quiet and "quiet")
    state = None if pressed is None else str(pressed).lower()
    return el("button", text, type="button", class_=names, aria_pressed=state, **more)


def more(summary: str, *content: Child, ident: str, opened: bool = False) -> Markup:
    """What only some want to see."""
    return el("details", el("summary", summary), *content, class_="more", id=ident, open=opened)


def note(text: Child, kind: str = "note") -> Markup:
    """A sentence: `note`, `warning` or `error`."""
    return el("p", text, class_=kind)
