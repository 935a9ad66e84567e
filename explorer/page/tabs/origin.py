"""Origin: watch a picture being encoded by one gradient step from the zero vector, and draw it at any resolution."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field

from explorer.core.nodes import (
    Button,
    Cell,
    Chips,
    Choice,
    Labelled,
    Node,
    Note,
    Overlay,
    Panel,
    Picture,
    Row,
    Sets,
    Slider,
    Strip,
)  # fmt: skip
from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.learn.latents import psnr
from explorer.page.tabs.base import Tab, bare, full, play
from explorer.page.views.html import number
from explorer.play import recipes
from explorer.play.compute import Asked, Question
from explorer.play.operations.origin import LONGEST, encoded
from explorer.play.session import Session

OP = "origin"
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
class OriginTab(Tab):
    """The encoder that isn't there."""

    title = "Origin"
    order = 5
    special = True
    needs = frozenset({"origin", "resolution"})
    Options = OriginOptions
    questions: ClassVar = {"redrawn": Question(Redrawn, redrawn)}

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`."""
        base, step = self._now(scene)
        if len(base.edits) >= MAX_EDITS:
            return full()
        way = tuple(_stepped(base, length) for length in STEPS if length <= 1)
        return Panel(
            nodes=(*self._step(session, base, step), *self._resolution(session, scene)), overlay=Overlay(path=way)
        )

    def _now(self, scene: Scene) -> tuple[Point, float | None]:
        """The picture that is encoded, and the length of the step on stage; None where the picture itself is there."""
        base, params = scene.point.before(OP)
        return base, None if params is None else float(params.get("step", 1.0))

    def _step(self, session: Session, base: Point, step: float | None) -> list[Node]:
        there = _stepped(base, 1.0)
        sets = Sets(path=f"edits.{len(base.edits)}.params.step", point=there if step is None else None, live=True)
        bar = Slider(id="step", value=1.0 if step is None else step, low=0, high=LONGEST, step=0.05, sets=sets)
        reset = Button(
            id="reset-origin", text="Back to the picture", sets=Sets(patch={"edits": bare(base)}),
            disabled=None if step is not None else "The picture itself is on stage.",
        )  # fmt: skip
        points = [_stepped(base, length) for length in STEPS]
        cells = tuple(
            Cell(point=point, caption=f"{number(length)}: {error:.1f}", alt=f"After a step of {number(length)}")
            for length, point, error in zip(STEPS, points, errors(session, base, points), strict=True)
        )
        start = points[0]
        length = session.remember(
            ("step length", base.model_dump_json()), lambda: float(encoded(session, session.resolve(base)).norm())
        )
        gap = "Where the two differ: the darker, the more"
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
        said = (
            "This model has no encoder. It looks at what it makes of the zero vector under the same attributes, asks in which "
            f"direction that vector would have to change for this picture to come out, and goes there once: a step of "
            f"{number(length)} in {session.card.latent.size} dimensions. That gradient is the picture's latent."
        )
        scrub = Row(id="step-scrub", role="scrub", inside=(play("step-play", "step"), bar))
        title = "How far to go: below each picture the step, and how like it is to the one that is encoded (PSNR in dB)"
        return [
            Note(id="origin-said", text=said),
            Row(id="story", role="story", inside=story),
            Labelled(id="field-step", label="Step", inside=(scrub,), actions=(reset,)),
            Strip(id="origin-way", title=title, cells=cells, fit=True),
        ]

    def _resolution(self, session: Session, scene: Scene) -> list[Node]:
        times = self.options(scene).times
        rows, columns = session.card.shape[1:]
        choices = tuple(Choice(value=str(k), text=f"{rows * k}×{columns * k}") for k in TIMES)
        picked = Chips(id="times", choices=choices, value=str(times), sets=Sets(path=self.path("times"), view=True))
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


def _stepped(base: Point, step: float) -> Point:
    return recipes.step(base, OP, step=step)


def errors(session: Session, base: Point, points: list[Point]) -> list[float]:
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
