"""What of the condition is left in the latent, where it should have been forgotten."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from explorer.lenses.base import Lens
from explorer.registry import register
from explorer.training.evaluate import Study

TRAINING = 8_000
HIDDEN = 128


@register("lenses", "leakage")
class Leakage(Lens):
    """Accuracy on held-out items of probes that read each attribute from z alone; the higher of two is reported.

    A logistic regression (Alain and Bengio 2017, arXiv:1610.01644) and a network with one hidden layer, for what is
    there but not linearly. Baseline: the share of the commonest value. For a number: R squared, baseline 0. What the
    probes find, an edit by the condition can't change cleanly; what they miss may still be there.
    """

    title = "Leakage"
    sentence = "How well a probe reads each attribute from the latent alone, beside guessing the commonest value."
    order = 50

    def measure(self, study: Study) -> dict[str, Any]:
        """For each attribute: `probe` (the higher), `logistic`, `network`, `chance`, `n`."""
        z = study.z_train.flatten(1)[:TRAINING].double().numpy()
        z_test = study.z.flatten(1).double().numpy()
        centre, spread = z.mean(0), z.std(0) + 1e-9
        z, z_test = (z - centre) / spread, (z_test - centre) / spread
        out = {}
        for k, attribute in enumerate(study.conditions.attributes):
            y, y_test = study.train.codes[: len(z), k], study.test.codes[:, k]
            number = attribute.kind == "continuous"
            known, known_test = (~np.isnan(v) & ((v >= 0) | number) for v in (y, y_test))
            scores = {
                kind: _score(kind, number, (z[known], y[known]), (z_test[known_test], y_test[known_test]), study.seed)
                for kind in ("logistic", "network")
            }
            shares = np.unique(y_test[known_test], return_counts=True)[1] / known_test.sum()
            chance = 0.0 if number else float(shares.max())
            out[attribute.name] = {
                "probe": max(scores.values()),
                "chance": chance,
                **scores,
                "n": int(known_test.sum()),
            }
        return out


def _score(kind: str, number: bool, training: tuple, test: tuple, seed: int) -> float:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    network = {"early_stopping": True, "alpha": 1e-3, "max_iter": 60, "random_state": seed}
    if kind == "network":
        probe = MLPRegressor(hidden_layer_sizes=(HIDDEN,), **network) if number else MLPClassifier((HIDDEN,), **network)
    else:
        probe = Ridge() if number else LogisticRegression(max_iter=300)
    x, y = training
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a probe that stops early says so
        return float(probe.fit(x, y if number else y.astype(int)).score(test[0], test[1]))
