"""Series CVAE: a conditional variational autoencoder of degradation curves, which forecasts them and tells strange ones.

The idea: what a device does under given operating conditions varies from device to device, and a CVAE learns that spread
from monitored data alone, without a physical model. Its bound

    log p(x | c)  >=  E_q(z|x,c) [log N(x; f(z, c), s^2)] - KL(q(z | x, c) || N(0, I))                              (1)

says how usual a curve is under its condition; a device whose negative bound exceeds what normal devices reach is told as
failing. After "Degradation prediction of semiconductor lasers using conditional variational autoencoder" (Abdelli,
Griesser, Neumeyr, Hohenleitner and Pachnicke, Journal of Lightwave Technology 2022), which trains on normal devices and
scores the others; (1) is equation 4 of Sohn, Lee and Yan (NeurIPS 2015). The deviation s, one for each channel, is the
one under which the batch is likeliest, so that both terms are true nats and need no weight between them (Rybkin, Daniilidis
and Levine, "Simple and effective VAE training with calibrated decoders", ICML 2021, equation 6); its moving average stays.

Forecast: of a curve of which only the first t readings are there, x_<t joins the condition, as in Sohn's CVAE, where the
prior of z is a network too: r(z | x_<t, c), trained by

    E_t KL(q(z | x, c) || r(z | x_<t, c)),                                                                              (2)

the second term of Sohn's equation 4, here with the gradient stopped at q, so that the latent stays the one of (1) and its
prior stays N(0, I). This direction of KL covers all that q holds possible, so the fan of draws from r opens wide where
the beginning says little and closes as more is seen.

Good for: curves of a few channels and some hundred readings on one clock; seconds of training. Not for: series of changing
length or with long memory (use a state-space or a sequence model), or curves whose shocks have no common shape: the mean of
f is smooth, and what it can't draw goes into s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, pi, prod
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from explorer.core.registry import register
from explorer.core.schema import LatentSpec, Value
from explorer.learn.models.base import Model

FLOOR = (
    3e-3  # smallest deviation, in shares of the range: below the readings' own rounding the likelihood has no bottom
)
MEMORY = 0.99  # of the deviation's moving average
CONDITION_GAIN = 2.0  # where z and c meet, c must be heard over a latent that is all noise at first


class Residual(nn.Module):
    """h + W2 silu(W1 silu(norm(h))); starts as the identity, so that a fresh network is shallow."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, h: Tensor) -> Tensor:
        """h [N, width] -> [N, width]."""
        return h + self.second(F.silu(self.first(F.silu(self.norm(h)))))


def _network(into: int, width: int, depth: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(into, width), *(Residual(width) for _ in range(depth)), nn.SiLU(), nn.Linear(width, out)
    )


