"""How lenses compare pictures with pictures, and sets with sets."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor


def ssim(y: Tensor, x: Tensor) -> Tensor:
    """Structural similarity of y beside x, both [N, C, H, W] in [0, 1] -> float64 [N].

    Wang et al. 2004, "Image quality assessment", as scikit-image has it: a 7x7 window, channels averaged.
    """
    from skimage.metrics import structural_similarity

    pairs = zip(y.numpy(), x.numpy(), strict=True)
    return torch.tensor([structural_similarity(a, b, channel_axis=0, data_range=1.0) for a, b in pairs])


def nearest_distance(z: Tensor, among: Tensor, chunk: int = 500) -> tuple[Tensor, Tensor]:
    """Rows of z [N, D] among [M, D] -> Euclidean distance to the nearest row, and its index, each [N]."""
    found = [torch.cdist(part, among).min(dim=1) for part in z.flatten(1).split(chunk)]
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])


def two_sample_accuracy(a: Tensor, b: Tensor, seed: int) -> float:
    """Classifier two-sample test: held-out accuracy of a small network that tells a [N, F] from b [N, F]; 0.5 is best.

    Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests" (arXiv:1610.06545). Mean of two folds.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = torch.cat([a, b]).double().numpy()
    labels = np.repeat([0, 1], [len(a), len(b)])
    network = MLPClassifier((64,), solver="lbfgs", alpha=1.0, max_iter=100, random_state=seed)
    folds = StratifiedKFold(2, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # stopping after 100 steps is meant
        return float(cross_val_score(make_pipeline(StandardScaler(), network), features, labels, cv=folds).mean())


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Frechet distance between normals fitted to a [N, F] and b [M, F] (Heusel et al. 2017, arXiv:1706.08500, eq. 6)."""
    a, b = a.double(), b.double()
    first, second = torch.cov(a.T), torch.cov(b.T)
    values, vectors = torch.linalg.eigh(first)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    return ((a.mean(0) - b.mean(0)).square().sum() + first.trace() + second.trace() - 2 * cross).clamp(min=0).item()
