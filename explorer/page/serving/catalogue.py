"""What there is to choose from: every checkpoint with a picture, its sentence, its gallery and its paper. Reads cards alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from PIL import Image

from explorer.box.cards import available, card_of, default_root
from explorer.box.files import read, rows_of_tile, sheet_rows
from explorer.core.disk import made_once
from explorer.core.glossary import TERMS
from explorer.core.registry import facts
from explorer.core.schema import Card, ExplorerError
from explorer.museum.exhibits.base import GALLERIES, Exhibit, listed
from explorer.page.serving.turns import Turned
from explorer.page.serving.urls import PREFIX

BUNDLED = Path(__file__).resolve().parents[3] / "checkpoints"
KEPT = 1024  # covers, of a few kilobytes each
COLUMNS, ROWS, TILE = 4, 2, 48  # of a cover: pictures, and the pixels of their side
FOREVER = "public, max-age=31536000, immutable"
_one = threading.Lock()  # a sheet takes up to a hundred megabytes while it is open


def catalogue(names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """All checkpoints, the one that opens first in front, JSON-able.

    Args:
        names: of those to list, in this order; all of them when left out.

    Returns:
        for each `name`, `title`, `summary`, `modality` (what one item is called), `gallery` (a title, or None), `own` (not one
        of the bundled ones), `group` (of its dial, or None), `cover` (a relative URL) and `papers` (`number`, `title`, `year`).
    """
    cards, shelf = available(), listed()
    return [_entry(cards[name], shelf) for name in names or cards]


def _entry(card: Card, shelf: Sequence[Exhibit]) -> dict[str, Any]:
    playing = [exhibit for exhibit in shelf if card.name in getattr(exhibit, "checkpoints", ())]
    return {
        "name": card.name,
        "title": card.title,
        "summary": card.summary,
        "modality": facts("modalities", card.modality).get("noun", "picture"),
        "gallery": GALLERIES[playing[0].gallery] if playing else None,
        "own": not (BUNDLED / card.name).is_dir(),
        "group": card.dial and card.dial.group,
        "cover": cover_url(card),
        "papers": [{"number": e.number, "title": e.title, "year": e.year} for e in playing],
    }


def cover_url(card: Card) -> str:
    """Relative URL of a checkpoint's cover; it changes with the sheet and with the item that opens."""
    return f"{PREFIX}/{card.name}/cover.webp?v={card.sha256['thumbs.webp'][:12]}-{_first(card)}"


def cover(name: str) -> bytes:
    """A few of a checkpoint's items side by side, the one that it opens on first: WebP, 192 x 96 pixels.

    Raises:
        ExplorerError: no such checkpoint, or one without a sprite sheet.
    """
    card = card_of(name)
    first, count = _first(card), COLUMNS * ROWS
    items = [first, *(int(k) for k in np.linspace(0, card.items, count + 1)[1:-1] if int(k) != first)]
    folder, version = default_root() / name, cover_url(card).rpartition("=")[2]
    return made_once("covers", f"{name}-{version}.webp", lambda: _mosaic(folder, card, items[:count]), KEPT)


def _mosaic(folder: Path, card: Card, items: Sequence[int]) -> bytes:
    """Squares of a sheet's first file side by side."""
    side, high = card.thumb_size, rows_of_tile(card.thumb_size)
    rows = sheet_rows(folder, card)
    numbers = [k if rows is None else int(rows[k]) for k in items]
    places = [(n % card.thumb_columns * side, n // card.thumb_columns % high * side) for n in numbers]
    made = Image.new("RGB", (COLUMNS * TILE, ROWS * TILE), "white")
    try:
        with _one, Image.open(BytesIO(read(folder, "thumbs.webp", card))) as sheet:
            whole = sheet.convert("RGB")
    except OSError:
        raise ExplorerError(f"The checkpoint {card.name} has no thumbnails.", "checkpoint") from None
    for k, (left, top) in enumerate(places):
        tile = whole.crop((left, top, left + side, top + side)).resize((TILE, TILE), Image.Resampling.BICUBIC)
        made.paste(tile, (k % COLUMNS * TILE, k // COLUMNS * TILE))
    out = BytesIO()
    made.save(out, "WEBP", quality=78)
    return out.getvalue()


def _first(card: Card) -> int:
    """The item on which a checkpoint opens; 0 where it opens on no item."""
    start = card.opening.get("start")
    item = start.get("item", 0) if isinstance(start, dict) else 0
    return item if isinstance(item, int) and 0 <= item < card.items else 0


def routes() -> APIRouter:
    """The list as JSON, and the covers."""
    router = APIRouter(prefix=f"/{PREFIX}", include_in_schema=False, route_class=Turned)

    @router.get("/models.json")
    def models() -> JSONResponse:
        return JSONResponse(catalogue(), headers={"Cache-Control": "no-cache"})

    @router.get("/glossary.json")
    def glossary() -> JSONResponse:
        return JSONResponse(TERMS, headers={"Cache-Control": "no-cache"})

    @router.get("/{checkpoint}/cover.webp")
    def picture(checkpoint: str) -> Response:
        headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
        return Response(cover(checkpoint), media_type="image/webp", headers=headers)

    return router
