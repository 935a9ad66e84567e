"""Short trainings for claims: so many steps on a family, kept once they are done, so that a stopped measurement goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from explorer.data.base import DataSet, cache_folder
from explorer.models.base import Model
from explorer.registry import find
from explorer.training.objectives import learning_rate

BETAS = (0.9, 0.99)
CLIP = 1.0


def miniature(
    family: str,
    data: DataSet,
    arguments: dict[str, Any],
    *,
    seed: int,
    steps: int,
    batch: int,
    rate: float,
    weight_decay: float,
    say: Callable[[str], None] = lambda text: None,
) -> Model:
    """A family trained on a data set's training split by AdamW, in evaluation mode.

    Args:
        family: of `explorer/models`; its `loss` alone trains it.
        data: pictures.
        arguments: of the family, beside shape and condition.
        seed: of first weights, order and noise.
        steps, batch, rate, weight_decay: how long and how hard; the rate is warmed up and then falls as in `training/fit.py`.
        say: called with a sentence before a training that isn't kept yet.
    """
    torch.manual_seed(seed)
    model: Model = find("models", family)(shape=data.shape, condition=data.conditions.width, **arguments)
    key = [family, data.name, sorted(arguments.items()), seed, steps, batch, rate, weight_decay, _shape(model)]
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:24]
    path = cache_folder("claims") / f"{family}-{digest}.safetensors"
    if path.is_file():
        model.load_state_dict(load_file(path))
        return model.eval().requires_grad_(False)
    say(f"training {family} with seed {seed}, {steps} steps")
    model = model.to(memory_format=torch.channels_last)
    items = data.load("train")
    x, c = torch.from_numpy(items.x), data.conditions.encode_codes(items.codes)
    optimiser = torch.optim.AdamW(model.parameters(), rate, betas=BETAS, weight_decay=weight_decay, fused=True)
    model.train()
    for step in range(steps):
        model.progress = step / steps
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(rate, step, steps)
        rows = torch.randint(len(x), (batch,))
        pictures = (x[rows].float() / 255).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            terms = model.loss(pictures, c[rows])
        optimiser.zero_grad()
        terms["loss"].backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
    model.progress = 1.0
    model = model.to(memory_format=torch.contiguous_format).eval().requires_grad_(False)
    partial = path.with_suffix(".partial")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, partial)
    partial.replace(path)
    return model


def _shape(model: Model) -> list[list[int]]:
    """The sizes of all weights, so that a changed family isn't taken for the one that was kept."""
    return [list(tensor.shape) for tensor in model.state_dict().values()]
