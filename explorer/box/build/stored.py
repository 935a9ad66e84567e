"""Weights as a checkpoint stores them, and the model that has them: in 16 bits, or in 8 where no picture shows the difference."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from explorer.box import eight
from explorer.box.build import compact
from explorer.box.build.together import together
from explorer.box.portable.shipped import DRAWN
from explorer.learn import latents as encoding
from explorer.learn.data.base import DataSet, Items
from explorer.learn.models.base import Model
from explorer.learn.training.fit import Recipe


def stored(recipe: Recipe, data: DataSet, weights: dict[str, Tensor], some: Items) -> tuple[dict[str, Tensor], Model]:
    """A state of a recipe's model as it is stored, and the model with what is read from that.

    Args:
        some: training items; what the model makes of the first few decides whether 8 bits do. A model without an encoder, or
            whose items aren't drawn, keeps 16.
    """
    halves = {name: compact.halved(tensor) for name, tensor in weights.items()}
    model = filled(recipe, data, halves)
    small = compact.weights(weights)
    if len(small) == len(halves) or data.modality not in DRAWN or "encode" not in model.capabilities:
        return halves, model
    smaller, few = filled(recipe, data, small), take(some, compact.LOOKED_AT)
    there_and_back = (
        decoded(each, encoding.encode(together(each, data), few, data.conditions).mean, few.codes, data)
        for each in (model, smaller)
    )
    return (small, smaller) if compact.same(*there_and_back) else (halves, model)


def filled(recipe: Recipe, data: DataSet, state: dict[str, Tensor]) -> Model:
    """The recipe's model with weights as they are stored."""
    model = recipe.build(data)
    wide = eight.unpacked(state)
    model.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in wide.items()})
    return model.eval().requires_grad_(False)


@torch.inference_mode()
def decoded(model: Model, z: Tensor, codes: np.ndarray, data: DataSet, batch: int = 256) -> Tensor:
    """What the decoder makes of latents z [n, *latent.shape] under their codes, float32 [n, *shape]."""
    c = data.conditions.encode_codes(codes)
    return torch.cat([model.decode(a, b) for a, b in zip(z.split(batch), c.split(batch), strict=True)])


def take(items: Items, count: int) -> Items:
    """The first few items."""
    return Items(items.x[:count], items.codes[:count], {})
