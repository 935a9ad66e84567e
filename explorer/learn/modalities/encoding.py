"""Arrays -> files of pictures: PNG, data URL, and animated GIF or WebP; all in memory, nothing is written to disk."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from PIL import Image

from explorer.core.schema import ExplorerError

MAX_FRAMES = 240
MAX_SIDE = 1024


def png(picture: np.ndarray, scale: int = 1) -> bytes:
    """Picture uint8 [H, W, 3] or [H, W] -> PNG; each pixel becomes a square of `scale` pixels.

    Compressed at level 1: three times as fast as the default, for a picture that is sent once.
    """
    buffer = io.BytesIO()
    enlarge(picture, scale).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def data_url(picture: np.ndarray) -> str:
    """Picture uint8 [H, W, 3] or [H, W] -> `data:image/png;base64,...`."""
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode()


def enlarge(picture: np.ndarray, scale: int) -> Image.Image:
    """Picture uint8 [H, W, 3] or [H, W] -> Pillow image with squares of `scale` pixels, at most 1,024 on the longer side."""
    image = Image.fromarray(picture)
    scale = min(scale, max(1, MAX_SIDE // max(image.size)))
    return image if scale == 1 else image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def animation(
    pictures: Sequence[np.ndarray],
    kind: Literal["gif", "webp"],
    milliseconds: int = 80,
    scale: int = 1,
    back: bool = True,
) -> bytes:
    """Pictures uint8 [H, W, 3] of one size -> an animation that repeats for ever.

    Args:
        pictures: 2 to 240 frames.
        kind: `gif` (256 colours a frame) or `webp` (lossless).
        milliseconds: that a frame stays, 20 to 2,000; the first and the last stay five times as long.
        scale: side of the square that a pixel becomes.
        back: go back through the frames, so that the loop has no jump.

    Raises:
        ExplorerError: too few or too many pictures, or a duration out of range.
    """
    if not 2 <= len(pictures) <= MAX_FRAMES:
        raise ExplorerError(f"An animation takes 2 to {MAX_FRAMES} pictures, not {len(pictures)}.", "tab-interpolate")
    if not 20 <= milliseconds <= 2000:
        raise ExplorerError("A picture of an animation stays for 20 to 2000 milliseconds.", "tab-interpolate")
    frames = [enlarge(picture, scale).convert("RGB") for picture in pictures]
    stays = [milliseconds] * len(frames)
    stays[0] = stays[-1] = 5 * milliseconds
    if back:
        frames, stays = frames + frames[-2:0:-1], stays + stays[-2:0:-1]
    buffer = io.BytesIO()
    options = {"lossless": True, "method": 2} if kind == "webp" else {"disposal": 1}
    frames[0].save(
        buffer, kind.upper(), save_all=True, append_images=frames[1:], duration=stays, loop=0, optimize=False, **options
    )
    return buffer.getvalue()
