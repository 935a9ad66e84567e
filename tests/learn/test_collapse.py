"""Posterior collapse: the closed forms against numerical minima of the loss, and against training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from explorer.learn.data.pairs import DIMS, LABELS, SPECTRA, pairs
from explorer.learn.models.vae.linear import (
    StackedCVAE,
    StackedHVAE,
    predicted_cvae,
    predicted_hvae,
    thresholds_cvae,
    thresholds_hvae,
)
from explorer.learn.training import collapse
from explorer.learn.training.collapse import ACTIVE, Setting, active_units, observed, plain, predicted, trained

SQUARE = (2, 2)


def least(loss, shapes, starts=3):
    """Arrays of the least of several numerical minima."""
    sizes = np.cumsum([np.prod(shape) for shape in shapes])

    def arrays(flat):
        return [one.reshape(shape) for one, shape in zip(np.split(flat, sizes[:-1]), shapes, strict=True)]

    rng = np.random.default_rng(0)
    found = [
        minimize(lambda flat: loss(*arrays(flat)), rng.normal(size=int(sizes[-1])) * 0.5, method="BFGS")
        for _ in range(starts)
    ]
    return arrays(min(found, key=lambda one: one.fun).x)


def spectrum(signal, deviation):
    return np.linalg.eigvalsh(signal / np.outer(deviation, deviation))[::-1]


def divergence(mean, deviation):
    return np.trace(mean) + (deviation**2 - 2 * np.log(deviation) - 1).sum()


@pytest.mark.parametrize("noise", [0.1, 0.6, 1.2])
@pytest.mark.parametrize("beta", [1.0, 2.5])
def test_theorem_2_is_the_minimum_of_a_conditional_vae(noise, beta):
    y, cross = np.array([[2.0, 0.5], [0.5, 1.2]]), np.array([[0.9, 0.2], [0.1, 0.8]])
    joint = np.block([[np.eye(2), cross.T], [cross, y]])

    def loss(a, b, u, v, log_s):
        s, mean = np.exp(log_s), np.hstack((a, b))
        out = np.hstack((u @ a + v, u @ b - np.eye(2)))
        error = np.trace(out @ joint @ out.T) + ((u * s) ** 2).sum()
        return error / noise + beta * divergence(mean @ joint @ mean.T, s)

    _, b, *_, log_s = least(loss, (SQUARE, SQUARE, SQUARE, SQUARE, (2,)))
    left = y - cross @ cross.T
    known = predicted_cvae(left, noise, beta, 2)["z"]
    assert np.allclose(spectrum(b @ left @ b.T, np.exp(log_s)), known, rtol=0.02, atol=0.02)
    assert ((known == 0) == (thresholds_cvae(left, beta, 2)["z"] <= noise)).all()


@pytest.mark.parametrize(
    ("noise", "beta1", "beta2", "spread"),
    [(0.2, 1, 1, 0.4), (0.9, 1, 1, 0.4), (3.0, 1, 1, 0.4), (0.5, 2, 0.5, 0.3), (0.4, 0.5, 2, 1.2), (1.0, 1, 1, 1.5)],
)
def test_theorem_3_is_the_minimum_of_two_levels(noise, beta1, beta2, spread):
    cross = np.diag((1.6, 0.7))

    def loss(w, b, c, u, log_s):
        s = np.exp(log_s)
        z1 = w @ w.T + spread * np.eye(2)
        miss = u @ w - cross
        error = (miss**2).sum() + spread * (u**2).sum()
        back = c @ b - np.eye(2)
        level = np.trace(back @ z1 @ back.T) + ((c * s) ** 2).sum()
        return (error + beta1 * level) / noise + beta2 * divergence(b @ z1 @ b.T, s)

    w, b, *_, log_s = least(loss, (SQUARE, SQUARE, SQUARE, SQUARE, (2,)))
    known = predicted_hvae(np.array((1.6, 0.7)), noise, beta1, beta2, spread)
    z1 = w @ w.T + spread * np.eye(2)
    assert np.allclose(spectrum(w @ w.T, np.full(2, spread**0.5)), known["z1"], rtol=0.03, atol=0.02)
    assert np.allclose(spectrum(b @ z1 @ b.T, np.exp(log_s)), known["z2"], rtol=0.03, atol=0.02)


@pytest.mark.parametrize("beta2", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("spread", [0.1, 0.6, 1.4])
def test_thresholds_of_two_levels_are_where_the_prediction_reaches_zero(beta2, spread):
    singular, noises = np.array((1.7, 0.9, 0.3, 0.0)), np.geomspace(1e-3, 50, 800)
    known = [predicted_hvae(singular, noise, 1.3, beta2, spread) for noise in noises]
    for level, at in thresholds_hvae(singular, 1.3, beta2, spread).items():
        active = np.stack([one[level] > 1e-12 for one in known])
        assert (active == (noises[:, None] < at)).all()


def test_a_second_level_can_be_active_for_the_noise_of_the_first_alone():
    known = predicted_hvae(np.array((0.1,)), 0.3, 1, 1, 0.5)
    assert known["z1"] == 0 and known["z2"] > 0


def test_without_correlation_a_conditional_vae_is_a_plain_one():
    at = Setting(0.5, 0.0)
    law = pairs("falling", "cvae")
    assert np.allclose(predicted(law, "cvae", at)["z"], plain(law, "cvae", at)["z"])
    tied = [(predicted(law, "cvae", Setting(0.5, k))["z"] > 0).sum() for k in (0, 0.6, 0.9, 1)]
    assert tied == sorted(tied, reverse=True) and tied[-1] == 0
    told = [(predicted(pairs("falling", "hvae"), "hvae", Setting(0.5, k))["z2"] > 0).sum() for k in (0.3, 0.6, 1)]
    assert told == sorted(told) and told[-1] > told[0]


@pytest.mark.parametrize("spectrum_name", LABELS)
@pytest.mark.parametrize("model", ["cvae", "hvae"])
def test_pairs_have_the_moments_that_they_name(spectrum_name, model):
    for real in {False, spectrum_name not in SPECTRA}:
        law = pairs(spectrum_name, model, real=real)
        correlation = torch.tensor([0.0, 0.6])
        x, y = law.draw(40_000, correlation, torch.Generator().manual_seed(0))
        assert x.shape == (2, 40_000, DIMS) and y.shape == (40_000, DIMS)
        assert np.trace(law.covariance) == pytest.approx(DIMS)
        assert np.allclose(y.T @ y / len(y), law.covariance, atol=0.1)
        for k, inputs in zip(correlation.tolist(), x, strict=True):
            assert np.allclose(inputs.T @ inputs / len(y), np.eye(DIMS), atol=0.06)
            assert np.allclose(y.T @ inputs / len(y), k * law.cross, atol=0.08)


@pytest.mark.parametrize("model", ["cvae", "hvae"])
def test_training_ends_where_the_theory_says(model):
    law = pairs("levels", model)
    settings = [Setting(noise, 0.7) for noise in (0.08, 0.35, 3.0)]
    found = trained(law, model, settings, steps=500, seed=0)
    for level, ratios in found.items():
        known = np.stack([predicted(law, model, s)[level] for s in settings])
        assert ((ratios > 0.1) == (known > 0)).mean() > 0.95
        assert np.abs(np.log1p(ratios) - np.log1p(known)).mean() < 0.25
    assert trained(law, model, settings[:1], steps=20, seed=1).keys() == found.keys()


def test_a_threshold_is_observed_between_the_last_active_and_the_next():
    noises = np.array([1.0, 2.0, 4.0])
    active = np.array([[1, 1, 0, 1], [1, 0, 0, 0], [1, 0, 0, 1]], bool)
    assert np.allclose(observed(noises, active), [np.nan, 2**0.5, np.nan, np.nan], equal_nan=True)


def test_units_of_a_hidden_layer_are_counted(monkeypatch):
    monkeypatch.setattr(collapse, "COUNTED_ON", 300)
    units = active_units([Setting(0.02, 0.0), Setting(50.0, 0.0)], hidden=8, steps=150, seed=0)
    assert units[0] >= 4 and units[1] == 0


def test_what_is_not_linear_has_no_ratios():
    net = StackedCVAE(torch.ones(1), torch.ones(1), given=2, told=2, latent=2, hidden=3)
    with pytest.raises(ValueError, match="linear"):
        net.ratios(torch.eye(2)[None])
    ones = torch.ones(2)
    both = StackedHVAE(ones, beta1=ones, beta2=ones, spread=ones, given=3, told=2, latent=2)
    assert {name: ratios.shape for name, ratios in both.ratios().items()} == {"z1": (2, 2), "z2": (2, 2)}
    assert (both.ratios()["z1"] < ACTIVE * 10).all()
