"""What anybody can send -> a frozen type, or one sentence: bounded before it is read, strict in its types, and told in own words.

The page checks the same by the JSON schemas of these types (`assets/js/compute/check.js`), so both say the same of the same.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from explorer.core.refusals import ExplorerError, Unfit, phrase, refuse

T = TypeVar("T", bound=BaseModel)
MAX_VALUES = 8192  # of JSON in a scene, a point or an option: a long chain of steps between long chains has some 3,000
MAX_NESTING = 64  # of lists and tables in each other; eight points in one another have some 40
TAGS = {"ItemStart", "PriorStart", "SpotStart", "UploadStart", "ResultStart", "function-plain[_value()]"}

# pydantic's kind of error -> ours, and the name under which it keeps the bound
KINDS = {
    "missing": ("missing", None), "extra_forbidden": ("extra", None), "float_type": ("number", None),
    "float_parsing": ("number", None), "finite_number": ("number", None), "int_type": ("whole", None),
    "int_from_float": ("whole", None), "int_parsing": ("whole", None), "int_parsing_size": ("whole", None),
    "string_type": ("text", None), "bool_type": ("bool", None), "bool_parsing": ("bool", None),
    "literal_error": ("choice", "expected"), "greater_than_equal": ("least", "ge"), "less_than_equal": ("most", "le"),
    "greater_than": ("above", "gt"), "less_than": ("below", "lt"), "string_pattern_mismatch": ("pattern", None),
    "string_too_long": ("long", "max_length"), "too_long": ("many", "max_length"), "too_short": ("few", "min_length"),
    "dict_type": ("table", None), "model_type": ("table", None), "model_attributes_type": ("table", None),
    "tuple_type": ("row", None), "list_type": ("row", None),
}  # fmt: skip


def checked(kind: type[T], raw: Any, what: str, where: str = "stage") -> T:
    """A frozen type of what somebody sent.

    Args:
        kind: the type.
        raw: JSON as Python has it; `5.0`, `"5"` and `true` are no whole numbers.
        what: what a person calls it: scene, point, question.
        where: id of the element to show the sentence at.

    Raises:
        ExplorerError: too large, nested too deep, or not of this type.
    """
    bounded(raw, what, where)
    try:
        return fitting(kind, raw)
    except Misfit as error:
        raise refuse("unreadable", where, what=what, misfit=str(error)) from None


class Misfit(ValueError):
    """How a value doesn't fit, with the name of its place: part of a sentence."""


def fitting(kind: type[T], raw: Any) -> T:
    """The same of something bounded, as part of another sentence.

    Raises:
        Misfit: it isn't of this type.
    """
    try:
        return kind.model_validate_json(json.dumps(raw), strict=True)
    except (ValidationError, RecursionError, TypeError, ValueError) as error:
        raise Misfit(
            misfit(error) if isinstance(error, ValidationError) else phrase("misfit-other", place="it")
        ) from None


def bounded(raw: Any, what: str, where: str = "stage", *, most: int = MAX_VALUES, deep: bool = False) -> None:
    """Count the values of JSON, all of its tree, and how deep they lie, before anything is made of them.

    `deep`: how deep is checked elsewhere.

    Raises:
        ExplorerError: more than `most`, or nested too deep.
    """
    count, level = 0, [raw]
    for _ in range(MAX_NESTING):
        count += len(level)
        if count > most:
            raise refuse("too-large", where, what=what, most=most)
        level = [one for value in level if isinstance(value, dict | list) for one in _inside(value)]
        if not level:
            return
    if not deep:
        raise refuse("too-deep", where, what=what)


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def misfit(error: ValidationError) -> str:
    """The first thing that doesn't fit, in words: `edits.0.op is missing`."""
    first = error.errors(include_url=False)[0]
    kind, bound = KINDS.get(first["type"], ("other", None))
    unfit = first.get("ctx", {}).get("error")
    if isinstance(unfit, Unfit):
        kind, bound, first["ctx"] = unfit.kind, "bound", {"bound": unfit.bound}
    place = ".".join(str(part) for part in first["loc"] if part not in TAGS and not str(part).startswith("function-"))
    context = first.get("ctx", {})
    words = {"bound": context.get(bound), "known": str(context.get("expected", "")).replace("'", "")} if bound else {}
    return phrase(f"misfit-{kind}", place=place[:80] or "it", **words)


__all__ = ["MAX_NESTING", "MAX_VALUES", "ExplorerError", "Misfit", "bounded", "checked", "fitting", "misfit"]
