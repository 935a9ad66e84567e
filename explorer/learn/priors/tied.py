"""A mixture of Gaussians over one block of a latent that repeats it: the style that all layers of a generator share.

Where an encoder gives the same style to each of a generator's layers, its latents fill a thin sheet of their space, on which
a density over all numbers would spread noise that no layer ever heard. So the smallest repeated block is found, the mixture
of `mixture.py` is fitted to it, and each draw is repeated. Of latents that repeat nothing it is the plain mixture, which
then is the better choice, since the page draws from that one by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import torch
from torch import Tensor
from torch.distributions import Distribution

from explorer.core.registry import register
from explorer.core.schema import Schema
from explorer.learn.priors.base import Prior
from explorer.learn.priors.mixture import Mixture


def repeats(z: Tensor) -> int:
    """How often latents z [N, D] repeat their smallest block, up to a thousandth of their spread; 1 where they don't."""
    size, reach = z.shape[1], 1e-3 * z.std(0).mean()
    for block in range(1, size):
        if size % block == 0 and (z[:, block:] - z[:, :-block]).abs().max() <= reach:
            return size // block
    return 1


class Tiled(Distribution):
    """Draws of a distribution over blocks, each repeated; a density is that of the mean block."""

    def __init__(self, blocks: Distribution, copies: int) -> None:
        self.blocks, self.copies = blocks, copies
        size = blocks.event_shape[0] * copies
        super().__init__(blocks.batch_shape, torch.Size([size]), validate_args=False)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """[*sample_shape, N, D]."""
        block = self.blocks.sample(torch.Size(sample_shape))
        return block.repeat(*[1] * (block.dim() - 1), self.copies)

    def log_prob(self, value: Tensor) -> Tensor:
        """value [*, N, D] -> in nats, over a block [*, N]."""
        return self.blocks.log_prob(value.unflatten(-1, (self.copies, -1)).mean(-2))


@register("priors", "tied")
class Tied(Prior):
    """A mixture over a block that is repeated.

    Args:
        mixture: over the block.
        copies: how often it is repeated.
    """

    title = "Fitted mixture"
    sentence = (
        "Draws where real items lie: a mixture of Gaussians fitted to their styles; all layers hear the same one."
    )
    order = 11

    def __init__(self, mixture: Mixture, copies: int) -> None:
        super().__init__()
        self.mixture = mixture
        self.register_buffer("copies", torch.tensor(float(copies)))

    @classmethod
    def fit(cls, z: Tensor, c: Tensor, *, seed: int = 0, conditions: Schema | None = None) -> Self:
        """See `Prior.fit`."""
        copies = repeats(z)
        mixture = Mixture.fit(z[:, : z.shape[1] // copies], c, seed=seed, conditions=conditions)
        return cls(mixture, copies).eval()

    def distribution(self, c: Tensor | None = None) -> Distribution:
        """See `Prior.distribution`."""
        return Tiled(self.mixture.distribution(c), int(self.copies))

    def draw(self, c: Tensor | None, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """See `Prior.draw`."""
        return self.mixture.draw(c, seed, draw, temperature).repeat(int(self.copies))

    @classmethod
    def _empty(cls, tensors: Mapping[str, Tensor]) -> Self:
        inner = {name.removeprefix("mixture."): t for name, t in tensors.items() if name != "copies"}
        return cls(Mixture._empty(inner), int(tensors["copies"]))
