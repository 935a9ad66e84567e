"""QLAE: an autoencoder whose every latent dimension takes one of a few learned values of its own.

The idea: if each dimension can only say one of n_v values, the encoder must combine few values into many codes, and a
decoder held back by a high weight decay does best when a value always means the same. Hsu, Dorrell, Whittington, Wu and
Finn, "Disentanglement via latent quantization" (NeurIPS 2023, arXiv:2305.18378), section 3: dimension j has a scalar
codebook V_j of n_v values, which begin evenly spread over [-1/2, 1/2], and

    z_j = argmin_{v in V_j} |v - E(x)_j|,      L = BCE(D(z), x) + 0.01 ||z - sg[E(x)]||^2 + 0.01 ||sg[z] - E(x)||^2,

the rounding passed over by the gradient (straight-through; their equations 1 to 4), with a weight decay of 0.1 in AdamW,
many times the usual, which belongs to the method: set `weight_decay` in the recipe, and all three higher where training is
short. Only these separate codebooks differ from VQ-VAE, where one codebook serves whole vectors.

`bottleneck` puts another latent between the same nets: `plain` passes the numbers on (an autoencoder), `gaussian` makes them
a posterior with a KL term of weight `beta` (Higgins et al., "beta-VAE", ICLR 2017, equation 4). These are the baselines.

It learns without labels; the condition plays no part. Good for: finding factors of variation and naming them afterwards,
editing by choosing values. Not for: fine detail (n_v values a dimension hold few bits), for asking for an attribute by its
name (use a CVAE), or data whose factors aren't independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, Normal, kl_divergence

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.codes._nets import down, grid_of, up


@register("models", "qlae")
class QLAE(Model):
    """Convolutional quantised-latent autoencoder.

    Args:
        shape: (channels, height, width) of a picture.
        condition: C, the width of a condition vector, which the model ignores.
        latent: n_z, dimensions of the latent.
        values: n_v, values in the codebook of each dimension.
        patch: side of the squares that one cell of the finest level reads and writes.
        widths: channels of the levels from fine to coarse; each but the first halves the sides.
        hidden: units of the dense layer on either side of the latent.
        quantisation, commitment: weights of the two terms that bring values and encoder together.
        bottleneck: `codes`, `plain` or `gaussian`; see the module's text.
        beta: weight of the KL term, in nats against nats (`gaussian` only).
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "features", "codebooks"})
    listens: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        shape: Sequence[int],
        condition: int = 0,
        *,
        latent: int = 12,
        values: int = 10,
        patch: int = 4,
        widths: Sequence[int] = (48, 64),
        hidden: int = 128,
        quantisation: float = 0.01,
        commitment: float = 0.01,
        bottleneck: Literal["codes", "plain", "gaussian"] = "codes",
        beta: float = 4.0,
    ) -> None:
        super().__init__()
        self.bottleneck, self.entries, self.beta = bottleneck, values, beta
        self.quantisation, self.commitment = quantisation, commitment
        whole = {"kind": "codes", "entries": values} if bottleneck == "codes" else {}
        self.latent = LatentSpec(shape=(latent,), **whole)
        if bottleneck != "codes":
            self.capabilities = self.capabilities - {"codebooks"}
        grid = (widths[-1], *grid_of(shape, len(widths), patch))
        cells, numbers = math.prod(grid), 2 * latent if bottleneck == "gaussian" else latent
        self.encoder = nn.Sequential(
            down(shape[0], widths, widths[-1], patch), nn.SiLU(), nn.Flatten(),
            nn.Linear(cells, hidden), nn.SiLU(), nn.Linear(hidden, numbers),
        )  # fmt: skip
        self.middle = nn.Sequential(
            nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, cells), nn.SiLU(), nn.Unflatten(1, grid)
        )
        self.decoder = up(shape[0], widths, widths[-1], patch)
        if bottleneck == "codes":
            self.codebooks = nn.Parameter(torch.linspace(-0.5, 0.5, values).repeat(latent, 1))

    def continuous(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> the encoder's numbers before rounding, float32 [N, latent] (twice, if gaussian)."""
        return self.encoder(x - 0.5).float()

    def nearest(self, numbers: Tensor) -> Tensor:
        """Numbers [N, latent] -> the index of the nearest value in each dimension's codebook, int64 [N, latent]."""
        return (numbers[:, :, None] - self.codebooks).abs().argmin(2)

    def embed(self, z: Tensor) -> Tensor:
        """Codes int64 [N, latent] -> their values, float32 [N, latent]; numbers beyond a codebook are clipped."""
        if self.bottleneck != "codes":
            return z
        index = z.long().clamp(0, self.entries - 1)
        return self.codebooks.gather(1, index.T).T

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1] -> all mass on one code int64 [N, latent] (or the other bottleneck's posterior)."""
        numbers = self.continuous(x)
        if self.bottleneck == "codes":
            return PointMass(self.nearest(numbers))
        return self.posterior(numbers) if self.bottleneck == "gaussian" else PointMass(numbers)

    def posterior(self, numbers: Tensor) -> Distribution:
        """Numbers [N, 2 latent] -> an independent normal over z [N, latent]."""
        mean, log_variance = numbers.chunk(2, dim=1)
        return Independent(Normal(mean, (0.5 * log_variance.clamp(-20, 10)).exp()), 1)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Codes [N, latent] -> x [N, *shape] in [0, 1]."""
        return torch.sigmoid(self.logits(self.embed(z)))

    def logits(self, values: Tensor) -> Tensor:
        """Values [N, latent] -> logits of the picture, float32 [N, *shape]."""
        return self.decoder(self.middle(values)).float()

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Codes [N, latent] -> float32 [N, hidden], the decoder's first layer."""
        return self.middle[1](self.middle[0](self.embed(z))).float()

    def prior(self, c: Tensor | None = None) -> Distribution:
        """Every value of every dimension equally likely; N(0, I) for the other bottlenecks."""
        if self.bottleneck != "codes":
            return super().prior(c)
        logits = self.codebooks.new_zeros(1 if c is None else len(c), *self.codebooks.shape)
        return Independent(Categorical(logits=logits), 1)

    def make_optimisers(self, rate: float, weight_decay: float) -> list[torch.optim.Optimizer]:
        """One AdamW, whose decay spares the codebooks: drawn to zero, the values of a dimension would become one."""
        books = [value for name, value in self.named_parameters() if name == "codebooks"]
        nets = [value for name, value in self.named_parameters() if name != "codebooks"]
        groups = [{"params": nets}, *([{"params": books, "weight_decay": 0.0}] if books else [])]
        return [torch.optim.AdamW(groups, rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True)]

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1] -> `loss` and its terms, averaged over pixels or dimensions; `kl` in nats an item."""
        numbers, terms = self.continuous(x), {}
        extra = numbers.new_zeros(())
        if self.bottleneck == "codes":
            values = self.embed(self.nearest(numbers))
            terms["quantisation"] = (values - numbers.detach()).square().mean()
            terms["commitment"] = (values.detach() - numbers).square().mean()
            extra = self.quantisation * terms["quantisation"] + self.commitment * terms["commitment"]
            z = straight_through(numbers, values)
        elif self.bottleneck == "gaussian":
            posterior = self.posterior(numbers)
            z, terms["kl"] = posterior.rsample(), kl_divergence(posterior, self.prior(numbers)).mean()
            extra = self.beta * terms["kl"] / x[0].numel()
        else:
            z = numbers
        entropy = F.binary_cross_entropy_with_logits(self.logits(z), x)
        return {"loss": entropy + extra, "entropy": entropy, **terms}


def straight_through(numbers: Tensor, values: Tensor) -> Tensor:
    """The values, with the gradient of the numbers that they were rounded from (Bengio et al. 2013, arXiv:1308.3432)."""
    return numbers + (values - numbers).detach()
