"""Paper 18: which latent dimensions collapse, predicted and trained, in linear conditional and two-level hierarchical VAEs.

The linear models are trained by Adam on pairs and noise drawn anew for each step: Gaussian pairs of a falling spectrum, and the
digits themselves. A dimension counts as collapsed where its signal-to-noise ratio is under 0.01, in a basis in which they are
uncorrelated. The plain VAE's threshold (theorem 1) is the baseline: it knows the variances but not that a CVAE's input tells
part of the output, or that a second level stands above the first. The nonlinear CVAE has a hidden layer in encoder and decoder
and a posterior variance of its own for each item; its active units are those of scans held out.

What to look for: raise the correlation and the lines of a CVAE fall, those of a hierarchical VAE rise. At two levels, z2 may
be active in dimensions whose z1 is collapsed.

What a sceptic would ask: is a theorem measured here, which can't fail? That the minimum is where it is was proved; that
gradient descent with sampled noise ends there from random weights, in every copy, was not. In each disagreement the dimension
lies at a threshold: within a step of the grid of decoder variances, or, for z1, within 3 % of the singular value above which
nothing collapses it. Is the baseline naive? It is what a practitioner would compute from the data's principal components, and
it is exact where the correlation is 0, and for z1 as long as the decoder's variance is below the fixed one. Does it carry over
to networks? The hidden layer's rows say how far, on one small data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import torch

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data.pairs import DIMS, LABELS, Model, pairs
from explorer.learn.models.vae.linear import nats
from explorer.learn.training.collapse import (
    ACTIVE,
    LEVELS,
    Setting,
    active_units,
    observed,
    plain,
    plain_thresholds,
    predicted,
    thresholds,
    trained,
)
from explorer.learn.training.once import once
from explorer.museum.exhibits.base import Exhibit, Say

STEPS = 2500
NOISES = np.geomspace(0.02, 4, 14)
CORRELATIONS = (0.0, 0.5, 0.75, 0.9, 1.0)
LAWS = ("falling", "digits")
NAMES: dict[Model, str] = {"cvae": "linear CVAE", "hvae": "two levels"}
HIDDEN, NONLINEAR_NOISES = 32, np.geomspace(0.04, 2, 8)
REACH = 0.02  # share of dimensions whose state may be predicted wrongly


@register("exhibits", "posterior-collapse")
class PosteriorCollapse(Exhibit):
    """Thresholds of posterior collapse."""

    number = 18
    title = (
        "Beyond Vanilla Variational Autoencoders: Detecting Posterior Collapse in Conditional and Hierarchical "
        "Variational Autoencoders"
    )
    authors = "Hien Dang, Tho Tran, Tan Nguyen, Nhat Ho"
    year = 2024
    link = "https://arxiv.org/abs/2306.05023"
    gallery = "B"
    idea = (
        "In linear VAEs it is known which latent dimensions collapse: the input-output correlation decides it in a "
        "conditional VAE, and the fixed and learnt variances of two levels in a hierarchical one."
    )
    claim = (
        "Over decoder variance and input-output correlation, the theorems say of all but 2 % of the latent dimensions of "
        "trained linear CVAEs and two-level VAEs whether they are collapsed, and are wrong less often than the plain VAE's "
        "threshold; the active units of a CVAE with a hidden layer fall in the predicted order, too."
    )
    scaled = "8 dimensions, 2,500 steps, digits at 8x8 in place of MNIST."
    play = "posterior-collapse"
    look = "The lines that meet zero, the trained points on them, and where a plain VAE's thresholds lie."
    control = "#correlation"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        steps, noises, laws = (150, NOISES[1::4], LAWS[:1]) if quick else (STEPS, NOISES, LAWS)
        settings = [Setting(float(noise), k) for k in CORRELATIONS for noise in noises]
        found: dict[str, list[float]] = {}
        for seed in seeds:
            ours: dict[str, list[np.ndarray]] = {}
            for model, name in product(NAMES, laws):
                one = compared(model, name, settings, steps=steps, seed=seed)
                for key, values in one.items():
                    ours.setdefault(key, []).append(values)
                told = ", ".join(f"{key} {np.nanmean(values):.4f}" for key, values in one.items())
                say(f"{NAMES[model]}, {LABELS[name].lower()}, seed {seed}: {told}")
            for key, parts in ours.items():
                found.setdefault(key, []).append(float(np.nanmean(np.concatenate(parts))))
            for key, value in ordered(quick, seed).items():
                found.setdefault(key, []).append(value)
            say(
                f"hidden layer, seed {seed}: rank correlation {found['order'][-1]:.3f}, plain {found['plain order'][-1]:.3f}"
            )
        return outcome(found, len(settings), steps, laws)


def compared(model: Model, name: str, settings: Sequence[Setting], *, steps: int, seed: int) -> dict[str, np.ndarray]:
    """Predictions beside a training over the whole grid: errors by their kind, flat.

    Args:
        model, name: what is trained, and on which law.
        settings: each correlation with all decoder variances, which rise.
        steps, seed: of the training.
    """
    noises = np.unique([s.noise for s in settings])
    law = pairs(name, model, real=True)

    def make() -> dict[str, torch.Tensor]:
        ratios = trained(law, model, settings, steps=steps, seed=seed)
        return {level: torch.from_numpy(values) for level, values in ratios.items()}

    key = {"model": model, "law": name, "settings": [vars(s) for s in settings], "steps": steps, "seed": seed}
    ratios = {
        level: values.numpy()
        for level, values in once("collapse", key, "explorer.learn.training.collapse", make).items()
    }
    errors: dict[str, list[np.ndarray]] = {}

    def add(kind: str, values: np.ndarray) -> None:
        errors.setdefault(f"{model} {kind}", []).append(values.ravel().astype(np.float64))

    for level in LEVELS[model]:
        active = ratios[level] > ACTIVE
        ours, theirs = (np.stack([say(law, model, s)[level] for s in settings]) for say in (predicted, plain))
        add("wrong", (ours > 0) != active)
        add("plain wrong", (theirs > 0) != active)
        add("nats", np.abs(nats(ours) - nats(ratios[level])))
        for k, s in enumerate(settings[:: len(noises)]):
            seen = observed(noises, active[k * len(noises) : (k + 1) * len(noises)])
            for kind, at in (("off", thresholds(law, model, s)[level]), ("plain off", plain_thresholds(law, model, s))):
                within = (at > 0) & np.isfinite(at)
                add(kind, np.abs(np.log2(np.where(within, at, 1) / seen))[within])
    return {kind: np.concatenate(values) for kind, values in errors.items()}


def ordered(quick: bool, seed: int) -> dict[str, float]:
    """Active units of a CVAE with a hidden layer: their rank correlation with two predictions, and how far these are off."""
    from scipy.stats import spearmanr

    noises, steps = (NONLINEAR_NOISES[::3], 80) if quick else (NONLINEAR_NOISES, STEPS)
    settings = [Setting(float(noise), k) for k in CORRELATIONS for noise in noises]

    def make() -> dict[str, torch.Tensor]:
        return {"units": torch.from_numpy(active_units(settings, hidden=HIDDEN, steps=steps, seed=seed))}

    key = {"hidden": HIDDEN, "settings": [vars(s) for s in settings], "steps": steps, "seed": seed}
    units = once("collapse-hidden", key, "explorer.learn.training.collapse", make)["units"].numpy()
    law = pairs("digits", "cvae")
    found = {}
    for name, say in (("", predicted), ("plain ", plain)):
        count = np.array([(say(law, "cvae", s)["z"] > 0).sum() for s in settings])
        found[f"{name}order"] = float(spearmanr(count, units).statistic)
        found[f"{name}units"] = float(np.abs(count - units).mean())
    return found


def outcome(found: dict[str, list[float]], settings: int, steps: int, laws: Sequence[str]) -> Measured:
    """Errors by their kind, one for each seed -> what is stored."""

    def figure(label: str, key: str, digits: int = 3, better: str = "lower", unit: str = "") -> Figure:
        return Figure(label=label, values=tuple(found[key]), better=better, digits=digits, unit=unit)

    wrong = {model: figure(f"State predicted wrongly, {name}", f"{model} wrong", 4) for model, name in NAMES.items()}
    blind = {model: figure(f"State predicted wrongly by the plain VAE's threshold, {name}", f"{model} plain wrong", 4)
             for model, name in NAMES.items()}  # fmt: skip
    order = figure("Predicted and measured active units, hidden layer: rank correlation", "order", better="higher")
    plain_order = figure("The same, predicted by the plain VAE's threshold", "plain order", better="higher")
    others = [wrong["hvae"], order]
    for model, name in NAMES.items():
        others.append(figure(f"Threshold off by, {name}", f"{model} off", unit="octaves"))
        others.append(figure(f"Plain VAE's threshold off by, {name}", f"{model} plain off", unit="octaves"))
        others.append(figure(f"Information off by, {name}", f"{model} nats", unit="nats"))
    others.append(figure("Active units off by, hidden layer", "units", 2))
    others.append(figure("Active units off by, hidden layer, plain VAE's threshold", "plain units", 2))
    said = ", ".join(
        f"{NAMES[model]} {wrong[model].mean:.1%} by its theorem and {blind[model].mean:.1%} by the plain VAE's"
        for model in NAMES
    )
    return Measured(
        measured=wrong["cvae"],
        baselines=(*blind.values(), plain_order),
        parts=(
            *(part(wrong[model], blind[model]) for model in NAMES),
            *(part(wrong[model], reach=REACH) for model in NAMES),
            part(order, plain_order),
        ),
        outcome=(
            f"Of the dimensions' states these are predicted wrongly: {said}. With a hidden layer the active units have a "
            f"rank correlation of {order.mean:.2f} with the prediction, and of {plain_order.mean:.2f} with the plain VAE's."
        ),
        others=tuple(others),
        data=f"{' and '.join(LABELS[name].lower() for name in laws)}; {settings} settings of decoder variance and "
        f"correlation, {DIMS} dimensions, {steps:,} steps",
    )
