"""How a checkpoint of own data does on held-out items, beside the nearest training item and the mean."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.box.checkpoints import Checkpoint
from explorer.core.registry import find
from explorer.learn.data.base import DataSet
from explorer.learn.latents import as_input, psnr
from explorer.learn.models.base import Model

MEASURED = 1_000  # held-out items
AMONG = 10_000  # training items, among which the nearest is looked for
BATCH = 200
SHARE = 8  # texts that are compared with all known ones at once


def unit(data: type[DataSet]) -> str:
    """What `quality` is told in."""
    return "percent of the words in place" if data.modality == "text" else "dB"


def measure(checkpoint: Checkpoint, data: DataSet) -> dict[str, Any]:
    """What the card tells of held-out items.

    Returns:
        `n`, counts; and `reconstruction`, as the lens of that name has it: `psnr` in dB, `baseline_psnr` of the nearest
        training item, `mean_picture_psnr`. Of texts `sentences` instead: the share of words that are `in_place` in the
        `reconstruction`, and in the `nearest_training` sentence, that with the most of them.
    """
    train, test = data.load("train"), data.load("test")
    x, c = as_input(test.x[:MEASURED]), data.conditions.encode_codes(test.codes[:MEASURED])
    among = as_input(train.x[:AMONG])
    own = quality(checkpoint.model, x, c, data.modality)
    counts = {"n": {"held_out": len(x), "training": len(train)}}
    if data.modality == "text":
        told = {
            "reconstruction": {"in_place": own / 100, "n": len(x)},
            "nearest_training": {"in_place": best(x, among)},
        }
        return {"sentences": told, **counts}
    nearest = torch.cat([among[torch.cdist(part.flatten(1), among.flatten(1)).argmin(1)] for part in x.split(BATCH)])
    found = {
        "psnr": own,
        "baseline_psnr": psnr(nearest, x).mean().item(),
        "mean_picture_psnr": psnr(among.mean(0, keepdim=True).expand_as(x), x).mean().item(),
    }
    told = {name: round(value, 4) for name, value in found.items()}
    return {"reconstruction": {**told, "n": len(x), "baseline_n": len(x)}, **counts}


@torch.inference_mode()
def quality(model: Model, x: Tensor, c: Tensor, modality: str) -> float:
    """How like x [N, *shape] its reconstructions under c [N, C] are, on average: PSNR in dB, or what the modality measures."""
    alike = find("modalities", modality).alike or psnr
    parts = zip(x.split(BATCH), c.split(BATCH), strict=True)
    return torch.cat([alike(model.decode(model.encode(a, b).mean, b), a) for a, b in parts]).mean().item()


def best(x: Tensor, among: Tensor) -> float:
    """The share of words of texts x [N, places] that the most alike of `among` [K, places] has in place, on average."""
    alike = find("modalities", "text").alike
    found = []
    for part in x.split(SHARE):
        each = alike(among.repeat(len(part), 1), part.repeat_interleave(len(among), 0))
        found.append(each.unflatten(0, (len(part), -1)).amax(1))
    return torch.cat(found).mean().item() / 100
