"""Sparse dictionaries: each vector as the sum of a few directions out of many, learned by gradient in one of five ways.

- `topk` (Gao et al. 2024, "Scaling and evaluating sparse autoencoders", arXiv:2406.04093): the k largest activations are kept;
  the encoder begins as the transposed decoder, whose directions have length one; directions that have fallen silent are taught
  what the others get wrong (AuxK, appendix A.2).
- `l1`: ReLU, and a price on the sum of the activations (Bricken et al. 2023, "Towards monosemanticity").
- `k-sparse` (Makhzani and Frey 2013, "k-sparse autoencoders", arXiv:1312.5663): the k largest of a linear layer with tied
  weights, where k falls from all to its value over the first half of training (section 2.3).

- `mutual` and `feature` (Ayonrinde 2024, "Adaptive sparse allocation with mutual choice & feature choice sparse autoencoders",
  arXiv:2411.02124): k activations a vector on average, not of each. Mutual choice keeps the largest of a whole batch. Feature
  choice gives each direction a number of vectors, which falls with its rank by Zipf's law, and keeps those that it fits best;
  it begins as mutual choice, which ranks the directions. Directions that are used less than half as often as Zipf's law says of
  their rank are taught like silent ones. Once learned, an activation is kept above a threshold with which all vectors of the
  training together keep as many, so that a vector's code depends on no other.

Vectors are centred and scaled by one number, so that the mean squared error is the share of their variance that is left over;
Gao et al. scale each vector to length one instead, which would bend directions of a latent space.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from explorer.learn.training.objectives import learning_rate

Method = Literal["topk", "l1", "k-sparse", "mutual", "feature"]
CHOICES = ("mutual", "feature")  # methods that share the activations out between vectors
AUX = 1 / 32  # weight of AuxK (Gao et al. 2024, appendix A.2)
ZIPF, SHIFT = 1.5, 0.125  # a direction of rank r is used in proportion to (r + SHIFT * size) ** -ZIPF (Mandelbrot 1953)
UNDERUSED = 0.5  # share of what Zipf's law gives a rank, below which a direction is taught
REPORTS = 50  # times that a fit says how far it is


class Dictionary(nn.Module):
    """Vectors [N, width] <-> activations [N, size], of which k differ from zero (`l1`: as many as its price leaves).

    Args:
        width: numbers of a vector.
        size: directions.
        k: activations that are kept, of `mutual` and `feature` on average; of no effect with `l1`.
        method: see the module.
        seed: of the first directions.
    """

    def __init__(self, width: int, size: int, k: int, method: Method = "topk", seed: int = 0) -> None:
        super().__init__()
        self.width, self.size, self.k, self.method = width, size, min(k, size), method
        drawn = torch.randn(size, width, generator=torch.Generator().manual_seed(seed))
        self.atoms = nn.Parameter(drawn / drawn.norm(dim=1, keepdim=True))
        self.encoder = None if method == "k-sparse" else nn.Parameter(self.atoms.detach().T.clone())
        self.bias = nn.Parameter(torch.zeros(size)) if method in ("l1", "k-sparse") else None
        self.offset = nn.Parameter(torch.zeros(width))
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("spread", torch.ones(()))
        self.register_buffer("threshold", torch.zeros(size))  # of `mutual` and `feature`, see `calibrate`

    def adapt(self, x: Tensor) -> None:
        """Take centre and scale from vectors [N, width]."""
        self.centre.copy_(x.mean(0))
        self.spread.copy_((x - self.centre).square().mean().sqrt().clamp(min=1e-8))

    def scaled(self, x: Tensor) -> Tensor:
        """Vectors in the units that the dictionary is learned in."""
        return (x - self.centre) / self.spread

    def inner(self, x: Tensor) -> Tensor:
        """Scaled vectors [N, width] -> what the activations are chosen from, [N, size]."""
        weights = self.atoms.T if self.encoder is None else self.encoder
        before = (x - self.offset) @ weights
        return before if self.bias is None else before + self.bias

    def chosen(self, before: Tensor, k: int | None = None) -> Tensor:
        """`inner` -> activations; `k` in place of the dictionary's own."""
        if self.method == "l1":
            return before.relu()
        if self.method in CHOICES:
            return before * (before > self.threshold)
        values, places = before.topk(min(k or self.k, self.size), dim=1)
        kept = values if self.method == "k-sparse" else values.relu()
        return torch.zeros_like(before).scatter(1, places, kept)

    def shared(self, before: Tensor, quotas: Tensor | None = None) -> Tensor:
        """`inner` of a batch [N, size] -> activations of which k a vector are kept on average: the largest of all.

        Args:
            before: see `inner`.
            quotas: of each direction, for how many vectors its activation is kept, int [size]; the largest of its own.
        """
        if quotas is None:
            _, places = before.flatten().topk(min(self.k * len(before), before.numel()))
            kept = torch.zeros_like(before, dtype=torch.bool).flatten().index_fill(0, places, True).view_as(before)
        else:
            _, places = before.topk(min(int(quotas.max()), len(before)), dim=0)
            first = torch.arange(len(places))[:, None] < quotas
            kept = torch.zeros_like(before, dtype=torch.bool).scatter(0, places, first)
        return before.relu() * kept

    @torch.no_grad()
    def calibrate(self, scaled: Tensor, ranks: Tensor | None) -> None:
        """Take the thresholds with which vectors [N, width] keep k activations on average.

        Args:
            scaled: in the units that the dictionary is learned in.
            ranks: of the directions from 0, for `feature`.
        """
        before = self.inner(scaled).relu()
        if ranks is None:
            most = min(self.k * len(before), before.numel() - 1)
            self.threshold.fill_(before.flatten().kthvalue(before.numel() - most).values)
            return
        quotas = zipf(self.size, self.k * len(before), len(before))[ranks].round().long()
        ordered = before.sort(dim=0, descending=True).values
        self.threshold.copy_(ordered.gather(0, quotas.clamp(max=len(before) - 1)[None])[0])

    def encode(self, x: Tensor, k: int | None = None) -> Tensor:
        """Vectors [N, width] -> activations [N, size]."""
        return self.chosen(self.inner(self.scaled(x)), k)

    def decode(self, activations: Tensor) -> Tensor:
        """The inverse, as far as it goes: [N, size] -> [N, width]."""
        return self.summed(activations) * self.spread + self.centre

    def summed(self, activations: Tensor) -> Tensor:
        """Activations -> scaled vectors."""
        return activations @ self.atoms + self.offset

    @torch.no_grad()
    def loss(self, x: Tensor) -> float:
        """Share of the variance of vectors [N, width] that is left over: 0 is perfect, 1 no better than their mean."""
        scaled = self.scaled(x)
        left = (scaled - self.summed(self.chosen(self.inner(scaled)))).square().sum()
        return float(left / (scaled - scaled.mean(0)).square().sum())

    @torch.no_grad()
    def used(self, x: Tensor) -> tuple[int, float]:
        """How many directions no vector of x uses (dead ones), and how many a vector uses on average."""
        active = self.encode(x) != 0
        return int((~active.any(0)).sum()), float(active.float().sum(1).mean())

    @torch.no_grad()
    def _unit(self) -> None:
        self.atoms /= self.atoms.norm(dim=1, keepdim=True).clamp(min=1e-8)

    @torch.no_grad()
    def _along_sphere(self) -> None:
        """Take out of the gradient what would only change the directions' lengths (Gao et al. 2024, appendix A.1)."""
        radial = (self.atoms.grad * self.atoms).sum(1, keepdim=True)
        self.atoms.grad -= radial * self.atoms


