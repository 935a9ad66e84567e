"""What a claim came to: frozen figures over seeds, the verdict, and all that is needed to measure it again."""

from __future__ import annotations

import math
import statistics
from datetime import date
from typing import Any, Literal

from pydantic import Field, FiniteFloat, computed_field, model_validator

from explorer.core.schema import NAME, ExplorerError, Frozen

Verdict = Literal["holds", "does not hold", "tie", "mixed"]
RESULT_VERSION = 2


class Figure(Frozen):
    """One number, measured once for each seed.

    Args:
        label: what was measured, as the reading room prints it.
        values: one for each seed, in the order of the seeds.
        better: which way is good.
        unit: behind the number, such as `dB` or `nats`.
        digits: decimals that are printed.
    """

    label: str
    values: tuple[FiniteFloat, ...] = Field(min_length=1)
    better: Literal["higher", "lower"] = "higher"
    unit: str = ""
    digits: int = Field(default=3, ge=0, le=6)

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return statistics.fmean(self.values)

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds; 0 of a single one."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0

    @property
    def text(self) -> str:
        """Mean and spread as people read them, `0.912 ± 0.004`."""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.mean:.{self.digits}f} ± {self.spread:.{self.digits}f}{unit}"


class Part(Frozen):
    """One thing that a claim's sentence says: a figure beside another one, or beside a number that it has to reach.

    Args:
        figure: label of the figure that has to be better.
        beside: label of the figure that it is compared with, seed by seed.
        reach: the number instead.
        error: label of the figure with the standard error of their difference over the test items, one value for each seed;
            empty where it wasn't estimated.
    """

    figure: str
    beside: str = ""
    reach: FiniteFloat | None = None
    error: str = ""

    @model_validator(mode="after")
    def _compares(self) -> Part:
        if bool(self.beside) == (self.reach is not None):
            raise ValueError("a part of a claim is beside a figure or a number, one of both")
        if self.error and not self.beside:
            raise ValueError("an error over the test items is one of a difference of two figures")
        return self


class Measured(Frozen):
    """What an exhibit's `measure` gives back. Its verdict follows from the figures, see `verdict`.

    Args:
        measured: the figure that the claim is about.
        baselines: what it stands beside.
        parts: all that the claim's sentence says.
        outcome: one sentence that says what came out, with the numbers.
        others: further figures.
        data: what it was measured on, and how much of it.
    """

    measured: Figure
    baselines: tuple[Figure, ...] = Field(min_length=1)
    parts: tuple[Part, ...] = Field(min_length=1)
    outcome: str
    others: tuple[Figure, ...] = ()
    data: str

    @model_validator(mode="after")
    def _named(self) -> Measured:
        for part in self.parts:
            for label in filter(None, (part.figure, part.beside, part.error)):
                self.figure(label)
        return self

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All of them."""
        return (self.measured, *self.baselines, *self.others)

    def figure(self, label: str) -> Figure:
        """A figure by its label.

        Raises:
            ValueError: there is none, or there are two.
        """
        found = [figure for figure in self.figures if figure.label == label]
        if len(found) != 1:
            raise ValueError(f"{len(found)} figures are labelled {label!r}")
        return found[0]

    def of(self, part: Part) -> Verdict:
        """How one part came out."""
        figure = self.figure(part.figure)
        if part.reach is not None:
            return reaches(figure, part.reach)
        return verdict(figure, self.figure(part.beside), self.figure(part.error) if part.error else None)

    @computed_field  # stored with the figures, for whoever reads the file alone; `Claim` compares it
    @property
    def verdict(self) -> Verdict:
        """How the claim came out: all its parts together."""
        return together(*(self.of(part) for part in self.parts))


class Claim(Measured):
    """A stored result: the figures, and what it takes to measure them again.

    Args:
        exhibit: its name.
        command: measures it again.
        seeds: of the repetitions.
        quick: on a subset, to see that it runs; never stored as the exhibit's result.
        measured_on: the date.
        seconds: that it took.
        versions: of Python and of what the arithmetic rests on.
        commit: of the project when it was measured; of results from before that was noted, the one that brought them.
        code: hash of the code that the result follows from (`explorer.core.sources`); empty of results from before.
        weights: name -> hash of the checkpoints that it was measured on, see `Exhibit.weights`.
    """

    result_version: int = RESULT_VERSION
    exhibit: str = Field(pattern=NAME)
    command: str
    seeds: tuple[int, ...]
    quick: bool = False
    measured_on: date
    seconds: float
    versions: dict[str, str]
    commit: str = ""
    code: str = ""
    weights: dict[str, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _follows(cls, given: Any) -> Any:
        """A stored verdict that doesn't follow from the stored figures is a fault, and none is believed."""
        if isinstance(given, dict) and "verdict" in given:
            given = dict(given)
            told = given.pop("verdict")
            if (found := cls.model_validate(given).verdict) != told:
                raise ValueError(f"the stored verdict is {told!r}, and the figures say {found!r}")
        return given


