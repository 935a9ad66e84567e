"""ADC-GAN: the classifier names the class and, in the same breath, whether the picture is real.

The idea: Hou, Cao, Shen, Pan, Li and Cheng, "Conditional GANs with auxiliary discriminative classifier" (ICML 2022,
arXiv:2107.10060). AC-GAN's classifier knows nothing of the generator and leads it to pictures that are easy to name.
Here it has 2K answers, "a real y" (y+) and "a drawn y" (y-), which share one softmax (their section 3),

    C(y+ | x) = exp(v+_y phi(x)) / sum_k [exp(v+_k phi(x)) + exp(v-_k phi(x))],   C(y- | x) likewise,

and the generator moves from the drawn y to the real one:

    discriminator:  L_D - lambda ( E_(x,y)~P [log C(y+ | x)] + E_(x,y)~Q [log C(y- | x)] ),
    generator:      L_G - lambda ( E_(x,y)~Q [log C(y+ | x)] - E_(x,y)~Q [log C(y- | x)] ).

At the best C the generator's term is the divergence KL(Q(x, y) || P(x, y)) of the joint distributions (theorem 2): the
term that drives AC-GAN's classes to be unmistakable, and poor, is gone.

Good for: classes that overlap, with their whole variety. Not for: draws that must be named with certainty (where real
items are ambiguous, so are these: see `acgan`); own items (there is no encoder); several attributes at once.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from explorer.core.registry import register
from explorer.learn.models.gan._game import Gan, cross_entropy


@register("models", "adcgan")
class ADCGAN(Gan):
    """GAN with an auxiliary discriminative classifier; arguments as in `Gan`."""

    def make_reader(self, features: int, condition: int) -> nn.Module:
        """The logits of "a real y" for each class, then those of "a drawn y"."""
        return spectral_norm(nn.Linear(features, 2 * condition))

    def class_loss(self, real: Tensor, c: Tensor, drawn: Tensor, asked: Tensor) -> Tensor:
        """-log C(y+ | x) on real pictures, -log C(y- | x) on draws."""
        none = torch.zeros_like(c)
        return cross_entropy(self.reader(real), torch.cat([c, none], 1)) + cross_entropy(
            self.reader(drawn), torch.cat([none, asked], 1)
        )

    def guidance(self, drawn: Tensor, asked: Tensor) -> Tensor:
        """-log C(y+ | x) + log C(y- | x) on draws."""
        logits, none = self.reader(drawn), torch.zeros_like(asked)
        return cross_entropy(logits, torch.cat([asked, none], 1)) - cross_entropy(logits, torch.cat([none, asked], 1))
