"""The contract of a modality: a person's raw bytes -> the model's input, and the model's output -> what a person sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image
from torch import Tensor


class Modality:
    """Base of all modalities; holds no state.

    An *item* is the opened form of a person's own file (for pictures a Pillow image), *shown* the array that is drawn.
    """

    name: ClassVar[str]

    def open(self, raw: bytes) -> Any:
        """The bytes of a file of anyone's making -> an item.

        Raises:
            ExplorerError: not a file of this modality, or one that is too large or damaged.
        """
        raise NotImplementedError

    def fit(self, item: Any, shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """An item -> float32 [*shape] in the modality's range, and one sentence on what was changed (None: nothing)."""
        raise NotImplementedError

    def show(self, x: Tensor) -> np.ndarray:
        """x [*shape] -> what a person sees."""
        raise NotImplementedError

    def thumbs(self, x: Tensor, size: int) -> np.ndarray:
        """x [N, *shape] -> what the map's hover shows of each, uint8 [N, size, size, 3]: what `show` gives, resized."""
        tiles = np.empty((len(x), size, size, 3), np.uint8)
        for tile, one in zip(tiles, x, strict=True):
            shown = self.show(one)
            if shown.shape[:2] != (size, size):
                shown = np.asarray(Image.fromarray(shown).resize((size, size), Image.Resampling.LANCZOS))
            tile[:] = shown
        return tiles

    def data_url(self, shown: np.ndarray) -> str:
        """What a person sees -> a `data:` URL that the page shows without asking the server again."""
        raise NotImplementedError
