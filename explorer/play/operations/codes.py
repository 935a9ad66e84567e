"""Steps on latents of codes: set one code, or erase some and draw them anew with a prior that knows what fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import Tensor

from explorer.core.registry import register
from explorer.core.schema import ExplorerError, Value
from explorer.play.operations.base import Context, Operation, Params, State

if TYPE_CHECKING:
    from explorer.box.checkpoints import Checkpoint

MAX_CELLS = 1024


class CodeParams(Params):
    """Which code, and what to."""

    dimension: int = Field(ge=0, lt=MAX_CELLS, description="number of the dimension or cell, in reading order")
    value: int = Field(ge=0, lt=2**20, description="the code to set, counted from 0")


@register("operations", "code")
class Code(Operation):
    """Set one code of the latent to an entry of its codebook."""

    title = "Set a code"
    sentence = "Sets one code of the latent and leaves the others."
    kinds = frozenset({"codes"})
    Params = CodeParams

    def apply(self, context: Context, state: State, params: CodeParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: the latent has no such dimension, or the codebook no such entry.
        """
        z = state.z.flatten().clone()
        if params.dimension >= len(z):
            raise ExplorerError(f"This latent has {len(z)} codes; there is no number {params.dimension}.", "panel")
        if params.value >= (size := context.checkpoint.model.latent.entries):
            raise ExplorerError(f"This codebook has {size} entries; there is no number {params.value}.", "panel")
        z[params.dimension] = params.value
        return state.moved(z.reshape(state.z.shape))


class CompleteParams(Params):
    """What to erase, and how to draw it."""

    erase: str = Field(
        pattern=r"^[01]+$",
        max_length=MAX_CELLS,
        description="one digit for each code in reading order, 1 where it goes",
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="of the draw")
    draw: int = Field(default=0, ge=0, lt=4096, description="number of the draw under this seed")
    temperature: float = Field(default=1.0, ge=0, le=2, description="0 takes the likeliest codes, 1 draws as learned")
    condition: dict[str, Value] | None = Field(
        default=None, description="what the new part shall show; as the picture itself where none is given"
    )


@register("operations", "complete")
class Complete(Operation):
    """Erase a region of the codes and let the transformer fill it in.

    Esser, Rombach and Ommer 2021, "Taming transformers", section 3.2: codes that stay are forced, the others drawn in
    reading order. See `explorer/learn/priors/transformer.py`.
    """

    title = "Erase and resample"
    sentence = "Erases a region of the codes and draws it anew so that it fits to what stays."
    kinds = frozenset({"codes"})
    needs = frozenset({"complete"})
    moves_condition = True
    cost = 30.0
    Params = CompleteParams

    def apply(self, context: Context, state: State, params: CompleteParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: the checkpoint has no prior that can, the mask is of another size, or an unknown attribute.
        """
        erased = mask(params.erase, state.z)
        prior = completing(context.checkpoint)
        c = state.c if params.condition is None else context.checkpoint.card.conditions.encode([params.condition])[0]
        z = prior.complete(state.z, erased, c, seed=params.seed, draw=params.draw, temperature=params.temperature)
        return state.moved(z, c)


def completing(checkpoint: Checkpoint) -> Any:
    """The first prior of a checkpoint that can complete codes.

    Raises:
        ExplorerError: it carries none.
    """
    prior = next((p for p in checkpoint.priors.values() if hasattr(p, "complete")), None)
    if prior is None:
        raise ExplorerError("Erase and resample needs a prior over codes, and this checkpoint carries none.", "panel")
    return prior


def mask(erase: str, z: Tensor) -> Tensor:
    """Digits in reading order -> bool, of the shape of z.

    Raises:
        ExplorerError: more or fewer digits than codes.
    """
    if len(erase) != z.numel():
        raise ExplorerError(f"This latent has {z.numel()} codes; the mask has {len(erase)} digits.", "panel")
    return torch.tensor([digit == "1" for digit in erase]).reshape(z.shape)
