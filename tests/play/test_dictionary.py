"""Dictionaries of a checkpoint's items: learned in slices, named by what their items share, walked along as ordinary steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

import explorer
from explorer.core.schema import ExplorerError
from explorer.play import dictionary
from explorer.play.dictionary import Named, Settings, running, wilson
from explorer.play.session import open_session


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(dictionary, "STEPS", 120)


@pytest.fixture
def model(root, quick):
    return explorer.load("tiny-shapes")


def test_from_python_in_three_lines(model):
    learned = model.dictionary(size=16, k=2)
    moved = model.render(learned.along(7, feature=0, amount=2))
    assert moved.size == model.edit(7).image.size and np.asarray(moved).std() > 0
    table = learned.table()
    assert len(table) == len(learned) == 16 - learned.found.dead and table.share.between(0, 1).all()
    named = table.dropna()
    assert (named.low > named.whole).all() and (named.low <= named.top_share).all()
    assert "16 features of tiny-shapes" in repr(learned)


def test_a_step_along_a_feature_adds_its_direction(model):
    learned = model.dictionary(size=16, k=2)
    session, feature = model.session, learned.found.features[1]
    base, moved = learned.along(7, 1, 0.0), learned.along(7, 1, 1.5)
    step = session.resolve(moved).z - session.resolve(base).z
    assert torch.allclose(step, 1.5 * feature.vector, atol=1e-5) and step.abs().max() > 0
    assert moved.edits[0].params["label"].startswith("Feature 1 of 16")
    assert feature.top == tuple(dict.fromkeys(feature.top)) and len(feature.top) <= dictionary.TOP
    with pytest.raises(ExplorerError, match="99"):
        learned.along(7, 99)


def test_items_that_use_a_feature_most_come_first(model):
    learned = model.dictionary(size=16, k=2)
    z = model.latents().reshape(model.card.items, -1)
    for feature in learned.found.features[:3]:  # what the items have along it beside all others
        along = (z - z.mean(0)) @ feature.vector.flatten().numpy()
        assert along[list(feature.top)].mean() > along.mean()


def test_slices_come_to_the_same_as_one_go(model):
    settings = Settings(size=16, k=2, seed=5)
    in_slices = dictionary.Run(model.session, settings)
    shares = []
    while in_slices.advance(0.0) is None:
        shares.append(in_slices.last.step)
    assert shares == sorted(shares) and len(shares) > 10
    at_once = dictionary.Run(model.session, settings)
    at_once.advance(60)
    assert all(
        torch.equal(a.vector, b.vector) and a.top == b.top
        for a, b in zip(in_slices.found.features, at_once.found.features, strict=True)
    )
    assert running(model.session, settings) is running(model.session, settings)


@pytest.mark.parametrize("method", ["l1", "k-sparse", "mutual", "feature"])
def test_the_other_methods(model, method):
    learned = model.dictionary(size=8, k=2, method=method)
    assert len(learned) and 0 <= learned.found.loss < 1.5


def test_a_dictionary_of_decoder_features(model):
    learned = model.dictionary(size=16, k=2, space="features")
    assert learned.found.features[0].vector.shape == model.card.latent.shape
    assert "decoder features" in learned.along(0, 0).edits[0].params["label"]


def test_what_cannot_be_is_one_sentence(model):
    with pytest.raises(ExplorerError, match="4 to 512"):
        model.dictionary(size=4000)
    card = model.card.model_copy(update={"latent": model.card.latent.model_copy(update={"kind": "codes"})})
    assert "codes" in dictionary.why_not(card)
    assert "decoder features" in dictionary.why_not(model.card.model_copy(update={"maps": ()}), "features")


@pytest.mark.parametrize(("count", "known", "miss"), [(0, 32, 0.05), (9, 32, 0.001), (32, 32, 0.05)])
def test_wilsons_interval_is_scipys(count, known, miss):
    low, high = wilson(np.array([count]), known, miss)
    ours = binomtest(count, known).proportion_ci(confidence_level=1 - miss, method="wilson")
    assert (low[0], high[0]) == pytest.approx((ours.low, ours.high), abs=1e-9)


def test_a_name_is_given_only_where_chance_does_not_explain_it(root):
    session = open_session("tiny-shapes")
    tables = dictionary._tables(session)
    _, _, place, _ = tables[0]
    same = np.flatnonzero(place == place[0])[: dictionary.TOP]
    assert isinstance(dictionary._named(tables, same, 50), Named)
    drawn = [np.random.default_rng(seed).choice(len(place), dictionary.TOP, replace=False) for seed in range(200)]
    compared = sum(len(names) for _, names, _, _ in tables)
    assert sum(dictionary._named(tables, top, compared) is not None for top in drawn) <= 20  # 5 % of 200, and some
