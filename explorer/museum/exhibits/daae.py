"""Exhibit: denoising adversarial autoencoder of sentences (paper 78).

What a sceptic would ask: are the rivals tuned? Each trains on the same sentences for as many steps, and its weight is the one of
those tried whose share of words in place, on sentences kept aside, comes nearest to the DAAE's; in the last quarter held-out nats
fell by less than a twentieth. The AAE has to play a much heavier game for that: at the DAAE's own weight it brings 71 % back,
its neighbours are nearly as near as the DAAE's, and 13 % of its edits succeed. Is a latent the place to look for neighbours? No:
those by words are much nearer, and a VAE with free nats has nearer ones than the DAAE. Are the edits good? One of five is, by a
mild rule; most lose what they were about.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data.base import Items, cache_folder
from explorer.learn.data.definitions import TOPICS
from explorer.learn.data.definitions_short import KNOWN, ShortDefinitions
from explorer.learn.models.text.daae import DAAE
from explorer.learn.training.fit import HISTORY
from explorer.museum.exhibits import _fitted
from explorer.museum.exhibits import _sentences as measures
from explorer.museum.exhibits._resampled import error_of_means
from explorer.museum.exhibits.base import Exhibit, Say

SIZE = {"words": KNOWN, "latent": 32, "embedding": 64, "encoder": 64, "decoder": 144}
ITEMS, ASIDE = 7_000, 1_500  # training sentences; the ones after them, on which settings are chosen
TRAINING = {"epochs": 20, "batch": 32, "items": ITEMS, "rate": 5e-3, "unset": 0.0}
QUICK = TRAINING | {"epochs": 1}
QUICK_KNOWN, QUICK_OTHERS = 1_500, 100
LATE = 0.75  # share of the training after which its curve is told beside its end
PARTS = ("noun", "verb", "adjective")  # of speech; a topic that is none of the others is a noun's
OURS, AAE, VAE, BETA = "DAAE", "AAE", "VAE with free nats", "beta-VAE"
PLAIN = (
    "AAE with the DAAE's weight"  # no rival at equal reconstruction: it brings more back, and a heavier game costs it
)
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    OURS: ("daae", {"drop": 0.3}),
    AAE: ("daae", {"drop": 0.0}),
    VAE: ("text-vae", {}),
    BETA: ("text-vae", {}),
    PLAIN: ("daae", {"drop": 0.0, "adversarial": 5.0}),
}
# What decides how well a rival brings sentences back, and the values that are tried.
DIALS: dict[str, tuple[str, tuple[float, ...]]] = {
    AAE: ("adversarial", (5.0, 100.0, 200.0)),
    VAE: ("free", (0.0, 0.5)),
    BETA: ("weight", (0.2, 0.4)),
}


@dataclass
class Found:
    """What one model came to under one seed: means by name, and of some the figures of each test item."""

    means: dict[str, float]
    each: dict[str, Tensor] = field(default_factory=dict)


@register("exhibits", "daae")
class Daae(Exhibit):
    """Delete words while you learn, and sentences that share words lie together."""

    number = 78
    title = "Educating Text Autoencoders: Latent Representation Guidance via Denoising"
    authors = "Tianxiao Shen, Jonas Mueller, Regina Barzilay, Tommi Jaakkola"
    year = 2020
    link = "https://arxiv.org/abs/1905.12777"
    gallery = "A"
    idea = (
        "Let an autoencoder rewrite sentences from which words were deleted, and it has to keep similar ones together."
    )
    claim = (
        "At about equal reconstruction, a sentence's nearest latents are those of sentences nearer in words and more often of "
        "the same topic than in an AAE, a VAE and a beta-VAE, and an edit by the difference of two means succeeds more often."
    )
    scaled = (
        "8,500 short definitions and networks of 0.3 million weights instead of 200,000 reviews; no tense stands in definitions, "
        "so an edit changes the part of speech. It succeeds where a logistic regression over words reads it as asked and half of "
        "the words are kept, the fifty most usual apart; its length is chosen for each model on sentences kept aside."
    )
    look = "a sentence that comes back although words of it were deleted, and the word that leads it elsewhere when it goes."
    checkpoints = ("definitions",)
    scene = {
        "model": "definitions",
        "start": {"item": 207},
        "view": {"tab": "delete", "colour": "topic"},
    }
    control = "#delete-share"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        known, aside, test = sets(quick)
        read = measures.reader(known, KNOWN)
        apart = measures.distances(test.words, known.words)

        def model(kind: str, seed: int, **dial: float) -> tuple[DAAE, list[float]]:
            family, arguments = FAMILIES[kind]
            return trained(family, arguments | dial, seed, quick, say)

        def back(one: DAAE, texts: measures.Set) -> Tensor:
            return measures.in_place(measures.decoded(one, measures.encoded(one, texts.x)), texts.x)

        goal = back(model(OURS, seeds[0])[0], aside).mean().item()
        say(f"{OURS}: {goal:.3f} of the words in place, sentences kept aside")
        tried: dict[str, dict[float, float]] = {}
        for kind, (name, values) in DIALS.items():
            for value in values[: 1 if quick else None]:
                share = back(model(kind, seeds[0], **{name: value})[0], aside).mean().item()
                tried.setdefault(kind, {})[value] = share
                say(f"{kind}, {name} {value:g}: {share:.3f}")
        dials: dict[str, dict[str, float]] = {OURS: {}, PLAIN: {}} | {
            kind: {DIALS[kind][0]: nearest_to(goal, found)} for kind, found in tried.items()
        }

        found: dict[str, list[Found]] = {kind: [] for kind in FAMILIES}
        for seed in seeds:
            for kind, dial in dials.items():
                one, curve = model(kind, seed, **dial)
                say(f"{kind}, seed {seed}: measuring")
                found[kind].append(_found(one, curve, (known, aside, test), read, apart))
                say(", ".join(f"{name} {value:.3f}" for name, value in found[kind][-1].means.items()))
        chance = {
            "words apart": float(apart.mean()),
            "same topic": float(np.mean([(known.topic == topic).mean() for topic in test.topic])),
        }
        floor = float(np.sort(apart, 1)[:, : measures.NEIGHBOURS].mean())
        return outcome(found, seeds, tried=tried, dials=dials, chance=chance, floor=floor, count=len(test.words))


def trained(family: str, arguments: dict[str, Any], seed: int, quick: bool, say: Say) -> tuple[DAAE, list[float]]:
    """A family with these arguments on the shorter definitions, trained or as it was kept.

    Returns:
        The model, and the nats a word of held-out sentences after each epoch.
    """
    shipped = _fitted.recipe_of("definitions")
    recipe = shipped.model_copy(
        update={
            "data": ShortDefinitions.name,
            "family": family,
            "seed": seed,
            "model": SIZE | arguments,
            "training": shipped.training.model_copy(update=QUICK if quick else TRAINING),
        }
    )
    folder = cache_folder("claims") / f"{family}-{recipe.key()}"
    say(f"{family} {json.dumps(arguments)}, seed {seed}")
    model = _fitted.fit(recipe, folder)
    return model, [epoch["word"] for epoch in json.loads((folder / HISTORY).read_text(encoding="utf-8"))]


def sets(quick: bool) -> tuple[measures.Set, measures.Set, measures.Set]:
    """Sentences that models are trained on, those kept aside, and held-out ones."""
    data = ShortDefinitions()
    train, test = (labelled(data.load(split)) for split in ("train", "test"))
    rows, held_out = np.arange(len(train.words)), np.arange(len(test.words))
    known, aside = rows[:ITEMS], rows[ITEMS : ITEMS + ASIDE]
    if quick:
        known, aside, held_out = known[:QUICK_KNOWN], aside[:QUICK_OTHERS], held_out[:QUICK_OTHERS]
    return train.of(known), train.of(aside), test.of(held_out)


def labelled(items: Items) -> measures.Set:
    """Items of `ShortDefinitions` with their words, topics and parts of speech; an adverb's is -1."""
    ids = np.rint(items.x * KNOWN).astype(int)
    topic = np.select([items.groups[name] for name in TOPICS], np.arange(len(TOPICS)))
    names = np.array([name if name in (*PARTS, "adverb") else PARTS[0] for name in TOPICS])[topic]
    part_of_speech = np.select([names == name for name in PARTS], np.arange(len(PARTS)), -1)
    words = [tuple(row[row > 0].tolist()) for row in ids]
    return measures.Set(torch.from_numpy(items.x), words, topic, part_of_speech)


