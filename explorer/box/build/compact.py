"""The bits that a checkpoint's numbers need: eight where nobody can see or measure the difference, else sixteen.

Latents go by what the decoder makes of them and by who is near whom, features by who is near whom. Sprite sheets take the
lowest quality that keeps a thumbnail what it is, and are cut into tiles, since a WebP has at most 16,383 rows.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from explorer.box.files import rows_of_tile
from explorer.box.items import OFFSET, SCALE, packed, unpacked
from explorer.box.maps.base import nearest

LOOKED_AT = 400  # items whose pictures are compared
AMONG, NEAR = 2000, 5  # items among which the nearest five are compared
MOVED, MOST_MOVED = 1 / 255, 2 / 255  # of a picture's range, root mean square: on average, and of any
SAME_NEAR = 0.97  # share of the nearest five that stay
HALVED = 8192  # numbers; a prior's smaller tensors, such as its tables, stay in 32 bits
CLEAR = 36.0  # decibels between the brightness of a thumbnail and of what the sheet shows of it
QUALITIES = (50, 60, 70, 80)
LARGEST = 4_000_000  # bytes of one file


def vectors(name: str, values: Tensor) -> dict[str, Tensor]:
    """Vectors float32 [n, F] in which neighbours are looked for, packed; see `explorer.box.items.packed`."""
    small = packed(name, values, torch.uint8)
    return small if _near(values, _read(name, small)) >= SAME_NEAR else packed(name, values)


def latents(z: Tensor, decode: Callable[[Tensor, slice], Tensor]) -> dict[str, Tensor]:
    """Latents float32 [n, *shape], packed.

    Args:
        z: of the items.
        decode: latents of some rows, and which rows these are -> what the model makes of them, in [0, 1].
    """
    small = packed("z", z, torch.uint8)
    again = _read("z", small)
    rows = slice(0, None, max(1, len(z) // LOOKED_AT))
    moved = (decode(again[rows], rows) - decode(z[rows], rows)).square().flatten(1).mean(1).sqrt()
    close = moved.mean() <= MOVED and moved.max() <= MOST_MOVED and _near(z.flatten(1), again.flatten(1)) >= SAME_NEAR
    return small if close else packed("z", z)


def prior(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """A prior's tensors with the large ones in 16 bits."""
    return {k: t.half() if t.is_floating_point() and t.numel() >= HALVED else t for k, t in tensors.items()}


def _read(name: str, tensors: dict[str, Tensor]) -> Tensor:
    return unpacked(*(tensors[name + own] for own in ("", SCALE, OFFSET)))


def _near(a: Tensor, b: Tensor) -> float:
    """Share of the nearest five that rows of a [n, F] keep in b [n, F], among the first ones."""
    found = [nearest(v[:AMONG].numpy(), v[:AMONG].numpy(), NEAR + 1)[0] for v in (a, b)]
    return float(np.mean([len(set(x) & set(y)) - 1 for x, y in zip(*found, strict=True)])) / NEAR


def sheets(thumbs: np.ndarray, columns: int) -> dict[str, bytes]:
    """Thumbnails uint8 [n, size, size, 3] -> sheets in rows of `columns`: `thumbs.webp`, and `thumbs-1.webp` where it goes on."""
    most = rows_of_tile(thumbs.shape[1]) * columns
    tiles = [thumbs[start : start + most] for start in range(0, len(thumbs), most)]
    return {f"thumbs{f'-{k}' if k else ''}.webp": _sheet(tile, columns) for k, tile in enumerate(tiles)}


def _sheet(thumbs: np.ndarray, columns: int) -> bytes:
    count, size = thumbs.shape[:2]
    rows = -(-count // columns)
    tiles = np.full((rows * columns, size, size, 3), 255, np.uint8)
    tiles[:count] = thumbs
    pixels = tiles.reshape(rows, columns, size, size, 3).swapaxes(1, 2).reshape(rows * size, columns * size, 3)
    sheet, sample = Image.fromarray(pixels), pixels[: 8 * size]
    enough = next((q for q in QUALITIES if _decibels(sample, q) >= CLEAR), QUALITIES[-1])
    for quality in [q for q in QUALITIES[::-1] if q <= enough]:
        data = _webp(sheet, quality)
        if len(data) <= LARGEST:
            break
    return data


def _webp(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


def _decibels(pixels: np.ndarray, quality: int) -> float:
    """Of the brightness: WebP halves the resolution of colour at any quality."""
    picture = Image.fromarray(pixels)
    again = Image.open(io.BytesIO(_webp(picture, quality))).convert("RGB")
    a, b = (np.asarray(p.convert("L"), np.float64) for p in (picture, again))
    return float(-10 * np.log10(max(np.square(a - b).mean(), 1e-9) / 255**2))
