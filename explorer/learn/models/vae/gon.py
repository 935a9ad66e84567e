"""GON: a generative model without an encoder; an item's latent is one step down the gradient, taken from the origin.

The idea: ask the decoder for what it makes of the zero vector, and see how that vector would have to change for the item to
come out. That gradient is the item's latent. Bond-Taylor and Willcocks, "Gradient origin networks" (ICLR 2021,
arXiv:2007.02798), section 3:

    z = -grad_{z0} L(x, F(z0)),  z0 = 0,         training:  min_F  L(x, F(-grad_{z0} L(x, F(z0)))),

empirical Bayes, after which the mean of a posterior is seen from the score at one point. F learns through its own gradient to
have a useful one at the origin. Here F is their implicit network: it takes a spot of the picture beside z and gives the value
there, through layers of sines (`_siren`), so that one latent can be drawn at any resolution. The condition enters beside z, in
both passes.

L is the squared error summed over a picture; they divide by the batch, which makes the step's length depend on its size, and
here the length is `step`, whatever the batch. A training step looks at every second pixel in each direction, from a corner
drawn anew each time, which takes a quarter of the time; encoding looks at all pixels.

`siren-ae` is the baseline that the paper means by an autoencoder with twice the parameters: the same decoder, and an encoder
of as many weights.

Good for: small pictures and functions over space, decoding at any resolution, few parameters. Not for: speed on
large pictures (each pixel is a pass through the network), or sampling without a prior fitted to its latents afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.vae._siren import Siren, grid


class Implicit(Model):
    """A decoder that gives the value at any spot of a picture.

    Args:
        shape: (channels, height, width) of a picture.
        condition: C, the width of a condition vector.
        latent: numbers in z.
        hidden: units in each layer of sines.
        depth: layers of sines.
        stride: of the pixels, down and across, that a training step looks at.
    """

    def __init__(
        self, shape: Sequence[int], condition: int, *, latent: int, hidden: int, depth: int, stride: int
    ) -> None:
        super().__init__()
        self.shape, self.condition, self.stride = tuple(shape), condition, stride
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        self.decoder = Siren(latent + condition, hidden, depth, shape[0])
        self.register_buffer("spots", grid(shape[1:]), persistent=False)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, *shape] in [0, 1]."""
        return self._picture(self.decoder(self.spots, self._context(z, c)), self.shape[1:])

    def draw(self, z: Tensor, c: Tensor | None, sides: Sequence[int]) -> Tensor:
        """z [N, latent], c [N, C] -> the same pictures with (height, width) pixels: capability `resolution`."""
        return self._picture(self.decoder(grid(sides).to(z), self._context(z, c)), sides)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, hidden], the last layer of sines averaged over the picture."""
        return self.decoder.hidden(self.spots, self._context(z, c))[-1].sin().mean(1).float()

    def _context(self, z: Tensor, c: Tensor | None) -> Tensor:
        return torch.cat([z, z.new_zeros(len(z), self.condition) if c is None else c], 1)

    def _picture(self, values: Tensor, sides: Sequence[int]) -> Tensor:
        return values.float().clamp(0, 1).transpose(1, 2).unflatten(2, tuple(sides))

    def _loss(self, values: Tensor, spots: Tensor, z: Tensor, c: Tensor | None) -> dict[str, Tensor]:
        """`loss`, the squared error at the pixels looked at, as that of a whole picture."""
        error = (self.decoder(spots, self._context(z, c)) - values).float().square()
        return {"loss": self.stride**2 * error.flatten(1).sum(1).mean()}

    def _looked_at(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x [N, *shape] -> values [N, P, channels] and spots [P, 2] of every `stride`-th pixel, from a corner by chance."""
        down, across = (int(k) for k in torch.randint(self.stride, (2,)))
        values = x[:, :, down :: self.stride, across :: self.stride].flatten(2).transpose(1, 2)
        spots = self.spots.unflatten(0, self.shape[1:])[down :: self.stride, across :: self.stride].flatten(0, 1)
        return values, spots


@register("models", "gon")
class GON(Implicit):
    """Gradient origin network with an implicit decoder.

    Args:
        shape, condition, latent, hidden, depth, stride: see `Implicit`.
        step: length of the step from the origin, in units of the gradient.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"encode", "blend", "unset", "features", "exact", "origin", "resolution"}
    )

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 32,
        hidden: int = 64,
        depth: int = 4,
        stride: int = 2,
        step: float = 0.1,
    ) -> None:
        super().__init__(shape, condition, latent=latent, hidden=hidden, depth=depth, stride=stride)
        self.step = step

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> a point mass over z [N, latent], one gradient step from the origin."""
        return PointMass(self._step(x.flatten(2).transpose(1, 2), self.spots, c).float())

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> `loss`, the squared error summed over each picture, after the step."""
        values, spots = self._looked_at(x)
        return self._loss(values, spots, self._step(values, spots, c), c)

    def _step(self, values: Tensor, spots: Tensor, c: Tensor | None) -> Tensor:
        origin = values.new_zeros(len(values), *self.latent.shape)
        whole = len(self.spots) / len(spots)
        return -self.step * whole * self.decoder.gradient(spots, self._context(origin, c), values)[:, : origin.shape[1]]


@register("models", "siren-ae")
class SirenAE(Implicit):
    """An autoencoder with the decoder of `GON`, and an encoder of strided convolutions.

    Args:
        shape, condition, latent, hidden, depth, stride: see `Implicit`.
        width: channels of the encoder's first layer; the second has twice as many.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "blend", "unset", "features", "exact", "resolution"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 32,
        hidden: int = 64,
        depth: int = 4,
        stride: int = 2,
        width: int = 5,
    ) -> None:
        super().__init__(shape, condition, latent=latent, hidden=hidden, depth=depth, stride=stride)
        sides = [-(-side // 4) for side in shape[1:]]
        self.encoder = nn.Sequential(
            nn.Conv2d(shape[0], width, 3, 2, padding=1), nn.SiLU(),
            nn.Conv2d(width, 2 * width, 3, 2, padding=1), nn.SiLU(), nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Linear(2 * width * sides[0] * sides[1] + condition, latent)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> a point mass over z [N, latent]."""
        return PointMass(self.head(self._context(self.encoder(x), c)).float())

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> `loss`, the squared error summed over each picture."""
        values, spots = self._looked_at(x)
        return self._loss(values, spots, self.encode(x, c).mean, c)
