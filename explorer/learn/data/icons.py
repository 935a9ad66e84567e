"""Icons in five weights, as signed distance fields: the outline of a drawing at any stroke width.

Source: Phosphor Icons by Helena Zhang and Tobias Fried, through Iconify (npm `@iconify-json/ph`), drawn by resvg. Licence: MIT.

An icon is drawn thin, light, regular, bold and filled. Its *weight* is one number: the width of a stroke in 256ths of the
icon's side, which Phosphor draws at 8, 12, 16 and 24. A filled icon has no stroke; it stands at the far end, 40, as far beyond
bold as bold lies beyond thin: between 24 and 40 nobody drew anything.

An item is a field [1, SIDE, SIDE]: 0.5 on the outline, more inside, `0.5 + d / (2 REACH)` at a signed distance of d cells,
cut off at REACH. It is measured in a drawing of SCALE times the side, and kept in eight bits (steps of 0.03 cells).

One icon of ten is held out at all weights; *regular* is held out of all icons, so that a weight between the trained ones can be
compared with what the designers drew there (`Icons.drawings`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data._node import node
from explorer.learn.data.base import DataSet, Items, Split, cache_folder
from explorer.learn.modalities.shape import field

RENDERER = Path(__file__).parent / "_icons"
SIDE, SCALE, REACH = 48, 6, 4.0
WEIGHTS = {"thin": 8.0, "light": 12.0, "regular": 16.0, "bold": 24.0, "fill": 40.0}
UNSEEN = "regular"
ONE_OF = 10  # icons is held out
AT_ONCE = 200


def suffixed(icon: str, weight: str) -> str:
    """What Iconify calls an icon at a weight: `alarm`, `alarm-thin`."""
    return icon if weight == "regular" else f"{icon}-{weight}"


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The icons that are drawn at every weight, in an order that no alphabet decides; the first of ten are the held-out ones."""
    known = set(node(RENDERER, "names").decode().split())
    whole = [name for name in known if all(suffixed(name, weight) in known for weight in WEIGHTS)]
    return tuple(sorted(whole, key=lambda name: hashlib.sha256(name.encode()).hexdigest()))


def held_out() -> int:
    """How many of `names`, the first ones, are held out."""
    return -(-len(names()) // ONE_OF)


def drawn(icons: Sequence[str], weight: str, side: int = SIDE * SCALE) -> np.ndarray:
    """The ink of icons at one weight, uint8 [N, side, side], 255 inside.

    Raises:
        ExplorerError: Node.js isn't there, or drawing failed.
    """
    lines = "\n".join(suffixed(icon, weight) for icon in icons)
    return np.frombuffer(node(RENDERER, str(side), given=lines.encode()), np.uint8).reshape(-1, side, side)


@register("data", "icons")
class Icons(DataSet):
    """1,525 icons: nine of ten thin, light, bold and filled to train on, one of ten at all five weights to test on."""

    modality = "shape"
    modality_arguments: ClassVar[dict] = {"reach": REACH}
    shape = (1, SIDE, SIDE)
    conditions = Schema(
        attributes=(
            Attribute(name="weight", label="Weight", kind="continuous", low=WEIGHTS["thin"], high=WEIGHTS["fill"]),
        )
    )
    licence = "MIT"
    source = (
        "Phosphor Icons by Helena Zhang and Tobias Fried, https://phosphoricons.com/, through Iconify, "
        "https://iconify.design/"
    )
    share_items = True
    weights = WEIGHTS

    def fields(self) -> np.ndarray:
        """Of all icons at all weights, uint8 [len(names()), len(WEIGHTS), SIDE, SIDE], measured once."""
        recipe = repr((names(), WEIGHTS, SIDE, SCALE, REACH)) + (RENDERER / "render.js").read_text()
        recipe += (RENDERER / "package-lock.json").read_text()
        file = cache_folder(self.name) / f"fields-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.npz"
        if not file.is_file():
            x = np.empty((len(names()), len(WEIGHTS), SIDE, SIDE), np.uint8)
            for start in range(0, len(names()), AT_ONCE):
                icons = names()[start : start + AT_ONCE]
                for k, weight in enumerate(WEIGHTS):
                    x[start : start + AT_ONCE, k] = [field(ink >= 128, SCALE, REACH) for ink in drawn(icons, weight)]
            partial = file.with_name(f"{os.getpid()}-{file.name}")
            np.savez_compressed(partial, x=x)
            partial.replace(file)
        with np.load(file) as kept:
            return kept["x"]

    def rows(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """Which icon (of `names`) and which weight (of `WEIGHTS`) each row of a split is, int64 [N] each.

        Each round shows every icon once, at weights in turn, so that the first so many rows are different icons.
        """
        weights = [k for k, name in enumerate(WEIGHTS) if split == "test" or name != UNSEEN]
        icons = np.arange(held_out()) if split == "test" else np.arange(held_out(), len(names()))
        turns = [(np.arange(len(icons)) + turn) % len(weights) for turn in range(len(weights))]
        return np.tile(icons, len(weights)), np.array(weights)[np.concatenate(turns)]

    def load(self, split: Split) -> Items:
        """See `rows` for the order. Group `regular` of the test split: the weight that no training item has."""
        icon, weight = self.rows(split)
        regular = weight == list(WEIGHTS).index(UNSEEN)
        groups = {"regular": regular, "other weights": ~regular} if split == "test" else {}
        codes = np.array(list(WEIGHTS.values()), np.float32)[weight][:, None]
        return Items(x=self.fields()[icon, weight][:, None], codes=codes, groups=groups)

    def siblings(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Fields [N, 1, SIDE, SIDE] that `load` gave, in [0, 1] -> the same icons at all weights of the training set.

        Returns:
            float32 [N, K, SIDE, SIDE], and the weights as conditions [N, K, C].

        Raises:
            KeyError: a field is no icon's.
        """
        known, fields = _known()
        keys = (255 * x).round().byte().contiguous().cpu().numpy()
        icons = [known[key.tobytes()] for key in keys]
        values = [[value] for name, value in WEIGHTS.items() if name != UNSEEN]
        c = self.conditions.encode_codes(np.array(values, np.float32))
        return torch.from_numpy(fields[icons]).to(x.device).float() / 255, c.to(x.device).expand(len(x), -1, -1)

    def named(self, split: Split) -> list[str]:
        """What the icon of each row of a split is called, in plain words."""
        return [names()[icon].replace("-", " ") for icon in self.rows(split)[0]]

    def drawings(self, split: Split, count: int) -> dict[str, np.ndarray]:
        """The first `count` icons of a split at every weight that was drawn, regular too: as `Items.x`, by the weight's name."""
        start = 0 if split == "test" else held_out()
        end = min(start + count, held_out() if split == "test" else len(names()))
        fields = self.fields()[start:end]
        return {name: fields[:, k, None] for k, name in enumerate(WEIGHTS)}


@lru_cache(maxsize=1)
def _known() -> tuple[dict[bytes, int], np.ndarray]:
    """Which icon each field is, by its bytes; and the fields uint8 [icons, K, SIDE, SIDE] at the weights of the training set."""
    fields = Icons().fields()
    known = {one.tobytes(): icon for icon, weights in enumerate(fields) for one in weights}
    return known, fields[:, [k for k, name in enumerate(WEIGHTS) if name != UNSEEN]]
