"""What the exhibits on conditional GANs share: the trained trio, and how variety within a class is measured.

Three families of one net (`cgan`, `acgan`, `adcgan`) are trained by one recipe on Fashion-MNIST, whose shirts, coats and
pullovers overlap. Draws are read by the judge of the checkpoint, which was trained on real pictures alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.box import checkpoints
from explorer.box.checkpoints import Checkpoint
from explorer.core.registry import find
from explorer.learn.data.base import DataSet
from explorer.learn.latents import as_input
from explorer.learn.models.base import Model
from explorer.learn.models.judge import Judge
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.lenses._compare import frechet_distance

TRIO = {"cgan": "fashion-cgan", "acgan": "fashion-acgan", "adcgan": "fashion-adcgan"}
NAMES = {"cgan": "projection cGAN", "acgan": "AC-GAN", "adcgan": "ADC-GAN"}
DATA = "Fashion-MNIST (60,000 pictures to train on; per garment 500 draws and 500 held-out pictures to measure with)"
BATCH = 250
NEIGHBOURS = 3


@dataclass(frozen=True)
class Within:
    """A set of pictures of known classes, measured class by class and averaged over the classes.

    Attributes:
        accuracy: share that the judge reads as the class that was asked.
        variety: mean perceptual distance of two pictures of a class, see `perceptual`.
        frechet: intra-class Frechet distance to held-out real pictures.
        recall: share of held-out real pictures that lie among the set's own.
        precision: share of the set that lies among held-out real pictures.
        style: how far a style carries over from class to class with the latent held, see `kept_style`.
        style_apart: the same between different latents.
    """

    accuracy: float
    variety: float
    frechet: float
    recall: float
    precision: float
    style: float
    style_apart: float


def compare(
    families: Sequence[str], seeds: Sequence[int], quick: bool, say: Callable[[str], None]
) -> tuple[dict[str, list[Within]], Within]:
    """Figures of each family, one a seed, and those of real training pictures, all beside held-out real pictures."""
    checkpoint, data = bundled()
    count = 100 if quick else 500
    held_out = real(data, "test", count)
    table = {}
    for family in families:
        table[family] = []
        for seed in seeds:
            model = trained(family, 0 if quick else seed, say)
            say(f"measuring {NAMES[family]}, seed {seed}")
            table[family].append(within(draws(model, count, seed), held_out, checkpoint.judge))
    return table, within(real(data, "train", count), held_out, checkpoint.judge)


def trained(family: str, seed: int, say: Callable[[str], None]) -> Model:
    """The trained net of a family: the bundled weights for seed 0, else a run of the same recipe, kept between calls."""
    return fitted(recipe_of(TRIO[family]), seed, say)


def bundled() -> tuple[Checkpoint, DataSet]:
    """The checkpoint that lends its judge, and its data set."""
    checkpoint = checkpoints.load(TRIO["adcgan"])
    return checkpoint, find("data", checkpoint.card.data)()


def real(data: DataSet, split: str, count: int) -> Tensor:
    """The first `count` pictures of each class of a split, float32 [classes, count, *shape]."""
    items = data.load(split)
    label = items.codes[:, 0].astype(int)
    rows = np.stack([np.nonzero(label == k)[0][:count] for k in range(data.conditions.width)])
    return as_input(items.x[rows.ravel()]).unflatten(0, rows.shape)


@torch.inference_mode()
def draws(model: Model, count: int, seed: int) -> Tensor:
    """The same `count` latents under each class, float32 [classes, count, *shape]."""
    z = torch.randn(count, *model.latent.shape, generator=torch.Generator().manual_seed(seed))
    classes = torch.eye(model.condition)
    return torch.stack(
        [torch.cat([model.decode(part, c.expand(len(part), -1)) for part in z.split(BATCH)]) for c in classes]
    )


@torch.inference_mode()
def within(x: Sequence[Tensor], against: Tensor, judge: Judge, classes: Sequence[int] | None = None) -> Within:
    """Pictures x and held-out real ones, of each class [n, *shape] -> their figures.

    Args:
        x: of each class; where all have as many, row k of each is taken to come from the same latent.
        against: real pictures [classes, m, *shape].
        judge: reads them.
        classes: which they are; None: all.
    """
    conditions = torch.eye(judge.conditions.width)
    rows = []
    for k, mine, real_ in zip(classes or range(len(x)), x, against, strict=True):
        own, other = embed(judge, mine), embed(judge, real_)
        rows.append(
            (
                judge.right(mine, conditions[k].expand(len(mine), -1)).double().mean().item(),
                variety(judge, mine),
                frechet_distance(own, other),
                covered(other, own),
                covered(own, other),
            )
        )
    means = (float(np.mean(column)) for column in zip(*rows, strict=True))
    paired = len(x) > 1 and len({len(own) for own in x}) == 1
    styles = [kept_style(x, shift) if paired else float("nan") for shift in (0, 1)]
    return Within(*means, style=styles[0], style_apart=styles[1])


@torch.inference_mode()
def embed(judge: Judge, x: Tensor) -> Tensor:
    """x [n, *shape] -> the judge's features [n, F]."""
    return torch.cat([judge.embed(part) for part in x.split(BATCH)])


