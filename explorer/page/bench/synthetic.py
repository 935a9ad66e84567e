"""A checkpoint with another number of items: rows repeated, their places on the maps scattered a little."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from explorer.box.checkpoints import load
from explorer.box.items import FILE, OFFSET, SCALE, packed, unpacked

SCATTER = 0.004  # of a map's extent


def resize(name: str, folder: Path, n: int, seed: int = 0) -> None:
    """Write a copy of a bundled checkpoint that has n items."""
    checkpoint = load(name)
    checkpoint.save_pretrained(folder)
    tensors, card = load_file(checkpoint.folder / FILE), checkpoint.card
    generator = torch.Generator().manual_seed(seed)
    rows = torch.arange(n) % card.items
    for key, values in list(tensors.items()):
        if len(values) != card.items or key.startswith(("z.", "features.", "neighbours.quantiles", "conditioned.")):
            continue
        chosen = values[rows]
        if key.startswith("map."):
            places = unpacked(values, *(tensors[key + own] for own in (SCALE, OFFSET)))
            extent = places.amax(0) - places.amin(0)
            scattered = places[rows] + SCATTER * extent * torch.randn(chosen.shape, generator=generator)
            tensors |= packed(key, scattered)
        else:
            tensors[key] = chosen.contiguous()
    save_file(tensors, folder / FILE)
    digest = hashlib.sha256((folder / FILE).read_bytes()).hexdigest()
    # The opening scene may name an item that a smaller copy doesn't have.
    changed = card.model_copy(update={"items": n, "sha256": {**card.sha256, FILE: digest}, "opening": {}})
    (folder / "card.json").write_text(changed.model_dump_json(indent=1))
    shutil.copymode(checkpoint.folder / "card.json", folder / "card.json")
