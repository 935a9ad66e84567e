"""An edit beside the true edited picture, where the data can make it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from torch import Tensor

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.learn.latents import as_input, psnr
from explorer.museum.lenses._compare import ssim
from explorer.museum.lenses.base import Lens

ITEMS = 300
QUICK_ITEMS = 24


@register("lenses", "truth")
class Truth(Lens):
    """SSIM and PSNR of edits against the true edited picture, on held-out items, for seen and for unseen combinations.

    Each held-out item is the true edit of its own counterfactual: the data set renders the same person with another value
    of one attribute (of a number: any in its range), the model encodes *that* picture and is asked for the item's own value.
    A combination is unseen when some three of its named values never occur together in training. Baselines: the picture
    before the edit (`unedited_`), and the reconstruction of the true picture, which an edit can hardly better (`ceiling_`).
    `remaining` is the squared error of the edit as a share of that of the unedited picture: 0 is perfect, 1 is no edit.
    """

    title = "True edits"
    sentence = "How like the true edited picture the edit is, for combinations seen in training and for unseen ones."
    order = 40
    needs = frozenset({"encode"})

    def measure(self, study: Study) -> dict[str, Any]:
        """`seen` and `unseen`: for each attribute and their mean, `ssim`, `psnr`, `unedited_ssim`, `remaining`, `n`."""
        if not hasattr(study.data, "counterfactual"):
            return {}
        named = [k for k, a in enumerate(study.conditions.attributes) if a.kind == "categorical"]
        never = unseen(study.test.codes[:, named], study.train.codes[:, named])
        out: dict[str, Any] = {}
        for group, mask in (("seen", ~never), ("unseen", never)):
            rows = np.flatnonzero(mask)[: study.count(ITEMS, QUICK_ITEMS)]
            if len(rows):
                out[group] = self._group(study, rows, group)
        return out

    def _group(self, study: Study, rows: np.ndarray, group: str) -> dict[str, Any]:
        rng = study.rng(f"{self.name} {group}")
        x, c = study.x[rows], study.c[rows]
        ceiling = ssim(study.y[rows], x).mean().item()
        out: dict[str, Any] = {}
        for k, attribute in enumerate(study.conditions.attributes):
            codes = study.test.codes[rows].copy()
            if attribute.kind == "categorical":
                codes[:, k] = (codes[:, k] + rng.integers(1, attribute.width, len(rows))) % attribute.width
            else:
                codes[:, k] = rng.uniform(attribute.low, attribute.high, len(rows))
            before = as_input(study.data.counterfactual("test", study.rows[rows], attribute.name, codes[:, k]))
            z = study.encode(before, study.conditions.encode_codes(codes))[0]
            out[attribute.name] = figures(study.decode(z, c), before, x) | {"ceiling_ssim": ceiling, "n": len(rows)}
        keys = next(iter(out.values())).keys() - {"n"}
        out["mean"] = {key: float(np.mean([entry[key] for entry in out.values()])) for key in sorted(keys)}
        return out


def figures(edited: Tensor, before: Tensor, truth: Tensor) -> dict[str, float]:
    """Edited pictures, the pictures before and the true ones, each [N, C, H, W] in [0, 1] -> mean figures."""
    left = (edited - truth).square().sum().double() / (before - truth).square().sum().clamp(min=1e-9)
    return {
        "ssim": ssim(edited, truth).mean().item(),
        "psnr": psnr(edited, truth).mean().item(),
        "unedited_ssim": ssim(before, truth).mean().item(),
        "unedited_psnr": psnr(before, truth).mean().item(),
        "remaining": left.item(),
    }


def unseen(codes: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Which rows of codes [N, attributes] hold three values that no row of training [M, attributes] has together: bool [N]."""
    out = np.zeros(len(codes), bool)
    for triple in combinations(range(codes.shape[1]), 3):
        known = {tuple(row) for row in np.unique(training[:, triple], axis=0)}
        out |= np.array([tuple(row) not in known for row in codes[:, triple]], bool)
    return out
