"""Refine: draw the picture of a latent from another noise, or stop on the way (capability `refine`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import Tensor

from explorer.core.noise import normal
from explorer.core.registry import register
from explorer.core.schema import ExplorerError
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
    """A drawing of the latent's picture by the diffusion decoder, as far as asked (Birodkar et al. 2024, "SWYCC").

    Latent and condition stay: only what the latent leaves open is drawn anew.
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
            return State(state.z, state.c, model.rough(state.z[None])[0])
        step = model.steps if params.step is None else params.step
        if step > model.steps:
            raise ExplorerError(f"This model draws in {model.steps} steps; there is no number {step}.", "panel")
        noisy, guesses = way(context, state, params.seed, params.guidance)
        return State(state.z, state.c, (noisy if params.show == "noisy" else guesses)[step])


def way(context: Context, state: State, seed: int | None, guidance: float | None) -> tuple[Tensor, Tensor]:
    """Noisy pictures and guesses at each step, [S + 1, *shape] each; made once, so that a slider over them answers at once."""
    model = context.checkpoint.model

    def make() -> tuple[Tensor, Tensor]:
        shape = (1, *context.checkpoint.card.shape)
        noise = model.always if seed is None else normal(seed, 0, model.always.numel()).reshape(shape)
        noisy, guesses = model.refine(state.z[None], noise, guidance)
        return noisy[:, 0], guesses[:, 0]

    return context.remember(("refine", seed, guidance, state.z.numpy().tobytes()), make)
