"""Short definitions of English words: three to ten words each, from a vocabulary of some three thousand.

Source: WordNet 3.0, Princeton University, `$EXPLORER_DATA/wordnet` or npm's package `WNdb`, pinned in `_wordnet`. Licence: the
WordNet 3.0 licence, which permits any use with its notice: WordNet 3.0 Copyright 2006 by Princeton University. All rights
reserved.

A definition is what stands before its first semicolon, without what is in brackets, in lower case and without punctuation:
"a person who makes furniture". It is kept where all of its words are among the WORDS most usual ones of such definitions, so
that no item holds an unknown word. Its *topic* is the part of speech of what it defines, and of a noun the semantic class;
nouns of classes that fit none of twelve (groups, amounts, parts of the body) are left out. One of ten is held out, by the
hash of its words; of equal definitions that of the first topic is kept. WordNet also defines crude and insulting words;
definitions that say so or need a word like those of `CRUDE` are left out.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data._node import installed
from explorer.learn.data.base import DataSet, Items, Split, data_folder
from explorer.learn.modalities.text import SPECIAL

LOCKED = Path(__file__).parent / "_wordnet"
ARCHIVE = "WNdb/WNdb-3.0.tar.gz"
WORDS = 3000  # of the vocabulary, without the special ones
SHORTEST, LONGEST = 3, 10  # words
MOST_NAME = 80  # characters of an item's name on a card
ONE_OF = 10  # definitions is held out
CRUDE = re.compile(
    "sex|sexual|sexually|intercourse|prostitut.*|whore|penis|vagina|genitals?|erotic.*|breasts|anus|buttocks|copulation|"
    "masturbation|orgasm|offensive|disparaging|derogatory|slur|rape|incest|slang|obscene"
)
TOPICS = {
    "person": ("noun.person",),
    "animal": ("noun.animal",),
    "plant": ("noun.plant",),
    "substance": ("noun.substance", "noun.food"),
    "object": ("noun.artifact",),
    "place": ("noun.location", "noun.object"),
    "act": ("noun.act", "noun.event", "noun.process"),
    "state": ("noun.state", "noun.attribute", "noun.feeling", "noun.phenomenon"),
    "idea": ("noun.cognition", "noun.communication"),
    "verb": ("verb",),
    "adjective": ("adj",),
    "adverb": ("adv",),
}
CLASS = {name: k for k, names in enumerate(TOPICS.values()) for name in names}
# Numbers of WordNet's lexicographer files, see its manual page lexnames(5WN).
LEXNAMES = re.findall(
    r"\S+",
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition "
    "noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person "
    "noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state "
    "noun.substance noun.time",
)


@register("data", "definitions")
class Definitions(DataSet):
    """WordNet's short definitions; attributes `topic` and `length` in words."""

    modality = "text"
    shape = (LONGEST + 1,)
    conditions = Schema(
        attributes=(
            Attribute(name="topic", label="Topic", values=tuple(TOPICS)),
            Attribute(name="length", label="Length", kind="continuous", low=SHORTEST, high=LONGEST, unit="words"),
        )
    )
    licence = "WordNet 3.0 licence"
    source = "WordNet 3.0, Copyright 2006 by Princeton University. All rights reserved. https://wordnet.princeton.edu/"
    share_items = True

    @property
    def modality_arguments(self) -> dict[str, Any]:
        """The vocabulary, in the order of its numbers."""
        return {"words": list(vocabulary()[len(SPECIAL) :])}

    def load(self, split: Split) -> Items:
        """Definitions as numbers of words over the vocabulary's size, float32 [N, LONGEST + 1] in [0, 1)."""
        known = {word: k for k, word in enumerate(vocabulary())}
        rows = [row for row in _kept() if row[2] == (split == "test")]
        ids = np.zeros((len(rows), *self.shape), np.float32)
        for line, (words, _, _) in zip(ids, rows, strict=True):
            line[: len(words)] = [known[word] for word in words]
        codes = np.array([(topic, len(words)) for words, topic, _ in rows], np.float32)
        return Items(ids / np.float32(len(known)), codes, {})

    def named(self, split: Split) -> list[str]:
        """The definition of each row of a split, cut after 80 characters."""
        texts = (" ".join(words) for words, _, held_out in _kept() if held_out == (split == "test"))
        return [text if len(text) <= MOST_NAME else f"{text[: MOST_NAME - 1]}…" for text in texts]


def words_of(text: str) -> list[str]:
    """A definition -> its words; none where it holds what isn't plain text."""
    text = re.sub(r"\([^)]*\)", "", text.lower()).split(";")[0].strip()
    return re.findall(r"[a-z]+(?:['-][a-z]+)*|[0-9]+", text) if re.fullmatch(r"[a-z0-9 ,'.:-]+", text) else []


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """The special words, then the usual ones, most usual first."""
    return (*SPECIAL, *_usual())


@lru_cache(maxsize=1)
def _usual() -> tuple[str, ...]:
    counts = Counter(word for words, _ in _short() for word in words)
    return tuple(sorted(counts, key=lambda word: (-counts[word], word))[:WORDS])


@lru_cache(maxsize=1)
def _short() -> tuple[tuple[tuple[str, ...], int], ...]:
    """Definitions of a length and a topic of ours: words, and the topic's number."""
    out = []
    for lexname, text in _glosses():
        topic = CLASS.get(lexname, CLASS.get(lexname.partition(".")[0]))
        words = words_of(text)
        if topic is not None and SHORTEST <= len(words) <= LONGEST and not any(map(CRUDE.fullmatch, words)):
            out.append((tuple(words), topic))
    return tuple(out)


@lru_cache(maxsize=1)
def _kept() -> tuple[tuple[tuple[str, ...], int, bool], ...]:
    """Those of known words alone, each once, in an order that no alphabet decides: words, topic, held out?"""
    usual, found = set(_usual()), {}
    for words, topic in _short():
        if usual.issuperset(words):
            found[words] = min(topic, found.get(words, topic))
    keyed = sorted((hashlib.sha256(" ".join(words).encode()).digest(), words) for words in found)
    return tuple((words, found[words], key[-1] % ONE_OF == 0) for key, words in keyed)


def _glosses() -> list[tuple[str, str]]:
    """Semantic class and text of each definition."""
    if folder := data_folder("wordnet"):
        with gzip.open(folder / "glosses.tsv.gz", "rt", encoding="utf-8") as file:
            return [(row[2], row[4]) for row in (line.rstrip("\n").split("\t") for line in file)][1:]
    return published((installed(LOCKED) / ARCHIVE).read_bytes())


def published(archive: bytes) -> list[tuple[str, str]]:
    """The same from the archive in which WordNet's files are published."""
    out = []
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        for part in ("adj", "adv", "noun", "verb"):
            member = files.extractfile(f"dict/data.{part}")
            for line in member.read().decode("latin-1").splitlines() if member else ():
                if line.startswith("  "):
                    continue  # the licence
                data, _, gloss = line.partition(" | ")
                number = int(data.split()[1])
                name = LEXNAMES[number] if number < len(LEXNAMES) else part
                out.append((name, gloss.partition('; "')[0].strip()))
    return out
