"""Refine: draw the picture of a latent from another noise, or stop on the way (capability `refine`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field

from explorer.core.nodes import Note, Picture, Row
from explorer.core.registry import register
from explorer.core.scene import Point
from explorer.core.schema import ExplorerError
from explorer.learn.kinds import base as kinds
from explorer.learn.latents import psnr
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.tab import Asked, Options, Question
from explorer.play.operations.turned import LARGEST_SEED, Along, Part, Read, Reading, Said, Shown, Stop, Turn, Turned

if TYPE_CHECKING:
    from explorer.play.session import Session

MOST_STEPS = 200
STRONGEST = 4.0
DRAWS = 7


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


class DetailsOptions(Options):
    """The first of the noises that are shown side by side."""

    seed: int = Field(default=1, ge=0, le=LARGEST_SEED - DRAWS)


class Drawings(Asked):
    """Recipes whose pictures are compared."""

    of: tuple[Point, ...] = Field(min_length=2, max_length=2 * DRAWS)


def spread(session: Session, asked: Drawings) -> str:
    """Where several pictures differ, as a data URL: the standard deviation at each place, the darker, the more."""
    apart = torch.stack([session.output(point) for point in asked.of]).std(0)
    return session.modality.data_url(session.modality.difference((3 * apart).clamp(0, 1), torch.zeros_like(apart)))


@register("tabs", "details")
class Details(Turned):
    """One latent, many pictures: what it says itself, what other noises draw, and each step of a drawing."""

    title = "Details"
    order = 5
    operation = Refine
    Options = DetailsOptions
    questions: ClassVar = {"spread": Question(Drawings, spread)}

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        model, steps = session.checkpoint.model, range(session.checkpoint.model.steps + 1)
        said = (
            f"The latent of {session.card.latent.size} numbers says what the first picture shows. What it leaves open is "
            "drawn from noise, and another noise draws it otherwise. A picture can be put on stage."
        )
        alone = Stop(sets={"show": "rough", "guidance": None}, caption="latent", alt="What the latent alone says")
        many = (alone, Stop(caption="usual", alt="The usual drawing"))
        rows = {"noisy": "The picture on its way from noise", "guess": "What it is taken for at each step"}
        return (
            Said(text=said),
            Along(
                id="many", title="One latent, many details", stops=many, draws=DRAWS, of="seed", caption="noise {}",
                alt="Drawing {}", again="Other noises", stays=("guidance",),
            ),
            Read(id="apart"),
            Turn(
                id="guidance", parameter="guidance", label="Guidance", low=0, high=STRONGEST, start=model.guidance, step=0.1,
                back=f"Usual: {model.guidance:g}", alone=True, stays=("seed", "step", "show"),
            ),
            Turn(
                id="refine-step", parameter="step", label="Steps of the drawing", low=0, high=model.steps, start=model.steps,
                play=True, stays=("seed", "guidance"),
            ),
            *(
                Along.over(
                    "step", steps, id=f"way-{show}", title=title, alt=f"{title}: after {{}} of {model.steps} steps",
                    fixed={} if show == "noisy" else {"show": show}, stays=("seed", "guidance"), bare=True,
                )
                for show, title in rows.items()
            ),
        )  # fmt: skip

    def read(self, session: Session, asked: Shown) -> Reading:
        """Where the drawings differ, as a picture, and how much, beside what the latent alone says."""
        rough, *points = asked.strips.get("many", (asked.base,))
        if not points:
            return Reading()
        drawn, alone = torch.stack([session.output(point) for point in points]), session.output(rough)
        to_mean = psnr(drawn, drawn.mean(0, keepdim=True).expand_as(drawn)).mean().item()
        to_rough = psnr(drawn.mean(0)[None], alone[None]).item()
        question = {"ask": "spread", "of": [point.model_dump(mode="json", exclude_defaults=True) for point in points]}
        picture = Picture(id="apart", question=question, alt="Where the drawings differ: the darker, the more")
        text = (
            f"Where they differ: a drawing lies {to_mean:.1f} dB from the mean of all, and that mean {to_rough:.1f} dB from "
            "the picture of the latent alone."
        )
        line = Row(id="apart-line", role="line", inside=(picture, Note(id="apart-said", text=text)))
        return Reading(nodes={"apart": [line]})
