"""Codes: whole numbers that name the entries of a codebook, between which there is nothing."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.core.noise import uniform
from explorer.core.refusals import refuse
from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.kinds.base import Kind


@register("kinds", "codes")
class Codes(Kind):
    """Numbers of entries, counted from 0; a spec that knows how many there are says so in `entries`."""

    noun = "codes"
    between = False
    metric = False
    dtype = torch.int64
    stored = torch.int16

    def restore(self, values: Tensor) -> Tensor:
        """See `Kind.restore`; numbers that aren't whole go to the nearest."""
        return (values.round() if values.is_floating_point() else values).to(self.dtype)

    def unpack(self, text: str, spec: LatentSpec, where: str = "stage") -> Tensor:
        """See `Kind.unpack`.

        Raises:
            ExplorerError: a code beyond the codebook.
        """
        z = super().unpack(text, spec, where)
        if spec.entries and not 0 <= z.min() <= z.max() < spec.entries:
            raise refuse("latent-codes", where, size=spec.entries)
        return z

    def mix(self, z: Tensor, weights: np.ndarray) -> Tensor:
        """The heaviest of them: a mean of names is no name."""
        return z[int(np.argmax(weights))]

    def draw(self, spec: LatentSpec, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """Every entry as likely as any other, whatever the temperature."""
        share = uniform(seed, draw, spec.size).reshape(spec.shape)
        return torch.from_numpy(np.floor(share * max(spec.entries, 1)).astype(np.int64))
