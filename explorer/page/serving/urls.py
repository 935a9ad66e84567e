"""Addresses of what a checkpoint serves as files: each carries a hash of the card, so that a browser may keep it for ever."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from explorer.box.files import sheets

if TYPE_CHECKING:
    from explorer.box.checkpoints import Checkpoint

PREFIX = "explorer"


def stamp(checkpoint: Checkpoint) -> str:
    """Twelve hex digits that change whenever the checkpoint does."""
    return hashlib.sha256(checkpoint.card.model_dump_json().encode()).hexdigest()[:12]


def model_urls(checkpoint: Checkpoint) -> dict[str, Any]:
    """Relative URLs of a checkpoint's points (by map), attributes (by name), thumbnails, and the engine's manifest.

    `sheets` are the files of the sprite sheet, and `sheet_rows` says where each item lies in one that the data set shares.
    """
    card = checkpoint.card
    root, version = f"{PREFIX}/{card.name}", f"?v={stamp(checkpoint)}"
    return {
        "points": {spec.name: f"{root}/points/{spec.name}.bin{version}" for spec in card.maps},
        "attributes": {a.name: f"{root}/attribute/{a.name}.bin{version}" for a in card.conditions.attributes},
        "sheets": [f"{root}/{name}{version}" for name in sheets(card)],
        "sheet_rows": f"{root}/sheet.bin{version}" if card.sheet else None,
        "engine": f"{root}/engine.json{version}",
    }
