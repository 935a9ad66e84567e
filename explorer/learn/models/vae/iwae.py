"""IWAE: a variational autoencoder trained on a tighter bound, for which several latents compete to explain each item.

The idea: a VAE is punished for every latent that explains its item badly, and so settles for posteriors that are simple and
for few latent dimensions. Weighing k draws by how well each explains the item forgives a bad draw among good ones. Burda,
Grosse and Salakhutdinov, "Importance weighted autoencoders" (ICLR 2016, arXiv:1509.00519), equation 8:

    log p(x)  >=  L_k = E [ log 1/k sum_i w_i ],     w_i = p(x, h_i) / q(h_i | x),   h_i ~ q(h | x),

which is the VAE's bound at k = 1, never falls as k grows, and meets log p(x) in the limit (their theorem 1). Its gradient by
the reparameterisation h_i = mu + sigma eps_i is their equation 14: that of each log w_i, weighted by w_i / sum_j w_j.
Differentiating the logarithm of the mean gives just that, so the code has no weights of its own.

As in the paper: perceptrons with two tanh layers of 200 units, a Gaussian posterior, p(h) = N(0, I), and Bernoulli pixels,
drawn anew from the grey values whenever a picture is shown. Unlike the paper, both networks may see the condition c, so
that L_k bounds log p(x | c); with c left out it is the paper's model. Given a `deviation`, pixels are grey and normal about
the decoder's value instead, so that a model is trained on the pictures that it will be asked with.

Good for: likelihoods, richer latents, small binary pictures. Not for: much detail or colour (independent Bernoulli pixels
blur), or large k at any price: the tighter the bound, the noisier the encoder's gradient (see `tighter`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model
from explorer.learn.models.vae._mlp import mlp


def importance_bound(log_weights: Tensor) -> Tensor:
    """Logarithms of k importance weights [k, ...] -> log of their mean [...], equation 8 without the expectation."""
    return log_weights.logsumexp(0) - math.log(len(log_weights))


@register("models", "iwae")
class IWAE(Model):
    """Perceptron VAE with Bernoulli pixels, trained on the importance weighted bound.

    Args:
        shape: (channels, height, width) of a picture.
        condition: C, the width of a condition vector; 0 for the paper's unconditional model.
        latent: numbers in z.
        hidden: units in each of the two hidden layers of encoder and decoder.
        samples: k, draws that compete for each item in training; 1 is the plain VAE.
        deviation: standard deviation of a grey pixel under p(x | z, c), up to a constant; None for Bernoulli pixels.

    Raises:
        ValueError: fewer than one sample.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "blend", "unset", "features"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 50,
        hidden: int = 200,
        samples: int = 5,
        deviation: float | None = None,
    ) -> None:
        super().__init__()
        if samples < 1:
            raise ValueError(f"an importance weighted bound needs a sample or more, not {samples}")
        self.shape, self.condition, self.samples = tuple(shape), condition, samples
        self.deviation = deviation
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        size = math.prod(shape)
        self.encoder = mlp((size + condition, hidden, hidden, 2 * latent), nn.Tanh)
        self.decoder = mlp((latent + condition, hidden, hidden, size), nn.Tanh)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> posterior, an independent normal over z [N, latent]."""
        mean, log_variance = self.encoder(torch.cat([x.flatten(1), self._given(c, x)], 1)).float().chunk(2, 1)
        return Independent(Normal(mean, (0.5 * log_variance).exp()), 1)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> probability of ink in each pixel, x [N, *shape] in [0, 1]."""
        logits = self.decoder(torch.cat([z, self._given(c, z)], 1))
        return torch.sigmoid(logits.float()).unflatten(1, self.shape)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, hidden], the decoder's last hidden layer."""
        return self.decoder[:-1](torch.cat([z, self._given(c, z)], 1)).float()

    def log_joint(self, x: Tensor, c: Tensor | None, z: Tensor, weights: dict[str, Tensor] | None = None) -> Tensor:
        """log p(x | z, c) + log p(z) of x [N, *shape] and k latents for each, z [k, N, latent] -> [k, N], in nats.

        The pictures are binary, unless there is a `deviation`; then the constant of the normal is left out.

        `weights` stand in for the decoder's own, by their names.
        """
        given = torch.cat([z, self._given(c, x).expand(len(z), -1, -1)], 2)
        logits = torch.func.functional_call(self.decoder, weights or {}, (given,)).float()
        if self.deviation is None:
            likelihood = (x.flatten(1) * logits - F.softplus(logits)).sum(2)
        else:
            likelihood = -((x.flatten(1) - torch.sigmoid(logits)) / self.deviation).square().sum(2) / 2
        return likelihood + Normal(0.0, 1.0).log_prob(z).sum(2)

    def log_weights(self, x: Tensor, c: Tensor | None, samples: int) -> Tensor:
        """log w_i of binary x [N, *shape] for `samples` draws from its posterior -> [samples, N], in nats."""
        posterior = self.encode(x, c)
        z = posterior.rsample((samples,))
        return self.log_joint(x, c, z) - posterior.log_prob(z)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> `loss` = -L_k and the `elbo` of the same draws, in nats per item."""
        log_weights = self.log_weights(binarise(x) if self.deviation is None else x, c, self.samples)
        return {"loss": -importance_bound(log_weights).mean(), "elbo": log_weights.mean()}

    @torch.no_grad()
    def likelihood(self, x: Tensor, c: Tensor | None = None, samples: int = 500, chunk: int = 50) -> Tensor:
        """L_k of binary x [N, *shape] under c [N, C] with k = `samples` -> [N] in nats: log p(x | c), from below."""
        parts = [self.log_weights(x, c, min(chunk, samples - k)) for k in range(0, samples, chunk)]
        return importance_bound(torch.cat(parts))

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), self.condition) if c is None else c


def binarise(x: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Grey values in [0, 1] -> ink or none, each pixel drawn with its grey value as the probability (their section 5.1)."""
    return torch.bernoulli(x.float(), generator=generator)
