"""What of the condition is left in the latent, where it should have been forgotten."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.museum.lenses.base import Lens

TRAINING = 8_000
HIDDEN = 128
Pair = tuple[np.ndarray, np.ndarray]  # of the training items, of the held-out items


@register("lenses", "leakage")
class Leakage(Lens):
    """Accuracy on held-out items of probes that read each attribute from z alone; the higher of two is reported.

    A logistic regression (Alain and Bengio 2017, arXiv:1610.01644) and a network with one hidden layer, for what is
    there but not linearly. They read the posterior mean, which is what the page edits; `sampled` is the same for a draw
    from the posterior, which is what the decoder was trained on: where it is low and `probe` is high, the mean carries
    the attribute below the noise that the decoder learned to ignore. Baseline: the share of the commonest value. For a
    number: R squared, baseline 0. What the probes find may hold an edit back; what they miss may still be there.
    """

    title = "Leakage"
    sentence = "How well a probe reads each attribute from the latent alone, beside guessing the commonest value."
    order = 50
    needs = frozenset({"encode"})
    kinds = frozenset({"vector", "grid"})

    def measure(self, study: Study) -> dict[str, Any]:
        """For each attribute: `probe` (the higher), `logistic`, `network`, `sampled` (the higher), `chance`, `n`."""
        means = _standardised(study.z_train[:TRAINING], study.z)
        rng = study.rng(self.name)
        draws = _standardised(
            _draw(*(part[:TRAINING] for part in study.posterior_train), rng), _draw(*study.posterior, rng)
        )
        out = {}
        for k, attribute in enumerate(study.conditions.attributes):
            number = attribute.kind == "continuous"
            codes = study.train.codes[:TRAINING, k], study.test.codes[:, k]
            known = tuple(~np.isnan(v) & ((v >= 0) | number) for v in codes)
            y = _where(codes, known)
            scores = [
                {kind: _score(kind, number, _where(x, known), y, study.seed) for kind in ("logistic", "network")}
                for x in (means, draws)
            ]
            shares = np.unique(y[1], return_counts=True)[1] / len(y[1])
            out[attribute.name] = {
                "probe": max(scores[0].values()),
                "chance": 0.0 if number else float(shares.max()),
                "sampled": max(scores[1].values()),
                **scores[0],
                "n": len(y[1]),
            }
        return out


def _standardised(z: Tensor, z_test: Tensor) -> Pair:
    """Training and held-out latents [N, *latent.shape] -> float64 [N, D], each dimension centred and scaled alike."""
    flat, flat_test = (part.flatten(1).double().numpy() for part in (z, z_test))
    centre, spread = flat.mean(0), flat.std(0) + 1e-9
    return (flat - centre) / spread, (flat_test - centre) / spread


def _where(pair: Pair, known: Pair) -> Pair:
    return pair[0][known[0]], pair[1][known[1]]


def _draw(mean: Tensor, variance: Tensor, rng: np.random.Generator) -> Tensor:
    return mean + variance.sqrt() * torch.from_numpy(rng.standard_normal(mean.shape)).float()


def _score(kind: str, number: bool, x: Pair, y: Pair, seed: int) -> float:
    """Fit one kind of probe on x[0], y[0], and score it on x[1], y[1]."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    network = {"early_stopping": True, "alpha": 1e-3, "max_iter": 60, "random_state": seed}
    if kind == "network":
        probe = MLPRegressor(hidden_layer_sizes=(HIDDEN,), **network) if number else MLPClassifier((HIDDEN,), **network)
    else:
        probe = Ridge() if number else LogisticRegression(max_iter=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a probe that stops early says so
        return float(probe.fit(x[0], y[0]).score(x[1], y[1]))
