"""Polish: step by step towards what is asked, for models whose draws only roughly fit (capability `polish`)."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from explorer.core.registry import register
from explorer.core.schema import ExplorerError
from explorer.play.operations.base import Context, Operation, Params, State

MOST_STEPS = 60


class PolishParams(Params):
    """Number of Langevin steps and the noise seed."""

    steps: int = Field(default=20, ge=0, le=MOST_STEPS, description="of Langevin dynamics; 0 leaves the point as it is")
    seed: int = Field(default=0, ge=0, lt=2**31)


@register("operations", "polish")
class Polish(Operation):
    """Langevin dynamics from the point towards the condition asked of it (Liu et al. 2023, "TR0N", section 3)."""

    title = "Polish"
    sentence = "Moves the latent, step by step, until a classifier sees what is asked."
    cost = 250.0
    Params = PolishParams
    needs = frozenset({"polish"})

    def apply(self, context: Context, state: State, params: PolishParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: nothing is asked of the point.
        """
        return state.moved(way(context, state, params.seed)[params.steps])


def way(context: Context, state: State, seed: int) -> Tensor:
    """All steps from a state, [MOST_STEPS + 1, *latent]; made once, so that a slider over them answers at once.

    Raises:
        ExplorerError: nothing is asked of the point.
    """
    if not state.c.any():
        raise ExplorerError("A polish needs something to polish towards: ask for a value first.", "panel")
    key = ("polish", seed, state.z.numpy().tobytes(), state.c.numpy().tobytes())
    model = context.checkpoint.model

    def make() -> Tensor:
        return model.polish(state.z[None], state.c[None], MOST_STEPS, seed)[:, 0]

    return context.remember(key, make)
