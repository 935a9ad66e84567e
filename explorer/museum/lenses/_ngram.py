"""A language model that counts: trigrams, smoothed after Witten and Bell (1991), see Chen and Goodman (1999), equation 12."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import exp, log

ORDER = 3


class Ngrams:
    """p(w | h) = (n(h w) + t(h) p(w | h')) / (n(h) + t(h)), where h' is h without its first word and t(h) the number of
    different words that followed h; below single words all words are alike.

    Args:
        sentences: words as numbers, without their end.
        words: size of the vocabulary; number 0 is the end of a sentence.
    """

    def __init__(self, sentences: Iterable[Sequence[int]], words: int) -> None:
        self.words = words
        self.after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for sentence in sentences:
            for history, word in _grams(sentence):
                for k in range(len(history) + 1):
                    self.after[history[k:]][word] += 1

    def p(self, history: tuple[int, ...], word: int) -> float:
        """The probability of a word after up to two others."""
        lower = self.p(history[1:], word) if history else 1 / self.words
        found = self.after.get(history)
        return lower if not found else (found[word] + len(found) * lower) / (found.total() + len(found))

    def nats(self, sentence: Sequence[int]) -> tuple[float, int]:
        """- log p of a sentence with its end, and how many words these are."""
        grams = _grams(sentence)
        return -sum(log(self.p(history, word)) for history, word in grams), len(grams)

    def perplexity(self, sentences: Iterable[Sequence[int]]) -> float:
        """Of all sentences together, a word."""
        nats, counts = zip(*(self.nats(sentence) for sentence in sentences), strict=True)
        return exp(sum(nats) / sum(counts))


def _grams(sentence: Sequence[int]) -> list[tuple[tuple[int, ...], int]]:
    whole = (*[-1] * (ORDER - 1), *sentence, 0)
    return [(whole[k - ORDER + 1 : k], whole[k]) for k in range(ORDER - 1, len(whole))]
