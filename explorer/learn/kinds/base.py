"""The contract of a latent's kind: all that rooms need to know of latents without asking which kind they are.

A kind holds no state. What it needs of one latent it reads off its `LatentSpec`; a latent is a tensor [*shape], several are
[N, *shape].
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from explorer.core.noise import normal
from explorer.core.registry import find
from explorer.core.scene import pack, unpack
from explorer.core.schema import LatentSpec


class Kind:
    """Base of all kinds: numbers of which every one is possible.

    Class attributes:
        noun: what a person calls its parts.
        between: what lies between two latents is a latent.
        metric: distances between its own numbers mean something; else those of `Model.embed` do, by principal components.
        portable: the engine in the page knows it too (`assets/js/engine/model.js`).
        dtype, stored: of a latent in memory, and in a checkpoint's file.
    """

    name: ClassVar[str]
    noun: ClassVar[str] = "numbers"
    between: ClassVar[bool] = True
    metric: ClassVar[bool] = True
    portable: ClassVar[bool] = False
    dtype: ClassVar[torch.dtype] = torch.float32
    stored: ClassVar[torch.dtype] = torch.float16

    def pack(self, z: Tensor) -> str:
        """A latent [*shape] as it travels in a scene: URL-safe base64 of its numbers as float32."""
        return pack(z.flatten())

    def unpack(self, text: str, spec: LatentSpec, where: str = "stage") -> Tensor:
        """The inverse of `pack` -> [*spec.shape].

        Raises:
            ExplorerError: not readable, another size, or a number that isn't finite.
        """
        return self.restore(unpack(text, spec.size, where).reshape(spec.shape))

    def store(self, z: Tensor) -> Tensor:
        """Latents as a checkpoint keeps them."""
        return z.to(self.stored)

    def restore(self, values: Tensor) -> Tensor:
        """Latents as they are used, from numbers of any type."""
        return values.to(self.dtype)

    def mix(self, z: Tensor, weights: np.ndarray) -> Tensor:
        """Latents [K, *shape] and their weights [K], which sum to one and fall -> one latent [*shape] that stands for them."""
        return torch.from_numpy(np.tensordot(weights, z.numpy(), axes=1).astype(np.float32))

    def draw(self, spec: LatentSpec, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """Draw number `draw` of a seed where nothing is known but the spec: standard normal numbers [*spec.shape]."""
        return temperature * normal(seed, draw, spec.size).reshape(spec.shape)

    def embed(self, z: Tensor) -> Tensor:
        """Latents [N, *shape] -> float32 [N, F], where a model has no better way (`Model.embed`)."""
        return z.flatten(1).float()

    def words(self, spec: LatentSpec) -> str:
        """What a latent is, in words: `24 numbers`."""
        return f"{' × '.join(map(str, spec.shape))} {self.noun}"


def of(spec: LatentSpec) -> Kind:
    """The kind of a latent.

    Raises:
        ExplorerError: there is no such kind.
    """
    return find("kinds", spec.kind)()
