"""Nets whose every layer hears a style: the generator of ALAE and the encoder that mirrors it, small enough for a processor.

The generator is that of StyleGAN (Karras, Laine and Aila 2019, "A style-based generator architecture", arXiv:1812.04948,
section 2): it starts from a constant, and each layer adds noise, normalises each channel and scales and shifts it as a
style w says (AdaIN, their equation 1). The encoder (Pidhorskyi, Adjeroh and Doretto 2020, arXiv:2004.04467, section 5) takes
from each of its layers what AdaIN puts in, the mean and the deviation of each channel. Pictures are enlarged smoothly, as
there (a strided convolution leaves a pattern of squares), and read in patches of 2x2, as in this gallery's other nets.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.learn.models.gan._nets import PATCH, grid_of

SLOPE = 0.2
EPSILON = 1e-4  # of a variance over a channel; a flat one has no deviation to divide by


def normalise(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """x [N, C, H, W] -> each channel brought to mean 0 and deviation 1, and what both were, [N, C, 1, 1]; float32."""
    x = x.float()
    mean = x.mean((2, 3), keepdim=True)
    x = x - mean
    variance = x.square().mean((2, 3), keepdim=True) + EPSILON  # half the time of torch.var_mean on a processor
    return x * variance.rsqrt(), mean, variance.sqrt()


class Mapping(nn.Module):
    """F: noise z -> style w, a perceptron on z brought to one length (Karras et al. 2019, section 2)."""

    def __init__(self, size: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(size, size) for _ in range(depth))
        for layer in self.layers:  # so that styles begin as spread as the noise is
            nn.init.kaiming_normal_(layer.weight, SLOPE)
            nn.init.zeros_(layer.bias)

    def forward(self, z: Tensor) -> Tensor:
        """z [N, size] -> w [N, size]."""
        w = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.layers[:-1]:
            w = F.leaky_relu(layer(w), SLOPE)
        return self.layers[-1](w).float()


class Styled(nn.Module):
    """One layer of the generator: a convolution, noise, a bend, and the style.

    Args:
        convolution: what makes its channels.
        width: how many it makes.
        grid: rows and columns that it makes.
        style: numbers in a style.
    """

    def __init__(self, convolution: nn.Module, width: int, grid: tuple[int, int], style: int) -> None:
        super().__init__()
        self.convolution = convolution
        self.strength = nn.Parameter(torch.zeros(1, width, 1, 1))
        self.affine = nn.Linear(style, 2 * width)
        nn.init.zeros_(self.affine.bias)
        self.grid = tuple(grid)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x [N, *, *, *], w [N, style] -> [N, width, *grid]."""
        x = self.convolution(x)
        if self.training:  # a picture that is shown has the mean noise, none
            x = x + self.strength * torch.randn_like(x[:, :1])
        x = F.leaky_relu(x, SLOPE)
        scale, shift = self.affine(w).float()[:, :, None, None].chunk(2, 1)
        return torch.addcmul(shift, normalise(x)[0], 1 + scale)


class Synthesis(nn.Module):
    """G: one style for each layer -> picture, coarse to fine.

    Args:
        shape: (channels, height, width) of a picture; both sides multiples of four.
        style: numbers in a style.
        widths: channels of the coarse and the fine level, two layers each.
    """

    def __init__(self, shape: Sequence[int], style: int, widths: tuple[int, int]) -> None:
        super().__init__()
        coarse, fine = widths
        rows, columns = grid_of(shape)
        low, high = (rows, columns), (2 * rows, 2 * columns)
        self.start = nn.Parameter(torch.randn(1, coarse, *low))
        larger = nn.Sequential(nn.Conv2d(coarse, fine, 1), nn.Upsample(scale_factor=2, mode="bilinear"))
        self.layers = nn.ModuleList(
            [
                Styled(nn.Conv2d(coarse, coarse, 3, padding=1), coarse, low, style),
                Styled(nn.Conv2d(coarse, coarse, 3, padding=1), coarse, low, style),
                Styled(larger, fine, high, style),
                Styled(nn.Conv2d(fine, fine, 3, padding=1), fine, high, style),
            ]
        )
        self.out = nn.Sequential(
            nn.Conv2d(fine, fine // 2, 1),
            nn.Upsample(scale_factor=PATCH, mode="bilinear"),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(fine // 2, shape[0], 3, padding=1),
        )

    def inner(self, styles: Tensor) -> Tensor:
        """Styles [N, layers, style] -> the last layer before the picture, [N, fine, H / 2, W / 2]."""
        x = self.start.expand(len(styles), -1, -1, -1)
        for layer, w in zip(self.layers, styles.unbind(1), strict=True):
            x = layer(x, w)
        return x

    def forward(self, styles: Tensor) -> Tensor:
        """Styles [N, layers, style] -> x [N, *shape] in [0, 1]."""
        return torch.sigmoid(self.out(self.inner(styles)).float())


class StyleEncoder(nn.Module):
    """E: picture -> w, the sum of what each layer's statistics say and of what is left at the end.

    Args:
        shape, widths: as of `Synthesis`.
        size: numbers that it gives.
    """

    def __init__(self, shape: Sequence[int], size: int, widths: tuple[int, int]) -> None:
        super().__init__()
        coarse, fine = widths
        rows, columns = grid_of(shape)
        self.patch = nn.PixelUnshuffle(PATCH)
        self.convolutions = nn.ModuleList(
            [
                nn.Conv2d(shape[0] * PATCH**2, fine, 3, padding=1),
                nn.Conv2d(fine, fine, 3, padding=1),
                nn.Conv2d(fine, coarse, 4, stride=2, padding=1),
                nn.Conv2d(coarse, coarse, 3, padding=1),
            ]
        )
        self.readers = nn.ModuleList(nn.Linear(2 * width, size) for width in (fine, fine, coarse, coarse))
        self.rest = nn.Linear(coarse * rows * columns, size)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> float32 [N, size]."""
        x, found = self.patch(2 * x - 1), []
        for convolution, reader in zip(self.convolutions, self.readers, strict=True):
            x, mean, deviation = normalise(F.leaky_relu(convolution(x), SLOPE))
            found.append(reader(torch.cat([mean, deviation], 1).flatten(1)))
        return (sum(found) + self.rest(x.flatten(1))).float()
