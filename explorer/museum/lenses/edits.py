"""Does an edit do what was asked, and nothing else?"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.kinds import base as kinds
from explorer.museum.lenses.base import Lens

ITEMS = 600
QUICK_ITEMS = 100


@register("lenses", "edits")
class Edits(Lens):
    """Accuracy of edits by the judge: each held-out item gets another value of one attribute, drawn at random.

    The measure of StarGAN (Choi et al. 2018, arXiv:1711.09020, table 1): a classifier trained on real items reads the
    edited picture. `kept` is the share of the other attributes that still read as before. Baseline: the item's
    latent moved by the difference of the two groups' mean latents, without touching the condition; chance is 1 / values.
    """

    title = "Edits"
    sentence = "How often the judge reads the value that was asked, and the old value of everything else."
    order = 30

    def measure(self, study: Study) -> dict[str, Any]:
        """For each attribute: `accuracy`, `kept`, `baseline_accuracy`, `real` (the judge on real items), `n`."""
        if study.judge is None:
            return {}
        rng, count = study.rng(self.name), study.count(ITEMS, QUICK_ITEMS)
        z, c = study.z[:count], study.c[:count]
        real = study.right(study.x[:count], c).double().mean(0)
        out: dict[str, Any] = {}
        for k, attribute in enumerate(study.conditions.attributes):
            if attribute.name in study.unasked:
                continue
            asked = other_value(c, attribute, study.conditions, rng)
            right = study.right(study.decode(z, asked), asked)
            others = [i for i in range(right.shape[1]) if i != k]
            entry = {"accuracy": right[:, k].double().mean().item(), "real": real[k].item(), "n": len(z)}
            if others:
                entry["kept"] = right[:, others].double().mean().item()
            if attribute.kind == "categorical" and kinds.of(study.model.latent).between:
                moved = z + group_difference(study, attribute, c, asked)
                entry["baseline_accuracy"] = study.right(study.decode(moved, c), asked)[:, k].double().mean().item()
            out[attribute.name] = entry
        out["mean"] = {
            key: float(np.mean([entry[key] for entry in out.values() if key in entry]))
            for key in ("accuracy", "kept")
            if any(key in entry for entry in out.values())
        }
        return out


def other_value(c: Tensor, attribute: Attribute, conditions: Schema, rng: np.random.Generator) -> Tensor:
    """Conditions c [N, C] with another value of one attribute, drawn evenly (a number: anywhere in its range)."""
    out, where = c.clone(), conditions.slices[attribute.name]
    if attribute.kind == "continuous":
        out[:, where.start] = torch.from_numpy(rng.uniform(-1, 1, len(c))).float()
        out[:, where.start + 1] = 1
        return out
    step = torch.from_numpy(rng.integers(1, attribute.width, len(c)))
    value = (c[:, where].argmax(dim=1) + step) % attribute.width
    out[:, where] = torch.nn.functional.one_hot(value, attribute.width).float()
    return out


def group_difference(study: Study, attribute: Attribute, c: Tensor, asked: Tensor) -> Tensor:
    """Mean latent of the training items with the asked value, less that of those with the old one [N, *latent.shape]."""
    where = study.conditions.slices[attribute.name]
    groups = study.c_train[:, where]
    flat = study.z_train.flatten(1)
    means = groups.T @ flat / groups.sum(0).clamp(min=1)[:, None]
    return ((asked[:, where] - c[:, where]) @ means).reshape(len(c), *study.z_train.shape[1:])
