"""The pure questions that the page asks of a model, in batches: what a recipe's picture is, where it lies, how it reads.

Two answer them and the page can't tell which: this module on the server, and the engine in the page (`assets/js/compute`).
A batch takes about `BUDGET` seconds at most, and less where others wait: what isn't done by then comes back as `later`, and is
asked again.

| question | arguments | one answer for each |
| --- | --- | --- |
| `condition` | points | `{attribute: value, blend or null}` |
| `state` | points | `{z, c}`, packed (see `scene.pack`) |
| `picture` | points | data URL |
| `difference` | pairs | data URL of where two pictures differ |
| `nodes` | groups of points | the last as a chart or a table with units, null where a picture is all |
| `places` | points, map | coordinates on the map |
| `spots` | points that start at a spot | `{indices, weights, distance}` of the items blended there |
| `trust` | points | `{nearest, distance, ratio, percentile}`; `ratio` in units of the usual distance between items |
| `real` | points | how far the picture lies from real items (`explorer.box.real`), null where nobody can tell |
| `neighbours` | points, k, space | `[[item, distance], ...]`, nearest first, without the item it starts from |
| `judge` | points | `{attribute: {value, probability, chances}}`, or null where the checkpoint has no judge |
| `listen` | points | data URL of a WAV file |
| `distant` | groups of points | an item far from all points of its group |
| `direction` | pairs of groups of items | `{vector, length}`, packed, and its length in units of the usual distance |
| `glyphs` | points | `{d, begin, end, left, right}`: outlines of letters and what stands free beside them |
| `tensor` | name | `{type, shape, data}`: numbers of all items, base64 of little-endian float32, int32 or uint8 |
| `painted` | point, strokes, attributes | `{point, asked}`: nearest to what was painted on it (`explorer.play.paint`) |
| `letters` | files, text | `{point, read, fitted}`: the design of a person's own letters (`explorer.play.lettering`) |
| `encode` | file, condition, cropped | `{point, fitted, node, sound, note, psnr, readings}` |
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from explorer.core.checked import bounded, checked
from explorer.core.refusals import ExplorerError, quoted, refuse
from explorer.core.scene import Point, SpotStart, pack
from explorer.core.schema import NAME, Value
from explorer.learn.latents import psnr
from explorer.learn.modalities.image import Picture
from explorer.play import lettering, paint, recipes, search
from explorer.play.operations.tab import Asked, Question
from explorer.play.session import Session

BUDGET = 1.5  # seconds
MOST_QUESTIONS = 256
MOST_POINTS = 256
MOST_VALUES = 100_000  # of JSON in a batch
MAX_STROKES = 1_000_000  # characters of base64: more than a PNG of 400 by 400 pixels of noise
MAX_FILE = 12_000_000  # characters of base64: a little over the largest file that a modality opens
Over = Callable[[], bool]


def never() -> bool:
    """Nobody else waits."""
    return False


class Points(Asked):
    """Recipes."""

    points: tuple[Point, ...] = Field(max_length=MOST_POINTS)


class Pairs(Asked):
    """Pairs of recipes."""

    points: tuple[tuple[Point, Point], ...] = Field(max_length=MOST_POINTS)


class Places(Points):
    """Recipes, and a map; the one that opens where none is named."""

    map: str | None = Field(default=None, pattern=NAME)


class Neighbours(Points):
    """Recipes, how many items, and in which space."""

    k: int = Field(default=8, ge=1, le=256)
    space: str = Field(default="latent", pattern=NAME)


class Groups(Asked):
    """Sets of recipes."""

    points: tuple[tuple[Point, ...], ...] = Field(max_length=MOST_POINTS)


class Direction(Asked):
    """Items that a person drew around, one bit an item as base64; without `minus` all others."""

    plus: str = Field(max_length=65536)
    minus: str | None = Field(default=None, max_length=65536)
    name: str = Field(default="This group", max_length=80)


class Directions(Asked):
    """Pairs of groups of items."""

    points: tuple[Direction, ...] = Field(max_length=MOST_POINTS)


class Named(Asked):
    """A tensor of the items, by its name in the checkpoint."""

    name: str = Field(max_length=80)


class Painting(Asked):
    """A point, what was painted on its picture (a PNG as a data URL), and whether attributes may change for it too."""

    point: Point
    strokes: str = Field(max_length=MAX_STROKES)
    attributes: bool = True


class Letters(Asked):
    """Pictures of letters or a file of type, as data URLs; and what they say, where that is known."""

    files: tuple[Annotated[str, Field(max_length=MAX_FILE)], ...] = Field(min_length=1, max_length=lettering.MOST)
    text: str = Field(default="", max_length=lettering.MOST)


class File(Asked):
    """A person's own file as a data URL, and what is known of its attributes; the judge reads the others.

    `cropped`: the person has put it in its frame, so that it isn't moved again to where the data set's items lie.
    """

    file: str
    condition: dict[str, Value] = {}
    cropped: bool = False


def _condition(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    return [session.condition(point) for point in points]


def _state(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    states = [session.resolve(point) for point in points]
    return [{"z": pack(state.z.flatten()), "c": pack(state.c)} for state in states]


def _picture(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    return [picture(session, point) for point in points]


def picture(session: Session, point: Point) -> str:
    """A point's picture as a data URL."""
    key = ("picture", point.model_dump_json())
    return session.remember(key, lambda: session.modality.data_url(session.render([point])[0]))


