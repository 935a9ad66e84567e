"""How a checkpoint of own data does on held-out items, beside the nearest training item and the mean."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.box.checkpoints import Checkpoint
from explorer.learn.data.base import DataSet
from explorer.learn.latents import as_input, psnr
from explorer.learn.models.base import Model

MEASURED = 1_000  # held-out items
AMONG = 10_000  # training items, among which the nearest is looked for
BATCH = 200


def measure(checkpoint: Checkpoint, data: DataSet) -> dict[str, Any]:
    """`reconstruction`, as the lens of that name has it: `psnr` in dB, `baseline_psnr` of the nearest training item,
    `mean_picture_psnr`, and counts."""
    train, test = data.load("train"), data.load("test")
    x, c = as_input(test.x[:MEASURED]), data.conditions.encode_codes(test.codes[:MEASURED])
    among = as_input(train.x[:AMONG])
    nearest = torch.cat([among[torch.cdist(part.flatten(1), among.flatten(1)).argmin(1)] for part in x.split(BATCH)])
    found = {
        "psnr": quality(checkpoint.model, x, c),
        "baseline_psnr": psnr(nearest, x).mean().item(),
        "mean_picture_psnr": psnr(among.mean(0, keepdim=True).expand_as(x), x).mean().item(),
    }
    told = {name: round(value, 4) for name, value in found.items()}
    return {
        "reconstruction": {**told, "n": len(x), "baseline_n": len(x)},
        "n": {"held_out": len(x), "training": len(train)},
    }


@torch.inference_mode()
def quality(model: Model, x: Tensor, c: Tensor) -> float:
    """Mean PSNR in dB of the reconstructions of x [N, *shape] under c [N, C]."""
    parts = zip(x.split(BATCH), c.split(BATCH), strict=True)
    return torch.cat([psnr(model.decode(model.encode(a, b).mean, b), a) for a, b in parts]).mean().item()
