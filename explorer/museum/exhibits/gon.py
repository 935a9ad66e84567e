"""Exhibit: gradient origin networks (paper 103).

What a sceptic would ask: were all tuned alike? Each has the best of three rates, on training digits that the trial doesn't see,
and the network the best of three step lengths too, which the others don't have. All chose the highest rate, the network the
shortest step, and a trial has a hundred steps, so the grid may end too early, for the perceptrons above all: their error is 42,
and 28 after five times the steps. Is the lead that of the gradient, then? The error of the same decoder behind an encoder is
a sixth larger in every seed (10.4 against 8.9); it was a third larger before, when the encoder was not tuned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data.base import Split
from explorer.learn.data.digits import Digits
from explorer.learn.latents import as_input
from explorer.learn.models.base import Model
from explorer.learn.models.vae.gon import GON
from explorer.learn.training.fit import Recipe
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits._resampled import error_of_means
from explorer.museum.exhibits.base import Exhibit, Say

ITEMS, QUICK_ITEMS = 1_000, 200
BATCH = 200
LENGTHS = (0.5, 1.0, 1.5)  # of the step, in units of the model's own
RATES, STEPS = (5e-4, 1e-3, 2e-3), (0.05, 0.1, 0.2)  # that are tried
TRIAL, QUICK = {"items": 6_400}, {"items": 64}  # of training, the last training digits being measured
LONGER = 5  # times as many steps, which perceptrons can be given at little cost


@register("exhibits", "gon")
class Gon(Exhibit):
    """An encoder for nothing."""

    number = 103
    title = "Gradient Origin Networks"
    authors = "Sam Bond-Taylor, Chris G. Willcocks"
    year = 2021
    link = "https://arxiv.org/abs/2007.02798"
    gallery = "B"
    idea = (
        "Ask the decoder which way the zero vector should move for a picture to come out; that gradient is its latent."
    )
    claim = (
        "Encoding by one gradient step from the origin reconstructs held-out digits better than autoencoders with twice the "
        "parameters, after as many steps of training."
    )
    scaled = (
        "One pass over MNIST and layers of 64 sines instead of 256, each training step on a quarter of the pixels; decoder "
        "and encoders are told which digit it is. Each of the three has the best of three learning rates, and the network the "
        "best of three step lengths, by trials on a tenth of the training digits measured on other training digits; "
        "the model that is played with has a rate of 0.001 and a step of 0.1."
    )
    look = "how far a single gradient step goes: before it every digit is the same picture, after it each is its own."
    checkpoints = ("digits-gon",)
    scene = {"model": "digits-gon", "view": {"tab": "origin", "colour": "digit"}}
    control = "#origin-step"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        recipe = recipe_of("digits-gon")
        shared = {k: v for k, v in recipe.model.items() if k != "step"}
        rivals = {
            "gon": {"model": recipe.model},
            "siren-ae": {"family": "siren-ae", "model": shared},
            "ae": {"family": "ae", "model": {"latent": shared["latent"], "hidden": PLAIN}},
        }
        x, c = held_out("test", slice(QUICK_ITEMS if quick else ITEMS))
        found: dict[str, dict[str, list[float]]] = {}
        each: dict[str, list[Tensor]] = {}
        sizes: dict[str, int] = {}
        chosen: dict[str, str] = {}
        for name, rival in rivals.items():
            rate, changes = tuned(recipe, rival, seeds[0], quick, say)
            step = f" and a step of {changes['model']['step']:g}" if name == "gon" else ""
            chosen[name] = f"a rate of {rate:g}{step}"
            training = {"rate": rate} | (QUICK if quick else {})
            runs = [(name, training)]
            runs += [("longer", training | {"epochs": LONGER})] if name == "ae" else []
            for seed in seeds:
                for as_, settings in runs:
                    model = fitted(recipe, seed, say, **differing(recipe, changes, settings))
                    say(f"{as_}, seed {seed}: measuring")
                    sizes[as_] = sum(parameter.numel() for parameter in model.parameters())
                    each.setdefault(as_, []).append(missed(model, x, c))
                    for what, value in figures(model, x, c).items():
                        found.setdefault(as_, {}).setdefault(what, []).append(value)

        words = {
            "gon": "one gradient step",
            "siren-ae": "the same decoder and an encoder",
            "ae": "a perceptron autoencoder",
            "longer": f"a perceptron autoencoder after {LONGER} times the steps",
        }
        error = {
            name: Figure(
                label=f"squared error of a held-out digit, {words[name]} ({sizes[name]:,} parameters)",
                values=tuple(found[name]["error"]), better="lower", digits=2,
            )
            for name in words
        }  # fmt: skip
        likeness = {
            name: Figure(label=f"reconstruction, {words[name]}", values=tuple(found[name]["psnr"]), unit="dB", digits=2)
            for name in words
        }
        unsure = {
            name: Figure(
                label=f"standard error over the digits, difference in squared error, {words[name]}", better="lower",
                values=tuple(map(error_of_means, each["gon"], each[name], seeds)),
            )
            for name in ("siren-ae", "ae")
        }  # fmt: skip
        other = [
            Figure(label=f"reconstruction after {k:g} of the step", values=tuple(found["gon"][f"{k:g}"]), unit="dB", digits=2)
            for k in LENGTHS
        ]  # fmt: skip
        return Measured(
            measured=error["gon"],
            baselines=(error["siren-ae"], error["ae"]),
            parts=tuple(part(error["gon"], error[name], error=unsure[name]) for name in unsure),
            outcome=(
                f"Held-out digits come back with a squared error of {error['gon'].mean:.2f} by one gradient step through "
                f"{sizes['gon']:,} parameters, {error['siren-ae'].mean:.2f} by an encoder before the same decoder "
                f"({sizes['siren-ae']:,} parameters), {error['ae'].mean:.2f} by perceptrons ({sizes['ae']:,}) and "
                f"{error['longer'].mean:.2f} by these after {LONGER} times the steps."
            ),
            others=(error["longer"], *likeness.values(), *other, *unsure.values()),
            data=f"MNIST: {len(x)} test digits; chosen on training digits: one gradient step {chosen['gon']}, the encoder "
            f"{chosen['siren-ae']}, the perceptrons {chosen['ae']}.",
        )


PLAIN = 19  # units in each hidden layer of the perceptrons, which makes their parameters twice those of the network


def held_out(split: Split, rows: slice) -> tuple[Tensor, Tensor]:
    """Digits of a split: x [N, 1, 28, 28], c [N, 10]."""
    data = Digits()
    items = data.load(split)
    return as_input(items.x[rows]), data.conditions.encode_codes(items.codes[rows])


def tuned(recipe: Recipe, changes: dict[str, Any], seed: int, quick: bool, say: Say) -> tuple[float, dict[str, Any]]:
    """The best of `RATES` for a model and, of one that steps, the best of `STEPS` at that rate: rate, and what to change.

    Best is the smallest error of training digits that a short training doesn't see.
    """
    x, c = held_out("train", slice(-(QUICK_ITEMS if quick else ITEMS), None))

    def tried(rate: float, changes: dict[str, Any]) -> float:
        settings = {"rate": rate} | (QUICK if quick else TRIAL)
        error = figures(fitted(recipe, seed, say, training=settings, **changes), x, c)["error"]
        say(f"rate {rate:g}, {changes}: {error:.2f}")
        return error if math.isfinite(error) else math.inf

    rate = min(RATES[: 1 if quick else None], key=lambda each: tried(each, changes))
    if "step" not in changes["model"] or quick:
        return rate, changes
    ways = [{**changes, "model": {**changes["model"], "step": step}} for step in STEPS]
    return rate, min(ways, key=lambda each: tried(rate, each))


def differing(recipe: Recipe, changes: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Changes of a recipe and of its training, without those that leave it as it is, for which the bundled weights are there."""
    own = {key: value for key, value in settings.items() if value != getattr(recipe.training, key)}
    return {"training": own} | {key: value for key, value in changes.items() if value != getattr(recipe, key)}


@torch.inference_mode()
def figures(model: Model, x: Tensor, c: Tensor) -> dict[str, float]:
    """How x [N, *shape] comes back under c [N, C]: `error`, squared and summed over a picture, `psnr` in dB, and of a network
    that steps from the origin the `psnr` after each of `LENGTHS`."""
    lengths = LENGTHS if isinstance(model, GON) else ()
    errors = {k: missed(model, x, c, k) for k in {1.0, *lengths}}
    like = {k: (-10 * (e / x[0].numel()).log10()).mean().item() for k, e in errors.items()}
    return {"error": errors[1.0].mean().item(), "psnr": like[1.0], **{f"{k:g}": like[k] for k in lengths}}


@torch.inference_mode()
def missed(model: Model, x: Tensor, c: Tensor, length: float = 1.0) -> Tensor:
    """Squared error of each picture, summed over it [N], its latent being `length` times as long."""
    found = []
    for a, b in zip(x.split(BATCH), c.split(BATCH), strict=True):
        y = model.decode(length * model.encode(a, b).mean, b)
        found.append((y - a).square().flatten(1).sum(1))
    return torch.cat(found)
