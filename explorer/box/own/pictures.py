"""A folder of pictures -> items; mixed sizes are framed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.box.own.found import Found, unreadable
from explorer.box.own.listing import listing, taken
from explorer.box.own.settings import SIDES, Settings
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.image import Picture

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm")
TRIED = 200  # pictures that side and colour are guessed from
Progress = Callable[[float, str], None]


def folder(path: Path, settings: Settings, say: Progress = lambda share, sentence: None) -> Found:
    """Read a folder of pictures.

    Raises:
        ExplorerError: too few pictures, none that can be read, or a sheet that doesn't fit them.
    """
    listed = listing(path, PICTURES, "pictures", settings)
    odd = list(listed.odd)
    side, channels, sizes = _form(path, listed.files, settings)
    if len(sizes) > 1:
        common = ", ".join(f"{w}x{h} ({n})" for (w, h), n in sizes.most_common(3))
        odd.append(f"The pictures have {len(sizes)} sizes, such as {common}; each is framed to {side}x{side}.")
    x, kept, bad, framed = _read(path, listed.files, (channels, side, side), say)
    odd += unreadable(bad)
    if framed:
        odd.append(f"{framed:,} pictures were cropped, extended or inverted to suit the frame.")
    read = taken(listed, kept, "pictures", odd, settings)
    return Found.of(read.but(side=side, colour="grey" if channels == 1 else "rgb"), "pictures", x, modality="image")


def _form(path: Path, files: Sequence[str], settings: Settings) -> tuple[int, int, Counter]:
    """Side and channels of an item, and the sizes of the pictures that were looked at."""
    sizes: Counter = Counter()
    grey = True
    for k in np.unique(np.linspace(0, len(files) - 1, TRIED).astype(int)):
        try:
            with Image.open(path / files[k]) as image:
                sizes[image.size] += 1
                if (
                    grey
                    and image.mode not in ("1", "L", "LA", "I", "I;16", "F")
                    and image.width * image.height < 1 << 22
                ):
                    pixels = np.asarray(image.convert("RGB").resize((32, 32)), np.int16)
                    grey = bool((np.ptp(pixels, axis=2) <= 2).all())
        except Exception:  # decoders raise whatever the file makes them raise; it is told when all are read
            continue
    if not sizes:
        raise ExplorerError(f"None of the pictures in {path.name} that were tried can be read, such as {files[0]}.")
    longer = float(np.median([max(size) for size in sizes.elements()]))
    side = settings.side or next((one for one in SIDES if one >= longer), SIDES[-1])
    grey = settings.colour == "grey" if settings.colour else grey
    return side, 1 if grey else 3, sizes


def _read(
    path: Path, files: Sequence[str], shape: tuple[int, int, int], say: Progress
) -> tuple[np.ndarray, list[int], list[str], int]:
    """All pictures that can be read, uint8 [n, *shape], their rows, the names of the others, and how many were changed."""
    modality = Picture()
    x, kept, bad, framed = np.empty((len(files), *shape), np.uint8), [], [], 0
    for k, name in enumerate(files):
        try:
            fitted, note = modality.fit(modality.open(path / name), shape)
        except (ExplorerError, OSError, ValueError):
            bad.append(name)
            continue
        x[len(kept)] = np.rint(255 * fitted.numpy())
        kept.append(k)
        framed += note is not None
        if k % 100 == 0:
            say(k / len(files), "reading the pictures")
    return x[: len(kept)].copy(), kept, bad, framed
