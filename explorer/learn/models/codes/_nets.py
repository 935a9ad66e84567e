"""Plain convolutional nets between a picture and a grid, shared by the families with codes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn


class Residual(nn.Module):
    """x + 1x1 convolution of 3x3 convolution, each behind a SiLU, with one normalisation over the whole between them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.GroupNorm(1, width)
        self.second = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor) -> Tensor:
        """[N, width, H, W] -> the same shape."""
        return x + self.second(F.silu(self.norm(self.first(F.silu(x)))))


def grid_of(shape: Sequence[int], levels: int, patch: int) -> tuple[int, int]:
    """Rows and columns of the coarsest level for a picture of (channels, height, width).

    `patch` is the side of the squares that one cell of the finest level reads and writes.

    Raises:
        ValueError: a side doesn't divide.
    """
    factor = patch * 2 ** (levels - 1)
    if any(side % factor for side in shape[1:]):
        raise ValueError(f"a picture of {shape[1]}x{shape[2]} doesn't divide into cells of {factor}")
    return shape[1] // factor, shape[2] // factor


def down(channels: int, widths: Sequence[int], out: int, patch: int) -> nn.Sequential:
    """Picture [N, channels, H, W] -> grid [N, out, H / f, W / f], f = patch 2^(levels - 1); `widths` from fine to coarse."""
    layers: list[nn.Module] = [nn.PixelUnshuffle(patch), nn.Conv2d(channels * patch**2, widths[0], 3, padding=1)]
    for a, b in pairwise(widths):
        layers += [Residual(a), nn.SiLU(), nn.Conv2d(a, b, 2, stride=2)]
    return nn.Sequential(*layers, Residual(widths[-1]), nn.SiLU(), nn.Conv2d(widths[-1], out, 1))


def up(channels: int, widths: Sequence[int], given: int, patch: int) -> nn.Sequential:
    """Grid [N, given, h, w] -> picture logits [N, channels, f h, f w]; `widths` from fine to coarse, as for `down`."""
    coarse = widths[::-1]
    layers: list[nn.Module] = [nn.Conv2d(given, coarse[0], 3, padding=1), Residual(coarse[0])]
    for a, b in pairwise(coarse):
        layers += [nn.SiLU(), nn.ConvTranspose2d(a, b, 2, stride=2), Residual(b)]
    return nn.Sequential(
        *layers, nn.SiLU(), nn.Conv2d(coarse[-1], channels * patch**2, 3, padding=1), nn.PixelShuffle(patch)
    )
