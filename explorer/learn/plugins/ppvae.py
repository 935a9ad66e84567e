"""PPVAE: a new condition for a trained model with a vector latent, learned from a handful of items in seconds.

The idea: leave the trained ("global") model as it is, and learn which part of its latent space a group of items fills, with a
second, very small VAE whose data are the group's latents. Duan, Xu, Pei, Han and Li, "Pre-train and Plug-in: Flexible
Conditional Text Generation with Variational Auto-Encoders" (ACL 2020, arXiv:1911.03882). With z the latent of the global model,
and z_c the condition's own, the plug-in descends (as the authors' code does)

    |z - G(z_c)|^2 / L  +  | KL(q(z_c | z) || N(0, I)) - C |,        z_c ~ q(z_c | z), positive items,
    weight * ( | KL - C |  -  min(|z - G(z_c)|^2 / L, BOUND) ),      items of other groups, where some are told.

C rises from 0 to its full height during the training (Burgess et al. 2018, arXiv:1804.03599, equation 8): it keeps the KL above
zero, so that z_c says something and draws differ. The second line charges for a G that reaches other items too; its error
counts up to a bound, which the authors do without, so that it can't grow without end. z is standardised over all items, and
then scaled so that the group's variance is 1: the authors take it as it is, but the error of a group that fills a thousandth of
the latent space would be nothing beside the KL. An item of the condition is then z_c ~ N(0, I), z = G(z_c), and x ~ p(x | z) of
the global model.

No posteriors over n items tell them apart by more than log n nats, so C is at most that, and at most a nat for each number of
z_c: more is met by posteriors that leave the prior, and draws of it would fall between the items.

Good for: a name for what was selected just now. Not for: groups that don't lie together in the latent, such as the values of
an attribute that the decoder is told and the encoder leaves out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model

FEWEST = 8  # items of a group
BOUND = 2.0  # of the error on other items, in variances of the group: telling nothing of one of its own costs 1
RISING = 0.5  # share of the training in which the capacity rises
BATCH = 128
NARROWEST = 32  # layer: the authors halve and quarter the latent, which of two numbers leaves nothing
SLOPE = 0.3  # of the leaky rectifiers, below zero
REACH = 0.95  # share of the draws of N(0, I) that lie as near to its centre as an item from elsewhere may
SLIGHTEST = 1e-3  # a dimension in which latents hardly move is not blown up further than this share of the usual


@dataclass(frozen=True)
class Recipe:
    """How a plug-in is made and trained: as in the authors' code, but for fewer steps at a larger rate.

    Attributes:
        size: numbers in z_c, at most as many as the model's latent has.
        capacity: C, in nats.
        negative: weight of items of other groups; 0 leaves them out.
        steps, rate: of Adam.
        seed: of weights, batches and noise.
    """

    size: int = 20
    capacity: float = 5.0
    negative: float = 0.1
    steps: int = 1500
    rate: float = 1e-2
    seed: int = 0


@dataclass(frozen=True)
class Step:
    """How far a training is: step 1 to `steps`, and of the positive items the error |z - G(z_c)|^2 / L and the KL in nats."""

    step: int
    steps: int
    error: float
    kl: float


@register("plugins", "ppvae")
class PPVAE(Model):
    """A condition's own small VAE around a trained model.

    Args:
        model: with a vector latent of L numbers; never changed.
        size: numbers in z_c; fewer where L is less.

    Raises:
        ValueError: the model's latent is no vector.
    """

    def __init__(self, model: Model, *, size: int = 20) -> None:
        super().__init__()
        if model.latent.kind != "vector":
            raise ValueError("a plug-in learns from latents that are vectors")
        length = model.latent.size
        self.model, size = model.eval(), min(size, length)
        self.capabilities: Any = model.capabilities & {"encode"}
        self.listens: Any = model.listens
        self.latent = LatentSpec(kind="vector", shape=(size,))
        half, quarter = max(length // 2, 2 * size, NARROWEST), max(length // 4, 2 * size, NARROWEST)

        def layers(*widths: int) -> nn.Sequential:
            stages = [part for a, b in itertools.pairwise(widths) for part in (nn.Linear(a, b), nn.LeakyReLU(SLOPE))]
            return nn.Sequential(*stages[:-1])

        self.inward, self.generator = layers(length, half, quarter, 2 * size), layers(size, quarter, half, length)
        self.register_buffer("centre", torch.zeros(length))
        self.register_buffer("spread", torch.ones(length))

    # -- the contract of a model

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape], c [N, C] as the model takes them -> q(z_c | z) of its posterior's mean z."""
        return self.posterior(self.model.encode(x, c).mean)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z_c [N, size], c [N, C] as the model takes it -> x [N, *shape]."""
        return self.model.decode(self.expand(z), c)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """Items of the condition -> `error`, `kl` in nats, and `loss`, their sum: a figure to watch; see `training`."""
        error, kl = (term.mean() for term in self.terms(self.model.encode(x, c).mean))
        return {"loss": error + kl, "error": error, "kl": kl}

    # -- between the two latents

    def posterior(self, z: Tensor) -> Distribution:
        """z [N, *latent.shape of the model] -> q(z_c | z)."""
        mean, log_variance = self.inward(self._standard(z)).chunk(2, 1)
        return Independent(Normal(mean, (0.5 * log_variance.clamp(-12, 6)).exp()), 1)

    def expand(self, z_c: Tensor) -> Tensor:
        """z_c [N, size] -> z [N, *latent.shape of the model]."""
        return (self.centre + self.spread * self.generator(z_c)).unflatten(1, self.model.latent.shape)

    def likened(self, z: Tensor) -> Tensor:
        """z [N, *latent.shape] -> what it comes to within the condition, same shape: G of its z_c.

        The z_c of an item from elsewhere may lie where no draw does; it is brought back to the shell within which `REACH` of
        them lie.
        """
        from scipy.stats import chi

        z_c, reach = self.posterior(z).mean, float(chi.ppf(REACH, self.latent.size))
        return self.expand(z_c * (reach / z_c.norm(dim=1, keepdim=True)).clamp(max=1))

    def terms(self, z: Tensor, noise: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Latents z [N, *latent.shape] -> of each the error |z - G(z_c)|^2 / L and the KL in nats, [N]."""
        q = self.posterior(z).base_dist
        z_c = q.mean + q.stddev * torch.randn(q.mean.shape, generator=noise)
        error = (self.generator(z_c) - self._standard(z)).square().mean(1)
        return error, 0.5 * (q.mean.square() + q.variance - q.variance.log() - 1).sum(1)

    def _standard(self, z: Tensor) -> Tensor:
        return (z.flatten(1) - self.centre) / self.spread

    def _begin(self, z: Tensor, own: Tensor, source: torch.Generator) -> None:
        """Standardise by latents z [n, *latent.shape] of all items, `own` of them the group's, and draw first weights."""
        spread = z.flatten(1).std(0)
        spread = spread.clamp(min=max(SLIGHTEST * spread.mean().item(), 1e-6))
        share = (own.flatten(1).std(0) / spread).square().mean().sqrt().clamp(min=SLIGHTEST)
        self.centre.copy_(own.flatten(1).mean(0))
        self.spread.copy_(share * spread)
        for layer in (*self.inward, *self.generator):
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_uniform_(layer.weight, a=SLOPE, generator=source)
                nn.init.zeros_(layer.bias)


