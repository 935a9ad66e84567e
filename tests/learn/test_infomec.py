"""InfoMEC on latents whose scores are known."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.learn.training.infomec import infomec, information, whole

LEVELS = (4, 6, 3, 5)
COUNT = 3_000


@pytest.fixture(scope="module")
def factors() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(n, size=COUNT) for n in LEVELS], 1)


def scores(z, factors):
    found = infomec(z, factors)
    return found.modularity, found.explicitness, found.compactness


def test_a_perfect_code_scores_one(factors):
    renamed = np.stack([np.random.default_rng(k).permutation(n)[factors[:, k]] for k, n in enumerate(LEVELS)], 1)
    z = np.concatenate([renamed[:, ::-1], np.full((COUNT, 2), 7)], 1)
    assert min(scores(z, factors)) > 0.96
    assert infomec(z, factors).active.tolist() == [True] * 4 + [False] * 2


def test_perfect_numbers_score_one_but_for_what_a_line_cannot_read(factors):
    z = factors + 0.01 * np.random.default_rng(1).normal(size=factors.shape)
    modularity, explicitness, compactness = scores(z, factors)
    assert modularity > 0.96 and compactness > 0.96 and 0.6 < explicitness <= 1


def test_noise_scores_near_nothing(factors):
    z = np.random.default_rng(2).integers(8, size=(COUNT, 6))
    modularity, explicitness, compactness = scores(z, factors)
    assert modularity < 0.25 and abs(explicitness) < 0.1 and compactness < 0.25
    assert infomec(z, factors).table.max() < 0.02


def test_a_turned_latent_is_explicit_but_neither_modular_nor_compact(factors):
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))[0]
    z = (factors - factors.mean(0)) / factors.std(0)
    straight, turned = (
        scores(z + 0.01 * np.random.default_rng(4).normal(size=z.shape), factors),
        scores(z @ turn, factors),
    )
    assert turned[0] < straight[0] - 0.3 and turned[2] < straight[2] - 0.3
    assert turned[1] == pytest.approx(straight[1], abs=0.1)


def test_a_factor_spread_over_two_dimensions_is_less_compact_and_as_modular(factors):
    z = np.concatenate([factors, factors[:, :1]], 1)
    modularity, _, compactness = scores(z, factors)
    assert modularity > 0.96 and compactness < 0.9


def test_information_is_a_share_of_the_factors_entropy(factors):
    table = information(factors, whole(factors * 2.5))
    assert np.allclose(np.diag(table), 1) and (table - np.diag(np.diag(table))).max() < 0.02
