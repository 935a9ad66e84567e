"""Letters of a face that weren't seen, beside those of the nearest real face."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.museum.lenses.base import Lens
from explorer.museum.lenses.weights import iou

FACES, QUICK_FACES = 240, 6
SEEN = (1, 3, 5)
LETTERS = 62  # the first characters, letters and digits, are drawn and asked for


@register("lenses", "alphabet")
class Alphabet(Lens):
    """Intersection over union of letters and digits that weren't seen, of designs that were held out.

    The letters that are seen are drawn anew for each face, by a fixed seed. `model`: the mean of the posterior of the seen
    letters, decoded at each other character, with weight, width and slant unset.
    Rivals: `nearest`, the training face whose same letters lie nearest
    (by the same measure); `mean`, the mean field of each character; `told`, the nearest training face of all by the *unseen*
    letters themselves, which nobody knows who brings a few letters: the best that copying could do.
    """

    title = "Alphabet"
    sentence = "How like the drawn letters the model's are, from 1, 3 and 5 others of a face whose design it never saw."
    order = 46
    needs = frozenset({"assemble"})

    def measure(self, study: Study) -> dict[str, Any]:
        """Means over faces, in [0, 1]."""
        if not hasattr(study.data, "alphabets"):
            return {}
        known, _ = study.data.alphabets("train")
        held_out, conditions = study.data.alphabets("test")
        rows = np.random.default_rng(0).permutation(len(held_out))[: study.count(FACES, QUICK_FACES)]
        middles = torch.from_numpy(known[:, :LETTERS].mean(0, dtype=np.float32))[:, None] / 255
        generator = np.random.default_rng(1)
        out: dict[str, Any] = {"n": len(rows)}
        found: dict[str, list[float]] = {}
        for row in rows:
            truth = _fields(held_out[row])
            shares = torch.stack(
                [iou(_fields(known[:, k]), truth[k : k + 1].expand(len(known), -1, -1, -1)) for k in range(LETTERS)], 1
            )
            for count in SEEN:
                letters = generator.permutation(LETTERS)
                seen, unseen = letters[:count], letters[count:]
                c = study.conditions.encode_codes(
                    np.where(np.arange(conditions.shape[-1]) > 0, np.nan, conditions[row])
                )
                z = study.model.encode_set(truth[seen][None, :, 0], c[seen][None]).mean
                drawn = study.decode(z.expand(len(unseen), -1), c[unseen])
                nearest = int(shares[:, seen].mean(1).argmax())
                for name, value in {
                    "model": iou(drawn, truth[unseen]).mean().item(),
                    "nearest": shares[nearest, unseen].mean().item(),
                    "told": shares[:, unseen].mean(1).max().item(),
                    "mean": iou(middles[unseen], truth[unseen]).mean().item(),
                }.items():
                    found.setdefault(f"{name}_{count}", []).append(value)
        return out | {name: float(np.mean(values)) for name, values in found.items()}


def _fields(x: np.ndarray) -> Tensor:
    return torch.from_numpy(x).float()[:, None] / 255
