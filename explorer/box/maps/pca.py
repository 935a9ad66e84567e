"""Principal components: the flat shadow that keeps most of the variance (Pearson 1901; Hotelling 1933).

Advantages: exact, linear, distances shrink but never tear. Limits: two or three components of a latent space seldom
hold more than a third of its variance, so that groups overlap which are apart. UMAP keeps neighbours instead.
"""

from __future__ import annotations

import numpy as np

from explorer.box.maps.base import Map
from explorer.core.registry import register


@register("maps", "pca")
class PCA(Map):
    """Coordinates along the first principal components, each signed so that its largest loading is positive."""

    def fit(self, vectors: np.ndarray, dims: int, seed: int) -> np.ndarray:
        """Float32 [n, F] -> float32 [n, dims]; exact, so that the seed plays no part."""
        centred = np.asarray(vectors, np.float64) - vectors.mean(0)
        axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :dims]
        axes *= np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
        return (centred @ axes).astype(np.float32)
