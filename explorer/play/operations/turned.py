"""A tab that an operation declares: which parameter is turned, shown as a strip, and what is read out along it.

A subclass stands in its operation's file, under `@register("tabs", <the operation's name>)`, and states what is its own. Steps
never pile up: the tab turns the step that is on stage, or adds the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

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
    Row,
    Sets,
    Slider,
    Strip,
)
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.play.operations.base import Operation
from explorer.play.operations.tab import Options, Tab, ask, bare, full, play

if TYPE_CHECKING:
    from explorer.play.session import Session

LARGEST_SEED = 2**31 - 1


class Seeded(Options):
    """The seed of the step that isn't taken yet."""

    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)


class Turned(Tab):
    """Base of the tabs that operations declare.

    Class attributes:
        operation: whose step it turns.
        turns: the parameter that its slider turns and its strip shows; its bounds are the slider's.
        label: of the slider.
        step: of the slider.
        start: what the slider shows while no step is taken.
        stops: values of the strip.
        strip: its title.
        said: what there is to see, in a sentence or two.
        seeded: text of the button that takes another seed; empty for an operation without one.
        asks: show what is asked of the picture, to choose anew, since the step goes by it.
        unasked: what to say where nothing is asked, though the step goes by it; empty for one that doesn't.
        back: text of the button that takes the step back.
    """

    operation: ClassVar[type[Operation]]
    turns: ClassVar[str]
    label: ClassVar[str]
    step: ClassVar[float] = 1
    start: ClassVar[float] = 0
    stops: ClassVar[Sequence[float]]
    strip: ClassVar[str]
    said: ClassVar[str]
    seeded: ClassVar[str] = ""
    asks: ClassVar[bool] = False
    unasked: ClassVar[str] = ""
    back: ClassVar[str] = "Reset"
    special = True

    def read(self, session: Session, base: Point, points: Sequence[Point]) -> list[str]:
        """What is said below each picture of the strip."""
        return [f"{stop:g}" for stop in self.stops]

    def above(self, session: Session, base: Point) -> list[Node]:
        """More, before the slider."""
        return []

    def below(self, session: Session, scene: Scene, base: Point) -> list[Node]:
        """More, after the strip."""
        return []

    def at(self, base: Point, value: float, seed: int = 0) -> Point:
        """The point with the step taken so far."""
        return base.then(self.operation.name, **{self.turns: value}, **({"seed": seed} if self.seeded else {}))

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`."""
        chosen = self.options(scene)
        base, params = scene.point.before(self.operation.name)
        head = [Note(id=f"{self.name}-said", text=self.said), *(self._asked(session, base) if self.asks else [])]
        if self.unasked and not any(session.condition(base).values()):
            return Panel(nodes=(*head, Note(id="unasked", text=self.unasked)))
        if len(base.edits) >= MAX_EDITS:
            return Panel(nodes=(*head, *full().nodes))
        seed = int((params or {}).get("seed", 0 if params else getattr(chosen, "seed", 0)))
        default = self.operation.Params.model_fields[self.turns].default
        value = self.start if params is None else params.get(self.turns, default)
        points = tuple(self.at(base, stop, seed) for stop in self.stops)
        captions = self.read(session, base, points)
        cells = tuple(
            Cell(point=point, caption=caption, alt=f"{self.label}: {stop:g}")
            for point, caption, stop in zip(points, captions, self.stops, strict=True)
        )
        return Panel(
            nodes=(
                *head, *self.above(session, base), self._scrub(base, value, seed, params),
                Strip(id=f"{self.name}-way", title=self.strip, cells=cells, fit=True), *self.below(session, scene, base),
            ),
            overlay=Overlay(path=points),
        )  # fmt: skip

    def _scrub(self, base: Point, value: float, seed: int, params: dict[str, Any] | None) -> Labelled:
        """Play, slider, another seed, and the way back."""
        where = f"edits.{len(base.edits)}.params"
        bounds = self.operation.Params.model_json_schema()["properties"][self.turns]
        ident = f"{self.name}-{self.turns}"
        sets = Sets(path=f"{where}.{self.turns}", point=self.at(base, self.start, seed), live=True)
        bar = Slider(id=ident, value=value, low=bounds["minimum"], high=bounds["maximum"], step=self.step, sets=sets)
        inside: list[Node] = [play(f"{self.name}-play", ident), bar]
        if self.seeded:
            following = (seed + 1) % LARGEST_SEED
            patch = {self.path("seed"): following} | ({} if params is None else {f"{where}.seed": following})
            inside.append(Button(id=f"{self.name}-seed", text=self.seeded, sets=Sets(patch=patch)))
        reset = Button(
            id=f"reset-{self.name}", text=self.back, sets=Sets(patch={"edits": bare(base)}),
            disabled="No such step is taken." if params is None else None,
        )  # fmt: skip
        row = Row(id=f"{self.name}-scrub", role="scrub", inside=tuple(inside))
        return Labelled(id=f"field-{self.name}", label=self.label, inside=(row,), actions=(reset,))

    def _asked(self, session: Session, base: Point) -> list[Labelled]:
        """What the step goes by: asking again starts from what was there before it."""
        now, fields = session.condition(base), []
        for attribute in session.card.conditions.attributes:
            if attribute.kind != "categorical":
                continue
            ident, current = f"{self.name}-{attribute.name}", now[attribute.name]
            choices = tuple(Choice(value=v, text=v, point=ask(base, **{attribute.name: v})) for v in attribute.values)
            value = current if isinstance(current, str) else None
            picked = Chips(id=ident, choices=choices, value=value, sets=Sets(path=f"condition.{attribute.name}"))
            fields.append(Labelled(id=f"field-{attribute.name}", label=attribute.label, inside=(picked,)))
        return fields
