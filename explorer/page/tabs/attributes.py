"""Attributes: one control for each, opened at the item's own values; every value in a row, two attributes as a matrix."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from explorer.core.registry import register
from explorer.core.scene import Point, Scene
from explorer.core.schema import Attribute, Value
from explorer.page.tabs.base import ALL_KINDS, Tab, ask, cell, places, request_base
from explorer.page.views import words
from explorer.page.views.controls import Choice, Sets, button, chips, field, note, select, slider
from explorer.page.views.html import el, join, number
from explorer.page.views.strips import matrix, strip
from explorer.play import recipes
from explorer.play.session import Session

MOST_CHIPS = 16
FIT = 10  # cells that share the width of the panel; more break into lines
STEPS = 7  # pictures in the row of a continuous attribute


class AttributesOptions(recipes.Options):
    """Which attribute shows all its values, which is blended between what, and which two make the matrix."""

    row: str | None = None
    blend: str | None = None
    first: str | None = None
    second: str | None = None
    matrix: bool = False
    rows: str | None = None
    columns: str | None = None


@dataclass(frozen=True)
class Asked:
    """An attribute on stage: what is asked now, what the item has itself, and the point a request starts from."""

    attribute: Attribute
    now: Value
    own: Value
    base: Point | None

    @property
    def ident(self) -> str:
        """Of the control."""
        return f"attribute-{self.attribute.name}"

    @property
    def changed(self) -> bool:
        """Is another value asked than the item's own?"""
        return self.now != self.own

    def sets(self, live: bool = False) -> Sets:
        """What the control sets."""
        return Sets(f"condition.{self.attribute.name}", point=self.base, live=live)


@register("tabs", "attributes")
class Attributes(Tab):
    """Ask for other values."""

    title = "Attributes"
    order = 10
    kinds = ALL_KINDS
    Options = AttributesOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        chosen: AttributesOptions = self.options(scene)
        base = request_base(scene.point)
        now, own = session.condition(scene.point), session.condition(base or scene.point.origin)
        all_asked = [Asked(a, now[a.name], own[a.name], base) for a in session.card.asked]
        fields = [self._field(session, scene, asked, chosen) for asked in all_asked]
        reset = button(
            "Reset all",
            id="reset-attributes",
            data_patch={"condition": {}},
            disabled=not any(a.changed for a in all_asked),
        )
        rest = [a.label.lower() for a in session.card.conditions.attributes if a.name in session.card.unasked]
        said = f"The decoder isn't told the {' and the '.join(rest)}: it must come through the latent, so it can't be asked for."
        return str(
            join(
                fields,
                note(said) if rest else None,
                el("div", reset, class_="row panel-end"),
                self._matrix(session, scene, chosen),
            )
        )

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """The row of values, on maps that know the condition; in the latent they all lie in one place."""
        chosen: AttributesOptions = self.options(scene)
        if chosen.row is None or session.map(scene.view.map).space == "latent":
            return {}
        points = [point for point, _ in _row(scene.point, session.card.conditions[chosen.row])]
        return {"draws": places(session, scene, points)}

    def _field(self, session: Session, scene: Scene, asked: Asked, chosen: AttributesOptions) -> Markup:
        attribute = asked.attribute
        row, blend = chosen.row == attribute.name, chosen.blend == attribute.name
        actions = []
        if asked.changed:
            actions.append(_reset(asked))
        if attribute.kind == "categorical" and "blend" in session.card.capabilities:
            actions.append(self._toggle("Blend", "blend", attribute, blend))
        actions.append(self._toggle("All", "row", attribute, row))
        out = [_control(asked, actions)]
        if blend and attribute.kind == "categorical":
            out.append(self._blend(asked, chosen))
        if row:
            cells = [cell(session, scene, point, text) for point, text in _row(scene.point, attribute)]
            title = f"Every value of {attribute.label.lower()}"
            out.append(strip(title, cells, ident=f"row-{attribute.name}", fit=len(cells) <= FIT))
        return join(out)

    def _toggle(self, text: str, option: str, attribute: Attribute, on: bool) -> Markup:
        what = f"{'Every value' if option == 'row' else 'Blend two values'} of {attribute.label.lower()}"
        return button(
            text, small=True, pressed=on, title=what, aria_label=what, id=f"{option}-of-{attribute.name}",
            data_set=self.path(option), data_view=True, data_type="json", data_value=json.dumps(None if on else attribute.name),
        )  # fmt: skip

    def _blend(self, asked: Asked, chosen: AttributesOptions) -> Markup:
        """Two values and a slider between them."""
        attribute = asked.attribute
        weights = {asked.now: 1.0} if isinstance(asked.now, str) else asked.now if isinstance(asked.now, dict) else {}
        mixed = list(weights) if len(weights) == 2 else []
        own = asked.own if isinstance(asked.own, str) else attribute.values[0]
        first = next(v for v in (chosen.first, *mixed[:1], own) if v in attribute.values)
        rest = [v for v in attribute.values if v != first]
        second = next(v for v in (chosen.second, *mixed[1:], *rest) if v in rest)
        ident, label = f"blend-{attribute.name}", attribute.label.lower()
        ends = [Choice(v, v) for v in attribute.values]
        bar = slider(
            ident, asked.sets(live=True), weights.get(second, 0.0), (0, 1, 0.01), shown=False,
            label=f"Share of {second} in the blend of {label}", data_blend=[first, second],
        )  # fmt: skip
        left = select(f"{ident}-first", ends, first, Sets(self.path("first"), view=True), label=f"Blend {label} from")
        right_sets = Sets(self.path("second"), view=True)
        right = select(
            f"{ident}-second", [e for e in ends if e.value != first], second, right_sets, label=f"Blend {label} to"
        )
        return el("div", left, bar, right, class_="blend")

    def _matrix(self, session: Session, scene: Scene, chosen: AttributesOptions) -> Markup | None:
        conditions = session.card.conditions
        if len(session.card.asked) < 2:
            return None
        names = [a.name for a in session.card.asked]
        row = chosen.rows if chosen.rows in names else names[0]
        column = (
            chosen.columns if chosen.columns in names and chosen.columns != row else next(n for n in names if n != row)
        )
        choices = [Choice(a.name, a.label) for a in session.card.asked]
        columns = [c for c in choices if c.value != row]
        line = el(
            "div",
            button(
                "Hide the matrix" if chosen.matrix else "Matrix of two attributes", id="matrix-toggle", quiet=False,
                pressed=chosen.matrix, data_set=self.path("matrix"), data_view=True, data_type="json",
                data_value=json.dumps(not chosen.matrix),
            ),
            select("matrix-rows", choices, row, Sets(self.path("rows"), view=True), label="Rows of the matrix"),
            el("span", "by", class_="by"),
            select("matrix-columns", columns, column, Sets(self.path("columns"), view=True), label="Columns of the matrix"),
            class_="row matrix-line",
        )  # fmt: skip
        if not chosen.matrix:
            return line
        down, across = (_values(conditions[name]) for name in (row, column))
        cells = [
            cell(session, scene, ask(scene.point, **{row: r, column: c}), alt=f"{down_text}, {across_text}")
            for r, down_text in down
            for c, across_text in across
        ]
        label = f"{conditions[row].label} by {conditions[column].label.lower()}"
        return join(line, matrix([t for _, t in down], [t for _, t in across], cells, ident="matrix", label=label))


