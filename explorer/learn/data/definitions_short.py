"""Shorter definitions without conditions: three to eight of the 2,000 most usual words each, for models that train in minutes.

Source and licence are those of `definitions`, of which these are a part, with the same items held out. No attribute is a
condition here, so that all of a sentence has to lie in the latent; the topics are groups.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Schema
from explorer.learn.data.base import Items, Split
from explorer.learn.data.definitions import TOPICS, Definitions, vocabulary
from explorer.learn.modalities.text import SPECIAL

KNOWN = 2_000  # words, with the special ones
LONGEST = 8  # words


@register("data", "definitions-short")
class ShortDefinitions(Definitions):
    """WordNet's shorter definitions without conditions; groups: one for each topic of `definitions`."""

    shape = (LONGEST + 1,)
    conditions = Schema(attributes=())

    @property
    def modality_arguments(self) -> dict[str, Any]:
        """The vocabulary, in the order of its numbers."""
        return {"words": list(vocabulary()[len(SPECIAL) : KNOWN])}

    def load(self, split: Split) -> Items:
        """Definitions as numbers of words over the vocabulary's size, float32 [N, LONGEST + 1] in [0, 1)."""
        items = Definitions().load(split)
        ids = np.rint(items.x * len(vocabulary())).astype(np.int64)
        rows = np.flatnonzero((ids.max(1) < KNOWN) & (ids[:, LONGEST] == 0))
        topics = items.codes[rows, 0]
        groups = {name: topics == k for k, name in enumerate(TOPICS)}
        x = ids[rows, : self.shape[0]].astype(np.float32) / np.float32(KNOWN)
        return replace(items, x=x, codes=np.zeros((len(rows), 0), np.float32), groups=groups)
