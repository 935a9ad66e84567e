"""An SVG of anyone's making -> what it fills, as pixels; its paths are read by fontTools.

Filled shapes alone: no strokes, styles, text, pictures, masks or gradients, and nothing that is fetched. All are black.
"""

from __future__ import annotations

import numpy as np
from fontTools.misc.textTools import tobytes
from fontTools.pens.basePen import BasePen
from fontTools.svgLib.path import SVGPath
from PIL import Image, ImageDraw

from explorer.learn.modalities.base import fault

SIDE = 768  # pixels of the longer side
STEPS = 12  # straight pieces of a curve
MOST = 60_000  # points
LOOPS = 800  # closed lines, each of which is filled on a sheet of its own
UNREADABLE = "This SVG can't be read; one of plain filled paths can, or a PNG."
STROKED = "This SVG is drawn in strokes; turn them into outlines, or save it as a PNG."


class _Lines(BasePen):
    """Closed lines, curves in STEPS pieces."""

    def __init__(self) -> None:
        super().__init__(None)
        self.lines: list[list[tuple[float, float]]] = []
        self.count = 0

    def _moveTo(self, at: tuple[float, float]) -> None:
        self.lines.append([at])

    def _lineTo(self, at: tuple[float, float]) -> None:
        self.count += 1
        if self.count > MOST:
            raise ValueError("too many points")
        self.lines[-1].append(at)

    def _curveToOne(self, a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> None:
        start = self.lines[-1][-1]
        for k in range(1, STEPS + 1):
            t, s = k / STEPS, 1 - k / STEPS
            weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
            self._lineTo(tuple(sum(w * p[d] for w, p in zip(weights, (start, a, b, c), strict=True)) for d in (0, 1)))


def looks_like(raw: bytes) -> bool:
    """Does a file begin as an SVG does?"""
    head = raw[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!--")) and b"<svg" in head


def inked(raw: bytes) -> Image.Image:
    """The bytes of an SVG -> Pillow image in RGB, black on white, in the frame that its `viewBox` says (`info["framed"]`).

    Raises:
        ExplorerError: no SVG, one without filled paths or with strokes, or one that is too large.
    """
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw or len(raw) > 1_000_000:
        raise fault(UNREADABLE)
    try:
        drawing = SVGPath.fromstring(tobytes(raw))
        pen = _Lines()
        drawing.draw(pen)
        left, top, width, height = _box(drawing.root)
        lines = [np.array(line, float) for line in pen.lines if len(line) > 2]
    except Exception:  # parsers raise whatever the file makes them raise
        raise fault(UNREADABLE) from None
    if any(e.get("stroke") not in (None, "none") for e in drawing.root.iter()):
        raise fault(STROKED)
    if (
        not 0 < len(lines) <= LOOPS
        or not all(np.isfinite(line).all() for line in lines)
        or not 0.05 < width / max(height, 1e-9) < 20
    ):
        raise fault(UNREADABLE)
    scale = SIDE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    winding = np.zeros(size[::-1], np.int16)
    for line in lines:
        x, y = line.T
        mask = Image.new("1", size)
        points = ((line - [left, top]) * scale - 0.5).clip(-4 * SIDE, 5 * SIDE)
        ImageDraw.Draw(mask).polygon([tuple(point) for point in points.tolist()], fill=1)
        winding += np.asarray(mask) * np.int16(1 if x @ np.roll(y, -1) > y @ np.roll(x, -1) else -1)
    image = Image.fromarray(np.where(winding != 0, 0, 255).astype(np.uint8)).convert("RGB")
    image.info["framed"] = True
    return image


def _box(root: object) -> tuple[float, float, float, float]:
    """The frame of an SVG: left, top, width and height."""
    if box := root.get("viewBox"):
        left, top, width, height = map(float, box.replace(",", " ").split())
        return left, top, width, height
    return 0.0, 0.0, *(float(root.get(name).removesuffix("px")) for name in ("width", "height"))