def _nodes(session: Session, groups: Sequence[Sequence[Point]], _: Groups) -> list[Any]:
    made = [session.modality.node([session.output(point) for point in group]) if group else None for group in groups]
    return [node and node.json_able() for node in made]


def _difference(session: Session, pairs: Sequence[tuple[Point, Point]], _: Pairs) -> list[Any]:
    return [session.modality.data_url(session.difference(a, b)) for a, b in pairs]


def _places(session: Session, points: Sequence[Point], asked: Places) -> list[Any]:
    return [session.place(point, asked.map) for point in points]


def _spots(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    out = []
    for point in points:
        if not isinstance(point.start, SpotStart):
            raise refuse("no-spot")
        spot = session.spot(point.start)
        out.append({"indices": spot.indices.tolist(), "weights": spot.weights.tolist(), "distance": spot.distance})
    return out


def _trust(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    unit = session.checkpoint.items.typical
    return [
        {"nearest": t.nearest, "distance": t.distance, "ratio": t.distance / unit, "percentile": t.percentile}
        for t in session.trusts(points)
    ]


def _real(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    return session.reals(points)


def _neighbours(session: Session, points: Sequence[Point], asked: Neighbours) -> list[Any]:
    spaces = sorted({"latent", *(spec.space for spec in session.card.maps)})
    if asked.space not in spaces:
        raise refuse("space", known=spaces, name=quoted(asked.space))
    return [session.neighbours(point, asked.k, asked.space) for point in points]


@torch.inference_mode()
def _judge(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    judge = session.checkpoint.judge
    if judge is None:
        for point in points:
            session.resolve(point)
        return [None] * len(points)
    return [
        session.remember(("judge", p.model_dump_json()), lambda p=p: _read(session, session.output(p))) for p in points
    ]


def _read(session: Session, x: Tensor) -> dict[str, Any]:
    judge = session.checkpoint.judge
    return judge.read(x[None])[0] if judge else {}


def _listen(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    if not session.modality.sounds:
        raise refuse("no-sound", title=session.card.title)
    return [sound(session.listen(point)) for point in points]


def sound(wav: bytes) -> str:
    """The data URL of a WAV file."""
    return "data:audio/wav;base64," + base64.b64encode(wav).decode()


def _glyphs(session: Session, points: Sequence[Point], _: Points) -> list[Any]:
    return [lettering.of_point(session, point) for point in points]


def _letters(session: Session, asked: Letters) -> dict[str, Any]:
    files = [file_bytes(file, session.modality.noun) for file in asked.files]
    return lettering.brought(session, files, asked.text)


def _distant(session: Session, groups: Sequence[Sequence[Point]], _: Groups) -> list[Any]:
    return [recipes.distant(session, *group).start.item for group in groups]


def _direction(session: Session, pairs: Sequence[Direction], _: Directions) -> list[Any]:
    out = []
    for pair in pairs:
        vector = recipes.difference(session, pair.name, pair.plus, pair.minus)
        length = float(np.linalg.norm(vector)) / session.checkpoint.items.typical
        out.append({"vector": pack(vector), "length": length})
    return out


def _tensor(session: Session, asked: Named) -> dict[str, Any]:
    if not session.checkpoint.items.has(asked.name):
        raise refuse("numbers", title=session.card.title, name=quoted(asked.name))
    values = session.checkpoint.items.get(asked.name)
    kind = "f4" if values.dtype.kind == "f" else "u1" if values.dtype.kind == "b" else "i4"
    data = base64.b64encode(np.ascontiguousarray(values.astype("<" + kind)).tobytes()).decode()
    return {"type": kind, "shape": list(values.shape), "data": data}


def _encode(session: Session, asked: File) -> dict[str, Any]:
    encodes = "encode" in session.card.capabilities
    if not encodes and not search.possible(session.card):
        raise refuse("no-encoder", title=session.card.title)
    modality, raw = session.modality, file_bytes(asked.file, session.modality.noun)
    if asked.cropped and isinstance(modality, Picture):
        modality = Picture()
    x, note = modality.fit(modality.open(raw), session.card.shape)
    point = session.encode(x, asked.condition, hashlib.sha256(raw).hexdigest())
    with torch.inference_mode():
        error = (modality.alike or psnr)(session.output(point)[None], x[None]).item()
        readings = _read(session, x)
    return {
        "point": point.model_dump(mode="json", exclude_defaults=True),
        "fitted": modality.data_url(modality.show(x)),
        "node": (node := modality.node([x])) and node.json_able(),
        "sound": sound(modality.listen(x)) if modality.sounds else None,
        "note": note,
        "psnr": error,
        "searched": None if encodes else {"draws": search.DRAWS, "steps": search.STEPS},
        "readings": readings,
    }


def _painted(session: Session, asked: Painting) -> dict[str, Any]:
    what = paint.strokes(file_bytes(asked.strokes, "PNG"), session.card.shape)
    point, values = paint.painted(session, asked.point, what, asked.attributes)
    return {"point": point.model_dump(mode="json", exclude_defaults=True), "asked": values}


def file_bytes(file: Any, noun: str) -> bytes:
    """The bytes of a data URL.

    Raises:
        ExplorerError: it is none, too long, or damaged.
    """
    if not isinstance(file, str) or not file.startswith("data:") or "," not in file:
        raise refuse("no-file", noun=noun)
    if len(file) > MAX_FILE:
        raise refuse("file-large", megabytes=round(0.75 * len(file) / 1e6), noun=noun, most=8)
    try:
        return base64.b64decode(file.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise refuse("file-cut", noun=noun) from None


QUESTIONS: dict[str, Question] = {
    "condition": Question(Points, _condition, 16),
    "state": Question(Points, _state, 16),
    "picture": Question(Points, _picture),
    "nodes": Question(Groups, _nodes),
    "difference": Question(Pairs, _difference),
    "places": Question(Places, _places, 16),
    "spots": Question(Points, _spots, 16),
    "trust": Question(Points, _trust, 64),
    "real": Question(Points, _real),
    "neighbours": Question(Neighbours, _neighbours, 8),
    "judge": Question(Points, _judge),
    "listen": Question(Points, _listen),
    "glyphs": Question(Points, _glyphs, 8),
    "distant": Question(Groups, _distant),
    "direction": Question(Directions, _direction),
    "tensor": Question(Named, _tensor),
    "encode": Question(File, _encode),
    "letters": Question(Letters, _letters),
    "painted": Question(Painting, _painted),
}


def ask(
    session: Session, questions: Any, also: Mapping[str, Question] | None = None, over: Over = never
) -> list[dict[str, Any]]:
    """Answer a batch of questions, which come from anybody.

    Args:
        session: of the model that they are about.
        questions: `[{"ask": name, ...arguments}, ...]`, 256 at most.
        also: further questions by name, of rooms above.
        over: asked between answers, whether others should have their turn before the rest.

    Returns:
        for each question `{"ok": True, "value": ...}`; `{"ok": False, "error", "where"}` where it can't be answered; and
        `"later": True` beside what is known already, where the time of the batch is over: the rest is to be asked again.

    Raises:
        ExplorerError: this is no batch of questions.
    """
    if not isinstance(questions, list) or not 1 <= len(questions) <= MOST_QUESTIONS:
        raise ExplorerError(f"A batch holds 1 to {MOST_QUESTIONS} questions.")
    bounded(questions, "batch", most=MOST_VALUES, deep=True)  # each question is checked for itself
    shelf = {**QUESTIONS, **(also or {})}
    end = time.monotonic() + BUDGET

    def late() -> bool:
        return time.monotonic() > end or over()

    answers: list[dict[str, Any]] = []
    for raw in questions:
        if answers and late():
            answers.append({"ok": True, "value": None, "later": True})
            continue
        try:
            answers.append({"ok": True, **_answer(session, raw, shelf, late)})
        except ExplorerError as error:
            answers.append({"ok": False, "error": str(error), "where": error.where})
    return answers


def _answer(session: Session, raw: Any, shelf: Mapping[str, Question], late: Over) -> dict[str, Any]:
    question = shelf.get(raw.get("ask")) if isinstance(raw, dict) and isinstance(raw.get("ask"), str) else None
    if question is None:
        raise ExplorerError("This isn't a question that a model can be asked.")
    asked = checked(question.asked, {key: value for key, value in raw.items() if key != "ask"}, "question")
    points = getattr(asked, "points", None)
    if points is None:
        return {"value": question.answer(session, asked)}
    value: list[Any] = []
    for k in range(0, len(points), question.at_once):
        if value and late():
            return {"value": value, "later": True}
        value += question.answer(session, points[k : k + question.at_once], asked)
    return {"value": value}
