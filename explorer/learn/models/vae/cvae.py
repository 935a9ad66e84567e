"""CVAE: a conditional variational autoencoder whose latent keeps what the condition leaves open.

The idea: an encoder q(z | x, c) and a decoder p(x | z, c) both see the condition c, and a KL term charges for every nat
that z carries. What c already says would be paid for twice, so z learns to hold the rest (the person, the
handwriting), and decoding the same z under another c edits the item. The objective is the evidence lower bound

    log p(x | c)  >=  E_q(z|x,c) [log p(x | z, c)] - KL(q(z | x, c) || p(z)),

equation 4 of Sohn, Lee and Yan, "Learning structured output representation using deep conditional generative models"
(NeurIPS 2015), after equation 3 of Kingma and Welling, "Auto-encoding variational Bayes" (ICLR 2014), here with
p(z) = N(0, I). As in "Attribute2Image" (Yan, Yang, Sohn and Lee, ECCV 2016) the condition is a vector of attributes.
It enters each residual block through FiLM, a scale and a shift for each channel (Perez et al., "FiLM: visual reasoning
with a general conditioning layer", AAAI 2018, equation 2).

The likelihood is a weighted sum of absolute error, squared error and the absolute error of neighbouring differences,
which keeps drawn lines crisp. `kl_weight` is the price of a nat in units of that error, averaged over the pixels.

Training items are unpaired: no example ever shows the same person under two conditions. Nothing in the bound then stops
a latent rich enough from holding the attributes too, and an edit from doing nothing. Three things do: the price of a nat
begins high (`kl_start`), so that the decoder first learns to draw what c says, which is free; the condition is scaled up
where it meets the latent (`CONDITION_GAIN`); and an adversary reads c from z while the encoder, through a reversed
gradient, unlearns what helps it (Ganin et al., "Domain-adversarial training of neural networks", JMLR 2016; for
attributes, Lample et al., "Fader networks", NeurIPS 2017). The adversary plays no part after the training.

Good for: attribute editing that keeps the item, drawings and other items with little texture, decoding in a
millisecond. Not for: photographs (means of textures blur; use a GAN or diffusion) or conditions that the item contradicts
(z never learns to overrule c).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model

# A condition has a few ones among many zeros, a latent is all noise at first: unscaled, the decoder would listen to z
# alone, and z would come to hold the attributes.
CONDITION_GAIN = 4.0


class FiLMBlock(nn.Module):
    """Residual block: 3x3 convolution, normalisation, each channel scaled and shifted as the context says, 1x1 convolution.

    The last convolution starts at zero, so that a fresh network is shallow and becomes as deep as it needs to.
    """

    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.GroupNorm(1, width, affine=False)
        self.film = nn.Linear(context, 2 * width)
        self.second = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.film.bias)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x [N, width, H, W], context [N, context] -> [N, width, H, W]."""
        scale, shift = self.film(context)[:, :, None, None].chunk(2, dim=1)
        inner = torch.addcmul(shift, self.norm(self.first(F.silu(x))), 1 + scale)
        return x + self.second(F.silu(inner))


