"""Origin: watch a picture being encoded by one gradient step from the zero vector, and draw it at any resolution."""

from __future__ import annotations

from typing import Any

import torch
from markupsafe import Markup
from pydantic import Field

from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.learn.latents import psnr
from explorer.page.tabs.base import Tab, cell, picture, places
from explorer.page.views import words
from explorer.page.views.controls import Choice, Sets, button, chips, field, note, slider
from explorer.page.views.html import el, join, number
from explorer.page.views.strips import strip
from explorer.play import recipes
from explorer.play.operations.origin import LONGEST, encoded
from explorer.play.session import Session

OP = "origin"
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
TIMES = (1, 2, 4, 8)


class OriginOptions(recipes.Options):
    """How many times as many pixels as the model was trained on, down and across."""

    times: int = Field(default=4, ge=1, le=TIMES[-1])


@register("tabs", "origin")
class OriginTab(Tab):
    """The encoder that isn't there."""

    title = "Origin"
    order = 5
    special = True
    needs = frozenset({"origin", "resolution"})
    Options = OriginOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        base, step = self._now(scene)
        if len(base.edits) >= MAX_EDITS:
            return str(note(f"This picture has {MAX_EDITS} steps behind it, and can't take another; reset some."))
        return str(join(self._step(session, scene, base, step), self._resolution(session, scene)))

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """The way from the origin."""
        base, _ = self._now(scene)
        if len(base.edits) >= MAX_EDITS:
            return {}
        return {"path": places(session, scene, [_stepped(base, step) for step in STEPS if step <= 1])}

    def _now(self, scene: Scene) -> tuple[Point, float | None]:
        """The picture that is encoded, and the length of the step on stage; None where the picture itself is there."""
        base, params = scene.point.before(OP)
        return base, None if params is None else float(params.get("step", 1.0))

    def _step(self, session: Session, scene: Scene, base: Point, step: float | None) -> Markup:
        there = _stepped(base, 1.0)
        bar = slider(
            "step",
            Sets(f"edits.{len(base.edits)}.params.step", point=there if step is None else None, live=True),
            1.0 if step is None else step, (0, LONGEST, 0.05),
        )  # fmt: skip
        play = button("Play", quiet=False, id="step-play", data_do="play", data_for="step")
        plain = [edit.model_dump(mode="json", exclude_defaults=True) for edit in base.edits]
        reset = button("Back to the picture", id="reset-origin", data_patch={"edits": plain}, disabled=step is None)
        points = [_stepped(base, length) for length in STEPS]
        cells = [
            cell(session, scene, point, f"{number(length)}: {error:.1f}", alt=f"After a step of {number(length)}")
            for length, point, error in zip(STEPS, points, errors(session, base, points), strict=True)
        ]
        start, missing = points[0], session.modality.data_url(session.difference(points[0], base))
        length = session.remember(
            ("step length", base.model_dump_json()), lambda: float(encoded(session, session.resolve(base)).norm())
        )
        story = [
            _frame(picture(session, base, True), "The picture", words.recipe(base, session.card.conditions)),
            _frame(picture(session, start, True), "At the origin", "What the decoder makes of the zero vector"),
            _frame(missing, "What it gets wrong", "Where the two differ: the darker, the more"),
            _frame(picture(session, there, True), "After one step", "The picture decoded from its gradient"),
        ]
        said = note(
            "This model has no encoder. It looks at what it makes of the zero vector under the same attributes, asks in which "
            f"direction that vector would have to change for this picture to come out, and goes there once: a step of "
            f"{number(length)} in {session.card.latent.size} dimensions. That gradient is the picture's latent."
        )
        return join(
            said,
            el("div", story, class_="story", id="story"),
            field("Step", el("div", play, bar, class_="scrub travel"), ident="step", actions=reset),
            strip(
                "How far to go: below each picture the step, and how like it is to the one that is encoded (PSNR in dB)",
                cells, ident="origin-way", fit=True,
            ),
        )  # fmt: skip

    def _resolution(self, session: Session, scene: Scene) -> Markup:
        chosen: OriginOptions = self.options(scene)
        rows, columns = session.card.shape[1:]
        choices = [Choice(str(k), f"{rows * k}×{columns * k}") for k in TIMES]
        sets = Sets(self.path("times"), view=True)
        picked = chips("times", choices, str(chosen.times), sets)
        sides = (rows * chosen.times, columns * chosen.times)
        drawn = el(
            "div",
            _frame(picture(session, scene.point, True), f"As trained, {rows}×{columns}", "The picture on stage"),
            _frame(
                drawn_at(session, scene.point, sides), f"Asked at {sides[0]}×{sides[1]}",
                f"The picture on stage with {sides[0]} by {sides[1]} pixels", ident="redrawn",
            ),
            class_="story large",
        )  # fmt: skip
        said = note("The decoder gives the value at any spot, so more pixels are more spots, and no enlargement.")
        return join(field("Resolution", picked, said, ident="times", group=True), drawn)


def _stepped(base: Point, step: float) -> Point:
    return recipes.step(base, OP, step=step)


def _frame(src: str, caption: str, alt: str, *, ident: str | None = None) -> Markup:
    return el("figure", el("img", src=src, alt=alt, id=ident, draggable="false"), el("figcaption", caption))


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
