"""Vectors: numbers side by side, such as an encoder's mean."""

from __future__ import annotations

from explorer.core.registry import register
from explorer.learn.kinds.base import Kind


@register("kinds", "vector")
class Vector(Kind):
    """One axis of numbers; between two vectors lies a vector."""

    portable = True