class Encoder(nn.Module):
    """Picture and condition -> mean and logarithm of the variance of the posterior."""

    def __init__(
        self,
        shape: Sequence[int],
        grid: tuple[int, int],
        *,
        condition: int,
        latent: int,
        patch: int,
        widths: Sequence[int],
        blocks: Sequence[int],
        hidden: int,
    ) -> None:
        super().__init__()
        self.context = nn.Sequential(nn.Linear(condition, hidden), nn.SiLU())
        self.stem = nn.Sequential(nn.PixelUnshuffle(patch), nn.Conv2d(shape[0] * patch**2, widths[0], 3, padding=1))
        self.downs = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.levels = nn.ModuleList(
            nn.ModuleList(FiLMBlock(width, hidden) for _ in range(count))
            for width, count in zip(widths, blocks, strict=True)
        )
        self.out = nn.Linear(widths[-1] * grid[0] * grid[1], 2 * latent)

    def forward(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> mean, log variance, each [N, latent]."""
        context = self.context(c)
        x = self.stem(x)
        for k, level in enumerate(self.levels):
            x = self.downs[k - 1](x) if k else x
            for block in level:
                x = block(x, context)
        mean, log_variance = self.out(F.silu(x).flatten(1)).chunk(2, dim=1)
        return mean, log_variance


class Decoder(nn.Module):
    """Latent and condition -> picture, coarse to fine."""

    def __init__(
        self,
        shape: Sequence[int],
        grid: tuple[int, int],
        *,
        condition: int,
        latent: int,
        patch: int,
        widths: Sequence[int],
        blocks: Sequence[int],
        hidden: int,
    ) -> None:
        super().__init__()
        self.grid = (widths[0], *grid)
        self.context = nn.Sequential(
            nn.Linear(latent + condition, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU()
        )
        self.start = nn.Linear(hidden, widths[0] * grid[0] * grid[1])
        self.ups = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.levels = nn.ModuleList(
            nn.ModuleList(FiLMBlock(width, hidden) for _ in range(count))
            for width, count in zip(widths, blocks, strict=True)
        )
        self.out = nn.Conv2d(widths[-1], shape[0] * patch**2, 3, padding=1)
        self.unpatch = nn.PixelShuffle(patch)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, *shape] in [0, 1]."""
        context = self.context(torch.cat([z, CONDITION_GAIN * c], dim=1))
        x = self.start(context).unflatten(1, self.grid)
        for k, level in enumerate(self.levels):
            x = self.ups[k - 1](x) if k else x
            for block in level:
                x = block(x, context)
        return torch.sigmoid(self.unpatch(self.out(F.silu(x))).float())


@register("models", "cvae")
class CVAE(Model):
    """Convolutional CVAE with FiLM conditioning.

    Args:
        shape: (channels, height, width) of a picture.
        condition: C, the width of a condition vector.
        latent: numbers in z.
        patch: side of the squares that one cell of the finest level reads and writes.
        widths: channels of the decoder's levels, coarse to fine; each level doubles the side.
        blocks: residual blocks at each level of the decoder.
        encoder_widths, encoder_blocks: the same for the encoder, fine to coarse.
        hidden: width of the context vector that FiLM reads.
        kl_weight: price of one nat of KL, in units of the error averaged over pixels.
        kl_start: the price that the training begins with; it goes linearly to `kl_weight`.
        warm_up: share of the training over which it does.
        adversary: strength at which the encoder is driven to hide the condition from the adversary; 0: none.
        squared, edges: weights of the squared error and of the edge error beside the absolute error.

    Raises:
        ValueError: the side of a picture is no multiple of what patch and levels ask for.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "blend", "unset", "features"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 48,
        patch: int = 2,
        widths: Sequence[int] = (128, 96, 48),
        blocks: Sequence[int] = (1, 1, 1),
        encoder_widths: Sequence[int] = (48, 96, 128),
        encoder_blocks: Sequence[int] = (1, 1, 1),
        hidden: int = 256,
        kl_weight: float = 1e-4,
        kl_start: float = 1e-3,
        warm_up: float = 0.1,
        adversary: float = 0.3,
        squared: float = 5.0,
        edges: float = 0.5,
    ) -> None:
        super().__init__()
        if len(widths) != len(encoder_widths):
            raise ValueError(f"encoder and decoder need as many levels: {len(encoder_widths)} and {len(widths)} given")
        factor = patch * 2 ** (len(widths) - 1)
        if any(side % factor for side in shape[1:]):
            raise ValueError(f"a picture of {shape[1]}x{shape[2]} doesn't divide into cells of {factor}")
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        self.condition = condition
        self.kl_weight, self.kl_start, self.warm_up = kl_weight, kl_start, warm_up
        self.squared, self.edges, self.strength = squared, edges, adversary
        # Share of the training that is done; the training loop sets it, everyone else finds it over.
        self.progress = 1.0
        grid = (shape[1] // factor, shape[2] // factor)
        common = {"condition": condition, "latent": latent, "patch": patch, "hidden": hidden}
        self.encoder = Encoder(shape, grid, widths=encoder_widths, blocks=encoder_blocks, **common)
        self.decoder = Decoder(shape, grid, widths=widths, blocks=blocks, **common)
        self.adversary = nn.Sequential(nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, condition))

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> posterior, an independent normal over z [N, latent]."""
        mean, log_variance = self.encoder(x, self._given(c, x))
        return Independent(Normal(mean.float(), (0.5 * log_variance.float()).exp()), 1)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, *shape] in [0, 1]."""
        return self.decoder(z, self._given(c, z))

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, hidden], the context that steers every block of the decoder."""
        return self.decoder.context(torch.cat([z, CONDITION_GAIN * self._given(c, z)], dim=1)).float()

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> `loss` and its terms, averaged over the batch; `kl` is in nats."""
        c = self._given(c, x)
        posterior = self.encode(x, c)
        z = posterior.rsample()
        error = self.decode(z, c) - x
        absolute, squared = error.abs().mean(), error.square().mean()
        edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
        kl = kl_divergence(posterior, self.prior(c)).mean()
        price = torch.lerp(
            *torch.tensor([self.kl_start, self.kl_weight]), min(1.0, self.progress / max(self.warm_up, 1e-9))
        )
        terms = {"absolute": absolute, "squared": squared, "edges": edges, "kl": kl}
        total = absolute + self.squared * squared + self.edges * edges + price * kl
        if self.strength and self.condition:
            # Equal to z, but its gradient comes back reversed: what helps the adversary is unlearned by the encoder.
            reversed_z = (1 + self.strength) * z.detach() - self.strength * z
            guess = self.adversary(reversed_z).float()
            terms["adversary"] = F.binary_cross_entropy_with_logits(guess, c)
            total = total + terms["adversary"]
        return {"loss": total, **terms}

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), self.condition) if c is None else c
