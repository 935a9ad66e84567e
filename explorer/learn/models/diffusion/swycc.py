"""SWYCC: keep what a small latent can hold, and sample the rest.

The idea: a squared error asks the decoder for the mean of all pictures that one latent could stand for, and a mean is blurred.
Birodkar, Barcik, Lyon, Ioffe, Minnen and Dillon, "Sample what you can't compress" (2024, arXiv:2409.02529) let a diffusion model
draw one of those pictures instead, and train encoder and diffusion together, so that the latent keeps what the drawing can't
guess. With E the encoder, D_init an ordinary decoder and D_refine a U-Net that sees D_init's picture beside the noisy one,

    z = E(x),   x_0 = D_init(z),   x_t = alpha_t x + sigma_t eps,
    L = E_{t, eps} w_t |x - D_refine(x_t, x_0, t)|^2  +  weight |x - x_0|^2,

and the gradient of both terms goes through D_init into E. D_refine gives the velocity v = alpha_t eps - sigma_t x (Salimans and
Ho, "Progressive distillation", ICLR 2022), of which a plain squared error is w_t = 1 / sigma_t^2 in the formula above; alpha_t
falls as a cosine (Nichol and Dhariwal 2021, arXiv:2102.09672). In some items of each batch the U-Net is not shown x_0, so that it
can also draw from nothing, and drawing goes beyond what it would do by classifier-free guidance (Ho and Salimans 2022,
arXiv:2207.12598): v = v_nothing + guidance (v_shown - v_nothing). The steps are those of DPM-Solver++ (Lu et al. 2022,
arXiv:2211.01095), from the package diffusers: there the noise decides everything, so one noise is one picture.

Differences from the paper: their second auxiliary term is a perceptual distance by a network trained on photographs; none is
used here. The U-Net has two levels and no attention, and works on patches of 2x2 pixels.

The noise is a leaf of the latent that no item has: where nobody holds one it is always the same, so that a latent has one
picture; `refine` gives each step of the way (capability `refine`). What the encoder finds is a grid of numbers, handed out as
one vector, in reading order, so that all that works on vectors works on it.

Good for: crisp pictures from a few numbers, and seeing what the latent does not know. Not for: measuring pixels (details are
drawn, not remembered), or where a millisecond matters: one picture takes many passes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.core.signature import Field
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.codes._nets import down, grid_of, up
from explorer.learn.models.vae.cvae import FiLMBlock

if TYPE_CHECKING:
    from diffusers.schedulers import DPMSolverMultistepScheduler

LEVELS = 1000  # of noise, while training; drawing takes few of them


class Refiner(nn.Module):
    """A U-Net of two levels: noisy picture, rough picture and noise level -> velocity.

    Args:
        channels: of a picture.
        patch: side of the squares that one cell of the fine level reads and writes.
        widths: channels of the fine and the coarse level.
        blocks: residual blocks at the fine level on either side, and at the coarse level.
        context: numbers in the vector that tells each block the noise level.
    """

    def __init__(
        self, channels: int, *, patch: int, widths: tuple[int, int], blocks: tuple[int, int], context: int
    ) -> None:
        super().__init__()
        fine, coarse = widths
        self.context = nn.Sequential(nn.Linear(context, context), nn.SiLU(), nn.Linear(context, context), nn.SiLU())
        self.stem = nn.Sequential(nn.PixelUnshuffle(patch), nn.Conv2d(2 * channels * patch**2, fine, 3, padding=1))
        self.before = nn.ModuleList(FiLMBlock(fine, context) for _ in range(blocks[0]))
        self.shrink = nn.Conv2d(fine, coarse, 2, stride=2)
        self.middle = nn.ModuleList(FiLMBlock(coarse, context) for _ in range(blocks[1]))
        self.grow = nn.ConvTranspose2d(coarse, fine, 2, stride=2)
        self.merge = nn.Conv2d(2 * fine, fine, 1)
        self.after = nn.ModuleList(FiLMBlock(fine, context) for _ in range(blocks[0]))
        self.out = nn.Conv2d(fine, channels * patch**2, 3, padding=1)
        self.unpatch = nn.PixelShuffle(patch)
        half = context // 2
        self.register_buffer("waves", torch.exp(-math.log(LEVELS) * torch.arange(half) / half), persistent=False)

    def forward(self, noisy: Tensor, rough: Tensor, level: Tensor) -> Tensor:
        """Pictures [N, channels, H, W] in [-1, 1] and levels int64 [N] -> velocity, float32, of the pictures' shape."""
        angle = level[:, None] * self.waves
        context = self.context(torch.cat([angle.sin(), angle.cos()], 1))
        x = self.stem(torch.cat([noisy, rough], 1))
        for block in self.before:
            x = block(x, context)
        inner = self.shrink(x)
        for block in self.middle:
            inner = block(inner, context)
        x = self.merge(torch.cat([x, self.grow(inner)], 1))
        for block in self.after:
            x = block(x, context)
        return self.unpatch(self.out(F.silu(x))).float()