@register("models", "series-cvae")
class SeriesCVAE(Model):
    """CVAE of series with a learned deviation for each channel, and a network that forecasts from the beginning.

    Args:
        shape: (channels, readings) of one series.
        condition: C, the width of a condition vector.
        latent: numbers in z.
        width, depth: of the three networks (encoder, decoder, forecaster): units of a layer, residual blocks.
        normal: values of attributes that a normal item has; `anomaly` is asked under them where a person asks for it.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"series"})
    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "blend", "unset", "features", "forecast", "anomaly"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 6,
        width: int = 160,
        depth: int = 2,
        normal: Mapping[str, Value] | None = None,
    ) -> None:
        super().__init__()
        self.shape, self.condition, self.normal = tuple(shape), condition, dict(normal or {})
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        size, steps = prod(shape), shape[-1]
        self.encoder = _network(size + condition, width, depth, 2 * latent)
        self.decoder = _network(latent + condition, width, depth, size)
        # Sees the readings so far, zeros after them, and which are there.
        self.forecaster = _network(size + steps + condition, width, depth, 2 * latent)
        # Deviation of a reading from the decoder's curve, in shares of the range.
        self.register_buffer("noise", torch.full((shape[0], *[1] * (len(shape) - 1)), 0.1))

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> posterior, an independent normal over z [N, latent]."""
        return _normal(self.encoder(torch.cat([2 * x.flatten(1) - 1, self._given(c, x)], 1)))

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> the curve x [N, *shape] in [0, 1]."""
        joined = torch.cat([z, CONDITION_GAIN * self._given(c, z)], 1)
        return torch.sigmoid(self.decoder(joined).float()).unflatten(1, self.shape)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, width], the last layer before the curve."""
        return self.decoder[:-1](torch.cat([z, CONDITION_GAIN * self._given(c, z)], 1)).float()

    def beginning(self, x: Tensor, c: Tensor | None, seen: Tensor) -> Distribution:
        """r(z | x_<t, c) of equation (2): x [N, *shape], c [N, C], seen [N] readings of each -> normal over z [N, latent]."""
        steps = x.shape[-1]
        known = (torch.arange(steps, device=x.device) < seen[:, None]).to(x.dtype)
        shown = (2 * x - 1) * known.reshape(len(x), *[1] * (x.ndim - 2), steps)
        return _normal(self.forecaster(torch.cat([shown.flatten(1), known, self._given(c, x)], 1)))

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> `loss` and its terms in nats an item, averaged over the batch.

        `loss` is the sum of (1), negated, and (2), divided by the readings of an item.
        """
        c = self._given(c, x)
        posterior = self.encode(x, c)
        curve = self.decode(posterior.rsample(), c)
        noise = self.noise
        if self.training:
            square = (x - curve).square().transpose(0, 1).flatten(1).mean(1)
            noise = (square.sqrt() + FLOOR).view_as(self.noise)
            with torch.no_grad():
                self.noise.lerp_(noise, 1 - MEMORY)
        error = _surprise(x, curve, noise).mean()
        kl = kl_divergence(posterior, self.prior(c)).mean()
        seen = torch.randint(0, x.shape[-1] + 1, (len(x),), device=x.device)
        held = Independent(Normal(posterior.mean.detach(), posterior.stddev.detach()), 1)
        forecast = kl_divergence(held, self.beginning(x, c, seen)).mean()
        return {"loss": (error + kl + forecast) / prod(self.shape), "surprise": error, "kl": kl, "forecast": forecast}

    @torch.inference_mode()
    def anomaly(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        """How strange curves are under a condition: minus the bound (1) at the posterior's mean, in nats [N].

        Args:
            x: [N, *shape] in [0, 1].
            c: [N, C]; of attributes that are unset the model takes any value.
        """
        posterior = self.encode(x, c)
        kl = kl_divergence(posterior, self.prior(self._given(c, x)))
        return _surprise(x, self.decode(posterior.mean, c), self.noise) + kl

    @torch.inference_mode()
    def forecast(self, x: Tensor, c: Tensor | None, seen: int, noise: Tensor) -> Tensor:
        """What may follow the first `seen` readings of one series.

        Args:
            x: [*shape] in [0, 1]; what comes after the first `seen` readings is not looked at.
            c: [C].
            seen: readings that are known, 0 to all.
            noise: standard normal [draws, latent], one row for each draw.

        Returns:
            Latents [draws, latent]; `decode` makes curves of them.
        """
        law = self.beginning(x[None], None if c is None else c[None], torch.tensor([seen], device=x.device))
        return law.mean + law.stddev * noise

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), self.condition) if c is None else c


def _normal(parameters: Tensor) -> Distribution:
    """[N, 2 * latent] -> independent normal over [N, latent]; deviations stay within e^-5 and e^2."""
    mean, log_deviation = parameters.float().chunk(2, dim=1)
    return Independent(Normal(mean, (7 * torch.tanh((log_deviation + 1.5) / 7 * 2) / 2 - 1.5).exp()), 1)


def _surprise(x: Tensor, curve: Tensor, noise: Tensor) -> Tensor:
    """- log N(x; curve, noise^2) of each item, in nats [N]."""
    scaled = (x - curve) / noise
    return (0.5 * scaled.square() + noise.log() + 0.5 * log(2 * pi)).flatten(1).sum(1)
