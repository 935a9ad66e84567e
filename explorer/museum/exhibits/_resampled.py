"""What a difference of two figures owes to the test items: both measured on items drawn with repetition (bootstrap)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor

RESAMPLES, HALVES = 100, 10


def error_over(difference: Callable[[np.ndarray], float], items: int, seed: int) -> float:
    """Standard error of a difference over the test items (Efron 1979, "Bootstrap methods").

    Args:
        difference: of rows [items] of the test items, which may repeat, gives the difference of the two figures on them.
        items: how many test items there are.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    return float(np.std([difference(rng.integers(0, items, items)) for _ in range(RESAMPLES)], ddof=1))


def error_of_means(ours: Tensor, theirs: Tensor, seed: int) -> float:
    """The same of a difference of means: two figures of every test item, [items] each."""
    gain = (ours.double() - theirs.double()).numpy()
    return error_over(lambda rows: float(gain[rows].mean()), len(gain), seed)


def error_over_halves(difference: Callable[[np.ndarray], float], items: int, seed: int) -> float:
    """The same of figures that items drawn twice would falsify, such as information by nearest neighbours.

    A delete-half jackknife (Shao and Wu 1989, "A general theory for jackknife variance estimation"): the standard deviation
    of the difference over random halves of the items, none of which is drawn twice.
    """
    rng = np.random.default_rng(seed)
    return float(np.std([difference(rng.permutation(items)[: items // 2]) for _ in range(HALVES)], ddof=1))
