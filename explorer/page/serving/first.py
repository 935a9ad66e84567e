"""What the page asks when a model opens, answered beforehand: the pictures of the opening stand before any engine is loaded.

Most of it a checkpoint can say as soon as it is open. The page takes the answers as if it had asked for them
(`assets/js/compute/compute.js`); what isn't among them is asked as ever, so a panel that changes loses time, not truth.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from explorer.core.scene import ItemStart, Point, Scene
from explorer.core.schema import Attribute
from explorer.page.serving.points import face
from explorer.play import compute, recipes
from explorer.play.operations.tab import options
from explorer.play.session import Session

NEIGHBOURS = 8  # see assets/js/panels/overlay.js
STEPS, DIGITS = 7, (50, 5)  # of the row of a continuous attribute, see assets/js/panels/attributes.js
PNG = "data:image/png;base64,"
Row = tuple[str, dict[str, Any], Any, Any]


def first(session: Session, scene: Scene) -> dict[str, Any]:
    """The answers to what the page asks about this scene when it opens it.

    Returns:
        `rows`: a list of question, its further arguments, what it is about (a recipe, or null) and the answer; `real`:
        `item`, its number, and `src`, its picture, where the model's items are pictures; else null.
    """
    return session.remember(("first", scene.model_dump_json()), lambda: _first(session, scene))


def _first(session: Session, scene: Scene) -> dict[str, Any]:
    start = scene.point.start
    shown = face(session, start.item) if isinstance(start, ItemStart) else None
    real = {"item": start.item, "src": shown} if shown and isinstance(start, ItemStart) else None
    return {"rows": list(_rows(session, scene)), "real": real}


def _rows(session: Session, scene: Scene) -> Iterator[Row]:
    point, origin = scene.point, scene.point.origin
    spec = session.map(scene.view.map)
    both = [point] if point == origin else [point, origin]
    cells = _cells(session, scene)
    measured = cells if scene.view.tab == "resample" else []
    placed = cells if scene.view.tab == "resample" or spec.space != "latent" else []
    yield from _asked(session, "condition", both)
    yield from _asked(session, "picture", both)
    yield from _asked(session, "picture", cells)
    yield from _asked(session, "judge", both)
    yield from _asked(session, "places", [*both, *placed], map=spec.name)
    yield from _asked(session, "neighbours", [point], k=NEIGHBOURS, space=spec.space)
    found = list(_asked(session, "trust", [point, *measured]))
    yield from found
    yield from _asked(session, "real", [point, *measured])
    nearest = Point(start=ItemStart(item=found[0][3]["nearest"])) if found else point
    if nearest.start != point.start:
        yield from _asked(session, "picture", [nearest])
    for name in ("neighbours.quantiles", "z.std", "z.variance"):
        if session.checkpoint.items.has(name):
            (answer,) = compute.ask(session, [{"ask": "tensor", "name": name}])
            yield "tensor", {"name": name}, None, answer["value"]


def _asked(session: Session, ask: str, points: Sequence[Point], **more: Any) -> Iterator[Row]:
    """One question about each point; what can't be answered is left to be asked, and refused, where it is shown."""
    for point in points:
        plain = recipes.plain(point)
        (answer,) = compute.ask(session, [{"ask": ask, "points": [plain], **more}])
        if answer["ok"]:
            yield ask, more, plain, _tight(answer["value"][0])


def _cells(session: Session, scene: Scene) -> list[Point]:
    """The pictures of the opening's tab."""
    if scene.view.tab == "resample":
        return recipes.draws(session, scene, options(scene, "resample", recipes.DrawOptions))
    row = (scene.view.options.get("attributes") or {}).get("row")
    if scene.view.tab != "attributes" or scene.edits:
        return []
    return [
        scene.point.model_copy(update={"condition": {**scene.condition, row: value}})
        for attribute in session.card.conditions.attributes
        if attribute.name == row
        for value in _values(attribute)
    ]


def _values(attribute: Attribute) -> list[Any]:
    if attribute.kind == "categorical":
        return list(attribute.values)
    low, high = attribute.low, attribute.high
    digits = sum(high - low < wide for wide in DIGITS)
    even = (low + (high - low) * k / (STEPS - 1) for k in range(STEPS))
    return [min(max(round(v, digits), low), high) for v in even]


def _tight(value: Any) -> Any:
    """A picture as lossless WebP, which takes two thirds of its PNG; anything else as it is."""
    if not isinstance(value, str) or not value.startswith(PNG):
        return value
    out = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(value.removeprefix(PNG)))) as picture:
        picture.save(out, "WEBP", lossless=True, quality=90, method=4)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
