"""Ages compared at equal identity, on cases that can be worked out by hand."""

from __future__ import annotations

import pytest
import torch

from explorer.museum.exhibits import caae


def test_a_model_that_only_keeps_the_person_better_misses_no_more_at_equal_identity():
    torch.manual_seed(0)

    def edits(low: float, high: float, more: float = 0.0):
        far = torch.linspace(low, high, 400)
        return far, 10 - 8 * far + more  # the nearer to the person, the younger the face

    near, changed = edits(0.0, 0.8), edits(0.2, 1.0)
    assert near[1].mean() > changed[1].mean() + 1
    found = caae.at_equal_identity({"near": near, "changed": changed})
    assert found["near"] == pytest.approx(found["changed"], abs=0.4)
    worse = caae.at_equal_identity({"near": near, "changed": edits(0.2, 1.0, more=3.0)})
    assert worse["changed"] - worse["near"] == pytest.approx(3, abs=0.4)


def test_models_that_share_no_distance_are_compared_as_they_are():
    far, missed = torch.linspace(0, 1, 50), torch.full((50,), 2.0)
    found = caae.at_equal_identity({"a": (far, missed), "b": (far + 10, missed + 1)})
    assert found == {"a": 2.0, "b": 3.0}
