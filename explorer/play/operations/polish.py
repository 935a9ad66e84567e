"""Polish: step by step towards what is asked, for models whose draws only roughly fit (capability `polish`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch import Tensor

from explorer.core.registry import register
from explorer.core.schema import ExplorerError
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.turned import Along, Asked, Part, Reading, Said, Seeded, Shown, Turn, Turned

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
    Options = Seeded

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        stops, alt, keep = (0, 2, 5, 10, 15, 20, 30, 40, 50, 60), "After {} steps", ("seed",)
        said = (
            "A translator drew the latent that goes with what is asked; each step moves it so that a classifier sees more of "
            "it, and a little at random. Under each picture, how much that classifier sees, and how far from real items it lies."
        )
        return (
            Said(text=said),
            Asked(unasked="Nothing is asked of this picture yet: choose a value."),
            Turn(
                parameter="steps", label="Steps of the polish", play=True, seed="Other noise", back="Reset", keep=keep
            ),
            Along.over(
                "steps", stops, id="polish-way", title="Step by step", alt=alt, path=True, keep=keep, trust=True
            ),
        )

    @torch.inference_mode()
    def read(self, session: Session, asked: Shown) -> Reading:
        """The probability that the model's own classifier gives to what is asked."""
        if not (points := asked.strips.get("polish-way", ())):
            return Reading()
        x = torch.stack([session.output(point) for point in points])
        c = torch.stack([session.resolve(point).c for point in points])
        seen = (session.checkpoint.model.classifier(x).softmax(1) * c).sum(1)
        steps = [point.edits[-1].params["steps"] for point in points]
        said = [f"{k}: {share:.0%}" for k, share in zip(steps, seen.tolist(), strict=True)]
        return Reading(captions={"polish-way": said})
