"""Grids: numbers in channels over places, as a convolutional encoder gives them; also the noise of a picture."""

from __future__ import annotations

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.kinds.base import Kind


@register("kinds", "grid")
class Grid(Kind):
    """Numbers [channels, *places]; between two grids lies a grid, place by place."""

    portable = True

    def words(self, spec: LatentSpec) -> str:
        """`7 × 7 places of 4 numbers`."""
        channels, *places = spec.shape
        return f"{' × '.join(map(str, places))} places of {channels} {self.noun}"
