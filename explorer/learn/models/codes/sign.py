"""A two-layer autoencoder with a sign in its middle, and the least risk that any such has (Shevchenko et al. 2023).

`x -> A sign(B x)` turns d numbers into n bits; the rate is n / d. For Gaussian x with covariance diag(D^2) and n, d large, the
least mean squared error is known. Expand the sign in Hermite polynomials: its linear part has the weight 2 / pi, and the rest
acts as noise of weight 1 - 2 / pi. If s_i is the share of the rows' energy that looks at coordinate i (the sum of all
s_i is n, at most n of them are above 0), the best decoder leaves

    risk = mean_i D_i^2 (1 - 2/pi) / (1 - 2/pi + 2 s_i / pi),

and the best shares are poured in like water, s_i ~ (D_i k - (1 - 2/pi))_+. With D = 1 this is 1 - 2 r / pi up to r = 1, and
1 - r / (r + pi/2 - 1) above. It is reached by rows in a random direction that are orthogonal
(r <= 1), or make a tight frame (r > 1).

When not to use it: as a compressor. Rate-distortion theory asks for less (2^(-2r) in the same units), and the theory says nothing
of data with structure that a linear map can't see, such as very sparse coordinates.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

LINEAR = 2 / math.pi  # share of the sign's energy in its linear part
TEMPERATURE = 0.1  # of the tanh whose slope stands for the sign's in the backward pass


class _Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return gradient * (1 - torch.tanh(x / TEMPERATURE).square()) / TEMPERATURE


class SignAutoencoder(nn.Module):
    """`decode(encode(x))` is `A sign(B x)`; the rows of B have unit length, which the sign can't see.

    Args:
        dims: d, numbers in one x.
        bits: n, bits in one code.
    """

    def __init__(self, dims: int, bits: int) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.randn(bits, dims) / dims**0.5)
        self.decoder = nn.Parameter(torch.zeros(dims, bits))

    @property
    def directions(self) -> Tensor:
        """B, unit rows, [bits, dims]."""
        return nn.functional.normalize(self.rows, dim=1)

    def encode(self, x: Tensor) -> Tensor:
        """x [N, dims] -> bits, -1 or 1, [N, bits]."""
        return _Sign.apply(x @ self.directions.T)

    def decode(self, bits: Tensor) -> Tensor:
        """Bits [N, bits] -> x [N, dims]."""
        return bits @ self.decoder.T

    def risk(self, x: Tensor) -> Tensor:
        """Mean squared error in one number of x [N, dims], a scalar."""
        return (x - self.decode(self.encode(x))).square().mean()

    @torch.no_grad()
    def solve_decoder(self, x: Tensor) -> None:
        """Set A to the best one for B and x [N, dims], by least squares: what a random encoder needs to be a fair rival."""
        bits = self.encode(x).double()
        ridge = 1e-6 * len(x) * torch.eye(bits.shape[1], dtype=torch.float64)
        self.decoder.copy_(torch.linalg.solve(bits.T @ bits + ridge, bits.T @ x.double()).T.float())


def least_risk(rate: float, spread: np.ndarray) -> float:
    """The predicted risk of the best autoencoder.

    Args:
        rate: bits for each number of x, above 0.
        spread: D, standard deviations of the coordinates [d], each above 0.
    """
    ordered = np.sort(np.asarray(spread, np.float64))[::-1]
    many, bits = len(ordered), rate * len(ordered)
    noise = 1 - LINEAR
    best = float(np.mean(ordered**2))
    for used in range(1, min(many, max(1, math.ceil(bits))) + 1):
        # sum of (k D - noise) / LINEAR over those used is `bits`
        level = (bits * LINEAR + used * noise) / ordered[:used].sum()
        if level * ordered[used - 1] < noise:
            break
        left = noise * ordered[:used].sum() / level + (ordered[used:] ** 2).sum()
        best = min(best, float(left / many))
    return best
