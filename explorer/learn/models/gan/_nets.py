"""The two nets that all families of this gallery share: a conditional generator and a discriminator's trunk.

Both are small enough for a processor (about 0.4 M weights each at 28x28): pictures are drawn and read in patches of
2x2, as in the CVAE.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

# A condition has a few ones among many zeros, a latent is all noise: unscaled, the generator would hardly see it.
CONDITION_GAIN = 3.0
PATCH = 2
POOLED = 4


def grid_of(shape: Sequence[int]) -> tuple[int, int]:
    """(channels, height, width) of a picture -> height and width of the coarse grid both nets share.

    Raises:
        ValueError: a side is no multiple of four.
    """
    if any(side % (2 * PATCH) for side in shape[1:]):
        raise ValueError(f"a picture of {shape[1]}x{shape[2]} doesn't divide into cells of {2 * PATCH}")
    return shape[1] // (2 * PATCH), shape[2] // (2 * PATCH)


class ConditionalNorm(nn.Module):
    """Batch normalisation, each channel scaled and shifted as the context says (de Vries et al. 2017, equation 4)."""

    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(width, affine=False)
        self.film = nn.Linear(context, 2 * width)
        nn.init.zeros_(self.film.bias)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x [N, width, H, W], context [N, context] -> [N, width, H, W]."""
        scale, shift = self.film(context)[:, :, None, None].chunk(2, dim=1)
        return torch.addcmul(shift, self.norm(x), 1 + scale)


class Generator(nn.Module):
    """Latent and condition -> picture, coarse to fine; both enter at the start and at each normalisation."""

    def __init__(
        self, shape: Sequence[int], *, condition: int, latent: int, widths: tuple[int, int], hidden: int
    ) -> None:
        super().__init__()
        coarse, fine = widths
        self.grid = (coarse, *grid_of(shape))
        self.context = nn.Sequential(nn.Linear(latent + condition, hidden), nn.ReLU(), nn.Linear(hidden, hidden))
        self.start = nn.Linear(hidden, coarse * self.grid[1] * self.grid[2])
        self.norms = nn.ModuleList(ConditionalNorm(width, hidden) for width in (coarse, coarse, fine, fine))
        self.first = nn.Conv2d(coarse, coarse, 3, padding=1)
        self.up = nn.ConvTranspose2d(coarse, fine, 2, stride=2)
        self.second = nn.Conv2d(fine, fine, 3, padding=1)
        self.out = nn.Conv2d(fine, shape[0] * PATCH**2, 3, padding=1)
        self.unpatch = nn.PixelShuffle(PATCH)

    def inner(self, z: Tensor, c: Tensor) -> Tensor:
        """z [N, latent], c [N, C] -> the last layer before the picture, [N, fine, H / 2, W / 2]."""
        context = self.context(torch.cat([z, CONDITION_GAIN * c], dim=1))
        x = self.start(context).unflatten(1, self.grid)
        x = x + self.first(self.norms[0](x, context).relu())
        x = self.up(self.norms[1](x, context).relu())
        x = x + self.second(self.norms[2](x, context).relu())
        return self.norms[3](x, context).relu()

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, *shape] in [0, 1]."""
        return torch.sigmoid(self.unpatch(self.out(self.inner(z, c))).float())


class Trunk(nn.Module):
    """Picture -> features, with every weight divided by its largest singular value.

    Miyato et al. 2018, "Spectral normalization for generative adversarial networks" (ICLR), equation 8.
    """

    def __init__(self, shape: Sequence[int], *, widths: tuple[int, int], features: int) -> None:
        super().__init__()
        fine, coarse = widths
        rows, columns = ((side + 1) // 2 for side in grid_of(shape))
        bend = nn.LeakyReLU(0.1, inplace=True)
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(PATCH),
            spectral_norm(nn.Conv2d(shape[0] * PATCH**2, fine, 3, padding=1)), bend,
            spectral_norm(nn.Conv2d(fine, coarse, 4, stride=2, padding=1)), bend,
            spectral_norm(nn.Conv2d(coarse, coarse, 3, padding=1)), bend,
            spectral_norm(nn.Conv2d(coarse, coarse, 3, stride=2, padding=1)), bend,
            nn.Flatten(),
            spectral_norm(nn.Linear(coarse * rows * columns, features)), bend,
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> phi(x), [N, features]."""
        return self.layers(2 * x - 1)
