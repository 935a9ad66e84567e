"""Style VAE: the nets of a style-based GAN, trained as a variational autoencoder.

The idea: Kingma and Welling, "Auto-encoding variational Bayes" (ICLR 2014, arXiv:1312.6114), equation 10, with the encoder
and the style-based generator of `gan/_style.py`:

    log p(x)  >=  E_q(w|x) log p(x | w) - KL(q(w | x) || N(0, I)),       p(x | w) = N(G(w), deviation^2).

It has what `alae` has but the game: pixels are compared, and the latent is told to be normal. So it is what an adversarial
latent autoencoder is to be measured against, weight by weight. One w is heard by all layers.

Good for: a faithful copy of the coarse picture, and a baseline. Not for: crisp draws (a squared error blurs), style mixing (no
layer was ever told another style than the rest), or asking for a class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model
from explorer.learn.models.gan._nets import POOLED
from explorer.learn.models.gan._style import StyleEncoder, Synthesis


@register("models", "style-vae")
class StyleVAE(Model):
    """Variational autoencoder on a style-based generator.

    Args:
        shape: (channels, height, width) of a picture; both sides multiples of four.
        condition: not used; every family takes it.
        latent: numbers in w.
        widths: channels of the coarse and the fine level.
        deviation: standard deviation of a pixel under p(x | w).
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "features"})
    listens: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, shape: Sequence[int], condition: int = 0, *, latent: int = 32, widths: Sequence[int] = (64, 32),
        deviation: float = 0.1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.deviation = deviation
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        self.generator = Synthesis(shape, latent, tuple(widths))
        self.encoder = StyleEncoder(shape, 2 * latent, tuple(widths))

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1] -> posterior, an independent normal over w [N, latent]."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return Independent(Normal(mean, (0.5 * log_variance.clamp(-10, 5)).exp()), 1)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """w [N, latent] -> x [N, *shape] in [0, 1]."""
        return self.generator(self._styles(z))

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """w [N, latent] -> float32 [N, 16 fine], the generator's last layer, averaged over 4x4 fields."""
        return F.adaptive_avg_pool2d(self.generator.inner(self._styles(z)).float(), POOLED).flatten(1)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1] -> `loss`, `reconstruction` and `kl`, in nats per item."""
        posterior = self.encode(x)
        error = (self.decode(posterior.rsample()) - x).square().flatten(1).sum(1)
        reconstruction = (error / (2 * self.deviation**2)).mean()
        kl = kl_divergence(posterior, self.prior(torch.empty(len(x)))).mean()
        return {"loss": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}

    def _styles(self, w: Tensor) -> Tensor:
        return w[:, None].expand(-1, len(self.generator.layers), -1)
