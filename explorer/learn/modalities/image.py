"""Pictures: a person's own file of any common kind -> float32 [C, H, W] in [0, 1], and back to what is seen.

A file comes from a stranger, so it is bounded before it is decoded: its bytes, then the pixels that its header names,
then what the decoder makes of it. Nothing touches the disk.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from explorer.core.refusals import phrase, refuse
from explorer.core.registry import register
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.base import MAX_BYTES, Modality, bounded
from explorer.learn.modalities.base import fault as _fault
from explorer.learn.modalities.encoding import data_url, png

MAX_PIXELS = 24_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
LIGHT = 0.6  # a border lighter than this, on a model that draws light on dark, is paper
PLAIN = 0.06  # standard deviation of a border that is one colour


@register("modalities", "image")
class Picture(Modality):
    """Pictures with one channel (grey) or three (RGB)."""

    device = "camera"

    def open(self, raw: bytes | str | Path) -> Image.Image:
        """A file's bytes (or its path, for use from Python) -> Pillow image in RGB, upright, on white, its first frame.

        16-bit and floating pixels are scaled to 8 bits; palettes, CMYK and transparency are resolved.

        Raises:
            ExplorerError: not a picture, damaged, or larger than 8 MB or 24 million pixels.
        """
        if isinstance(raw, str | Path):
            raw = _read(Path(raw))
        bounded(raw, self.noun)
        try:
            image = Image.open(io.BytesIO(raw), formats=FORMATS)
        except Image.DecompressionBombError:
            raise _too_many() from None
        except Exception:  # decoders raise whatever the file makes them raise
            raise refuse("no-picture") from None
        if image.width * image.height > MAX_PIXELS:
            raise _too_many(image.size)
        try:
            image.load()
            return _upright_rgb(image)
        except ExplorerError:
            raise
        except Exception:
            raise _fault("This picture is damaged or cut off; save it again and retry.") from None

    def fit(self, item: Image.Image, shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """Pillow image, shape (C, H, W) -> float32 [C, H, W] in [0, 1], and a sentence on what was changed or None.

        A picture of another aspect is extended where its border is of one colour, else cropped to its middle. Size is
        changed by Lanczos resampling with antialiasing. For a model of one channel, dark on a light ground becomes light on
        dark, as in the sets of that kind (MNIST and its kin).
        """
        channels, height, width = shape
        notes = []
        image = item.convert("RGB")
        if image.width * height != image.height * width:
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

    def show(self, x: Tensor) -> np.ndarray:
        """x [C, H, W] in [0, 1] -> uint8 [H, W, 3]; out of range is clipped, not a number is black."""
        pixels = torch.nan_to_num(x.detach(), nan=0.0).clamp(0, 1).mul(255).round().to(torch.uint8)
        return np.ascontiguousarray(pixels.expand(3, -1, -1).permute(1, 2, 0).cpu().numpy())

    def data_url(self, shown: np.ndarray, large: bool = False) -> str:
        """uint8 [H, W, 3] -> `data:image/png;base64,...`, the same for any size: the page enlarges it."""
        return data_url(shown)

    def write(self, x: Tensor) -> bytes:
        """x [C, H, W] in [0, 1] -> PNG."""
        return png(self.show(x))


def _too_many(size: tuple[int, int] | None = None) -> ExplorerError:
    many = f"{size[0]} x {size[1]}" if size else "far too many"
    return refuse("many-pixels", pixels=many, most=MAX_PIXELS // 1_000_000)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        raise _fault(f"The file {path.name} can't be read.") from None


def _upright_rgb(image: Image.Image) -> Image.Image:
    """A loaded image of any mode -> RGB, turned as its EXIF data says, on white."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image, dtype=np.float32) / 257).round().astype(np.uint8))
    elif image.mode in ("I", "F"):
        image = Image.fromarray(_eight_bits(np.asarray(image, dtype=np.float64)))
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return image.convert("RGB")


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Grey of unnamed depth [H, W] -> uint8: the range is taken to end at 1, 255, 65,535 or the largest value there is."""
    if not np.isfinite(values).all():
        raise _fault("This picture holds pixels that aren't numbers.")
    largest = values.max(initial=0)
    top = next((end for end in (1.0, 255.0, 65535.0) if largest <= end), largest)
    return np.rint(np.clip(values / top, 0, 1) * 255).astype(np.uint8)


def _border(pixels: np.ndarray) -> np.ndarray:
    """The outermost pixels of [H, W, ...] -> [n, ...]."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


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
