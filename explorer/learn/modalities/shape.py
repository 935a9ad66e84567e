"""Shapes: what has an outline and no more, such as an icon; a model draws a signed distance field, people see its outline.

A field is 0.5 on the outline and `0.5 + d / (2 reach)` at a distance of d cells, more inside, so that its outline lies between
cells and is sharp at any size: shown as SVG, and as pixels only where pixels are asked for. Such fields go back to Frisken et
al., "Adaptively sampled distance fields" (SIGGRAPH 2000); Green (Valve, SIGGRAPH 2007 courses) drew type from small ones.
Not for: pictures with tones.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from explorer.core.registry import register
from explorer.learn.modalities import vector
from explorer.learn.modalities.base import Modality, bounded, fault
from explorer.learn.modalities.decoding import decode
from explorer.learn.modalities.outline import UNITS, outlines, path, raster

SHOWN = 256  # pixels of a side, where pixels are asked for
MEASURED = 8  # pixels of a person's picture for each cell
DARK = 0.5  # between paper and ink
NEAR = 1.5  # cells from its outline to which a field is kept in a sheet
ALONE = 0.06  # of the border's spread: paper of one colour


@register("modalities", "shape")
class Shape(Modality):
    """Signed distance fields [1, H, W] in [0, 1].

    Args:
        reach: cells at which a distance is cut off.
        filled: share of the frame that a person's own shape is scaled to, on its longer side.
    """

    noun = "shape"
    accept = "image/*,.svg"
    suffix = "svg"
    media = "image/svg+xml"

    def __init__(self, reach: float = 4.0, filled: float = 0.75) -> None:
        self.reach, self.filled = reach, filled

    def open(self, raw: bytes | str | Path) -> Image.Image:
        """A file's bytes (or its path) -> Pillow image in RGB; see `decoding.decode` and, of an SVG, `vector.inked`.

        Raises:
            ExplorerError: not a picture, damaged, or larger than 8 MB or 25 million pixels.
        """
        raw = bounded(raw, self.noun)
        return vector.inked(raw) if vector.looks_like(raw) else decode(raw, self.noun)

    def fit(self, item: Image.Image, shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """Pillow image, shape (1, H, W) -> float32 [1, H, W] in [0, 1], and a sentence on what was changed.

        Ink is what differs from the border by more than half of the largest difference. Its box is put in the middle and scaled
        to `filled` of the frame; a square SVG has a frame, which stays.

        Raises:
            ExplorerError: the border isn't of one colour, or nothing is drawn.
        """
        _, height, width = shape
        if item.info.get("framed") and item.width == item.height:
            whole = item.convert("L").resize((width * MEASURED, height * MEASURED), Image.Resampling.LANCZOS)
            return self.measured(255 - np.asarray(whole)), None
        ink = self.ink(item)
        left, top, right, bottom = ink.point(lambda v: 255 * (v > 255 * DARK)).getbbox()
        scale = self.filled * MEASURED * min(height, width) / max(right - left, bottom - top)
        size = [max(1, round(scale * side)) for side in (right - left, bottom - top)]
        whole = Image.new("L", (width * MEASURED, height * MEASURED))
        placed = ink.crop((left, top, right, bottom)).resize(size, Image.Resampling.LANCZOS)
        whole.paste(placed, ((whole.width - size[0]) // 2, (whole.height - size[1]) // 2))
        return self.measured(np.asarray(whole)), "Put in the middle of the frame, as icons are drawn."

    def ink(self, item: Image.Image) -> Image.Image:
        """A picture -> what differs from its border, in grey of the same size: 255 where it differs most.

        Raises:
            ExplorerError: the border isn't of one colour, or nothing is drawn.
        """
        pixels = np.asarray(item.convert("RGB"), np.float32) / 255
        edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        if edges.std(0).max() >= ALONE:
            raise fault("A shape takes a drawing on a ground of one colour.")
        apart = np.abs(pixels - np.median(edges, 0)).mean(2)
        if apart.max() < 0.1:
            raise fault("Nothing is drawn in this picture.")
        return Image.fromarray(np.rint(255 * np.clip(apart / apart.max(), 0, 1)).astype(np.uint8))

    def measured(self, ink: np.ndarray) -> Tensor:
        """Ink uint8 [H * MEASURED, W * MEASURED] -> its field, float32 [1, H, W] in [0, 1]."""
        return torch.from_numpy(field(ink > 255 * DARK, MEASURED, self.reach)[None].astype(np.float32) / 255)

    def show(self, x: Tensor) -> np.ndarray:
        """x [1, H, W] -> the field float32 [H, W]; out of range is clipped, not a number is outside."""
        return torch.nan_to_num(x.detach()[0], nan=0.0).clamp(0, 1).float().cpu().numpy()

    def difference(self, a: Tensor, b: Tensor) -> np.ndarray:
        """Both fields, float32 [2, H, W]: what lies in one of the two alone is drawn."""
        return np.stack([self.show(a), self.show(b)])

    def data_url(self, shown: np.ndarray) -> str:
        """A field [H, W], or several whose overlap is left out [N, H, W] -> an SVG, black on white, as a data URL."""
        ground = f'<rect width="{UNITS}" height="{UNITS}" fill="#fff"/>'
        return "data:image/svg+xml;base64," + base64.b64encode(svg(shown, ground).encode()).decode()

    def picture(self, shown: np.ndarray) -> np.ndarray:
        """The same -> uint8 [SHOWN, SHOWN, 3], black on white."""
        return _pixels(shown, SHOWN)

    def thumbs(self, x: Tensor, size: int) -> np.ndarray:
        """x [N, 1, H, W] -> uint8 [N, size, size, 3], black on white."""
        return np.stack([_pixels(self.show(one), size) for one in x])

    def sheet(self, x: Tensor, size: int) -> np.ndarray:
        """x [N, 1, H, W] -> fields as grey pictures uint8 [N, size, size, 3], of which the page draws the outlines.

        What is more than NEAR cells from an outline is cut off, so that the rest has more of the eight bits.
        """
        fields = torch.nn.functional.interpolate(x, size=(size, size), mode="bilinear", antialias=True)
        near = (0.5 + (fields - 0.5) * self.reach / NEAR).clamp(0, 1)
        grey = near.mul(255).round().byte().permute(0, 2, 3, 1)
        return np.ascontiguousarray(grey.expand(-1, -1, -1, 3).numpy())

    def tile(self, pixels: np.ndarray) -> str:
        """One picture of `sheet`, uint8 [size, size, 3], as `data_url` shows it."""
        return self.data_url(pixels[..., 0].astype(np.float32) / 255)

    def write(self, x: Tensor) -> bytes:
        """x [1, H, W] -> an SVG of one path in the colour of its surroundings."""
        return svg(self.show(x)).encode()


def svg(shown: np.ndarray, ground: str = "") -> str:
    """Fields [H, W] or [N, H, W] -> an SVG with one path, of what lies in an odd number of them."""
    loops = [loop for one in shown.reshape(-1, *shown.shape[-2:]) for loop in outlines(one)]
    ink = "#000" if ground else "currentColor"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{UNITS}" height="{UNITS}" viewBox="0 0 {UNITS} {UNITS}">'
        f'{ground}<path fill="{ink}" fill-rule="evenodd" d="{path(loops)}"/></svg>'
    )


def field(ink: np.ndarray, scale: int, reach: float) -> np.ndarray:
    """Ink -> its signed distance field.

    Args:
        ink: bool [H, W], true inside.
        scale: pixels a cell, an even number that divides both sides.
        reach: cells at which a distance is cut off.

    Returns:
        uint8 [H / scale, W / scale]: 255 (0.5 + d / (2 reach)) at the middle of each cell, d in cells and positive inside.
    """
    if ink.all() or not ink.any():  # no outline to measure from
        return np.full([side // scale for side in ink.shape], 255 * bool(ink.any()), np.uint8)
    # From the middle of a pixel to the middle of the nearest of the other kind; the outline lies half a pixel before that.
    d = np.where(ink, distance_transform_edt(ink) - 0.5, 0.5 - distance_transform_edt(~ink)).astype(np.float32)
    a, b = scale // 2 - 1, scale // 2  # the middle of a cell is a corner of four pixels
    d = (d[a::scale, a::scale] + d[a::scale, b::scale] + d[b::scale, a::scale] + d[b::scale, b::scale]) / (4 * scale)
    return np.rint(255 * np.clip(0.5 + d / (2 * reach), 0, 1)).astype(np.uint8)


def _pixels(shown: np.ndarray, side: int) -> np.ndarray:
    first, *others = (raster(outlines(one), side).astype(int) for one in shown.reshape(-1, *shown.shape[-2:]))
    for other in others:
        first = np.abs(first - other)
    return np.repeat((255 - first).astype(np.uint8)[..., None], 3, axis=-1)
