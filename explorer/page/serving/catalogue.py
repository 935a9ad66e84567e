"""What there is to choose from: every checkpoint with a picture, its sentence, its gallery and its paper. Reads cards alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from explorer.box.cards import available, card_of, default_root
from explorer.box.files import read
from explorer.core.glossary import TERMS
from explorer.core.registry import facts
from explorer.core.schema import Card, ExplorerError
from explorer.museum.exhibits.base import GALLERIES, Exhibit, listed
from explorer.page.serving.turns import Turned
from explorer.page.serving.urls import PREFIX
from explorer.page.views.figures import with_models

BUNDLED = Path(__file__).resolve().parents[3] / "checkpoints"
COVER = "cover.webp"
FOREVER = "public, max-age=31536000, immutable"


def catalogue(names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """All checkpoints, the one that opens first in front, JSON-able.

    Args:
        names: of those to list, in this order; all of them when left out.

    Returns:
        for each `name`, `title`, `summary`, `modality` (what one item is called), `gallery` (a title, or None), `own` (not one
        of the bundled ones), `group` (of its dial, or None), `cover` (a relative URL), `papers` (`number`, `title`, `year`), and
        what a replay needs: `data`, `items` (how many) and `attributes` (names).
    """
    cards, shelf = available(), listed()
    return [_entry(cards[name], shelf) for name in names or cards]


def _entry(card: Card, shelf: Sequence[Exhibit]) -> dict[str, Any]:
    playing = [exhibit for exhibit in with_models(shelf) if card.name in getattr(exhibit, "checkpoints", ())]
    return {
        "name": card.name,
        "title": card.title,
        "summary": card.summary,
        "modality": facts("modalities", card.modality).get("noun", "picture"),
        "gallery": GALLERIES[playing[0].gallery] if playing else None,
        "own": not (BUNDLED / card.name).is_dir(),
        "group": card.dial and card.dial.group,
        "cover": cover_url(card),
        "data": card.data,
        "items": card.items,
        "attributes": [a.name for a in card.conditions.attributes],
        "papers": [{"number": e.number, "title": e.title, "year": e.year} for e in playing],
    }


def cover_url(card: Card) -> str:
    """Relative URL of a checkpoint's cover; it changes with the cover."""
    return f"{PREFIX}/{card.name}/cover.webp?v={card.sha256.get(COVER, card.name)[:12]}"


def cover(name: str) -> bytes:
    """A few of a checkpoint's items side by side, the one that it opens on first: WebP, 192 x 96 pixels.

    Raises:
        ExplorerError: no such checkpoint, or one without a cover.
    """
    card = card_of(name)
    if COVER not in card.sha256:
        raise ExplorerError(f"The checkpoint {card.name} has no cover.", "checkpoint")
    return read(default_root() / name, COVER, card)


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
