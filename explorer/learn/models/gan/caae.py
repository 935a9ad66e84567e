"""CAAE: an autoencoder of faces whose codes fill a cube and whose decoder is told the age, held by two adversaries.

The idea: an encoder E maps a face to its personality z, and a generator G draws z at whatever age l it is told; learned
from single pictures, since nobody has the same person at all ages. A discriminator D_z compares z with draws of the uniform
law on a cube, so that codes lie close and every walk between them stays on faces; a second one, D_img, compares
pictures, each beside its label, so that faces look real and of their age. Zhang, Song and Qi, "Age progression/regression
by conditional adversarial autoencoder" (CVPR 2017, arXiv:1702.08423), equations 4 to 6:

    min_{E,G} max_{D_z,D_img}  lambda |x - G(E(x), l)|^2 + gamma TV(G(E(x), l))
        + E_{z* ~ U(-1,1)} [log D_z(z*)] + E_x [log(1 - D_z(E(x)))]
        + E_{x,l} [log D_img(x, l)] + E_{x,l} [log(1 - D_img(G(E(x), l), l))],

with squares averaged over the numbers of a picture, and TV half the mean squared difference of neighbours, down and across.
(The paper's lambda = 100 and gamma = 10 weigh norms of whole pictures; of averages they would be a small part of that, and
the discriminators would paint their own patterns. So both are greater here.) E and G ascend log D instead of descending
log(1 - D), as GANs do since Goodfellow et al. (2014, section 3), whose gradient doesn't vanish where a discriminator is sure.

l is not age alone here but all conditions, continuous ones as they are. The paper repeats l until it is about as long as z;
here it is made `label_gain` times as large instead, and enters at each normalisation of G: a label that is hard to overhear
is learned from first, and z is left to those things that it doesn't say. D_img takes the label in after its first layer,
as in the paper, and is normalised spectrally rather than by batches. Nothing in the objective forbids z to hold the age: what
keeps it out is that z is short, and that l comes for free. E is not told l.

Good for: attribute strips from one picture whose own attributes nobody knows, smooth walks through faces. Not for: exact
reconstruction (z is short, and two adversaries pull), densities, or conditions whose traces z must be proven free of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Uniform
from torch.nn.utils.parametrizations import spectral_norm

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.gan._nets import PATCH, POOLED, Generator, grid_of


class Encoder(nn.Module):
    """E: picture -> z in the cube."""

    def __init__(self, shape: Sequence[int], latent: int, widths: tuple[int, int, int]) -> None:
        super().__init__()
        fine, middle, coarse = widths
        rows, columns = ((side + 1) // 2 for side in grid_of(shape))
        self.layers = nn.Sequential(
            nn.PixelUnshuffle(PATCH),
            nn.Conv2d(shape[0] * PATCH**2, fine, 3, padding=1), nn.SiLU(),
            nn.Conv2d(fine, middle, 4, stride=2, padding=1), nn.SiLU(),
            nn.Conv2d(middle, coarse, 3, stride=2, padding=1), nn.SiLU(),
            nn.Flatten(), nn.Linear(coarse * rows * columns, latent),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> z [N, latent] in (-1, 1)."""
        return self.layers(2 * x - 1).float().tanh()


