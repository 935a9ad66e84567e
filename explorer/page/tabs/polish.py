"""Polish: the way from a rough draw to one in which the classifier sees what is asked, step by step."""

from __future__ import annotations

from typing import Any

import torch
from markupsafe import Markup
from pydantic import Field

from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.page.tabs.base import Tab, ask, cell, places
from explorer.page.views.controls import Choice, Sets, button, chips, field, note, slider
from explorer.page.views.html import el, join
from explorer.page.views.strips import strip
from explorer.play import recipes
from explorer.play.operations.polish import MOST_STEPS
from explorer.play.session import Session

SHOWN = (0, 2, 5, 10, 15, 20, 30, 40, 50, 60)
LARGEST_SEED = 2**31 - 1


class PolishOptions(recipes.Options):
    """Which luck the noise of the steps has."""

    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)


@register("tabs", "polish")
class PolishTab(Tab):
    """Step through the polish."""

    title = "Polish"
    order = 50
    needs = frozenset({"polish"})
    special = True
    Options = PolishOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        base, steps, seed = self._now(scene)
        said = note(
            "A translator drew the latent that goes with what is asked; each step moves it so that a classifier "
            "sees more of it, and a little at random. Under each picture, how much that classifier sees."
        )
        asked = self._asked(session, scene, base)
        if not any(session.condition(base).values()):
            return str(join(said, asked, note("Nothing is asked of this picture yet: choose a value.")))
        if len(base.edits) >= MAX_EDITS:
            full = f"This picture has {MAX_EDITS} steps behind it, as many as it can have."
            return str(join(said, asked, note(full, "warning")))
        where = len(base.edits)
        sets = Sets(f"edits.{where}.params.steps", point=self._at(base, 0, seed), live=True)
        bar = slider("polish-steps", sets, steps, (0, MOST_STEPS, 1), label="Steps of the polish")
        play = button("Play", quiet=False, id="polish-play", data_do="play", data_for="polish-steps")
        following = (seed + 1) % LARGEST_SEED
        luck = {self.path("seed"): following}
        if base != scene.point:
            luck[f"edits.{where}.params.seed"] = following
        other = button("Other noise", id="polish-seed", data_patch=luck)
        points = [self._at(base, k, seed) for k in SHOWN]
        cells = [
            cell(session, scene, point, f"{k}: {share:.0%}", alt=f"After {k} steps")
            for k, point, share in zip(SHOWN, points, seen(session, points), strict=True)
        ]
        return str(
            join(
                said,
                asked,
                el("div", play, bar, other, class_="scrub travel"),
                strip("Step by step", cells, ident="polish-way", fit=True),
            )
        )

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """The way on the map."""
        base, _, seed = self._now(scene)
        if not any(session.condition(base).values()) or len(base.edits) >= MAX_EDITS:
            return {}
        return {"path": places(session, scene, [self._at(base, k, seed) for k in SHOWN])}

    def _now(self, scene: Scene) -> tuple[Point, int, int]:
        """What the polish on stage starts from, how many steps it took, and under which seed; 0 steps where there is none."""
        chosen: PolishOptions = self.options(scene)
        base, params = scene.point.before("polish")
        if params is None:
            return base, 0, chosen.seed
        return base, int(params.get("steps", 20)), int(params.get("seed", 0))

    def _at(self, base: Point, steps: int, seed: int) -> Point:
        return base.then("polish", steps=steps, seed=seed)

    def _asked(self, session: Session, scene: Scene, base: Point) -> Markup:
        """What to polish towards: asking again starts from the rough draw under the new value."""
        now = session.condition(base)
        fields = []
        for attribute in session.card.conditions.attributes:
            if attribute.kind != "categorical":
                continue
            ident = f"polish-{attribute.name}"
            choices = [Choice(v, v, point=ask(base, **{attribute.name: v})) for v in attribute.values]
            current = now[attribute.name]
            picked = chips(
                ident, choices, current if isinstance(current, str) else None, Sets(f"condition.{attribute.name}")
            )
            fields.append(field(attribute.label, picked, ident=ident, group=True))
        return join(fields)


@torch.inference_mode()
def seen(session: Session, points: list[Point]) -> list[float]:
    """How much the model's own classifier sees of what is asked in each point's picture: probabilities."""
    x = torch.stack([session.output(point) for point in points])
    c = torch.stack([session.resolve(point).c for point in points])
    return (session.checkpoint.model.classifier(x).softmax(1) * c).sum(1).tolist()
