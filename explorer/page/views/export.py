"""Results -> files: a strip of pictures as PNG, a table as CSV, tensors as safetensors. In memory, nothing on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from safetensors.numpy import save

from explorer.learn.modalities.encoding import png

GAP = 2


def strip(pictures: Sequence[np.ndarray], columns: int, scale: int = 1) -> bytes:
    """Pictures uint8 [H, W, 3] of one size -> one PNG, in rows of `columns` with a gap of two pixels of white."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3), 255, dtype=np.uint8)
    for k, picture in enumerate(pictures):
        top, left = k // columns * (height + GAP), k % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return png(sheet, scale)


def table(columns: Mapping[str, Iterable[object]]) -> bytes:
    """Columns of one length -> CSV in UTF-8 with a head; numbers with seven digits, which is what a float32 holds."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        [f"{v:.7g}" if isinstance(v, float) else v for v in row] for row in zip(*columns.values(), strict=True)
    )
    return out.getvalue().encode()


def tensors(arrays: Mapping[str, np.ndarray], notes: Mapping[str, str]) -> bytes:
    """Arrays by name -> safetensors, with `notes` in its header."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata=dict(notes))
