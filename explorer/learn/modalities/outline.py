"""A field -> the outline of what lies inside; the same steps as `assets/js/engine/outline.js`, held together by a test.

The field is made finer by cubic interpolation (Keys 1981, "Cubic convolution interpolation", a = -1/2), its level set followed
by marching squares (Lorensen and Cline 1987, in the plane), and the lines thinned out to what SLACK allows (Douglas and
Peucker 1973): so an outline is smooth at any size, and short.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

UNITS = 256  # of an outline's coordinates across the longer side, as icons are drawn
FINE = 3  # an odd number, so that the middles of cells stay where they are
LEVEL = 0.5
SLACK = 0.02  # cells by which an outline may be off its level set
DUST = 0.05  # square cells; less is no shape
OVERSAMPLE = 4


def outlines(field: np.ndarray) -> list[np.ndarray]:
    """A field [H, W], more than LEVEL inside -> closed lines float64 [n, 2] of (x, y) in UNITS, the first point not repeated.

    What is inside lies on the same hand of each line, and each begins at its leftmost point; they are sorted by that. Beyond
    the field all is outside.
    """
    from skimage.measure import find_contours  # half a second that a page of other pictures needn't pay

    height, width = field.shape
    cell = UNITS / max(height, width)
    fine = finer(height) @ np.nan_to_num(field.astype(np.float64)) @ finer(width).T
    found = find_contours(np.pad(fine, 1), LEVEL, fully_connected="low")
    loops = [(line[:-1, ::-1] - 0.5) / FINE for line in found]
    kept = [_thinned(np.roll(loop, -_first(loop), 0)) for loop in loops if abs(area(loop)) >= DUST]
    return sorted((cell * loop for loop in kept), key=lambda loop: tuple(loop[0]))


def area(loop: np.ndarray) -> float:
    """Of a closed line [n, 2], signed by the hand on which its inside lies."""
    x, y = loop.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def path(loops: Sequence[np.ndarray]) -> str:
    """Closed lines -> the `d` of an SVG path, hundredths of a unit; to be filled by the rule `evenodd`."""
    return "".join("M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in loop) + "Z" for loop in loops)


def raster(loops: Sequence[np.ndarray], side: int) -> np.ndarray:
    """Closed lines of one field -> the share of each pixel that lies inside, uint8 [side, side], 255 where all of it does."""
    scale = side * OVERSAMPLE / UNITS
    image = Image.new("L", (side * OVERSAMPLE, side * OVERSAMPLE))
    draw = ImageDraw.Draw(image)
    # Lines of one field never cross, so that painting the larger ones first leaves islands in holes.
    for loop in sorted(loops, key=lambda loop: -abs(area(loop))):
        # Pillow's coordinates are those of the middles of pixels.
        draw.polygon([tuple(point) for point in (loop * scale - 0.5).tolist()], fill=255 if area(loop) > 0 else 0)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


@lru_cache(maxsize=8)
def finer(side: int) -> np.ndarray:
    """Values at the middles of `side` cells -> those at the middles of FINE times as many, [FINE * side, side]."""
    at = (np.arange(FINE * side) + 0.5) / FINE - 0.5
    base = np.floor(at).astype(int)
    t = at - base
    weights = np.stack(
        [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ]
    )
    out = np.zeros((FINE * side, side))
    for k, row in enumerate(weights):
        np.add.at(out, (np.arange(FINE * side), np.clip(base + k - 1, 0, side - 1)), row)
    return out


def _first(loop: np.ndarray) -> int:
    """Which point of a line is leftmost, the uppermost of those; whatever the last bits say."""
    return int(np.lexsort(np.round(loop[:, ::-1], 6).T)[0])


def _thinned(loop: np.ndarray) -> np.ndarray:
    """A closed line with as few of its points as keep all others within SLACK."""
    line = np.concatenate([loop, loop[:1]])
    keep = np.zeros(len(line), bool)
    keep[0] = True
    waiting = [(0, len(line) - 1)]
    while waiting:
        a, b = waiting.pop()
        if b - a < 2:
            continue
        gaps = _gaps(line[a + 1 : b], line[a], line[b])
        farthest = int(np.round(gaps, 6).argmax())  # of points equally far the first, whatever the last bits say
        if gaps[farthest] > SLACK:
            middle = a + 1 + farthest
            keep[middle] = True
            waiting += [(a, middle), (middle, b)]
    return line[keep]


def _gaps(points: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance of each point [n, 2] to the segment from a to b."""
    way = b - a
    length = way @ way
    t = np.clip((points - a) @ way / length, 0, 1) if length else np.zeros(len(points))
    return np.hypot(*(points - a - t[:, None] * way).T)


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
