"""What the page needs so as to check and refuse as the server does: schemas of all it can be sent, costs, and the sentences."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from explorer.core.checked import MAX_NESTING, MAX_VALUES
from explorer.core.link import MAX_LINK, MAX_SCENE
from explorer.core.refusals import LISTED, LONGEST, TEMPLATES
from explorer.core.registry import discover
from explorer.core.scene import FARTHEST, Point, Scene
from explorer.core.schema import Card
from explorer.play.compute import QUESTIONS
from explorer.play.operations.base import MOST_WORK, points_of, why_not
from explorer.play.recipes import CANDIDATES, GRID, MAX_DRAWS, MAX_STEPS, DrawOptions, PathOptions
from explorer.play.session import OFF_MAP

SILENT = {"title", "description"}
COORDINATES = {
    "vector",
    "index",
    "dimension",
    "erase",
    "leaf",
    "layers",
}  # parameters that name parts of one model's latent


@cache
def rules() -> dict[str, Any]:
    """The same for every model.

    Returns:
        `refusals` (name -> sentence, place), `bounds`, `defs` (JSON schemas by name), and references into them: `scene`, `point`,
        `questions` (name -> schema), `options` (tab -> schema), `operations` (name -> schema of its parameters).
    """
    defs: dict[str, Any] = {}

    def schema(kind: type[BaseModel]) -> dict[str, Any]:
        made = kind.model_json_schema()
        for name, one in made.pop("$defs", {}).items():
            defs.setdefault(name, _lean(one))
        return _lean(made)

    return {
        "refusals": TEMPLATES,
        "bounds": {
            "values": MAX_VALUES, "nesting": MAX_NESTING, "link": MAX_LINK, "scene": MAX_SCENE, "latent": FARTHEST,
            "work": MOST_WORK, "off_map": OFF_MAP, "listed": LISTED, "longest": LONGEST, "candidates": CANDIDATES,
            "steps": MAX_STEPS, "draws": MAX_DRAWS, "grid": GRID,
        },
        "scene": schema(Scene),
        "point": schema(Point),
        "questions": {name: schema(question.asked) for name, question in QUESTIONS.items()},
        "options": {"interpolate": schema(PathOptions), "resample": schema(DrawOptions)},
        "operations": {name: schema(operation.Params) for name, operation in discover("operations").items()},
        "defs": defs,
    }  # fmt: skip


def operations(card: Card) -> dict[str, dict[str, Any]]:
    """What the page must know of each operation on a model: its name, whether the model takes it, its cost, its points.

    `coordinates`: it names parts of the latent, so that it has no meaning for another model.
    """
    return {
        name: {
            "title": operation.title,
            "moves_condition": operation.moves_condition,
            "why_not": why_not(operation, card.latent, card.capabilities),
            "portable": operation.portable is not None,
            "cost": operation.cost,
            "points": points_of(operation),
            "coordinates": not COORDINATES.isdisjoint(operation.Params.model_fields),
        }
        for name, operation in discover("operations").items()
    }


def _lean(schema: Any) -> Any:
    """A JSON schema without the words about it."""
    if isinstance(schema, list):
        return [_lean(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    names = schema.get("properties")
    out = {key: _lean(value) for key, value in schema.items() if key not in SILENT and key != "properties"}
    return out | ({"properties": {name: _lean(one) for name, one in names.items()}} if names is not None else {})
