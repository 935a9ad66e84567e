"""PCA: principal components of what the attributes leave open, in closed form.

The idea: an item is the mean, plus what its attributes add, plus a few directions along which items differ otherwise,

    x  =  m + G'c + W'z,

where G (one row for each number of the condition) is the ridge regression of the items on their conditions, and the rows of W
are the principal components of what that regression leaves: Pearson 1901, Hotelling 1933, and as a model with a density
Tipping and Bishop, "Probabilistic principal component analysis" (1999); Jolliffe and Cadima, "Principal component analysis: a
review and recent developments" (2016), is an overview. Of one categorical attribute G holds the group means,
drawn towards the common mean as if one more item had it; of several attributes it adds them up, without interactions. So
decoding the same z under another c moves an item by the difference of the two groups, and nothing set means the common mean.
Nothing is trained by descent: two linear systems of equations are solved, in seconds.

Good for: a first look at data of one's own, and as the baseline that a network has to beat. Not for: items whose attributes
act on something that moves (a mean of faces is no face), or for pictures of many kinds, whose reconstructions are blurred.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass

RIDGE = 1.0  # items at the common mean that each number of the condition is given
FEW = 0.25  # share of all eigenvectors, below which they are found by a randomised subspace iteration
SPARE, PASSES = 32, 8  # directions beside those asked for, and passes (Halko, Martinsson and Tropp 2011, algorithm 4.4)


@register("models", "pca")
class PCA(Model):
    """Linear encoder and decoder, with what each attribute adds.

    Args:
        shape: of an item.
        condition: C, the width of a condition vector.
        latent: L, components that are kept.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "features", "exact", "blend", "unset"})
    takes: ClassVar[frozenset[str]] = frozenset({"image", "series", "sound", "table"})

    def __init__(self, shape: Sequence[int], condition: int = 0, *, latent: int = 32) -> None:
        super().__init__()
        self.shape, self.condition = tuple(shape), condition
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        size = math.prod(shape)
        self.middle = nn.Parameter(torch.full((size,), 0.5))
        # Uniform, as other arithmetic on the meta device, where a checkpoint's shapes are looked at, imports torch's compiler.
        reach = (3 / size) ** 0.5
        self.components = nn.Parameter(nn.init.uniform_(torch.empty(latent, size), -reach, reach))
        if condition:
            self.group = nn.Parameter(torch.zeros(condition, size))
        self.register_buffer("spread", torch.ones(latent))
        self.register_buffer("turn", torch.zeros(latent + condition, latent + condition).fill_diagonal_(1))

    def first(self, latent: int) -> Self:
        """The same with its first `latent` components alone, which are those of a smaller solution."""
        fewer = type(self)(self.shape, self.condition, latent=latent)
        kept = [*range(latent), *range(len(self.spread), len(self.spread) + self.condition)]
        state = self.state_dict()
        state |= {"components": self.components[:latent], "spread": self.spread[:latent]}
        state |= {"turn": torch.linalg.qr(self.turn[:, kept], mode="r").R}
        fewer.load_state_dict(state)
        return fewer

    @torch.no_grad()
    def solve(self, x: Tensor, c: Tensor) -> Self:
        """Set all weights to the exact solution for items x [N, *shape] under c [N, C].

        Raises:
            ValueError: there are fewer items, or numbers in an item, than components.
        """
        x, latent = x.flatten(1), len(self.spread)
        if min(x.shape) < latent:
            raise ValueError(f"{len(x)} items of {x.shape[1]} numbers have no {latent} components")
        self.middle.copy_(x.mean(0))
        rest = x - self.middle
        if self.condition:
            scatter = c.T @ c + RIDGE * torch.eye(self.condition)
            self.group.copy_(torch.linalg.solve(scatter, c.T @ rest))
            rest -= c @ self.group
        # The covariance among numbers and the Gram matrix among items have the same spectrum; the smaller one is solved.
        among_items = x.shape[1] > len(x)
        values, vectors = _leading(rest @ rest.T if among_items else rest.T @ rest, latent)
        directions = torch.nn.functional.normalize(vectors.T @ rest if among_items else vectors.T, dim=1)
        sign = directions.gather(1, directions.abs().argmax(1, keepdim=True)).sign()
        self.components.copy_(directions * sign)
        self.spread.copy_((values.clamp(min=0) / len(x)).sqrt().clamp(min=1e-6))
        basis = torch.cat([self.components, *([self.group] if self.condition else [])])
        # Distances between items are those between (z, c) turned by R, where basis' = Q R.
        corner = torch.linalg.qr(basis.T, mode="r").R
        self.turn.zero_()[: len(corner)].copy_(corner)
        return self

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> a point mass over z [N, L]."""
        return PointMass((x.flatten(1) - self._expected(c)) @ self.components.T)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] -> x [N, *shape] in [0, 1]."""
        return self._linear(z, c).clamp(0, 1)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] -> float32 [N, L + C], in which items lie as far apart as their reconstructions do."""
        given = [z.new_zeros(len(z), self.condition) if c is None else c] if self.condition else []
        return torch.cat([z, *given], 1) @ self.turn.T

    def prior(self, c: Tensor | None = None) -> Distribution:
        """c [N, C] (None: one row) -> a normal of each component's own spread, batch shape [N]."""
        spread = self.spread.expand(1 if c is None else len(c), -1)
        return Independent(Normal(torch.zeros_like(spread), spread), 1)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> `loss`, the squared error summed over an item; `solve` needs no descent."""
        error = self._linear(self.encode(x, c).mean, c) - x
        return {"loss": error.square().flatten(1).sum(1).mean()}

    def expected(self, c: Tensor | None = None) -> Tensor:
        """c [N, C] (None: one row) -> the mean of items of which that is known, [N, *shape]."""
        return self._expected(c).unflatten(-1, self.shape)

    def _expected(self, c: Tensor | None) -> Tensor:
        return self.middle[None] if c is None or not self.condition else self.middle + c @ self.group

    def _linear(self, z: Tensor, c: Tensor | None) -> Tensor:
        return (z @ self.components + self._expected(c)).unflatten(1, self.shape)


def _leading(matrix: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The largest eigenvalues [count] of a symmetric matrix [n, n], descending, and their vectors [n, count]."""
    wide = matrix.double()
    if count + SPARE < FEW * len(matrix):
        random = np.random.default_rng(0).normal(size=(len(matrix), count + SPARE))
        basis = torch.from_numpy(random)
        for _ in range(PASSES):
            basis = torch.linalg.qr(wide @ basis).Q
        values, within = torch.linalg.eigh(basis.T @ (wide @ basis))
        vectors = basis @ within
    else:
        values, vectors = torch.linalg.eigh(wide)
    order = values.argsort(descending=True)[:count]
    return values[order].float(), vectors[:, order].float()
