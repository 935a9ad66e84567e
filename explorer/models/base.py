"""The contract of a model: encode, decode, prior, each with the condition second and optional.

`torch.distributions` is the common tongue; a deterministic encoder returns a point mass. Whatever a model can do beyond
this it names in `capabilities`, and the page greys out the rest.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.schema import LatentSpec


class Model(nn.Module):
    """Base of all families.

    A family is constructed from plain JSON arguments (kept on the card), always with `shape` (of one x, without the
    batch) and `condition` (C, the width of a condition vector; 0 when unconditional).

    Class attributes:
        capabilities: what it can do beyond the base: `encode` (has an encoder), `blend` (takes blended conditions),
            `unset` (was trained with unset attributes), `features` (decoder features for a map), ...
        listens: which of `encode` and `decode` hear the condition; the others give the same whatever is asked.
    """

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[str]] = frozenset()
    listens: ClassVar[frozenset[str]] = frozenset({"encode", "decode"})
    latent: LatentSpec

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in the modality's range, c [N, C] -> posterior over z [N, *latent.shape]."""
        raise NotImplementedError

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, *latent.shape], c [N, C] -> x [N, *shape] in the modality's range."""
        raise NotImplementedError

    def prior(self, c: Tensor | None = None) -> Distribution:
        """c [N, C] (None: one row) -> the model's own prior over z, batch shape [N]."""
        like = next(self.parameters())
        size = (1 if c is None else len(c), *self.latent.shape)
        zero = torch.zeros(size, dtype=like.dtype, device=like.device)
        return Independent(Normal(zero, torch.ones_like(zero)), len(self.latent.shape))

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """One training batch -> named terms, each a scalar; `loss` is the one to minimise."""
        raise NotImplementedError

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z, c -> float32 [N, F], an inner layer of the decoder (capability `features`)."""
        raise NotImplementedError
