"""N(0, I): the prior that a variational autoencoder is trained towards (Kingma and Welling 2014, arXiv:1312.6114).

It is exact only where the aggregate posterior equals it. Where the posterior fills the space in clumps, most of its
draws fall between them, and decode to blends of several items: that is what the other priors mend.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from explorer.core.noise import normal
from explorer.core.registry import register
from explorer.core.schema import Schema
from explorer.learn.priors.base import Prior


@register("priors", "gaussian")
class Gaussian(Prior):
    """A standard normal over latents of one shape, whatever the condition.

    Args:
        shape: of one latent.
    """

    title = "Plain Gaussian"
    sentence = "Draws from N(0, I), the prior of the training; it knows nothing of where the items really lie."
    kinds = frozenset({"vector", "grid"})
    portable = True
    order = 20

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("scale", torch.ones(shape))

    @classmethod
    def fit(cls, z: Tensor, c: Tensor, *, seed: int = 0, conditions: Schema | None = None) -> Self:
        """Takes the shape of z [N, *latent] alone; see `Prior.fit`."""
        return cls(tuple(z.shape[1:]))

    def distribution(self, c: Tensor | None = None) -> Distribution:
        """See `Prior.distribution`."""
        rows = 1 if c is None else len(c)
        normal = Normal(self.mean.expand(rows, *self.mean.shape), self.scale.expand(rows, *self.scale.shape))
        return Independent(normal, self.mean.dim())

    def draw(self, c: Tensor | None, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """See `Prior.draw`."""
        noise = normal(seed, draw, self.mean.numel()).reshape(self.mean.shape)
        return self.mean + temperature * self.scale * noise

    @classmethod
    def _empty(cls, tensors: Mapping[str, Tensor]) -> Self:
        return cls(tuple(tensors["mean"].shape))
