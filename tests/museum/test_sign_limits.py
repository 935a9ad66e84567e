"""The play of sign autoencoders, and its claim on tiny data."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.nodes import Figure, Table
from explorer.museum.exhibits.base import numbered, run
from explorer.museum.plays.base import Progress, state
from explorer.museum.plays.sign_limits import SignLimits, unbounded


def test_training_shows_its_progress_and_lands_near_the_curve():
    play = SignLimits()
    nodes = list(play.run(*state(play, {"params": {"dims": 16, "steps": 300, "rate": 1.0}})))
    steps, last = nodes[:-1], nodes[-1]
    assert all(isinstance(step, Progress) for step in steps) and len(steps) > 20
    (_, bound, _), (_, trained, gap), (_, random, _) = next(node for node in last if isinstance(node, Table)).rows
    assert bound == pytest.approx(1 - 2 / np.pi, abs=1e-3) and gap < 0.05 and trained < random
    assert len([node for node in last if isinstance(node, Figure)]) == 2


def test_no_code_is_better_than_rate_distortion_theory():
    assert unbounded(1.0, np.ones(8)) == pytest.approx(0.25)
    assert unbounded(0.5, np.array([2.0, 0.1])) < unbounded(0.5, np.full(2, np.sqrt((4 + 0.01) / 2)))


def test_its_claim_is_measured_on_tiny_data(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    claim = run(numbered(71), quick=True)
    assert claim.quick and len(claim.measured.values) == 1 and claim.measured.mean < claim.baselines[0].mean
    assert list(tmp_path.rglob("sign-*.safetensors")), "what was trained is kept"
    assert run(numbered(71), quick=True).measured == claim.measured
