"""The contract of a model: encode, decode, prior, each with the condition second and optional.

`torch.distributions` is the common tongue; a deterministic encoder returns a point mass. Whatever a model can do beyond
this it names in `capabilities`, and the page greys out the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.core.schema import LatentSpec, Schema
from explorer.core.signature import Field
from explorer.learn.kinds import base as kinds


class PointMass(Distribution):
    """All mass on one z [N, *latent.shape]: the posterior of a deterministic encoder, or the codes of a quantised one."""

    arg_constraints: ClassVar[dict] = {}
    has_rsample = True

    def __init__(self, z: Tensor) -> None:
        self.z = z
        super().__init__(z.shape[:1], z.shape[1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """z itself."""
        return self.z

    @property
    def mode(self) -> Tensor:
        """z itself."""
        return self.z

    @property
    def variance(self) -> Tensor:
        """Zeros, float32 [N, *latent.shape]."""
        return torch.zeros_like(self.z, dtype=torch.float32)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """z itself, as often as asked."""
        return self.z.expand(*sample_shape, *self.z.shape)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """The same, without a gradient."""
        return self.rsample(sample_shape).detach()

    def log_prob(self, value: Tensor) -> Tensor:
        """0 on z, minus infinity elsewhere, [N]."""
        same = (value == self.z).flatten(1).all(1)
        return torch.where(same, 0.0, -torch.inf)


class Model(nn.Module):
    """Base of all families.

    A family is constructed from plain JSON arguments (kept on the card), always with `shape` (of one x, without the
    batch) and `condition` (C, the width of a condition vector; 0 when unconditional).

    Class attributes:
        capabilities: what it can do beyond the base, see `capabilities.py`; without `encode` a checkpoint's items are the
            model's own draws.
        takes: modalities whose shapes it takes.
        given: what `decode` takes by name beside z and c and the leaves that are drawn (`Field`).
        listens: which of `encode` and `decode` hear the condition; the others give the same whatever is asked.

    A family that plays a game instead of descending one loss also has `make_optimisers(rate, weight_decay)`, a list with
    one optimiser for each player, and `training_step(*, batch, fabric, optimisers)`, whose batch is (x, c), moves all players
    once (inside `fabric.autocast()`, by `fabric.backward`), and returns the terms as `loss` does.
    """

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[str]] = frozenset()
    takes: ClassVar[frozenset[str]] = frozenset({"image"})
    listens: ClassVar[frozenset[str]] = frozenset({"encode", "decode"})
    given: ClassVar[tuple[Field, ...]] = ()
    latent: LatentSpec

    @classmethod
    def made(cls, shape: Sequence[int], conditions: Schema, arguments: Mapping[str, Any]) -> Self:
        """An untrained model of items of one shape; a family whose constructor takes `conditions` is told what c is made of."""
        told = {"conditions": conditions} if "conditions" in signature(cls).parameters else {}
        return cls(shape=shape, condition=conditions.width, **told, **arguments)

    @property
    def leaves(self) -> dict[str, LatentSpec]:
        """The latent's parts by name; those that aren't `drawn` lie in z side by side, in this order. One for most models."""
        return {"z": self.latent}

    def split(self, z: Tensor) -> dict[str, Tensor]:
        """z [N, *latent.shape] -> the leaves that lie in it by name, [N, *leaf.shape] each."""
        specs = {name: spec for name, spec in self.leaves.items() if not spec.drawn}
        if len(specs) == 1:
            return dict.fromkeys(specs, z)
        parts = z.flatten(1).split([spec.size for spec in specs.values()], 1)
        return {name: part.unflatten(1, spec.shape) for (name, spec), part in zip(specs.items(), parts, strict=True)}

    def join(self, leaves: Mapping[str, Tensor]) -> Tensor:
        """The inverse of `split`."""
        parts = [leaf.flatten(1) for leaf in leaves.values()]
        return torch.cat(parts, 1).unflatten(1, self.latent.shape)

    def usual(self, leaf: str) -> Tensor:
        """What a drawn leaf is where nobody holds it, [*leaf.shape]: always the same, so that a latent has one picture."""
        return kinds.of(self.leaves[leaf]).draw(self.leaves[leaf], seed=0)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in the modality's range, c [N, C] -> posterior over z [N, *latent.shape]."""
        raise NotImplementedError

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, *latent.shape] (int64 where the latent is of codes), c [N, C] -> x [N, *shape] in the modality's range.

        A model with leaves that are drawn, or that is given more, takes those by name.
        """
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

    def embed(self, z: Tensor) -> Tensor:
        """z [N, *latent.shape] -> float32 [N, F] in which distances mean something: of codes, their codebook's vectors."""
        return z.flatten(1).float()

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z, c -> float32 [N, F], an inner layer of the decoder (capability `features`)."""
        raise NotImplementedError
