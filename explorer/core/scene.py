"""Scenes: recipes for pictures, and what the page shows around them. Frozen, validated, short as JSON.

A `Point` is a recipe for one picture: where to start, what to ask, which steps to take. A `Scene` is a model, the point
on stage, and the view. Every cell of every strip on the page is a point, so anything can be put on stage.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, JsonValue, Tag, model_validator

from explorer.core.refusals import Unfit, refuse
from explorer.core.schema import NAME, Frozen, Value, plain

if TYPE_CHECKING:
    import torch

SCENE_VERSION: Literal[1] = 1
MAX_DEPTH = 8  # results of results of results: a scene nested deeper than this is refused
MAX_EDITS = 32
FARTHEST = 10_000  # of the numbers in a latent that comes with a scene; any model's own are below a hundred
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6)]


def pack(values: torch.Tensor | np.ndarray) -> str:
    """A vector -> URL-safe base64 of its little-endian float32 bytes: how a latent travels in a scene."""
    raw = np.ascontiguousarray(np.asarray(values, dtype="<f4")).tobytes()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpack(text: str, size: int, where: str = "stage") -> torch.Tensor:
    """The inverse of `pack` -> float32 [size].

    Raises:
        ExplorerError: not base64, another length, or a number that isn't finite or absurdly large.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise refuse("latent-unreadable", where) from None
    if len(raw) != 4 * size:
        raise refuse("latent-size", where, given=len(raw) // 4, size=size)
    out = np.frombuffer(raw, dtype="<f4")
    if not np.isfinite(out).all():
        raise refuse("latent-finite", where)
    if size and np.abs(out).max() > FARTHEST:
        raise refuse("latent-far", where, most=FARTHEST)

    import torch

    return torch.from_numpy(out.copy())


class ItemStart(Frozen):
    """Start at an item of the checkpoint, under its own condition."""

    item: int = Field(ge=0, lt=2**31)


class PriorStart(Frozen):
    """Start at draw number `draw` of a prior under `condition`: same seed and draw, same latent.

    What is asked of the point later leaves the latent alone. Temperature scales the spread.
    """

    seed: int = Field(ge=0, lt=2**31)
    draw: int = Field(default=0, ge=0, lt=4096)
    temperature: float = Field(default=1.0, ge=0, le=2)
    prior: str | None = Field(default=None, pattern=NAME)
    condition: dict[str, Value] = {}


class SpotStart(Frozen):
    """Start at a spot of a map: a blend of the nearest real latents (or, where the map *is* the latent plane, the spot;
    of codes, which can't be blended, the nearest item)."""

    map: str = Field(pattern=NAME)
    at: tuple[Coordinate, ...] = Field(min_length=2, max_length=3)


class UploadStart(Frozen):
    """Start at a person's own item. The scene carries its latent, so the server keeps nothing and a link works anywhere;
    the picture itself never leaves the person's browser but to be encoded."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    latent: str = Field(max_length=65536)
    condition: dict[str, Value] = {}


class ResultStart(Frozen):
    """Start at the result of another point: its latent and condition, with nothing asked of it yet."""

    of: Point


STARTS = (PriorStart, SpotStart, UploadStart, ResultStart, ItemStart)


def _kind(start: Any) -> str:
    """Told apart by a field that one kind alone needs, so that a scene stays short in a link; what fits none is an item."""
    if not isinstance(start, dict):
        return type(start).__name__ if isinstance(start, STARTS) else ItemStart.__name__
    return next((kind.__name__ for kind, field in zip(STARTS, TOLD_BY, strict=True) if field in start), "ItemStart")


TOLD_BY = ("seed", "map", "sha256", "of", "item")
Start = Annotated[
    Annotated[PriorStart, Tag("PriorStart")]
    | Annotated[SpotStart, Tag("SpotStart")]
    | Annotated[UploadStart, Tag("UploadStart")]
    | Annotated[ResultStart, Tag("ResultStart")]
    | Annotated[ItemStart, Tag("ItemStart")],
    Discriminator(_kind),
]


def _bounded(start: Start) -> None:
    if isinstance(start, ResultStart) and start.of.depth >= MAX_DEPTH:
        raise Unfit("nested", MAX_DEPTH)


class Edit(Frozen):
    """One step in latent space: an operation of `explorer/play/operations` by name, with its parameters.

    The parameters are validated by the operation itself when the scene is run.
    """

    op: str = Field(pattern=NAME)
    params: Annotated[dict[str, JsonValue], BeforeValidator(plain)] = {}


class Point(Frozen):
    """A recipe for one picture: where to start, what to ask (overrides of the start's own condition), which steps to take.

    Order: the start gives (z, c); `condition` overrides c; then the edits move (z, c) one after the other.
    """

    start: Start = ItemStart(item=0)
    condition: dict[str, Value] = {}
    edits: tuple[Edit, ...] = Field(default=(), max_length=MAX_EDITS)

    model_config = ConfigDict(json_schema_extra={"deepest": MAX_DEPTH})

    @model_validator(mode="after")
    def _shallow(self) -> Point:
        _bounded(self.start)
        return self

    @property
    def depth(self) -> int:
        """How many results this point is the result of."""
        return 1 + self.start.of.depth if isinstance(self.start, ResultStart) else 0

    def then(self, op: str, **params: Any) -> Point:
        """This point with one more step."""
        return self.model_copy(update={"edits": (*self.edits, Edit(op=op, params=params))})

    def before(self, op: str) -> tuple[Point, dict[str, Any] | None]:
        """This point without its last step, and what that one was given, where it is this operation; else itself, and None."""
        if not self.edits or self.edits[-1].op != op:
            return self, None
        return self.model_copy(update={"edits": self.edits[:-1]}), self.edits[-1].params

    def asking(self, **condition: Value) -> Point:
        """This point with other values asked; after edits, it starts anew from their result so that the request wins."""
        if self.edits:
            return Point(start=ResultStart(of=self), condition=condition)
        return self.model_copy(update={"condition": {**self.condition, **condition}})

    @property
    def origin(self) -> Point:
        """The same start with nothing asked and no step: what the stage shows as *before*."""
        return Point(start=self.start)


class Axis(Frozen):
    """What a map on axes of one's own shows along one of them, a number for each item.

    Attributes:
        of: `attribute` (the one called `name`); `principal` (the latent along principal direction `index`, in standard
            deviations of the items); `dimension` (number `index` of the latent); `direction` (the latent along `vector`, in
            lengths of it, called `label`); `error` (how well an item is reconstructed); `distance` (from `point` in the latent
            space, in units of the usual distance between neighbours).
        vector: as `pack` writes it.
    """

    of: Literal["attribute", "principal", "dimension", "direction", "error", "distance"]
    name: str | None = Field(default=None, pattern=NAME)
    index: int | None = Field(default=None, ge=0, lt=65_536)
    vector: str | None = Field(default=None, max_length=65_536)
    label: str | None = Field(default=None, max_length=80)
    point: Point | None = None


class View(Frozen):
    """What the page shows around the picture: map, colouring, tab, the two ends A and B, and each tab's own options.

    `axes`: two, across and up, that the map has in place of its own; none: the map as it is.
    """

    map: str | None = Field(default=None, pattern=NAME)
    axes: tuple[Axis, ...] = Field(default=(), max_length=2)
    colour: str | None = Field(default=None, pattern=NAME)
    hidden: tuple[str, ...] = Field(default=(), max_length=256)
    density: bool = False
    pictures: bool | None = None  # over the points of a map; None: once few enough are in sight
    camera: tuple[Coordinate, ...] = Field(default=(), max_length=16)
    tab: str = Field(default="attributes", pattern=NAME)
    difference: bool = False
    a: Point | None = None
    b: Point | None = None
    options: Annotated[dict[str, dict[str, JsonValue]], BeforeValidator(plain)] = {}


class Scene(Frozen):
    """Everything needed to show the same page again: the model, the point on stage, and the view.

    `build` names the weights and items that the scene was made with (`Card.build`): an item is known by its number alone, so a
    model that was trained again may show others, and whoever reads the scene says so.
    """

    model_config = ConfigDict(json_schema_extra={"deepest": MAX_DEPTH})

    version: Literal[1] = SCENE_VERSION
    model: str = Field(pattern=NAME)
    build: str | None = Field(default=None, pattern=r"^[0-9a-f]{8}$")
    start: Start = ItemStart(item=0)
    condition: dict[str, Value] = {}
    edits: tuple[Edit, ...] = Field(default=(), max_length=MAX_EDITS)
    view: View = View()

    @model_validator(mode="after")
    def _shallow(self) -> Scene:
        _bounded(self.start)
        return self

    @property
    def point(self) -> Point:
        """The point on stage."""
        return Point(start=self.start, condition=self.condition, edits=self.edits)

    def at(self, point: Point) -> Scene:
        """The same view with another point on stage."""
        return self.model_copy(update={"start": point.start, "condition": point.condition, "edits": point.edits})


ResultStart.model_rebuild()
Point.model_rebuild()
Axis.model_rebuild()
View.model_rebuild()
Scene.model_rebuild()
