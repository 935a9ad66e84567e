"""Details: one latent, many pictures; what it says itself, what other noises draw, and each step of a drawing."""

from __future__ import annotations

from typing import Any

import torch
from markupsafe import Markup
from pydantic import Field

from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.learn.latents import psnr
from explorer.page.tabs.base import Tab, cell
from explorer.page.views.controls import Sets, button, field, note, slider
from explorer.page.views.html import el, join
from explorer.page.views.strips import strip
from explorer.play import recipes
from explorer.play.operations.refine import STRONGEST
from explorer.play.session import Session

OP = "refine"
DRAWS = 7
LARGEST_SEED = 2**31 - 1


class DetailsOptions(recipes.Options):
    """The first of the noises that are shown side by side."""

    seed: int = Field(default=1, ge=0, le=LARGEST_SEED - DRAWS)


@register("tabs", "details")
class Details(Tab):
    """Draw the details anew."""

    title = "Details"
    order = 5
    needs = frozenset({"refine"})
    special = True
    Options = DetailsOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        chosen: DetailsOptions = self.options(scene)
        base, now = self._now(scene)
        if len(base.edits) >= MAX_EDITS:
            return str(note(f"This picture has {MAX_EDITS} steps behind it, and can't take another; reset some."))
        return str(join(self._many(session, scene, chosen, base, now), self._way(session, scene, base, now)))

    def _now(self, scene: Scene) -> tuple[Point, dict[str, Any]]:
        """The point whose details are drawn, and how they are drawn on stage."""
        base, params = scene.point.before(OP)
        return base, dict(params or {})

    def _many(self, session: Session, scene: Scene, chosen: DetailsOptions, base: Point, now: dict[str, Any]) -> Markup:
        """One latent, and what several noises make of it."""
        model, how = session.checkpoint.model, _only(now, "guidance")
        points = [_drawn(base, **how), *(_drawn(base, seed=chosen.seed + k, **how) for k in range(DRAWS))]
        outputs = torch.stack([session.output(point) for point in points])
        rough = _drawn(base, show="rough")
        cells = [
            cell(session, scene, rough, "latent", alt="What the latent alone says"),
            *(
                cell(session, scene, point, f"noise {chosen.seed + k - 1}" if k else "usual", alt=f"Drawing {k + 1}")
                for k, point in enumerate(points)
            ),
        ]
        others = button(
            "Other noises", quiet=False, id="other-noises", data_set=self.path("seed"), data_type="number", data_view=True,
            data_value=(chosen.seed + DRAWS) % (LARGEST_SEED - DRAWS),
        )  # fmt: skip
        where = f"edits.{len(base.edits)}.params.guidance"
        guides = Sets(where, point=None if now else _drawn(base, guidance=model.guidance), live=True)
        return join(
            note(
                f"The latent of {session.card.latent.size} numbers says what the first picture shows. What it leaves open is "
                "drawn from noise, and another noise draws it otherwise. A picture can be put on stage."
            ),
            strip("One latent, many details", cells, ident="many", fit=True),
            el("div", others, self._apart(session, outputs, session.output(rough)), class_="row spread"),
            field(
                "Guidance", slider("guidance", guides, now.get("guidance", model.guidance), (0, STRONGEST, 0.1)),
                ident="guidance",
                actions=button(
                    f"Usual: {model.guidance:g}", small=True, id="usual-guidance", disabled="guidance" not in now,
                    data_patch={"edits": _plain(_drawn(base, **_without(now, "guidance")))},
                ),
            ),
        )  # fmt: skip

    def _apart(self, session: Session, drawn: torch.Tensor, rough: torch.Tensor) -> Markup:
        """Where the drawings [n, *shape] differ, as a picture, and how much, beside what the latent alone says [*shape]."""
        spread = drawn.std(0)
        to_mean = psnr(drawn, drawn.mean(0, keepdim=True).expand_as(drawn)).mean().item()
        to_rough = psnr(drawn.mean(0)[None], rough[None]).item()
        shown = session.modality.difference((3 * spread).clamp(0, 1), torch.zeros_like(spread))
        picture = el(
            "img", src=session.modality.data_url(shown), alt="Where the drawings differ: the darker, the more",
            class_="apart", id="apart",
        )  # fmt: skip
        said = (
            f"Where they differ: a drawing lies {to_mean:.1f} dB from the mean of all, and that mean {to_rough:.1f} dB from "
            "the picture of the latent alone."
        )
        return el("span", picture, said, class_="note apart-line")

    def _way(self, session: Session, scene: Scene, base: Point, now: dict[str, Any]) -> Markup:
        """The drawing on stage, step by step."""
        steps = session.checkpoint.model.steps
        how = _only(now, "seed", "guidance")
        step = now.get("step")
        sets = Sets(f"edits.{len(base.edits)}.params.step", point=_drawn(base, step=steps, **how), live=True)
        bar = slider("refine-step", sets, steps if step is None else step, (0, steps, 1), label="Steps of the drawing")
        play = button("Play", quiet=False, id="refine-play", data_do="play", data_for="refine-step")
        rows = {
            "noisy": "The picture on its way from noise", "guess": "What it is taken for at each step",
        }  # fmt: skip
        strips = [
            strip(
                title,
                [
                    cell(
                        session, scene, _drawn(base, step=k, **how, **({"show": show} if show != "noisy" else {})), f"{k}",
                        alt=f"{title}: after {k} of {steps} steps",
                    )
                    for k in range(steps + 1)
                ],
                ident=f"way-{show}", fit=True, actions=False,
            )
            for show, title in rows.items()
        ]  # fmt: skip
        return join(el("div", play, bar, class_="scrub travel"), strips)


def _drawn(base: Point, **params: Any) -> Point:
    return recipes.step(base, OP, **params)


def _only(params: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: params[name] for name in names if params.get(name) is not None}


def _without(params: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != name}


def _plain(point: Point) -> list[dict[str, Any]]:
    return [edit.model_dump(mode="json", exclude_defaults=True) for edit in point.edits]
