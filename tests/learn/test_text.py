"""Texts in, good and bad, and out as text; a set of definitions, and a model that writes them."""

from __future__ import annotations

import base64
import io
import tarfile

import numpy as np
import pytest
import torch

from explorer.core.schema import ExplorerError
from explorer.learn.data import definitions
from explorer.learn.data.definitions_short import ShortDefinitions
from explorer.learn.modalities.text import MAX_TEXT, UNKNOWN, Text
from explorer.learn.models.text.daae import DAAE
from explorer.learn.models.text.text_vae import TextVAE
from explorer.museum.lenses._ngram import Ngrams
from explorer.museum.lenses.sentences import drawn

WORDS = ("a", "person", "who", "makes", "furniture", "one's", "far-off", "place")
READ = Text(WORDS)
SHAPE = (6,)


@pytest.mark.parametrize(
    ("given", "said", "note"),
    [
        ("a person who makes furniture", "a person who makes furniture", None),
        (
            "  A Person,\n who MAKES… furniture!",
            "a person who makes furniture",
            "Read as: a person who makes furniture.",
        ),
        ("one\u2019s f\u00e1r-off place", "one's far-off place", "Read as: one's far-off place."),
        (
            "a quokka place",
            "a [unknown] place",
            "Read as: a [unknown] place. Words that the model doesn't know: quokka.",
        ),
        ("a a a a a a a", "a a a a a a", "Read as: a a a a a a. Cut after 6 words, which is all that it takes."),
    ],
)
def test_a_text_is_read_and_what_was_changed_is_said(given, said, note):
    x, told = READ.fit(READ.open(given.encode()), SHAPE)
    assert x.shape == SHAPE and x.dtype == torch.float32 and 0 <= x.min() <= x.max() < 1
    assert READ.said(x) == said and told == note


@pytest.mark.parametrize(
    "raw", [b"", b" \n ", b"\x89PNG\r\n\x1a\n\0\0", b"\xff\xd8\xff", b"a" * (MAX_TEXT + 1), b"a\x1b[31m"]
)
def test_what_is_no_text_ends_in_one_sentence(raw):
    with pytest.raises(ExplorerError) as caught:
        READ.open(raw)
    assert caught.value.where == "own-item" and str(caught.value).endswith(".")


def test_a_text_of_unknown_words_alone_is_refused():
    with pytest.raises(ExplorerError, match="none of these words"):
        READ.fit("quokka wombat", SHAPE)


def test_utf_16_is_read_and_markup_is_escaped():
    assert READ.open("a place".encode("utf-16")) == "a place"
    odd = Text(("<b>", "&amp"))
    url = odd.data_url(odd.show(torch.tensor([2 / 4, 3 / 4])))
    assert "<b>" not in base64.b64decode(url.split(",")[1]).decode()


def test_what_is_new_and_what_is_gone_is_marked():
    a, b = (READ.fit(text, SHAPE)[0] for text in ("a person who makes furniture", "a place who makes furniture"))
    assert READ.node([a, b]).parts == (
        ("a", ""), ("person", "gone"), ("place", "new"), ("who makes furniture", ""),
    )  # fmt: skip
    strange = torch.tensor([2, UNKNOWN, 9, 0, 0, 0]) / len(READ.words)
    assert READ.node([strange]).parts == (("a", ""), ("[unknown]", "unknown"), ("place", ""))
    assert READ.alike(torch.stack([a, b]), torch.stack([a, a])).tolist() == pytest.approx([100, 80])


def test_definitions_are_read_from_the_published_package_too(monkeypatch):
    head = "  1 This software and database is licensed\n"
    noun = head + '00001740 18 n 01 baker 0 000 | someone who bakes bread (commercially); a trade; "he is a baker"\n'
    adj = head + '00001740 00 a 01 odd 0 000 | not even; "odd numbers"\n'
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as out:
        for part, text in (("noun", noun), ("adj", adj), ("verb", head), ("adv", head)):
            member = tarfile.TarInfo(f"dict/data.{part}")
            member.size = len(text)
            out.addfile(member, io.BytesIO(text.encode()))
    read = definitions.published(tar.getvalue())
    assert read == [
        ("adj.all", "not even"),
        ("noun.person", "someone who bakes bread (commercially); a trade"),
    ]
    assert definitions.words_of(read[1][1]) == ["someone", "who", "bakes", "bread"]
    assert definitions.words_of("caf\u00e9 with a view") == []


@pytest.mark.parametrize("turn", [1, -1])
def test_definitions_are_the_same_in_whatever_order_they_are_published(monkeypatch, turn):
    short = ((("put", "to", "use"), 10), (("put", "to", "use"), 9), (("to", "be", "put"), 9))[::turn]
    monkeypatch.setattr(definitions, "_short", lambda: short)
    monkeypatch.setattr(definitions, "_usual", lambda: ("put", "to", "use", "be"))
    kept = definitions._kept.__wrapped__()
    assert {words: topic for words, topic, _ in kept} == {("put", "to", "use"): 9, ("to", "be", "put"): 9}


