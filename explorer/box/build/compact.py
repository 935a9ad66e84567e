"""The bits that a checkpoint's numbers need: eight where nobody can see or measure the difference, else sixteen.

Latents go by what the decoder makes of them and by who is near whom, features by who is near whom. Sprite sheets take the
lowest quality that keeps a thumbnail what it is, and are cut into tiles of what a page unpacks at once.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from explorer.box import eight
from explorer.box.files import rows_of_tile
from explorer.box.items import OFFSET, SCALE, packed, unpacked
from explorer.box.maps.base import nearest

LOOKED_AT = 400  # items whose pictures are compared
AMONG, NEAR = 2000, 5  # items among which the nearest five are compared
MOVED, MOST_MOVED = 1 / 255, 2 / 255  # of a picture's range, root mean square: on average, and of any
SAME_NEAR = 0.97  # share of the nearest five that stay
HALVED = 8192  # numbers; a prior's smaller tensors, such as its tables, stay in 32 bits
EIGHTH = 16384  # numbers; a model's smaller tensors stay in 16 bits: they weigh little, and biases are sensitive
SPREAD = ".factor"  # see explorer/learn/priors/mixture.py
FACES, ACROSS, TILE, COVER = 8, 4, 48, 78  # of a cover: pictures, in a row, pixels of each, quality
CLEAR = 36.0  # decibels between the brightness of a thumbnail and of what the sheet shows of it
QUALITIES = (50, 60, 70, 80)
COLOUR_QUALITIES, FAITHFUL = (24, 34, 45, 60, 75), 29.0  # of AVIF, and decibels of all colours
SAMPLE = 1 << 21  # pixels on which the quality is tried
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
    seen = same(decode(z[rows], rows), decode(again[rows], rows))
    close = seen and _near(z.flatten(1), again.flatten(1)) >= SAME_NEAR
    return small if close else packed("z", z)


def prior(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """A prior's tensors with the large ones in 16 bits, and the spread of each part of a mixture in eight."""
    out = {k: t.half() if t.is_floating_point() and t.numel() >= HALVED else t for k, t in tensors.items()}
    for name in [name for name, t in out.items() if name.endswith(SPREAD) and t.dim() == 3 and t.numel() >= HALVED]:
        out |= packed(name, tensors[name].float(), torch.uint8)
    return out


def weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """A model's weights in 16 bits with the large ones in eight, a scale for each row; see `explorer.box.eight`."""
    out = {}
    for name, tensor in tensors.items():
        large = tensor.is_floating_point() and tensor.dim() > 1 and tensor.numel() >= EIGHTH
        out |= eight.packed(name, tensor.float()) if large else {name: halved(tensor)}
    return out


def halved(tensor: Tensor) -> Tensor:
    """Numbers with a fraction in 16 bits."""
    return (tensor.half() if tensor.is_floating_point() else tensor).contiguous()


def same(before: Tensor, after: Tensor) -> bool:
    """Whether nobody sees the difference between pictures [n, ...] in [0, 1], on average and of any."""
    moved = (after - before).square().flatten(1).mean(1).sqrt()
    return bool(moved.mean() <= MOVED and moved.max() <= MOST_MOVED)


def covered(count: int, first: int) -> list[int]:
    """The items on a checkpoint's cover: the one that it opens on, and others from all over."""
    others = (int(k) for k in np.linspace(0, count, FACES + 1)[1:-1])
    return [first, *(k for k in others if k != first)][:FACES]


def cover(thumbs: np.ndarray) -> bytes:
    """Thumbnails uint8 [n, size, size, 3], eight or fewer -> WebP of 192 x 96 pixels, in rows of four."""
    made = Image.new("RGB", (ACROSS * TILE, FACES // ACROSS * TILE), "white")
    for k, thumb in enumerate(thumbs):
        tile = Image.fromarray(thumb).resize((TILE, TILE), Image.Resampling.BICUBIC)
        made.paste(tile, (k % ACROSS * TILE, k // ACROSS * TILE))
    return _webp(made, COVER)


def _read(name: str, tensors: dict[str, Tensor]) -> Tensor:
    return unpacked(*(tensors[name + own] for own in ("", SCALE, OFFSET)))


def _near(a: Tensor, b: Tensor) -> float:
    """Share of the nearest five that rows of a [n, F] keep in b [n, F], among the first ones."""
    found = [nearest(v[:AMONG].numpy(), v[:AMONG].numpy(), NEAR + 1)[0] for v in (a, b)]
    return float(np.mean([len(set(x) & set(y)) - 1 for x, y in zip(*found, strict=True)])) / NEAR


def sheets(thumbs: np.ndarray, columns: int, *, speed: int = 7, exact: bool = False) -> dict[str, bytes]:
    """Thumbnails uint8 [n, size, size, 3] -> sheets in rows of `columns`: `thumbs.webp`, and `thumbs-1.webp` where it goes on.

    Coloured ones are AVIF, which keeps the resolution of colour: at the same size four to seven decibels closer to the item.
    Its `speed` is 0 (slow, small) to 10.
    Where they are `exact`, nothing is lost: fields of shapes, of which the outline is seen and not the tones.
    """
    most = rows_of_tile(thumbs.shape[1]) * columns
    tiles = [thumbs[start : start + most] for start in range(0, len(thumbs), most)]
    coloured = bool((thumbs != thumbs[..., :1]).any())
    kind, make = (
        ("webp", _exact) if exact else ("avif", partial(_coloured, speed=speed)) if coloured else ("webp", _sheet)
    )
    return {f"thumbs{f'-{k}' if k else ''}.{kind}": make(_rows(tile, columns)) for k, tile in enumerate(tiles)}


def _rows(thumbs: np.ndarray, columns: int) -> np.ndarray:
    """Thumbnails uint8 [n, size, size, 3] side by side, [rows * size, columns * size, 3], white where there is none."""
    count, size = thumbs.shape[:2]
    rows = -(-count // columns)
    tiles = np.full((rows * columns, size, size, 3), 255, np.uint8)
    tiles[:count] = thumbs
    return tiles.reshape(rows, columns, size, size, 3).swapaxes(1, 2).reshape(rows * size, columns * size, 3)


def _exact(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=True, method=6)
    return buffer.getvalue()


def _coloured(pixels: np.ndarray, speed: int) -> bytes:
    sample = Image.fromarray(pixels[: max(64, SAMPLE // pixels.shape[1])])
    tried = ((q, _apart(sample, _avif(sample, q, speed))) for q in COLOUR_QUALITIES)
    enough = next((q for q, near in tried if near >= FAITHFUL), COLOUR_QUALITIES[-1])
    return _avif(Image.fromarray(pixels), enough, speed)


def _avif(picture: Image.Image, quality: int, speed: int) -> bytes:
    """Tuned for what is seen: a drawing's flat parts stay free of blotches."""
    buffer = io.BytesIO()
    picture.save(buffer, "AVIF", quality=quality, subsampling="4:4:4", speed=speed, advanced={"tune": "ssim"})
    return buffer.getvalue()


def _apart(picture: Image.Image, data: bytes) -> float:
    """Decibels between a picture and what its file shows, over all colours."""
    a, b = (np.asarray(p, np.float64) for p in (picture, Image.open(io.BytesIO(data)).convert("RGB")))
    return float(-10 * np.log10(max(np.square(a - b).mean(), 1e-9) / 255**2))


def _sheet(pixels: np.ndarray) -> bytes:
    sheet, sample = Image.fromarray(pixels), pixels[:224]
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
