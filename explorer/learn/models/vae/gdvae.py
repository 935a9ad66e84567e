"""GdVAE: a variational autoencoder that classifies by its own latent prior, and so can be asked "what if?" in closed form.

The idea: each class y has a Gaussian prior p(z | y) = N(mu_y, Sigma) with one Sigma for all. Bayes' rule then *is* a linear
classifier of z, the mu_y are prototypes that decode to pictures, and the nearest z of which the classifier would say "target,
with confidence p" lies on a straight line. Haselhoff, Trelenberg, Kueppers and Schneider, "The Gaussian discriminant
variational autoencoder (GdVAE): a self-explainable model with counterfactual explanations" (ECCV 2024, arXiv:2409.12952).
Two models share their networks:

    M1, a CVAE:       log p(x | y) >= E_q(z|x,y) log p(x | z, y) - KL(q(z | x, y) || p(z | y)),  and KL(p(z | y) || N(0, I));
    M2, a classifier: log p(y | x) >= E_q(z|x) log p(y | z),   p(y | z) = softmax(w_y z + b_y),
                      w_y = mu_y / Sigma,   b_y = -mu_y w_y / 2 + log p(y).

The encoder wants to know y, which a classifier may not: their algorithm 1 begins with q(y | x) = p(y) and repeats "draw y, draw
z ~ q(z | x, y), average log p(z | y) p(y)". With few classes and a shared Sigma that average has a closed form, which takes the
place of the draws here: log q(y | x) <- log p(y) + sum_y' q(y' | x) log N(mean of q(z | x, y'); mu_y, Sigma), normalised.

The counterfactual between source s and target t is their *local-L2*: with f(z) = (w_t - w_s) z + b_t - b_s, the log odds of t,

    z' = z + (logit p - f(z)) / |w_t - w_s|^2  (w_t - w_s),

the smallest step after which the odds are those asked, decoded under the soft label p t + (1 - p) s. A consistency term trains
the networks so that encoding the decoded counterfactual gives z' back: KL(q(z | x') || N(z', variance of q(z | x))).

Differences from the paper: ten classes rather than two, so that the target of each training step is drawn at random, and a
confidence is that of the target against the source (a third class may take its share of the whole); p(y) is uniform;
perceptrons.

Good for: explaining a classifier's decision, and "how much must change for it to be an 8?". Not for: several attributes at
once (the condition is one class), or detail that a squared error averages away.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model
from explorer.learn.models.vae._mlp import mlp

SUREST = 0.99  # the training asks for confidences from 1 - SUREST to SUREST


@register("models", "gdvae")
class GdVAE(Model):
    """Perceptron GdVAE over C classes.

    Args:
        shape: (channels, height, width) of a picture.
        condition: C, the number of classes; the condition is one of them, a blend, or zeros (not known).
        latent: numbers in z.
        hidden: units in each hidden layer.
        rounds: of the inference of q(y | x), T in their algorithm 1.
        deviation: standard deviation of a pixel under p(x | z, y).
        classify: weight of M2, in nats.
        consistency: weight of the consistency term, in nats.
        anchor: weight of KL(p(z | y) || N(0, I)).
    """

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"encode", "blend", "unset", "features", "classify", "counterfactual"}
    )

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 16,
        hidden: int = 256,
        rounds: int = 3,
        deviation: float = 0.25,
        classify: float = 10.0,
        consistency: float = 1.0,
        anchor: float = 0.1,
    ) -> None:
        super().__init__()
        self.shape, self.condition, self.rounds = tuple(shape), condition, rounds
        self.deviation, self.classify_weight = deviation, classify
        self.consistency_weight, self.anchor = consistency, anchor
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        size = math.prod(shape)
        self.trunk = nn.Sequential(mlp((size, hidden, hidden)), nn.SiLU())
        self.head = mlp((hidden + condition, hidden, 2 * latent))
        self.decoder = mlp((latent + condition, hidden, hidden, size))
        self.means = nn.Parameter(torch.randn(condition, latent))
        self.log_deviation = nn.Parameter(torch.zeros(latent))

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> posterior, an independent normal over z [N, latent].

        Where c is zeros the class is inferred first, and the likeliest is taken.
        """
        hidden = self.trunk(x.flatten(1))
        c = self._given(c, x)
        guess = F.one_hot(self._recognise(hidden).argmax(1), self.condition).to(c.dtype)
        return self._posterior(hidden, torch.where(c.sum(1, keepdim=True) > 0, c, guess))

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, *shape] in [0, 1]; zeros for c stand for what p(y | z) says."""
        c = self._given(c, z)
        c = torch.where(c.sum(1, keepdim=True) > 0, c, self.discriminate(z).exp())
        return torch.sigmoid(self.decoder(torch.cat([z, c], 1)).float()).unflatten(1, self.shape)

    def prior(self, c: Tensor | None = None) -> Distribution:
        """c [N, C] -> p(z | y), of a blend with the blend of means; of zeros the normal with the moments of all classes."""
        c = self.means.new_zeros(1, self.condition) if c is None else c
        unset = c.sum(1, keepdim=True) == 0
        mean = torch.where(unset, self.means.mean(0), c @ self.means)
        variance = (2 * self.log_deviation).exp()
        spread = torch.where(unset, variance + self.means.var(0, correction=0), variance)
        return Independent(Normal(mean, spread.sqrt()), 1)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, hidden], the decoder's last hidden layer."""
        return self.decoder[:-1](torch.cat([z, self._given(c, z)], 1)).float()

    def classify(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> log q(y | x) [N, C]: capability `classify`."""
        return self._recognise(self.trunk(x.flatten(1)))

    def discriminate(self, z: Tensor) -> Tensor:
        """z [N, latent] -> log p(y | z) [N, C], the linear classifier that the priors make."""
        weight, bias = self._discriminant()
        return (z.float() @ weight.T + bias).log_softmax(1)

    def odds(self, z: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """z [N, latent], classes int64 [N] -> f(z) [N], log of p(target | z) / p(source | z)."""
        weight, bias = self._discriminant()
        return ((weight[target] - weight[source]) * z).sum(1) + bias[target] - bias[source]

    def counterfactual(self, z: Tensor, source: Tensor, target: Tensor, odds: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest latents at which target against source has the odds asked: capability `counterfactual`.

        Args:
            z: [N, latent].
            source, target: classes that differ, int64 [N].
            odds: logit of the confidence asked [N].

        Returns:
            z' [N, latent], and the soft label [N, C] to decode it under.
        """
        weight, _ = self._discriminant()
        across = weight[target] - weight[source]
        step = (odds - self.odds(z, source, target)) / across.square().sum(1)
        share = torch.sigmoid(odds)[:, None]
        soft = share * F.one_hot(target, self.condition) + (1 - share) * F.one_hot(source, self.condition)
        return z + step[:, None] * across, soft.to(z.dtype)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] (zeros: not known) -> `loss` and its terms, in nats per item."""
        hidden, c = self.trunk(x.flatten(1)), self._given(c, x)
        log_q = self._recognise(hidden)
        guess = F.gumbel_softmax(log_q, hard=True)
        known = c.sum(1, keepdim=True) > 0
        label = torch.where(known, c, guess)

        posterior, prior = self._posterior(hidden, label), self.prior(label)
        error = (self.decode(posterior.rsample(), label) - x).square().flatten(1).sum(1)
        reconstruction = (error / (2 * self.deviation**2)).mean()
        kl = kl_divergence(posterior, prior).mean()
        normal = Normal(torch.zeros_like(self.log_deviation), 1.0)
        anchor = kl_divergence(Normal(self.means, self.log_deviation.exp()), normal).sum(1).mean()

        inferred = self._posterior(hidden, guess)
        told = -(c * self.discriminate(inferred.rsample())).sum(1)
        classify = told.sum() / known.sum().clamp(min=1)
        consistency = self._consistency(inferred, log_q)
        total = (
            reconstruction + kl + self.anchor * anchor
            + self.classify_weight * classify + self.consistency_weight * consistency
        )  # fmt: skip
        return {
            "loss": total, "reconstruction": reconstruction, "kl": kl, "anchor": anchor,
            "classify": classify, "consistency": consistency,
        }  # fmt: skip

    def _consistency(self, inferred: Independent, log_q: Tensor) -> Tensor:
        """Does the picture of a counterfactual, encoded without being told its class, come back to where it was asked?"""
        source = log_q.argmax(1)
        target = (source + torch.randint(1, self.condition, source.shape, device=source.device)) % self.condition
        most = math.log(SUREST / (1 - SUREST))
        odds = (2 * torch.rand_like(log_q[:, 0]) - 1) * most
        z, soft = self.counterfactual(inferred.mean, source, target, odds)
        hidden = self.trunk(self.decode(z, soft).flatten(1))
        back = self._posterior(hidden, F.gumbel_softmax(self._recognise(hidden), hard=True))
        return kl_divergence(back, Independent(Normal(z, inferred.base_dist.scale), 1)).mean()

    def _posterior(self, hidden: Tensor, c: Tensor) -> Independent:
        mean, log_variance = self.head(torch.cat([hidden, c], -1)).float().chunk(2, -1)
        return Independent(Normal(mean, (0.5 * log_variance.clamp(-10, 5)).exp()), 1)

    def _recognise(self, hidden: Tensor) -> Tensor:
        """Trunk's output [N, hidden] -> log q(y | x) [N, C], after `rounds` rounds of algorithm 1 in expectation."""
        every = torch.eye(self.condition, dtype=hidden.dtype, device=hidden.device).expand(len(hidden), -1, -1)
        means = self._posterior(hidden[:, None].expand(-1, self.condition, -1), every).mean
        weight, bias = self._discriminant()
        scores = means @ weight.T + bias  # [N, y', y]; what all y share is gone after normalising
        log_q = scores.new_full((len(hidden), self.condition), -math.log(self.condition))
        for _ in range(self.rounds):
            log_q = torch.einsum("nk,nky->ny", log_q.exp(), scores).log_softmax(1)
        return log_q

    def _discriminant(self) -> tuple[Tensor, Tensor]:
        """w [C, latent] and b [C] of all classes."""
        weight = self.means / (2 * self.log_deviation).exp()
        return weight, -0.5 * (self.means * weight).sum(1) - math.log(self.condition)

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), self.condition) if c is None else c