def _control(asked: Asked, actions: Sequence[Markup]) -> Markup:
    attribute, now, own = asked.attribute, asked.now, asked.own
    common = {"ident": asked.ident, "changed": asked.changed, "actions": actions}
    if attribute.kind == "continuous":
        span = attribute.high - attribute.low
        value = now if isinstance(now, int | float) else attribute.low + span / 2
        bar = slider(
            asked.ident, asked.sets(live=True), value, (attribute.low, attribute.high, span / 100),
            unit=attribute.unit and f" {attribute.unit}",
        )  # fmt: skip
        return field(attribute.label, bar, **common)
    colours = attribute.colours or [None] * len(attribute.values)
    choices = [Choice(v, v, own=v == own, colour=c) for v, c in zip(attribute.values, colours, strict=True)]
    chosen = now if isinstance(now, str) else None
    if len(choices) > MOST_CHIPS:
        return field(attribute.label, select(asked.ident, choices, chosen, asked.sets()), **common)
    said = note(words.value(attribute, now)) if chosen is None else None
    return field(attribute.label, chips(asked.ident, choices, chosen, asked.sets()), said, group=True, **common)


def _reset(asked: Asked) -> Markup:
    what = f"Reset {asked.attribute.label.lower()} to {words.value(asked.attribute, asked.own)}"
    return button(
        "Reset", small=True, title=what, aria_label=what, id=f"reset-{asked.attribute.name}",
        data_unset=f"condition.{asked.attribute.name}",
    )  # fmt: skip


def _values(attribute: Attribute) -> list[tuple[Value, str]]:
    """All values of an attribute, or some round ones of a continuous one, each with its name."""
    if attribute.kind == "categorical":
        return [(v, v) for v in attribute.values]
    low, high = attribute.low, attribute.high
    digits = sum(high - low < wide for wide in (50, 5))
    even = (low + (high - low) * k / (STEPS - 1) for k in range(STEPS))
    numbers = [min(max(round(v, digits), low), high) for v in even]
    return [(v, f"{number(v)}{attribute.unit and ' '}{attribute.unit}") for v in numbers]


def _row(point: Point, attribute: Attribute) -> list[tuple[Point, str]]:
    return [(ask(point, **{attribute.name: value}), text) for value, text in _values(attribute)]
