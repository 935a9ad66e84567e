"""Measures of models of sentences, on cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.museum.exhibits import _sentences as measures
from explorer.museum.exhibits.daae import nearest_to


class Sums:
    """Its latent is where a sentence's words lie on a line, and it writes the two words that a latent names."""

    def encode(self, x):
        return type("Posterior", (), {"mean": x.clone()})

    def decode(self, z):
        return z.clone()

    def numbers(self, x):
        return x.round().long()


def test_a_distance_is_the_least_number_of_changed_words_over_the_longer_one():
    texts = [(2, 3, 4), (2, 4), (5, 2, 3, 4, 6), (7, 8, 9)]
    found = measures.distances([(2, 3, 4), (9,)], texts)
    assert found == pytest.approx(np.array([[0, 1 / 3, 2 / 5, 1], [1, 1, 1, 2 / 3]]), abs=1e-6)
    assert measures.distances(texts, texts) == pytest.approx(measures.distances(texts, texts).T)


def test_words_that_are_kept_are_those_that_say_something():
    rare = 2 + measures.FUNCTION_WORDS
    before = [(2, rare, rare + 1), (2, 3), (rare, rare, 3)]
    after = [(rare + 1, 5), (2, 3), (rare,)]
    assert measures.kept(after, before) == pytest.approx([0.5, np.nan, 0.5], nan_ok=True)
    x = torch.tensor([[2.0, 3, 4, 0], [2, 3, 0, 0]])
    y = torch.tensor([[2.0, 4, 3, 0], [2, 3, 4, 0]])
    assert measures.in_place(y, x).tolist() == pytest.approx([1 / 3, 2 / 3])


def test_an_edit_adds_the_difference_of_two_means_and_has_to_keep_words():
    rare = 100.0
    x = torch.tensor([[3.0, rare, 0], [3, rare + 1, 0], [5, rare, 0], [5, rare + 1, 0]])
    known = measures.Set(x, [tuple(map(int, row[:2])) for row in x.tolist()], np.zeros(4, int), np.array([0, 0, 1, 1]))
    read = lambda texts: np.array([int(text[0] == 5) for text in texts])  # noqa: E731
    whole, none = (measures.edits(Sums(), known, known, read, strength) for strength in (1.0, 0.0))
    assert whole.asked.tolist() == whole.kept.tolist() == whole.success.tolist() == [1.0] * 4
    assert none.asked.tolist() == none.success.tolist() == [0.0] * 4 and none.kept.tolist() == [1.0] * 4
    half = measures.Edited(torch.tensor([1.0, 1, 0]), torch.tensor([0.5, 0.4, 1]))
    assert half.success.tolist() == [1, 0, 0]
    alone = known.of(known.part == 1)
    assert alone.words == known.words[2:] and alone.x.equal(x[2:])


def test_a_rival_is_set_where_it_brings_back_as_much():
    assert nearest_to(0.5, {1.0: 0.9, 2.0: 0.55, 3.0: 0.44}) == 2.0