class Band(Frozen):
    """A figure measured anew beside the stored one.

    Args:
        label: of the figure.
        stored, measured: mean over the seeds, then and now.
        low, high: where a mean over as many seeds lies in 95 of 100 cases, if nothing has changed but the seeds.
    """

    label: str
    stored: float
    measured: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Is the new mean within the band?"""
        return self.low <= self.measured <= self.high


def doubt(stored: Measured, measured: Measured) -> tuple[Band, ...]:
    """Each figure of a claim measured with other seeds, beside the band of the stored one.

    The band is the prediction interval of a mean of m values after n others, by Student's t with n - 1 degrees of freedom:
    `mean ± t * sd * sqrt(1/n + 1/m)`. Figures of a single value have no band and are left out.
    """
    bands = []
    for then in stored.figures:
        now = next((figure for figure in measured.figures if figure.label == then.label), None)
        n = len(then.values)
        if now is None or n < 2:
            continue
        reach = _t95(n - 1) * then.spread * (1 / n + 1 / len(now.values)) ** 0.5
        half = max(reach, 0.5 * 10**-then.digits)
        bands.append(
            Band(label=then.label, stored=then.mean, measured=now.mean, low=then.mean - half, high=then.mean + half)
        )
    return tuple(bands)


def _t95(freedom: int) -> float:
    """The 97.5 % quantile of Student's t."""
    from scipy.stats import t

    return float(t.ppf(0.975, freedom))


def verdict(measured: Figure, baseline: Figure, error: Figure | None = None) -> Verdict:
    """Does a figure beat another one, seed by seed?

    The differences of the pairs decide: it holds when every seed is better and the mean difference is larger than the
    spread, it does not hold when every seed is worse by as much, and all else is a tie. So the rule says the opposite of the
    two figures exchanged. A figure of a single value, such as one without any chance in it, stands beside each seed of the
    other.

    The spread is the differences' own standard deviation over the seeds. All seeds share the test items, so what these leave
    to chance doesn't show in it: where the differences' standard errors over the items are given, the root of their mean
    square is added, in squares.

    Raises:
        ExplorerError: the figures were measured with different numbers of seeds.
    """
    a, b = measured.values, baseline.values
    most = max(len(a), len(b))
    if {len(a), len(b)} - {1, most}:
        raise ExplorerError(f"{measured.label!r} and {baseline.label!r} were measured with different numbers of seeds.")
    sign = 1.0 if measured.better == "higher" else -1.0
    differences = [sign * (x - y) for x, y in zip(_each(a, most), _each(b, most), strict=True)]
    return _decided(differences, error.values if error else (0.0,))


def reaches(figure: Figure, number: float) -> Verdict:
    """Does every seed reach a number, or pass it? It does not hold where none does, and is a tie between the two."""
    sign = 1.0 if figure.better == "higher" else -1.0
    there = [sign * (value - number) >= 0 for value in figure.values]
    return "holds" if all(there) else "tie" if any(there) else "does not hold"


def _each(values: tuple[float, ...], count: int) -> tuple[float, ...]:
    return values * count if len(values) == 1 else values


def _decided(differences: list[float], errors: tuple[float, ...]) -> Verdict:
    mean = statistics.fmean(differences)
    over_seeds = statistics.stdev(differences) if len(differences) > 1 else 0.0
    spread = math.hypot(over_seeds, math.sqrt(statistics.fmean(e * e for e in errors)))
    if abs(mean) <= spread or mean == 0:
        return "tie"
    if all(d > 0 for d in differences):
        return "holds"
    return "does not hold" if all(d < 0 for d in differences) else "tie"


def together(*verdicts: Verdict) -> Verdict:
    """Of a claim that says several things: it holds where all do, it does not where some do not and none does, else mixed.

    Where all are ties it is one too.
    """
    kinds = set(verdicts)
    if len(kinds) == 1:
        return verdicts[0]
    return "does not hold" if kinds == {"does not hold", "tie"} else "mixed"


def part(
    figure: Figure, beside: Figure | None = None, *, reach: float | None = None, error: Figure | None = None
) -> Part:
    """A part of a claim, by its figures: the first has to be better than the second, or reach a number; see `Part`."""
    return Part(
        figure=figure.label, beside=beside.label if beside else "", reach=reach, error=error.label if error else ""
    )
