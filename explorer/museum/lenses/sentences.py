"""Does a model of texts give sentences back, and do those that it writes read like real ones?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from explorer.box.build.evaluate import Study
from explorer.core.registry import find, register
from explorer.learn.latents import as_input
from explorer.museum.lenses._compare import nearest_distance
from explorer.museum.lenses._ngram import Ngrams
from explorer.museum.lenses.base import Lens

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

DRAWS, QUICK_DRAWS = 1_000, 120
USUAL = 0.95  # of held-out sentences are at most as surprising as one that is called well-formed
Sentence = tuple[int, ...]


@register("lenses", "sentences")
class Sentences(Lens):
    """Texts back from the latent, drawn from the prior, and half-way between two items.

    `perplexity` is what a trigram model of the training sentences (`_ngram.Ngrams`) finds in texts, for each word; `well_formed`
    the share that surprises it no more than 95 of 100 held-out sentences do, for each word. Baselines: held-out sentences
    themselves, the same with their words shuffled, and sentences that the trigram model draws. `exact` and `in_place` say how
    many held-out sentences come back whole, and how many of their words in their places, beside those of the training sentence
    whose latent is nearest. `new` is the share that is no training sentence. For each attribute asked anew `read` is how often it
    is seen: a count of words for a number, else a logistic regression over words, which reads held-out sentences `real` right.
    """

    title = "Sentences"
    sentence = "How many sentences come back, and how many of those that the model writes read like real ones."
    order = 25
    needs = frozenset({"encode"})
    views = frozenset({"text"})

    def measure(self, study: Study) -> dict[str, Any]:
        """`reconstruction`, one entry for each kind of text, and one for each attribute."""
        card = study.checkpoint.card
        modality = find("modalities", card.modality)(**card.modality_arguments)
        texts = lambda x: [tuple(modality.numbers(one)) for one in x]  # noqa: E731
        train, test = texts(as_input(study.train.x)), texts(study.x)
        counted = Ngrams(train, len(modality.words))
        count = min(study.count(DRAWS, QUICK_DRAWS), len(test))
        rng = study.rng(self.name)
        usual = float(np.quantile([_each(counted, sentence) for sentence in test], USUAL))
        known = set(train)

        def told(sentences: list[Sentence]) -> dict[str, float]:
            whole = [s for s in sentences if s]
            return {
                "perplexity": counted.perplexity(whole),
                "well_formed": sum(_each(counted, s) <= usual for s in whole) / len(sentences),
                "new": sum(s not in known for s in sentences) / len(sentences),
                "different": len(set(sentences)) / len(sentences),
                "n": len(sentences),
            }

        c = study.c[:count]
        nearest = nearest_distance(study.z.flatten(1), study.z_train.flatten(1))[1]
        other = torch.from_numpy(rng.permutation(len(study.z)))[:count]
        middle = study.decode((study.z[:count] + study.z[other]) / 2, c)
        out = {
            "reconstruction": _back(texts(study.y), test) | {"n": len(test)},
            "nearest_training": _back([train[k] for k in nearest.tolist()], test),
            "reconstructed": told(texts(study.y[:count])),
            "held_out": told(test[:count]),
            "shuffled": told([tuple(rng.permutation(s).tolist()) for s in test[:count]]),
            "trigrams": told([drawn(counted, rng, study.x.shape[1] - 1) for _ in range(count)]),
            "half_way": told(texts(middle)),
        }
        with torch.inference_mode():
            for name, prior in study.priors.items():
                out[name] = told(texts(study.decode(prior.draws(c, study.seed, count), c)))
        return out | _asked(study, texts, train, rng, count)


def _each(counted: Ngrams, sentence: Sentence) -> float:
    nats, count = counted.nats(sentence)
    return nats / count


def _back(made: list[Sentence], real: list[Sentence]) -> dict[str, float]:
    places = [
        sum(a == b for a, b in zip(m, r, strict=False)) / max(len(m), len(r)) for m, r in zip(made, real, strict=True)
    ]
    return {
        "exact": float(np.mean([m == r for m, r in zip(made, real, strict=True)])),
        "in_place": float(np.mean(places)),
    }


def drawn(counted: Ngrams, rng: np.random.Generator, most: int) -> Sentence:
    """A sentence of at most so many words, each drawn after the two before it."""
    words: list[int] = []
    while len(words) < most:
        history = (-1, -1, *words)[-2:]
        # The step back to a shorter history is as likely as `Ngrams.p` has it.
        while history and rng.random() * _weight(counted, history) >= counted.after[history].total():
            history = history[1:]
        choices = counted.after[history]
        word = int(rng.choice(list(choices), p=np.array(list(choices.values())) / choices.total()))
        if not word:
            break
        words.append(word)
    return tuple(words)


def _weight(counted: Ngrams, history: Sentence) -> int:
    return counted.after[history].total() + len(counted.after[history])


def _asked(study: Study, texts: Any, train: list[Sentence], rng: np.random.Generator, count: int) -> dict[str, Any]:
    """For each attribute: other values asked of held-out items, and how often they are seen."""
    from sklearn.linear_model import LogisticRegression

    out: dict[str, Any] = {}
    for k, attribute in enumerate(study.conditions.attributes):
        codes = study.test.codes[:count].copy()
        if attribute.kind == "continuous":
            whole = np.unique(study.train.codes[:, k])
            codes[:, k] = rng.choice(whole, count)
            made = texts(_edited(study, codes))
            seen = np.array([len(s) for s in made]) == codes[:, k]
            before = np.array([len(s) for s in texts(study.y[:count])]) == codes[:, k]
            out[attribute.name] = {"read": float(seen.mean()), "unedited": float(before.mean()), "n": count}
            continue
        width = int(max(max(s) for s in train)) + 1
        reader = LogisticRegression(max_iter=300).fit(bags(train, width), study.train.codes[:, k])
        real = reader.score(bags(texts(study.x[:count]), width), codes[:, k])
        codes[:, k] = (codes[:, k] + rng.integers(1, len(attribute.values), count)) % len(attribute.values)
        seen = reader.predict(bags(texts(_edited(study, codes)), width)) == codes[:, k]
        before = reader.predict(bags(texts(study.y[:count]), width)) == codes[:, k]
        out[attribute.name] = {
            "read": float(seen.mean()),
            "unedited": float(before.mean()),
            "real": float(real),
            "n": count,
        }
    return out


def _edited(study: Study, codes: np.ndarray) -> Tensor:
    return study.decode(study.z[: len(codes)], study.conditions.encode_codes(codes))


def bags(sentences: list[Sentence], width: int) -> csr_matrix:
    """Which words each holds, [N, width], with the first two once more since they tell most of a definition."""
    from scipy.sparse import csr_matrix

    rows = [
        (k, word + width * first)
        for k, s in enumerate(sentences)
        for n, word in enumerate(s)
        for first in range(1 + (n < 2))
        if word < width
    ]
    at = np.array(rows, np.int64).reshape(-1, 2).T
    return csr_matrix((np.ones(at.shape[1]), (at[0], at[1])), shape=(len(sentences), 2 * width))
