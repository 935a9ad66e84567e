"""The latent plane itself: for a model with two latent dimensions no layout is needed, and a spot *is* a latent.

So a click anywhere decodes exactly that place, and the decoded plane can lie behind the items as a backdrop (the
manifold of Kingma and Welling 2014, arXiv:1312.6114, figure 4).
"""

from __future__ import annotations

import numpy as np

from explorer.box.maps.base import NEIGHBOURS, Map
from explorer.core.registry import register
from explorer.core.schema import ExplorerError


@register("maps", "plane")
class Plane(Map):
    """Latents are coordinates."""

    exact = True

    def fit(self, vectors: np.ndarray, dims: int, seed: int) -> np.ndarray:
        """Float32 [n, dims] -> the same.

        Raises:
            ExplorerError: the latents have another number of dimensions than the map.
        """
        if vectors.shape[1] != dims:
            raise ExplorerError(f"A latent of {vectors.shape[1]} numbers is no plane of {dims} dimensions.", "map")
        return np.asarray(vectors, np.float32)

    def place(self, new: np.ndarray, vectors: np.ndarray, coords: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
        """Float32 [N, dims] -> the same: where a latent lies is the latent."""
        return np.asarray(new, np.float32)
