"""What the axes of a series mean: a channel up, a clock across."""

from __future__ import annotations

import numpy as np
from pydantic import Field, FiniteFloat

from explorer.core.schema import Frozen


class Channel(Frozen):
    """One line of a series.

    Args:
        label, unit: what a person reads.
        low, high: readings that become 0 and 1.
        limit: a reading that matters, such as the end of life; drawn as a line across.
    """

    label: str
    unit: str = ""
    low: FiniteFloat = 0.0
    high: FiniteFloat = 1.0
    limit: FiniteFloat | None = None

    @property
    def title(self) -> str:
        """`Outlet temperature, °R`."""
        return f"{self.label}, {self.unit}" if self.unit else self.label


class Clock(Frozen):
    """When the readings are taken: the first at `start`, one each `step`, in units that `label` names."""

    label: str = "reading"
    start: FiniteFloat = 0.0
    step: float = Field(default=1.0, gt=0)

    def times(self, count: int) -> np.ndarray:
        """Of the first `count` readings, float64 [count]."""
        return self.start + self.step * np.arange(count)
