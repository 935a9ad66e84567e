"""Origin: watch a picture being encoded by one gradient step from the zero vector, and draw it at any resolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from pydantic import Field

from explorer.core.nodes import Chips, Choice, Labelled, Node, Note, Picture, Row, Sets
from explorer.core.registry import register
from explorer.core.scene import Point, Scene
from explorer.learn.latents import psnr
from explorer.page.views.html import number
from explorer.play import recipes
from explorer.play.compute import Asked, Question
from explorer.play.operations.origin import Origin, encoded
from explorer.play.operations.turned import Turned
from explorer.play.session import Session

STEPS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
TIMES = (1, 2, 4, 8)


class OriginOptions(recipes.Options):
    """How many times as many pixels as the model was trained on, down and across."""

    times: int = Field(default=4, ge=1, le=TIMES[-1])


class Redrawn(Asked):
    """A recipe, and how many times as many pixels down and across."""

    of: Point
    times: int = Field(ge=1, le=TIMES[-1])


def redrawn(session: Session, asked: Redrawn) -> str:
    """A point's picture with more pixels than the model was trained on, as a data URL."""
    rows, columns = session.card.shape[1:]
    return drawn_at(session, asked.of, (rows * asked.times, columns * asked.times))


@register("tabs", "origin")
class OriginTab(Turned):
    """The encoder that isn't there."""

    title = "Origin"
    order = 5
    operation = Origin
    needs = frozenset({"origin", "resolution"})
    turns = "step"
    label = "Step"
    step = 0.05
    start = 1.0
    stops = STEPS
    strip = "How far to go: below each picture the step, and how like it is to the one that is encoded (PSNR in dB)"
    said = (
        "This model has no encoder. It looks at what it makes of the zero vector under the same attributes, asks in which "
        "direction that vector would have to change for this picture to come out, and goes there once."
    )
    back = "Back to the picture"
    Options = OriginOptions
    questions: ClassVar = {"redrawn": Question(Redrawn, redrawn)}

    def read(self, session: Session, base: Point, points: Sequence[Point]) -> list[str]:
        """The step, and how like its picture is to the one that is encoded."""
        return [f"{number(k)}: {error:.1f}" for k, error in zip(STEPS, errors(session, base, points), strict=True)]

    def above(self, session: Session, base: Point) -> list[Node]:
        """How the picture is encoded, in four pictures."""
        start, there = self.at(base, 0.0), self.at(base, 1.0)
        length = session.remember(
            ("step length", base.model_dump_json()), lambda: float(encoded(session, session.resolve(base)).norm())
        )
        gap = "Where they differ: the darker, the more"
        story = (
            Picture(id="story-picture", point=base, large=True, alt="The picture that is encoded", caption="The picture"),
            Picture(
                id="story-origin", point=start, large=True, alt="What the decoder makes of the zero vector",
                caption="At the origin",
            ),
            Picture(id="story-gap", pair=(start, base), alt=gap, caption="What it gets wrong"),
            Picture(
                id="story-step", point=there, large=True, alt="The picture decoded from its gradient",
                caption="After one step",
            ),
        )  # fmt: skip
        size = session.card.latent.size
        text = f"The step is {number(length)} long, in {size} dimensions. That gradient is the picture's latent."
        return [Note(id="origin-length", text=text), Row(id="story", role="story", inside=story)]

    def below(self, session: Session, scene: Scene, base: Point) -> list[Node]:
        """The picture on stage with more pixels."""
        times = self.options(scene).times
        rows, columns = session.card.shape[1:]
        choices = tuple(Choice(value=k, text=f"{rows * k}×{columns * k}") for k in TIMES)
        picked = Chips(id="times", choices=choices, value=times, sets=Sets(path=self.path("times"), view=True))
        down, across = rows * times, columns * times
        redrawn = {"ask": "redrawn", "of": recipes.plain(scene.point), "times": times}
        drawn = (
            Picture(
                id="trained", point=scene.point, large=True, alt="The picture on stage",
                caption=f"As trained, {rows}×{columns}",
            ),
            Picture(
                id="redrawn", question=redrawn, alt=f"The picture on stage with {down} by {across} pixels",
                caption=f"Asked at {down}×{across}",
            ),
        )  # fmt: skip
        said = Note(
            id="times-said",
            text="The decoder gives the value at any spot, so more pixels are more spots, and no enlargement.",
        )
        return [
            Labelled(id="field-times", label="Resolution", inside=(picked, said)),
            Row(id="resolutions", role="large", inside=drawn),
        ]


def errors(session: Session, base: Point, points: Sequence[Point]) -> list[float]:
    """How like the picture of `base` each point's is, in dB."""
    target = session.output(base)
    return psnr(
        torch.stack([session.output(point) for point in points]), target.expand(len(points), *target.shape)
    ).tolist()


def drawn_at(session: Session, point: Point, sides: tuple[int, int]) -> str:
    """A point's picture with (height, width) pixels, as a data URL."""

    @torch.inference_mode()
    def make() -> str:
        state = session.resolve(point)
        x = session.checkpoint.model.draw(state.z[None], state.c[None], sides)[0]
        return session.modality.data_url(session.modality.show(x), large=True)

    return session.remember(("drawn at", sides, point.model_dump_json()), make)
