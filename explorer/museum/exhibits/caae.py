"""Exhibit: the conditional adversarial autoencoder (paper 4). Held-out people are made older, and compared with the truth.

What a sceptic would ask: does doing nothing not win? By SSIM it does: a face that is not made older at all has 0.87, the best
model 0.84, so SSIM rewards leaving the picture alone. By identity the untouched picture is also nearest. What the
discriminator on z is for, a latent without holes, these figures don't show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from explorer.box import checkpoints
from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data.base import Items, cache_folder
from explorer.learn.data.faces import AGES, Faces
from explorer.learn.latents import as_input
from explorer.learn.models.base import Model
from explorer.learn.models.judge import Judge
from explorer.learn.training.judge import train_judge
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits.base import Exhibit, Say
from explorer.museum.lenses._compare import ssim, two_sample_accuracy

NAME = "faces-caae"
PEOPLE, QUICK_PEOPLE = 400, 60
YEARS = 20.0  # years that everybody ages at least
READER_EPOCHS, QUICK_ITEMS = 4, 1_500
# What differs from the recipe's model.
VARIANTS = {"both": {}, "codes": {"on_codes": 0.0}, "pictures": {"on_pictures": 0.0}}
WORDS = {"both": "CAAE", "codes": "without the discriminator on z", "pictures": "without the one on pictures"}


@dataclass(frozen=True)
class Aged:
    """Held-out people before and after: what the model is given, and the truth that it never sees.

    Attributes:
        x: own pictures [N, 3, H, W] in [0, 1].
        asked: their own conditions with a greater age, [N, C].
        truth: the same people, drawn under `asked`, [N, 3, H, W] in [0, 1].
        years: the ages asked, [N].
    """

    x: Tensor
    asked: Tensor
    truth: Tensor
    years: Tensor


@register("exhibits", "caae")
class Caae(Exhibit):
    """A face at every age, from one picture."""

    number = 4
    title = "Age Progression/Regression by Conditional Adversarial Autoencoder"
    authors = "Zhifei Zhang, Yang Song, Hairong Qi"
    year = 2017
    link = "https://arxiv.org/abs/1702.08423"
    gallery = "C"
    idea = "Put who it is into a code that fills a cube, tell the decoder the age, and let two adversaries keep both honest."
    claim = (
        "Both discriminators help: held-out people made older are nearer to their true older selves, in structure (SSIM) and "
        "in identity, than without the one on z and than without the one on pictures."
    )
    scaled = (
        "Drawn heads of 48x48, of which the true older face exists, instead of 23,000 photographs of 128x128; ten passes "
        "over 10,000 of them; age, smile, weight and turn as continuous labels where the paper has ten groups of age and sex."
    )
    look = "what the age slider changes beside the age: the person should stay the same, older or younger."
    checkpoints = (NAME,)
    scene: ClassVar = {
        "model": NAME,
        "start": {"item": 766},
        "view": {"tab": "attributes", "colour": "turn", "options": {"attributes": {"row": "age"}}},
    }
    control = "#attribute-age"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`; quick measures few people on models that saw few items once."""
        data, count = Faces(), QUICK_PEOPLE if quick else PEOPLE
        judge = checkpoints.load(NAME).judge
        few = {"epochs": 1, "items": QUICK_ITEMS} if quick else {}
        reader = identity_reader(data, say, **few)
        found: dict[tuple[str, str], list[float]] = {}
        for seed in seeds:
            people = aged(data, count, seed)
            for key, value in checks(people, reader, data).items():
                found.setdefault(("truth", key), []).append(value)
            for name, changes in VARIANTS.items():
                recipe = recipe_of(NAME)
                model = fitted(recipe, seed, say, training=few, **_changed(recipe.model, changes))
                for key, value in compared(model, people, (reader, judge), data, seed).items():
                    found.setdefault((name, key), []).append(value)
                last = {key: round(found[name, key][-1], 3) for key in ("ssim", "identity", "years")}
                say(f"seed {seed}, {WORDS[name]}: {last}")

        def figure(name: str, key: str, label: str, better: str = "lower", **more: object) -> Figure:
            who = WORDS.get(name, "")
            return Figure(label=f"{label}, {who}" if who else label, values=found[name, key], better=better, **more)

        like = {name: figure(name, "ssim", "SSIM to the true older face", "higher") for name in VARIANTS}
        identity = {name: figure(name, "identity", "identity distance to the true older face") for name in VARIANTS}
        years = {
            name: figure(name, "years", "age missed, read by the judge", unit="years", digits=1) for name in VARIANTS
        }
        told = {name: figure(name, "told", "told from real pictures") for name in VARIANTS}
        without = [name for name in VARIANTS if name != "both"]
        return Measured(
            measured=like["both"],
            baselines=tuple(like[name] for name in without),
            parts=tuple(part(f["both"], f[name]) for f in (like, identity) for name in without),
            outcome=(
                f"Made older, a held-out face has an SSIM of {_each(like, '.3f')} to the true one, and lies "
                f"{_each(identity, '.2f')} of the distance between two strangers from it; a classifier tells the pictures "
                f"from real ones with {_each(told, '.0%')}."
            ),
            others=(
                *identity.values(), *years.values(), *told.values(),
                figure("truth", "ssim", "SSIM of the picture as it is, not made older", "higher"),
                figure("truth", "identity", "identity distance of the picture as it is"),
                figure("truth", "known", "same person found nearer than a stranger, by the reader of identities", "higher"),
            ),
            data=f"{count} drawn people whom no model has seen, each made {YEARS:g} years older or more; their true "
            "older faces drawn from the same mesh; identities read by a network trained on real pictures alone.",
        )  # fmt: skip