@dataclass(frozen=True)
class Recipe:
    """All that a fit depends on but the vectors.

    Args:
        size, k, method, seed: see `Dictionary`.
        price: weight of the sum of activations, for `l1`.
        aux: weight of AuxK, for `topk`, `mutual` and `feature`; 0 leaves it out.
        told: silent directions that AuxK asks at a time; None: half as many as a vector has numbers.
        patience: vectors after which a direction that none of them used counts as silent, at most all.
        rate: learning rate.
        steps: of Adam, each on `batch` vectors drawn at random.
    """

    size: int
    k: int
    method: Method = "topk"
    price: float = 0.0
    aux: float = AUX
    told: int | None = None
    patience: int = 5000
    rate: float = 3e-3
    steps: int = 1500
    batch: int = 256
    seed: int = 0


@dataclass(frozen=True)
class Step:
    """Where a fit is: steps done of all, loss of the batch (see `Dictionary.loss`), directions silent over the last pass."""

    step: int
    steps: int
    loss: float
    silent: int
    net: Dictionary


def fit(x: Tensor, recipe: Recipe, begun: Dictionary | None = None) -> Iterator[Step]:
    """Learn a dictionary of vectors [N, width]; yields now and then, and at last when it is done. Stop asking to give up.

    The same vectors, recipe and number of threads give the same dictionary.

    Args:
        x: float32.
        recipe: see there.
        begun: a dictionary to go on with, in place of a new one.
    """
    net = begun or Dictionary(x.shape[1], recipe.size, recipe.k, recipe.method, recipe.seed)
    net.adapt(x)
    scaled, draws = net.scaled(x), torch.Generator().manual_seed(recipe.seed)
    optimiser = torch.optim.Adam(net.parameters(), recipe.rate)
    silent = torch.zeros(recipe.size)  # vectors since each direction was used
    often, ranks, quotas = (
        torch.full((recipe.size,), net.k / recipe.size),
        None,
        None,
    )  # the last two for `feature` alone
    for step in range(recipe.steps):
        batch = scaled[torch.randint(len(x), (min(recipe.batch, len(x)),), generator=draws)]
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(recipe.rate, step, recipe.steps)
        taught = silent > min(recipe.patience, len(x))
        keep = partial(net.chosen, k=scheduled(recipe, step))
        if recipe.method in CHOICES:
            taught |= underused(often, recipe.k)
            if recipe.method == "feature" and 2 * step >= recipe.steps:
                ranks = ranked(often) if ranks is None else ranks
                quotas = whole(zipf(recipe.size, recipe.k * len(batch), len(batch)), draws)[ranks]
            keep = partial(net.shared, quotas=quotas)
        with torch.enable_grad():
            error, loss, active = _losses(net, batch, recipe, keep, taught)
            optimiser.zero_grad()
            loss.backward()
        if recipe.method != "k-sparse":
            net._along_sphere()
        optimiser.step()
        if recipe.method != "k-sparse":
            net._unit()
        silent = (silent + len(batch)) * (active == 0)
        often += (active - often) * min(len(batch) / len(x), 1.0)
        if step % max(recipe.steps // REPORTS, 1) == 0:
            yield Step(step, recipe.steps, error, int((silent > len(x)).sum()), net)
    if recipe.method in CHOICES:
        net.calibrate(scaled, ranks)
    yield Step(recipe.steps, recipe.steps, error, int((silent > len(x)).sum()), net.requires_grad_(False))


def _losses(
    net: Dictionary, batch: Tensor, recipe: Recipe, keep: Callable[[Tensor], Tensor], taught: Tensor
) -> tuple[float, Tensor, Tensor]:
    """Error, loss to descend, and the share of the batch that uses each direction [size].

    Args:
        net, batch, recipe: see `fit`.
        keep: `inner` -> activations.
        taught: the directions that AuxK asks, bool [size].
    """
    before = net.inner(batch)
    activations = keep(before)
    made = net.summed(activations)
    error = (made - batch).square().mean()
    loss = error
    if recipe.method == "l1":
        loss = error + recipe.price * activations.sum(1).mean() / net.width
    elif recipe.method != "k-sparse" and recipe.aux and bool(taught.any()):
        left = (batch - made).detach()
        most = min(recipe.told or max(net.width // 2, 1), int(taught.sum()))
        values, places = before.masked_fill(~taught, -torch.inf).topk(most, dim=1)
        told = torch.zeros_like(before).scatter(1, places, values.relu()) @ net.atoms
        loss = error + recipe.aux * (told - left).square().mean() / left.square().mean().clamp(min=1e-8)
    return float(error.detach()), loss, (activations.detach() != 0).float().mean(0)


def zipf(size: int, budget: float, most: float) -> Tensor:
    """What Zipf's law gives to each rank of a budget, float64 [size], falling; none gets more than `most`."""
    law = (torch.arange(1, size + 1, dtype=torch.float64) + SHIFT * size) ** -ZIPF
    low, high = 0.0, size * most / float(law[-1])
    for _ in range(60):  # the factor by which the capped shares come to the budget
        factor = (low + high) / 2
        low, high = (factor, high) if float((factor * law).clamp(max=most).sum()) < budget else (low, factor)
    return (high * law).clamp(max=most)


def whole(shares: Tensor, draws: torch.Generator) -> Tensor:
    """Shares [size] -> whole numbers with the same sum and, on average, the same values (systematic sampling)."""
    ends = shares.cumsum(0) + torch.rand((), generator=draws, dtype=torch.float64)
    return ends.floor().diff(prepend=torch.zeros(1, dtype=torch.float64)).long()


def ranked(often: Tensor) -> Tensor:
    """How often directions are used [size] -> the rank of each from 0, the most used first."""
    return often.argsort(descending=True, stable=True).argsort()


def underused(often: Tensor, k: int) -> Tensor:
    """Which directions are used less than half as often as Zipf's law says of their rank, bool [size]."""
    return often < UNDERUSED * zipf(len(often), k, 1.0)[ranked(often)]


def scheduled(recipe: Recipe, step: int) -> int:
    """How many activations are kept at a step: of `k-sparse` all at first, and k from the middle of training on."""
    if recipe.method != "k-sparse":
        return recipe.k
    share = min(2 * step / max(recipe.steps, 1), 1.0)
    return max(recipe.k, round(recipe.size + share * (recipe.k - recipe.size)))


def fitted(x: Tensor, recipe: Recipe) -> Dictionary:
    """The dictionary at the end of `fit`."""
    *_, last = fit(x, recipe)
    return last.net
