"""Exhibit: importance weighted autoencoders (paper 69).

What a sceptic would ask: three passes are few: does the order last? After as many passes K = 20 also has seen more draws; the
gain of 4.4 nats holds at equal passes, not at equal time. Is the bound of K = 1 loose rather than its model worse? No: all are
evaluated with the same 500 draws. Active units differ (41 of 50 against 50), which says little of what thousands of passes
would leave.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data.digits import Digits
from explorer.learn.latents import as_input
from explorer.learn.models.vae.iwae import IWAE, binarise
from explorer.museum.exhibits._fitted import fitted, recipe_of
from explorer.museum.exhibits.base import Exhibit, Say
from explorer.museum.lenses.collapse import ACTIVE

SAMPLES = (1, 5, 20)
ITEMS, QUICK_ITEMS = 500, 100
DRAWS, QUICK_DRAWS = 500, 100
ACTIVE_ITEMS = 2_000


@register("exhibits", "iwae")
class Iwae(Exhibit):
    """More draws for each item: a better likelihood, and a latent of which more is used."""

    number = 69
    title = "Importance Weighted Autoencoders"
    authors = "Yuri Burda, Roger Grosse, Ruslan Salakhutdinov"
    year = 2016
    link = "https://arxiv.org/abs/1509.00519"
    gallery = "B"
    idea = "Let several latents compete to explain each item, and one bad guess no longer forbids an interesting posterior."
    claim = "With more samples K in training, held-out digits get likelier and more latent units are active."
    scaled = (
        "Three passes over MNIST instead of 3,280, bound estimated with 500 draws instead of 5,000 on 500 digits, "
        "and both networks are told which digit it is."
    )
    look = "how many of the fifty dimensions come alive as the dial goes from 1 to 20 samples."
    checkpoints = ("digits-iwae-5", "digits-iwae-1", "digits-iwae-20")
    scene = {
        "model": "digits-iwae-5",
        "view": {"tab": "directions", "colour": "digit", "options": {"directions": {"show": "dimensions"}}},
    }
    control = "#dial"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        x, c = held_out(QUICK_ITEMS if quick else ITEMS)
        wide, wide_c = held_out(ACTIVE_ITEMS)
        bounds: dict[int, list[float]] = {}
        units: dict[int, list[float]] = {}
        for k in SAMPLES:
            recipe = recipe_of(f"digits-iwae-{k}")
            for seed in seeds:
                model = fitted(recipe, seed, say)
                say(f"K = {k}, seed {seed}: measuring")
                torch.manual_seed(seed)
                bounds.setdefault(k, []).append(bound(model, x, c, QUICK_DRAWS if quick else DRAWS))
                units.setdefault(k, []).append(float(active_units(model, wide, wide_c)))
        figures = {
            k: Figure(label=f"log p(x | digit), K = {k}", values=tuple(bounds[k]), unit="nats", digits=2)
            for k in SAMPLES
        }
        active = {k: Figure(label=f"active units of 50, K = {k}", values=tuple(units[k]), digits=1) for k in SAMPLES}
        most, least = SAMPLES[-1], SAMPLES[0]
        return Measured(
            measured=figures[most],
            baselines=(figures[least], figures[5]),
            parts=(part(figures[most], figures[least]), part(active[most], active[least])),
            outcome=(
                f"From K = {least} to {most} the held-out bound goes from {figures[least].mean:.2f} to "
                f"{figures[most].mean:.2f} nats, and the active units from {active[least].mean:.1f} to {active[most].mean:.1f}."
            ),
            others=tuple(active.values()),
            data=f"MNIST: {len(x)} binarised test digits for the bound, {len(wide)} for the active units.",
        )


def held_out(count: int) -> tuple[Tensor, Tensor]:
    """The first test digits, binarised once and for all: x [count, 1, 28, 28], c [count, 10]."""
    data = Digits()
    items = data.load("test")
    x = binarise(as_input(items.x[:count]), torch.Generator().manual_seed(0))
    return x, data.conditions.encode_codes(items.codes[:count])


def bound(model: IWAE, x: Tensor, c: Tensor, draws: int, batch: int = 100) -> float:
    """Mean over items of the importance weighted bound with so many draws, in nats."""
    parts = [model.likelihood(a, b, draws) for a, b in zip(x.split(batch), c.split(batch), strict=True)]
    return torch.cat(parts).mean().item()


@torch.no_grad()
def active_units(model: IWAE, x: Tensor, c: Tensor) -> int:
    """Latent units whose posterior mean varies over the items by more than 0.01 (their section 5.2)."""
    return int((model.encode(x, c).mean.var(0) > ACTIVE).sum())
