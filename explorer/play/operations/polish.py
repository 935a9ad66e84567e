"""Polish: step by step towards what is asked, for models whose draws only roughly fit (capability `polish`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch import Tensor

from explorer.core.registry import register
from explorer.core.scene import Point
from explorer.core.schema import ExplorerError
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.turned import Seeded, Turned

if TYPE_CHECKING:
    from explorer.play.session import Session

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


@register("tabs", "polish")
class PolishTab(Turned):
    """Step through the polish."""

    title = "Polish"
    order = 50
    operation = Polish
    needs = Polish.needs
    turns = "steps"
    label = "Steps of the polish"
    stops = (0, 2, 5, 10, 15, 20, 30, 40, 50, 60)
    strip = "Step by step"
    said = (
        "A translator drew the latent that goes with what is asked; each step moves it so that a classifier sees more of it, "
        "and a little at random. Under each picture, how much that classifier sees."
    )
    seeded = "Other noise"
    asks = True
    unasked = "Nothing is asked of this picture yet: choose a value."
    Options = Seeded

    @torch.inference_mode()
    def read(self, session: Session, base: Point, points: Sequence[Point]) -> list[str]:
        """The probability that the model's own classifier gives to what is asked."""
        x = torch.stack([session.output(point) for point in points])
        c = torch.stack([session.resolve(point).c for point in points])
        seen = (session.checkpoint.model.classifier(x).softmax(1) * c).sum(1)
        return [f"{stop}: {share:.0%}" for stop, share in zip(self.stops, seen.tolist(), strict=True)]
