"""Latent semantic analysis: what is near, what is found, and what an attribute adds."""

from __future__ import annotations

import pytest
import torch

from explorer.learn.models.text.lsa import LSA

WORDS = 2 + 12  # two kinds of six words each
KINDS = (range(2, 8), range(8, 14))


@pytest.fixture(scope="module")
def sentences():
    """Sixty sentences of four words, all of one kind, the first half of the first: x [60, 5] and c [60, 2]."""
    source = torch.Generator().manual_seed(0)
    rows = [torch.tensor(KINDS[k // 30])[torch.randperm(6, generator=source)[:4]] for k in range(60)]
    x = torch.cat([torch.stack(rows), torch.zeros(60, 1, dtype=torch.long)], 1).float() / WORDS
    return x, torch.eye(2).repeat_interleave(30, 0)


@pytest.fixture(scope="module")
def model(sentences):
    torch.manual_seed(0)
    return LSA((5,), 2, words=WORDS, latent=4, known=60).solve(*sentences).eval().requires_grad_(False)


def bag(x):
    return [sorted(row) for row in (x * WORDS).round().int().tolist()]


def test_a_known_sentence_comes_back_by_its_words(model, sentences):
    x, c = sentences
    assert bag(model.decode(model.encode(x, c).mean, c)) == bag(x)
    assert bag(model.decode(model.encode(x).mean)) == bag(x)


def test_the_order_of_words_plays_no_part(model, sentences):
    x, c = sentences
    other = x[:, [2, 0, 3, 1, 4]]
    assert torch.allclose(model.encode(other, c).mean, model.encode(x, c).mean, atol=1e-5)


def test_sentences_that_share_words_lie_nearer(model, sentences):
    u = model.encode(sentences[0]).mean
    apart = torch.cdist(u, u)
    assert apart[:30, :30].max() < apart[:30, 30:].min()


def test_another_condition_finds_a_sentence_of_its_kind(model, sentences):
    x, c = sentences
    found = (model.decode(model.encode(x, c).mean, c.flip(1)) * WORDS).round()
    first = ((found > 1) & (found < 8)).any(1)
    assert not first[:30].any() and first[30:].all()


def test_a_sentence_of_unknown_words_lies_in_the_middle(model):
    assert torch.equal(model.encode(torch.full((1, 5), 1 / WORDS)).mean, torch.zeros(1, 4))


def test_the_same_seed_finds_the_same_directions(model, sentences):
    again = LSA((5,), 2, words=WORDS, latent=4, known=60).solve(*sentences)
    assert torch.equal(again.table, model.table) and torch.equal(again.places, model.places)


@pytest.mark.parametrize(("latent", "known", "words"), [(60, 60, "directions"), (4, 59, "59")])
def test_what_has_no_solution_is_said(sentences, latent, known, words):
    with pytest.raises(ValueError, match=words):
        LSA((5,), 2, words=WORDS, latent=latent, known=known).solve(*sentences)
