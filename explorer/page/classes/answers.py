"""What a student may send of a lesson's step, and the file of all that was sent.

An answer is one of what the lesson offers, a number, a place, or a recipe: never text of the student's own. The one text that
people write here is a name.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from explorer.core import link
from explorer.core.schema import ExplorerError
from explorer.museum.lessons.lesson import LETTERS, PLACES, Lesson, Predict, Step
from explorer.page.classes.codes import Refused, written

MAX_RECIPE = 4096  # characters of a link
FARTHEST = 1e6
NAME = 40
UPLOAD = '"sha256":'  # by which a recipe says that it starts at a person's own item
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet begins to compute


def named(text: str) -> str:
    """A name on one line, without what doesn't print."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:NAME]


def recipe(text: str, lesson: Lesson) -> str:
    """A link to a scene of one of the lesson's models, as it is kept.

    Raises:
        Refused: too long, no scene, of another model, or of a person's own item.
    """
    if len(text) > MAX_RECIPE:
        raise Refused("This picture's recipe is too long for a class.", 422)
    try:
        scene = link.read(text)
    except ExplorerError as error:
        raise Refused(str(error), 422) from None
    if scene.model not in lesson.models:
        raise Refused("This picture is of a model that the lesson doesn't open.", 422)
    if UPLOAD in link.compact(scene):
        raise Refused("A picture of an own item isn't sent to a class.", 422)
    return text


def fitting(step: Step, value: Any, lesson: Lesson) -> Any:
    """An answer of a step as it is kept.

    Args:
        step: of the lesson.
        value: a choice, the letter of a picture, a number, `[x, y]` on the map, the five numbers of a curve; of a task
            `{how, recipe}`: `yes` or `shown`
            (with the example's help), and the link of what was reached, or null.
        lesson: whose step it is.

    Raises:
        Refused: it is no answer of this step.
    """
    end = step.end
    if isinstance(end, Predict):
        if end.choices or end.pictures:
            fits = value in (end.choices or tuple(LETTERS[: len(end.pictures)]))
        elif end.curve:
            fits = isinstance(value, list) and len(value) == PLACES and all(map(_number, value))
        elif end.place:
            fits = isinstance(value, list) and len(value) == 2 and all(map(_number, value))
        else:
            fits = _number(value)
        if fits:
            return value
    elif end and isinstance(value, dict) and set(value) == {"how", "recipe"} and value["how"] in ("yes", "shown"):
        if value["recipe"] is None:
            return value
        if isinstance(value["recipe"], str):
            return {"how": value["how"], "recipe": recipe(value["recipe"], lesson)}
    raise Refused("This is no answer of that step.", 422)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= FARTHEST


def right(end: Any, value: Any) -> bool | None:
    """Is a prediction right? None where the server can't know without decoding, or there is nothing to be right about."""
    if not isinstance(end, Predict) or end.place or end.curve:
        return None
    if isinstance(end.answer, float):
        return math.isclose(value, end.answer, abs_tol=end.within)
    return value == end.answer


def table(code: str, lesson: Lesson, rows: Iterable[Mapping[str, Any]]) -> str:
    """Answers as CSV: class, student, name, step, title, answer, right (1, 0 or empty), recipe, time in UTC."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("class", "student", "name", "step", "title", "answer", "right", "recipe", "time"))
    for row in rows:
        step, value = lesson.steps[row["step"]], row["value"]
        so = right(step.end, value)
        told, made = (value["how"], value["recipe"] or "") if isinstance(value, dict) else (value, "")
        text = " ".join(f"{one:g}" for one in told) if isinstance(told, list) else told
        when = datetime.fromtimestamp(row["at"], UTC).isoformat(timespec="seconds")
        name = f"'{row['name']}" if row["name"].startswith(FORMULA) else row["name"]
        cells = (written(code), row["number"], name, row["step"] + 1, step.title, text)
        writer.writerow((*cells, "" if so is None else int(so), made, when))
    return out.getvalue()
