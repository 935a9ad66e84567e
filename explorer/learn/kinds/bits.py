"""Bits: zeros and ones."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.core.noise import uniform
from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.kinds.codes import Codes


@register("kinds", "bits")
class Bits(Codes):
    """Codes of two entries; how far apart two latents are is how many of their bits differ."""

    noun = "bits"
    metric = True
    stored = torch.uint8

    def restore(self, values: Tensor) -> Tensor:
        """See `Kind.restore`; what is no bit goes to the nearer one."""
        return super().restore(values).clamp(0, 1)

    def mix(self, z: Tensor, weights: np.ndarray) -> Tensor:
        """Each bit as the heavier part of them has it; at a tie as the first has it."""
        share = np.tensordot(weights, z.numpy().astype(np.float64), axes=1)
        return torch.from_numpy(np.where(share == 0.5, z[0].numpy(), share > 0.5).astype(np.int64))

    def draw(self, spec: LatentSpec, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """Each bit by a fair coin."""
        return torch.from_numpy((uniform(seed, draw, spec.size) < 0.5).astype(np.int64)).reshape(spec.shape)
