"""What training does to batches and step sizes, for any family; the loss itself is the family's own `loss`."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from explorer.core.schema import Schema

WARM_UP_STEPS = 100
LAST_RATE = 0.01


def unset_some(c: Tensor, conditions: Schema, share: float, generator: torch.Generator) -> Tensor:
    """Conditions with some attributes unset, so that a model learns what an unset attribute means.

    Of a `share` of the items, each attribute is unset with probability one half; the others stay whole. Unsetting each
    attribute of each item alone would leave few whole conditions where there are many attributes, and whole ones are
    what editing uses.

    Args:
        c: float32 [N, C].
        conditions: where each attribute lies in c.
        share: of the items that lose attributes, from 0 to 1.
        generator: source of randomness.

    Returns:
        A new tensor float32 [N, C].
    """
    out = c.clone()
    loses = torch.rand(len(c), generator=generator) < share
    for where in conditions.slices.values():
        out[loses & (torch.rand(len(c), generator=generator) < 0.5), where] = 0
    return out


def learning_rate(peak: float, step: int, steps: int) -> float:
    """A short linear warm-up, then half a cosine down to a hundredth of the peak (Loshchilov and Hutter 2017)."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))
    return peak * min(1.0, (step + 1) / WARM_UP_STEPS) * (LAST_RATE + (1 - LAST_RATE) * cosine)


def moving_average(decay: float) -> Callable[[list[Tensor], list[Tensor], Tensor], None]:
    """Exponential average of weights for `AveragedModel`, whose memory grows to `decay`.

    With the full decay from the start, the untrained weights would weigh on the average for the first thousand steps.
    """

    @torch.no_grad()
    def update(averages: list[Tensor], weights: list[Tensor], count: Tensor) -> None:
        keep = min(decay, (1 + float(count)) / (10 + float(count)))
        torch._foreach_lerp_(averages, weights, 1 - keep)

    return update
