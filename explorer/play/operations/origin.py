"""Origin: the picture encoded anew by a gradient step from the origin, shorter or longer than the model was trained for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from explorer.core.nodes import Chips, Choice, Labelled, Node, Note, Picture, Row, Sets
from explorer.core.numbers import number
from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point
from explorer.learn.latents import psnr
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.tab import Asked as Arguments
from explorer.play.operations.tab import Options, Question
from explorer.play.operations.turned import Along, Part, Read, Reading, Said, Shown, Turn, Turned

if TYPE_CHECKING:
    from explorer.play.session import Session

LONGEST = 2.0
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
TIMES = (1, 2, 4, 8)


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
    portable = ("encoder",)
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


class OriginOptions(Options):
    """How many times as many pixels as the model was trained on, down and across."""

    times: int = Field(default=4, ge=1, le=TIMES[-1])


class Redrawn(Arguments):
    """A recipe, and how many times as many pixels down and across."""

    of: Point
    times: int = Field(ge=1, le=TIMES[-1])


@torch.inference_mode()
def redrawn(session: Session, asked: Redrawn) -> str:
    """A point's picture with more pixels than the model was trained on, as a data URL."""
    sides = [side * asked.times for side in session.card.shape[1:]]

    def make() -> str:
        state = session.resolve(asked.of)
        x = session.checkpoint.model.draw(state.z[None], state.c[None], sides)[0]
        return session.modality.data_url(session.modality.show(x))

    return session.remember(("drawn at", asked.times, asked.of.model_dump_json()), make)


@register("tabs", "origin")
class OriginTab(Turned):
    """The encoder that isn't there: one gradient step from the zero vector, and the picture at any resolution."""

    title = "Origin"
    order = 5
    operation = Origin
    needs = frozenset({"resolution"})
    Options = OriginOptions
    questions: ClassVar = {"redrawn": Question(Redrawn, redrawn)}

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        said = (
            "There is no encoder here: the model looks at what it makes of the zero vector under the same attributes, asks in "
            "which direction that vector would have to change for this picture to come out, and goes there once."
        )
        title = "How far to go: below each picture the step, and how like it is to the one that is encoded (PSNR in dB)"
        return (
            Said(text=said),
            Read(id="story"),
            Turn(parameter="step", label="Step", step=0.05, start=1.0, play=True, back="Back to the picture"),
            Along.over("step", STEPS, id="origin-way", title=title, alt="Step: {}", path=True),
            Read(id="resolution"),
        )

    def read(self, session: Session, asked: Shown) -> Reading:
        """How like each picture is to the one that is encoded, the encoding in four pictures, and other resolutions."""
        points = asked.strips.get("origin-way", ())
        found = {"resolution": self._resolution(session, asked)}
        if not points or len(asked.base.edits) >= MAX_EDITS:
            return Reading(nodes=found)
        target = session.output(asked.base)
        near = psnr(
            torch.stack([session.output(p) for p in points]), target.expand(len(points), *target.shape)
        ).tolist()
        steps = [point.edits[-1].params["step"] for point in points]
        said = [f"{number(k)}: {decibels:.1f}" for k, decibels in zip(steps, near, strict=True)]
        return Reading(captions={"origin-way": said}, nodes={"story": self._story(session, asked.base), **found})

    def _story(self, session: Session, base: Point) -> list[Node]:
        """How the picture is encoded, in four pictures."""
        start, there = (base.then("origin", step=step) for step in (0.0, 1.0))
        length = number(float(encoded(session, session.resolve(base)).norm()))
        story = (
            ("story-picture", {"point": base}, "The picture", "The picture that is encoded"),
            (
                "story-origin",
                {"point": start},
                "At the origin",
                "What the decoder makes of the zero vector",
            ),
            ("story-gap", {"pair": (start, base)}, "What it gets wrong", "Where they differ: the darker, the more"),
            ("story-step", {"point": there}, "After one step", "The picture decoded from its gradient"),
        )
        pictures = tuple(Picture(id=ident, caption=caption, alt=alt, **of) for ident, of, caption, alt in story)
        text = f"The step is {length} long, in {session.card.latent.size} dimensions. That gradient is the picture's latent."
        return [Note(id="origin-length", text=text), Row(id="story", role="story", inside=pictures)]

    def _resolution(self, session: Session, asked: Shown) -> list[Node]:
        """The picture on stage with more pixels."""
        times, (rows, columns) = asked.options.get("times", OriginOptions().times), session.card.shape[1:]
        choices = tuple(Choice(value=k, text=f"{rows * k}×{columns * k}") for k in TIMES)
        picked = Chips(id="times", choices=choices, value=times, sets=Sets(path=self.path("times"), view=True))
        question = {"ask": "redrawn", "of": asked.point.model_dump(mode="json", exclude_defaults=True), "times": times}
        sides = f"{rows * times}×{columns * times}"
        drawn = (
            Picture(
                id="trained", point=asked.point, alt="The picture on stage",
                caption=f"As trained, {rows}×{columns}",
            ),
            Picture(
                id="redrawn", question=question, alt=f"The picture on stage with {sides} pixels", caption=f"Asked at {sides}"
            ),
        )  # fmt: skip
        said = "The decoder gives the value at any spot, so more pixels are more spots, and no enlargement."
        return [
            Labelled(id="field-times", label="Resolution", inside=(picked, Note(id="times-said", text=said))),
            Row(id="resolutions", role="large", inside=drawn),
        ]