def nearest_to(goal: float, tried: dict[float, float]) -> float:
    """The setting whose reconstruction comes nearest to a share of words."""
    return min(tried, key=lambda value: abs(tried[value] - goal))


def _found(
    model: DAAE,
    curve: Sequence[float],
    texts: tuple[measures.Set, measures.Set, measures.Set],
    read: measures.Read,
    apart: np.ndarray,
) -> Found:
    """All that is measured of one model, on the three of `sets`."""
    known, _, test = texts
    z, z_known = measures.encoded(model, test.x), measures.encoded(model, known.x)
    near = measures.nearest(z, z_known).numpy()
    each = {
        "words apart": torch.from_numpy(np.take_along_axis(apart, near, 1)).double().mean(1),
        "same topic": torch.from_numpy(known.topic[near] == test.topic[:, None]).double().mean(1),
        "back": measures.in_place(measures.decoded(model, z), test.x).double(),
    }
    shown = model.without(test.x, 0.3)
    each["back from fewer"] = measures.in_place(
        measures.decoded(model, measures.encoded(model, shown)), test.x
    ).double()
    known, aside, test = (one.of(one.part >= 0) for one in texts)

    def edited(texts: measures.Set, strength: float) -> measures.Edited:
        return measures.edits(model, known, texts, read, strength)

    strength = max(measures.STRENGTHS, key=lambda s: edited(aside, s).success.mean().item())
    done = edited(test, strength)
    each |= {"edit": done.success, "asked": done.asked, "kept": done.kept, "unedited": edited(test, 0.0).success}
    late = curve[max(0, round(LATE * len(curve)) - 1)]
    means = {name: values.mean().item() for name, values in each.items()}
    return Found(means | {"strength": strength, "late": late, "end": curve[-1]}, each)