def _each(figures: dict[str, Figure], form: str) -> str:
    """Means in words: of the whole, and in brackets without each discriminator."""
    whole, codes, pictures = (format(figures[name].mean, form) for name in VARIANTS)
    return f"{whole} (without the discriminator on z {codes}, without that on pictures {pictures})"


def _changed(model: dict, changes: dict[str, float]) -> dict[str, dict]:
    return {"model": {**model, **changes}} if changes else {}


def aged(data: Faces, count: int, seed: int) -> Aged:
    """The first held-out people who are young enough, each asked for an age drawn at random."""
    test = data.load("test")
    rows = np.flatnonzero(test.codes[:, 0] <= AGES[1] - YEARS)[:count]
    codes = test.codes[rows].copy()
    codes[:, 0] = np.random.default_rng(seed).uniform(codes[:, 0] + YEARS, AGES[1])
    return Aged(
        as_input(test.x[rows]), data.conditions.encode_codes(codes),
        as_input(data.counterfactual("test", rows, "age", codes[:, 0])), torch.from_numpy(codes[:, 0]),
    )  # fmt: skip


def identity_reader(data: Faces, say: Say, *, epochs: int = READER_EPOCHS, items: int | None = None) -> Judge:
    """A network that reads every part of an identity off a picture, at any age; trained on real pictures alone, and kept."""
    who = data.identities("train")
    low, high = who.min(0), who.max(0)
    schema = Schema(
        attributes=tuple(
            Attribute(name=f"part-{k}", label=f"Part {k}", kind="continuous", low=float(a), high=float(b))
            for k, (a, b) in enumerate(zip(low, high, strict=True))
        )
    )
    x, who = data.load("train").x[:items], who[:items]
    digest = hashlib.sha256(x.tobytes() + who.tobytes()).hexdigest()[:16]
    path = cache_folder("claims") / f"faces-reader-{epochs}-{digest}.safetensors"
    if not path.is_file():
        say("training the reader of identities")
        reader = train_judge(Items(x, who, {}), schema, epochs=epochs)
        partial = path.with_suffix(".partial")
        save_file({name: value.contiguous() for name, value in reader.state_dict().items()}, partial)
        partial.replace(path)
    reader = Judge(data.shape, schema)
    reader.load_state_dict(load_file(path))
    return reader.eval().requires_grad_(False)


@torch.no_grad()
def read(reader: Judge, x: Tensor, data: Faces) -> Tensor:
    """Pictures [N, 3, H, W] -> identities [N, K], every part in units of its spread among people."""
    known = torch.from_numpy(data.identities("train"))
    scale = (known.amax(0) - known.amin(0)) / (2 * known.std(0))
    return reader(x)[:, ::2] * scale  # every other number is a log deviation


def checks(people: Aged, reader: Judge, data: Faces) -> dict[str, float]:
    """Of the pictures as they are: `ssim`, `identity`, and `known`, how often the reader knows a face again."""
    own, truth = read(reader, people.x, data), read(reader, people.truth, data)
    same, other = (own - truth).norm(dim=1), (own - truth.roll(1, 0)).norm(dim=1)
    return {
        "ssim": ssim(people.x, people.truth).mean().item(),
        "identity": (same.mean() / _strangers(truth)).item(),
        "known": (same < other).double().mean().item(),
    }


@torch.no_grad()
def compared(model: Model, people: Aged, judges: tuple[Judge, Judge], data: Faces, seed: int) -> dict[str, float]:
    """What a model makes of people, beside the truth.

    Args:
        model: encodes a picture, and decodes it at the age asked.
        people: whom it has not seen.
        judges: reader of identities, and judge of attributes.
        data: the set that both know.
        seed: of the classifier that tells pictures from real ones.

    Returns:
        `ssim`; `identity`, distance in units of that between two strangers; `years`, mean error of the age that the judge
        reads; `told`, accuracy of a classifier that tells the pictures from the truth by the judge's features.
    """
    reader, judge = judges
    y = model.decode(model.encode(people.x).mean, people.asked)
    truth = read(reader, people.truth, data)
    seen = torch.tensor([row["age"]["value"] for row in judge.read(y)])
    return {
        "ssim": ssim(y, people.truth).mean().item(),
        "identity": ((read(reader, y, data) - truth).norm(dim=1).mean() / _strangers(truth)).item(),
        "years": (seen - people.years).abs().mean().item(),
        "told": two_sample_accuracy(judge.embed(y), judge.embed(people.truth), seed),
    }


def _strangers(who: Tensor) -> Tensor:
    """Mean distance between two people, of identities [N, K] as read."""
    return (who - who.roll(1, 0)).norm(dim=1).mean()
