"""MSP: attribute switches for any model with an encoder and a latent vector, by matrix subspace projection.

The idea: learn a matrix M whose rows span the part of the latent that says which attributes an item has; what lies across
them, the null space, is everything else. An edit then moves the latent within the rows of M alone. Li, Lin, Li, Wang and
Guerin, "Latent space factorisation and manipulation via matrix subspace projection" (ICML 2020, arXiv:1907.12385). With
U = [M; N] orthogonal, y_hat = M z and s_hat = N z, the model learns, beside its own loss,

    L_MSP = L_1 + L_2,     L_1 = | y_hat - y |^2 = | M z - y |^2,     L_2 = | s_hat |^2 = | z - M^T M z |^2.

L_1 puts the attributes into the rows of M. L_2 charges for all that is kept outside them, so that nothing is kept there twice:
what the attributes say already is not worth its price. An edit sets y_hat and leaves s_hat:

    z' = z + M^T (y - M z).

The rows of M are made orthonormal by a QR factorisation of its free parameters, so that M^T M is a projection throughout and
not only where training ends. Attributes that are unset are left as the latent has them.

As in the paper the wrapped model learns along, with its own loss unchanged and its own condition left out.

Good for: switches on a model that has none, without an adversary or weights to balance. Not for: a model without an encoder,
more attribute values than latent numbers, or a frozen latent in which the attributes don't lie flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.core.registry import find, register
from explorer.core.schema import Schema
from explorer.learn.models.base import Model


@register("plugins", "msp")
class MSP(Model):
    """A model with attributes by projection.

    Args:
        model: with the capability `encode` and a vector latent of L numbers; trained or not.
        condition: C, the width of a condition vector.
        widths: of the attributes within it, so that some can be unset and others not; none: all are one.
        weight: of L_MSP beside the model's own loss.

    Raises:
        ValueError: the model can't encode, or its latent is no vector or holds fewer than C numbers.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "blend", "unset"})
    listens: ClassVar[frozenset[str]] = frozenset({"decode"})
    kinds: ClassVar[frozenset[str]] = frozenset({"vector"})  # of the wrapped model's latent

    def __init__(self, model: Model, condition: int, *, widths: Sequence[int] = (), weight: float = 1.0) -> None:
        super().__init__()
        if "encode" not in model.capabilities or model.latent.kind not in self.kinds:
            raise ValueError("matrix subspace projection needs a model that encodes to a vector")
        if model.latent.size < condition:
            raise ValueError(f"{condition} attribute values don't fit into a latent of {model.latent.size}")
        if widths and sum(widths) != condition:
            raise ValueError(f"the widths {list(widths)} don't add up to a condition of {condition}")
        self.model, self.latent, self.weight = model, model.latent, weight
        self.capabilities = MSP.capabilities | (model.capabilities & {"features", "exact"})
        self.widths = tuple(widths) or (condition,)
        self.free = nn.Parameter(torch.randn(model.latent.size, condition))

    @property
    def matrix(self) -> Tensor:
        """M, float32 [C, L], with orthonormal rows."""
        return torch.linalg.qr(self.free.float()).Q.T

    def attributes(self, z: Tensor) -> Tensor:
        """z [N, L] -> y_hat [N, C]: near 1 where the item has a value, near 0 where it hasn't."""
        return z.float() @ self.matrix.T

    def project(self, z: Tensor, c: Tensor | None) -> Tensor:
        """z [N, L] with the attributes that c [N, C] asks -> z' [N, L], which differs within the rows of M alone."""
        if c is None:
            return z
        matrix = self.matrix
        has = z.float() @ matrix.T
        return z + torch.where(self._asked(c), c - has, 0.0) @ matrix

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] -> the model's posterior over z [N, L]; it isn't told the condition."""
        return self.model.encode(x)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] (zeros: as it is) -> x [N, *shape] in the modality's range."""
        return self.model.decode(self.project(z, c))

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] -> the model's decoder features, where it has any."""
        return self.model.features(self.project(z, c))

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape], c [N, C] -> `loss`, the model's own, and L_1 and L_2 averaged over the batch."""
        own = self.model.loss(x)["loss"]
        z, matrix = self.model.encode(x).mean.float(), self.matrix
        c = z.new_zeros(len(z), len(matrix)) if c is None else c
        has = z @ matrix.T
        first = torch.where(self._asked(c), has - c, 0.0).square().sum(1).mean()
        second = (z - has @ matrix).square().sum(1).mean()
        return {"loss": own + self.weight * (first + second), "own": own, "attributes": first, "rest": second}

    def _asked(self, c: Tensor) -> Tensor:
        """Which numbers of c [N, C] belong to an attribute that is set, bool [N, C]."""
        parts = [part.ne(0).any(1, keepdim=True).expand_as(part) for part in c.split(self.widths, 1)]
        return torch.cat(parts, 1)


@register("models", "msp")
class Factorised(MSP):
    """The plug-in around a family, as a recipe makes it.

    Args:
        shape, condition: as every family takes them.
        base: name of the family.
        conditions: what c is made of, of which `widths` follow where they aren't given.
        widths, weight: see `MSP`.
        arguments: of the family.
    """

    def __init__(
        self, shape: Sequence[int], condition: int, *, base: str = "ae", conditions: Schema | None = None,
        widths: Sequence[int] = (), weight: float = 1.0, **arguments: Any,
    ) -> None:  # fmt: skip
        model = find("models", base)(shape=shape, condition=0, **arguments)
        own = [attribute.width for attribute in conditions.attributes] if conditions else []
        super().__init__(model, condition, widths=widths or own, weight=weight)
