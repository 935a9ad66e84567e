"""A scene as a file: pictures, animations, tables and tensors of what the page shows. Stateless and bounded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer.core import link
from explorer.core.scene import ItemStart, Point, ResultStart, Scene, Start
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.encoding import animation, png
from explorer.learn.modalities.outline import UNITS
from explorer.page.views import export as write
from explorer.page.views import specimen, words
from explorer.page.views.font import font as write_font
from explorer.play import lettering, recipes
from explorer.play.operations.tab import options
from explorer.play.session import Session, open_session

FRAMES = 33
SMALLEST = 256  # pixels on the shorter side of an exported picture, about
MEDIA = {
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "csv": "text/csv; charset=utf-8",
    "safetensors": "application/octet-stream",
}
FONTS = {"otf": "font/otf", "ttf": "font/ttf", "pdf": "application/pdf"}  # the letters of the design on stage
LONGEST = 120  # characters of a specimen's text
ITEM = "item"  # on stage, as a file of its own modality: a picture, a sound, a table
WHAT = ("stage", "path", "draws", "items", "replayed")
MOST_REPLAYED = 500  # items of a selection on which the edits of a scene are run again for one file


@dataclass(frozen=True)
class Export:
    """A file to save: its bytes, media type and name."""

    data: bytes
    media: str
    name: str


def export(request: Mapping[str, str]) -> Export:
    """Make a file of a scene.

    Args:
        request: `scene` (a link, or JSON), `as` (`png`, `gif`, `webp`, `csv`, `safetensors`; `item`, a file of the modality's own
            kind; of a model that draws letters `otf`, `ttf`, and `pdf`, a specimen of `text`), `what` (`stage`, which is the
            default, `path` from A to B, `draws` of the tab Resample, `items` of the checkpoint, or `replayed`, the edits of the
            stage on each of them), and for these two `members` (one bit an item as base64; all items without it).

    Raises:
        ExplorerError: not a scene, an unknown kind, or a kind that `what` can't be had as.
    """
    scene = link.read(request.get("scene") or "")
    session = open_session(scene.model)
    kind, what = request.get("as", "png"), request.get("what", "stage")
    if kind == ITEM:
        modality = session.modality
        if what not in (("stage", "path", "draws") if modality.view == "text" else ("stage",)):
            raise ExplorerError("Only what is on stage can be saved as a file of its own.", "stage")
        name = f"{scene.model}-{what}.{modality.suffix}"
        made = (modality.write(session.output(point)) for point in _of(session, scene, what))
        return Export(b"".join(made), modality.media, name)
    if kind in FONTS:
        made = _font(session, scene.point, kind, request.get("text", "")[:LONGEST])
        return Export(made, FONTS[kind], f"{scene.model}-{what}.{kind}")
    if kind not in MEDIA:
        raise ExplorerError(f"A scene can be saved as {', '.join(MEDIA)}, not as {kind[:32]!r}.", "stage")
    if what not in WHAT:
        raise ExplorerError(f"What can be saved is {', '.join(WHAT)}, not {what[:32]!r}.", "stage")
    if kind in ("gif", "webp") and what != "path":
        raise ExplorerError("Only a way from A to B can be saved as an animation.", "stage")
    name = f"{scene.model}-{what}.{kind}"
    if what == "items":
        return Export(_items(session, kind, request.get("members")), MEDIA[kind], name)
    if what == "replayed":
        points = _replayed(session, scene.point, request.get("members"))
    else:
        points = _of(session, scene, what, FRAMES if kind in ("gif", "webp") else None)
    return Export(_points(session, scene, kind, what, points), MEDIA[kind], name)


def onto(point: Point, start: Start) -> Point:
    """The same edits on another start; of a result of a result, at the bottom of all of them."""
    if isinstance(point.start, ResultStart):
        start = ResultStart(of=onto(point.start.of, start))
    return point.model_copy(update={"start": start})


def _replayed(session: Session, point: Point, text: str | None) -> list[Point]:
    """The edits of a point on each item of a group."""
    rows = _rows(text, session.card.items)
    if len(rows) > MOST_REPLAYED:
        raise ExplorerError(f"A file takes the edits on up to {MOST_REPLAYED} items, not on {len(rows)}.", "map")
    return [onto(point, ItemStart(item=int(row))) for row in rows]


def _rows(text: str | None, n: int) -> np.ndarray:
    """Numbers of the items of a group, all of them where none is given."""
    return np.flatnonzero(recipes.members(text, n)) if text else np.arange(n)


def _points(session: Session, scene: Scene, kind: str, what: str, points: list[Point]) -> bytes:
    if kind == "csv":
        return _table(session, points)
    if kind == "safetensors":
        return _tensors(session, points, scene)
    pictures = [session.modality.picture(shown) for shown in session.render(points)]
    scale = max(1, round(SMALLEST / min(pictures[0].shape[:2])))
    if kind == "png":
        return png(pictures[0], scale) if what == "stage" else write.strip(pictures, _columns(what, len(points)))
    return animation(pictures, kind, scale=scale)


def _of(session: Session, scene: Scene, what: str, steps: int | None = None) -> list[Point]:
    """The points of the stage, of the way from A to B (in the tab's own number of steps where none is given), or of the draws."""
    if what == "path":
        chosen = options(scene, "interpolate", recipes.PathOptions)
        ends = recipes.ends(session, scene)
        return recipes.path(*ends, steps or chosen.steps, chosen.method, chosen.condition)
    return (
        recipes.draws(session, scene, options(scene, "resample", recipes.DrawOptions))
        if what == "draws"
        else [scene.point]
    )


def _font(session: Session, point: Point, kind: str, text: str) -> bytes:
    letters, model = lettering.alphabet(session, point), session.checkpoint.model
    digest = hashlib.sha256(session.resolve(point).z.numpy().tobytes()).hexdigest()[:6]
    name = f"Latent {digest}"
    font = write_font(
        letters, cell=UNITS / max(session.card.shape[-2:]), baseline=model.baseline, capital=model.capital,
        name=name, about=f"Drawn by the model {session.card.title} of the Latent Explorer.",
        kind="otf" if kind == "otf" else "ttf",
    )  # fmt: skip
    return specimen.pdf(font, name, text, tuple(letters)) if kind == "pdf" else font


def _columns(what: str, n: int) -> int:
    return n if what == "path" else min(n, 20 if what == "replayed" else 6)


def _table(session: Session, points: list[Point]) -> bytes:
    """One row a point: recipe in words, attributes asked, places on the maps, latent."""
    card = session.card
    states = [session.resolve(p) for p in points]
    conditions = [session.condition(p) for p in points]
    columns: dict[str, list[object]] = {"recipe": [words.recipe(p, card.conditions) for p in points]}
    if session.modality.view == "text":
        columns["text"] = [session.modality.said(session.output(p)) for p in points]
    for a in card.conditions.attributes:
        columns[a.name] = [words.value(a, condition[a.name]) for condition in conditions]
    for spec in card.maps:
        for axis, values in zip("xyz", zip(*(session.place(p, spec.name) for p in points), strict=True), strict=False):
            columns[f"{spec.name}_{axis}"] = list(values)
    for k, values in enumerate(zip(*(s.z.flatten().tolist() for s in states), strict=True)):
        columns[f"z{k}"] = list(values)
    return write.table(columns)


def _tensors(session: Session, points: list[Point], scene: Scene) -> bytes:
    states = [session.resolve(p) for p in points]
    arrays = {
        "z": np.stack([s.z.numpy() for s in states]),
        "c": np.stack([s.c.numpy() for s in states]),
        "x": np.stack([session.output(p).numpy() for p in points]),
    }
    return write.tensors(arrays, {"model": scene.model, "scene": link.text_of(scene)})


def _alike(session: Session) -> str:
    """What the column of reconstructions is called, see `Modality`."""
    return "words_in_place" if session.modality.view == "text" else "psnr"


def _items(session: Session, kind: str, text: str | None) -> bytes:
    """Real items, all or those of a group: number, attributes, places on the maps, error, latent."""
    items, card = session.checkpoint.items, session.card
    rows = _rows(text, card.items)
    if kind == "safetensors":
        arrays = {"item": rows, "z": items.z[rows], "codes": items.codes[rows], "error": items.error[rows]}
        arrays |= {f"map.{spec.name}": items.map(spec.name)[rows] for spec in card.maps}
        return write.tensors(arrays, {"model": card.name})
    if kind != "csv":
        raise ExplorerError("Items can be saved as csv or safetensors.", "map")
    codes = items.codes[rows]
    columns: dict[str, list[object]] = {"item": rows.tolist()}
    if session.modality.view == "text" and card.names:
        columns["text"] = [card.names[row] for row in rows]
    for k, a in enumerate(card.conditions.attributes):
        columns[a.name] = [value if (value := a.read(code)) is not None else "" for code in codes[:, k].tolist()]
    columns |= {"held_out": items.held_out[rows].astype(int).tolist(), _alike(session): items.error[rows].tolist()}
    for spec in card.maps:
        columns |= {
            f"{spec.name}_{axis}": v.tolist() for axis, v in zip("xyz", items.map(spec.name)[rows].T, strict=False)
        }
    columns |= {f"z{k}": v.tolist() for k, v in enumerate(items.space("latent")[rows].T)}
    return write.table(columns)
