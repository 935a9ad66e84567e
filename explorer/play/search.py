"""The latent of a person's own item where a model has no encoder: found by search (Zhu et al. 2016, arXiv:1609.03552, section 3).

Draws from the prior are compared with the item, and the nearest few are moved downhill together. Near means: as near in pixels
as the draws are in the mean, and as near to the data set's judge, in equal parts, since pixels alone reward blur. The number of
steps is fixed, and the seed, so that the same item is found at the same place.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from explorer.core.schema import Card
from explorer.learn.models.base import Model
from explorer.learn.models.judge import Judge
from explorer.learn.priors.base import Prior

DRAWS, KEPT, STEPS = 48, 6, 120
RATE = 0.1  # of the draws' spread
HELD = 1e-3  # of the squared distance from the draws' mean, in their spread


def possible(card: Card) -> bool:
    """Can a latent of this model be moved a little?"""
    return card.latent.kind == "vector"


def found(model: Model, prior: Prior, judge: Judge | None, x: Tensor, c: Tensor) -> Tensor:
    """The latent whose decoding comes nearest to an item.

    Args:
        model: its decoder is differentiable.
        prior: that the search begins with.
        judge: of the data set, if there is one.
        x: float32 [*shape].
        c: the condition, float32 [C].

    Returns:
        float32 [*latent.shape].
    """
    with torch.inference_mode(False), torch.enable_grad():
        x, c = x.clone(), c.clone()
        start = prior.draws(c, seed=0, count=DRAWS).clone()
        middle, spread = start.mean(0), start.std(0).clamp(min=1e-4)
        like = judge.embed(x[None]).detach() if judge else None

        def apart(z: Tensor) -> tuple[Tensor, Tensor | None]:
            y = model.decode(z, c.expand(len(z), -1))
            seen = (judge.embed(y) - like).square().flatten(1).mean(1) if judge else None
            return (y - x).square().flatten(1).mean(1), seen

        with torch.no_grad():
            usual = [None if one is None else one.mean().clamp(min=1e-8) for one in apart(start)]
        gap = lambda z: sum(one / u for one, u in zip(apart(z), usual, strict=True) if one is not None)  # noqa: E731
        with torch.no_grad():
            nearest = gap(start).topk(KEPT, largest=False).indices
        move = ((start[nearest] - middle) / spread).detach().requires_grad_()
        downhill(
            move,
            lambda m: (gap(middle + spread * m) + HELD * m.square().flatten(1).sum(1)).sum(),
            steps=STEPS,
            rate=RATE,
        )
        with torch.no_grad():
            z = middle + spread * move
            return z[gap(z).argmin()].detach()


def downhill(
    move: Tensor, loss: Callable[[Tensor], Tensor], *, steps: int, rate: float, over: Callable[[], bool] = lambda: False
) -> None:
    """Change `move`, which takes a gradient, in steps of Adam (Kingma and Ba 2015) that end on half a cosine.

    Args:
        move: a leaf, any shape.
        loss: of it, a scalar.
        steps: at most.
        rate: of the first step.
        over: asked after each step, whether those so far must do.
    """
    optimiser = torch.optim.Adam([move], rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        (move.grad,) = torch.autograd.grad(loss(move), move)
        optimiser.step()
        schedule.step()
        if over():
            break