# Of each measure: its label, and how it is printed.
LABELS: dict[str, tuple[str, dict[str, Any]]] = {
    "words apart": ("edit distance to the ten nearest in latent", {"better": "lower"}),
    "same topic": ("ten nearest in latent of the same topic", {}),
    "edit": ("edits of the part of speech that succeed", {}),
    "back": ("words in place, reconstruction", {}),
    "back from fewer": ("words in place, three of ten deleted before", {}),
    "asked": ("edits read as asked", {}),
    "kept": ("words kept by edits", {}),
    "unedited": ("success of no edit", {}),
    "strength": ("factor of the difference of means", {"digits": 1}),
    "late": ("held-out nats a word after three quarters of the epochs", {"better": "lower", "unit": "nats"}),
    "end": ("held-out nats a word after all epochs", {"better": "lower", "unit": "nats"}),
}
CLAIMED = ("words apart", "same topic", "edit")


def outcome(
    found: dict[str, list[Found]],
    seeds: Sequence[int],
    *,
    tried: dict[str, dict[float, float]],
    dials: dict[str, dict[str, float]],
    chance: dict[str, float],
    floor: float,
    count: int,
) -> Measured:
    """What is stored.

    Args:
        found: of each model, one for each seed.
        seeds: of the repetitions.
        tried: of each rival, setting -> share of the words in place, sentences kept aside.
        dials: what was chosen.
        chance: measures of neighbours at random.
        floor: edit distance to the ten nearest in words.
        count: of the held-out sentences.
    """
    figures = {
        (name, kind): Figure(label=f"{label}, {kind}", values=tuple(one.means[name] for one in ones), **more)
        for name, (label, more) in LABELS.items()
        for kind, ones in found.items()
    }
    rivals = list(DIALS)
    errors = {
        (name, kind): Figure(
            label=f"standard error over the items, {LABELS[name][0]}, difference from {kind}",
            values=tuple(
                error_of_means(ours.each[name], theirs.each[name], seed)
                for ours, theirs, seed in zip(found[OURS], found[kind], seeds, strict=True)
            ),
            better="lower",
        )
        for name in CLAIMED
        for kind in rivals
    }
    by_chance = {
        name: Figure(label=f"{LABELS[name][0]}, neighbours at random", values=(value,), **LABELS[name][1])
        for name, value in chance.items()
    }
    best = Figure(label="edit distance to the ten nearest in words", values=(floor,), better="lower")
    settings = (
        Figure(label=f"words in place, sentences kept aside, {kind}, {DIALS[kind][0]} {value:g}", values=(share,))
        for kind, values in tried.items()
        for value, share in values.items()
    )

    def row(name: str, form: str) -> str:
        ours, *theirs = (format(figures[name, kind].mean, form) for kind in (OURS, *rivals))
        return f"{ours} ({', '.join(theirs)})"

    first = [figures["words apart", kind] for kind in (OURS, *rivals)]
    plain = {name: figures[name, PLAIN].mean for name in LABELS}
    return Measured(
        measured=first[0],
        baselines=tuple(first[1:]),
        parts=tuple(part(figures[name, OURS], figures[name, kind], error=errors[name, kind]) for name, kind in errors),
        outcome=(
            f"{', '.join(rivals[:-1])} and {rivals[-1]} in brackets: with {row('back', '.0%')} of the words in place, the ten "
            f"nearest latents are {row('words apart', '.3f')} of a sentence apart in words (at random "
            f"{chance['words apart']:.3f}, the nearest there are {floor:.3f}), {row('same topic', '.0%')} share the topic (at "
            f"random {chance['same topic']:.0%}), and {row('edit', '.0%')} of the edits succeed. The AAE "
            f"with the DAAE's own weight brings {plain['back']:.0%} back: {plain['words apart']:.3f}, {plain['same topic']:.0%} "
            f"and {plain['edit']:.0%}."
        ),
        others=(
            *by_chance.values(), best, *errors.values(), *settings,
            *(figure for figure in figures.values() if figure not in first),
        ),
        data=(
            f"WordNet: {count} held-out definitions, their neighbours among {ITEMS} for training; "
            + ", ".join(f"{kind} with {name} {value:g}" for kind, dial in dials.items() for name, value in dial.items())
            + f", chosen on {ASIDE} kept aside."
        ),
    )  # fmt: skip
