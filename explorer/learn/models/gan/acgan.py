"""AC-GAN: the discriminator doesn't see the class, it has to name it.

The idea: Odena, Olah and Shlens, "Conditional image synthesis with auxiliary classifier GANs" (ICML 2017,
arXiv:1610.09585), let the discriminator tell real from drawn, L_S (their equation 2), and name the class, L_C (equation
3); it maximises L_S + L_C, the generator L_C - L_S. With lambda the weight of the class,

    discriminator:  L_D - lambda E_(x,y)~P [log C(y | x)]  ( - lambda E_(x,y)~Q [log C(y | x)]  with `on_draws`),
    generator:      L_G - lambda E_(x,y)~Q [log C(y | x)].

Odena et al. train C on draws too; later work leaves that out, since early draws wear wrong labels, and so do Hou et al.
(2022, arXiv:2107.10060, section 2), whose baseline this is by default. They show what the generator's term does at the
best C: it minimises the conditional entropy H_Q(Y | X) (their theorem 1), so pictures that could belong to two classes
are never drawn and the classes grow poorer; `adcgan` mends that.

Good for: draws that a classifier names with certainty. Not for: classes that overlap, or wherever the variety within a
class matters; own items (there is no encoder); several attributes at once (its values share one softmax).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from explorer.core.registry import register
from explorer.learn.models.gan._game import Gan, cross_entropy


@register("models", "acgan")
class ACGAN(Gan):
    """GAN with an auxiliary classifier.

    Args:
        shape, condition, arguments: as in `Gan`.
        on_draws: the classifier also learns from draws, under what was asked of them.
    """

    def __init__(self, shape: Sequence[int], condition: int, *, on_draws: bool = False, **arguments: Any) -> None:
        super().__init__(shape, condition, **arguments)
        self.on_draws = on_draws

    def make_reader(self, features: int, condition: int) -> nn.Module:
        """The classifier's logits, one for each class."""
        return spectral_norm(nn.Linear(features, condition))

    def class_loss(self, real: Tensor, c: Tensor, drawn: Tensor, asked: Tensor) -> Tensor:
        """-log C(y | x) on real pictures, and on draws if so chosen."""
        loss = cross_entropy(self.reader(real), c)
        return loss + cross_entropy(self.reader(drawn), asked) if self.on_draws else loss

    def guidance(self, drawn: Tensor, asked: Tensor) -> Tensor:
        """-log C(y | x) on draws."""
        return cross_entropy(self.reader(drawn), asked)
