"""Laws that vectors are drawn from for the theory of sign autoencoders: Gaussian ones, and others to test how far it reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Law:
    """What one vector is.

    Args:
        label: as a person reads it.
        gaussian: whether the theorem covers it; elsewhere its curve is a conjecture of universality.
        spread: d -> standard deviation of each coordinate [d], their squares 1 on average.
        unit: (N, d, generator) -> independent coordinates of variance 1, float32 [N, d].
    """

    label: str
    gaussian: bool
    spread: Callable[[int], np.ndarray]
    unit: Callable[[int, int, torch.Generator], Tensor]

    def draw(self, count: int, dims: int, generator: torch.Generator) -> Tensor:
        """Vectors float32 [count, dims]."""
        return self.unit(count, dims, generator) * torch.from_numpy(self.spread(dims)).float()


def _flat(dims: int) -> np.ndarray:
    return np.ones(dims)


def _decaying(dims: int) -> np.ndarray:
    """Variances that fall as a power, as those of natural signals do."""
    variance = (1 + np.arange(dims)) ** -0.8
    return np.sqrt(variance / variance.mean())


def _two(dims: int) -> np.ndarray:
    """A quarter of the coordinates with nine times the variance of the others."""
    variance = np.where(np.arange(dims) < dims // 4, 9.0, 1.0)
    return np.sqrt(variance / variance.mean())


def _normal(count: int, dims: int, generator: torch.Generator) -> Tensor:
    return torch.randn(count, dims, generator=generator)


def _uniform(count: int, dims: int, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, dims, generator=generator) * 2 - 1) * 3**0.5


def _laplace(count: int, dims: int, generator: torch.Generator) -> Tensor:
    u = torch.rand(count, dims, generator=generator) - 0.5
    return -u.sign() * torch.log1p(-2 * u.abs().clamp(max=0.5 - 1e-7)) / 2**0.5


def _sparse(share: float) -> Callable[[int, int, torch.Generator], Tensor]:
    def unit(count: int, dims: int, generator: torch.Generator) -> Tensor:
        kept = torch.rand(count, dims, generator=generator) < share
        return torch.where(kept, torch.randn(count, dims, generator=generator) / share**0.5, 0.0)

    return unit


LAWS = {
    "gaussian": Law("Gaussian, all coordinates alike", True, _flat, _normal),
    "levels": Law("Gaussian, two levels of variance", True, _two, _normal),
    "decaying": Law("Gaussian, variances falling as a power", True, _decaying, _normal),
    "uniform": Law("Uniform coordinates", False, _flat, _uniform),
    "laplace": Law("Laplace coordinates", False, _flat, _laplace),
    "sparse": Law("Sparse: 3 % of the coordinates at a time", False, _flat, _sparse(0.03)),
}
