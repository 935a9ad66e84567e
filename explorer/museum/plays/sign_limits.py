"""Play of paper 71: train an autoencoder with a sign in its middle, and see its risk land on the predicted curve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

from explorer.core.nodes import Chips, Choice, Figure, Labelled, Node, Note, Sets, Table
from explorer.core.registry import register
from explorer.learn.data.laws import LAWS
from explorer.learn.models.codes.sign import least_risk
from explorer.learn.training.signs import descend, measured, random_encoder
from explorer.museum.plays.base import Inputs, Params, Play, Progress, Shown, form

COUNT = 10_000  # vectors that the risk is measured on
CURVE = np.linspace(0.05, 2.0, 40)


@register("plays", "sign-limits")
class SignLimits(Play):
    """See the module."""

    title = "The least error of a sign autoencoder"
    sentence = (
        "An autoencoder turns each vector into bits by a sign, and is trained by gradient as you watch. Turn the rate and "
        "the law of the vectors: the trained point lands on the curve, which bends at one bit a number; a random encoder "
        "stays above."
    )

    class Params(Params):
        """What is trained, and on what."""

        law: Literal["gaussian", "levels", "decaying", "uniform", "laplace", "sparse"] = Field(
            "gaussian", title="Vectors"
        )
        rate: float = Field(1.0, ge=0.25, le=2, multiple_of=0.25, title="Rate", description="bits for each number")
        dims: int = Field(32, ge=16, le=96, multiple_of=16, title="Dimensions")
        steps: int = Field(600, ge=100, le=1500, multiple_of=100, title="Gradient steps")
        seed: int = Field(0, ge=0, le=999, title="Seed")

    def form(self, params: Params, inputs: Inputs) -> Shown:
        """Laws by their own names; the rest as usual."""
        choices = tuple(Choice(value=name, text=law.label) for name, law in LAWS.items())
        chips = Chips(id="law", choices=choices, value=params.law, sets=Sets(path="params.law"))
        first = Labelled(id="field-law", label="Vectors", inside=(chips,))
        return [first, *(node for node in form(params) if node.id != "field-law")]

    def run(self, params: Params, inputs: Inputs) -> Iterator[Progress | Shown]:
        """See `Play.run`."""
        law, bits = LAWS[params.law], round(params.rate * params.dims)
        bound = least_risk(params.rate, law.spread(params.dims))
        rival = measured(
            random_encoder(law, params.dims, bits, params.seed), law, params.dims, count=COUNT, seed=params.seed
        )
        way: list[tuple[int, float]] = []
        for step, net in descend(law, params.dims, bits, steps=params.steps, seed=params.seed):
            way.append((step, measured(net, law, params.dims, count=COUNT // 5, seed=params.seed)))
            yield Progress(share=step / params.steps, text=f"step {step} of {params.steps}")
        found = measured(net, law, params.dims, count=COUNT, seed=params.seed)
        way[-1] = params.steps, found
        yield [
            curve(params, found, rival),
            descent(way, bound),
            Table(
                id="readings",
                label="Mean squared error of a number of variance 1",
                columns=("", "Error", "Above the curve"),
                rows=(
                    ("Predicted", round(bound, 4), None),
                    ("Trained", round(found, 4), round(found - bound, 4)),
                    ("Random encoder", round(rival, 4), round(rival - bound, 4)),
                ),
            ),
            *remarks(params),
        ]


def remarks(params: SignLimits.Params) -> list[Node]:
    """What to hold against what is shown."""
    if LAWS[params.law].gaussian:
        text = "The curve is exact for ever more dimensions; at few, a trained autoencoder ends slightly above it."
    elif params.law == "sparse":
        text = "Few numbers differ from zero at a time, so that their sums are no Gaussians: the theory doesn't reach here."
    else:
        text = "The theorem is about Gaussian vectors; that other laws land on the same curve is measured, not proved."
    return [Note(id="remark", text=text)]


def curve(params: SignLimits.Params, found: float, rival: float) -> Figure:
    """Error over rate: the predicted curve, that of an unbounded code, and the two points."""
    import plotly.graph_objects as go

    spread = np.repeat(LAWS[params.law].spread(params.dims), 20)  # so that each rate is a whole number of bits
    limit = [unbounded(rate, spread) for rate in CURVE]
    lines = [
        go.Scatter(x=CURVE.round(3).tolist(), y=[round(least_risk(rate, spread), 5) for rate in CURVE],
                   name="predicted", mode="lines", line={"color": "var(--accent)"}),
        go.Scatter(x=CURVE.round(3).tolist(), y=[round(value, 5) for value in limit], name="any code (rate-distortion)",
                   mode="lines", line={"color": "var(--ink-2)", "dash": "dot"}),
        go.Scatter(x=[params.rate], y=[round(found, 5)], name="trained", mode="markers",
                   marker={"color": "var(--ink)", "size": 11}),
        go.Scatter(x=[params.rate], y=[round(rival, 5)], name="random encoder", mode="markers",
                   marker={"color": "var(--ink-2)", "size": 11, "symbol": "x"}),
    ]  # fmt: skip
    made = go.Figure(lines)
    made.update_layout(
        xaxis_title="bits for each number", yaxis_title="error", yaxis_range=[0, 1], legend={"x": 0.55, "y": 1}
    )
    return Figure.of(made, id="curve", label="Error over rate: predicted, trained and random", height=320)


def descent(way: list[tuple[int, float]], bound: float) -> Figure:
    """Error over training steps, and the predicted one."""
    import plotly.graph_objects as go

    steps = [step for step, _ in way]
    made = go.Figure([
        go.Scatter(x=steps, y=[round(error, 5) for _, error in way], name="trained", mode="lines",
                   line={"color": "var(--ink)"}),
        go.Scatter(x=[steps[0], steps[-1]], y=[round(bound, 5)] * 2, name="predicted", mode="lines",
                   line={"color": "var(--accent)", "dash": "dash"}),
    ])  # fmt: skip
    made.update_layout(xaxis_title="gradient steps", yaxis_title="error", legend={"x": 0.7, "y": 1})
    return Figure.of(made, id="descent", label="Error while training", height=220)


def unbounded(rate: float, spread: np.ndarray) -> float:
    """Least error of any code of a Gaussian at a rate in bits for each number: reverse water-filling (Cover and Thomas, 10.3)."""
    variance = spread**2
    low, high = 0.0, float(variance.max())
    for _ in range(60):
        level = (low + high) / 2
        bits = np.maximum(0.5 * np.log2(variance / max(level, 1e-12)), 0).mean()
        low, high = (level, high) if bits > rate else (low, level)
    return float(np.minimum(variance, level).mean())
