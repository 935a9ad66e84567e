"""Exhibit: matrix subspace projection (paper 31).

What a sceptic would ask: is the CVAE a fair rival now? It learns from the grey pictures that it is asked with, and its pixels'
deviation is the best obeyed of four that keep an item as MSP does after one pass; the largest was, so the grid may end too early,
to MSP's advantage. It is obeyed as often (95 % both; it was 51 %, trained on black and white) and loses less by the two switches
(0.4 dB against 0.9): beside it the claim does not hold, beside the group difference it does. Does it win by blurring? In part: in
the end MSP brings the item itself back nearer (15.2 dB against 14.4), and its edits are told from real garments less often
(87 % against 99 %).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from explorer.box import checkpoints
from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data.base import Items
from explorer.learn.data.fashion import Fashion
from explorer.learn.latents import as_input, psnr
from explorer.learn.models.base import Model
from explorer.learn.models.judge import Judge
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits._resampled import error_of_means
from explorer.museum.exhibits.base import Exhibit, Say
from explorer.museum.lenses._compare import two_sample_accuracy

ITEMS, QUICK_ITEMS = 1_000, 200
KNOWN, QUICK_KNOWN = 20_000, 4_000  # real items that groups are made of
DEVIATIONS = (0.25, 0.5, 1.0, 2.0)  # of a pixel of the CVAE: which is best is tried
TRIAL = {"epochs": 1, "items": 40_000}  # the last training items are asked
MSP, CVAE, DIFFERENCE = "MSP", "CVAE of the same size", "group difference on the plain autoencoder"
Edit = Callable[[Tensor, Tensor, Tensor], Tensor]


@register("exhibits", "msp")
class Msp(Exhibit):
    """Switches for a model that has none."""

    number = 31
    title = "Latent Space Factorisation and Manipulation via Matrix Subspace Projection"
    authors = "Xiao Li, Chenghua Lin, Ruizhe Li, Chaozheng Wang, Frank Guerin"
    year = 2020
    link = "https://arxiv.org/abs/1907.12385"
    gallery = "A"
    idea = "Give the attributes a flat subspace of the latent of their own, and move within it alone."
    claim = (
        "Switching the garment by projection is read as asked more often than a CVAE's edit or the difference of two "
        "groups, and the rest survives: switched back from the edited picture alone, the item loses less."
    )
    scaled = (
        "Fashion-MNIST with one attribute of ten values and perceptrons, instead of CelebA with forty attributes and "
        "convolutions; five passes. The CVAE has the same perceptrons and sees the same grey pictures; the deviation of its "
        "pixels, and so the weight of its KL term, is the one of four whose edits of training pictures are best obeyed among "
        "those that bring them back as near as MSP does."
    )
    look = "the garment that the switches ask for, on the cut and the shade of the item that it was."
    checkpoints = ("fashion-msp",)
    scene = {
        "model": "fashion-msp",
        "condition": {"garment": "pullover"},
        "view": {"tab": "attributes", "colour": "garment", "options": {"attributes": {"row": "garment"}}},
    }
    control = "#attribute-garment"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        recipe, judge = recipe_of("fashion-msp"), checkpoints.load("fashion-msp").judge
        size = {key: recipe.model[key] for key in ("latent", "hidden")}
        training = TRIAL if quick else None
        data, count = Fashion(), QUICK_ITEMS if quick else ITEMS
        train, test = data.load("train"), data.load("test")
        real, groups = _pair(data, train, slice(QUICK_KNOWN if quick else KNOWN))
        x, c = _pair(data, test, slice(count))
        aside = _pair(data, train, slice(-count, None))

        def trial(what: str, **changes: Any) -> tuple[float, float]:
            edit = _by_condition(fitted(recipe, seeds[0], say, training=TRIAL, **changes))
            found = _asked(edit, judge, aside, seeds[0])
            right, back = (found[key].mean().item() for key in ("right", "back"))
            say(f"{what}: {right:.3f} read as asked, {back:.2f} dB there and back, training items")
            return right, back

        _, enough = trial(MSP)
        tried = {
            deviation: trial(
                f"CVAE with a deviation of {deviation:g}",
                family="iwae",
                model={**size, "samples": 1, "deviation": deviation},
            )
            for deviation in DEVIATIONS[: 1 if quick else None]
        }
        # The perceptrons of `iwae` with one sample are a conditional VAE trained on its evidence bound.
        best_of = chosen(tried, enough)
        others = {CVAE: ("iwae", {**size, "samples": 1, "deviation": best_of}), DIFFERENCE: ("ae", size)}
        found: dict[tuple[str, str], list[float]] = {}
        errors: dict[tuple[str, str], list[float]] = {}
        for seed in seeds:
            models = {MSP: fitted(recipe, seed, say, training=training)}
            for way, (family, arguments) in others.items():
                models[way] = fitted(recipe, seed, say, training=training, family=family, model=arguments)
            say(f"seed {seed}: measuring")
            each: dict[str, dict[str, Tensor]] = {}
            for way, model in models.items():
                edit = _by_difference(model, real, groups) if way == DIFFERENCE else _by_condition(model)
                each[way] = _asked(edit, judge, (x, c), seed)
                for what in ("right", "back", "plain", "lost"):
                    found.setdefault((way, what), []).append(each[way][what].mean().item())
                found.setdefault((way, "two_sample"), []).append(_told(each[way]["edit"], judge, real, seed))
            for what, other in itertools.product(("right", "lost"), (DIFFERENCE, CVAE)):
                error = error_of_means(each[MSP][what], each[other][what], seed)
                errors.setdefault((what, other), []).append(error)

        def figures(what: str, words: str, **more: str | int) -> dict[str, Figure]:
            return {way: Figure(label=f"{words}, {way}", values=tuple(found[way, what]), **more) for way in models}

        right = figures("right", "read as asked")
        back = figures("back", "item after switching there and back", unit="dB", digits=2)
        plain = figures("plain", "reconstruction", unit="dB", digits=2)
        lost = figures(
            "lost", "lost of the own reconstruction by switching there and back", unit="dB", digits=2, better="lower"
        )
        unreal = figures("two_sample", "told from real garments", better="lower")
        unsure = {
            (what, other): Figure(
                label=f"standard error over the items, difference in {words} from {other}",
                values=values,
                better="lower",
            )
            for (what, other), values in errors.items()
            for words in (("read as asked" if what == "right" else "loss by switching there and back"),)
        }
        best = max((right[CVAE], right[DIFFERENCE]), key=lambda f: f.mean)
        return Measured(
            measured=right[MSP],
            baselines=(best, right[CVAE] if best is right[DIFFERENCE] else right[DIFFERENCE]),
            parts=tuple(
                part(f[MSP], f[other], error=unsure[what, other])
                for what, f in (("right", right), ("lost", lost))
                for other in (DIFFERENCE, CVAE)
            ),
            outcome=(
                f"The judge reads the garment asked in {right[MSP].mean:.0%} of MSP's edits, {right[CVAE].mean:.0%} of the "
                f"CVAE's and {right[DIFFERENCE].mean:.0%} by group difference; switched there and back the item loses "
                f"{lost[MSP].mean:.1f}, {lost[CVAE].mean:.1f} and {lost[DIFFERENCE].mean:.1f} dB of the own reconstruction's."
            ),
            others=(
                *back.values(),
                *plain.values(),
                *lost.values(),
                *unreal.values(),
                *unsure.values(),
                *(
                    Figure(
                        label=f"{words}, training items, CVAE with a pixel deviation of {each:g}",
                        values=(values[k],),
                        **more,
                    )
                    for each, values in tried.items()
                    for k, (words, more) in enumerate(
                        (("read as asked", {}), ("item after switching there and back", {"unit": "dB", "digits": 2}))
                    )
                ),
            ),
            data=f"Fashion-MNIST: {count} test items, another garment each; the CVAE's pixels deviate by {best_of:g}.",
        )


def chosen(tried: dict[float, tuple[float, float]], enough: float) -> float:
    """The deviation whose edits are most often read as asked, of those that bring items back as near as `enough`, in dB.

    Without that bound, a model that draws the mean of the garment asked, whatever it is shown, would be obeyed best. Where none
    comes as near, the nearest is taken.

    Args:
        tried: deviation -> share that is read as asked, and the likeness after switching there and back, in dB.
        enough: likeness that MSP reaches.
    """
    near = [deviation for deviation, (_, back) in tried.items() if back >= enough]
    return max(near, key=lambda d: tried[d][0]) if near else max(tried, key=lambda d: tried[d][1])


def _pair(data: Fashion, items: Items, rows: slice) -> tuple[Tensor, Tensor]:
    return as_input(items.x[rows]), data.conditions.encode_codes(items.codes[rows])


@torch.no_grad()
def _asked(edit: Edit, judge: Judge, asked_of: tuple[Tensor, Tensor], seed: int) -> dict[str, Tensor]:
    """What an edit makes of pictures [N, *shape] and their conditions [N, C], each asked for another garment.

    Returns:
        `edit` [N, *shape], and of each item [N]: `right`, whether the judge reads what was asked; `back`, the likeness after
        switching back, `plain`, that of a reconstruction, and `lost`, the difference of both, in dB.
    """
    x, c = asked_of
    generator = torch.Generator().manual_seed(seed)
    step = torch.randint(1, c.shape[1], (len(x),), generator=generator)
    asked = torch.nn.functional.one_hot((c.argmax(1) + step) % c.shape[1], c.shape[1]).float()
    y = edit(x, c, asked)
    back, plain = psnr(edit(y, asked, c), x), psnr(edit(x, c, c), x)
    return {
        "edit": y,
        "right": (judge(y).argmax(1) == asked.argmax(1)).double(),
        "back": back,
        "plain": plain,
        "lost": plain - back,
    }


@torch.no_grad()
def _told(y: Tensor, judge: Judge, real: Tensor, seed: int) -> float:
    """Accuracy of telling edits y [N, *shape] from as many of the real pictures [M, *shape]."""
    sample = real[torch.randperm(len(real), generator=torch.Generator().manual_seed(seed))[: len(y)]]
    return two_sample_accuracy(judge.embed(y), judge.embed(sample), seed)


def _by_condition(model: Model) -> Edit:
    """Encode a picture x under its own condition, decode it under another."""
    return lambda x, c, asked: model.decode(model.encode(x, c).mean, asked)


def _by_difference(model: Model, real: Tensor, groups: Tensor) -> Edit:
    """Move a picture's latent by the difference of two groups' means (Larsen et al. 2016, section 4.1)."""
    with torch.no_grad():
        z = torch.cat([model.encode(part).mean for part in real.split(1000)])
    means = groups.T @ z / groups.sum(0).clamp(min=1)[:, None]
    return lambda x, c, asked: model.decode(model.encode(x).mean + (asked - c) @ means)
