"""Paper 36, conditional GAN: hold the latent, turn the class; by projection and, as in 2014, by concatenation.

What a sceptic would ask: was the rival given the same chance? Both have the same generator, as many steps and the better of two
rates, chosen by other draws; the discriminators differ in how they are shown the class alone. Is the style kept because of the
projection? No: both keep it alike (0.55 and 0.54), so holding z and turning the class works in the form of 2014 as well, and
another z, which is zero by construction, is no rival. Have they ended? No: after 1,250 steps 75 % and 66 % are read as asked,
93 % of real pictures, so the projection's lead is one of speed at least. And 0.55 is far from what real garments of
like style reach, 0.80.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.models.judge import Judge
from explorer.museum.exhibits import _gans
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits._resampled import error_over
from explorer.museum.exhibits.base import Exhibit

NAME = "fashion-cgan"
# How the discriminator is shown the class, and what that changes of the recipe's model.
FORMS = {"projection": {}, "concatenation": {"joined": True}}
SMALLER = {"widths": [32, 16], "critic_widths": [16, 32], "hidden": 64, "features": 64}
TRAINING, QUICK = {"items": 20_000}, {"epochs": 1, "items": 3_200}
RATES, TRIAL = (5e-4, 1e-3), {"items": 10_000}  # that are tried, on half of the pictures
TRIAL_SEED = 1_000  # of the latents that rates are chosen with
COUNT, QUICK_COUNT = 200, 50


@register("exhibits", "cgan")
class ConditionalGan(Exhibit):
    """What turning the class changes, and what the latent keeps."""

    number = 36
    title = "Conditional Generative Adversarial Nets"
    authors = "Mehdi Mirza, Simon Osindero"
    year = 2014
    link = "https://arxiv.org/abs/1411.1784"
    gallery = "C"
    idea = (
        "Show both players of a GAN the class, and the noise is left with everything else: hold it, and turn the class."
    )
    claim = (
        "Shown the class by projection, a GAN draws garments that an independent classifier reads as asked more often, and "
        "that keep more of their style (shade, area, outline) as the class turns with z held, than shown it by "
        "concatenation, as in 2014."
    )
    scaled = (
        "Fashion-MNIST at 28x28; hinge losses, as conditional GANs are trained since. For the claim both are trained anew with "
        "half the widths of the model that is played with and 1,250 steps, a third of its own, each at the rate of two whose "
        "draws are read as asked more often in a trial of half the steps."
    )
    look = "the cut and the shade that stay when the latent is held and the garment is turned."
    checkpoints = ("fashion-cgan", "fashion-acgan", "fashion-adcgan")
    scene = {
        "model": "fashion-cgan",
        "view": {"tab": "attributes", "colour": "garment", "options": {"attributes": {"row": "garment"}}},
    }
    control = "#dial"

    def measure(self, seeds: Sequence[int], quick: bool, say: Callable[[str], None]) -> Measured:
        """See `Exhibit.measure`; quick trains on few garments and draws fewer."""
        checkpoint, data = _gans.bundled()
        count, recipe = QUICK_COUNT if quick else COUNT, recipe_of(NAME)
        held_out = _gans.real(data, "test", count)
        rows: dict[str, list[_gans.Within]] = {form: [] for form in FORMS}
        errors: dict[str, list[float]] = {"style": [], "accuracy": []}
        settings = QUICK if quick else TRAINING
        arguments = {form: {**recipe.model, **SMALLER, **changes} for form, changes in FORMS.items()}

        def obeyed(form: str, rate: float) -> float:
            training = settings | {"rate": rate} | ({} if quick else TRIAL)
            model = fitted(recipe, seeds[0], say, training=training, model=arguments[form])
            share = rights(checkpoint.judge, _gans.draws(model, count, TRIAL_SEED)).mean().item()
            say(f"{form} at a rate of {rate:g}: {share:.3f} read as asked")
            return share

        rates = {form: max(RATES[: 1 if quick else None], key=partial(obeyed, form)) for form in FORMS}
        for seed in seeds:
            drawn = {}
            for form in FORMS:
                model = fitted(recipe, seed, say, training=settings | {"rate": rates[form]}, model=arguments[form])
                say(f"measuring by {form}, seed {seed}")
                drawn[form] = _gans.draws(model, count, seed)
                rows[form].append(_gans.within(drawn[form], held_out, checkpoint.judge))
            for name, error in errors_over_latents(checkpoint.judge, *drawn.values(), seed=seed).items():
                errors[name].append(error)
        real = _gans.within(_gans.real(data, "train", count), held_out, checkpoint.judge)

        def figures(field: str, label: str, better: str = "higher", **more: object) -> dict[str, Figure]:
            return {
                form: Figure(label=f"{label}, {form}", values=[getattr(r, field) for r in own], better=better, **more)
                for form, own in rows.items()
            }

        style, accuracy = figures("style", "style kept, same z"), figures("accuracy", "read as asked")
        apart = figures("style_apart", "style kept, another z")
        far = figures("frechet", "Fréchet distance within a class", "lower", digits=1)
        recall = figures("recall", "recall within a class")
        ceiling = Figure(label="style kept, real garments paired by style", values=[_gans.matched_style(held_out)])
        unsure = {
            name: Figure(
                label=f"standard error over the latents, difference in {words}", values=errors[name], better="lower"
            )
            for name, words in (("accuracy", "read as asked"), ("style", "style kept"))
        }
        ours, theirs = FORMS
        return Measured(
            measured=style[ours],
            baselines=(style[theirs],),
            parts=(
                part(accuracy[ours], accuracy[theirs], error=unsure["accuracy"]),
                part(style[ours], style[theirs], error=unsure["style"]),
            ),
            outcome=(
                f"Turned to each of ten garments with z held, {accuracy[ours].mean:.0%} of the draws are read as asked by "
                f"projection and {accuracy[theirs].mean:.0%} by concatenation (real pictures: {real.accuracy:.0%}); their style "
                f"correlates by {style[ours].mean:.2f} and {style[theirs].mean:.2f} from garment to garment, where real garments "
                f"paired by their style reach {ceiling.mean:.2f} and another z {round(apart[ours].mean, 2) + 0.0:.2f}."
            ),
            others=(
                ceiling, *apart.values(), *accuracy.values(),
                Figure(label="read as asked, real", values=[real.accuracy]), *recall.values(), *far.values(),
                *unsure.values(),
            ),
            data=f"Fashion-MNIST: 20,000 pictures to train on; per garment {count} draws and {count} held-out pictures; rates "
            "chosen with other draws: " + ", ".join(f"{rate:g} for {form}" for form, rate in rates.items()) + ".",
        )  # fmt: skip


@torch.inference_mode()
def rights(judge: Judge, x: Tensor) -> Tensor:
    """Is each draw [classes, n, *shape] read as its class? float64 [classes, n, 1]."""
    classes = torch.eye(len(x))
    return torch.stack([judge.right(own, c.expand(len(own), -1)).double() for own, c in zip(x, classes, strict=True)])


def errors_over_latents(judge: Judge, ours: Tensor, theirs: Tensor, *, seed: int) -> dict[str, float]:
    """Standard errors of the differences between two models' draws [classes, n, *shape] over the n latents."""
    right = rights(judge, ours) - rights(judge, theirs)
    a, b = (torch.stack([_gans.style(pictures) for pictures in x]) for x in (ours, theirs))
    return {
        "accuracy": error_over(lambda rows: right[:, rows].mean().item(), right.shape[1], seed),
        "style": error_over(lambda rows: _gans.carried(a[:, rows]) - _gans.carried(b[:, rows]), a.shape[1], seed),
    }
