"""Counterfactual: a target class and a confidence; the way there as a strip, and under each step who reads what."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from pydantic import Field

from explorer.core.nodes import (
    Button,
    Cell,
    Chips,
    Choice,
    Labelled,
    Note,
    Overlay,
    Panel,
    Sets,
    Slider,
    Strip,
    Table,
)  # fmt: skip
from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.core.schema import Attribute
from explorer.museum.lenses._judged import judged
from explorer.page.tabs.base import Tab, bare, full
from explorer.play import recipes
from explorer.play.operations.counterfactual import HIGHEST, LOWEST, rival
from explorer.play.session import Session

STEPS = 7
OP = "counterfactual"


class CounterfactualOptions(recipes.Options):
    """Which class is asked for, and how surely; the nearest other class where none is chosen."""

    target: str | None = Field(default=None, max_length=64)
    confidence: float = Field(default=0.9, ge=LOWEST, le=HIGHEST)


@register("tabs", "counterfactual")
class CounterfactualTab(Tab):
    """What would have to change?"""

    title = "What if?"
    order = 60
    special = True
    needs = frozenset({"counterfactual"})
    Options = CounterfactualOptions

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`."""
        base, target, confidence = self._asked(session, scene)
        if len(base.edits) >= MAX_EDITS:
            return full()
        attribute = session.card.conditions.attributes[0]
        start = _log_probabilities(session, base)
        now = attribute.values[int(start.argmax())]
        source = attribute.values[_rival(start, attribute, target)]
        there = _toward(base, target, confidence)
        choices = tuple(
            Choice(value=v, text=v, own=v == now, point=_toward(base, v, confidence)) for v in attribute.values
        )
        on = scene.point == there
        sets = Sets(path=f"edits.{len(base.edits)}.params.confidence", point=None if on else there, live=True)
        bar = Slider(id="confidence", value=confidence, low=LOWEST, high=HIGHEST, step=0.01, sets=sets)
        way = tuple(_toward(base, target, confidence, k / (STEPS - 1)) for k in range(STEPS))
        cells = tuple(
            Cell(point=point, caption=f"{_against(session, point, attribute, source, target):.0%}",
                 alt=f"step {k} of {STEPS} from {source} to {target}")
            for k, point in enumerate(way, start=1)
        )  # fmt: skip
        reset = Button(
            id="reset-counterfactual", text="Reset", sets=Sets(patch={"edits": bare(base)}),
            disabled=None if on else "The picture on stage is no such step.",
        )  # fmt: skip
        chosen = Chips(id="target", choices=choices, value=target, sets=Sets(path=self.path("target")))
        said = Note(
            id="said",
            text=f"The model reads this as {now}. The least that must change for it to read {target} rather than {source} "
            "is a straight step across the boundary between the two; its length has a closed form.",
        )
        title = f"From {source} to {target}, and how sure the model is of {target}"
        return Panel(
            nodes=(
                Labelled(id="field-target", label="Read it as", inside=(chosen,)),
                Labelled(id="field-confidence", label="How surely", inside=(bar,), actions=(reset,)),
                said,
                Strip(id="way", title=title, cells=cells, fit=True),
                _readouts(session, way, attribute, source, target),
            ),
            overlay=Overlay(path=way),
        )

    def _asked(self, session: Session, scene: Scene) -> tuple[Point, str, float]:
        """The point to start from, target and confidence: those on stage, else those chosen, else the nearest class."""
        chosen: CounterfactualOptions = self.options(scene)
        point, params = scene.point.before(OP)
        attribute = session.card.conditions.attributes[0]
        if params is not None:
            session.resolve(scene.point)  # which says what is wrong with its parameters
            return point, str(params["target"]), float(params.get("confidence", CounterfactualOptions().confidence))
        if chosen.target in attribute.values:
            return point, str(chosen.target), chosen.confidence
        start = _log_probabilities(session, point)
        nearest = int(rival(start[None], start.argmax()[None]))
        return point, attribute.values[nearest], chosen.confidence


def _toward(base: Point, target: str, confidence: float, share: float = 1.0) -> Point:
    more = {} if share == 1 else {"share": round(share, 6)}
    return recipes.step(base, OP, target=target, confidence=confidence, **more)


@torch.inference_mode()
def _log_probabilities(session: Session, point: Point) -> torch.Tensor:
    """log p(y | z) of a point [C]."""
    return session.checkpoint.model.discriminate(session.resolve(point).z[None])[0]


def _rival(log_probabilities: torch.Tensor, attribute: Attribute, target: str) -> int:
    return int(rival(log_probabilities[None], torch.tensor([attribute.values.index(target)])))


def _against(session: Session, point: Point, attribute: Attribute, source: str, target: str) -> float:
    """How sure the model is, by the latent, of the target against the source."""
    return _odds(_log_probabilities(session, point), attribute, source, target)


def _odds(log_probabilities: torch.Tensor, attribute: Attribute, source: str, target: str) -> float:
    one, two = (float(log_probabilities[attribute.values.index(name)]) for name in (target, source))
    return 1 / (1 + math.exp(min(two - one, 700.0)))


@torch.inference_mode()
def _readouts(session: Session, way: Sequence[Point], attribute: Attribute, source: str, target: str) -> Table:
    """How sure each reader is of the target at each step: the model by latent and by picture, and the judge."""
    outputs = torch.stack([session.output(point) for point in way])
    seen = session.checkpoint.model.classify(outputs)
    latent = [_log_probabilities(session, point) for point in way]
    index = attribute.values.index(target)
    rows = {
        f"Model, against {source}": [_odds(row, attribute, source, target) for row in latent],
        "Model, of all classes": [float(row[index].exp()) for row in latent],
        f"Looking at the picture again, against {source}": [_odds(row, attribute, source, target) for row in seen],
    }
    if session.checkpoint.judge is not None:
        where = session.card.conditions.slices[attribute.name]
        judge = [judged(session, point)[where] for point in way]
        rows[f"Independent judge, against {source}"] = [_odds(row, attribute, source, target) for row in judge]
    return Table(
        id="readouts", label=f"How sure of {target} at each step", columns=("", *(str(k) for k in range(1, len(way) + 1))),
        rows=tuple((name, *(f"{p:.0%}" for p in row)) for name, row in rows.items()),
    )  # fmt: skip
