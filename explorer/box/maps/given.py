"""A map that its owner has made: the places came with the items, from whatever program laid them out.

Advantages: the picture that a person knows already, now with a decoder behind it. Limits: what it keeps is unknown here, and a
new item is placed by its nearest items alone, as on every map that isn't exact.
"""

from __future__ import annotations

import numpy as np

from explorer.box.maps.base import Map
from explorer.core.registry import register
from explorer.core.schema import ExplorerError


@register("maps", "given")
class Given(Map):
    """Places that are taken as they are."""

    fitted = False

    def fit(self, vectors: np.ndarray, dims: int, seed: int) -> np.ndarray:
        """Nothing can be computed from vectors.

        Raises:
            ExplorerError: always.
        """
        raise ExplorerError("The places of a given map come with its items; none can be computed.", "map")
