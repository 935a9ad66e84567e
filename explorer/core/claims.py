"""What a claim came to: frozen figures over seeds, the verdict, and all that is needed to measure it again."""

from __future__ import annotations

import statistics
from datetime import date
from typing import Literal

from pydantic import Field, FiniteFloat

from explorer.core.schema import NAME, Frozen

Verdict = Literal["holds", "does not hold", "mixed"]
RESULT_VERSION = 1


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


class Measured(Frozen):
    """What an exhibit's `measure` gives back.

    Args:
        measured: the figure that the claim is about.
        baselines: what it stands beside, the one that the verdict compares with first.
        verdict: by a rule from the numbers, see `verdict`.
        outcome: one sentence that says what came out, with the numbers.
        others: further figures.
        data: what it was measured on, and how much of it.
    """

    measured: Figure
    baselines: tuple[Figure, ...] = Field(min_length=1)
    verdict: Verdict
    outcome: str
    others: tuple[Figure, ...] = ()
    data: str


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
    """

    result_version: int = RESULT_VERSION
    exhibit: str = Field(pattern=NAME)
    command: str
    seeds: tuple[int, ...]
    quick: bool = False
    measured_on: date
    seconds: float
    versions: dict[str, str]


def verdict(measured: Figure, baseline: Figure) -> Verdict:
    """Does a figure beat its baseline?

    It holds when every seed beats the baseline's mean and the means differ by more than the pooled spread, it does not
    hold when the mean is no better, and is mixed between the two.
    """
    sign = 1.0 if measured.better == "higher" else -1.0
    gain = sign * (measured.mean - baseline.mean)
    if gain <= 0:
        return "does not hold"
    pooled = ((measured.spread**2 + baseline.spread**2) / 2) ** 0.5
    every = all(sign * (value - baseline.mean) > 0 for value in measured.values)
    return "holds" if every and gain > pooled else "mixed"


def together(*verdicts: Verdict) -> Verdict:
    """Of a claim that says several things: it holds where every part does, and does not where none does."""
    kinds = set(verdicts)
    return verdicts[0] if len(kinds) == 1 else "mixed"
