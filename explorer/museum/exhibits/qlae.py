"""QLAE: is a latent of separate codebooks under a high weight decay better told apart than plain and Gaussian ones?

What a sceptic would ask: was it trained long enough? Ten times as long as before, 16,800 steps instead of 1,680, and the lead
over the plain autoencoder is gone: 0.38 against 0.43, each kind with the best of four settings. What remains is explicitness
(0.53 against 0.48) and compactness (0.30 against 0.22). Does the beta-VAE win, then? In two seeds of three, 0.66 and 0.62, and
by silence: the rule of choice looks at modularity alone and takes the largest weight tried, at which pictures come back at 15
dB (QLAE's at 25) and the latent tells little of the factors (InfoE 0.27). Would the paper's length, about ten times this one,
turn it round? Nobody knows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import find, register
from explorer.learn.data.base import DataSet
from explorer.learn.latents import as_input, psnr
from explorer.learn.training.fit import Recipe
from explorer.learn.training.infomec import infomec, modularity
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits._resampled import error_over_halves
from explorer.museum.exhibits.base import Exhibit, Say

SMALLER = {"widths": [16, 32], "hidden": 64}
# What differs from the recipe's training: ten times the steps, a quarter of them to choose a setting.
LONG, TRIAL, QUICK = {"precision": "32-true", "epochs": 140}, {"epochs": 35}, {"epochs": 2}
Setting = tuple[dict[str, Any], dict[str, Any]]  # what it changes of the model, and of its training
# What is tried for each: the same nets and steps for all, and as many settings.
DECAYS = (1e-4, 0.02, 0.1, 0.5)
KINDS: dict[str, list[Setting]] = {
    "QLAE": [
        ({"quantisation": weight, "commitment": weight}, {"weight_decay": decay})
        for weight in (0.01, 0.3)
        for decay in DECAYS[2:]
    ],
    "AE": [({"bottleneck": "plain"}, {"weight_decay": decay}) for decay in DECAYS],
    "beta-VAE": [
        ({"bottleneck": "gaussian", "beta": beta}, {"weight_decay": decay})
        for beta, decay in ((4.0, DECAYS[0]), (16.0, DECAYS[0]), (16.0, DECAYS[2]), (64.0, DECAYS[0]))
    ],
}
SCORES = {"modularity": "InfoM, modularity", "explicitness": "InfoE, explicitness", "compactness": "InfoC, compactness"}
QUICK_ITEMS = 800
TRIAL_ITEMS = 2_000  # that a trial is scored on
BATCH = 250


@register("exhibits", "qlae")
class Qlae(Exhibit):
    """Paper 106, on drawn shapes."""

    number = 106
    title = "Disentanglement via Latent Quantization"
    authors = "Kyle Hsu, Will Dorrell, James C. R. Whittington, Jiajun Wu, Chelsea Finn"
    year = 2023
    link = "https://arxiv.org/abs/2305.18378"
    gallery = "F"
    idea = (
        "Let each latent dimension say only one of a few values of its own, and hold the nets back by a high weight decay: "
        "then a value comes to mean the same thing everywhere, and a dimension one factor of the pictures."
    )
    claim = (
        "On drawn shapes whose factors are known, QLAE's latent is more modular by InfoMEC than those of a plain autoencoder "
        "and of a beta-VAE with the same nets."
    )
    scaled = (
        "4,608 drawn shapes of 32x32 in the place of up to half a million benchmark pictures. The model that is played with has "
        "half a million weights and 1,680 steps of 32 pictures; for so few its decay is 0.5 instead of 0.1, and the "
        "quantiser's terms weigh 0.3 instead of 0.01. For the claim, nets of a quarter of its weights have 16,800 steps, each "
        "kind with the setting of four that is most modular after a quarter of them."
    )
    look = "one codebook at a time: does its value change one thing alone, such as the colour or the size?"
    checkpoints = ("shapes-qlae",)
    scene = {
        "model": "shapes-qlae",
        "start": {"item": 3},
        "view": {"tab": "codebooks", "colour": "colour"},
    }
    control = ".codebook"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        data: DataSet = find("data", "shapes")()
        test, train = data.load("test"), data.load("train")
        x, factors = (np.concatenate(columns) for columns in ((test.x, train.x), (test.codes, train.codes)))
        count, held_out = QUICK_ITEMS if quick else len(x), len(test.x)
        x, factors = as_input(x[:count]), factors[:count]
        recipe = recipe_of(self.checkpoints[0])
        chosen = {name: tuned(recipe, name, x, factors, seed=seeds[0], quick=quick, say=say) for name in KINDS}
        rows: dict[str, list[float]] = {}
        errors: dict[str, list[float]] = {}
        for seed in seeds:
            latents = {}
            for name, setting in chosen.items():
                z, y = coded(recipe, setting, QUICK if quick else {}, x, seed=seed, say=say)
                latents[name] = z.numpy()
                say(f"scoring {name} with seed {seed}")
                scores = infomec(latents[name], factors, seed=seed)
                for key, label in SCORES.items():
                    rows.setdefault(f"{label}, {name}", []).append(float(getattr(scores, key)))
                rows.setdefault(f"PSNR, {name}", []).append(psnr(y[:held_out], x[:held_out]).mean().item())
                rows.setdefault(f"Active dimensions, {name}", []).append(float(np.sum(scores.active)))
            for name, error in errors_over_items(latents, factors, seed).items():
                errors.setdefault(name, []).append(error)
        return report(rows, errors, chosen, count)


def tuned(recipe: Recipe, name: str, x: Tensor, factors: np.ndarray, *, seed: int, quick: bool, say: Say) -> Setting:
    """Of the settings of a kind, the one whose latent of pictures x [N, *shape] is most modular after a short training."""
    some = slice(TRIAL_ITEMS)

    def modular(setting: Setting) -> float:
        z, _ = coded(recipe, setting, QUICK if quick else TRIAL, x[some], seed=seed, say=say)
        score = modularity(z.numpy(), factors[some], seed)
        say(f"{name} with {setting}: {score:.3f}")
        return score

    return max(KINDS[name][: 1 if quick else None], key=modular)


@torch.no_grad()
def coded(
    recipe: Recipe, setting: Setting, length: dict[str, Any], x: Tensor, *, seed: int, say: Say
) -> tuple[Tensor, Tensor]:
    """Latents [N, n_z] and reconstructions of pictures x [N, *shape], by a model trained with a setting."""
    arguments, training = setting
    with torch.enable_grad():
        model = fitted(recipe, seed, say, training=LONG | training | length, model=recipe.model | SMALLER | arguments)
    z = torch.cat([model.encode(part).mean for part in x.split(BATCH)])
    return z, torch.cat([model.decode(part) for part in z.split(BATCH)])


def errors_over_items(latents: dict[str, np.ndarray], factors: np.ndarray, seed: int) -> dict[str, float]:
    """Standard errors over the items of how much more modular the first of the latents [N, n_z] is than each other one."""
    ours, *others = latents

    @cache
    def modular(name: str, rows: bytes) -> float:
        at = np.frombuffer(rows, np.int64)
        return modularity(latents[name][at], factors[at], seed)

    def more(rows: np.ndarray, name: str) -> float:
        return modular(ours, rows.tobytes()) - modular(name, rows.tobytes())

    return {name: error_over_halves(partial(more, name=name), len(factors), seed) for name in others}


def report(
    rows: dict[str, list[float]], errors: dict[str, list[float]], chosen: dict[str, Setting], count: int
) -> Measured:
    """Figures by name and standard errors by rival, one value a seed, the setting of each kind, and the items -> the result."""
    figures = {
        name: Figure(label=name, values=tuple(values), **({"unit": "dB", "digits": 2} if "PSNR" in name else {}))
        for name, values in rows.items()
    }
    main, *bases = (figures.pop(f"{SCORES['modularity']}, {name}") for name in KINDS)
    unsure = {
        name: Figure(
            label=f"standard error over the items, difference in InfoM from {name}",
            values=tuple(values),
            better="lower",
        )
        for name, values in errors.items()
    }
    strongest, *rest = sorted(bases, key=lambda figure: -figure.mean)
    told = ", ".join(
        f"{label.split(',')[0]} {figures[f'{label}, QLAE'].text} against "
        + " and ".join(f"{figures[f'{label}, {name}'].text} ({name})" for name in list(KINDS)[1:])
        for key, label in SCORES.items()
        if key != "modularity"
    )
    outcome = (
        f"InfoM {main.text} for QLAE against {strongest.text} for the better of the two others "
        f"({strongest.label.rpartition(', ')[2]}); {told}; PSNR {figures['PSNR, QLAE'].text} against "
        f"{figures['PSNR, AE'].text} (AE)."
    )
    return Measured(
        measured=main, baselines=(strongest, *rest), outcome=outcome,
        parts=tuple(part(main, other, error=error) for other, error in zip(bases, unsure.values(), strict=True)),
        others=(*figures.values(), *unsure.values()),
        data=f"drawn shapes: {count} pictures with six known factors, as in the paper without a split; PSNR on held-out ones. "
        "Chosen: " + "; ".join(f"{name} with {_named(setting)}" for name, setting in chosen.items()) + ".",
    )  # fmt: skip


def _named(setting: Setting) -> str:
    told = {name: value for part in setting for name, value in part.items() if name != "bottleneck"}
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in told.items())
