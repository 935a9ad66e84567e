"""Pictures: a person's own file of any common kind -> float32 [C, H, W] in [0, 1], and back to what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from explorer.core.refusals import phrase
from explorer.core.registry import register
from explorer.learn.modalities.base import Modality
from explorer.learn.modalities.decoding import MAX_PIXELS, decode
from explorer.learn.modalities.encoding import data_url, png
from explorer.learn.modalities.framing import PLAIN, Framing

LIGHT = 0.6  # a border lighter than this, on a model that draws light on dark, is paper


@register("modalities", "image")
class Picture(Modality):
    """Pictures with one channel (grey) or three (RGB).

    Args:
        framing: how the items lie in their frame, see `Framing`; None: in no way that could be told.
    """

    device = "camera"

    def __init__(self, framing: dict | None = None) -> None:
        self.framing = Framing.model_validate(framing) if framing else None

    def open(self, raw: bytes | str | Path) -> Image.Image:
        """A file's bytes (or its path, for use from Python) -> Pillow image in RGB; see `decoding.decode`.

        Depths, palettes, CMYK and colour profiles become 8 bits in sRGB; what is transparent white, or black under light ink.

        Raises:
            ExplorerError: not a picture, damaged, or larger than 8 MB or 25 million pixels.
        """
        return decode(raw, self.noun)

    def fit(self, item: Image.Image, shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """Pillow image, shape (C, H, W) -> float32 [C, H, W] in [0, 1], and a sentence on what was changed or None.

        A thing on a plain ground is put in the frame as the data set's items are, where it says how (`framing`). Any other
        picture of another aspect is extended where its border is of one colour, else cropped to its middle. Size is
        changed by Lanczos resampling with antialiasing. For a model of one channel, dark on a light ground becomes light on
        dark, as in the sets of that kind (MNIST and its kin).
        """
        channels, height, width = shape
        notes = []
        image = item.convert("RGB")
        if self.framing and height == width and (window := self._window(image, height)):
            image = _cut(image, *window)
            notes.append(phrase("fit-framed"))
        elif image.width * height != image.height * width:
            image, note = _to_aspect(image, width / height)
            notes.append(note)
        if image.size != (width, height):
            image = image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        pixels = np.asarray(image.convert("L") if channels == 1 else image, dtype=np.float32) / 255
        if channels == 1 and (border := np.median(_border(pixels))) > LIGHT and pixels.mean() < border:
            pixels = 1 - pixels
            notes.append(phrase("fit-turned"))
        x = torch.from_numpy(np.ascontiguousarray(pixels.reshape(height, width, channels).transpose(2, 0, 1)))
        return x, phrase("fitted", changes=" and ".join(notes)) if notes else None

    def told(self) -> dict[str, Any]:
        """See `Modality.told`."""
        return {"framing": self.framing.model_dump() if self.framing else None}

    def _window(self, image: Image.Image, size: int) -> tuple[int, int, int] | None:
        edges = _border(np.asarray(image, dtype=np.float32) / 255)
        window = self.framing.window(np.asarray(image.convert("L"), np.float64), edges, size)
        return window if window and window[2] ** 2 <= MAX_PIXELS else None

    def show(self, x: Tensor) -> np.ndarray:
        """x [C, H, W] in [0, 1] -> uint8 [H, W, 3]; out of range is clipped, not a number is black."""
        pixels = torch.nan_to_num(x.detach(), nan=0.0).clamp(0, 1).mul(255).round().to(torch.uint8)
        return np.ascontiguousarray(pixels.expand(3, -1, -1).permute(1, 2, 0).cpu().numpy())

    def data_url(self, shown: np.ndarray) -> str:
        """uint8 [H, W, 3] -> `data:image/png;base64,...`, the same for any size: the page enlarges it."""
        return data_url(shown)

    def write(self, x: Tensor) -> bytes:
        """x [C, H, W] in [0, 1] -> PNG."""
        return png(self.show(x))


def _border(pixels: np.ndarray) -> np.ndarray:
    """The outermost pixels of [H, W, ...] -> [n, ...]."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _cut(image: Image.Image, left: int, top: int, side: int) -> Image.Image:
    """The square of a picture, of the border's colour where it reaches beyond."""
    colour = np.rint(np.median(_border(np.asarray(image, dtype=np.float32)), axis=0)).astype(int).tolist()
    out = Image.new("RGB", (side, side), tuple(colour))
    out.paste(image, (-left, -top))
    return out


def _to_aspect(image: Image.Image, aspect: float) -> tuple[Image.Image, str]:
    """Extend (plain border) or crop (any other) to width / height = aspect, and say which."""
    border = _border(np.asarray(image, dtype=np.float32) / 255)
    wide = image.width > aspect * image.height
    if border.std(axis=0).max() < PLAIN:
        size = (image.width, round(image.width / aspect)) if wide else (round(image.height * aspect), image.height)
        if size[0] * size[1] <= MAX_PIXELS:
            colour = tuple(np.rint(255 * np.median(border, axis=0)).astype(int).tolist())
            return ImageOps.pad(image, size, color=colour), phrase("fit-extended")
    width = min(image.width, max(1, round(image.height * aspect)))
    height = min(image.height, max(1, round(image.width / aspect)))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height)), phrase("fit-cropped")
