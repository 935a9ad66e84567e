"""A picture file from a stranger -> RGB in 8 bits, upright, in sRGB, on a plain ground; bounded throughout.

Bounded are its bytes, then the pixels that its header names, then the memory: a large one is made smaller strip by strip, and
few are decoded at once. Nothing touches the disk.
"""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from explorer.core.refusals import refuse
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.base import bounded, fault

MAX_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
LARGE = 2048  # pixels of the longer side, beyond which a picture is made smaller; no model takes half of that
STRIP = 512  # rows that are made smaller at once, about
AT_ONCE = 2  # decoders; the others wait
BRIGHT, OPEN = 0.85, 0.8  # mean brightness of light ink, and mean opacity of what is drawn on nothing
DEPTHS = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)  # where the range of grey pixels may end
TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
ORIENTATION = 0x0112  # of EXIF

_turn = threading.BoundedSemaphore(AT_ONCE)


def decode(raw: bytes | str | Path, noun: str) -> Image.Image:
    """A file's bytes (or its path) -> Pillow image in RGB; a large one smaller than it was.

    Raises:
        ExplorerError: not a picture, damaged, or larger than 8 MB or 25 million pixels.
    """
    raw = bounded(raw, noun)
    try:
        image = Image.open(io.BytesIO(raw), formats=FORMATS)
    except Image.DecompressionBombError:
        raise _too_many() from None
    except Exception:  # decoders raise whatever the file makes them raise
        raise refuse("no-picture") from None
    if image.width * image.height > MAX_PIXELS:
        raise _too_many(image.size)
    try:
        with _turn:
            return _plain(image)
    except ExplorerError:
        raise
    except Exception:
        raise fault("This picture is damaged or cut off; save it again and retry.") from None


def _plain(image: Image.Image) -> Image.Image:
    turn = TURNS.get(image.getexif().get(ORIENTATION))
    profile = image.info.get("icc_profile")
    if max(image.size) > LARGE:
        image.draft(None, (LARGE // 2, LARGE // 2))  # a JPEG is smaller from the start
    image.load()
    small = _numbers(image) if image.mode.startswith(("I", "F")) else _small(image)
    if turn:
        small = small.transpose(Image.Transpose[turn])
    if profile:
        small = _in_srgb(small, profile)
    return _on_ground(small).convert("RGB")


def _factor(size: tuple[int, int]) -> int:
    return 1 if max(size) <= LARGE else max(size) // (LARGE // 2)


def _strips(height: int, factor: int) -> list[tuple[int, int]]:
    """Rows from and to, each a multiple of the factor but for the last."""
    step = factor * max(1, STRIP // factor)
    return [(top, min(top + step, height)) for top in range(0, height, step)]


def _small(image: Image.Image) -> Image.Image:
    """A loaded image of 8 bits and any mode -> RGB or RGBA, made smaller strip by strip where it is large."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    factor = _factor(image.size)
    if factor == 1:
        return image.convert(mode)
    out = Image.new(mode, tuple(-(-side // factor) for side in image.size))
    for top, bottom in _strips(image.height, factor):
        strip = image.crop((0, top, image.width, bottom)).convert(mode)
        # A mean of colours counts each by its opacity.
        strip = strip.convert("RGBa").reduce(factor).convert("RGBA") if mode == "RGBA" else strip.reduce(factor)
        out.paste(strip, (0, top // factor))
    return out


def _numbers(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits and unnamed depth -> RGB: the range ends at one of `DEPTHS`, or at the largest value."""
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise fault("This picture holds pixels that aren't numbers.")
    largest = float(values.max(initial=0))
    top = next((end for end in DEPTHS if largest <= end), largest)
    factor = _factor(image.size)
    rows = [
        Image.fromarray(values[a:b].astype(np.float32)).reduce(factor) if factor > 1 else values[a:b]
        for a, b in _strips(image.height, factor)
    ]
    values = np.concatenate([np.asarray(row, np.float64) for row in rows])
    return Image.fromarray(np.rint(np.clip(values / top, 0, 1) * 255).astype(np.uint8)).convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours of a wide gamut as a screen without management shows them; as they are where the profile can't be read."""
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(own) or own.profile.xcolor_space.strip() != "RGB":
            return image
        colours = ImageCms.profileToProfile(image.convert("RGB"), own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    if image.mode == "RGBA":
        colours.putalpha(image.getchannel("A"))
    return colours


def _on_ground(image: Image.Image) -> Image.Image:
    """What is transparent becomes white, or black where what is drawn on nothing is nearly white itself."""
    if image.mode != "RGBA":
        return image
    alpha = np.asarray(image.getchannel("A"), np.float64) / 255
    light = float((np.asarray(image.convert("RGB").convert("L")) * alpha).sum() / max(alpha.sum(), 1e-9) / 255)
    ground = "black" if light > BRIGHT and alpha.mean() < OPEN else "white"
    return Image.alpha_composite(Image.new("RGBA", image.size, ground), image)


def _too_many(size: tuple[int, int] | None = None) -> ExplorerError:
    many = f"{size[0]} x {size[1]}" if size else "far too many"
    return refuse("many-pixels", pixels=many, most=MAX_PIXELS // 1_000_000)
