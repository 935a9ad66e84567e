"""Pairs of an input and an output for the theory of posterior collapse: chosen spectra, and real digits cut in two.

The linear theory (Dang et al. 2024) sees second moments alone, so a pair is given by the covariance of the output y, by its
covariance with a whitened input x, and by how much of that is kept: with x = k x0 + sqrt(1 - k^2) x1, where x1 is the input of
another pair, x stays white and its covariance with y is k times the whole one. k is the input-output correlation.

Digits: 1,797 scans at 8x8 of 43 people (Alpaydin and Kaynak 1998, UCI, CC BY 4.0), which scikit-learn brings along.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Model = Literal["cvae", "hvae"]
DIMS = 8
LABELS = {
    "falling": "Variances falling as a power",
    "steep": "Each variance half of the one before",
    "levels": "Two levels of variance",
    "digits": "Digits, their principal components",
}
SPECTRA = {
    "falling": 1 / np.arange(1, DIMS + 1),
    "steep": 0.5 ** np.arange(DIMS),
    "levels": np.repeat((9.0, 1.0), (2, DIMS - 2)),
}
TRAINED_ON = 1437  # scans; the other 360 are held out


@dataclass(frozen=True)
class Pairs:
    """A law of outputs and white inputs.

    Args:
        covariance: of y, float64 [d, d], its mean variance 1.
        cross: of y with x0, float64 [d, k].
        items: y [N, d] and x0 [N, k] to draw from, float32; None: Gaussian.
    """

    covariance: np.ndarray
    cross: np.ndarray
    items: tuple[Tensor, Tensor] | None = None

    def draw(self, count: int, correlation: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pairs drawn anew.

        Args:
            count: N.
            correlation: k of each copy [G], 0 to 1.
            generator: source of randomness.

        Returns:
            x [G, N, k] and y [N, d], which all copies share.
        """
        if self.items is None:
            y, x0, x1 = self._gaussian(count, generator)
        else:
            outputs, inputs = self.items
            one, other = torch.randint(len(outputs), (2, count), generator=generator)
            y, x0, x1 = outputs[one], inputs[one], inputs[other]
        k = correlation[:, None, None]
        return k * x0 + (1 - k.square()).sqrt() * x1, y

    def _gaussian(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        cross = torch.from_numpy(self.cross).float()
        x0, x1 = torch.randn(2, count, cross.shape[1], generator=generator)
        left = torch.from_numpy(_root(self.covariance - self.cross @ self.cross.T)).float()
        return x0 @ cross.T + torch.randn(count, len(cross), generator=generator) @ left, x0, x1

    def left_over(self, correlation: float) -> np.ndarray:
        """Covariance of y given x, [d, d]: what a latent of a CVAE is left to tell."""
        return self.covariance - correlation**2 * self.cross @ self.cross.T


@lru_cache(maxsize=16)
def pairs(spectrum: str, model: Model, real: bool = False, held_out: bool = False) -> Pairs:
    """The pairs of a spectrum by name, for a conditional or for a hierarchical VAE.

    A CVAE of digits is given the lower left quarter of a scan and tells the rest, as in the paper's experiment; a hierarchical
    VAE is given what it tells. Of both quarters the first principal components are taken.

    Args:
        spectrum: a name of `LABELS`.
        model: which of the two it is for.
        real: draw the digits themselves; else Gaussian vectors with the same second moments.
        held_out: draw those that are trained on by nobody; the moments stay those of the others.
    """
    if spectrum in SPECTRA:
        variance = SPECTRA[spectrum] / SPECTRA[spectrum].mean()
        return Pairs(np.diag(variance), np.diag(np.sqrt(variance)))
    y, x = halves(DIMS)
    if model == "hvae":
        x = y / y.std(0)
    x = x @ np.linalg.inv(_root(np.cov(x[:TRAINED_ON].T, bias=True)))
    seen, drawn = slice(TRAINED_ON), slice(TRAINED_ON, None) if held_out else slice(TRAINED_ON)
    items = (torch.from_numpy(y[drawn]).float(), torch.from_numpy(x[drawn]).float()) if real else None
    return Pairs(y[seen].T @ y[seen] / TRAINED_ON, y[seen].T @ x[seen] / TRAINED_ON, items)


def halves(dims: int) -> tuple[np.ndarray, np.ndarray]:
    """First principal components of the three quarters to tell, scaled to a mean variance of 1, and of the quarter that is given,
    each scaled to variance 1: float64 [1797, dims] each. Directions and scales are those of the scans trained on.
    """
    from sklearn.datasets import load_digits

    scans = load_digits().images[np.random.default_rng(0).permutation(1797)]
    given = np.zeros((8, 8), bool)
    given[4:, :4] = True
    y, x = (_components(scans[:, mask], dims) for mask in (~given, given))
    return y / np.sqrt(y[:TRAINED_ON].var(0).mean()), x / x[:TRAINED_ON].std(0)


def _components(x: np.ndarray, dims: int) -> np.ndarray:
    centred = x - x[:TRAINED_ON].mean(0)
    return centred @ np.linalg.svd(centred[:TRAINED_ON], full_matrices=False)[2][:dims].T


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric root of a matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
