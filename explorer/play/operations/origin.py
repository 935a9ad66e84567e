"""Origin: the picture encoded anew by a gradient step from the origin, shorter or longer than the model was trained for."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from explorer.core.registry import register
from explorer.play.operations.base import Context, Operation, Params, State

LONGEST = 2.0


class OriginParams(Params):
    """How far along the gradient."""

    step: float = Field(
        default=1.0, ge=0, le=LONGEST, description="length of the step; 0 stays at the origin, 1 is the model's own"
    )


@register("operations", "origin")
class Origin(Operation):
    """z = -step * gradient at the origin, of the error against the point's picture (Bond-Taylor and Willcocks 2021)."""

    title = "Gradient step"
    sentence = "Encodes the picture anew, by a step from the origin down the gradient of its error."
    cost = 5.0
    Params = OriginParams
    needs = frozenset({"origin"})

    def apply(self, context: Context, state: State, params: OriginParams) -> State:
        """See `Operation.apply`."""
        return state.moved(params.step * encoded(context, state))


def encoded(context: Context, state: State) -> Tensor:
    """The latent [*latent.shape] that a state's picture has by one whole step; kept, so that a slider answers at once."""
    model = context.checkpoint.model

    @torch.inference_mode()
    def make() -> Tensor:
        c = state.c[None]
        return model.encode(model.decode(state.z[None], c), c).mean[0]

    return context.remember(("origin", state.z.numpy().tobytes(), state.c.numpy().tobytes()), make)
