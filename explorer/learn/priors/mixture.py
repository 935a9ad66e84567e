"""A mixture of Gaussians fitted to the latents of real items, its weights given by the condition.

    p(z | c) = sum_k p(k | c) N(z; mean_k, W_k W_k' + diag(d_k)),    p(k | c) ~ weight_k * prod_a p(c_a | k)

Each component is a mixture of probabilistic principal components (Tipping and Bishop 1999, "Mixtures of probabilistic
principal component analyzers"): the main directions of a clump are kept in W, the rest as a floor d that no component
falls below, so that none can shrink onto a training item. The tables p(c_a | k) come from the responsibilities,
smoothed towards the overall frequencies; an unset attribute drops out, a blend is a weighted geometric mean.
Fitting a density to a trained autoencoder's latents follows Ghosh et al. 2020 (arXiv:1903.12436).
Not for latents with no clumps, where N(0, I) does as well, nor for fewer than some hundred items.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution, LowRankMultivariateNormal, MixtureSameFamily
from torch.nn.functional import one_hot

from explorer.core.noise import normal, uniform
from explorer.core.registry import register
from explorer.core.schema import Schema
from explorer.learn.priors.base import Prior

RANK = 12
FLOOR = 0.1  # least variance of a component in each dimension, as a share of the mean within components
SHRINKAGE = 5.0  # items' worth of the pooled covariance in each component
COMPONENTS = (1, 30, 100, 200, 350)  # tried in turn until new items become less likely
ITEMS_EACH = 20  # at least, in a component
ROUNDS = 8
SHARPEST = 0.5  # the weights sharpen no further below this temperature
SMOOTHING = (10.0, 100.0, 1000.0, 1e6)  # pseudo-items at the overall frequencies; the last one ignores the condition
KEPT_OUT = 0.1
ITEMS_MAX = 20_000


@register("priors", "mixture")
class Mixture(Prior):
    """A mixture of K low-rank Gaussians over vectors of D numbers, with weights given by a condition of C numbers.

    Args:
        components: K.
        size: D.
        condition: C.
        rank: columns of W.
    """

    title = "Fitted mixture"
    sentence = "Draws where real items lie: a mixture of Gaussians fitted to their latents, weighted by the condition."
    portable = True
    order = 10

    def __init__(self, components: int, size: int, condition: int, rank: int) -> None:
        super().__init__()
        self.register_buffer("log_weight", torch.zeros(components))
        self.register_buffer("mean", torch.zeros(components, size))
        self.register_buffer("factor", torch.zeros(components, size, rank))
        self.register_buffer("diagonal", torch.ones(components, size))
        # log p(c | k) = c @ linear[k] + c^2 @ quadratic[k]: one form for named values and for numbers.
        self.register_buffer("linear", torch.zeros(components, condition))
        self.register_buffer("quadratic", torch.zeros(components, condition))

    @classmethod
    def fit(
        cls,
        z: Tensor,
        c: Tensor,
        *,
        seed: int = 0,
        conditions: Schema | None = None,
        components: Sequence[int] = COMPONENTS,
        rank: int = RANK,
    ) -> Self:
        """Expectation-maximisation, with K and the smoothing chosen by the likelihood of items kept out; see `Prior.fit`.

        Args:
            z: latents [N, D].
            c: conditions [N, C].
            seed: of the split and of the initialisation.
            conditions: says which columns of c are continuous.
            components: numbers of components to try.
            rank: directions kept in each component.
        """
        order = torch.randperm(len(z), generator=torch.Generator().manual_seed(seed))[:ITEMS_MAX]
        z, c = z[order].detach().float(), c[order].float()
        kept = max(1, int(KEPT_OUT * len(z)))
        best, best_score = None, -torch.inf
        for count in components:
            if best is not None and count * ITEMS_EACH > len(z) - kept:
                break
            prior, share = cls._expectation_maximisation(z[kept:], c.shape[1], count, rank, seed)
            before = best_score
            for smoothing in SMOOTHING:
                prior.linear, prior.quadratic = _tables(share, c[kept:], smoothing, conditions)
                score = prior.log_prob(z[:kept], c[:kept]).mean().item()
                if score > best_score:
                    best, best_score = copy.deepcopy(prior), score
            if best_score == before:
                break
        return best.eval()

    @classmethod
    def _expectation_maximisation(
        cls, z: Tensor, condition: int, count: int, rank: int, seed: int
    ) -> tuple[Self, Tensor]:
        """Latents z [N, D] -> the prior with even tables, and each component's share of each item [N, K]."""
        from sklearn.cluster import KMeans

        # On z as it is: a dimension in which a variational posterior hardly moves should hardly count.
        clusters = KMeans(count, n_init=1, max_iter=50, random_state=seed).fit_predict(z.numpy())
        share = one_hot(torch.from_numpy(clusters).long(), count).float()
        prior = cls(count, z.shape[1], condition, min(rank, z.shape[1] - 1))
        for _ in range(ROUNDS):
            prior._maximise(z, share)
            share = (prior._components(z) + prior.weights()).softmax(1)
        prior._maximise(z, share)
        return prior, share

    def _maximise(self, z: Tensor, share: Tensor) -> None:
        """The M step: latents z [N, D] and each component's share of them [N, K] -> weights, means, covariances.

        A covariance is drawn towards the pooled one as if `SHRINKAGE` further items had it (the mode under an inverse
        Wishart prior), and its `rank` main directions are kept; the others keep their variances alone.
        """
        mass = share.sum(0).clamp(min=1e-3)
        self.log_weight = (mass / mass.sum()).log()
        self.mean = share.T @ z / mass[:, None]
        scatter = torch.stack([_scatter(z - mean, part) for mean, part in zip(self.mean, share.T, strict=True)])
        pooled = scatter.sum(0) / mass.sum()
        covariance = (scatter + SHRINKAGE * pooled) / (mass + SHRINKAGE)[:, None, None]
        floor = FLOOR * pooled.diagonal().clamp(min=1e-8)
        values, directions = torch.linalg.eigh(covariance)
        rank = self.factor.shape[2]
        rest = values[:, : z.shape[1] - rank].mean(1, keepdim=True)
        values, directions = values[:, -rank:], directions[:, :, -rank:]
        self.factor = (directions * (values - rest).clamp(min=0).sqrt()[:, None, :]).contiguous()
        self.diagonal = (covariance.diagonal(dim1=1, dim2=2) - self.factor.square().sum(2)).maximum(floor)

    def _components(self, z: Tensor) -> Tensor:
        """z [N, D] -> log p(z | k), float32 [N, K]; the same as the distribution's, without its [N, K, D] of memory."""
        normal = LowRankMultivariateNormal(self.mean, self.factor, self.diagonal)
        whiten = torch.linalg.inv(torch.linalg.cholesky(normal.covariance_matrix))
        squares = [((z - mean) @ w.T).square().sum(1) for mean, w in zip(self.mean, whiten, strict=True)]
        log_scale = whiten.diagonal(dim1=1, dim2=2).log().sum(1) - 0.5 * math.log(2 * math.pi) * z.shape[1]
        return log_scale - 0.5 * torch.stack(squares, dim=1)

    def log_prob(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """log p(z | c) in nats of z [N, D] under c [N, C], float32 [N]; leaner than by `distribution`."""
        return (self._components(z) + self.weights(c)).logsumexp(1)

    def weights(self, c: Tensor | None = None) -> Tensor:
        """c [N, C] (None: nothing set) -> log p(k | c), float32 [N, K]."""
        if c is None:
            return self.log_weight.log_softmax(0)[None]
        return (self.log_weight + c @ self.linear.T + c**2 @ self.quadratic.T).log_softmax(1)

    def distribution(self, c: Tensor | None = None) -> Distribution:
        """See `Prior.distribution`."""
        log_weight = self.weights(c)
        rows = len(log_weight)
        parts = LowRankMultivariateNormal(
            self.mean.expand(rows, -1, -1), self.factor.expand(rows, -1, -1, -1), self.diagonal.expand(rows, -1, -1)
        )
        return MixtureSameFamily(Categorical(logits=log_weight), parts)

    def draw(self, c: Tensor | None, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """See `Prior.draw`. Below a temperature of 1 the weights sharpen too, but never so far that draws become alike."""
        gumbel = torch.from_numpy(-np.log(-np.log(uniform(seed, draw, len(self.mean)))))
        # The Gumbel-max trick: a slightly different condition mostly chooses the same component.
        k = (self.weights(None if c is None else c[None])[0] / max(temperature, SHARPEST) + gumbel).argmax()
        inner = self.factor[k] @ normal(seed, draw, self.factor.shape[2], stream=1)
        outer = self.diagonal[k].sqrt() * normal(seed, draw, self.mean.shape[1], stream=2)
        return self.mean[k] + temperature * (inner + outer)

    @classmethod
    def _empty(cls, tensors: Mapping[str, Tensor]) -> Self:
        components, size, rank = tensors["factor"].shape
        return cls(components, size, tensors["linear"].shape[1], rank)


def _scatter(centred: Tensor, weight: Tensor) -> Tensor:
    return (centred * weight[:, None]).T @ centred


def _tables(share: Tensor, c: Tensor, smoothing: float, conditions: Schema | None) -> tuple[Tensor, Tensor]:
    """Shares [N, K] and conditions c [N, C] -> `linear` and `quadratic` [K, C] of log p(c | k).

    Named values: the smoothed frequency of each. Numbers: a normal whose mean and variance are smoothed alike.
    """
    mass = share.sum(0)[:, None] + smoothing
    mean = (share.T @ c + smoothing * c.mean(0)) / mass
    linear, quadratic = mean.clamp(min=1e-6).log(), torch.zeros_like(mean)
    for attribute in conditions.attributes if conditions else ():
        if attribute.kind != "continuous":
            continue
        value = conditions.slices[attribute.name].start
        known = c[:, value + 1]
        count = share.T @ known + smoothing * known.mean()
        total = known.sum().clamp(min=1)
        average = c[:, value].sum() / total
        centre = (share.T @ c[:, value] + smoothing * known.mean() * average) / count.clamp(min=1e-6)
        square = share.T @ c[:, value].square() + smoothing * known.mean() * c[:, value].square().sum() / total
        variance = (square / count.clamp(min=1e-6) - centre.square()).clamp(min=1e-3)
        quadratic[:, value] = -0.5 / variance
        linear[:, value] = centre / variance
        linear[:, value + 1] = -0.5 * (centre.square() / variance + variance.log())
    return linear, quadratic