def solver() -> DPMSolverMultistepScheduler:
    """The schedule of noise and the steps of a drawing; it keeps count of its steps, so each drawing takes its own."""
    from diffusers.schedulers import DPMSolverMultistepScheduler  # some seconds, for those alone who need it

    # The U-Net's velocity is turned into the picture that it guesses, which is what the solver is given.
    return DPMSolverMultistepScheduler(
        LEVELS, beta_schedule="squaredcos_cap_v2", prediction_type="sample", algorithm_type="dpmsolver++"
    )


@register("models", "swycc")
class SWYCC(Model):
    """Autoencoder with a diffusion decoder.

    Args:
        shape: (channels, height, width) of a picture.
        condition: C, the width of a condition vector, which the model ignores.
        latent: numbers in each cell of the latent grid.
        patch: side of the squares that one cell of the finest level reads and writes.
        widths: channels of encoder and D_init from fine to coarse; each but the first halves the sides.
        refiner: channels of the U-Net's two levels.
        blocks: its residual blocks at the fine level on either side, and at the coarse level.
        context: numbers in the vector that tells it the noise level.
        weight: of D_init's squared error beside the diffusion term.
        hidden: share of items whose rough picture the U-Net isn't shown.
        steps: of a drawing.
        guidance: how far a drawing goes beyond what the U-Net does from nothing; 1 is the U-Net itself.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "exact", "features", "refine"})
    listens: ClassVar[frozenset[str]] = frozenset()
    given: ClassVar[tuple[Field, ...]] = (
        Field(name="guidance", modality="number", optional=True),
        Field(name="rough", modality="flag", optional=True),
    )

    def __init__(
        self,
        shape: Sequence[int],
        condition: int = 0,
        *,
        latent: int = 1,
        patch: int = 2,
        widths: Sequence[int] = (32, 64),
        refiner: Sequence[int] = (48, 96),
        blocks: Sequence[int] = (2, 3),
        context: int = 128,
        weight: float = 1.0,
        hidden: float = 0.1,
        steps: int = 10,
        guidance: float = 1.5,
    ) -> None:
        super().__init__()
        self.shape, self.weight, self.hidden = tuple(shape), weight, hidden
        self.steps, self.guidance = steps, guidance
        self.grid = (latent, *grid_of(shape, len(widths), patch))
        self.latent = LatentSpec(kind="vector", shape=(math.prod(self.grid),))
        self.encoder = down(shape[0], widths, latent, patch)
        self.decoder = up(shape[0], widths, latent, patch)
        self.refiner = Refiner(
            shape[0], patch=patch, widths=tuple(refiner), blocks=tuple(blocks), context=context
        )  # fmt: skip
        with torch.device("cpu"):  # numbers, even where a checkpoint asks for the shapes of the weights alone
            kept = solver().alphas_cumprod
            always = torch.randn(1, *shape, generator=torch.Generator().manual_seed(0))
        self.register_buffer("signal", kept.sqrt(), persistent=False)
        self.register_buffer("noise", (1 - kept).sqrt(), persistent=False)
        self.register_buffer("always", always, persistent=False)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1] -> a point mass over z [N, latent]."""
        return PointMass(self.encoder(x - 0.5).float().flatten(1))

    def rough(self, z: Tensor) -> Tensor:
        """z [N, latent] -> D_init's picture [N, *shape] in [0, 1]: what the latent itself says."""
        return torch.sigmoid(self.decoder(z.unflatten(1, self.grid)).float())

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent] -> float32 [N, widths[-1] * cells], D_init's first layer."""
        return self.decoder[0](z.unflatten(1, self.grid)).flatten(1).float()

    @property
    def leaves(self) -> dict[str, LatentSpec]:
        """What the encoder finds, and the noise that a picture's details are drawn from."""
        return {"z": self.latent, "noise": LatentSpec(kind="grid", shape=self.shape, drawn=True)}

    def usual(self, leaf: str) -> Tensor:
        """See `Model.usual`."""
        return self.always[0]

    def decode(
        self, z: Tensor, c: Tensor | None = None, *, noise: Tensor | None = None, guidance: float | None = None,
        rough: bool = False,
    ) -> Tensor:  # fmt: skip
        """z [N, latent] -> x [N, *shape] in [0, 1].

        Args:
            z: [N, latent].
            c: not used.
            noise: [N, *shape]; the same for all where none is given.
            guidance: see the class; its own where none is given.
            rough: what the latent alone says, without drawing.
        """
        return self.rough(z) if rough else self.frames(z, c, noise=noise, guidance=guidance)["noisy"][-1]

    def frames(
        self, z: Tensor, c: Tensor | None = None, *, noise: Tensor | None = None, guidance: float | None = None
    ) -> dict[str, Tensor]:
        """The steps of a drawing, arguments as of `decode`: `noisy` and `guess`, [S + 1, N, *shape] each, see `refine`."""
        noise = self.always.expand(len(z), *self.shape) if noise is None else noise
        return dict(zip(("noisy", "guess"), self.refine(z, noise, guidance), strict=True))

    def refine(self, z: Tensor, noise: Tensor, guidance: float | None = None) -> tuple[Tensor, Tensor]:
        """Draw the picture of each latent from a noise, and keep the way there: capability `refine`.

        Args:
            z: [N, latent].
            noise: standard normal numbers [N, *shape].
            guidance: see the class; its own where none is given.

        Returns:
            The noisy pictures [S + 1, N, *shape] before the first step, after it, ..., after the last, and what the U-Net
            guesses of the picture at each, both in [0, 1]; after the last step both are the picture.
        """
        scale = self.guidance if guidance is None else guidance
        rough = 2 * self.rough(z) - 1
        steps, x = solver(), noise
        steps.set_timesteps(self.steps)
        noisy, guesses = [x], []
        for level in steps.timesteps.tolist():
            guess = self._guess(x, rough, level, scale)
            x = steps.step(guess, level, x).prev_sample
            noisy.append(x)
            guesses.append(guess)
        guesses.append(x)
        return tuple((0.5 + 0.5 * torch.stack(parts)).clamp(0, 1) for parts in (noisy, guesses))

    def _guess(self, x: Tensor, rough: Tensor, level: int, guidance: float) -> Tensor:
        """What picture [N, *shape] in [-1, 1] the U-Net sees in a noisy one at a level, guided."""
        levels = torch.full((len(x),), level, device=x.device)
        if guidance == 1:
            velocity = self.refiner(x, rough, levels)
        else:
            pair = self.refiner(torch.cat([x, x]), torch.cat([rough, torch.zeros_like(rough)]), torch.cat([levels] * 2))
            shown, nothing = pair.chunk(2)
            velocity = nothing + guidance * (shown - nothing)
        return (self.signal[level] * x - self.noise[level] * velocity).clamp(-1, 1)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1] -> `loss` and its terms, averaged over pixels in [-1, 1]."""
        target = 2 * x - 1
        rough = 2 * self.rough(self.encode(x).mean) - 1
        level = torch.randint(LEVELS, (len(x),), device=x.device)
        signal, noise = (table[level][:, None, None, None] for table in (self.signal, self.noise))
        eps = torch.randn_like(target)
        shown = (torch.rand(len(x), 1, 1, 1, device=x.device) >= self.hidden).to(rough.dtype)
        velocity = self.refiner(signal * target + noise * eps, rough * shown, level)
        diffusion = (velocity - (signal * eps - noise * target)).square().mean()
        squared = (rough - target).square().mean()
        return {"loss": diffusion + self.weight * squared, "diffusion": diffusion, "squared": squared}
