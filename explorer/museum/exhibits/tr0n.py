"""Paper 38, TR0N: what a translator and a polish make of a generator that has no condition.

What a sceptic would ask: is the polish not just an attack on the classifier that guides it? Partly: that classifier reads 84 %
of the polished draws as asked, an independent one 78 %, so most of the gain carries over. Does rejection sampling not win?
Here it does by reading (97 % as asked, from 85 % of the draws wanted in the same time), since a class is one draw in ten; it
has less variety (56 % of real against 89 %).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from explorer.box import checkpoints
from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import find, register
from explorer.learn.models.judge import Judge
from explorer.learn.plugins.tr0n import TR0N
from explorer.museum.exhibits import _gans
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits.base import Exhibit

NAME = "fashion-tr0n"
STEPS = 20
CANDIDATES = 250  # that rejection sampling draws at once


@register("exhibits", "tr0n")
class Translated(Exhibit):
    """Class accuracy and variety of translated draws, of polished ones, and of rejection sampling in the same time."""

    number = 38
    title = "TR0N: Translator Networks for 0-Shot Plug-and-Play Conditional Generation"
    authors = "Zhaoyan Liu, Noël Vouitsis, Satya Krishna Gorti, Jimmy Ba, Gabriel Loaiza-Ganem"
    year = 2023
    link = "https://arxiv.org/abs/2304.13742"
    gallery = "A"
    idea = (
        "Leave generator and classifier as they are, learn from their own draws which latents lead to which class, and "
        "follow the classifier's gradient for the last steps."
    )
    claim = (
        f"{STEPS} steps of polish raise how often an independent classifier reads the class that was asked of an "
        "unconditional GAN; beside it, rejection sampling of the same target in the same time."
    )
    scaled = (
        "Classes of 28x28 Fashion-MNIST on a GAN of half a million weights with ten latent numbers, instead of ImageNet "
        "classes and text (CLIP) on BigGAN, StyleGAN and NVAE; a class is one draw in ten here, so rejection is cheap."
    )
    look = "steps of polish that make the classifier surer of the kind asked for; is the picture better, too?"
    checkpoints = (NAME,)
    scene = {"model": NAME, "view": {"tab": "polish", "colour": "garment"}}
    control = "#polish-steps"

    def measure(self, seeds: Sequence[int], quick: bool, say: Callable[[str], None]) -> Measured:
        """See `Exhibit.measure`; quick makes fewer draws."""
        checkpoint = checkpoints.load(NAME)
        data, judge = find("data", checkpoint.card.data)(), checkpoint.judge
        count = 40 if quick else 100
        held_out = _gans.real(data, "test", max(count, 100))
        real = _gans.within(_gans.real(data, "train", count), held_out, judge)
        ways = ("translated", "polished", "rejection")
        rows: dict[str, list[_gans.Within]] = {way: [] for way in ways}
        ratios, sure, filled = [], [], []
        for seed in seeds:
            model = fitted(recipe_of(NAME), seed, say)
            say(f"polishing, seed {seed}")
            drawn, polished, seconds = translated(model, count, seed)
            say(f"rejection sampling for as long, seed {seed}")
            kept, made = rejected(model, count, seed, seconds)
            for way, pictures in zip(ways, (drawn, polished, kept), strict=True):
                rows[way].append(_figures(pictures, held_out, judge))
            ratios.append(made / (count * model.condition))
            filled.append(sum(len(own) for own in kept) / (count * model.condition))
            sure.append(named(model, polished))

        def figure(way: str, field: str, label: str) -> Figure:
            scale = real.variety if field == "variety" else 1.0
            values = tuple(getattr(row, field) / scale for row in rows[way])
            return Figure(label=f"{label}, {way}", values=values, unit="of real" if field == "variety" else "")

        before, after, rejection = (figure(way, "accuracy", "read as asked") for way in ways)
        others = [figure(way, "variety", "variety within a class") for way in ways]
        speed = Figure(label="rejection's draws in the same time, per polished one", values=tuple(ratios), digits=1)
        found = Figure(label="share of the draws asked that rejection found in the same time", values=tuple(filled))
        outcome = (
            f"Of the translator's draws an independent classifier reads {before.mean:.0%} as asked, after {STEPS} steps of "
            f"polish {after.mean:.0%}, with variety going from {others[0].mean:.0%} to {others[1].mean:.0%} of real; "
            f"rejection sampling finds {found.mean:.0%} of the draws in that time, of which {rejection.mean:.0%} are read as "
            f"asked, at {others[2].mean:.0%} of real variety."
        )
        others += [
            figure(way, "recall", "recall within a class") for way in ways
        ] + [
            speed,
            found,
            Figure(label="the guiding classifier's own word, polished", values=tuple(sure)),
            Figure(label="read as asked, real", values=(real.accuracy,)),
        ]  # fmt: skip
        return Measured(
            measured=after,
            baselines=(before, rejection),
            parts=(part(after, before),),
            outcome=outcome,
            others=tuple(others),
            data=f"Fashion-MNIST; per garment {count} draws and {held_out.shape[1]} held-out pictures to measure with",
        )


def translated(model: TR0N, count: int, seed: int) -> tuple[Tensor, Tensor, float]:
    """Draws of the translator and the same after the polish, each [classes, count, *shape], and the seconds it all took.

    Seconds of processor time, which other work on the machine doesn't change.
    """
    classes = torch.eye(model.condition).repeat_interleave(count, 0)
    u = torch.randn(len(classes), *model.latent.shape, generator=torch.Generator().manual_seed(seed))
    began = time.process_time()
    way = model.polish(u, classes, STEPS, seed)
    polished = _decoded(model, way[-1], classes)
    seconds = time.process_time() - began
    shape = (model.condition, count)
    return _decoded(model, u, classes).unflatten(0, shape), polished.unflatten(0, shape), seconds


@torch.inference_mode()
def rejected(model: TR0N, count: int, seed: int, seconds: float) -> tuple[list[Tensor], int]:
    """Rejection sampling of p(z) f(c | G(z))^beta, what the polish goes towards, for all classes and so much processor time.

    A draw of p(z) is kept for class c with probability f(c | G(z))^beta; these sum to one at most, so that each is kept for
    one class or for none.

    Returns:
        The first `count` draws of each class, fewer where fewer came, and how many were made in all.
    """
    source = torch.Generator().manual_seed(seed + 1)
    kept: list[list[Tensor]] = [[] for _ in range(model.condition)]
    made, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        z = torch.randn(CANDIDATES, model.latent.size - 1, generator=source)
        x = model.model.decode(z)
        share = model.classifier(x).softmax(1) ** model.beta
        none = (1 - share.sum(1, keepdim=True)).clamp(min=0)
        label = torch.multinomial(torch.cat([share, none], 1), 1, generator=source)[:, 0]
        made += CANDIDATES
        for k in range(model.condition):
            kept[k] += list(x[label == k][: count - len(kept[k])])
    return [torch.stack(own) if own else torch.empty(0) for own in kept], made


@torch.inference_mode()
def named(model: TR0N, x: Tensor) -> float:
    """How often the model's own classifier reads in x [classes, n, *shape] what was asked."""
    right = [(model.classifier(own).argmax(1) == k).double().mean().item() for k, own in enumerate(x)]
    return sum(right) / len(right)


def _figures(x: Sequence[Tensor], held_out: Tensor, judge: Judge) -> _gans.Within:
    """Of classes with enough draws to be measured; all of a way's draws are compared with the same pictures."""
    enough = [k for k, own in enumerate(x) if len(own) > _gans.NEIGHBOURS + 1]
    return _gans.within([x[k] for k in enough], held_out[enough], judge, classes=enough)


@torch.inference_mode()
def _decoded(model: TR0N, u: Tensor, c: Tensor) -> Tensor:
    parts = zip(u.split(_gans.BATCH), c.split(_gans.BATCH), strict=True)
    return torch.cat([model.decode(a, b) for a, b in parts])
