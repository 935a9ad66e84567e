"""ALAE: an autoencoder whose latent space is learned, not imposed, and whose every quarrel is settled in that space.

The idea: Pidhorskyi, Adjeroh and Doretto, "Adversarial latent autoencoders" (CVPR 2020, arXiv:2004.04467), cut a GAN's two
players in two. The generator is G after F, noise z to latent w to picture; the discriminator is D after E, picture to latent
w to score. Then E is an encoder, and asking it to find the w that a drawn picture was made from, *in the space of w*, makes
it the inverse of G without comparing a single pixel. With softplus(t) = log(1 + e^t), their equations 5 to 7 and algorithm 1:

    step I,   E and D:  softplus(D(E(G(F(z))))) + softplus(-D(E(x))) + gamma / 2 E |grad_x D(E(x))|^2,
    step II,  F and G:  softplus(-D(E(G(F(z))))),
    step III, E and G:  | F(z) - E(G(F(z))) |^2.

Its StyleALAE is built on StyleGAN's generator, in which w is heard as a style by each layer; so different layers may hear
different styles, coarse ones from one picture and fine ones from another (with probability `mixing` they do in training,
Karras et al. 2019, section 3.1). What a person walks through here is therefore one w for each layer, side by side: the
encoder gives the same to all, and "mix styles" exchanges some. The noise of each layer is left out when a picture is shown.

Differences from the paper: two levels of two layers at 28x28, not grown progressively; AdamW under half a cosine; the penalty
of step I is paid in every fourth step, four times over (Karras et al. 2020, "StyleGAN2", section 3.1), which saves a fifth.

Good for: own pictures in a GAN's latent space, edits that keep pictures crisp, mixing styles. Not for: copying pixels
(nothing asks for it: what returns is the same kind of thing, not the very thing), densities, or asking for a class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.gan._nets import POOLED
from explorer.learn.models.gan._style import SLOPE, Mapping, StyleEncoder, Synthesis

LAZY = 4  # steps from one payment of the penalty to the next


class Mapped(Distribution):
    """Noise sent through a mapping network; it can be drawn from, but its density is not known."""

    arg_constraints: ClassVar[dict] = {}

    def __init__(self, model: ALAE, count: int) -> None:
        self.model = model
        super().__init__(torch.Size([count]), torch.Size(model.latent.shape), validate_args=False)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """[*sample_shape, count, *latent.shape], the same style in all layers."""
        like = next(self.model.parameters())
        z = torch.randn(*sample_shape, *self.batch_shape, self.model.width, device=like.device)
        with torch.no_grad():
            return self.model.spread(self.model.mapping(z.flatten(0, -2))).unflatten(0, z.shape[:-1])

    def log_prob(self, value: Tensor) -> Tensor:
        """Not a number, for each row: nobody knows it."""
        return torch.full(value.shape[: -len(self.event_shape)], torch.nan)


@register("models", "alae")
class ALAE(Model):
    """Style-based adversarial latent autoencoder.

    Args:
        shape: (channels, height, width) of a picture; both sides multiples of four.
        condition: not used; every family takes it.
        latent: numbers in z and in w.
        widths: channels of the coarse and the fine level, of generator and encoder alike.
        depth: layers of the mapping network F.
        hidden: units in each of the two hidden layers of D.
        gamma: weight of the gradient penalty (Mescheder et al. 2018, equation 9).
        reciprocity: weight of step III, per number of w.
        mixing: how often the layers of a draw hear two styles in training.
        mapping_rate: learning rate of F beside the generator's.

    Raises:
        ValueError: a side of the picture is no multiple of four.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "exact", "features", "styles"})
    listens: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        shape: Sequence[int],
        condition: int = 0,
        *,
        latent: int = 32,
        widths: Sequence[int] = (64, 32),
        depth: int = 4,
        hidden: int = 128,
        gamma: float = 1.0,
        reciprocity: float = 1.0,
        mixing: float = 0.9,
        mapping_rate: float = 0.1,
    ) -> None:
        super().__init__()
        self.width, self.gamma, self.reciprocity = latent, gamma, reciprocity
        self.mixing, self.mapping_rate = mixing, mapping_rate
        self.mapping = Mapping(latent, depth)
        self.generator = Synthesis(shape, latent, tuple(widths))
        self.encoder = StyleEncoder(shape, latent, tuple(widths))
        bend = nn.LeakyReLU(SLOPE)
        self.head = nn.Sequential(
            nn.Linear(latent, hidden), bend, nn.Linear(hidden, hidden), bend, nn.Linear(hidden, 1)
        )
        self.latent = LatentSpec(kind="vector", shape=(self.layers * latent,))
        self.register_buffer("turn", torch.tensor(0))  # steps taken, which a resumed run must know

    # -- capability `styles`

    @property
    def layers(self) -> int:
        """How many layers hear a style of their own."""
        return len(self.generator.layers)

    @property
    def leaves(self) -> dict[str, LatentSpec]:
        """A style for each layer, coarse to fine."""
        return {f"style-{k}": LatentSpec(shape=(self.width,)) for k in range(self.layers)}

    @property
    def style_names(self) -> tuple[str, ...]:
        """What each layer draws at, coarse to fine."""
        grids = [layer.grid for layer in self.generator.layers]
        return tuple(f"{rows}×{columns}" for rows, columns in grids)

    def _stacked(self, z: Tensor) -> Tensor:
        """z -> its styles [N, layers, width]."""
        return torch.stack(list(self.split(z).values()), 1)

    def spread(self, w: Tensor) -> Tensor:
        """One style for all layers: w [N, width] -> latent [N, layers * width]."""
        return w.repeat(1, self.layers)

    def style(self, z: Tensor) -> Tensor:
        """Noise z [N, width] -> the latent of the model's own draw, [N, layers * width]."""
        return self.spread(self.mapping(z))

    # -- the contract of a model

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1] -> a point mass on E(x), the same for all layers."""
        return PointMass(self.spread(self.encoder(x)))

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Styles z [N, layers * width] -> x [N, *shape] in [0, 1]."""
        return self.generator(self._stacked(z))

    def prior(self, c: Tensor | None = None) -> Distribution:
        """F of standard normal noise, the same for all layers; c [N, C] says how many."""
        return Mapped(self, 1 if c is None else len(c))

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, layers * width] -> float32 [N, 16 fine], the generator's last layer, averaged over 4x4 fields."""
        inner = self.generator.inner(self._stacked(z)).float()
        return F.adaptive_avg_pool2d(inner, POOLED).flatten(1)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1] -> the terms of all three steps, and `loss`, their sum: a figure to watch."""
        drawn = self.generator(self._styles(len(x), x.device))
        terms = self.critic_terms(x, drawn.detach()) | self.generator_terms(drawn) | self.reciprocity_terms(x)
        return {"loss": sum(terms.values()), **terms}

    # -- the game

    def critic_terms(self, x: Tensor, drawn: Tensor, penalised: bool = True) -> dict[str, Tensor]:
        """Step I on real x and draws, both [N, *shape], with or without the penalty."""
        if not penalised:
            real, fake = self.score(torch.cat([x, drawn])).chunk(2)
            return {"critic": F.softplus(fake).mean() + F.softplus(-real).mean()}
        with torch.enable_grad():  # the penalty is a gradient, also where the figures are only read
            x = x.detach().requires_grad_(True)
            real = self.score(x)
            (slope,) = torch.autograd.grad(real.sum(), x, create_graph=True)
        critic = F.softplus(self.score(drawn)).mean() + F.softplus(-real).mean()
        return {"critic": critic, "penalty": self.gamma / 2 * slope.float().square().flatten(1).sum(1).mean()}

    def generator_terms(self, drawn: Tensor) -> dict[str, Tensor]:
        """Step II on draws [N, *shape]."""
        return {"generator": F.softplus(-self.score(drawn)).mean()}

    def reciprocity_terms(self, like: Tensor) -> dict[str, Tensor]:
        """Step III on as many draws as `like` has rows; F is left out, as in algorithm 1."""
        with torch.no_grad():
            w = self.mapping(torch.randn(len(like), self.width, device=like.device))
        error = (self.encoder(self.generator(w[:, None].expand(-1, self.layers, -1))) - w).square().mean()
        return {"reciprocity": self.reciprocity * error}

    def score(self, x: Tensor) -> Tensor:
        """x [N, *shape] -> D(E(x)), float32 [N]."""
        return self.head(self.encoder(x)).float().squeeze(1)

    def make_optimisers(self, rate: float, weight_decay: float) -> list[torch.optim.Optimizer]:
        """One for F and G, one for E and D, without momentum as in StyleGAN; both take part in step III."""
        common = {"lr": rate, "betas": (0.0, 0.99), "weight_decay": weight_decay, "fused": True}
        drawing = [
            {"params": list(self.generator.parameters())},
            {"params": list(self.mapping.parameters()), "lr": rate * self.mapping_rate},
        ]
        reading = [*self.encoder.parameters(), *self.head.parameters()]
        return [torch.optim.AdamW(drawing, **common), torch.optim.AdamW(reading, **common)]

    def training_step(self, batch: tuple[Tensor, Tensor], fabric: Any, optimisers: list[Any]) -> dict[str, Tensor]:
        """The three steps of algorithm 1, one after the other, on x [N, *shape]; labels are not looked at.

        Returns:
            The terms of all, detached.
        """
        (x, _), (of_drawing, of_reading) = batch, optimisers
        with fabric.autocast():
            with torch.no_grad():
                drawn = self.generator(self._styles(len(x), x.device))
            critic = self.critic_terms(x, drawn, penalised=int(self.turn) % LAZY == 0)
            self.turn += 1
        of_reading.zero_grad()
        fabric.backward(critic["critic"] + LAZY * critic["penalty"] if "penalty" in critic else critic["critic"])
        of_reading.step()

        self._watch(False)  # the reader's gradients are not wanted in step II
        with fabric.autocast():
            generator = self.generator_terms(self.generator(self._styles(len(x), x.device)))
        of_drawing.zero_grad()
        fabric.backward(sum(generator.values()))
        of_drawing.step()
        self._watch(True)

        with fabric.autocast():
            reciprocity = self.reciprocity_terms(x)
        of_drawing.zero_grad()
        of_reading.zero_grad()
        fabric.backward(sum(reciprocity.values()))
        of_drawing.step()
        of_reading.step()
        return {name: term.detach() for name, term in (critic | generator | reciprocity).items()}

    def _styles(self, count: int, device: torch.device) -> Tensor:
        """Styles of `count` draws [count, layers, width], some of which change from one to another on the way."""
        one, two = self.mapping(torch.randn(2 * count, self.width, device=device)).chunk(2)
        change = torch.randint(1, self.layers, (count, 1), device=device)
        change = torch.where(torch.rand(count, 1, device=device) < self.mixing, change, self.layers)
        late = torch.arange(self.layers, device=device) >= change
        return torch.where(late[:, :, None], two[:, None], one[:, None])

    def _watch(self, on: bool) -> None:
        for part in (self.encoder, self.head):
            part.requires_grad_(on)
