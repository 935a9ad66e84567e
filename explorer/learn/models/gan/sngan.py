"""SN-GAN: a plain generative adversarial network, without any condition.

The idea: Goodfellow et al., "Generative adversarial nets" (NeurIPS 2014): a generator draws, a discriminator tells its draws
from real items, and each learns from the other. Here in the form of Miyato, Kataoka, Koyama and Yoshida, "Spectral
normalization for generative adversarial networks" (ICLR 2018, arXiv:1802.05957): every weight of the discriminator is divided
by its largest singular value (equation 8), and the losses are hinges (equations 16 and 17). It is the game of this gallery's
conditional families with nobody watching the class, and the ground for plug-ins that bring a condition along (`tr0n`).

Good for: sharp pictures in one pass, where no labels are at hand. Not for: asking for anything (see `cgan`, or the plug-in
`tr0n`), own items (there is no encoder), or densities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from explorer.core.registry import register
from explorer.learn.models.gan._game import Gan


@register("models", "sngan")
class SNGAN(Gan):
    """Unconditional GAN; arguments as in `Gan`, of which `condition` and `class_weight` have no effect."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"features"})
    listens: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, shape: Sequence[int], condition: int = 0, **arguments: Any) -> None:
        super().__init__(shape, 0, **arguments)

    def make_reader(self, features: int, condition: int) -> nn.Module:
        """Nobody reads the class."""
        return nn.Identity()

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), 0)
