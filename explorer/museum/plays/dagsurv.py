"""Play of paper 10: a made-up person, whose survival curve follows when a covariate is changed or an edge of the graph is cut."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import Field

from explorer.core.nodes import Button, Chips, Choice, Figure, Labelled, Node, Note, Row, Section, Sets, Slider, Table
from explorer.core.registry import register
from explorer.core.schema import ExplorerError
from explorer.learn.data.cohorts import TABLES
from explorer.learn.models.table.dag import ancestral
from explorer.learn.models.table.survival import DAGSurv
from explorer.museum.plays import _weights
from explorer.museum.plays.base import Inputs, Params, Play, Shown

DRAWS = 64
BAND = (0.1, 0.9)
Name = Literal["metabric", "gbsg", "support"]
Edge = Annotated[str, Field(pattern=r"^\d{1,2}-\d{1,2}$")]


@register("plays", "dagsurv")
class DAGSurvPlay(Play):
    """See the module."""

    title = "Survival curves along a graph"
    sentence = (
        "Take a made-up person, move a covariate or cut an edge: the curve follows, and the band shows what the latent leaves "
        "open. Look for the covariates that move the curve most, and for edges that carry nothing."
    )
    live = True

    class Params(Params):
        """Whose curve."""

        table: Name = Field("metabric", title="Table")
        person: int = Field(0, ge=0, le=999, title="Person")

    class Inputs(Inputs):
        """What is changed: covariates by their column (`c0`, ...), and the edges that are cut (`4-0`: from node 4 to node 0)."""

        values: dict[Annotated[str, Field(pattern=r"^c\d{1,2}$")], Annotated[float, Field(ge=-1e5, le=1e5)]] = Field(
            {}, max_length=14
        )
        cut: tuple[Edge, ...] = Field((), max_length=60)

    def form(self, params: Params, inputs: Inputs) -> Shown:
        """The table, the person, a slider for each covariate, and a button for each edge."""
        _, facts = trained(params.table)
        own = person(params.table, params.person)
        tables = tuple(Choice(value=name, text=table.label) for name, table in TABLES.items())
        chips = Chips(
            id="table",
            choices=tables,
            value=params.table,
            sets=Sets(path="params.table", unset=("inputs.values", "inputs.cut")),
        )
        number = Slider(
            id="person",
            value=params.person,
            low=0,
            high=999,
            step=1,
            sets=Sets(path="params.person", unset=("inputs.values",)),
        )
        nodes: list[Node] = [
            Labelled(id="field-table", label="Table", inside=(chips,)),
            Labelled(
                id="field-person",
                label="Person",
                inside=(number, Note(text="drawn from the graph; nobody of the table")),
            ),
        ]
        nodes += [_slider(params.table, k, own[k], inputs) for k in range(len(own))]
        nodes.append(
            Section(id="edges", title="Edges: press to cut", inside=tuple(_edges(facts, params.table, inputs)))
        )
        return nodes

    def run(self, params: Params, inputs: Inputs) -> Shown:
        """See `Play.run`."""
        net, facts = trained(params.table)
        own = person(params.table, params.person)
        now = changed(params.table, own, inputs)
        cut = torch.ones(net.nodes, net.nodes)
        for i, j in (map(int, edge.split("-")) for edge in inputs.cut):
            if max(i, j) >= net.nodes or not net.edges[i, j]:
                raise ExplorerError(f"The graph has no edge from node {i} to node {j}.", "edges")
            cut[i, j] = 0
        before, after = curves(params.table, own), curves(params.table, now, cut)
        return [
            _chart(params.table, facts, before, after, touched=bool(inputs.cut) or not np.array_equal(own, now)),
            _readings(params.table, facts, before, after),
            _graph(params.table, net, set(inputs.cut)),
        ]


@lru_cache(maxsize=3)
def trained(table: str) -> tuple[DAGSurv, dict[str, Any]]:
    """The network of a table with the weights of seed 0, and what it takes to speak to it: scales, ranges, ends of intervals."""
    tensors, facts = _weights.read(f"dagsurv-{table}")
    net = DAGSurv(len(facts["mean"]), len(facts["ends"]), facts["width"])
    net.load_state_dict({key: value for key, value in tensors.items() if key not in ("linear", "noise")})
    return net.eval().requires_grad_(False), facts | {"linear": tensors["linear"], "noise": tensors["noise"]}


@lru_cache(maxsize=64)
def person(table: str, number: int) -> np.ndarray:
    """Covariates [K] of a made-up person in their units, within the table's range; counts and flags are whole."""
    _, facts = trained(table)
    drawn = ancestral(facts["linear"].numpy(), facts["noise"].numpy(), 1, number)[0][1:]
    x = drawn * np.array(facts["deviation"]) + np.array(facts["mean"])
    x = x.clip(facts["low"], facts["high"])
    whole = np.array([column.kind != "number" for column in TABLES[table].columns])
    return np.where(whole, x.round(), x.round(2))


