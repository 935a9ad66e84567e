"""Two small data sets and their recipes, so that every contract is tested on checkpoints that are made in seconds.

`tiny-digits` is scikit-learn's (grey, two latent dimensions, the plane is the map); `tiny-shapes` is drawn here (RGB, one
attribute of colours, one continuous).
"""

from __future__ import annotations

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data.base import DataSet, Items, Split

COLOURS = {"red": "d1495b", "green": "4f9d69", "blue": "3d6fb6"}


@register("data", "tiny-digits")
class TinyDigits(DataSet):
    """1,797 digits, 8x8 drawn on 16x16, one grey channel."""

    shape = (1, 16, 16)
    conditions = Schema(attributes=(Attribute(name="digit", label="Digit", values=tuple("0123456789")),))
    licence = "CC BY 4.0"
    source = "UCI, E. Alpaydin and C. Kaynak, through scikit-learn"

    def load(self, split: Split) -> Items:
        from sklearn.datasets import load_digits

        digits = load_digits()
        x = np.kron(digits.images, np.ones((2, 2))).clip(0, 16) * 255 / 16
        rows = slice(None, 1400) if split == "train" else slice(1400, None)
        codes = digits.target[rows, None].astype(np.float32)
        return Items(x[rows, None].round().astype(np.uint8), codes, {})


@register("data", "tiny-shapes")
class TinyShapes(DataSet):
    """1,500 bars on paper: colour and height are the condition; where it stands and how wide it is are left open."""

    shape = (3, 16, 16)
    conditions = Schema(
        attributes=(
            Attribute(
                name="colour", label="Colour", values=tuple(COLOURS), colours=tuple(f"#{c}" for c in COLOURS.values())
            ),
            Attribute(name="height", label="Height", kind="continuous", low=4, high=14, unit="pixels"),
        )
    )
    licence = "CC0-1.0"
    source = "drawn by the tests"
    share_items = True

    def load(self, split: Split) -> Items:
        rng = np.random.default_rng(0 if split == "train" else 1)
        count = 1200 if split == "train" else 300
        colour, height = rng.integers(3, size=count), rng.integers(4, 15, size=count)
        left, width = rng.integers(0, 10, size=count), rng.integers(2, 7, size=count)
        x = np.full((count, 3, 16, 16), 240, np.uint8)
        paints = [tuple(bytes.fromhex(paint)) for paint in COLOURS.values()]
        for k in range(count):
            box = x[k, :, 16 - height[k] :, left[k] : left[k] + width[k]]
            box[:] = np.array(paints[colour[k]], np.uint8)[:, None, None]
        return Items(x, np.stack([colour, height], 1).astype(np.float32), {})


RECIPE = """
name = "{name}"
data = "{name}"
family = "cvae"
seed = 0

[model]
latent = {latent}
patch = 4
widths = [16]
blocks = [1]
encoder_widths = [16]
encoder_blocks = [1]
hidden = 32
kl_weight = 1e-4

[training]
epochs = {epochs}
batch = 32
rate = 4e-3
average = 0.9
unset = 0.2

[checkpoint]
title = "{title}"
summary = "A small checkpoint for tests."
order = {order}
items = 400
held_out = 100
priors = [{priors}]
thumb_size = 16
judge = {{ epochs = 5 }}
evaluation = {{ quick = true }}

{maps}

[checkpoint.opening]
condition = {condition}
"""

MAP = """[[checkpoint.maps]]
name = "{name}"
title = "{title}"
space = "{space}"
method = "{method}"
dims = {dims}
sentence = "Where the items lie."
"""


def recipe(name: str, epochs: int = 8) -> str:
    """The text of a recipe for one of the two data sets."""
    if name == "tiny-digits":
        maps = [MAP.format(name="plane", title="Plane", space="latent", method="plane", dims=2)]
        options = {"latent": 2, "title": "Tiny digits", "order": 10, "condition": '{ digit = "8" }'}
        priors = '"gaussian"'
    else:
        maps = [
            MAP.format(name="flat", title="Flat", space="latent", method="pca", dims=2),
            MAP.format(name="solid", title="Solid", space="features", method="pca", dims=3),
            MAP.format(name="both", title="Both", space="conditioned", method="pca", dims=2),
        ]
        options = {"latent": 6, "title": "Tiny shapes", "order": 20, "condition": '{ colour = "blue" }'}
        priors = '"mixture", "gaussian"'
    return RECIPE.format(name=name, epochs=epochs, maps="\n".join(maps), priors=priors, **options)
