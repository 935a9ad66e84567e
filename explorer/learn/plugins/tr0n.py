"""TR0N: a class control for a generator that has none, from a classifier of pictures and a small translator.

The idea: Liu, Vouitsis, Gorti, Ba and Loaiza-Ganem, "TR0N: translator networks for 0-shot plug-and-play conditional
generation" (AISTATS 2023, arXiv:2304.13742). Generator G and classifier f stay as they are. A translator learns which
latents lead to a condition, a Gaussian mixture q(z | c) whose parameters a network reads off c, from the generator's own
draws and without any data (their section 3):

    min over q of  E_(z ~ p) [ -log q(z | c = f(G(z))) ].

Its draws roughly fit; Langevin dynamics polish them towards the posterior p(z) exp(-beta E(z, c)), with the energy
E(z, c) = -log f(c | G(z)) of the class, step by step from z_0 ~ q(z | c):

    z_(t+1) = z_t - eta / 2 * grad [ beta E(z_t, c) + |z_t|^2 / 2 ] + sqrt(eta) * noise.

Here the wrapped model is a model again, and its latent must say what the condition leaves open. So the latent is the
noise u that the mixture is drawn with, in two leaves: one number chooses the component k, the others are in place,
z = mean_k(c) + scale_k(c) * u. Hold u and turn c, and the draw of the same luck appears in another class. The map is
exact both ways, so a polished z has its u, and what was polished can be edited further.

As a family, which a recipe trains from nothing (`Controlled`), generator, classifier and translator learn side by side, each
by its own loss: what the first two learn doesn't depend on the third, so it is as if it had come after them.

Good for: adding a control to a generator that was trained for weeks; conditions that only a classifier knows. Not for:
classes that the generator never draws, or a classifier that it can fool: the polish ends where f is sure, which another
classifier may not be (the exhibit measures both).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from explorer.core.registry import find, register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model
from explorer.learn.models.gan._game import cross_entropy

SCALES = (-3.0, 0.7)  # bounds of a component's log deviation, so that no component falls onto one draw


class Translator(nn.Module):
    """Condition -> mixture of K Gaussians over z."""

    def __init__(self, condition: int, latent: int, components: int, hidden: int) -> None:
        super().__init__()
        self.components, self.latent = components, latent
        self.body = nn.Sequential(nn.Linear(condition, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU())
        self.weights = nn.Linear(hidden, components)
        self.places = nn.Linear(hidden, 2 * components * latent)
        with torch.no_grad():  # components that begin alike would stay alike
            self.places.bias[: components * latent] = 0.3 * torch.randn(components * latent)
            self.places.bias[components * latent :] = 0.0

    def forward(self, c: Tensor) -> MixtureSameFamily:
        """c [N, C], a probability for each class -> q(z | c), batch [N], event [latent]."""
        hidden = self.body(c)
        mean, scale = self.places(hidden).unflatten(1, (2, self.components, self.latent)).unbind(1)
        parts = Independent(Normal(mean, scale.clamp(*SCALES).exp()), 1)
        return MixtureSameFamily(Categorical(logits=self.weights(hidden)), parts)


@register("plugins", "tr0n")
class TR0N(Model):
    """Any generator and a classifier -> a model that draws what the classifier is asked for.

    Args:
        model: a trained model with latents of kind `vector`; it is run with its condition unset, and never changed.
        classifier: reads class logits off a picture [N, *shape] -> [N, C]; never changed.
        components: K, Gaussians in the mixture.
        hidden: width of the translator.
        beta: weight of the energy beside the prior.
        step: eta, the size of a Langevin step.
        noise: strength of its noise; 1 is Langevin dynamics, 0 plain descent.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"blend", "unset", "polish"})
    listens: ClassVar[frozenset[str]] = frozenset({"decode"})

    def __init__(
        self,
        model: Model,
        classifier: nn.Module,
        condition: int,
        *,
        components: int = 8,
        hidden: int = 128,
        beta: float = 30.0,
        step: float = 0.02,
        noise: float = 1.0,
    ) -> None:
        super().__init__()
        self.model, self.classifier = model, classifier
        self.condition, self.beta, self.step, self.noise = condition, beta, step, noise
        self.capabilities = TR0N.capabilities | (model.capabilities & {"features"})
        (size,) = model.latent.shape
        self.latent = LatentSpec(kind="vector", shape=(size + 1,))
        self.translator = Translator(condition, size, components, hidden)
        model.eval().requires_grad_(False)
        classifier.eval().requires_grad_(False)

    # -- the contract of a model

    @property
    def leaves(self) -> dict[str, LatentSpec]:
        """The noise within a component, and the number that chooses the component."""
        return {"noise": LatentSpec(shape=self.model.latent.shape), "component": LatentSpec(shape=(1,))}

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Noise u [N, L + 1], c [N, C] (unset rows: the plain generator) -> x [N, *shape]."""
        return self.model.decode(self.translate(z, c))

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Noise u [N, L + 1], c [N, C] -> the generator's features, where it has any."""
        return self.model.features(self.translate(z, c))

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """As many fresh draws as x has rows -> the translator's `loss`, in nats; no data is looked at."""
        z = self.model.prior().sample((len(x),))[:, 0].to(x)
        return {"loss": -self.translator(self.read(z)).log_prob(z).mean()}

    # -- translator

    def translate(self, u: Tensor, c: Tensor | None = None) -> Tensor:
        """Noise u [N, L + 1] -> the generator's latent z [N, L], a draw of q(z | c); without a class, u itself."""
        noise, component = self.split(u).values()
        if c is None:
            return noise
        mean, scale = self._component(component, c)
        return torch.where(c.sum(1, keepdim=True) > 0, mean + scale * noise, noise)

    def untranslate(self, z: Tensor, u: Tensor, c: Tensor) -> Tensor:
        """The noise whose draw is z [N, L], in the component that u [N, L + 1] chose -> [N, L + 1]."""
        component = self.split(u)["component"]
        mean, scale = self._component(component, c)
        noise = torch.where(c.sum(1, keepdim=True) > 0, (z - mean) / scale, z)
        return self.join({"noise": noise, "component": component})

    def _component(self, number: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Normal numbers [N, 1] and c [N, C] -> mean and scale of the components that they choose, [N, L] each."""
        mixture = self.translator(c)
        # Of N(0, 1), the share below u is uniform: it falls into a component as often as the mixture weighs it.
        share = 0.5 * (1 + torch.erf(number / math.sqrt(2)))
        k = (share > mixture.mixture_distribution.probs.cumsum(1)).sum(1).clamp(max=self.translator.components - 1)
        parts, rows = mixture.component_distribution.base_dist, torch.arange(len(number))
        return parts.loc[rows, k], parts.scale[rows, k]

    @torch.no_grad()
    def read(self, z: Tensor) -> Tensor:
        """The generator's latents z [N, L] -> what the classifier makes of their pictures, probabilities [N, C]."""
        return self.classifier(self.model.decode(z)).softmax(1)

    # -- polish

    def energy(self, z: Tensor, c: Tensor) -> Tensor:
        """E(z, c) = -log f(c | G(z)) of latents z [N, L] under c [N, C] -> [N]; 0 where c is unset."""
        return -(c * self.classifier(self.model.decode(z)).log_softmax(1)).sum(1)

    def langevin(self, z: Tensor, c: Tensor, steps: int, draw: Callable[[Tensor], Tensor] = torch.randn_like) -> Tensor:
        """Polish z [N, L] towards c [N, C].

        Args:
            z, c: where to start, and what is asked.
            steps: how many.
            draw: noise of the shape of its argument.

        Returns:
            The whole way, [steps + 1, N, L]; the first is z.
        """
        way = [z.detach().clone()]
        for _ in range(steps):
            with torch.enable_grad():
                at = way[-1].clone().requires_grad_(True)
                target = self.beta * self.energy(at, c) + 0.5 * at.square().sum(1)
                (slope,) = torch.autograd.grad(target.sum(), at)
            way.append(way[-1] - self.step / 2 * slope + self.noise * self.step**0.5 * draw(at))
        return torch.stack(way)

    def polish(self, u: Tensor, c: Tensor, steps: int, seed: int = 0) -> Tensor:
        """Noise u [N, L + 1] under c [N, C] -> the noise after each step, [steps + 1, N, L + 1].

        One stream of noise for each seed: five steps are the first five of ten.
        """
        source = torch.Generator().manual_seed(seed)
        with torch.inference_mode(False):  # gradients are needed even where the caller asked for none
            u, c = u.detach().clone(), c.detach().clone()
            way = self.langevin(self.translate(u, c), c, steps, lambda like: torch.randn(like.shape, generator=source))
            return torch.stack([self.untranslate(z, u, c) for z in way]).detach()

    def train(self, mode: bool = True) -> Self:
        """Generator and classifier stay in evaluation mode, whatever the translator does."""
        super().train(mode)
        self.model.eval()
        self.classifier.eval()
        return self


class Guide(nn.Module):
    """A small classifier of pictures, of another make than the judge, which must stay independent of it."""

    def __init__(self, shape: Sequence[int], condition: int, width: int = 24) -> None:
        super().__init__()
        channels, *sides = shape
        for _ in range(2):  # a stride of two halves a side, rounded up
            sides = [(side + 1) // 2 for side in sides]
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 5, stride=2, padding=2), nn.ReLU(),
            nn.Conv2d(width, 2 * width, 5, stride=2, padding=2), nn.ReLU(),
            nn.Flatten(), nn.Dropout(0.2), nn.Linear(2 * width * sides[0] * sides[1], condition),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> logits [N, condition]."""
        return self.layers(2 * x - 1)


@register("models", "tr0n")
class Controlled(TR0N):
    """The plug-in around a family that is trained without a condition, as a recipe makes it.

    Args:
        shape, condition: as every family takes them; the condition is one categorical attribute.
        base: name of the family; one that plays a game.
        components, beta, step, noise: see `TR0N`.
        width: channels of the classifier's first stage.
        translator_rate: the translator's learning rate beside the generator's.
        arguments: of the family.
    """

    def __init__(
        self, shape: Sequence[int], condition: int, *, base: str = "sngan", components: int = 8, beta: float = 30.0,
        step: float = 0.02, noise: float = 1.0, width: int = 24, translator_rate: float = 4.0, **arguments: Any,
    ) -> None:  # fmt: skip
        model = find("models", base)(shape=shape, condition=0, **arguments)
        guide = Guide(shape, condition, width)
        super().__init__(model, guide, condition, components=components, beta=beta, step=step, noise=noise)
        self.translator_rate = translator_rate
        self.requires_grad_(True)

    def make_optimisers(self, rate: float, weight_decay: float) -> list[torch.optim.Optimizer]:
        """The family's own, one for the classifier, one for the translator."""

        def one(part: nn.Module, scale: float) -> torch.optim.Optimizer:
            return torch.optim.AdamW(part.parameters(), rate * scale, weight_decay=weight_decay, fused=True)

        own = self.model.make_optimisers(rate, weight_decay)
        return [*own, one(self.classifier, 1.0), one(self.translator, self.translator_rate)]

    def training_step(self, batch: tuple[Tensor, Tensor], fabric: Any, optimisers: list[Any]) -> dict[str, Tensor]:
        """One step of the unconditional game, one of the classifier on real pictures, one of the translator on draws."""
        x, c = batch
        *own, of_guide, of_translator = optimisers
        self.model.train()
        terms = self.model.training_step((x, None), fabric, own)
        self.classifier.train()
        with fabric.autocast():
            terms["classifier"] = cross_entropy(self.classifier(x).float(), c)
        of_guide.zero_grad()
        fabric.backward(terms["classifier"])
        of_guide.step()
        self.model.eval()
        self.classifier.eval()
        terms["translator"] = TR0N.loss(self, x)["loss"]
        of_translator.zero_grad()
        fabric.backward(terms["translator"])
        of_translator.step()
        return {name: term.detach() for name, term in terms.items()}

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape], c [N, C] -> the terms of all players, and `loss`, their sum: a figure to watch."""
        own = self.model.loss(x)
        terms = {name: term for name, term in own.items() if name != "loss"}
        c = x.new_zeros(len(x), self.condition) if c is None else c
        terms["classifier"] = cross_entropy(self.classifier(x), c)
        terms["translator"] = TR0N.loss(self, x)["loss"]
        return {"loss": sum(terms.values()), **terms}


def fit_translator(
    plugin: TR0N,
    *,
    steps: int = 1500,
    batch: int = 128,
    rate: float = 2e-3,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> list[float]:
    """Train the translator on the generator's own draws; returns the loss of each step, in nats.

    Args:
        plugin: whose translator is trained, in place.
        steps: of Adam, under half a cosine.
        batch: fresh draws in each.
        rate: peak of the learning rate.
        seed: of the draws.
        progress: called with the share done and a sentence.
    """
    optimiser = torch.optim.Adam(plugin.translator.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    losses = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        plugin.train()
        for k in range(steps):
            loss = plugin.loss(torch.empty(batch))["loss"]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            if progress:
                progress((k + 1) / steps, f"translator, loss {losses[-1]:.2f}")
    plugin.eval()
    return losses
