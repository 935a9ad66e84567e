"""Strokes: a variational autoencoder of shapes whose latent knows no weight, and whose decoder adds it as thickness.

The idea: a stroke of width w about a skeleton s has the distance field w / 2 - |s|, so that fields of one drawing at two weights
differ by half the difference of their widths, everywhere near the outline. The decoder draws three maps from z,

    x(w)  =  base  +  u(w) rate,        u(w) = (w - light) / (bold - light),        up to bold, and then
    x(w)  =  min(x'(w) + GROWTH s^3,  (1 - s) max(x'(w), filled) + s filled),       s(w) from 0 at bold to 1,

with x' the same line gone on, and filled = x(bold) + fill. `rate` begins as that half (`thickness`) and is learned from there,
since designers move what they thicken; beyond bold strokes grow inwards until all is filled, and what is left open opens. So
weights that nobody trained lie where geometry puts them, and all of them cost one pass. Fields as a decoder's output: Park et
al., "DeepSDF" (CVPR 2019); maps that parameters are added to linearly: blend shapes.

z is a small grid of `latent` numbers at each of `grid` x `grid` places, since a part of a drawing that nobody saw is like parts
that were seen; `grid = 0` makes it a plain vector. The training set has each drawing at several weights (`siblings` names it),
so that the encoder sees one of them and the decoder is compared with all: nothing but drawings keeps the weight out of z.
Objective: evidence lower bound (Kingma and Welling 2014, equation 3) with an absolute error that counts `near` times as much on
the outline. The output is linear: a squashing one dies at once where most of a field is cut off, see `_apart`.

Good for: icons, letters, logos at any stroke width. Not for: things with tones, or whose skeleton changes with the attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from explorer.core.registry import find, register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model
from explorer.learn.models.vae.cvae import CONDITION_GAIN, FiLMBlock

PATCH = 4  # side of the squares that the encoder reads as one
FINEST = 2  # and that one cell of the decoder's finest level writes
RANGE = 8.0  # cells from the one end of a field's range to the other
CUT = 0.498  # from the middle of the range on, a distance is cut off
GROWTH = 3.0  # of a field, which is more than it can lack
NO_STROKE = -1.5  # scaled weight at which a stroke would have no width, as `icons` scales it


@register("models", "strokes")
class Strokes(Model):
    """Convolutional VAE of distance fields.

    Args:
        shape: (1, height, width) of a field; both sides equal, a multiple of 16.
        condition: C; the first number is the weight, scaled to [-1, 1].
        latent: numbers at each place of the grid, or in all where there is none.
        grid: places down and across, a divisor of a quarter of the side; 0: z is a vector without places.
        weight: `fields`: the weight is added as above; `film`: it scales and shifts each block, as in `cvae`.
        widths, blocks: channels and residual blocks of the decoder's levels, coarse to fine; each level doubles the side.
        encoder_widths, encoder_blocks: the same of the encoder, fine to coarse.
        hidden: width of the context vector that FiLM reads.
        knots: scaled weights of light and bold.
        thickness: change of a field from light to bold that the training begins with.
        siblings: name of the data set that has each item at several weights; without one an item is compared with itself alone.
        kl_weight: price of one nat of KL, in units of the error averaged over cells.
        near: how much more the outline counts than what is far from it.
        edges: weight of the error of neighbouring differences.
        shift, scale: reach of the augmentation, cells and share.

    Raises:
        ValueError: a side or a grid that doesn't divide, or an unknown `weight`.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "unset", "features"})
    takes: ClassVar[frozenset[str]] = frozenset({"shape"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 8,
        grid: int = 6,
        weight: str = "fields",
        widths: Sequence[int] = (128, 80, 32),
        blocks: Sequence[int] = (2, 2, 1),
        encoder_widths: Sequence[int] = (48, 96),
        encoder_blocks: Sequence[int] = (2, 2),
        hidden: int = 128,
        knots: tuple[float, float] = (-0.75, 0.0),
        thickness: float = 0.140625,
        siblings: str = "",
        kl_weight: float = 5e-6,
        near: float = 8.0,
        edges: float = 1.0,
        shift: int = 4,
        scale: float = 0.15,
    ) -> None:
        super().__init__()
        side = shape[1]
        coarse = side // FINEST // 2 ** (len(widths) - 1)
        deep = side // PATCH // 2 ** (len(encoder_widths) - 1)
        if shape[0] != 1 or shape[2] != side or coarse * FINEST * 2 ** (len(widths) - 1) != side or deep < 1:
            raise ValueError(f"a field of {'x'.join(map(str, shape))} doesn't divide into cells of {side // coarse}")
        if grid and (grid != coarse or grid != deep):
            raise ValueError(f"the encoder ends on {deep} places and the decoder begins on {coarse}, not on {grid}")
        if weight not in ("fields", "film"):
            raise ValueError(f"a weight enters as fields or film, not as {weight!r}")
        self.shape, self.condition, self.grid, self.told = tuple(shape), condition, grid, weight == "film"
        self.knots, self.kl_weight, self.near, self.edges = tuple(knots), kl_weight, near, edges
        self.shift, self.scale, self.siblings = shift, scale, siblings
        self.numbers = latent * max(1, grid) ** 2
        self.latent = LatentSpec(kind="vector", shape=(self.numbers,))
        self.encoder = _Encoder(
            condition, latent, grid, deep=deep, widths=encoder_widths, blocks=encoder_blocks, hidden=hidden
        )
        self.decoder = _Decoder(
            self.numbers,
            condition if self.told else 0,
            grid,
            coarse=coarse,
            maps=1 if self.told else 3,
            widths=widths,
            blocks=blocks,
            hidden=hidden,
        )
        with torch.no_grad():
            self.decoder.out.bias.view(-1, FINEST**2)[0] = 0.2
            if not self.told:
                self.decoder.out.bias.view(-1, FINEST**2)[1] = thickness

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, 1, H, W] in [0, 1], c [N, C] -> posterior, an independent normal over z [N, latent]."""
        mean, log_variance = self.encoder(x, self._given(c, x)).float().chunk(2, 1)
        return Independent(Normal(mean.flatten(1), (0.5 * log_variance.flatten(1)).clamp(-8, 4).exp()), 1)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, 1, H, W] in [0, 1]."""
        return self._weighed(self._maps(z, c), self._given(c, z)).clamp(0, 1)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent] -> float32 [N, hidden], the context of the decoder's blocks."""
        return self.decoder.context(self.decoder.told(z, self._given(c, z))).float()

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, 1, H, W] in [0, 1], c [N, C] -> `loss` and its terms, averaged over the batch; `kl` is in nats."""
        c = self._given(c, x)
        targets, asked = self._targets(x, c)  # [N, K, H, W], [N, K, C]
        if self.training:
            x, c, targets, asked = self._moved(x, c, targets, asked)
        posterior = self.encode(x, c)
        z = posterior.rsample()
        if self.told:
            k = torch.randint(targets.shape[1], (1,)).item()
            targets, asked = targets[:, k : k + 1], asked[:, k : k + 1]
            drawn = self._maps(z, asked[:, 0])
        else:
            maps = self._maps(z, c)
            drawn = torch.cat([self._weighed(maps, asked[:, k]) for k in range(asked.shape[1])], 1)
        outline = 1 + self.near * torch.exp(-((targets - 0.5) * RANGE).square())
        error = (_apart(drawn, targets) * outline).sum() / outline.sum()
        edges = sum((drawn.clamp(0, 1).diff(dim=d) - targets.diff(dim=d)).abs().mean() for d in (-1, -2))
        kl = kl_divergence(posterior, self.prior(c)).mean()
        total = error + self.edges * edges + self.kl_weight * kl
        return {"loss": total, "error": error, "edges": edges, "kl": kl}

    def _maps(self, z: Tensor, c: Tensor | None) -> Tensor:
        return self.decoder(z, self._given(c, z)).float()

    def _weighed(self, maps: Tensor, c: Tensor) -> Tensor:
        """Maps [N, 3, H, W] of drawings at weights c [N, C] -> fields [N, 1, H, W]; of one map it is the field."""
        if self.told:
            return maps
        light, bold = self.knots
        w = c[:, :1, None, None] if self.condition else maps.new_full((len(maps), 1, 1, 1), bold)
        stroke = maps[:, :1] + (w - light) / (bold - light) * maps[:, 1:2]
        filled = maps.sum(1, keepdim=True)
        share = ((w - bold) / (1 - bold)).clamp(min=0)
        opened = torch.maximum(stroke, filled) * (1 - share) + filled * share
        return torch.where(share > 0, torch.minimum(stroke + GROWTH * share**3, opened), stroke)

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), self.condition) if c is None else c

    def _targets(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Each item at all weights that it is trained at, [N, K, H, W], and those weights as conditions [N, K, C]."""
        if not self.siblings:
            return x, c[:, None]
        return find("data", self.siblings)().siblings(x)

    def _moved(self, x: Tensor, c: Tensor, targets: Tensor, asked: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The same drawings turned, mirrored, shifted and scaled; a scaled stroke is as much wider."""
        count, bold = len(x), self.knots[1]
        scale = 1 + self.scale * (2 * torch.rand(count) - 1) * (torch.rand(count) < 0.7)
        angle = torch.randint(4, (count,)) * (torch.pi / 2)
        mirror = 1 - 2.0 * torch.randint(2, (count,))
        shift = (2 * torch.rand(count, 2) - 1) * (2 * self.shift / x.shape[-1])
        cos, sin = angle.cos() / scale, angle.sin() / scale
        turn = torch.stack([mirror * cos, mirror * sin, shift[:, 0], -sin, cos, shift[:, 1]], 1).view(count, 2, 3)
        whole = torch.cat([x, targets], 1)
        spots = F.affine_grid(turn.to(x), list(whole.shape), align_corners=False)
        whole = F.grid_sample(whole, spots, mode="bilinear", padding_mode="border", align_corners=False)
        cut = (whole - 0.5).abs() >= CUT
        whole = torch.where(cut, whole.round(), 0.5 + (whole - 0.5) * scale.to(x).view(-1, 1, 1, 1)).clamp(0, 1)
        if self.condition:
            c, asked = c.clone(), asked.clone()
            for each, by in ((c, scale.to(x)), (asked, scale.to(x)[:, None])):
                stroke = (each[..., 0] - NO_STROKE) * by + NO_STROKE
                each[..., 0] = torch.where((each[..., 0] <= bold) & (each[..., 1] > 0), stroke, each[..., 0])
        return whole[:, :1], c, whole[:, 1:], asked


def _apart(drawn: Tensor, targets: Tensor) -> Tensor:
    """Absolute error, of which a cell that is cut off has none as long as it is drawn on the same side, at least as far."""
    below, above = (drawn - targets).relu(), (targets - drawn).relu()
    return torch.where(targets <= 0, below, torch.where(targets >= 1, above, below + above))


class _Encoder(nn.Module):
    """Field and condition -> mean and log variance, [N, 2 latent, grid, grid] or [N, 2 latent]."""

    def __init__(
        self,
        condition: int,
        latent: int,
        grid: int,
        *,
        deep: int,
        widths: Sequence[int],
        blocks: Sequence[int],
        hidden: int,
    ) -> None:
        super().__init__()
        self.context = nn.Sequential(nn.Linear(condition, hidden), nn.SiLU())
        self.stem = nn.Sequential(nn.PixelUnshuffle(PATCH), nn.Conv2d(PATCH**2, widths[0], 3, padding=1))
        self.downs = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.levels = nn.ModuleList(
            nn.ModuleList(FiLMBlock(width, hidden) for _ in range(count))
            for width, count in zip(widths, blocks, strict=True)
        )
        last = nn.Conv2d(widths[-1], 2 * latent, 1) if grid else nn.Linear(widths[-1] * deep**2, 2 * latent)
        self.out = last if grid else nn.Sequential(nn.Flatten(), last)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        context = self.context(c)
        x = self.stem(4 * (x - 0.5))
        for k, level in enumerate(self.levels):
            x = self.downs[k - 1](x) if k else x
            for block in level:
                x = block(x, context)
        return self.out(F.silu(x))


class _Decoder(nn.Module):
    """Latent, and the condition where it is told, -> maps [N, K, H, W]."""

    def __init__(
        self,
        numbers: int,
        condition: int,
        grid: int,
        *,
        coarse: int,
        maps: int,
        widths: Sequence[int],
        blocks: Sequence[int],
        hidden: int,
    ) -> None:
        super().__init__()
        self.condition, self.grid, self.first = condition, grid, (widths[0], coarse, coarse)
        self.context = nn.Sequential(
            nn.Linear(numbers + condition, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU()
        )
        places = numbers // max(1, grid) ** 2
        self.start = nn.Conv2d(places, widths[0], 1) if grid else nn.Linear(hidden, widths[0] * coarse**2)
        self.ups = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.levels = nn.ModuleList(
            nn.ModuleList(FiLMBlock(width, hidden) for _ in range(count))
            for width, count in zip(widths, blocks, strict=True)
        )
        self.out = nn.Conv2d(widths[-1], maps * FINEST**2, 3, padding=1)
        self.unpatch = nn.PixelShuffle(FINEST)

    def told(self, z: Tensor, c: Tensor) -> Tensor:
        """What the context is made of: z [N, numbers], and c [N, C] made as loud, where the weight enters there."""
        return torch.cat([z, CONDITION_GAIN * c], 1) if self.condition else z

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        context = self.context(self.told(z, c))
        x = (
            self.start(z.unflatten(1, (-1, self.grid, self.grid)))
            if self.grid
            else self.start(context).unflatten(1, self.first)
        )
        for k, level in enumerate(self.levels):
            x = self.ups[k - 1](x) if k else x
            for block in level:
                x = block(x, context)
        return self.unpatch(self.out(F.silu(x)))
