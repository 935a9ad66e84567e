"""A checkpoint's items as the page's map takes them: a few bytes a point, made once and kept.

Coordinates are 16-bit fractions of the map's box (4 bytes a point in two dimensions, 6 in three), each attribute one
byte a point, or two where it has more values than a byte tells apart. With one colouring that is 5 bytes a point on the wire.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO

import numpy as np
import torch
from PIL import Image

from explorer.box.files import read, rows_of_tile, sheets
from explorer.box.portable.shipped import DRAWN
from explorer.core.schema import Attribute, ExplorerError, Value
from explorer.play.session import Session

UNKNOWN, UNKNOWN_WIDE = 255, 65_535
LEVELS = 254
GRID = 24


def box(session: Session, name: str) -> list[list[float]]:
    """The extent of a map's items: [[low, high]] for each dimension."""
    coords = session.checkpoint.items.map(name)
    low, high = coords.min(0).tolist(), coords.max(0).tolist()
    return [[a, b if b > a else a + 1.0] for a, b in zip(low, high, strict=True)]


def coordinates(session: Session, name: str) -> bytes:
    """A map's items as little-endian uint16, interleaved, scaled from the map's box to 0..65535.

    Raises:
        ExplorerError: unknown map.
    """

    def make() -> bytes:
        extent = np.array(box(session, name), dtype=np.float64)
        scaled = (session.checkpoint.items.map(name) - extent[:, 0]) / (extent[:, 1] - extent[:, 0])
        return np.rint(scaled * 65535).astype("<u2").tobytes()

    return session.remember(("points", name), make)


def quantise(attribute: Attribute, column: np.ndarray) -> np.ndarray:
    """The data's codes [n] -> uint8 [n]: the value's index, or 0..254 over a continuous range; 255 where unknown.

    Of an attribute with more than 255 values uint16 [n], and 65,535 where unknown.
    """
    known = ~np.isnan(column) & ((attribute.kind == "continuous") | (column >= 0))
    values = np.where(known, column, 0)
    if attribute.kind == "continuous":
        values = np.clip((values - attribute.low) / (attribute.high - attribute.low), 0, 1) * LEVELS
    wide = len(attribute.values) > UNKNOWN
    return np.where(known, np.rint(values), UNKNOWN_WIDE if wide else UNKNOWN).astype("<u2" if wide else np.uint8)


def codes(session: Session, name: str) -> bytes:
    """One attribute of all items, a byte or two each; see `quantise`.

    Raises:
        ExplorerError: unknown attribute.
    """
    attribute = session.card.conditions[name]
    column = session.card.conditions.attributes.index(attribute)
    return quantise(attribute, np.asarray(session.checkpoint.items.codes)[:, column]).tobytes()


def thumbs(session: Session, name: str) -> bytes:
    """A file of the sprite sheet of a checkpoint's items, WebP or AVIF.

    Raises:
        ExplorerError: the checkpoint has none of that name, or it is damaged.
    """
    if name not in sheets(session.card):
        raise ExplorerError(f"The checkpoint {session.card.name} has no thumbnails {name[:32]!r}.", "map")
    return session.remember(("thumbs", name), lambda: read(session.checkpoint.folder, name, session.card))


def face(session: Session, item: int) -> str | None:
    """One item's picture out of the sprite sheet, a data URL; None where the sheet shows no real items.

    Raises:
        ExplorerError: the sheet is damaged.
    """
    card = session.card
    if card.thumbs != "items" or card.modality not in DRAWN:
        return None
    where = session.checkpoint.items.sheet
    size, place = card.thumb_size, item if where is None else int(where[item])
    row, column = divmod(place, card.thumb_columns)
    sheet, row = divmod(row, rows_of_tile(size))
    with Image.open(BytesIO(thumbs(session, sheets(card)[sheet]))) as whole:
        cut = whole.convert("RGB").crop((size * column, size * row, size * (column + 1), size * (row + 1)))
    if DRAWN[card.modality] == "outline":
        return session.modality.tile(np.asarray(cut))
    out = BytesIO()
    cut.save(out, "WEBP", lossless=True)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


def sheet_rows(session: Session) -> bytes:
    """Where each item lies in a sheet that the data set shares, little-endian uint32 [n]; nothing where each has its own row."""
    where = session.checkpoint.items.sheet
    return b"" if where is None else where.astype("<u4").tobytes()


@torch.inference_mode()
def backdrop(session: Session, name: str, condition: Mapping[str, Value]) -> bytes:
    """The decoded latent plane behind a map that *is* the plane: GRID x GRID pictures over the map's box, WebP.

    Each picture is decoded at its own spot, all of them under one condition (Kingma and Welling 2014, figure 4).

    Raises:
        ExplorerError: unknown map or value, or a map that isn't the latent plane.
    """
    if session.map(name).method != "plane":
        raise ExplorerError(f"The map {name} is not the latent plane, so it has no backdrop.", "map")
    c = session.card.conditions.encode([condition])
    (left, right), (bottom, top) = box(session, name)
    step = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(left + step * (right - left), top - step * (top - bottom))
    z = torch.from_numpy(np.stack([x.ravel(), y.ravel()], 1).astype(np.float32))
    decoded = session.checkpoint.model.decode(z, c.expand(len(z), -1))
    tiles = session.modality.thumbs(decoded, session.card.thumb_size)
    height, width = tiles.shape[1:3]
    sheet = tiles.reshape(GRID, GRID, height, width, 3).swapaxes(1, 2).reshape(GRID * height, GRID * width, 3)
    out = BytesIO()
    Image.fromarray(sheet).save(out, "WEBP", quality=80)
    return out.getvalue()
