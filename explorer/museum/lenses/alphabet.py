"""Letters of a face that weren't seen, beside those of the nearest real face; and letters at another weight of their family."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.museum.lenses.base import Lens

QUICK_FACES, QUICK_LETTERS = 6, 12
SEEN = (1, 3, 5)
LETTERS = 62  # the first characters, letters and digits, are drawn and asked for
FINER = 2  # cells of the grid on which shapes are compared, for each of a field's
TOGETHER = 8  # letters that the encoder sees of a face whose weight is changed
PAIRS, QUICK_PAIRS = 200, 6


@register("lenses", "alphabet")
class Alphabet(Lens):
    """Intersection over union of letters and digits, of designs that were held out.

    `unseen`: from 1, 3 and 5 letters of a face, drawn anew for each face by a fixed seed, all others. `model`: the mean of the
    posterior of the seen letters, decoded at each other character, with weight, width and slant unset. Baselines: `nearest`, the
    training face whose same letters overlap most; `mean`, the mean field of each character; `told`, the nearest training face
    of all by the *unseen* letters themselves, which nobody knows who brings a few letters: the best that copying could do.
    `won`: of how many faces the model's letters overlap more than those of the nearest face. `read`: how many of the model's
    letters the judge reads as what was asked, beside `real`, the same of the drawn letters.

    `weight`: pairs of faces of one family that differ in weight. `model`: eight letters of the one, encoded together and decoded
    at weight, width and slant of the other. Baselines: `moved`, the drawn outlines moved by half the difference of the stems;
    `copied`, the drawn letters as they are.
    """

    title = "Alphabet"
    sentence = (
        "How like the drawn letters the model's are, of designs it never saw: from a few others, and at another weight."
    )
    order = 46
    needs = frozenset({"assemble"})

    def measure(self, study: Study) -> dict[str, Any]:
        """Means over faces, in [0, 1]."""
        if not hasattr(study.data, "alphabets"):
            return {}
        return {"unseen": self._unseen(study), "weight": self._weight(study)}

    def _unseen(self, study: Study) -> dict[str, Any]:
        (known, _), (held_out, codes) = (study.data.alphabets(split) for split in ("train", "test"))
        count = study.count(LETTERS, QUICK_LETTERS)
        rows = np.random.default_rng(0).permutation(len(held_out))[: study.count(len(held_out), QUICK_FACES)]
        truth = torch.stack([bits(held_out[rows, k]) for k in range(count)], 1)  # [faces, letters, cells]
        shares = torch.stack(
            [_overlap(truth[:, k], bits(known[:, k])) for k in range(count)], 1
        )  # [faces, letters, known]
        means = torch.stack([bits(known[:, k].mean(0, dtype=np.float32)[None])[0] for k in range(count)])
        generator = np.random.default_rng(1)
        found: dict[str, dict[str, list[float]]] = {}
        for face, row in enumerate(rows):
            fields = torch.from_numpy(held_out[row, :count]).float() / 255
            c = study.conditions.encode_codes(np.where(np.arange(codes.shape[-1]) > 0, np.nan, codes[row, :count]))
            for seen in SEEN:
                letters = generator.permutation(count)
                shown, asked = letters[:seen], letters[seen:]
                z = study.model.encode_set(fields[None, shown], c[None, shown]).mean
                drawn = study.decode(z.expand(len(asked), -1), c[asked])
                own = share(bits(drawn[:, 0]), truth[face, asked]).mean().item()
                near = shares[face, asked, int(shares[face, shown].mean(0).argmax())].mean().item()
                values = {
                    "model": own, "nearest": near, "told": shares[face, asked].mean(0).max().item(),
                    "mean": share(means[asked], truth[face, asked]).mean().item(), "won": float(own > near),
                }  # fmt: skip
                if study.judge is not None:
                    values |= {"read": _read(study, drawn, asked), "real": _read(study, fields[asked, None], asked)}
                for name, value in values.items():
                    found.setdefault(f"from {seen}", {}).setdefault(name, []).append(value)
        return {name: _means(values) for name, values in found.items()}

    def _weight(self, study: Study) -> dict[str, float]:
        fields, codes = study.data.alphabets("test")
        pairs = study.data.mates("test")
        pairs = pairs[np.random.default_rng(2).permutation(len(pairs))[: study.count(PAIRS, QUICK_PAIRS)]]
        generator = np.random.default_rng(3)
        found: dict[str, list[float]] = {}
        for a, b in pairs:
            letters = generator.permutation(LETTERS)[:TOGETHER]
            drawn, truth = (torch.from_numpy(fields[face, letters]).float() / 255 for face in (a, b))
            seen, asked = (study.conditions.encode_codes(codes[face, letters]) for face in (a, b))
            z = study.model.encode_set(drawn[None], seen[None]).mean
            thicker = study.data.stem(codes[b, 0]) - study.data.stem(codes[a, 0])
            rivals = {
                "model": study.decode(z.expand(TOGETHER, -1), asked)[:, 0],
                "moved": drawn + thicker / 2 / (2 * study.data.modality_arguments["reach"]),
                "copied": drawn,
            }
            for name, x in rivals.items():
                found.setdefault(name, []).append(share(bits(x), bits(truth)).mean().item())
        return _means(found)


def bits(fields: np.ndarray | Tensor) -> Tensor:
    """Fields [N, H, W], as they are stored or in [0, 1] -> what lies inside, float32 [N, cells]."""
    x = torch.from_numpy(fields).float() / 255 if isinstance(fields, np.ndarray) else fields
    return (F.interpolate(x[:, None], scale_factor=FINER, mode="bicubic") > 0.5).flatten(1).float()


def _overlap(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of each of a [N, cells] with each of b [M, cells] -> [N, M]."""
    both = a @ b.T
    return both / (a.sum(1)[:, None] + b.sum(1) - both).clamp(min=1)


def share(a: Tensor, b: Tensor) -> Tensor:
    """The same of a and b [N, cells], row by row."""
    both = (a * b).sum(1)
    return both / (a.sum(1) + b.sum(1) - both).clamp(min=1)


def _read(study: Study, x: Tensor, letters: np.ndarray) -> float:
    names = study.conditions["character"].values
    readings = study.judge.read(x)
    return float(np.mean([one["character"]["value"] == names[k] for one, k in zip(readings, letters, strict=True)]))


def _means(found: dict[str, list[float]]) -> dict[str, float]:
    return {name: float(np.mean(values)) for name, values in found.items()} | {"n": len(next(iter(found.values())))}
