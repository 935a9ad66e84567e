"""The contract of a prior: how latents are drawn, for any model of a matching latent kind.

A prior is fitted to the latents of real items (the *aggregate posterior*; Hoffman and Johnson 2016, "ELBO surgery";
Tomczak and Welling 2018, arXiv:1705.07120) and knows nothing of the model. Its whole state lies in tensors, so that a
checkpoint stores it as `<prior>.<tensor>` in `prior.safetensors` and `from_tensors` needs their shapes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.core.schema import ExplorerError, Schema


class Prior(nn.Module):
    """Base of all priors.

    Class attributes:
        title, sentence: what the page calls it, and what it does in one sentence.
        kinds: the kinds of latent that it takes.
        portable: `assets/js/engine/priors.js` draws from it too, so that it runs in a page without a server.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    kinds: ClassVar[frozenset[str]] = frozenset({"vector"})
    portable: ClassVar[bool] = False

    @classmethod
    def fit(cls, z: Tensor, c: Tensor, *, seed: int = 0, conditions: Schema | None = None) -> Self:
        """Latents of real items z [N, *latent] and their conditions c [N, C] -> a fitted prior; deterministic.

        `conditions` says which columns of c are continuous; without it all are taken as weights of named values.
        """
        raise NotImplementedError

    def distribution(self, c: Tensor | None = None) -> Distribution:
        """c [N, C] (None: one row with nothing set) -> distribution over z, batch shape [N], event shape [*latent]."""
        raise NotImplementedError

    def draw(self, c: Tensor | None, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """Draw number `draw` of a seed under one condition c [C] -> z [*latent].

        The same (c, seed, draw, temperature) gives the same z, alone or among others. The noise depends on (seed, draw)
        alone, so that a slightly different condition or temperature gives a slightly different z. A temperature of 0 is
        the most typical draw there is, 1 the prior itself, and above 1 the draws become more unusual.
        """
        raise NotImplementedError

    def draws(self, c: Tensor | None, seed: int, count: int, temperature: float = 1.0) -> Tensor:
        """The first `count` draws of a seed: c [C] for all, or [count, C], one for each -> z [count, *latent]."""
        rows = [c] * count if c is None or c.dim() == 1 else list(c)
        return torch.stack([self.draw(rows[k], seed, k, temperature) for k in range(count)])

    def drawn(self, condition: int) -> tuple[int, ...]:
        """The shape of what is drawn under a condition of so many numbers, seen from a draw."""
        with torch.random.fork_rng(devices=[]):
            return tuple(self.draw(torch.zeros(condition), seed=0).shape)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Self:
        """The inverse of `state_dict()`: names and shapes alone decide how it is built.

        Raises:
            ExplorerError: a tensor is missing, unknown, of a wrong shape, or not finite.
        """
        try:
            prior = cls._empty(tensors)
            prior.load_state_dict({k: v.float() for k, v in tensors.items()})
        except (KeyError, IndexError, ValueError, TypeError, RuntimeError):
            raise ExplorerError(f"The tensors of the prior {cls.name!r} don't fit together.", "checkpoint") from None
        if not all(v.isfinite().all() for v in prior.state_dict().values()):
            raise ExplorerError(f"The prior {cls.name!r} holds a number that isn't finite.", "checkpoint")
        return prior.eval().requires_grad_(False)

    @classmethod
    def _empty(cls, tensors: Mapping[str, Tensor]) -> Self:
        """An unfitted prior whose tensors have the shapes of these."""
        raise NotImplementedError


# Threefry-2x32 with 20 rounds, the counter-based generator of Salmon, Moraes, Dror and Shaw 2011, "Parallel random
# numbers: as easy as 1, 2, 3", section 4: additions, rotations and exclusive ors of 32-bit words, so that
# `assets/js/engine/noise.js` gives the very same numbers.
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def words(key: tuple[int, int], counter: np.ndarray, stream: int) -> tuple[np.ndarray, np.ndarray]:
    """Key (two words) and counters (n words, with one for the stream) -> two arrays of n random words, uint32."""
    keys = [np.uint32(key[0]), np.uint32(key[1]), np.uint32(key[0] ^ key[1] ^ _PARITY)]
    a = counter.astype(np.uint32) + keys[0]
    b = np.full_like(a, stream) + keys[1]
    for turn in range(5):
        for rotation in _ROTATIONS[turn % 2]:
            a = a + b
            b = ((b << np.uint32(rotation)) | (b >> np.uint32(32 - rotation))) ^ a
        a = a + keys[(turn + 1) % 3]
        b = b + keys[(turn + 2) % 3] + np.uint32(turn + 1)
    return a, b


def uniform(seed: int, draw: int, count: int, stream: int = 0) -> np.ndarray:
    """Uniform numbers strictly between 0 and 1, float64 [count]; (seed, draw, stream) names them, each independent."""
    pairs = words((seed, draw), np.arange((count + 1) // 2), stream)
    return (np.stack(pairs, 1).reshape(-1)[:count].astype(np.float64) + 0.5) / 2**32


def normal(seed: int, draw: int, count: int, stream: int = 0) -> Tensor:
    """Standard normal numbers, float32 [count], from uniform ones by pairs (Box and Muller 1958); see `uniform`."""
    first, second = uniform(seed, draw, count + count % 2, stream).reshape(-1, 2).T
    radius, angle = np.sqrt(-2 * np.log(first)), 2 * np.pi * second
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return torch.from_numpy(pairs.reshape(-1)[:count].astype(np.float32))
