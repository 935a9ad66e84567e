"""How a data set's items lie in their frame, so that a person's own item can be put in the same place; also `engine/fit.js`.

Such as LeCun et al. 1998: a digit is scaled, its aspect kept, into a box of 20 pixels, and its centre of mass put in the middle
of 28. A picture whose border isn't plain shows no single thing on a ground, and is left as it is.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from explorer.core.schema import Frozen

PLAIN = 0.06  # standard deviation of a border that is one colour
FAINT = 0.1  # contrast below which nothing is drawn
INK = 0.2  # share of the largest contrast from which a pixel belongs to what is drawn
NEAR = 0.1  # a frame that is right up to this share of its side, and up to a pixel of the model, stays


class Framing(Frozen):
    """Where a thing lies in its frame.

    Args:
        box: pixels of the item's side that the thing's longer side takes.
        centre: what lies in the middle: the thing's centre of mass, or that of its bounding box.
    """

    box: int = Field(ge=1)
    centre: Literal["mass", "box"] = "mass"

    def window(self, grey: np.ndarray, edges: np.ndarray, size: int) -> tuple[int, int, int] | None:
        """The square of a picture that becomes an item: left, top and side, which may reach beyond it.

        Args:
            grey: float64 [H, W] in 0 to 255.
            edges: the border's pixels, float32 [n, ...] in [0, 1].
            size: side of an item in pixels.

        Returns:
            None where there is no thing on a plain ground, or where it lies right already.
        """
        if edges.std(axis=0).max() >= PLAIN:
            return None
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        ink = np.abs(grey - np.median(border))
        if ink.max() < 255 * FAINT:
            return None
        ink = np.where(ink > INK * ink.max(), ink, 0.0)
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        down, across = (float(rows[0] + rows[-1] + 1) / 2, float(columns[0] + columns[-1] + 1) / 2)
        longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
        side = max(round(float(longer) * size / self.box), 1)
        if self.centre == "mass":
            down = float((ink.sum(1) * (np.arange(len(ink)) + 0.5)).sum() / ink.sum())
            across = float((ink.sum(0) * (np.arange(ink.shape[1]) + 0.5)).sum() / ink.sum())
        height, width = grey.shape
        shift = max(abs(down - height / 2), abs(across - width / 2))
        if height == width and abs(side - width) <= NEAR * width and shift <= width / size:
            return None
        return round(across - side / 2), round(down - side / 2), side
