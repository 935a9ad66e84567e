"""Measure a checkpoint for its card: every registered lens, on held-out items, deterministic, with counts.

A `Study` holds what the lenses share (held-out items, their posterior means and reconstructions, the training items'
latents), each made once and when first asked for. Lenses are found through the registry, so that a new one is on the
next card unasked.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution

from explorer.box.build.together import together
from explorer.box.checkpoints import Checkpoint
from explorer.core.registry import discover, find
from explorer.learn.data.base import DataSet, Items
from explorer.learn.latents import as_input, encode

HELD_OUT = 3_000
TRAINING = 20_000
QUICK_HELD_OUT = 240
QUICK_TRAINING = 1_200
BATCH = 200
DIGITS = 4


class Study:
    """A checkpoint under measurement; N held-out items, M training items.

    Args:
        checkpoint: anything with `model`, `judge`, `priors` and `card`, as `explorer.box.checkpoints.Checkpoint` has them.
        data: the data set of the checkpoint.
        quick: few items: to see that all works, not to be quoted.
        seed: of every choice that a lens makes.
    """

    def __init__(self, checkpoint: Checkpoint, data: DataSet, quick: bool = False, seed: int = 0) -> None:
        self.checkpoint = checkpoint
        self.model = together(checkpoint.model, data)
        self.judge, self.priors = checkpoint.judge, checkpoint.priors
        self.conditions, self.unasked = checkpoint.card.conditions, checkpoint.card.unasked
        self.encoder = "encode" in self.model.capabilities
        self.data, self.quick, self.seed = data, quick, seed

    def rng(self, name: str) -> np.random.Generator:
        """A lens's own source of chance, whatever the other lenses do."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def count(self, full: int, quick: int) -> int:
        """How many of something: fewer when quick."""
        return quick if self.quick else full

    @cached_property
    def train(self) -> Items:
        """The first M training items."""
        return _take(self.data.load("train"), slice(self.count(TRAINING, QUICK_TRAINING)))

    @cached_property
    def _test(self) -> Items:
        return self.data.load("test")

    @cached_property
    def rows(self) -> np.ndarray:
        """Which rows of the test split are measured, in random order, int64 [N]."""
        return self.rng("rows").permutation(len(self._test))[: self.count(HELD_OUT, QUICK_HELD_OUT)]

    @cached_property
    def test(self) -> Items:
        """The N held-out items."""
        return _take(self._test, self.rows)

    @cached_property
    def x(self) -> Tensor:
        """Held-out items as the model takes them [N, *shape]."""
        return as_input(self.test.x)

    @cached_property
    def c(self) -> Tensor:
        """Their conditions [N, C]."""
        return self.conditions.encode_codes(self.test.codes)

    @cached_property
    def posterior(self) -> tuple[Tensor, Tensor]:
        """Posterior means and variances of the held-out items, each [N, *latent.shape]; draws where there is no encoder."""
        if self.encoder:
            return self.encode(self.x, self.c)
        latents = encode(self.model, self.test, self.conditions)
        return latents.mean, latents.variance

    @property
    def z(self) -> Tensor:
        """Posterior means of the held-out items [N, *latent.shape]."""
        return self.posterior[0]

    @cached_property
    def y(self) -> Tensor:
        """Their reconstructions from the mean [N, *shape]."""
        return self.decode(self.z, self.c)

    @cached_property
    def posterior_train(self) -> tuple[Tensor, Tensor]:
        """Posterior means and variances of the training items, each [M, *latent.shape]."""
        if self.encoder:  # not by `encode` of `latents`, whose reconstructions nobody asks for here
            return self.encode(as_input(self.train.x), self.c_train)
        latents = encode(self.model, self.train, self.conditions)
        return latents.mean, latents.variance

    @property
    def z_train(self) -> Tensor:
        """Posterior means of the training items [M, *latent.shape]."""
        return self.posterior_train[0]

    @cached_property
    def c_train(self) -> Tensor:
        """Conditions of the training items [M, C]."""
        return self.conditions.encode_codes(self.train.codes)

    @torch.inference_mode()
    def encode(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """x [N, *shape], c [N, C] -> posterior means and variances, in batches."""
        parts: list[Distribution] = [self.model.encode(a, b) for a, b in _batches(x, c)]
        return torch.cat([p.mean for p in parts]), torch.cat([p.variance for p in parts])

    @torch.inference_mode()
    def decode(self, z: Tensor, c: Tensor) -> Tensor:
        """z [N, *latent.shape], c [N, C] -> x [N, *shape], in batches."""
        return torch.cat([self.model.decode(a, b) for a, b in _batches(z, c)])

    @torch.inference_mode()
    def embed(self, x: Tensor) -> Tensor:
        """x [N, *shape] -> the judge's features [N, F], in batches."""
        return torch.cat([self.judge.embed(part) for part in x.split(BATCH)])

    @torch.inference_mode()
    def right(self, x: Tensor, c: Tensor) -> Tensor:
        """Does the judge read in x [N, *shape] what c [N, C] asks? bool [N, attributes], in batches."""
        return torch.cat([self.judge.right(a, b) for a, b in _batches(x, c)])


def evaluate(
    checkpoint: Checkpoint,
    data: DataSet | None = None,
    *,
    quick: bool = False,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> dict[str, Any]:
    """All metrics of a checkpoint, as JSON: one entry for each lens that has something to say, and the counts.

    Args:
        checkpoint: see `Study`.
        data: its data set; the one that its card names where none is given.
        quick: few items.
        seed: same seed, same figures.
        progress: called with the share done and a sentence.

    Raises:
        ExplorerError: the data is not at hand.
    """
    study = Study(checkpoint, data or find("data", checkpoint.card.data)(), quick, seed)
    lenses = discover("lenses")
    metrics: dict[str, Any] = {}
    for k, (name, lens) in enumerate(lenses.items()):
        if progress:
            progress(k / len(lenses), f"measuring {lens.title.lower()}")
        card = checkpoint.card
        fits = lens.needs <= set(card.capabilities) and (lens.kinds is None or card.latent.kind in lens.kinds)
        view = find("modalities", card.modality).view
        if fits and (lens.views is None or view in lens.views) and (found := lens().measure(study)):
            metrics[name] = rounded(found)
    return metrics | {"n": {"held_out": len(study.rows), "training": len(study.train)}, "seed": seed, "quick": quick}


def rounded(value: Any, digits: int = DIGITS) -> Any:
    """Numbers within dicts and lists, rounded to so many decimals, as plain Python numbers."""
    if isinstance(value, dict):
        return {k: rounded(v, digits) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v, digits) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return round(value, digits) if isinstance(value, float) else value


def _take(items: Items, rows: Any) -> Items:
    return Items(items.x[rows], items.codes[rows], {name: mask[rows] for name, mask in items.groups.items()})


def _batches(a: Tensor, b: Tensor) -> list[tuple[Tensor, Tensor]]:
    return list(zip(a.split(BATCH), b.split(BATCH), strict=True))
