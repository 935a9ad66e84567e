"""The posterior of an encoder that is sure: all its mass on one latent."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints


class PointMass(Distribution):
    """A distribution that always gives `value` [N, *latent]; whole numbers stay whole numbers.

    Args:
        value: any type; batch shape [N], event shape [*latent].
    """

    arg_constraints: ClassVar[dict[str, constraints.Constraint]] = {}
    support = constraints.real

    def __init__(self, value: Tensor) -> None:
        self.value = value
        super().__init__(value.shape[:1], value.shape[1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The value itself."""
        return self.value

    @property
    def variance(self) -> Tensor:
        """Zeros, float32."""
        return torch.zeros(self.value.shape, device=self.value.device)

    def sample(self, sample_shape: torch.Size = torch.Size()) -> Tensor:
        """The value, once for each sample."""
        return self.value.detach().expand(self._extended_shape(sample_shape))

    def rsample(self, sample_shape: torch.Size = torch.Size()) -> Tensor:
        """The value, with its gradient."""
        return self.value.expand(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """0 where it is the value, minus infinity elsewhere: [N]."""
        same = (value == self.value).flatten(-len(self.event_shape)).all(-1)
        return torch.where(same, 0.0, -torch.inf)
