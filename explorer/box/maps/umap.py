"""UMAP: items that are neighbours in the space stay neighbours on the map (McInnes, Healy and Melville 2018,
arXiv:1802.03426).

Advantages: shows groups and the paths between them in two or three dimensions. Limits: sizes of groups and the gaps
between them mean little, and there is no honest way back from the map, so a spot is answered by real items only.
"""

from __future__ import annotations

import warnings

import numpy as np

from explorer.box.maps.base import Map
from explorer.core.registry import register

NEAREST = 50  # wide and loose, so that islands stay near their likes and a point can be hit within one
MIN_DIST = 0.5
SPREAD = 1.5
EXTENT = 10.0


@register("maps", "umap")
class UMAP(Map):
    """umap-learn with a fixed seed, which costs it its threads but decides everything; turned onto its principal axes."""

    def fit(self, vectors: np.ndarray, dims: int, seed: int) -> np.ndarray:
        """Float32 [n, F] -> float32 [n, dims], centred, 99 % of it within +-10."""
        from umap import UMAP as Layout  # compiles for seconds, and only a fit needs it

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns that a seed costs it its threads
            layout = Layout(n_components=dims, n_neighbors=NEAREST, min_dist=MIN_DIST, spread=SPREAD, random_state=seed)
            coords = layout.fit_transform(np.asarray(vectors, np.float32)).astype(np.float64)
        coords -= np.median(coords, axis=0)
        axes = np.linalg.eigh(coords.T @ coords)[1][:, ::-1]
        axes *= np.sign(axes[np.abs(axes).argmax(0), np.arange(dims)])
        coords = coords @ axes
        return (coords * EXTENT / np.quantile(np.abs(coords), 0.99)).astype(np.float32)
