"""Details: one latent, many pictures; what it says itself, what other noises draw, and each step of a drawing."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from pydantic import Field

from explorer.core.nodes import Button, Cell, Labelled, Node, Note, Panel, Picture, Row, Sets, Slider, Strip
from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.learn.latents import psnr
from explorer.page.tabs.base import Tab, bare, full, play
from explorer.play import recipes
from explorer.play.compute import Asked, Question
from explorer.play.operations.refine import STRONGEST
from explorer.play.session import Session

OP = "refine"
DRAWS = 7
LARGEST_SEED = 2**31 - 1


class DetailsOptions(recipes.Options):
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
class Details(Tab):
    """Draw the details anew."""

    title = "Details"
    order = 5
    needs = frozenset({"refine"})
    special = True
    Options = DetailsOptions
    questions: ClassVar = {"spread": Question(Drawings, spread)}

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`."""
        chosen: DetailsOptions = self.options(scene)
        base, now = self._now(scene)
        if len(base.edits) >= MAX_EDITS:
            return full()
        return Panel(nodes=(*self._many(session, chosen, base, now), *self._way(session, base, now)))

    def _now(self, scene: Scene) -> tuple[Point, dict[str, Any]]:
        """The point whose details are drawn, and how they are drawn on stage."""
        base, params = scene.point.before(OP)
        return base, dict(params or {})

    def _many(self, session: Session, chosen: DetailsOptions, base: Point, now: dict[str, Any]) -> list[Node]:
        """One latent, and what several noises make of it."""
        model, how = session.checkpoint.model, _only(now, "guidance")
        points = [_drawn(base, **how), *(_drawn(base, seed=chosen.seed + k, **how) for k in range(DRAWS))]
        rough = _drawn(base, show="rough")
        cells = (
            Cell(point=rough, caption="latent", alt="What the latent alone says"),
            *(
                Cell(point=point, caption=f"noise {chosen.seed + k - 1}" if k else "usual", alt=f"Drawing {k + 1}")
                for k, point in enumerate(points)
            ),
        )
        seed = (chosen.seed + DRAWS) % (LARGEST_SEED - DRAWS)
        others = Button(
            id="other-noises", text="Other noises", look="plain", sets=Sets(patch={self.path("seed"): seed}, view=True)
        )
        sets = Sets(
            path=f"edits.{len(base.edits)}.params.guidance", live=True,
            point=None if now else _drawn(base, guidance=model.guidance),
        )  # fmt: skip
        bar = Slider(
            id="guidance", value=now.get("guidance", model.guidance), low=0, high=STRONGEST, step=0.1, sets=sets
        )
        usual = Button(
            id="usual-guidance", text=f"Usual: {model.guidance:g}", look="small",
            sets=Sets(patch={"edits": bare(_drawn(base, **_without(now, "guidance")))}),
            disabled=None if "guidance" in now else "It is as usual.",
        )  # fmt: skip
        said = (
            f"The latent of {session.card.latent.size} numbers says what the first picture shows. What it leaves open is "
            "drawn from noise, and another noise draws it otherwise. A picture can be put on stage."
        )
        return [
            Note(id="details-said", text=said),
            Strip(id="many", title="One latent, many details", cells=cells, fit=True),
            Row(id="many-apart", role="head", inside=(others, self._apart(session, points, rough))),
            Labelled(id="field-guidance", label="Guidance", inside=(bar,), actions=(usual,)),
        ]

    def _apart(self, session: Session, points: list[Point], rough: Point) -> Row:
        """Where the drawings differ, as a picture, and how much, beside what the latent alone says."""
        drawn, alone = torch.stack([session.output(point) for point in points]), session.output(rough)
        to_mean = psnr(drawn, drawn.mean(0, keepdim=True).expand_as(drawn)).mean().item()
        to_rough = psnr(drawn.mean(0)[None], alone[None]).item()
        question = {"ask": "spread", "of": [recipes.plain(point) for point in points]}
        picture = Picture(id="apart", question=question, alt="Where the drawings differ: the darker, the more")
        text = (
            f"Where they differ: a drawing lies {to_mean:.1f} dB from the mean of all, and that mean {to_rough:.1f} dB from "
            "the picture of the latent alone."
        )
        return Row(id="apart-line", role="line", inside=(picture, Note(id="apart-said", text=text)))

    def _way(self, session: Session, base: Point, now: dict[str, Any]) -> list[Node]:
        """The drawing on stage, step by step."""
        steps, step = session.checkpoint.model.steps, now.get("step")
        how = _only(now, "seed", "guidance")
        sets = Sets(path=f"edits.{len(base.edits)}.params.step", point=_drawn(base, step=steps, **how), live=True)
        value = steps if step is None else step
        bar = Slider(id="refine-step", value=value, low=0, high=steps, step=1, sets=sets, label="Steps of the drawing")
        rows = {"noisy": "The picture on its way from noise", "guess": "What it is taken for at each step"}
        strips = [
            Strip(
                id=f"way-{show}", title=title, fit=True, bare=True,
                cells=tuple(
                    Cell(
                        point=_drawn(base, step=k, **how, **({"show": show} if show != "noisy" else {})), caption=f"{k}",
                        alt=f"{title}: after {k} of {steps} steps",
                    )
                    for k in range(steps + 1)
                ),
            )
            for show, title in rows.items()
        ]  # fmt: skip
        return [Row(id="refine-scrub", role="scrub", inside=(play("refine-play", "refine-step"), bar)), *strips]


def _drawn(base: Point, **params: Any) -> Point:
    return recipes.step(base, OP, **params)


def _only(params: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: params[name] for name in names if params.get(name) is not None}


def _without(params: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != name}
