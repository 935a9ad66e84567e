"""Measures of models of sentences: edit distance in words, neighbours in a latent, and edits by a difference of means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.learn.models.text.daae import DAAE, END
from explorer.museum.lenses.sentences import bags

Sentence = tuple[int, ...]
NEIGHBOURS = 10
STRENGTHS = (0.7, 1.0, 1.5, 2.0, 3.0)  # of an edit: which is best is tried on sentences kept aside
FUNCTION_WORDS = 50  # the most usual words, of which an edit may take any
KEPT = 0.5  # of the other words have to be there after an edit
BATCH = 500
Read = Callable[[Sequence[Sentence]], np.ndarray]


@dataclass(frozen=True)
class Set:
    """Sentences x [N, places] in [0, 1), their words, and two labels of each, int64 [N]: its topic and its part of speech."""

    x: Tensor
    words: list[Sentence]
    topic: np.ndarray
    part: np.ndarray

    def of(self, rows: np.ndarray) -> Set:
        """Those rows, int64 or bool."""
        numbers = np.arange(len(self.words))[rows]
        words = [self.words[k] for k in numbers]
        return Set(self.x[torch.from_numpy(numbers)], words, self.topic[numbers], self.part[numbers])


def sentences(model: DAAE, x: Tensor) -> list[Sentence]:
    """x [N, places] -> the numbers of each one's words."""
    return [tuple(row[: row.index(END)] if END in row else row) for row in model.numbers(x).tolist()]


def distances(queries: Sequence[Sentence], others: Sequence[Sentence]) -> np.ndarray:
    """Levenshtein's distance in words over the longer one's words, float32 [queries, others] from 0 to 1."""
    lengths = np.array([len(s) for s in others])
    padded = np.full((len(others), lengths.max()), -1)
    for row, sentence in zip(padded, others, strict=True):
        row[: len(sentence)] = sentence
    out = np.empty((len(queries), len(others)), np.float32)
    for k, query in enumerate(queries):
        row = np.repeat(np.arange(padded.shape[1] + 1, dtype=np.int16)[:, None], len(others), 1)  # [places + 1, others]
        for i, word in enumerate(query, 1):
            before, row = row, np.empty_like(row)
            row[0] = i
            changed = before[:-1] + (padded != word).T
            for j in range(1, len(row)):
                row[j] = np.minimum(np.minimum(before[j], row[j - 1]) + 1, changed[j - 1])
        out[k] = row[lengths, np.arange(len(others))] / np.maximum(lengths, len(query))
    return out


@torch.inference_mode()
def encoded(model: DAAE, x: Tensor) -> Tensor:
    """x [N, places] -> the posterior's means [N, latent]."""
    return torch.cat([model.encode(part).mean for part in x.split(BATCH)])


@torch.inference_mode()
def decoded(model: DAAE, z: Tensor) -> Tensor:
    """z [N, latent] -> x [N, places]."""
    return torch.cat([model.decode(part) for part in z.split(BATCH)])


def in_place(y: Tensor, x: Tensor) -> Tensor:
    """Share of the words that stand where they stood, [N]."""
    counted = ((y > 0) | (x > 0)).sum(1).clamp(min=1)
    return (((y - x).abs() < 1e-5) & (x > 0)).sum(1) / counted


def nearest(z: Tensor, known: Tensor) -> Tensor:
    """Rows of the `NEIGHBOURS` nearest of known [M, latent] to each of z [N, latent], int64 [N, NEIGHBOURS]."""
    return torch.cdist(z, known).topk(NEIGHBOURS, largest=False).indices


def reader(known: Set, words: int) -> Read:
    """What reads the part of speech of sentences of so many words: a logistic regression over words, the first two apart."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(max_iter=300).fit(bags(known.words, words), known.part)
    return lambda texts: fitted.predict(bags(texts, words))


def kept(edited: Sequence[Sentence], before: Sequence[Sentence]) -> np.ndarray:
    """Share of the words of each sentence, function words left out, that are there after its edit, [N]; nan where it has none."""
    out = np.full(len(before), np.nan)
    for k, (new, old) in enumerate(zip(edited, before, strict=True)):
        content = Counter(word for word in old if word >= 2 + FUNCTION_WORDS)
        if content:
            out[k] = (content & Counter(new)).total() / content.total()
    return out


@dataclass(frozen=True)
class Edited:
    """Edits of sentences, [edits]: read as asked, share of words kept, and both, which is success."""

    asked: Tensor
    kept: Tensor

    @property
    def success(self) -> Tensor:
        """Read as asked, with half of the words kept."""
        return self.asked * (self.kept >= KEPT)


def edits(model: DAAE, known: Set, test: Set, read: Read, strength: float) -> Edited:
    """Each sentence asked for each other part of speech, by the difference of two means of latents.

    Args:
        model: whose latents are moved.
        known: sentences that the means are of; a part of speech is a number from 0.
        test: sentences that are edited, those of function words alone left out.
        read: tells a sentence's part of speech.
        strength: factor of the difference.
    """
    z_known, z = encoded(model, known.x), encoded(model, test.x)
    parts = range(int(known.part.max()) + 1)
    means = torch.stack([z_known[torch.from_numpy(known.part == part)].mean(0) for part in parts])
    asked, shares = [], []
    for step in parts[1:]:
        target = (test.part + step) % len(parts)
        moved = z + strength * (means[target] - means[test.part])
        made = sentences(model, decoded(model, moved))
        share = kept(made, test.words)
        there = ~np.isnan(share)
        asked.append((read(made) == target)[there])
        shares.append(share[there])
    return Edited(torch.from_numpy(np.concatenate(asked)).double(), torch.from_numpy(np.concatenate(shares)).double())
