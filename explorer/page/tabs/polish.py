"""Polish: the way from a rough draw to one in which the classifier sees what is asked, step by step."""

from __future__ import annotations

import torch
from pydantic import Field

from explorer.core.nodes import Button, Cell, Chips, Choice, Labelled, Note, Overlay, Panel, Row, Sets, Slider, Strip
from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.page.tabs.base import Tab, ask, full, play
from explorer.play import recipes
from explorer.play.operations.polish import MOST_STEPS
from explorer.play.session import Session

SHOWN = (0, 2, 5, 10, 15, 20, 30, 40, 50, 60)
LARGEST_SEED = 2**31 - 1


class PolishOptions(recipes.Options):
    """The seed of the noise in the steps."""

    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)


@register("tabs", "polish")
class PolishTab(Tab):
    """Step through the polish."""

    title = "Polish"
    order = 50
    needs = frozenset({"polish"})
    special = True
    Options = PolishOptions

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`."""
        base, steps, seed = self._now(scene)
        said = Note(
            id="polish-said",
            text="A translator drew the latent that goes with what is asked; each step moves it so that a classifier "
            "sees more of it, and a little at random. Under each picture, how much that classifier sees.",
        )
        asked = self._asked(session, base)
        if not any(session.condition(base).values()):
            return Panel(
                nodes=(said, *asked, Note(id="none", text="Nothing is asked of this picture yet: choose a value."))
            )
        if len(base.edits) >= MAX_EDITS:
            return Panel(nodes=(said, *asked, *full().nodes))
        where = len(base.edits)
        sets = Sets(path=f"edits.{where}.params.steps", point=self._at(base, 0, seed), live=True)
        bar = Slider(
            id="polish-steps", value=steps, low=0, high=MOST_STEPS, step=1, sets=sets, label="Steps of the polish"
        )
        following = (seed + 1) % LARGEST_SEED
        patch = {self.path("seed"): following}
        if base != scene.point:
            patch[f"edits.{where}.params.seed"] = following
        other = Button(id="polish-seed", text="Other noise", sets=Sets(patch=patch))
        points = [self._at(base, k, seed) for k in SHOWN]
        cells = [
            Cell(point=point, caption=f"{k}: {share:.0%}", alt=f"After {k} steps")
            for k, point, share in zip(SHOWN, points, seen(session, points), strict=True)
        ]
        scrub = Row(id="polish-scrub", role="scrub", inside=(play("polish-play", "polish-steps"), bar, other))
        strip = Strip(id="polish-way", title="Step by step", cells=tuple(cells), fit=True)
        return Panel(nodes=(said, *asked, scrub, strip), overlay=Overlay(path=tuple(points)))

    def _now(self, scene: Scene) -> tuple[Point, int, int]:
        """What the polish on stage starts from, how many steps it took, and under which seed; 0 steps where there is none."""
        chosen: PolishOptions = self.options(scene)
        base, params = scene.point.before("polish")
        if params is None:
            return base, 0, chosen.seed
        return base, int(params.get("steps", 20)), int(params.get("seed", 0))

    def _at(self, base: Point, steps: int, seed: int) -> Point:
        return base.then("polish", steps=steps, seed=seed)

    def _asked(self, session: Session, base: Point) -> list[Labelled]:
        """What to polish towards: asking again starts from the rough draw under the new value."""
        now, fields = session.condition(base), []
        for attribute in session.card.conditions.attributes:
            if attribute.kind != "categorical":
                continue
            ident, current = f"polish-{attribute.name}", now[attribute.name]
            choices = tuple(Choice(value=v, text=v, point=ask(base, **{attribute.name: v})) for v in attribute.values)
            value = current if isinstance(current, str) else None
            picked = Chips(id=ident, choices=choices, value=value, sets=Sets(path=f"condition.{attribute.name}"))
            fields.append(Labelled(id=f"field-{attribute.name}", label=attribute.label, inside=(picked,)))
        return fields


@torch.inference_mode()
def seen(session: Session, points: list[Point]) -> list[float]:
    """How much the model's own classifier sees of what is asked in each point's picture: probabilities."""
    x = torch.stack([session.output(point) for point in points])
    c = torch.stack([session.resolve(point).c for point in points])
    return (session.checkpoint.model.classifier(x).softmax(1) * c).sum(1).tolist()
