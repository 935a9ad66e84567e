"""Sign autoencoders: the predicted risk, and gradient descent that reaches it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from explorer.learn.data.laws import LAWS
from explorer.learn.models.codes.sign import SignAutoencoder, least_risk
from explorer.learn.training.signs import descend, measured, random_encoder


@pytest.mark.parametrize("rate", [0.25, 0.5, 1.0])
def test_up_to_one_bit_a_number_the_curve_is_a_line(rate):
    assert least_risk(rate, np.ones(64)) == pytest.approx(1 - 2 * rate / math.pi)


@pytest.mark.parametrize("rate", [1.0, 1.5, 3.0])
def test_above_one_bit_a_number_it_is_the_papers_second_branch(rate):
    assert least_risk(rate, np.ones(64)) == pytest.approx(1 - rate / (rate + math.pi / 2 - 1))


def test_water_is_poured_where_there_is_most_to_gain():
    spread = LAWS["levels"].spread(64)
    assert least_risk(0.25, spread) < least_risk(0.25, np.ones(64))
    shares = np.linspace(0.01, 0.99, 99)  # of the bits that go to the quarter of strong coordinates
    noise, linear = 1 - 2 / math.pi, 2 / math.pi
    strong, weak = spread[0] ** 2, spread[-1] ** 2
    risks = [
        0.25 * strong * noise / (noise + linear * 4 * a * 1.5) + 0.75 * weak * noise / (noise + linear * (1 - a) * 2)
        for a in shares
    ]
    assert least_risk(1.5, spread) == pytest.approx(min(risks), rel=1e-3)


@pytest.mark.parametrize("law", LAWS)
def test_a_law_has_variance_one_on_average(law):
    x = LAWS[law].draw(20_000, 32, torch.Generator().manual_seed(0))
    assert x.shape == (20_000, 32) and x.square().mean().item() == pytest.approx(1, abs=0.05)
    assert np.allclose(x.std(0), LAWS[law].spread(32), rtol=0.15)


def test_codes_are_bits_and_rows_have_unit_length():
    net = SignAutoencoder(8, 5)
    bits = net.encode(torch.randn(10, 8))
    assert set(bits.unique().tolist()) <= {-1.0, 1.0} and net.decode(bits).shape == (10, 8)
    assert torch.allclose(net.directions.norm(dim=1), torch.ones(5))


def test_descent_comes_near_the_curve_and_a_random_encoder_does_not():
    law, dims, bits = LAWS["gaussian"], 32, 32
    *_, (_, net) = descend(law, dims, bits, steps=600, seed=0)
    bound = least_risk(1.0, law.spread(dims))
    trained = measured(net, law, dims, count=10_000, seed=0)
    random = measured(random_encoder(law, dims, bits, 0), law, dims, count=10_000, seed=0)
    assert bound - 0.01 < trained < bound + 0.03 < random - 0.05