def test_words_are_dropped_in_training_alone_and_some_are_left():
    torch.manual_seed(0)
    model = DAAE(SHAPE, 0, words=10, embedding=8, encoder=8, decoder=8, latent=2, drop=0.6)
    ids = torch.tensor([[2, 3, 4, 5, 0, 0]]).expand(200, -1)
    noisy = model.train()._noisy(ids)
    kept = (noisy != 0).sum(1)
    assert kept.min() >= 1 and kept.max() <= 4 and 1.5 < kept.float().mean() < 2.3
    for row in noisy.tolist():
        words = [word for word in row if word]
        assert words == sorted(words) and row == words + [0] * (6 - len(words))  # in order, and the end after them
    assert torch.equal(model.eval()._noisy(ids), ids)


def test_more_words_are_deleted_of_the_same_and_one_stays():
    model = DAAE(SHAPE, 0, words=10, embedding=8, encoder=8, decoder=8, latent=2)
    x = torch.tensor([[2, 3, 4, 5, 6, 0], [7, 8, 9, 0, 0, 0]]).repeat(50, 1).float() / 10
    left = {share: model.numbers(model.without(x, share, seed=4)).tolist() for share in (0.0, 0.3, 0.6, 1.0)}
    assert left[0.0] == model.numbers(x).tolist() != left[0.3]
    for few, many in ((1.0, 0.6), (0.6, 0.3), (0.3, 0.0)):
        assert all(set(a) <= set(b) for a, b in zip(left[few], left[many], strict=True))
    assert all(sum(word > 0 for word in row) == 1 for row in left[1.0])
    assert not torch.equal(model.without(x, 0.5, seed=0), model.without(x, 0.5, seed=1))


def test_the_price_of_a_latent_is_its_kl_over_the_words_from_what_is_free_on():
    arguments = {"words": 10, "embedding": 8, "encoder": 8, "decoder": 8, "latent": 3, "rise": 0.5}
    x = torch.tensor([[2, 3, 4, 5, 0, 0], [7, 8, 0, 0, 0, 0]]).float() / 10

    def price(progress=1.0, **more):
        torch.manual_seed(0)
        model = TextVAE(SHAPE, 0, **arguments, **more).eval()
        model.progress = progress
        return model, model.loss(x)["kl"].item()

    model, whole = price()
    q = model.encode(x)
    apart = torch.distributions.kl_divergence(q.base_dist, torch.distributions.Normal(0.0, 1.0)).mean(0)
    assert whole == pytest.approx(apart.sum().item() / 4, rel=1e-5)  # three words and an end, in the mean
    assert price(weight=0.3)[1] == pytest.approx(0.3 * whole, rel=1e-5)
    assert price(progress=0.25)[1] == pytest.approx(0.5 * whole, rel=1e-5)
    free = apart.sort().values[1].item()
    assert price(free=free)[1] == pytest.approx(apart.clamp(min=free).sum().item() / 4, rel=1e-5)


def test_shorter_definitions_are_those_of_usual_words_without_conditions(monkeypatch):
    rows = (
        (("put", "to", "use"), 9, False), (("be", "rare"), 10, False), (("a", *("to",) * 8), 0, False), (("to", "be"), 0, True),
    )  # fmt: skip
    monkeypatch.setattr(definitions, "_kept", lambda: rows)
    usual = ("a", "to", "be", "put", "use", *(f"w{k}" for k in range(2000)), "rare")
    monkeypatch.setattr(definitions, "vocabulary", lambda: ("", "[unknown]", *usual))
    monkeypatch.setattr("explorer.learn.data.definitions_short.vocabulary", definitions.vocabulary)
    data = ShortDefinitions()
    train, test = data.load("train"), data.load("test")
    reads = Text(**data.modality_arguments)
    assert [reads.said(torch.from_numpy(x)) for x in (*train.x, *test.x)] == ["put to use", "to be"]
    assert train.codes.shape == (1, 0) and data.conditions.width == 0
    assert train.groups["verb"].tolist() == [True] and test.groups["person"].tolist() == [True]


def test_what_is_written_ends_once_and_knows_no_unknown_word():
    torch.manual_seed(1)
    model = DAAE(SHAPE, 3, words=10, embedding=8, encoder=8, decoder=8, latent=2).eval()
    with torch.no_grad():
        model.bias[UNKNOWN] = 50.0
        ids = model.numbers(model.decode(4 * torch.randn(64, 2), torch.eye(3)[torch.arange(64) % 3]))
    assert (ids != UNKNOWN).all()
    ended = (ids == 0).cummax(1).values
    assert ((ids == 0) == ended).all()


def test_trigrams_are_a_distribution_and_prefer_what_they_saw():
    counted = Ngrams([(2, 3, 4), (2, 3, 5), (6, 3, 4)], 8)
    for history in ((-1, -1), (2, 3), (7, 7)):
        assert sum(counted.p(history, word) for word in range(8)) == pytest.approx(1)
    assert counted.perplexity([(2, 3, 4)]) < counted.perplexity([(4, 3, 2)])
    rng = np.random.default_rng(0)
    seen = [drawn(counted, rng, 4) for _ in range(50)]
    assert (2, 3, 4) in seen and all(len(sentence) <= 4 for sentence in seen)
