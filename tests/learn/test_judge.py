"""The judge learns to read attributes off real items, says how sure it is, and is the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.schema import Attribute, Schema
from explorer.learn.data.base import Items
from explorer.learn.models.judge import Judge, agreement
from explorer.learn.training.judge import (
    augment,
    calibrate,
    expected_calibration_error,
    judge_loss,
    judge_report,
    train_judge,
)

SCHEMA = Schema(
    attributes=(
        Attribute(name="side", label="Side", values=("left", "right", "middle")),
        Attribute(name="light", label="Light", kind="continuous", low=0, high=100),
    )
)


def bars(count: int, seed: int) -> Items:
    """A bar at one of three places, of some lightness; a tenth of the sides and of the lights is unknown."""
    rng = np.random.default_rng(seed)
    side, light = rng.integers(3, size=count), rng.uniform(20, 100, count)
    x = rng.integers(0, 30, (count, 1, 16, 16)).astype(np.uint8)
    for picture, where, level in zip(x[:, 0], side, light, strict=True):
        column = (3, 12, 7)[where]
        picture[2:14, column : column + 2] = 2.5 * level
    codes = np.stack([side, light], 1).astype(np.float32)
    codes[::10, 0], codes[5::10, 1] = -1, np.nan
    return Items(x, codes, {})


@pytest.fixture(scope="module")
def judge() -> Judge:
    return train_judge(bars(800, 0), SCHEMA, seed=0, epochs=12, batch=50)


def test_reads_what_it_was_taught(judge):
    fresh = bars(300, 1)
    x, c = torch.from_numpy(fresh.x).float() / 255, SCHEMA.encode_codes(fresh.codes)
    report = judge_report(judge, x, c)
    assert report["side"]["accuracy"] > 0.97 and report["side"]["ece"] < 0.1
    assert report["light"]["accuracy"] > 0.5
    rows = judge.read(x)
    known = fresh.codes[:, 0] >= 0
    named = np.array(
        [row["side"]["value"] == SCHEMA["side"].read(code) for row, code in zip(rows, fresh.codes[:, 0], strict=True)]
    )
    assert named[known].mean() > 0.97
    assert all(0 <= reading["probability"] <= 1 for row in rows for reading in row.values())
    light = np.array([row["light"]["value"] for row in rows])
    known = ~np.isnan(fresh.codes[:, 1])
    assert np.corrcoef(light[known], fresh.codes[known, 1])[0, 1] > 0.95


def test_is_deterministic_and_leaves_everyones_seed_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    a, b = (train_judge(bars(120, 0), SCHEMA, seed=3, epochs=1) for _ in range(2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(a.state_dict()[key], value) for key, value in b.state_dict().items())
    other = train_judge(bars(120, 0), SCHEMA, seed=4, epochs=1)
    assert not torch.equal(a.heads.weight, other.heads.weight)


def test_survives_rounding_to_half(judge):
    x = torch.from_numpy(bars(100, 2).x).float() / 255
    again = Judge(judge.shape, SCHEMA).eval()
    again.load_state_dict({k: v.half().float() if v.is_floating_point() else v for k, v in judge.state_dict().items()})
    assert torch.allclose(again(x), judge(x), atol=0.05)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 64, 64), (3, 33, 48)])
def test_fits_any_picture_in_few_parameters(shape):
    judge = Judge(shape, SCHEMA).eval()
    x = torch.rand(2, *shape)
    assert judge(x).shape == (2, SCHEMA.width)
    assert torch.equal(judge.score(judge.embed(x)), judge(x))
    assert sum(p.numel() for p in judge.parameters()) <= 400_000


def test_an_unknown_attribute_teaches_and_counts_nothing():
    logits = torch.randn(4, SCHEMA.width, requires_grad=True)
    c = torch.zeros(4, SCHEMA.width)
    assert agreement(logits, c, SCHEMA).all()
    c[:, :3] = torch.nn.functional.one_hot(torch.tensor([0, 1, 2, 0]), 3)
    judge_loss(logits, c, SCHEMA).backward()
    assert logits.grad[:, :3].abs().sum() > 0 and (logits.grad[:, 3:] == 0).all()


def test_agreement_knows_names_and_numbers():
    logits = torch.tensor([[3.0, 0, 0, 0.50, 0], [3.0, 0, 0, 0.50, 0]])
    c = SCHEMA.encode([{"side": "left", "light": 77.0}, {"side": "right", "light": 90.0}])
    assert agreement(logits, c, SCHEMA).tolist() == [[True, True], [False, False]]


def test_calibration_makes_confidence_honest(judge):
    fresh = bars(400, 3)
    x, c = torch.from_numpy(fresh.x).float() / 255, SCHEMA.encode_codes(fresh.codes)
    wrong = torch.rand(len(c), generator=torch.Generator().manual_seed(0)) < 0.3
    c[wrong, :3] = c[wrong, :3].roll(1, dims=1)  # with 30 % of the names wrong, a sure judge is too sure
    doubtful = Judge(judge.shape, SCHEMA).eval()
    doubtful.load_state_dict(judge.state_dict())
    before = judge_report(doubtful, x, c)["side"]["ece"]
    calibrate(doubtful, x, c)
    assert doubtful.temperature[0] > judge.temperature[0]
    assert judge_report(doubtful, x, c)["side"]["ece"] < 0.5 * before
    assert torch.equal(doubtful.temperature[3:], torch.ones(2))


def test_calibration_error_of_known_cases():
    sure = torch.full((100,), 0.9)
    assert expected_calibration_error(sure, torch.arange(100) < 90) == pytest.approx(0, abs=1e-6)
    assert expected_calibration_error(sure, torch.arange(100) < 40) == pytest.approx(0.5, abs=1e-6)


def test_augmentation_keeps_shape_and_range():
    torch.manual_seed(0)
    x = torch.rand(5, 3, 15, 20)
    out = augment(x)
    assert out.shape == x.shape and out.min() >= 0 and out.max() <= 1 and not torch.equal(out, x)
