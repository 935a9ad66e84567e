"""Plain perceptrons, as the small variational families share them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def mlp(sizes: Sequence[int], bend: type[nn.Module] = nn.SiLU) -> nn.Sequential:
    """Linear layers of these sizes, bent between them and not after the last: [N, sizes[0]] -> [N, sizes[-1]]."""
    layers: list[nn.Module] = []
    for wide, narrow in pairwise(sizes):
        layers += [nn.Linear(wide, narrow), bend()]
    return nn.Sequential(*layers[:-1])