class PictureCritic(nn.Module):
    """D_img: picture and label -> how real, as a logit."""

    def __init__(self, shape: Sequence[int], condition: int, widths: tuple[int, int]) -> None:
        super().__init__()
        fine, coarse = widths
        rows, columns = ((side + 1) // 2 for side in grid_of(shape))
        self.first = nn.Sequential(
            nn.PixelUnshuffle(PATCH),
            spectral_norm(nn.Conv2d(shape[0] * PATCH**2, fine, 3, padding=1)),
            nn.LeakyReLU(0.2),
        )
        self.rest = nn.Sequential(
            spectral_norm(nn.Conv2d(fine + condition, coarse, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(coarse, coarse, 3, stride=2, padding=1)), nn.LeakyReLU(0.2),
            nn.Flatten(), spectral_norm(nn.Linear(coarse * rows * columns, 64)), nn.LeakyReLU(0.2),
            spectral_norm(nn.Linear(64, 1)),
        )  # fmt: skip

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1], c [N, C] -> [N]."""
        h = self.first(2 * x - 1)
        label = c[:, :, None, None].expand(-1, -1, *h.shape[2:])
        return self.rest(torch.cat([h, label.to(h.dtype)], 1)).float().squeeze(1)


@register("models", "caae")
class CAAE(Model):
    """Conditional adversarial autoencoder.

    Args:
        shape: (channels, height, width) of a picture; both sides multiples of four.
        condition: C, the width of a condition vector.
        latent: numbers in z.
        widths, hidden: of the generator, as in `Gan`.
        label_gain: what l is multiplied with on its way into the generator, beside the gain of all generators here.
        encoder_widths: channels of the encoder's levels, fine to coarse.
        critic_widths: channels of D_img, fine and coarse.
        reconstruction, variation: lambda and gamma.
        encoder_rate, critic_rate: learning rates of E and of both discriminators beside the generator's. A slow E leaves it to G
            to draw what l says before z could say it.
        on_codes, on_pictures: weights of the two games; at 0 there is no such discriminator.

    Raises:
        ValueError: a side of the picture is no multiple of four.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "blend", "features", "exact"})
    listens: ClassVar[frozenset[str]] = frozenset({"decode"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 32,
        widths: Sequence[int] = (40, 24),
        hidden: int = 96,
        label_gain: float = 3.0,
        encoder_widths: Sequence[int] = (24, 40, 64),
        critic_widths: Sequence[int] = (16, 32),
        reconstruction: float = 2000.0,
        variation: float = 20.0,
        encoder_rate: float = 0.2,
        critic_rate: float = 0.5,
        on_codes: float = 1.0,
        on_pictures: float = 1.0,
    ) -> None:
        super().__init__()
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        self.condition, self.label_gain = condition, label_gain
        self.reconstruction, self.variation = reconstruction, variation
        self.on_codes, self.on_pictures = on_codes, on_pictures
        self.encoder_rate, self.critic_rate = encoder_rate, critic_rate
        self.encoder = Encoder(shape, latent, tuple(encoder_widths))
        self.generator = Generator(shape, condition=condition, latent=latent, widths=tuple(widths), hidden=hidden)
        bend = nn.LeakyReLU(0.2)
        self.of_codes = (
            nn.Sequential(nn.Linear(latent, 64), bend, nn.Linear(64, 32), bend, nn.Linear(32, 1)) if on_codes else None
        )
        self.of_pictures = PictureCritic(shape, condition, tuple(critic_widths)) if on_pictures else None

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1] -> all mass on z [N, latent] in (-1, 1); c is not looked at."""
        return PointMass(self.encoder(x))

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, *shape] in [0, 1]."""
        return self.generator(z, self.label_gain * self._given(c, z))

    def prior(self, c: Tensor | None = None) -> Distribution:
        """Uniform on the cube [-1, 1]^latent."""
        like = next(self.parameters())
        one = torch.ones(1 if c is None else len(c), *self.latent.shape, dtype=like.dtype, device=like.device)
        return Independent(Uniform(-one, one, validate_args=False), 1, validate_args=False)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, 16 fine], the generator's last layer, averaged over 4x4 fields."""
        inner = self.generator.inner(z, self.label_gain * self._given(c, z)).float()
        return F.adaptive_avg_pool2d(inner, POOLED).flatten(1)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1], c [N, C] -> all players' terms, and `loss`, their sum.

        The sum is a figure to watch; `training_step` plays the game, in which each player minimises its own.
        """
        c = self._given(c, x)
        z = self.encoder(x)
        y = self.decode(z, c)
        terms = self.critic_terms(x, c, z.detach(), y.detach()) | self.own_terms(x, c, z, y)
        return {"loss": sum(terms.values()), **terms}

    def critic_terms(self, x: Tensor, c: Tensor, z: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Real x and drawn y [N, *shape] under c [N, C], codes z [N, latent] -> what the discriminators minimise."""
        terms = {}
        if self.of_codes:
            terms["critic_codes"] = _told_apart(self.of_codes(2 * torch.rand_like(z) - 1), self.of_codes(z))
        if self.of_pictures:
            real, drawn = self.of_pictures(torch.cat([x, y]), torch.cat([c, c])).chunk(2)
            terms["critic_pictures"] = _told_apart(real, drawn)
        return terms

    def own_terms(self, x: Tensor, c: Tensor, z: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Pictures x, codes z of E and redrawn y of G, under c [N, C] -> what E and G minimise, weighted."""
        variation = (y.diff(dim=-1).square().mean() + y.diff(dim=-2).square().mean()) / 2
        terms = {
            "reconstruction": self.reconstruction * (y - x).square().mean(),
            "variation": self.variation * variation,
        }
        if self.of_codes:
            terms["codes"] = self.on_codes * F.softplus(-self.of_codes(z).float()).mean()
        if self.of_pictures:
            terms["pictures"] = self.on_pictures * F.softplus(-self.of_pictures(y, c)).mean()
        return terms

    def make_optimisers(self, rate: float, weight_decay: float) -> list[torch.optim.Optimizer]:
        """One for E and G, one for both discriminators where there is one (Adam with beta 0.5, as in the paper)."""
        common = {"betas": (0.5, 0.99), "weight_decay": weight_decay, "fused": True}
        own = [(self.encoder.parameters(), self.encoder_rate), (self.generator.parameters(), 1.0)]
        players = [own, [(self._critics(), self.critic_rate)]]
        groups = [[{"params": list(part), "lr": rate * share} for part, share in player] for player in players]
        return [torch.optim.AdamW(player, **common) for player in groups if player[0]["params"]]

    def training_step(self, *, batch: tuple[Tensor, Tensor], fabric: Any, optimisers: list[Any]) -> dict[str, Tensor]:
        """One step of the discriminators, then one of E and G, on x [N, *shape] and c [N, C].

        Returns:
            The terms of all, detached.
        """
        (x, c), (of_own, *of_critics) = batch, optimisers
        with fabric.autocast():
            c = self._given(c, x)
            z = self.encoder(x)
            y = self.decode(z, c)
        critic: dict[str, Tensor] = {}
        if of_critics:
            with fabric.autocast():
                critic = self.critic_terms(x, c, z.detach(), y.detach())
            of_critics[0].zero_grad()
            fabric.backward(sum(critic.values()))
            of_critics[0].step()
        self._watch(False)  # its gradients are not wanted now
        with fabric.autocast():
            own = self.own_terms(x, c, z, y)
        of_own.zero_grad()
        fabric.backward(sum(own.values()))
        of_own.step()
        self._watch(True)
        return {name: term.detach() for name, term in (critic | own).items()}

    def _critics(self) -> Iterator[nn.Parameter]:
        for part in (self.of_codes, self.of_pictures):
            yield from part.parameters() if part else ()

    def _watch(self, on: bool) -> None:
        for parameter in self._critics():
            parameter.requires_grad_(on)

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), self.condition) if c is None else c


def _told_apart(real: Tensor, drawn: Tensor) -> Tensor:
    """Logits of a discriminator -> -log D(real) - log(1 - D(drawn)), each averaged."""
    return F.softplus(-real.float()).mean() + F.softplus(drawn.float()).mean()