@torch.inference_mode()
def perceptual(judge: Judge, x: Tensor) -> Tensor:
    """x [n, *shape] -> vectors [n, D] whose squared distance is the perceptual distance of two pictures.

    As LPIPS does (Zhang et al. 2018, arXiv:1801.03924, equation 1 with weights of one): the activations of every stage,
    divided by their norm over the channels at each place, then averaged over places and summed over stages; the
    network is the judge.
    """
    parts = []
    for batch in x.split(BATCH):
        hidden, stages = batch - 0.5, []
        for layer in judge.trunk:
            hidden = layer(hidden)
            if isinstance(layer, torch.nn.GELU):
                unit = hidden / hidden.norm(dim=1, keepdim=True).clamp(min=1e-6)
                stages.append((unit / (hidden.shape[2] * hidden.shape[3]) ** 0.5).flatten(1))
        parts.append(torch.cat(stages, dim=1))
    return torch.cat(parts)


def variety(judge: Judge, x: Tensor) -> float:
    """Mean perceptual distance over all pairs of x [n, *shape]; twice the trace of the covariance gives it in O(n)."""
    return 2 * perceptual(judge, x).double().var(dim=0).sum().item()


def covered(points: Tensor, by: Tensor, k: int = NEIGHBOURS) -> float:
    """Share of points [n, F] within the k-th neighbour's distance of some point of `by` [m, F].

    Recall when `points` are real and `by` drawn, precision the other way round (Kynkaanniemi et al. 2019,
    arXiv:1904.06991, equation 2).
    """
    reach = torch.cdist(by, by).kthvalue(k + 1, dim=1).values
    return (torch.cdist(points, by) <= reach).any(dim=1).double().mean().item()


STYLES = ("shade", "area", "outline")
INK = 0.15  # darker than this, a pixel belongs to the garment


def style(x: Tensor) -> Tensor:
    """x [n, 1, H, W] in [0, 1] -> three readings of each that no class fixes, float64 [n, 3].

    Shade is the mean of the garment's pixels, area their share of the picture, outline the logarithm of their spread
    across divided by that down.
    """
    ink = (x[:, 0].double() > INK).double()
    area = ink.sum((1, 2)).clamp(min=1)
    shade = (x[:, 0].double() * ink).sum((1, 2)) / area
    spreads = []
    for axis, other in ((2, 1), (1, 2)):
        mass = ink.sum(other) / area[:, None]
        place = torch.arange(ink.shape[axis], dtype=torch.float64)
        mean = (mass * place).sum(1, keepdim=True)
        spreads.append((mass * (place - mean).square()).sum(1).clamp(min=0.1).sqrt())
    return torch.stack([shade, area / ink[0].numel(), (spreads[0] / spreads[1]).log()], dim=1)


def kept_style(x: Sequence[Tensor], shift: int = 0) -> float:
    """How far a style carries over from class to class: mean correlation over all pairs of classes and all readings.

    Args:
        x: [n, 1, H, W] of each class; row k of each is drawn from latent k.
        shift: compare row k of one class with row k + shift of another: 0 for the same latent.
    """
    return carried(torch.stack([style(pictures) for pictures in x]), shift)


def carried(styles: Tensor, shift: int = 0) -> float:
    """`kept_style` of styles as read, [classes, n, 3]."""
    scaled = _scaled(styles)
    a, b = torch.triu_indices(len(scaled), len(scaled), 1)
    return (scaled[a] * scaled[b].roll(shift, 1)).mean().item()


def matched_style(x: Sequence[Tensor]) -> float:
    """The same where row k of each class is paired with the row of the other that is nearest in style, one to one.

    Of real pictures, which share no latent, it is the most that a correlation of styles can come to: classes differ in the
    styles that they have.

    Args:
        x: [n, 1, H, W] of each class.
    """
    from scipy.optimize import linear_sum_assignment

    scaled, found = _scaled(torch.stack([style(pictures) for pictures in x])), []
    for a, b in torch.triu_indices(len(scaled), len(scaled), 1).T:
        rows, columns = linear_sum_assignment((scaled[a] @ scaled[b].T).numpy(), maximize=True)
        found.append((scaled[a][rows] * scaled[b][columns]).mean())
    return torch.stack(found).mean().item()


def _scaled(styles: Tensor) -> Tensor:
    """Styles as read [classes, n, 3], in deviations from each class's mean."""
    return (styles - styles.mean(1, keepdim=True)) / styles.std(1, keepdim=True).clamp(min=1e-9)
