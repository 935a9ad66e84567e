"""Dictionaries of many sizes and k, compared on items kept aside."""

from __future__ import annotations

import pytest

import explorer
from explorer.core.schema import ExplorerError
from explorer.play import dictionary, scaling
from explorer.play.scaling import Compared, Comparison, comparing, why_no_scaling


@pytest.fixture
def model(root, monkeypatch):
    monkeypatch.setattr(dictionary, "STEPS", 100)
    monkeypatch.setattr(scaling, "SIZES", (8, 16, 32))
    return explorer.load("tiny-shapes")


def test_sizes_and_ks_are_compared_in_slices_and_more_leaves_less_over(model):
    compared = Compared(seed=3)
    run = Comparison(model.session, compared)
    seen = []
    while run.advance(0.0) is None:
        seen.append((run.last.done, len(run.points)))
    assert seen == sorted(seen) and len(seen) > 20
    table = run.found.table()
    assert list(table.index.names) == ["size", "k"] and len(table) == 3 * len(scaling.ks(model.card.latent.shape[0]))
    assert table.loss[32, 2] < table.loss[8, 2] and table.loss[16, 4] < table.loss[16, 2]
    at_once = model.dictionary_scaling(seed=3)
    assert at_once.points == run.found.points and "R²" in repr(at_once)
    assert comparing(model.session, compared) is comparing(model.session, compared)


def test_where_there_is_nothing_to_compare_it_says_so(model):
    with pytest.raises(ExplorerError, match="no k"):
        model.dictionary_scaling(method="l1")
    narrow = model.card.model_copy(update={"latent": model.card.latent.model_copy(update={"shape": (2,)})})
    assert "too few numbers" in why_no_scaling(narrow, Compared())
