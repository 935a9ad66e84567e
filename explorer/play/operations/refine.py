"""Refine: draw the picture of a latent from another noise, or stop on the way (capability `refine`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from explorer.core.registry import register
from explorer.core.schema import ExplorerError
from explorer.learn.kinds import base as kinds
from explorer.play.operations.base import Context, Operation, Params, State

MOST_STEPS = 200
STRONGEST = 4.0


class RefineParams(Params):
    """Which noise, how strongly guided, and which step of the way."""

    seed: int | None = Field(
        default=None, ge=0, lt=2**31, description="of the noise; the model's own where none is given"
    )
    guidance: float | None = Field(
        default=None, ge=0, le=STRONGEST, description="1 is what the model learned; the model's own where none is given"
    )
    step: int | None = Field(
        default=None, ge=0, le=MOST_STEPS, description="steps taken; all of them where none is given"
    )
    show: Literal["noisy", "guess", "rough"] = Field(
        default="noisy",
        description="the picture on its way, what it is guessed to become, or what the latent alone says",
    )


@register("operations", "refine")
class Refine(Operation):
    """The leaf `noise` drawn anew, and the picture as far as the decoder has come (Birodkar et al. 2024, "SWYCC").

    Latent and condition stay: only what the latent leaves open is drawn anew. The noise stays held in the steps after this
    one; guidance and the step to stop at belong to this picture alone.
    """

    title = "Details"
    sentence = "Keeps the latent and draws the details it leaves open from another noise, step by step."
    cost = 60.0
    Params = RefineParams
    needs = frozenset({"refine"})

    def apply(self, context: Context, state: State, params: RefineParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: the model takes fewer steps.
        """
        model = context.checkpoint.model
        if params.show == "rough":
            return replace(state.moved(), given={"rough": True})
        step = model.steps if params.step is None else params.step
        if step > model.steps:
            raise ExplorerError(f"This model draws in {model.steps} steps; there is no number {step}.", "panel")
        noise = kinds.of(model.leaves["noise"]).draw
        leaves = {} if params.seed is None else {"noise": noise(model.leaves["noise"], params.seed)}
        guidance = {} if params.guidance is None else {"guidance": params.guidance}
        return replace(state.moved(**leaves), given={**guidance, "show": params.show, "step": step})
