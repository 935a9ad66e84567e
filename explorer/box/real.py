"""How far an item lies from real ones, measured on what is shown of it, whatever model made it.

The judge of a data set, trained apart on real items, gives each picture, spectrogram or series its scores. An item's distance
is that of its scores to the nearest among `BANK` training items' scores (nearest neighbours find what is unlike the data: Sun
et al. 2022, arXiv:2204.06507), in units of the distance within which 99 of 100 held-out real items lie: up to 1 is where real
items lie. What no attribute depends on the judge hardly sees, so that a picture within 1 may still have such a fault.

A checkpoint holds its reference with its items, `real.scores` [m, C] and `real.unit` [1]; those of the bundled judges lie in
`_real`, by the hash of the judge, since several checkpoints share one.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from explorer.box.items import OFFSET, SCALE, SCORES, UNIT, packed
from explorer.learn.latents import as_input
from explorer.learn.models.judge import Judge

if TYPE_CHECKING:
    from explorer.box.checkpoints import Checkpoint

BANK = 1_000
HELD_OUT = 2_000
BATCH = 200
QUANTILE = 0.99
FOLDER = Path(__file__).parent / "_real"


@dataclass(frozen=True, eq=False)
class Real:
    """What real items look like to a judge.

    Attributes:
        numbers: scores of the bank as they are stored, uint8 [m, C]; a score is `offset + scale * number`.
        scale: float32 [C]; distances are measured in it, so that each score counts by its own range.
        offset: float32 [C].
        unit: the distance within which 99 of 100 held-out items lie, in steps of `numbers`.
    """

    numbers: np.ndarray
    scale: np.ndarray
    offset: np.ndarray
    unit: float

    def shares(self, scores: np.ndarray) -> list[float]:
        """How far each lies from the bank, in units of `unit`. scores: float32 [N, C]."""
        steps = (np.asarray(scores, np.float32) - self.offset) / self.scale
        bank = self.numbers.astype(np.float32)
        return [float(np.sqrt(((bank - row) ** 2).sum(1).min()) / self.unit) for row in steps]


def measured(judge: Judge, train: np.ndarray, held_out: np.ndarray) -> dict[str, Tensor]:
    """The tensors of a reference, `real.scores` packed and `real.unit`.

    Args:
        judge: in evaluation mode.
        train: items as a data set gives them [M, *shape]; `BANK` of them, evenly spaced, are kept.
        held_out: [N, *shape]; `HELD_OUT` of them set the unit.
    """
    tensors = packed(SCORES, _scores(judge, train, BANK), torch.uint8)
    real = Real(*(tensors[SCORES + own].numpy() for own in ("", SCALE, OFFSET)), unit=1.0)
    gaps = real.shares(_scores(judge, held_out, HELD_OUT).numpy())
    return tensors | {UNIT: torch.tensor([max(float(np.quantile(gaps, QUANTILE)), 1e-6)])}


@torch.inference_mode()
def _scores(judge: Judge, items: np.ndarray, most: int) -> Tensor:
    """What the judge says of some items, float32 [n, C]."""
    rows = np.unique(np.linspace(0, len(items) - 1, most).astype(int))
    return torch.cat([judge(part) for part in as_input(items[rows]).split(BATCH)])


def reference(checkpoint: Checkpoint) -> Real | None:
    """What real items look like to a checkpoint's judge; None where it has no judge, or was built before this was measured."""
    if checkpoint.judge is None:
        return None
    items = checkpoint.items
    if SCORES in items.names:
        stored = [items.piece(SCORES + own) for own in ("", SCALE, OFFSET)]
        return Real(*stored, unit=float(items.piece(UNIT)[0]))
    return bundled(checkpoint.card.sha256["judge.safetensors"][:16])


@lru_cache(maxsize=32)
def bundled(judge: str) -> Real | None:
    """The reference of a bundled judge, by the first digits of its hash."""
    path = FOLDER / f"{judge}.json"
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    scale, offset = (np.array(told[name], np.float32) for name in ("scale", "offset"))
    numbers = np.frombuffer(base64.b64decode(told["scores"]), np.uint8).reshape(-1, len(scale))
    return Real(numbers, scale, offset, told["unit"])


def written(tensors: dict[str, Tensor], data: str) -> str:
    """The tensors of `measured` as a file of `_real`."""
    scale, offset = ([float(f"{v:.9g}") for v in tensors[SCORES + own].tolist()] for own in (SCALE, OFFSET))
    scores = base64.b64encode(tensors[SCORES].numpy().tobytes()).decode()
    told = {"data": data, "unit": round(float(tensors[UNIT]), 3), "scale": scale, "offset": offset, "scores": scores}
    return json.dumps(told) + "\n"
