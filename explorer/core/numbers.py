"""Numbers as a person reads them; `assets/js/compute/numbers.js` says the same in the page."""

from __future__ import annotations

import itertools
import math

import numpy as np

BINS = 10


def number(value: float, digits: int = 2) -> str:
    """A number without zeros at its end, with a true minus sign."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return ("0" if text in ("-0", "") else text).replace("-", "\u2212")


def binned(low: float, high: float, values: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Equal bins over a range, ten at most and as round as that allows.

    Args:
        low, high: the range.
        values: [n]; what lies outside counts to the first or the last bin.

    Returns:
        the bins' names, and the number of each value's bin, float64 [n], NaN where the value is.
    """
    least = (high - low) / BINS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(width for k in (1, 2, 2.5, 5, 10) if (width := k * power) >= least * (1 - 1e-9))
    first = math.floor(low / step + 1e-9) * step
    edges = [first + k * step for k in range(max(math.ceil((high - first) / step - 1e-9), 1) + 1)]
    names = [f"{number(a, 4)} to {number(b, 4)}" for a, b in itertools.pairwise(edges)]
    return names, np.where(np.isnan(values), np.nan, np.searchsorted(edges[1:-1], values, side="right"))
