"""A network with sines for bends that gives a picture's value at any spot, and the gradient of its error written out.

Sitzmann, Martel, Bergman, Lindell and Wetzstein, "Implicit neural representations with periodic activation functions"
(NeurIPS 2020, arXiv:2006.09661): phi_i(x) = sin(omega (W_i x + b_i)), the last layer linear, first weights as in section 3.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

OMEGA = 30.0


class Siren(nn.Module):
    """Spot and context -> values.

    The first layer sees both side by side. Its part of the spots is the same for all items and its part of the context
    the same at all spots, so each is computed once and they are added, which is the same as joining the inputs.

    Args:
        context: numbers that come beside the two coordinates.
        hidden: units in each layer.
        depth: layers of sines.
        values: numbers at each spot, the channels of a picture.
    """

    def __init__(self, context: int, hidden: int, depth: int, values: int) -> None:
        super().__init__()
        self.place = nn.Linear(2, hidden)
        self.context = nn.Linear(context, hidden, bias=False)
        self.layers = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(depth - 1))
        self.last = nn.Linear(hidden, values)
        widest = 1 / (2 + context)
        for layer in (self.place, self.context):
            nn.init.uniform_(layer.weight, -widest, widest)
        for layer in (*self.layers, self.last):
            bound = math.sqrt(6 / hidden) / OMEGA
            nn.init.uniform_(layer.weight, -bound, bound)

    def forward(self, spots: Tensor, context: Tensor) -> Tensor:
        """Spots [P, 2] in [-1, 1] and contexts [N, K] -> values [N, P, V]."""
        return self.last(self.hidden(spots, context)[-1].sin())

    def hidden(self, spots: Tensor, context: Tensor) -> list[Tensor]:
        """What goes into each layer's sine, [N, P, hidden] each."""
        bent = [OMEGA * (self.place(spots) + self.context(context)[:, None])]
        for layer in self.layers:
            bent.append(OMEGA * layer(bent[-1].sin()))
        return bent

    def gradient(self, spots: Tensor, context: Tensor, target: Tensor) -> Tensor:
        """Of the squared error by the context: target [N, P, V] -> d sum |values - target|^2 / d context, [N, K].

        Written out by the chain rule instead of asked of autograd: ordinary operations, through which a training
        differentiates again, and which run as they are in a browser.
        """
        bent = self.hidden(spots, context)
        back = linear(2 * (self.last(bent[-1].sin()) - target), self.last.weight.T) * bent[-1].cos()
        for layer, before in zip(reversed(self.layers), reversed(bent[:-1]), strict=True):
            back = linear(OMEGA * back, layer.weight.T) * before.cos()
        return linear(OMEGA * back.sum(1), self.context.weight.T)


def grid(sides: Sequence[int]) -> Tensor:
    """The middles of a picture's pixels, (height, width) of them -> spots [height * width, 2] in [-1, 1], row by row.

    The picture reaches from -1 to 1 whatever its sides, so that more pixels show the same picture, and not more of it.
    """
    rows, columns = ((2 * torch.arange(side) + 1) / side - 1 for side in sides)
    return torch.cartesian_prod(rows, columns)
