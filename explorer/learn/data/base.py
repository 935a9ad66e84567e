"""The contract of a labelled data set: where it comes from, under which licence, with which attributes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from explorer.core.disk import cache_folder
from explorer.core.schema import Schema

__all__ = ["DataSet", "Items", "Split", "cache_folder", "data_folder"]

Split = Literal["train", "test"]


@dataclass(frozen=True)
class Items:
    """Raw items and their attributes.

    Attributes:
        x: what the modality takes; pictures are uint8 [N, C, H, W].
        codes: float32 [N, attributes], the index of each value (categorical; -1 unknown) or the number itself.
        groups: names a subset of the rows each as a bool mask [N], e.g. `unseen` for held-out combinations.
    """

    x: np.ndarray
    codes: np.ndarray
    groups: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.x)


class DataSet:
    """Base of all data sets; `load` must be deterministic."""

    name: ClassVar[str]
    modality: ClassVar[str] = "image"
    shape: ClassVar[tuple[int, ...]]
    conditions: ClassVar[Schema]
    licence: ClassVar[str]
    source: ClassVar[str]
    share_items: ClassVar[bool] = False  # may the items themselves be bundled?
    modality_arguments: ClassVar[dict[str, Any]] = {}  # how the modality reads x: ranges, units, rates, as plain JSON

    def load(self, split: Split) -> Items:
        """All items of a split.

        Raises:
            ExplorerError: the data is not at hand and can't be fetched; the sentence says what to do.
        """
        raise NotImplementedError


def data_folder(name: str) -> Path | None:
    """`$EXPLORER_DATA/<name>` where that folder exists, else None."""
    root = os.environ.get("EXPLORER_DATA")
    folder = Path(root) / name if root else None
    return folder if folder and folder.is_dir() else None
