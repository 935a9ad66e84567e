"""Texts -> items: a file of one sentence a line, or a column of a table.

| what | rule |
| --- | --- |
| words | split and lower-cased as the modality `text` does it; the most usual ones, at most `MOST_WORDS` and `MOST_SIGNS` |
| length | as many words as nine of ten texts have, 4 to `LONGEST`; longer ones are cut |
| a column of texts | nearly every row has its own, of `SPOKEN` words or more on average; the one of the most words |
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.box.own.columns import Column, shown
from explorer.box.own.found import Found, Read, enough, sample, sampled
from explorer.box.own.settings import Settings
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.text import SPECIAL, UNKNOWN, Text

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SUFFIX = ".txt"
MOST_WORDS, MOST_SIGNS = 12_000, 100_000  # of the vocabulary, and characters of all its words: a card bears no more
WORD = 40  # characters of a word that can be in it
SHORTEST, LONGEST = 4, 24  # words that are read of a text
SPOKEN = 3  # words on average, from which a column is one of texts
LARGEST = 64_000_000  # bytes of a file
MOST_LINES = 500_000
TRIED = 500  # rows from which a column is judged
MOST_NAME = 80  # characters of an item's name
NOUN = "sentences"


def lines(path: Path, settings: Settings) -> Found:
    """Read a file of plain text, one sentence a line; empty lines are passed over.

    Raises:
        ExplorerError: not text in UTF-8 or UTF-16, too large, too few lines, or nothing that words can be found in.
    """
    if path.stat().st_size > LARGEST:
        raise ExplorerError(f"{path.name} has more than {LARGEST // 1_000_000} megabytes; take a part of it.")
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        place = 1 + raw[: error.start].count(b"\n")
        raise ExplorerError(f"{path.name}, line {place}, isn't text in UTF-8 or UTF-16.") from None
    if "\0" in text:
        raise ExplorerError(f"{path.name} holds no plain text.")
    told = [(k + 1, line) for k, line in enumerate(text.splitlines()) if line.strip()]
    if len(told) > MOST_LINES:
        raise ExplorerError(f"{path.name} has {len(told):,} lines; up to {MOST_LINES:,} can be taken.")
    enough(path, len(told), "lines with text")
    rows = sample(len(told), settings)
    kept = [told[k] for k in rows]
    ids = tuple(f"line {number}" for number, _ in kept)
    read = Read(path, ids, (), settings, sampled(len(rows), len(told), NOUN))
    return of([line for _, line in kept], read)


def column(columns: Sequence[Column]) -> Column | None:
    """The column that holds texts: the one of the most words; None where there is none."""
    spoken = {one.title: words for one in columns if (words := _spoken(one)) >= SPOKEN}
    return max((one for one in columns if one.title in spoken), key=lambda one: spoken[one.title], default=None)


def of(texts: Sequence[str], read: Read, inner: Sequence[Column] = ()) -> Found:
    """Texts, one for each row of `read` -> items with a vocabulary of their own.

    Args:
        texts: as their owner wrote them.
        read: of the rows.
        inner: the column that they stand in, if they do.

    Raises:
        ExplorerError: too few texts hold words.
    """
    split = [_words(text) for text in texts]
    count = sum(map(bool, split))
    if count < len(split):
        read = read.but(f"{len(split) - count:,} of the {NOUN} hold no word, and stand for silence.")
    enough(read.path, count, f"{NOUN} with words")
    counts = Counter(word for words in split for word in words)
    usual = _usual(counts)
    known = {word: k for k, word in enumerate((*SPECIAL, *usual))}
    long = int(np.quantile([len(words) for words in split], 0.9))
    places = min(LONGEST, max(SHORTEST, long))
    if cut := sum(len(words) > places for words in split):
        read = read.but(f"{cut:,} {NOUN} have more than {places} words, and only their beginning is used.")
    if rare := len(counts) - len(usual):
        read = read.but(f"{rare:,} rare words of {len(counts):,} are not in the vocabulary and are shown as unknown.")
    if long == 1:
        read = read.but("Most lines are one word: a language that doesn't part words by spaces is not read well here.")
    x = np.zeros((len(split), places + 1), np.float32)
    for row, words in zip(x, split, strict=True):
        row[: min(places, len(words))] = [known.get(word, UNKNOWN) for word in words[:places]]
    found = Found.of(
        read.but(kind="texts"), NOUN, x / np.float32(len(known)), inner=inner, modality="text", words=usual
    )
    return replace(found, called=tuple(map(name, texts)))


def _usual(counts: Counter[str]) -> list[str]:
    """The most usual words, as many as a card bears, most usual first."""
    ranked = sorted((word for word in counts if len(word) <= WORD), key=lambda word: (-counts[word], word))[:MOST_WORDS]
    signs = np.cumsum([len(word) for word in ranked])
    return ranked[: int(np.searchsorted(signs, MOST_SIGNS, side="right"))]


def name(text: str) -> str:
    """A text as an item's name: one line of at most 80 characters."""
    told = shown(text)
    return told if len(told) < MOST_NAME else f"{told[: MOST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


@cache
def _tokenizer() -> Tokenizer:
    return Text().tokenizer


def _words(text: str) -> list[str]:
    """As the modality `text` splits."""
    made = _tokenizer()
    plain = made.normalizer.normalize_str(text)
    return [word for word, _ in made.pre_tokenizer.pre_tokenize_str(plain)]


def _spoken(one: Column) -> float:
    """Words of a cell on average; 0 of a column that isn't one of texts."""
    if one.kind not in ("name", "text"):
        return 0.0
    cells = [cell for cell in one.cells if cell.strip()][:TRIED]
    told = [len(re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", cell))) for cell in cells]
    return float(np.mean(told)) if told else 0.0
