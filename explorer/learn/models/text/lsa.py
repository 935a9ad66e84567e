"""LSA: a space of sentences by the words that they share, whose every place is read as the nearest sentence that is known.

The idea: count the words of each sentence, weigh down those that stand in many, and keep the few directions in which such
counts differ most, so that words that go together are told by the same number: Deerwester, Dumais, Furnas, Landauer and
Harshman, "Indexing by latent semantic analysis" (JASIS 1990). With idf(w) = 1 + log((1 + N) / (1 + N_w)) and U the right
singular vectors of the weighted counts,

    u(x)  =  sum over the words w of x of idf(w) U_w,   brought to length one,        z  =  u(x) - G'c,

where G (one row for each number of the condition) is the ridge regression of u on the conditions, as in `models/vae/pca.py`: what
an attribute adds on average is taken off, and what another one adds is put on. Nothing here can write. The decoder *finds*: it
gives the known sentence whose u lies nearest to z + G'c. So all that is shown was said by somebody, and what lies between two
sentences are others. Solved in closed form, in seconds (Halko, Martinsson and Tropp 2011, by scikit-learn). In small corpora it
tells what words are about better than vectors that are learned from them (Altszyler, Sigman, Ribeiro and Slezak 2016,
arXiv:1610.01520).

Good for: a first look at texts of one's own, neighbours and groups by what they are about, a retrieval baseline for a model that
writes. Not for: the order of words (there is none), negation, anything new, or sentences none of whose words is known, which
lie in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.modalities.text import SPECIAL
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.vae.pca import RIDGE

WORDLESS = len(SPECIAL)  # numbers that stand for no word: the end, and the unknown one
PASSES = 8  # of the randomised solver over the counts
BATCH = 256  # latents that are compared with all known sentences at once


@register("models", "lsa")
class LSA(Model):
    """Latent semantic analysis, and retrieval as its decoder.

    Args:
        shape: (places,) for words of one sentence.
        condition: C, the width of a condition vector.
        words: V, size of the vocabulary, with the two numbers that are no words.
        latent: L, directions that are kept.
        known: K, sentences that can be found.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"text"})
    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "exact", "blend", "unset", "features"})

    def __init__(
        self, shape: Sequence[int], condition: int = 0, *, words: int = 3000, latent: int = 48, known: int = 100
    ) -> None:
        super().__init__()
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        self.condition, self.words = condition, words
        self.table = nn.Parameter(torch.empty(words, latent).uniform_(-1, 1))
        if condition:
            self.group = nn.Parameter(torch.zeros(condition, latent))
        self.register_buffer("spread", torch.ones(latent))
        self.register_buffer("sentences", torch.randint(0, words, (known, *shape), dtype=torch.int32))
        self.register_buffer("places", F.normalize(torch.empty(known, latent).uniform_(-1, 1), dim=1))

    @torch.no_grad()
    def solve(self, x: Tensor, c: Tensor, *, seed: int = 0) -> Self:
        """Set all weights from the sentences x [K, places] in [0, 1) under c [K, C], which from then on are the known ones.

        Raises:
            ValueError: there are fewer sentences or words than directions, or another number of them than `known`.
        """
        from scipy.sparse import csr_matrix
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfTransformer

        latent, ids = self.latent.size, self.numbers(x)
        if len(x) != len(self.sentences):
            raise ValueError(f"{len(x)} sentences are given to a model of {len(self.sentences)}")
        if min(len(x), self.words - WORDLESS) <= latent:
            raise ValueError(f"{len(x)} sentences of {self.words - WORDLESS} words have no {latent} directions")
        there = ids >= WORDLESS
        counts = csr_matrix(
            (np.ones(int(there.sum())), (there.nonzero()[:, 0].numpy(), ids[there].numpy())), (len(x), self.words)
        )
        weighed = TfidfTransformer().fit(counts)
        solved = TruncatedSVD(latent, n_iter=PASSES, random_state=seed).fit(weighed.transform(counts))
        table = torch.from_numpy((solved.components_ * weighed.idf_).T.astype(np.float32))
        table[:WORDLESS] = 0
        self.table.copy_(table)
        self.sentences.copy_(ids)
        self.places.copy_(self._said(ids))
        if self.condition:
            scatter = c.T @ c + RIDGE * torch.eye(self.condition)
            self.group.copy_(torch.linalg.solve(scatter, c.T @ (self.places - self.places.mean(0))))
        self.spread.copy_((self.places - self._added(c, len(x))).std(0, correction=0).clamp(min=1e-6))
        return self

    def numbers(self, x: Tensor) -> Tensor:
        """x [N, places] in [0, 1) -> the words' numbers, int64 of the same shape."""
        return (x.float() * self.words).round().long().clamp(0, self.words - 1)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, places] in [0, 1), c [N, C] -> all mass on z [N, L]."""
        return PointMass(self._said(self.numbers(x)) - self._added(c, len(x)))

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] -> the nearest known sentence, x [N, places] in [0, 1)."""
        wanted = z + self._added(c, len(z))
        rows = [
            torch.cdist(part, self.places, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
            for part in wanted.split(BATCH)
        ]
        return self.sentences[torch.cat(rows)].float() / self.words

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] -> u float32 [N, L], in which the decoder looks for the nearest."""
        return z + self._added(c, len(z))

    def prior(self, c: Tensor | None = None) -> Distribution:
        """c [N, C] (None: one row) -> a normal of each direction's own spread about the middle, batch shape [N]."""
        spread = self.spread.expand(1 if c is None else len(c), -1)
        return Independent(Normal(torch.zeros_like(spread), spread), 1)

    def _said(self, ids: Tensor) -> Tensor:
        """Words int64 [N, places] -> u [N, L]."""
        return F.normalize(F.embedding(ids, self.table).sum(1), dim=1)

    def _added(self, c: Tensor | None, count: int) -> Tensor:
        """What the conditions [N, C] add, [N, L]."""
        if c is None or not self.condition:
            return self.table.new_zeros(count, self.latent.size)
        return c @ self.group
