"""Paper 71: the least risk of an autoencoder with a sign in its middle, and gradient descent that reaches it.

Both layers are trained by gradient on vectors that are drawn anew for each step; the random encoder keeps its first
directions. Both get the decoder that is best for their bits, by least squares on as many vectors, and both are measured on
20,000 others.

What to look for: the points on the curve, its bend at one bit a number, and a random encoder that stays above it. Then turn to
sparse coordinates, which the theory leaves out.

What a sceptic would ask: does the curve hold because the theory is asymptotic and the miniature small? The gap at 48
dimensions is positive nearly everywhere, as it should be where n and d are finite, and shrinks as d grows. Is the comparison
with a random encoder a low bar? It is the one that shows that training matters: the same bits, the best linear decoder.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.core.claims import Figure, Measured, part
from explorer.core.registry import register
from explorer.learn.data.laws import LAWS
from explorer.learn.models.codes.sign import least_risk
from explorer.learn.training.signs import measured, random_encoder, trained
from explorer.museum.exhibits.base import Exhibit, Say

DIMS, STEPS, COUNT = 48, 800, 20_000
RATES = (0.5, 1.0, 1.5, 2.0)
CLAIMED = ("gaussian", "levels", "uniform")
TOLERANCE = 0.01  # of the variance: a mean gap below this is "on the curve"


@register("exhibits", "sign-limits")
class SignLimits(Exhibit):
    """Fundamental limits of two-layer autoencoders."""

    number = 71
    title = "Fundamental Limits of Two-layer Autoencoders, and Achieving Them with Gradient Methods"
    authors = "Alexander Shevchenko, Kevin Kögler, Hamed Hassani, Marco Mondelli"
    year = 2023
    link = "https://arxiv.org/abs/2212.13468"
    gallery = "B"
    idea = "The least error of a two-layer autoencoder from numbers to bits is a known curve; gradient descent lands on it."
    claim = (
        "The gap between the measured risk of trained sign autoencoders and the predicted curve is under 0.01 of the "
        "variance across rates, on Gaussian data of two covariances, and below that of a random encoder."
    )
    scaled = "48 dimensions and 800 steps of 256 vectors, where the paper takes hundreds of dimensions."
    play = "sign-limits"
    look = "The trained point on the curve, its bend at one bit a number, and sparse vectors that leave it."
    control = "#rate"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        dims, steps, rates = (16, 60, (0.5, 1.5)) if quick else (DIMS, STEPS, RATES)
        gaps: dict[str, list[np.ndarray]] = {}
        rivals: dict[str, list[np.ndarray]] = {}
        for name in CLAIMED:
            law = LAWS[name]
            for seed in seeds:
                ours, theirs = [], []
                for rate in rates:
                    bits, bound = round(rate * dims), least_risk(rate, law.spread(dims))
                    net = trained(name, dims, bits, steps=steps, seed=seed)
                    ours.append(measured(net, law, dims, count=COUNT, seed=seed) - bound)
                    rival = random_encoder(law, dims, bits, seed)
                    theirs.append(measured(rival, law, dims, count=COUNT, seed=seed) - bound)
                gaps.setdefault(name, []).append(np.array(ours))
                rivals.setdefault(name, []).append(np.array(theirs))
                say(f"{law.label}, seed {seed}: gap {np.abs(ours).mean():.4f}, random encoder {np.mean(theirs):.4f}")
        return outcome(gaps, rivals, dims, steps, rates)


def outcome(
    gaps: dict[str, list[np.ndarray]],
    rivals: dict[str, list[np.ndarray]],
    dims: int,
    steps: int,
    rates: Sequence[float],
) -> Measured:
    """The gaps to the curve, [law][seed][rate], trained and random -> what is stored."""
    covered = [name for name in gaps if LAWS[name].gaussian]

    def size(found: dict[str, list[np.ndarray]], names: Sequence[str]) -> tuple[float, ...]:
        return tuple(float(np.abs([found[name][k] for name in names]).mean()) for k in range(len(found[names[0]])))

    ours = Figure(label="Gap to the curve, trained", values=size(gaps, covered), better="lower", digits=4)
    theirs = Figure(label="Gap to the curve, random encoder", values=size(rivals, covered), better="lower", digits=4)
    others = [
        Figure(label=f"Gap, trained: {LAWS[name].label}", values=size(gaps, [name]), better="lower", digits=4)
        for name in gaps
    ]
    worst = tuple(float(max(np.abs(gaps[name][k]).max() for name in covered)) for k in range(len(ours.values)))
    others.append(Figure(label="Largest gap at any rate, Gaussian", values=worst, better="lower", digits=4))
    beyond = ", ".join(
        f"{LAWS[name].label.lower()} {np.abs(found).mean():.4f}" for name, found in gaps.items() if name not in covered
    )
    return Measured(
        measured=ours,
        baselines=(theirs,),
        parts=(part(ours, theirs), part(ours, reach=TOLERANCE)),
        outcome=(
            f"On Gaussian data the trained autoencoders lie {ours.mean:.4f} of the variance from the curve on average, the "
            f"random encoder {theirs.mean:.4f}; of laws that the theorem doesn't cover: {beyond}."
        ),
        others=tuple(others),
        data=f"vectors of {dims} numbers from {len(gaps)} laws, {len(rates)} rates from {min(rates):g} to {max(rates):g} bits "
        f"a number; {steps:,} steps",
    )
