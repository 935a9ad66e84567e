"""A play in miniature, with every kind of field and input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import plotly.graph_objects as go
from pydantic import Field

from explorer.core.nodes import Button, Canvas, Figure, Note, Row, Sets
from explorer.core.registry import register
from explorer.core.schema import ExplorerError
from explorer.museum.plays.base import Inputs, Params, Play, Progress, Shown


class TinyParams(Params):
    """One of each."""

    power: float = Field(default=2, ge=1, le=3, title="Power", description="Exponent of the curve.")
    count: int = Field(default=5, gt=1, lt=9, multiple_of=1)
    seed: int = Field(default=0, ge=0, lt=2**31)
    law: Literal["up", "down"] = "up"
    closed: bool = True


class TinyInputs(Inputs):
    """What a person drops."""

    points: tuple[tuple[float, float], ...] = Field(default=((0.2, 0.2), (0.8, 0.4)), max_length=4)


@register("plays", "tiny")
class Tiny(Play):
    """A curve, and a way through points."""

    title = "Tiny play"
    sentence = "Drop points, and turn the power."
    live = True
    Params = TinyParams
    Inputs = TinyInputs

    def run(self, params: TinyParams, inputs: TinyInputs) -> Iterator[Progress | Shown]:
        """See `Play.run`."""
        if params.law == "down" and params.count == 2:
            raise ExplorerError("Two values can't fall.", "count")
        yield Progress(share=0.5, text="half")
        xs = [k / (params.count - 1) for k in range(params.count)]
        way = (*inputs.points, *inputs.points[:1]) if params.closed else inputs.points
        curve = go.Figure(go.Scatter(x=xs, y=[x**params.power for x in xs]))
        yield [
            Note(id="said", text=f"{len(inputs.points)} points, {params.law}"),
            Canvas(
                id="plane", label="Points", points=inputs.points, lines=(("found", way),), most=4,
                sets=Sets(path="inputs.points"),
            ),
            Row(id="ways", inside=(Button(id="clear", text="Clear", sets=Sets(patch={"inputs.points": []})),)),
            Figure.of(curve, id="curve", label="The curve"),
        ]  # fmt: skip