def training(plugin: PPVAE, z: Tensor, members: Tensor, recipe: Recipe) -> Iterator[Step]:
    """Train a plug-in in place, a step each time that the next one is asked for; the same recipe gives the same weights.

    Args:
        plugin: not trained yet.
        z: latents of all items, float32 [n, *latent.shape]; those of other groups are the negative ones.
        members: which belong to the group, bool [n].
        recipe: see there.

    Raises:
        ValueError: the group holds fewer than `FEWEST` items.
    """
    own, others = z[members], z[~members]
    if len(own) < FEWEST:
        raise ValueError(f"a condition is learned from {FEWEST} items or more, not from {len(own)}")
    source = torch.Generator().manual_seed(recipe.seed)
    plugin._begin(z, own, source)
    negative = bool(recipe.negative and len(others))
    most = min(recipe.capacity, math.log(len(own)), float(plugin.latent.size))
    optimiser = torch.optim.Adam([*plugin.inward.parameters(), *plugin.generator.parameters()], recipe.rate, fused=True)
    for step in range(1, recipe.steps + 1):
        capacity = most * min(1.0, step / (RISING * recipe.steps))
        optimiser.param_groups[0]["lr"] = recipe.rate * min(1.0, 2 * (1 - (step - 1) / recipe.steps))
        with torch.enable_grad():
            batch, count = _some(own, source), min(BATCH, len(own))
            if negative:
                batch = torch.cat([batch, _some(others, source)])
            errors, kls = plugin.terms(batch, source)
            error, kl = errors[:count].mean(), kls[:count].mean()
            loss = error + (kl - capacity).abs()
            if negative:
                missed = errors[count:].mean().clamp(max=BOUND)
                loss = loss + recipe.negative * ((kls[count:].mean() - capacity).abs() - missed)
            optimiser.zero_grad()
            loss.backward()
        optimiser.step()
        yield Step(step, recipe.steps, error.item(), kl.item())


def _some(z: Tensor, source: torch.Generator) -> Tensor:
    return z[torch.randint(len(z), (min(BATCH, len(z)),), generator=source)]
