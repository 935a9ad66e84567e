"""SWYCC: does a diffusion decoder draw more real pictures from a frozen encoder's latents than L2 and GAN decoders do?

What a sceptic would ask: did all decoders have the same chance? Not quite: the diffusion decoder trains together with its
encoder and is the larger one (0.7 million weights against 0.3), the others see the frozen latents for as many pictures. Even
so an L2 decoder lies nearer to real pictures in the judge's features (3.4 against 3.8), which its blur does not show to; only
in sharpness is diffusion ahead of it (89 % against 60 % of real), and there the GAN is ahead of both (96 %).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.box import checkpoints
from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import find, register
from explorer.learn.data.base import DataSet
from explorer.learn.latents import as_input, psnr
from explorer.learn.models.diffusion.swycc import SWYCC
from explorer.learn.models.judge import Judge
from explorer.museum.exhibits._decoders import STEPS, decoder
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits.base import Exhibit, Say
from explorer.museum.lenses._compare import frechet_distance

HELD_OUT, QUICK_HELD_OUT = 1_000, 400
PASSES = 1  # over the training pictures, for each decoder
TRAINING, QUICK_TRAINING, QUICK_STEPS = 60_000, 4_000, 150
BATCH = 250
OURS, ROUGH, L2, GAN = "diffusion", "its own first decoder", "L2", "GAN"


@register("exhibits", "swycc")
class Swycc(Exhibit):
    """Paper 182, on clothes."""

    number = 182
    title = "Sample What You Can't Compress"
    authors = "Vighnesh Birodkar, Gabriel Barcik, James Lyon, Sergey Ioffe, David Minnen, Joshua V. Dillon"
    year = 2024
    link = "https://arxiv.org/abs/2409.02529"
    gallery = "E"
    idea = (
        "Let the latent keep what it can, and let a diffusion model, trained with it, draw the rest: instead of the blurred mean "
        "of all pictures that fit, one of them."
    )
    claim = (
        "On the same frozen encoder, the diffusion decoder's pictures lie nearer to real ones in the features of an independent "
        "judge, and nearer in sharpness, than those of an L2 decoder and of a GAN decoder."
    )
    scaled = (
        "Clothes of 28x28 in 49 numbers and 0.7 million weights; no perceptual loss, as no network trained on photographs is "
        "used; for the claim each decoder sees 60,000 pictures once, the two others with 0.3 million weights."
    )
    look = "details that differ from draw to draw, while all that the 49 numbers hold stays the same."
    checkpoints = ("fashion-swycc",)
    scene = {"model": "fashion-swycc", "start": {"item": 411}, "view": {"tab": "details", "colour": "garment"}}
    control = "#refine-step"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        data: DataSet = find("data", "fashion")()
        recipe, judge = recipe_of(self.checkpoints[0]), checkpoints.load(self.checkpoints[0]).judge
        train, test = data.load("train"), data.load("test")
        known, count = (QUICK_TRAINING, QUICK_HELD_OUT) if quick else (TRAINING, HELD_OUT)
        real, x = as_input(train.x[:known]), as_input(test.x[:count])
        rows: dict[tuple[str, str], list[float]] = {}
        for seed in seeds:
            model: SWYCC = fitted(recipe, seed, say, training=None if quick else {"epochs": PASSES})
            with torch.inference_mode():
                z, given = (torch.cat([model.encode(p).mean for p in part.split(BATCH)]) for part in (x, real))
                say(f"drawing {count} pictures, seed {seed}")
                pictures = drawings(model, z, seed)
            for kind in (L2, GAN):
                say(f"training the {kind} decoder, seed {seed}")
                other = decoder(
                    kind, given.clone(), real, grid=model.grid, patch=recipe.model["patch"], seed=seed,
                    steps=QUICK_STEPS if quick else STEPS,
                )  # fmt: skip
                with torch.inference_mode():
                    pictures[kind] = torch.cat([other(part) for part in z.split(BATCH)])
            for name, y in pictures.items():
                for what, value in compared(judge, y, x).items():
                    rows.setdefault((what, name), []).append(value)
        return report(rows, count)


@torch.inference_mode()
def drawings(model: SWYCC, z: Tensor, seed: int) -> dict[str, Tensor]:
    """Latents z [N, L] -> pictures [N, *shape] of the diffusion decoder, each from a noise of its own, and of D_init."""
    generator = torch.Generator().manual_seed(seed)
    drawn, rough = [], []
    for batch in z.split(BATCH):
        noise = torch.randn(len(batch), *model.shape, generator=generator)
        drawn.append(model.refine(batch, noise)[1][-1])
        rough.append(model.rough(batch))
    return {OURS: torch.cat(drawn), ROUGH: torch.cat(rough)}


@torch.inference_mode()
def compared(judge: Judge, y: Tensor, x: Tensor) -> dict[str, float]:
    """Pictures y beside the real ones x that they come from, [N, *shape]: distances in features, sharpness, pixels."""
    features = [torch.cat([judge.embed(part) for part in pictures.split(BATCH)]) for pictures in (y, x)]
    sharp = sharpness(y) / sharpness(x)
    return {
        "distance": frechet_distance(*features), "sharp": sharp, "off": abs(1 - sharp), "psnr": psnr(y, x).mean().item(),
    }  # fmt: skip


def sharpness(x: Tensor) -> float:
    """Mean absolute Laplacian of pictures [N, C, H, W]: what is left of a pixel without the mean of its four neighbours."""
    kernel = x.new_tensor([[0.0, -0.25, 0.0], [-0.25, 1.0, -0.25], [0.0, -0.25, 0.0]])[None, None]
    return F.conv2d(x.flatten(0, 1)[:, None], kernel).abs().mean().item()


def report(rows: dict[tuple[str, str], list[float]], count: int) -> Measured:
    """Figures by (what, decoder), one value a seed -> the claim's result."""

    def figures(what: str, words: str, **more: object) -> dict[str, Figure]:
        return {
            name: Figure(label=f"{words}, {name}", values=tuple(values), **more)
            for (kind, name), values in rows.items()
            if kind == what
        }

    far = figures("distance", "Fréchet distance to real pictures", better="lower", digits=2)
    off = figures("off", "sharpness missed, as a share of the real one", better="lower")
    sharp = figures("sharp", "sharpness, as a share of the real one")
    pixels = figures("psnr", "PSNR", unit="dB", digits=2)
    nearest, farther = sorted((far[L2], far[GAN]), key=lambda figure: figure.mean)
    return Measured(
        measured=far[OURS], baselines=(nearest, farther),
        parts=tuple(part(figures[OURS], figures[other]) for figures in (far, off) for other in (L2, GAN)),
        outcome=(
            f"Fréchet distance {far[OURS].text} for the diffusion decoder, {far[GAN].text} for the GAN decoder and "
            f"{far[L2].text} for the L2 decoder; sharpness {sharp[OURS].mean:.0%}, {sharp[GAN].mean:.0%} and "
            f"{sharp[L2].mean:.0%} of the real pictures'; the price is in pixels: {pixels[OURS].text}, {pixels[GAN].text} and "
            f"{pixels[L2].text}."
        ),
        others=(far[ROUGH], *sharp.values(), *off.values(), *pixels.values()),
        data=f"Fashion-MNIST: {count} held-out pictures, each from its own latent.",
    )  # fmt: skip
