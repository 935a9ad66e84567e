"""cGAN: a generator and a discriminator that both see the condition, in its projection form.

The idea: Mirza and Osindero, "Conditional generative adversarial nets" (2014, arXiv:1411.1784), give the class y to
both players, and change the value of the game to their equation 2,

    min_G max_D  E_x [log D(x | y)] + E_z [log(1 - D(G(z | y)))],

so that z holds only what the class leaves open: hold z, turn y. They append y to the discriminator's input, which `joined`
does: a plane for each class beside the picture's own channels. Otherwise it enters as the inner product of Miyato and Koyama,
"cGANs with projection discriminator" (ICLR 2018, arXiv:1802.05637, section 3), the form in which conditional GANs are trained
since:

    D(x, y) = y^T V phi(x) + psi(phi(x)),

under the hinge loss and spectral normalisation instead of the logarithms. A row without a class leaves psi alone: an
unconditional GAN (share `unset` of the training), so one generator draws with and without a class.

Good for: sharp pictures in one pass, several times faster than a posterior's samples; a style that carries over from
class to class. Not for: own items (there is no encoder), densities, or data of a few hundred pictures, which the
discriminator would learn by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from explorer.core.registry import register
from explorer.learn.models.gan._game import Gan
from explorer.learn.models.gan._nets import Trunk


@register("models", "cgan")
class CGAN(Gan):
    """Conditional GAN with a projection discriminator.

    Args:
        shape, condition, arguments: as in `Gan`, of which `class_weight` has no effect.
        joined: the discriminator sees the class as planes beside the picture, as in 2014, and has no projection.
    """

    def __init__(self, shape: Sequence[int], condition: int, *, joined: bool = False, **arguments: Any) -> None:
        self.joined = joined  # `make_reader` asks for it
        super().__init__(shape, condition, **arguments)
        if joined:
            widths, features = arguments.get("critic_widths", (32, 64)), arguments.get("features", 128)
            self.trunk = Trunk((shape[0] + condition, *shape[1:]), widths=tuple(widths), features=features)

    def make_reader(self, features: int, condition: int) -> nn.Module:
        """The embedding V of the classes; nothing where they are `joined` to the picture."""
        return nn.Identity() if self.joined else spectral_norm(nn.Linear(condition, features, bias=False))

    def read(self, x: Tensor, c: Tensor) -> Tensor:
        """x [N, *shape], c [N, C] -> phi(x), or phi(x, y) where the class is `joined`, [N, F]."""
        planes = c[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.trunk(torch.cat([x, planes], 1) if self.joined else x)

    def score(self, phi: Tensor, c: Tensor) -> Tensor:
        """phi [N, F], c [N, C] -> y^T V phi(x) + psi(phi(x)), or psi(phi(x, y)) where the class is `joined`, [N]."""
        real = super().score(phi, c)
        return real if self.joined else (self.reader(c) * phi).sum(1) + real
