"""The game that all families of this gallery play; a family states what its discriminator knows of the class.

Hinge losses (Lim and Ye 2017, "Geometric GAN"; Miyato et al. 2018, equations 16 and 17):

    L_D = E_(x,y)~P max(0, 1 - D(x, y)) + E_(x,y)~Q max(0, 1 + D(x, y)) + class weight * what the family adds,
    L_G = -E_(x,y)~Q D(x, y) + class weight * what the family adds,

with P the data, Q the generator's draws under the data's own conditions, one step each in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model
from explorer.learn.models.gan._nets import POOLED, Generator, Trunk


class Gan(Model):
    """Base of the conditional GANs: one generator, one discriminator of the same make, and the training of both.

    Args:
        shape: (channels, height, width) of a picture; both sides multiples of four.
        condition: C, the width of a condition vector; at most one categorical attribute, whose values share it.
        latent: numbers in z.
        widths: channels of the generator's coarse and fine level.
        critic_widths: channels of the discriminator's fine and coarse levels.
        hidden: width of the context that steers the generator.
        features: F, numbers in the discriminator's last layer, phi(x).
        class_weight: lambda, what the family's terms weigh beside the game's.
        critic_rate: the discriminator's learning rate beside the generator's (Heusel et al. 2017, section 2).

    Raises:
        ValueError: a side of the picture is no multiple of four.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"blend", "unset", "features"})
    listens: ClassVar[frozenset[str]] = frozenset({"decode"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 64,
        widths: Sequence[int] = (64, 32),
        critic_widths: Sequence[int] = (32, 64),
        hidden: int = 128,
        features: int = 128,
        class_weight: float = 1.0,
        critic_rate: float = 2.0,
    ) -> None:
        super().__init__()
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        self.condition, self.class_weight, self.critic_rate = condition, class_weight, critic_rate
        self.generator = Generator(shape, condition=condition, latent=latent, widths=tuple(widths), hidden=hidden)
        self.trunk = Trunk(shape, widths=tuple(critic_widths), features=features)
        self.realness = spectral_norm(nn.Linear(features, 1))
        self.reader = self.make_reader(features, condition)

    # -- what a family states

    def make_reader(self, features: int, condition: int) -> nn.Module:
        """The part of the discriminator that knows of the class; takes phi(x) [N, F]."""
        raise NotImplementedError

    def read(self, x: Tensor, c: Tensor) -> Tensor:
        """x [N, *shape], c [N, C] -> phi(x) [N, F]; the class is not looked at unless the family says otherwise."""
        return self.trunk(x)

    def score(self, phi: Tensor, c: Tensor) -> Tensor:
        """phi(x) [N, F], c [N, C] -> D(x, y) [N]; without a class unless the family says otherwise."""
        return self.realness(phi).squeeze(1)

    def class_loss(self, real: Tensor, c: Tensor, drawn: Tensor, asked: Tensor) -> Tensor | None:
        """What the discriminator learns of the class; phi of real pictures and of draws [N, F], their conditions [N, C]."""
        return None

    def guidance(self, drawn: Tensor, asked: Tensor) -> Tensor | None:
        """What the generator is told of the class; phi of draws [N, F] and what was asked [N, C]."""
        return None

    # -- the contract of a model

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, *shape] in [0, 1]."""
        return self.generator(z, self._given(c, z))

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, 16 fine], the generator's last layer, averaged over 4x4 fields."""
        inner = self.generator.inner(z, self._given(c, z)).float()
        return F.adaptive_avg_pool2d(inner, POOLED).flatten(1)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> both players' terms, and `loss`, their sum.

        The sum is a figure to watch; `training_step` plays the game, in which each player minimises its own.
        """
        c = self._given(c, x)
        drawn = self.decode(self._noise(x), c)
        critic, generator = self.critic_terms(x, c, drawn.detach()), self.generator_terms(drawn, c)
        return {"loss": sum(critic.values()) + sum(generator.values()), **critic, **generator}

    # -- the game

    def critic_terms(self, x: Tensor, c: Tensor, drawn: Tensor) -> dict[str, Tensor]:
        """Real x and draws, both [N, *shape], under the same c [N, C] -> the terms of L_D, weighted."""
        # One pass for both: without batch statistics in the trunk, nothing passes from one to the other.
        asked = torch.cat([c, c])
        phi = self.read(torch.cat([x, drawn]), asked)
        score = self.score(phi, asked).float()
        real, fake = phi.float().chunk(2)
        terms = {"critic": (1 - score[: len(x)]).relu().mean() + (1 + score[len(x) :]).relu().mean()}
        added = self.class_loss(real, c, fake, c)
        return terms if added is None else terms | {"critic_class": self.class_weight * added}

    def generator_terms(self, drawn: Tensor, c: Tensor) -> dict[str, Tensor]:
        """Draws [N, *shape] under c [N, C] -> the terms of L_G, weighted."""
        phi = self.read(drawn, c)
        terms = {"generator": -self.score(phi, c).float().mean()}
        added = self.guidance(phi.float(), c)
        return terms if added is None else terms | {"generator_class": self.class_weight * added}

    def make_optimisers(self, rate: float, weight_decay: float) -> list[torch.optim.Optimizer]:
        """One for the generator, one for the discriminator, without momentum (Miyato et al. 2018, section 4)."""
        common = {"betas": (0.0, 0.99), "weight_decay": weight_decay, "fused": True}
        players = [(self.generator.parameters(), 1.0), (self._critic(), self.critic_rate)]
        return [torch.optim.AdamW(list(own), rate * scale, **common) for own, scale in players]

    def training_step(self, batch: tuple[Tensor, Tensor], fabric: Any, optimisers: list[Any]) -> dict[str, Tensor]:
        """One step of the discriminator, then one of the generator, on x [N, *shape] and c [N, C].

        Returns:
            The terms of both, detached.
        """
        (x, c), (of_generator, of_critic) = batch, optimisers
        with fabric.autocast():
            c = self._given(c, x)
            with torch.no_grad():
                drawn = self.decode(self._noise(x), c)
            critic = self.critic_terms(x, c, drawn)
        of_critic.zero_grad()
        fabric.backward(sum(critic.values()))
        of_critic.step()
        self._watch(False)  # its gradients are not wanted now, and would take a sixth of the step
        with fabric.autocast():
            generator = self.generator_terms(self.decode(self._noise(x), c), c)
        of_generator.zero_grad()
        fabric.backward(sum(generator.values()))
        of_generator.step()
        self._watch(True)
        return {name: term.detach() for name, term in (critic | generator).items()}

    def _critic(self) -> Iterator[nn.Parameter]:
        for part in (self.trunk, self.realness, self.reader):
            yield from part.parameters()

    def _watch(self, on: bool) -> None:
        for parameter in self._critic():
            parameter.requires_grad_(on)

    def _noise(self, like: Tensor) -> Tensor:
        return torch.randn(len(like), *self.latent.shape, device=like.device)

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), self.condition) if c is None else c


def cross_entropy(logits: Tensor, c: Tensor) -> Tensor:
    """Logits [N, K] and one-hot or blended c [N, K] -> mean of -log p(c) over the rows that are set.

    A row without a class has nothing to learn from, and counts neither above nor below the line.
    """
    return -(c * logits.log_softmax(1)).sum() / c.sum().clamp(min=1)
