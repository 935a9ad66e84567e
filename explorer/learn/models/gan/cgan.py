"""cGAN: a generator and a discriminator that both see the condition, in its projection form.

The idea: Mirza and Osindero, "Conditional generative adversarial nets" (2014, arXiv:1411.1784), give the class y to
both players, and change the value of the game to their equation 2,

    min_G max_D  E_x [log D(x | y)] + E_z [log(1 - D(G(z | y)))],

so that z holds only what the class leaves open: hold z, turn y. They append y to the discriminator's input. Here it
enters as the inner product of Miyato and Koyama, "cGANs with projection discriminator" (ICLR 2018, arXiv:1802.05637,
section 3), the form in which conditional GANs are trained since:

    D(x, y) = y^T V phi(x) + psi(phi(x)),

under the hinge loss and spectral normalisation instead of the logarithms. A row without a class leaves psi alone: an
unconditional GAN (share `unset` of the training), so one generator draws with and without a class.

Good for: sharp pictures in one pass, several times faster than a posterior's samples; a style that carries over from
class to class. Not for: own items (there is no encoder), densities, or data of a few hundred pictures, which the
discriminator would learn by heart.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from explorer.core.registry import register
from explorer.learn.models.gan._game import Gan


@register("models", "cgan")
class CGAN(Gan):
    """Conditional GAN with a projection discriminator; arguments as in `Gan`, of which `class_weight` has no effect."""

    def make_reader(self, features: int, condition: int) -> nn.Module:
        """The embedding V of the classes."""
        return spectral_norm(nn.Linear(condition, features, bias=False))

    def score(self, phi: Tensor, c: Tensor) -> Tensor:
        """phi(x) [N, F], c [N, C] -> y^T V phi(x) + psi(phi(x)), [N]."""
        return (self.reader(c) * phi).sum(1) + super().score(phi, c)
