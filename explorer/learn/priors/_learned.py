"""What the priors that are trained by gradient descent share: standardised latents, conditions with gaps, one short training."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from explorer.core.schema import ExplorerError, Schema
from explorer.learn.priors.base import Prior

STEPS, BATCH, PASSES = 1000, 256, 120  # training ends at whichever comes first: so many steps, or passes over the items
RATE, DECAY = 2e-3, 1e-4
DROPPED = 0.1  # share of the items of which nothing is told, and as many of which each attribute is told by chance
KEPT_OUT, ITEMS_MAX = 0.1, 20_000
LOOKS = 8  # how often the items kept out are asked
SLIGHTEST = 1e-3  # a dimension in which latents hardly move is not blown up further than this share of the usual


class Trained(Prior):
    """Base of the priors that are networks over standardised latents.

    Args:
        size: D, numbers in a latent.
        condition: C.
    """

    def __init__(self, size: int, condition: int) -> None:
        super().__init__()
        self.condition = condition
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("spread", torch.ones(size))

    def drawn(self, condition: int) -> tuple[int, ...]:
        """See `Prior.drawn`; known without a draw, so that opening a checkpoint doesn't wait for the libraries of one."""
        if condition != self.condition:
            raise ExplorerError(f"The prior {self.name!r} was fitted under other conditions.", "checkpoint")
        return tuple(self.centre.shape)

    def standardise(self, z: Tensor) -> None:
        """Take centre and spread from latents z [N, D]."""
        self.centre = z.mean(0)
        spread = z.std(0)
        self.spread = spread.clamp(min=max(SLIGHTEST * spread.mean().item(), 1e-6))


def trained(
    make: Callable[[], Trained],
    loss: Callable[[Trained, Tensor, Tensor], Tensor],
    z: Tensor,
    c: Tensor,
    *,
    seed: int,
    conditions: Schema | None,
    steps: int = STEPS,
    passes: int = PASSES,
) -> Trained:
    """Latents z [N, D] under c [N, C] -> what `make` makes, trained on them, at its best on items kept out; deterministic.

    Args:
        make: the untrained network.
        loss: of the network, standardised latents [n, D] and conditions [n, C] -> a mean to minimise; may draw noise.
        z, c: latents and conditions.
        seed: of first weights, order and noise.
        conditions: where each attribute lies in c.
        steps, passes: of training, and over the items, at most.
    """
    with torch.random.fork_rng(devices=[]), torch.enable_grad(), torch.inference_mode(False):
        torch.manual_seed(seed)
        z, c = z.detach().clone().float(), c.detach().clone().float()
        order = torch.randperm(len(z))[:ITEMS_MAX]
        kept = max(1, int(KEPT_OUT * len(order)))
        network = make()
        network.standardise(z[order[kept:]])
        z, c = (z[order] - network.centre) / network.spread, c[order]
        steps = max(1, min(steps, passes * (len(z) - kept) // BATCH))
        optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.1)
        best, best_loss = None, math.inf
        for step in range(1, steps + 1):
            rows = kept + torch.randint(len(z) - kept, (min(BATCH, len(z) - kept),))
            found = loss(network, z[rows], untold(c[rows], conditions))
            optimiser.zero_grad()
            found.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            if step % max(1, steps // LOOKS) == 0 or step == steps:
                held_out = _held_out(network.eval(), loss, z[:kept], c[:kept], seed)
                network.train()
                if held_out < best_loss:
                    best, best_loss = copy.deepcopy(network.state_dict()), held_out
        if best is not None:
            network.load_state_dict(best)
    return network.eval().requires_grad_(False)


@torch.no_grad()
def _held_out(network: Trained, loss: Callable[..., Tensor], z: Tensor, c: Tensor, seed: int) -> float:
    """The loss on items kept out, under the same noise each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return loss(network, z, c).item()


def untold(c: Tensor, conditions: Schema | None) -> Tensor:
    """Conditions [N, C], of some of which nothing is told, and of some only a part: what a person leaves open."""
    out = c.clone()
    chance = torch.rand(len(c))
    out[chance < DROPPED] = 0
    for where in conditions.slices.values() if conditions else ():
        out[(chance > 1 - DROPPED) & (torch.rand(len(c)) < 0.5), where] = 0
    return out


def told(c: Tensor | None, width: int) -> Tensor:
    """A condition as it is, or one row in which nothing is set, [N, C]."""
    return torch.zeros(1, width) if c is None else c
