"""PCA with a residual network: what principal components leave over is learned, from a start that is the components exactly.

The idea: decode linearly first, then let a network correct that, whose last layer starts at zero,

    y  =  m + G'c + W'z  +  r(m + G'c + W'z, z),        z  =  W (x - m - G'c)  +  e(x),

with m, G and W those of `pca.py`, which stay as they are. Before the first step it is the principal components to the last bit,
so that each minute of training is spent on what they can't do: edges, and what moves. A network that begins at random needs
many minutes to get as far (Baldi and Hornik, "Neural networks and principal component analysis" (1989): the best linear
autoencoder is PCA). Residuals that begin at zero are those of Goyal and others (2017) and of Zhang, Dauphin and Ma, "Fixup
initialization" (2019).

Good for: a few hundred to some ten thousand items of one's own, and minutes. Not for: sampling without a prior that is fitted
afterwards, or for pictures whose detail no 64 numbers hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.core.registry import register
from explorer.learn.models.base import PointMass
from explorer.learn.models.vae._mlp import mlp
from explorer.learn.models.vae.pca import PCA

LEAST_SIDE = 8  # of what convolutions are used for
FLOOR = 1e-5  # of a squared error: beyond 50 dB nothing is gained
START = 0.02  # reach of what attributes add until it is solved


@register("models", "pca-residual")
class Residual(PCA):
    """Principal components, corrected by a network.

    Args:
        shape, condition, latent: as `PCA` takes them.
        hidden: units of the perceptrons.
        width: channels of the convolutions, where an item is a picture or a spectrogram.
    """

    def __init__(
        self, shape: Sequence[int], condition: int = 0, *, latent: int = 32, hidden: int = 256, width: int = 24
    ) -> None:
        super().__init__(shape, condition, latent=latent)
        size = math.prod(shape)
        for name in ("middle", "components", *(["group"] if condition else [])):  # kept: a step of Adam would undo them
            start = getattr(self, name).data
            delattr(self, name)
            self.register_buffer(name, start)
        if condition:
            nn.init.uniform_(self.group, -START, START)
        self.aside = mlp((size, hidden, latent))
        self.draws = len(shape) == 3 and min(shape[1:]) >= LEAST_SIDE
        if self.draws:
            self.refine = _Refine(shape[0], width, latent)
        else:
            self.refine = mlp((size + latent, hidden, hidden, size))
        for last in (self.aside[-1], self.refine[-1] if not self.draws else self.refine.leave):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> a point mass over z [N, L]."""
        rest = x.flatten(1) - self._expected(c)
        return PointMass(rest @ self.components.T + self.aside(rest) * self.spread)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] -> x [N, *shape] in [0, 1]."""
        return self._corrected(z, c).clamp(0, 1)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> `loss`, the logarithm of the mean squared error: as steep late as early."""
        error = (self._corrected(self.encode(x, c).mean, c) - x).square().mean()
        return {"loss": (error + FLOOR).log()}

    def _corrected(self, z: Tensor, c: Tensor | None) -> Tensor:
        line, scaled = self._linear(z, c), z / self.spread
        if self.draws:
            return line + self.refine(line, scaled)
        return line + self.refine(torch.cat([line.flatten(1), scaled], 1)).unflatten(1, self.shape)


class _Refine(nn.Module):
    """A picture and z -> a correction of the picture: convolutions at half its side, which z scales, and back."""

    def __init__(self, channels: int, width: int, latent: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(channels * 4, 2 * width, 3, padding=1)
        self.among = nn.Conv2d(2 * width, 2 * width, 3, padding=1)
        self.told = nn.Linear(latent, 4 * width)
        self.leave = nn.Conv2d(2 * width, channels * 4, 3, padding=1)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """x [N, C, H, W], z [N, L] -> [N, C, H, W]."""
        odd = (x.shape[3] % 2, x.shape[2] % 2)
        even = nn.functional.pad(x, (0, odd[0], 0, odd[1]))
        scale, shift = self.told(z)[:, :, None, None].chunk(2, 1)
        h = torch.nn.functional.silu(self.enter(nn.functional.pixel_unshuffle(even, 2)))
        h = h + torch.nn.functional.silu(self.among(h) * (1 + scale) + shift)
        return nn.functional.pixel_shuffle(self.leave(h), 2)[:, :, : x.shape[2], : x.shape[3]]
