"""The judge: an independent classifier that reads every attribute off a picture, a spectrogram or a series.

It never sees a generative model: it is trained on real items alone (`explorer/learn/training/judge.py`), so that its word on
an edited or sampled picture is a second opinion. Its last hidden layer is the space in which sets of pictures are
compared, as the Inception network's is for FID (Heusel et al. 2017, arXiv:1706.08500), at a thousandth of the size.
Not for use on pictures unlike its training data: it has no answer "none of these".
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from explorer.core.schema import Schema

TOLERANCE = 0.05  # a continuous reading counts as right within this share of the attribute's range


class Judge(nn.Module):
    """A small convolutional network with one head for each attribute.

    Args:
        shape: (channels, height, width) of one picture or spectrogram, or (channels, readings) of one series.
        conditions: the attributes to read.
        width: channels of the first stage; stage i has (i + 1) times as many.
        embedding: F, numbers in the embedding.
    """

    def __init__(self, shape: tuple[int, ...], conditions: Schema, width: int = 24, embedding: int = 128) -> None:
        super().__init__()
        self.shape, self.conditions = tuple(shape), conditions
        channels, *sides = shape
        # A series has neighbours along one axis, a picture along two; everything else is the same.
        planar = len(sides) == 2
        stages: list[nn.Module] = [nn.PixelUnshuffle(2)] if planar and all(side % 2 == 0 for side in sides) else []
        if stages:
            channels, sides = 4 * channels, [side // 2 for side in sides]
        stages += [*_block(channels, width, 1, planar), *_block(width, width, 1, planar)]
        channels, depth = width, 1
        while max(sides) > 4:
            depth += 1
            stages += _block(channels, depth * width, 2, planar)
            channels, sides = depth * width, [(side + 1) // 2 for side in sides]
        self.trunk = nn.Sequential(*stages)
        self.embedding = nn.Sequential(nn.Flatten(), nn.Linear(channels * math.prod(sides), embedding), nn.GELU())
        self.heads = nn.Linear(embedding, conditions.width)
        # Divides the logits of each categorical attribute; set by `calibrate`.
        self.register_buffer("temperature", torch.ones(conditions.width))

    def embed(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> penultimate features [N, F]."""
        return self.embedding(self.trunk(x - 0.5))

    def forward(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> logits [N, C], laid out like a condition vector.

        A categorical slice holds calibrated logits; a continuous one the scaled value and its log standard deviation.
        """
        return self.score(self.embed(x))

    def score(self, features: Tensor) -> Tensor:
        """Features [N, F] of `embed` -> logits [N, C]."""
        return self.heads(features) / self.temperature

    @torch.inference_mode()
    def read(self, x: Tensor) -> list[dict[str, dict[str, Any]]]:
        """x [N, *shape] in [0, 1] -> for each picture and attribute its `value`, the `probability` of that value, and of a choice
        the `chances` of all its values (None of a number).

        The probability of a continuous value is the mass within `TOLERANCE` of the range on either side.
        """
        logits = self(x)
        rows: list[dict[str, dict[str, Any]]] = [{} for _ in range(len(x))]
        for attribute in self.conditions.attributes:
            part = logits[:, self.conditions.slices[attribute.name]]
            if attribute.kind == "categorical":
                shares = part.softmax(dim=1)
                best, chances = shares.max(dim=1), shares.tolist()
                values = [attribute.values[i] for i in best.indices.tolist()]
                probabilities = best.values.tolist()
            else:
                scaled = part[:, 0].clamp(-1, 1)
                chances = [None] * len(x)
                values = ((scaled + 1) / 2 * (attribute.high - attribute.low) + attribute.low).tolist()
                probabilities = torch.erf(2 * TOLERANCE / part[:, 1].exp() / math.sqrt(2)).tolist()
            for row, value, probability, all_ in zip(rows, values, probabilities, chances, strict=True):
                row[attribute.name] = {"value": value, "probability": probability, "chances": all_}
        return rows

    def right(self, x: Tensor, c: Tensor) -> Tensor:
        """Does the judge read what `c` says? x [N, *shape], c [N, C] -> bool [N, attributes].

        An attribute that `c` leaves unset counts as right; one that it blends is right at the heaviest value.
        """
        return agreement(self(x), c, self.conditions)


def agreement(logits: Tensor, c: Tensor, conditions: Schema) -> Tensor:
    """Logits [N, C] of a judge and conditions [N, C] -> bool [N, attributes], see `Judge.right`."""
    columns = []
    for attribute in conditions.attributes:
        part, asked = logits[:, conditions.slices[attribute.name]], c[:, conditions.slices[attribute.name]]
        if attribute.kind == "categorical":
            columns.append((part.argmax(dim=1) == asked.argmax(dim=1)) | (asked.sum(dim=1) == 0))
        else:
            columns.append(((part[:, 0] - asked[:, 0]).abs() <= 2 * TOLERANCE) | (asked[:, 1] == 0))
    return torch.stack(columns, dim=1)


def _block(channels: int, width: int, stride: int, planar: bool) -> list[nn.Module]:
    """A convolution over 3x3 pixels or 3 readings, normalised and bent; torch pads so that a side n becomes ceil(n / stride)."""
    convolution, norm = (nn.Conv2d, nn.BatchNorm2d) if planar else (nn.Conv1d, nn.BatchNorm1d)
    return [convolution(channels, width, 3, stride, padding=1, bias=False), norm(width), nn.GELU()]
