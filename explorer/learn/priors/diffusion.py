"""A diffusion model over latents: noise is taken away step by step, until a latent is left that a real item could have.

A small network sees a noisy latent x = cos(a) z + sin(a) e, the angle a and the condition, and is trained to tell the
velocity v = cos(a) e - sin(a) z (Ho, Jain and Abbeel 2020, arXiv:2006.11239; in this form Salimans and Ho 2022,
arXiv:2202.00512, section 4 and appendix D). Draws go from pure noise to a latent by the deterministic steps of Song, Meng and
Ermon 2021 (DDIM, arXiv:2010.02502), so that the same noise always gives the same latent, and a slightly different condition a
slightly different one. Schedule and steps are those of `diffusers`. Diffusion as the prior of a trained autoencoder: Wehenkel
and Louppe 2021 (arXiv:2106.15671), Vahdat, Kreis and Kautz 2021 (arXiv:2106.05931).

The likelihood is that of the flow dx/da = v which the steps follow (Song et al. 2021, arXiv:2011.13456, section 4.3), with
the exact trace: good for comparing, too slow for training.

Good for: latents of any shape of cloud, clumps with nothing between them among them. Not for: a few hundred items, or where
a draw must take no longer than a millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn.functional import silu

from explorer.core.noise import normal
from explorer.core.registry import register
from explorer.core.schema import Schema
from explorer.learn.priors._learned import PASSES, STEPS, Trained, told, trained

if TYPE_CHECKING:
    from diffusers import DDIMScheduler

NOISES = 1000  # levels of noise in training
DRAWN = 30  # steps of a draw
WIDTH, DEPTH = 128, 3
WAVES = 8  # numbers that the network is told the angle by
LONGER = 2  # it learns from noise, which takes more steps than a likelihood does


@cache
def scheduler() -> DDIMScheduler:
    """The levels of noise, and the steps of a draw; imported with the first draw, since it takes two seconds."""
    from diffusers import DDIMScheduler

    made = DDIMScheduler(
        NOISES,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=False,
        timestep_spacing="trailing",
    )
    made.set_timesteps(DRAWN)
    return made


@register("priors", "diffusion")
class Diffusion(Trained):
    """A diffusion model over vectors of D numbers, given a condition of C numbers.

    Args:
        size: D.
        condition: C.
        width: units in each layer.
        depth: layers that add to what was there.
    """

    title = "Diffusion"
    sentence = (
        "Draws noise and takes it away in thirty steps, towards latents that real items with these attributes have."
    )
    order = 40

    def __init__(self, size: int, condition: int, width: int = WIDTH, depth: int = DEPTH) -> None:
        super().__init__(size, condition)
        self.first = nn.Linear(size + WAVES + condition, width)
        self.blocks = nn.ModuleList(nn.Linear(width + WAVES + condition, width) for _ in range(depth))
        self.last = nn.Linear(width, size)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor, angle: Tensor, c: Tensor) -> Tensor:
        """Noisy latents x [N, D], angles [N] from 0 (a latent) to pi / 2 (noise), conditions [N, C] -> velocities [N, D]."""
        turns = angle[:, None] * torch.arange(1, WAVES // 2 + 1, device=x.device)
        context = torch.cat([turns.sin(), turns.cos(), c], 1)
        hidden = self.first(torch.cat([x, context], 1))
        for block in self.blocks:
            hidden = hidden + block(torch.cat([silu(hidden), context], 1))
        return self.last(silu(hidden))

    @classmethod
    def fit(
        cls, z: Tensor, c: Tensor, *, seed: int = 0, conditions: Schema | None = None, steps: int = LONGER * STEPS
    ) -> Self:
        """Learn to tell the velocity of noisy latents, z [N, D] under c [N, C]; see `Prior.fit`."""
        noises = scheduler()

        def loss(prior: Diffusion, points: Tensor, given: Tensor) -> Tensor:
            level, noise = torch.randint(NOISES, (len(points),)), torch.randn_like(points)
            velocity = noises.get_velocity(points, noise, level)
            return (prior(noises.add_noise(points, noise, level), angles()[level], given) - velocity).square().mean()

        return trained(
            lambda: cls(z.shape[1], c.shape[1]),
            loss,
            z,
            c,
            seed=seed,
            conditions=conditions,
            steps=steps,
            passes=LONGER * PASSES,
        )

    def distribution(self, c: Tensor | None = None) -> Distribution:
        """See `Prior.distribution`."""
        return Diffused(self, told(c, self.condition))

    def draw(self, c: Tensor | None, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """See `Prior.draw`. The temperature scales the noise that is begun with."""
        noise = temperature * normal(seed, draw, len(self.centre))
        return self.denoised(noise[None], told(None if c is None else c[None], self.condition))[0]

    @torch.no_grad()
    def denoised(self, x: Tensor, c: Tensor) -> Tensor:
        """Noise x [N, D] under conditions [N, C] -> latents [N, D]."""
        noises = scheduler()
        for level in noises.timesteps:
            velocity = self(x, angles()[level].expand(len(x)), c)
            x = noises.step(velocity, level, x).prev_sample
        return self.centre + self.spread * x

    def log_prob(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """log p(z | c) in nats of z [N, D] under c [N, C] -> [N], along the flow from latent to noise by Heun's method."""
        with torch.inference_mode(False), torch.no_grad():
            c = told(c, self.condition).clone().expand(len(z), -1)
            x = ((z - self.centre) / self.spread).clone()
            total = z.new_zeros(len(z)) - self.spread.log().sum()
            levels = scheduler().timesteps.flip(0)
            for here, there in pairwise(angles()[torch.cat([levels.new_zeros(1), levels])]):
                step = there - here
                velocity, widening = self._flow(x, here, c)
                ahead, widening_ahead = self._flow(x + step * velocity, there, c)
                x = x + step * (velocity + ahead) / 2
                total = total + step * (widening + widening_ahead) / 2
            return total - 0.5 * (x.square().sum(1) + math.log(2 * math.pi) * x.shape[1])

    def _flow(self, x: Tensor, angle: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """The velocity at x [N, D], and its divergence [N]."""
        angle = angle.expand(len(x))
        columns = []
        for along in torch.eye(x.shape[1]):
            velocity, slope = torch.func.jvp(lambda at: self(at, angle, c), (x,), (along.expand_as(x),))
            columns.append((slope * along).sum(1))
        return velocity, torch.stack(columns).sum(0)

    @classmethod
    def _empty(cls, tensors: Mapping[str, Tensor]) -> Self:
        size = len(tensors["centre"])
        width, seen = tensors["first.weight"].shape
        depth = sum(name.startswith("blocks.") for name in tensors) // 2
        return cls(size, seen - size - WAVES, width, depth)


@cache
def angles() -> Tensor:
    """The angle of each level of noise, float32 [NOISES]."""
    return scheduler().alphas_cumprod.sqrt().arccos().float()


class Diffused(Distribution):
    """What the draws of a `Diffusion` under conditions c [N, C] follow."""

    arg_constraints: ClassVar[dict] = {}

    def __init__(self, prior: Diffusion, c: Tensor) -> None:
        self.prior, self.c = prior, c
        super().__init__(c.shape[:1], prior.centre.shape, validate_args=False)

    def sample(self, sample_shape: tuple[int, ...] = ()) -> Tensor:
        """Draws of torch's own noise, [*sample_shape, N, D]."""
        noise = torch.randn(*sample_shape, *self.batch_shape, *self.event_shape)
        c = self.c.expand(*sample_shape, *self.c.shape)
        return self.prior.denoised(noise.flatten(0, -2), c.flatten(0, -2)).reshape(noise.shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """See `Diffusion.log_prob`."""
        return self.prior.log_prob(value, self.c)
