"""Paper 10: survival curves by a conditional VAE that knows the graph of the covariates.

All methods get the same standardised covariates and the same people to learn from, a fifth of whom are kept aside to stop at
and to choose between two settings each; then Cox's model is fitted to all of them, since it needs nobody aside. The tables'
own test people are measured once. The graph is found in the training people by the search that the authors used.

What to look for: the curve drops as the nodes or the age go up; its spread is what the latent leaves open; an edge into time
weighs more than one among covariates.

What a sceptic would ask: is it the graph that helps? That is why a hazard net of the same size without the graph stands
beside it, not Cox alone: a gain over Cox can be that of any network. Are the edges causes? No: they are found in the same
observational table. Is the test large enough? The spread of the differences over 100 bootstraps of the test people is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explorer.core.claims import Figure, Measured, part, verdict
from explorer.core.registry import register
from explorer.learn.data.cohorts import TABLES, Cohort, cohort
from explorer.learn.training.survival import Scale, Setting, brier, concordance, cox, curve, tuned
from explorer.museum.exhibits.base import Exhibit, Say

At = Callable[[np.ndarray], np.ndarray]
SETTINGS = {
    "dagsurv": (Setting(0.1), Setting(0.3)),
    "hazard": (Setting(0.1), Setting(0.3)),
}
PENALISERS = (0.001, 0.01, 0.1, 1.0)
NAMES = {"dagsurv": "DAGSurv", "cox": "Cox", "hazard": "hazard net without the graph"}
ASIDE = 0.2
MOST = 3000  # training people, for all methods alike
RESAMPLES = 100


@register("exhibits", "dagsurv")
class DAGSurvExhibit(Exhibit):
    """Survival with a graph."""

    number = 10
    title = "DAGSurv: Directed Acyclic Graph Based Survival Analysis Using Deep Neural Networks"
    authors = "Ansh Kumar Sharma, Rahul Kukreja, Ranjitha Prasad, Shilpa Rao"
    year = 2021
    link = "https://arxiv.org/abs/2111.01482"
    gallery = "K"
    idea = "Let a conditional VAE for survival curves send its latents along the edges of the covariates' causal graph."
    claim = (
        "Time-dependent concordance and integrated Brier score on METABRIC, GBSG and SUPPORT are better than those of Cox's "
        "model and of a hazard net without the graph."
    )
    scaled = (
        "Networks of 64 units, stopped early, two settings each and 3,000 training people at most, where the paper searches 50 "
        "settings for up to 150,000 steps."
    )
    play = "dagsurv"
    look = "The covariates that move the curve most, and the edges whose cut changes nothing."
    control = "#edges"

    def measure(self, seeds: Sequence[int], quick: bool, say: Say) -> Measured:
        """See `Exhibit.measure`."""
        found: dict[str, dict[str, list[tuple[float, float]]]] = {}
        apart: dict[str, dict[str, list[np.ndarray]]] = {}
        for name in list(TABLES)[: 1 if quick else None]:
            train, test = cohort(name, "train"), cohort(name, "test")
            for seed in seeds:
                curves = methods(train, test, seed, quick)
                scores = {key: (concordance(at, test), float(brier(at, test).mean())) for key, at in curves.items()}
                for key, pair in scores.items():
                    found.setdefault(name, {}).setdefault(key, []).append(pair)
                resampled = bootstrap(curves, test, seed, 10 if quick else RESAMPLES)
                for key in ("cox", "hazard"):
                    apart.setdefault(name, {}).setdefault(key, []).append(resampled["dagsurv"] - resampled[key])
                say(
                    f"{name}, seed {seed}: " + ", ".join(f"{NAMES[k]} {c:.3f}, {b:.3f}" for k, (c, b) in scores.items())
                )
        return outcome(found, apart)


def methods(train: Cohort, test: Cohort, seed: int, quick: bool = False) -> dict[str, At]:
    """The survival of the test people by each method, the settings chosen on a fifth of the training people."""
    train, fitted, aside = split(train, seed)
    scale = Scale.of(fitted)
    out: dict[str, At] = {}
    for kind, settings in SETTINGS.items():
        net = tuned(kind, fitted, aside, scale, settings=settings[: 1 if quick else None], seed=seed)
        out[kind] = curve(net.survival(scale.columns(test.x)).numpy(), scale.ends)
    penaliser = max(PENALISERS, key=lambda each: concordance(cox(fitted, scale, each)(aside.x), aside))
    out["cox"] = cox(train, scale, penaliser)(test.x)
    return out


def split(train: Cohort, seed: int) -> tuple[Cohort, Cohort, Cohort]:
    """The people to learn from, at most `MOST`, and the two parts of them: to fit to, and to stop at."""
    people = train.rows(np.random.default_rng(seed).permutation(len(train))[:MOST])
    cut = int((1 - ASIDE) * len(people))
    rows = np.arange(len(people))
    return people, people.rows(rows[:cut]), people.rows(rows[cut:])


def bootstrap(curves: dict[str, At], test: Cohort, seed: int, resamples: int) -> dict[str, np.ndarray]:
    """Concordance and integrated Brier score [resamples, 2] of each method on the same people drawn with repetition."""
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(test))[:400]  # concordance takes time with the square of the people
    people = test.rows(some)
    drawn = [rng.integers(0, len(some), len(some)) for _ in range(resamples)]
    out = {}
    for key, at in curves.items():
        survival, each = at(people.time)[some], brier(at, test)[some]
        ranked = [concordance(lambda times, s=survival: s, people, rows) for rows in drawn]
        out[key] = np.stack([ranked, [each[rows].mean() for rows in drawn]], 1)
    return out


def outcome(
    found: dict[str, dict[str, list[tuple[float, float]]]], apart: dict[str, dict[str, list[np.ndarray]]]
) -> Measured:
    """Scores [table][method][seed] and bootstrapped differences [table][rival][seed] -> what is stored."""
    figures: dict[tuple[str, str, int], Figure] = {}
    for name, by_method in found.items():
        for key, pairs in by_method.items():
            for k, (what, better) in enumerate((("Concordance", "higher"), ("Integrated Brier", "lower"))):
                label = f"{what} of {NAMES[key]}, {name.upper()}"
                figures[name, key, k] = Figure(label=label, values=[pair[k] for pair in pairs], better=better, digits=4)
    verdicts = {
        (name, rival, k): verdict(figures[name, "dagsurv", k], figures[name, rival, k])
        for name in found for rival in ("cox", "hazard") for k in (0, 1)
    }  # fmt: skip
    first = next(iter(found))
    spreads = [
        Figure(
            label=f"Bootstrapped gain in concordance over {NAMES[rival]}, {name.upper()}",
            values=[float(each[:, 0].mean()) for each in gains],
            digits=4,
        )
        for name, rivals in apart.items()
        for rival, gains in rivals.items()
    ]
    sure = {
        rival: [
            f"{name.upper()} {np.quantile(np.concatenate(rivals[rival])[:, 0], 0.05):+.3f} to "
            f"{np.quantile(np.concatenate(rivals[rival])[:, 0], 0.95):+.3f}"
            for name, rivals in apart.items()
        ]
        for rival in ("cox", "hazard")
    }
    won = {
        rival: sum(v == "holds" for (_, which, _), v in verdicts.items() if which == rival)
        for rival in ("cox", "hazard")
    }
    parts = 2 * len(found)
    return Measured(
        measured=figures[first, "dagsurv", 0],
        baselines=(figures[first, "hazard", 0], figures[first, "cox", 0]),
        parts=tuple(part(figures[name, "dagsurv", k], figures[name, rival, k]) for name, rival, k in verdicts),
        outcome=(
            f"DAGSurv beats Cox in {won['cox']} of {parts} scores and the hazard net without the graph in {won['hazard']}; "
            f"90 % of the bootstrapped differences in concordance from Cox: {', '.join(sure['cox'])}; "
            f"from the hazard net: {', '.join(sure['hazard'])}."
        ),
        others=(*(f for key, f in figures.items() if key[0] != first or key[2] != 0), *spreads),
        data="test people of " + ", ".join(name.upper() for name in found) + " as prepared for DeepSurv",
    )