def changed(table: str, own: np.ndarray, inputs: DAGSurvPlay.Inputs) -> np.ndarray:
    """The person with the covariates that were changed.

    Raises:
        ExplorerError: no such covariate, or a value out of its range.
    """
    _, facts = trained(table)
    out = own.copy()
    for key, value in inputs.values.items():
        k = int(key[1:])
        if k >= len(own):
            raise ExplorerError(f"{TABLES[table].label} has no covariate {key}.", "play")
        if not facts["low"][k] <= value <= facts["high"][k]:
            raise ExplorerError(
                f"{TABLES[table].columns[k].name} lies between {facts['low'][k]:g} and {facts['high'][k]:g}.", key
            )
        out[k] = value
    return out


def curves(table: str, x: np.ndarray, cut: torch.Tensor | None = None) -> np.ndarray:
    """Survival of a person at the ends of the intervals for draws of the latent, [draws, intervals]."""
    net, facts = trained(table)
    scaled = torch.tensor((x - np.array(facts["mean"])) / np.array(facts["deviation"]), dtype=torch.float32)
    return net.curves(scaled.clamp(-6, 6)[None], draws=DRAWS, cut=cut)[:, 0].numpy()


def _slider(table: str, k: int, own: float, inputs: DAGSurvPlay.Inputs) -> Labelled:
    _, facts = trained(table)
    column, key = TABLES[table].columns[k], f"c{k}"
    path, value = f"inputs.values.{key}", inputs.values.get(key, float(own))
    reset = Button(id=f"reset-{key}", text="reset", look="small", sets=Sets(unset=(path,)))
    if column.kind == "flag":
        choices = tuple(Choice(value=v, text=t, own=v == own) for v, t in ((0.0, "no"), (1.0, "yes")))
        control: Node = Chips(id=key, choices=choices, value=value, sets=Sets(path=path))
    else:
        low, high = facts["low"][k], facts["high"][k]
        step = 1.0 if column.kind == "count" else round((high - low) / 100, 2)
        control = Slider(
            id=key, value=value, low=low, high=high, step=step, unit=column.unit, sets=Sets(path=path, eager=True)
        )
    return Labelled(
        id=f"field-{key}", label=column.name, inside=(control,), actions=(reset,) if key in inputs.values else (),
        changed=key in inputs.values,
    )  # fmt: skip


def _edges(facts: dict[str, Any], table: str, inputs: DAGSurvPlay.Inputs) -> list[Node]:
    """Buttons, those into time first."""
    found = sorted(facts["edges"], key=lambda edge: (edge[1] != 0, edge))
    names = nodes_of(table)
    buttons = []
    for i, j in found:
        key = f"{i}-{j}"
        others = [each for each in inputs.cut if each != key]
        gone = key in inputs.cut
        buttons.append(Button(
            id=f"edge-{key}", text=f"{names[i]} → {names[j]}", pressed=gone, title="mend it" if gone else "cut it",
            sets=Sets(patch={"inputs.cut": others if gone else [*others, key]}),
        ))  # fmt: skip
    mend = Button(id="mend", text="Mend all", look="plain", sets=Sets(unset=("inputs.cut",)))
    return [Row(id="edge-row", inside=tuple(buttons)), *([mend] if inputs.cut else [])]


