"""Points in words: for captions, for alternative text, for the names of files."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.core.numbers import number
from explorer.core.registry import find
from explorer.core.scene import Edit, ItemStart, Point, PriorStart, ResultStart, SpotStart, Start
from explorer.core.schema import Attribute, Schema, Value


def value(attribute: Attribute, asked: Value) -> str:
    """One value of an attribute; a blend with its shares."""
    if asked is None:
        return "not set"
    if isinstance(asked, str):
        return asked
    if isinstance(asked, Mapping):
        return " + ".join(f"{weight:.0%} {name}" for name, weight in asked.items())
    return f"{number(asked)}{attribute.unit and ' '}{attribute.unit}"


def asked(conditions: Schema, condition: Mapping[str, Value]) -> str:
    """A whole condition: `expression smile, skin tan`; attributes that aren't set are left out."""
    parts = [
        f"{conditions[name].label.lower()} {value(conditions[name], v)}"
        for name, v in condition.items()
        if v is not None
    ]
    return ", ".join(parts) or "nothing asked"


def start(where: Start) -> str:
    """Where a point starts."""
    match where:
        case ItemStart():
            return f"item {where.item}"
        case PriorStart():
            return f"draw {where.draw + 1} of seed {where.seed}"
        case SpotStart():
            return "a blend of the nearest items"
        case ResultStart():
            return f"a result of {start(where.of.start)}"
    return "your own item"


def step(edit: Edit) -> str:
    """One edit by its operation's title, with what tells it from others of its kind: `dimension 17 by 1.5`."""
    params = edit.params
    text = str(params.get("label") or find("operations", edit.op).title.lower())
    if isinstance(index := params.get("index"), int):
        text += f" {index}"
    if isinstance(t := params.get("t"), int | float):
        text += f" {t:.0%}"
    if isinstance(amount := params.get("amount"), int | float):
        text += f" by {number(amount)}"
    return text


def recipe(point: Point, conditions: Schema) -> str:
    """A whole point: `item 12, glasses round, dimension 17 by 1.5`."""
    changes = [asked(conditions, point.condition)] if point.condition else []
    return ", ".join([start(point.start), *changes, *map(step, point.edits)])
