"""Items that show a thing in one of several views, such as a letter of a typeface: their latent is that of the thing.

A model that encodes several views at once (capability `assemble`) knows more of it than from the one; its data set gives the
others (`siblings`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from explorer.core import sources
from explorer.learn.data.base import DataSet
from explorer.learn.models.base import Model

BESIDE = 7  # views beside the item's own


def together(model: Model, data: DataSet) -> Any:
    """The model, whose `encode` sees other views of each item too, where it takes them and the data has them."""
    return Together(model, data) if "assemble" in model.capabilities and hasattr(data, "siblings") else model


class Together:
    """A model in all but `encode`."""

    def __init__(self, model: Model, data: DataSet) -> None:
        self.model, self.data = model, data
        self.name = f"{model.name} {sources.of(type(model))} of {BESIDE} more"  # what was encoded once is kept under it

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def encode(self, x: Tensor, c: Tensor) -> Distribution:
        """x [N, 1, *view], c [N, C] -> posterior of each thing; of the view alone where one isn't the data set's."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            try:
                same, _ = self.data.siblings(x, BESIDE)
            except KeyError:
                return self.model.encode(x, c)
        views, conditions = torch.cat([x, same.fields], 1), torch.cat([c[:, None], same.conditions], 1)
        return self.model.encode_set(views, conditions)