def nodes_of(table: str) -> list[str]:
    """Names of the graph's nodes: time, then the covariates."""
    return ["Time", *(column.name for column in TABLES[table].columns)]


def _chart(table: str, facts: dict[str, Any], before: np.ndarray, after: np.ndarray, *, touched: bool) -> Figure:
    """The curve with its band, and the unchanged person's."""
    import plotly.graph_objects as go

    ends = [0.0, *facts["ends"]]

    def whole(survival: np.ndarray) -> list[float]:
        return [1.0, *survival.round(4).tolist()]

    low, high = np.quantile(after, BAND, axis=0)
    lines = [
        go.Scatter(x=ends, y=whole(high), mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip"),
        go.Scatter(x=ends, y=whole(low), mode="lines", line={"width": 0}, fill="tonexty", fillcolor="rgba(120,120,160,0.25)",
                   name="90 % to 10 % of the draws", hoverinfo="skip"),
        go.Scatter(x=ends, y=whole(after.mean(0)), mode="lines", name="now", line={"color": "var(--accent)"}),
    ]  # fmt: skip
    if touched:
        dashed = {"color": "var(--ink-2)", "dash": "dash"}
        lines.append(go.Scatter(x=ends, y=whole(before.mean(0)), mode="lines", name="as drawn", line=dashed))
    made = go.Figure(lines)
    made.update_layout(
        xaxis_title=TABLES[table].unit, yaxis_title=f"without {TABLES[table].event}", yaxis_range=[0, 1.02],
        legend={"x": 0.6, "y": 1},
    )  # fmt: skip
    return Figure.of(made, id="survival", label="Survival curve with its spread", height=320)


def _readings(table: str, facts: dict[str, Any], before: np.ndarray, after: np.ndarray) -> Table:
    ends = np.array(facts["ends"])
    rows = []
    for share in (0.25, 0.5, 0.75):
        k = int(share * (len(ends) - 1))
        now, then = after[:, k], before[:, k]
        rows.append(
            (f"{ends[k]:.0f} {TABLES[table].unit}", f"{now.mean():.1%}", f"{then.mean():.1%}", f"{now.std():.1%}")
        )
    columns = ("Without the event after", "Now", "As drawn", "Spread")
    return Table(id="readings", label="Survival at three times", columns=columns, rows=tuple(rows))


def _graph(table: str, net: DAGSurv, cut: set[str]) -> Figure:
    """The graph on a circle; arrows are as thick as their weight, cut ones dotted away."""
    import plotly.graph_objects as go

    names, strengths = nodes_of(table), net.graph()
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(names)) / len(names)
    x, y = np.cos(angles), np.sin(angles)
    here = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y", "showarrow": True, "arrowhead": 2, "text": ""}
    arrows = []
    for i, j in net.edges.nonzero().tolist():
        gone = f"{i}-{j}" in cut
        ends = {"x": x[j] * 0.93, "y": y[j] * 0.93, "ax": x[i], "ay": y[i]}
        look = {
            "arrowwidth": round(0.8 + 2.5 * min(1.0, abs(float(strengths[i, j]))), 2),
            "arrowcolor": "var(--line-strong)" if gone else "var(--accent)",
            "opacity": 0.3 if gone else 0.9,
        }
        arrows.append(here | look | {key: round(float(value), 3) for key, value in ends.items()})
    marks = go.Scatter(
        x=x.round(3).tolist(), y=y.round(3).tolist(), text=names, mode="markers+text",
        textposition=["top center" if b >= 0 else "bottom center" for b in y],
        marker={"size": 12, "color": "var(--ink)"}, hoverinfo="text", showlegend=False,
    )  # fmt: skip
    made = go.Figure([marks])
    hidden = {"visible": False, "range": [-1.45, 1.45]}
    made.update_layout(xaxis=hidden, yaxis=hidden, annotations=arrows, margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return Figure.of(made, id="graph", label="The graph; pale arrows are cut", height=380)
