"""Numbers as a person reads them; `assets/js/compute/numbers.js` says the same in the page."""

from __future__ import annotations

import itertools
import math

BINS = 10


def number(value: float, digits: int = 2) -> str:
    """A number without zeros at its end, with a true minus sign."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return ("0" if text in ("-0", "") else text).replace("-", "\u2212")


def bins(low: float, high: float) -> tuple[list[str], list[float]]:
    """Equal bins over a range, ten at most and as round as that allows.

    Returns:
        the bins' names, and the edges between them: one fewer. What lies outside counts to the first or the last bin.
    """
    least = (high - low) / BINS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(width for k in (1, 2, 2.5, 5, 10) if (width := k * power) >= least * (1 - 1e-9))
    first = math.floor(low / step + 1e-9) * step
    edges = [first + k * step for k in range(max(math.ceil((high - first) / step - 1e-9), 1) + 1)]
    return [f"{number(a, 4)} to {number(b, 4)}" for a, b in itertools.pairwise(edges)], edges[1:-1]
