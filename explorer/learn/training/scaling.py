"""How the loss of sparse dictionaries falls with their size and with k: a power law, straight in logarithms.

Gao et al. 2024 ("Scaling and evaluating sparse autoencoders", arXiv:2406.04093, section 3.1) find L(n, k) = exp(a + b log n +
c log k + d log n log k) of n directions of which k are active, and an irreducible term, which is left out here: with it any
bend could be explained. For one k the line over n is straight, with a slope that may change with k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Point:
    """One dictionary: its size, its k, its loss on vectors held out, and its dead directions."""

    size: int
    k: int
    loss: float
    dead: int


@dataclass(frozen=True)
class Law:
    """Loss as a function of size and k, with four coefficients.

    Attributes:
        coefficients: of 1, size, k and size times k, each of these as a logarithm where `logs`.
        logs: False: a plane in plain numbers, bent by its last term like the other.
        fit: R², the share of the variance of log loss over the points that the law explains.
        worst: largest miss of a point, as a share of its loss.
    """

    coefficients: tuple[float, ...]
    logs: bool
    fit: float
    worst: float

    def at(self, size: float, k: float) -> float:
        """The loss that it says."""
        value = float(_terms([size], [k], self.logs)[0] @ np.array(self.coefficients))
        return float(np.exp(value)) if self.logs else max(value, 1e-12)

    def halved(self, k: float) -> float:
        """Share of the loss that twice the size takes away, at a k."""
        return 1 - self.at(2.0, k) / self.at(1.0, k)


def law(points: Sequence[Point], logs: bool = True) -> Law:
    """The law that comes nearest, by least squares.

    Args:
        points: at least two, of a loss above 0.
        logs: fit log loss over logarithms, else loss over plain numbers.
    """
    terms = _terms([p.size for p in points], [p.k for p in points], logs)
    losses = np.maximum([p.loss for p in points], 1e-12)
    coefficients = np.linalg.lstsq(terms, np.log(losses) if logs else losses, rcond=None)[0]
    rough = Law(tuple(map(float, coefficients)), logs, 0.0, 0.0)
    told = np.array([rough.at(p.size, p.k) for p in points])
    left = np.log(losses) - np.log(told)
    whole = np.log(losses) - np.log(losses).mean()
    fit = 1 - float((left**2).sum() / max((whole**2).sum(), 1e-12))
    return Law(rough.coefficients, logs, fit, float(np.abs(told / losses - 1).max()))


def _terms(sizes: Sequence[float], ks: Sequence[float], logs: bool) -> np.ndarray:
    """What the coefficients belong to, [points, 4]."""
    n, k = (np.log(v) if logs else np.array(v, dtype=float) for v in (sizes, ks))
    return np.stack([np.ones_like(n), n, k, n * k], axis=1)
