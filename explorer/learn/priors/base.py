"""The contract of a prior: how latents are drawn, for any model of a matching latent kind.

A prior is fitted to the latents of real items (the *aggregate posterior*; Hoffman and Johnson 2016, "ELBO surgery";
Tomczak and Welling 2018, arXiv:1705.07120) and knows nothing of the model. Its whole state lies in tensors, so that a
checkpoint stores it as `<prior>.<tensor>` in `prior.safetensors` and `from_tensors` needs their shapes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

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
