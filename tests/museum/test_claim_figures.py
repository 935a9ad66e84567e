"""Figures of single claims, on cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.schema import Attribute, Schema
from explorer.learn.models.judge import Judge
from explorer.learn.models.vae.iwae import IWAE
from explorer.learn.training.infomec import infomec, modularity
from explorer.museum.exhibits import dagsurv, msp, qlae, swycc

CLASSES = Schema(attributes=(Attribute(name="kind", label="Kind", values=("a", "b")),))


@pytest.fixture
def judge() -> Judge:
    torch.manual_seed(0)
    return Judge((1, 16, 16), CLASSES, width=4, embedding=4).eval().requires_grad_(False)


def pictures(count: int, seed: int = 1) -> torch.Tensor:
    return torch.rand(count, 1, 16, 16, generator=torch.Generator().manual_seed(seed))


def test_what_a_switch_loses_is_beside_the_own_reconstruction(judge):
    x, c = pictures(40), torch.eye(2)[torch.arange(40) % 2]
    dim = 0.9  # of every picture that comes back; a switch takes as much again
    found = msp._asked(lambda x, c, asked: x * dim, judge, (x, c), 0)
    assert torch.allclose(found["plain"], -10 * ((0.1 * x) ** 2).flatten(1).mean(1).log10(), atol=1e-3)
    assert torch.allclose(found["back"], -10 * ((0.19 * x) ** 2).flatten(1).mean(1).log10(), atol=1e-3)
    assert torch.allclose(found["lost"], torch.full((40,), 20 * np.log10(1.9)).float(), atol=1e-3)
    asked = 1 - torch.arange(40) % 2
    assert torch.equal(found["right"], (judge(x * dim).argmax(1) == asked).double())


def test_the_rival_is_the_best_obeyed_of_those_that_bring_items_back_as_near():
    tried = {0.5: (0.2, 20.0), 1.0: (0.7, 17.0), 2.0: (0.9, 11.0)}
    assert [msp.chosen(tried, enough) for enough in (10.0, 16.0, 18.0, 25.0)] == [2.0, 1.0, 0.5, 0.5]


def test_grey_pixels_are_normal_about_the_decoder_and_binary_ones_as_before():
    torch.manual_seed(0)
    grey, binary = (IWAE((1, 4, 4), 2, latent=3, hidden=5, samples=1, deviation=d).eval() for d in (0.5, None))
    x, z, c = torch.rand(6, 1, 4, 4), torch.randn(1, 6, 3), torch.eye(2)[torch.arange(6) % 2]
    y = grey.decode(z[0], c)
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z[0]).sum(1)
    expected = -((x - y) ** 2).flatten(1).sum(1) / (2 * 0.5**2) + prior
    assert torch.allclose(grey.log_joint(x, c, z)[0], expected, atol=1e-4)
    y, x = binary.decode(z[0], c), (x > 0.5).float()
    expected = torch.distributions.Bernoulli(y).log_prob(x).flatten(1).sum(1) + prior
    assert torch.allclose(binary.log_joint(x, c, z)[0], expected, atol=1e-3)


def test_decoders_that_draw_the_same_differ_by_nothing_over_the_pictures(judge):
    x, y = pictures(30), pictures(30, 2)
    assert swycc.errors_over_pictures(judge, y, y, x, 0) == {"distance": 0.0, "off": 0.0}
    other = swycc.errors_over_pictures(judge, y, pictures(30, 3), x, 0)
    assert other["distance"] > 0 and other["off"] > 0


def test_the_error_over_people_is_that_of_all_of_them_and_decides_the_verdict():
    scores = {"dagsurv": [(0.70, 0.1)] * 3, "cox": [(0.66, 0.2)] * 3, "hazard": [(0.69, 0.1)] * 3}
    gains = np.stack([np.linspace(-0.05, 0.15, 100), np.full(100, -0.1)], 1)  # of concordance, and of the Brier score
    apart = {"metabric": {key: [gains] * 3 for key in ("cox", "hazard")}}
    few, many = (dagsurv.outcome({"metabric": scores}, apart, {"metabric": n}) for n in (400, 40_000))
    label = "standard error over the test people, difference in concordance from Cox, METABRIC"
    assert (
        few.figure(label).mean == pytest.approx(10 * many.figure(label).mean) == pytest.approx(gains[:, 0].std(ddof=1))
    )
    assert [few.of(p) for p in few.parts] == ["tie", "holds", "tie", "tie"]
    assert [many.of(p) for p in many.parts] == ["holds", "holds", "holds", "tie"]


def test_modularity_is_infomecs_and_its_error_over_the_items_is_none_beside_itself():
    rng = np.random.default_rng(0)
    factors = rng.integers(0, 4, (300, 3))
    ours, mixed = factors.astype(np.int64), (factors + factors[:, [1, 2, 0]]).astype(np.int64)
    assert modularity(ours, factors) == infomec(ours, factors).modularity == pytest.approx(1.0, abs=0.05)
    found = qlae.errors_over_items({"ours": ours, "same": ours, "mixed": mixed}, factors, 0)
    assert found["same"] == 0 < found["mixed"] < 0.2


def test_every_kind_has_as_many_settings_to_choose_from():
    assert len({len(settings) for settings in qlae.KINDS.values()}) == 1
