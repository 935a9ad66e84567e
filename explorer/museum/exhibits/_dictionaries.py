"""Sparse dictionaries for claims: what they are learned of, and what each comes to on pictures that it never saw.

The vectors are the last hidden layer of the judge of clothes, a network of its own that no dictionary shaped: 128 numbers for
each picture of Fashion-MNIST.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.box import checkpoints
from explorer.learn.data.fashion import Fashion
from explorer.learn.latents import as_input
from explorer.learn.training.dictionary import Dictionary, Recipe, fitted
from explorer.learn.training.once import once
from explorer.museum.exhibits.base import Say

MODEL = "fashion-cvae"  # whose judge it is
ASIDE = 5_000  # training pictures that settings are chosen on
QUICK_ITEMS = 3_000
STEPS, QUICK_STEPS = 1500, 60
RATE = 1e-2
BATCH = 500
LEARN = "explorer.learn.training.dictionary"


@dataclass(frozen=True)
class Vectors:
    """Vectors [n, 128] that dictionaries are learned of, that settings are chosen on, and that are measured on."""

    train: Tensor
    aside: Tensor
    test: Tensor
    quick: bool


@dataclass(frozen=True)
class Outcome:
    """What a dictionary comes to.

    Attributes:
        error: of each vector held out, [n]; its mean is the share of the variance that is left over.
        refitted: the same once the directions were fitted anew to the activations, which takes back what a price shrinks.
        dead: share of the directions that no training vector uses.
        used: directions that a vector held out uses on average.
        densities: share of the training vectors that use each direction, largest first.
    """

    error: Tensor
    refitted: Tensor
    dead: float
    used: float
    densities: Tensor

    @property
    def loss(self) -> float:
        """Share of the variance that is left over."""
        return float(self.error.mean())


@torch.no_grad()
def vectors(quick: bool) -> Vectors:
    """See there; quick takes few."""
    judge, data = checkpoints.load(MODEL).judge, Fashion()

    def embedded(split: str) -> Tensor:
        x = data.load(split).x[: QUICK_ITEMS if quick else None]
        return torch.cat([judge.embed(as_input(x[at : at + BATCH])) for at in range(0, len(x), BATCH)])

    train, test = embedded("train"), embedded("test")
    aside = len(train) // 5 if quick else ASIDE
    return Vectors(train[:-aside], train[-aside:], test, quick)


def learned(found: Vectors, recipe: Recipe, say: Say, *, chosen_on: bool = False) -> Outcome:
    """The dictionary of a recipe, measured on the vectors held out, or on those that settings are chosen on."""
    if found.quick:
        recipe = dataclasses.replace(recipe, steps=QUICK_STEPS, batch=128)
    test = found.aside if chosen_on else found.test

    def make() -> dict[str, Tensor]:
        net = fitted(found.train, recipe)
        kept = _errors(net, found.train, test)
        densities = torch.cat([net.encode(x) != 0 for x in found.train.split(10_000)]).float().mean(0)
        used = torch.tensor(net.used(test)[1])
        return kept | {"densities": densities.sort(descending=True).values, "used": used}

    key = dataclasses.asdict(recipe) | {"model": MODEL, "items": len(found.train), "test": len(test)}
    made = once("dictionary", key, LEARN, make)
    outcome = Outcome(
        made["error"], made["refitted"], float((made["densities"] == 0).float().mean()), float(made["used"]), made["densities"]
    )  # fmt: skip
    price = f", price {recipe.price:.3f}" if recipe.method == "l1" else ""
    say(
        f"{recipe.method}, {recipe.size} features, k {recipe.k}{price}, aux {recipe.aux:.3f}, rate {recipe.rate:g}, seed "
        f"{recipe.seed}: loss {outcome.loss:.4f}, {outcome.dead:.1%} dead, {outcome.used:.2f} used"
    )
    return outcome


@torch.no_grad()
def _errors(net: Dictionary, train: Tensor, test: Tensor) -> dict[str, Tensor]:
    """Squared error of each test vector [n] beside their mean variance: as learned, and with directions fitted anew."""
    known, asked = (net.chosen(net.inner(net.scaled(x))) for x in (train, test))
    whole = torch.cat([known, torch.ones(len(known), 1)], 1).double()
    square = whole.T @ whole
    square += 1e-6 * square.diagonal().mean() * torch.eye(len(square), dtype=square.dtype)
    best = torch.linalg.solve(square, whole.T @ net.scaled(train).double()).float()
    scaled = net.scaled(test)
    variance = (scaled - scaled.mean(0)).square().sum(1).mean()
    made = {"error": net.summed(asked), "refitted": asked @ best[:-1] + best[-1]}
    return {name: (scaled - each).square().sum(1) / variance for name, each in made.items()}
