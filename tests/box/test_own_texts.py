"""Texts of one's own: lines of a file and a column of a table, what is told of them, and what can be done at once."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import torch

import explorer
from explorer.box.checkpoints import Checkpoint, check
from explorer.box.own import make, network, texts
from explorer.box.own.inspect import look
from explorer.box.own.settings import Settings
from explorer.box.own.told import told
from explorer.core.schema import ExplorerError
from explorer.learn.training.fit import Training
from tests.box.test_own import cache  # noqa: F401 - a fixture of every test here

ACTORS, ACTS = ("The cat", "A dog", "Our bird", "Her horse"), ("sleeps", "runs", "sings", "eats", "waits")
PLACES = ("in the garden", "on the roof", "by a river", "under the old bridge")
SENTENCES = [f"{a} {b} {c}." for a, b, c in itertools.product(ACTORS, ACTS, PLACES)]


def lined(path, sentences=SENTENCES):
    path.write_text("\n".join(sentences) + "\n", encoding="utf-8")
    return path


def jsonl(path, **columns):
    rows = ({name: values[k] for name, values in columns.items()} for k in range(len(SENTENCES)))
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def spoken(path):
    """A table of sentences, who acts, and a number."""
    actors = [sentence.split()[1] for sentence in SENTENCES]
    return jsonl(path, text=SENTENCES, who=actors, length=[len(s) for s in SENTENCES])


@pytest.fixture
def said(tmp_path):
    return spoken(tmp_path / "said.jsonl")


def test_each_line_is_an_item_and_is_called_as_it_was_written(tmp_path):
    found = look(lined(tmp_path / "own.txt", ["", *SENTENCES, "  "]))
    assert found.noun == "sentences" and found.modality == "text" and found.x.shape == (80, 8)
    assert found.ids[:2] == ("line 2", "line 3") and found.called == tuple(SENTENCES)
    words = found.modality_arguments["words"]
    assert words[0] == "the" and {"cat", "bridge"} < set(words) and len(words) == 22
    assert np.rint(found.x[0] * 24).astype(int).tolist()[-1] == 0


def test_what_is_odd_about_lines_is_told(tmp_path):
    sentences = [*SENTENCES, "...", "one " * 40, SENTENCES[0]]
    said = " ".join(look(lined(tmp_path / "own.txt", sentences)).odd)
    assert "1 of the sentences hold no word" in said and "One of the sentences is a copy" in said
    assert "1 sentences have more than 7 words" in said
    alone = " ".join(look(lined(tmp_path / "words.txt", [f"word{k}" for k in range(40)])).odd)
    assert "parts" in alone or "part words by spaces" in alone


def test_a_vocabulary_is_no_larger_than_a_card_bears(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "MOST_SIGNS", 40)
    found = look(lined(tmp_path / "own.txt"))
    assert sum(map(len, found.modality_arguments["words"])) <= 40
    assert any("rare words of 22 are not in the vocabulary" in sentence for sentence in found.odd)
    assert (np.rint(found.x * (2 + len(found.modality_arguments["words"]))) == texts.UNKNOWN).any()


FAULTY = {
    "two lines": (b"one line\nanother line\n", "holds 2 lines with text"),
    "no text": (b"\x00\x01" * 40, "no plain text"),
    "another encoding": ("\n".join([*SENTENCES, "caf\xe9"]).encode("latin-1"), "line 81, isn't text in UTF-8"),
    "no words": (b"... !!!\n" * 40, "0 sentences with words"),
    "nothing": (b"", "is empty"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_a_bad_file_is_one_sentence(tmp_path, case):
    raw, words = FAULTY[case]
    (tmp_path / "bad.txt").write_bytes(raw)
    with pytest.raises(ExplorerError, match=words) as caught:
        look(tmp_path / "bad.txt")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_a_column_of_texts_is_the_items_and_the_others_are_attributes(said, tmp_path):
    found = look(said)
    assert [a.name for a in found.conditions.attributes] == ["who", "length"]
    assert found.settings.kind == "texts" and found.settings.choice("text").use == "item"
    screen = told(found, tmp_path / "out", 5)
    assert screen.what == "80 sentences of up to 7 words in said.jsonl"
    assert screen.columns[0][:2] == ("text", "the item's text") and "semantic" in " ".join(screen.plan)
    found.settings.write(tmp_path / "again.toml")
    again = look(said, Settings.read(tmp_path / "again.toml"))
    assert again.digest() == found.digest()


def test_a_table_of_numbers_stays_one_and_says_that_it_holds_texts(tmp_path):
    more = {name: np.random.default_rng(k).normal(size=80).tolist() for k, name in enumerate(("a", "b"))}
    path = jsonl(tmp_path / "mixed.jsonl", text=SENTENCES, **more)
    found = look(path)
    assert found.noun == "rows" and any('`kind = "texts"`' in sentence for sentence in found.odd)
    asked = look(path, Settings(kind="texts"))
    assert asked.noun == "sentences" and {a.name for a in asked.conditions.attributes} == {"a", "b"}


def test_a_table_without_texts_says_so(tmp_path):
    path = jsonl(tmp_path / "none.jsonl", who=[s.split()[1] for s in SENTENCES])
    with pytest.raises(ExplorerError, match="holds no texts"):
        look(path, Settings(kind="texts"))


def test_what_is_made_first_can_be_walked(said, tmp_path):
    made = make.first(look(said), make.place(tmp_path / "box"))
    assert check(tmp_path / "box") == [] and made.card.family == "lsa" and made.card.names == tuple(SENTENCES)
    m = explorer.load(tmp_path / "box")
    known = {sentence.lower().rstrip(".") for sentence in SENTENCES}
    walk = m.interpolate(0, 70, 5)
    assert set(walk.texts) <= known and len(set(walk.texts)) > 1
    horses = [m.edit(item=k, who="horse").texts[0] for k in range(20)]
    assert sum("horse" in sentence for sentence in horses) >= 15
    (line, _) = make.verdict(made)
    assert "held-out items" in line and "percent" in line


@pytest.mark.parametrize("beats", [True, False])
def test_a_network_writes_where_more_words_come_back(said, tmp_path, monkeypatch, beats):
    found = look(said)
    out = make.place(tmp_path / "box")
    make.first(found, out)
    epochs = 160 if beats else 1
    monkeypatch.setattr(
        network, "schedule", lambda *_: Training(epochs=epochs, batch=16, rate=5e-3, average=0.9, threads=1)
    )
    torch.manual_seed(0)
    made, told_so = make.network(found, out, 1)
    assert made.card.family == ("daae" if beats else "lsa") == Checkpoint.load(out).card.family
    assert (
        "took the place of the nearest known one" in told_so
    ) == beats and "percent of the words in place" in told_so


def test_a_note_beside_a_table_is_not_taken_for_the_items(said, tmp_path):
    lined(tmp_path / "README.txt")
    assert look(tmp_path).settings.choice("text").use == "item"
    said.unlink()
    assert look(tmp_path).ids[0] == "line 1"
