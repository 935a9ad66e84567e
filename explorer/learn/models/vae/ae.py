"""AE: a plain autoencoder, nothing but a bottleneck and a squared error.

The idea: an encoder squeezes an item into a few numbers and a decoder makes it again,

    min  E | x - g(f(x)) |^2,

Hinton and Salakhutdinov, "Reducing the dimensionality of data with neural networks" (Science 2006), here with the whole
network trained at once; Bengio, Courville and Vincent, "Representation learning" (PAMI 2013), section 7, is the overview.
Nothing is asked of the latent, and no condition is heard: that is what makes it the ground for plug-ins such as `msp`, and
the baseline for everything that asks more.

Good for: reconstruction, and latents to build on. Not for: sampling (no prior fits the latents but one fitted afterwards) or
for attributes (there is no control without a plug-in).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.vae._mlp import mlp


@register("models", "ae")
class AE(Model):
    """Perceptron autoencoder.

    Args:
        shape: (channels, height, width) of a picture.
        condition: not used; every family takes it.
        latent: numbers in z.
        hidden: units in each of the two hidden layers of encoder and decoder.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "features", "exact"})
    listens: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, shape: Sequence[int], condition: int = 0, *, latent: int = 32, hidden: int = 256) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        size = math.prod(shape)
        self.encoder = mlp((size, hidden, hidden, latent))
        self.decoder = mlp((latent, hidden, hidden, size))

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1] -> a point mass over z [N, latent]."""
        return PointMass(self.encoder(x.flatten(1)).float())

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent] -> x [N, *shape] in [0, 1]."""
        return torch.sigmoid(self.decoder(z).float()).unflatten(1, self.shape)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent] -> float32 [N, hidden], the decoder's last hidden layer."""
        return self.decoder[:-1](z).float()

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1] -> `loss`, the squared error summed over each picture."""
        error = (self.decode(self.encode(x).mean) - x).square().flatten(1).sum(1).mean()
        return {"loss": error}
