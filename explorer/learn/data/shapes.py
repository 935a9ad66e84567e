"""Shapes: drawn pictures of which every factor is known, so that what a latent holds can be checked against the truth.

One figure on a dark ground: shape, colour, size, place across and down, and turn, each on a few steps and in all
combinations. No shape looks the same after less than a full turn, so each factor can be read from each picture, which dSprites'
squares and ellipses don't allow (Matthey et al. 2017, github.com/google-deepmind/dsprites-dataset, after which this is made).
Drawn here from signed distances to the outline, with smooth edges. Source: this file. Licence: CC0 1.0.
"""

from __future__ import annotations

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data.base import DataSet, Items, Split

SIDE = 32
GROUND = "#101216"
COLOURS = {
    "red": "#ee5348", "amber": "#f2b632", "green": "#5cc45f", "teal": "#38c7c4", "blue": "#5a83f2", "plum": "#cf6bd6",
}  # fmt: skip
SIZES = (7.5, 9.5, 12.0)  # pixels from the middle to the outermost point
PLACES = (11, 14, 18, 21)  # pixels
TURNS = (0, 90, 180, 270)  # degrees, clockwise
TRAIN = 3_840
SEED = 106


def _half_disc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.maximum(np.hypot(x, y - 0.4) - 1, y - 0.4)


def _arrow(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    sides = 0.894 * np.abs(x) - 0.447 * (y + 1)
    notch = 0.894 * (y - 0.25) - 0.447 * np.abs(x)
    return np.maximum(sides, notch)


def _corner(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    upright = np.maximum(np.abs(x + 0.45) - 0.32, np.abs(y) - 0.85)
    lying = np.maximum(np.abs(x) - 0.77, np.abs(y - 0.53) - 0.32)
    return np.minimum(upright, lying)


def _heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    lobes = np.hypot(np.abs(x) - 0.42, y + 0.32) - 0.53
    wedge = np.maximum(0.72 * np.abs(x) + 0.69 * y - 0.62, 0.2 * np.abs(x) - 0.18 - y)
    return np.minimum(lobes, wedge)


# Signed distances to the outline, in units of the size, negative inside; x to the right, y down.
OUTLINES = {"half-disc": _half_disc, "arrow": _arrow, "corner": _corner, "heart": _heart}
STEPS = (len(OUTLINES), len(COLOURS), len(SIZES), len(PLACES), len(PLACES), len(TURNS))


@register("data", "shapes")
class Shapes(DataSet):
    """All 4,608 pictures there are, 32x32 in colour, five sixths of them to train on."""

    shape = (3, SIDE, SIDE)
    conditions = Schema(
        attributes=(
            Attribute(name="shape", label="Shape", values=tuple(OUTLINES)),
            Attribute(name="colour", label="Colour", values=tuple(COLOURS), colours=tuple(COLOURS.values())),
            Attribute(name="size", label="Size", kind="continuous", low=SIZES[0], high=SIZES[-1], unit="px"),
            Attribute(name="across", label="Across", kind="continuous", low=PLACES[0], high=PLACES[-1], unit="px"),
            Attribute(name="down", label="Down", kind="continuous", low=PLACES[0], high=PLACES[-1], unit="px"),
            Attribute(name="turn", label="Turn", values=tuple(f"{turn}°" for turn in TURNS)),
        )
    )
    licence = "CC0-1.0"
    source = "drawn by explorer/learn/data/shapes.py"
    share_items = True

    def load(self, split: Split) -> Items:
        """The split's pictures, uint8 [3840 or 768, 3, 32, 32], in random order."""
        order = np.random.default_rng(SEED).permutation(int(np.prod(STEPS)))
        rows = order[:TRAIN] if split == "train" else order[TRAIN:]
        factors = np.stack(np.unravel_index(rows, STEPS), axis=1)
        codes = factors.astype(np.float32)
        codes[:, 2] = np.array(SIZES)[factors[:, 2]]
        codes[:, 3:5] = np.array(PLACES)[factors[:, 3:5]]
        return Items(draw(factors), codes, {})


def draw(factors: np.ndarray) -> np.ndarray:
    """Steps of the six factors, integers [N, 6] -> pictures uint8 [N, 3, 32, 32]."""
    shape, colour, size, across, down, turn = np.asarray(factors).T
    radius = np.array(SIZES, np.float32)[size][:, None, None]
    angle = np.deg2rad(np.array(TURNS, np.float32)[turn])[:, None, None]
    centre = np.arange(SIDE, dtype=np.float32) + 0.5
    x = centre[None, None, :] - np.array(PLACES, np.float32)[across][:, None, None]
    y = centre[None, :, None] - np.array(PLACES, np.float32)[down][:, None, None]
    x, y = (np.cos(angle) * x + np.sin(angle) * y) / radius, (np.cos(angle) * y - np.sin(angle) * x) / radius
    ink = np.empty((len(factors), SIDE, SIDE), np.float32)
    for k, outline in enumerate(OUTLINES.values()):
        of = shape == k
        ink[of] = np.clip(0.5 - radius[of] * outline(x[of], y[of]), 0, 1)
    paint = np.array([_rgb(c) for c in COLOURS.values()], np.float32)[colour][:, :, None, None]
    ground = np.array(_rgb(GROUND), np.float32)[None, :, None, None]
    return (ground + (paint - ground) * ink[:, None]).round().astype(np.uint8)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
