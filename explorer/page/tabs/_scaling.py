"""Part of the tab *Dictionary*: loss over size and k, learned when it is asked for, as a chart with the law that it follows."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.core.nodes import Bars, Button, Figure, Node, Note, Row, Section, Sets, Table
from explorer.core.parts import Bar
from explorer.learn.training.scaling import Law, Point
from explorer.play.scaling import ASIDE, KS, SIZES, Compared, Comparison, Scaling, comparing, why_no_scaling
from explorer.play.session import Session

TITLE = "Loss over size and k"


def scaling(session: Session, compared: Compared, asked: str | None, path: str, seconds: float) -> tuple[Section, bool]:
    """The section, and whether it is still learning.

    Args:
        session, compared: whose dictionaries, and of which settings.
        asked: `Compared.key` of the settings that a person asked for.
        path: of the option that holds it.
        seconds: for which an answer may learn.
    """
    reason = why_no_scaling(session.card, compared)
    if reason or asked != compared.key:
        button = Button(
            id="scale", text="Compare sizes and k", look="plain", disabled=reason,
            sets=Sets(patch={path: compared.key}, view=True),
        )  # fmt: skip
        said = reason or (
            f"Learns dictionaries of {SIZES[0]} to {SIZES[-1]} features with k from {KS[0]} to {KS[-1]} on {1 - ASIDE:.0%} of "
            "the items and measures them on the others; it takes about half a minute."
        )
        return _section(Row(id="scale-line", role="line", inside=(button, Note(id="scale-what", text=said)))), False
    run = comparing(session, compared)
    found = run.advance(seconds)
    stop = Button(id="scale-stop", text="Cancel" if found is None else "Close", sets=Sets(unset=(path,), view=True))
    end = Row(id="scale-end", inside=(stop,))
    if found is None:
        return _section(*_progress(run), *_chart(run.points, None), end), True
    said = Note(id="scale-said", text=told(found))
    return _section(said, *_chart(found.points, found.law), dead(found.points), end), False


def _section(*inside: Node) -> Section:
    return Section(id="dictionary-scaling", title=TITLE, inside=inside)


def _progress(run: Comparison) -> list[Node]:
    done, whole = run.last.done, run.last.all
    bar = Bar(text="Learning", value=done / whole, figure=f"{int(done)} of {whole} dictionaries")
    return [Bars(id="scale-progress", label="How far the comparison is", bars=(bar,), most=1)]


def told(found: Scaling) -> str:
    """The law in a sentence."""
    ks = sorted({point.k for point in found.points})
    gains = " and ".join(f"{found.law.halved(k):.0%} at k {k}" for k in dict.fromkeys((ks[0], ks[-1])))
    return (
        f"Twice the features take {gains} off the loss. Straight lines in logarithms (dashed) explain {found.law.fit:.1%} of how "
        f"log loss varies, and miss a dictionary by up to {found.law.worst:.1%}."
    )


def _chart(points: Sequence[Point], law: Law | None) -> list[Node]:
    """Loss over size, both as logarithms, a line for each k; the law's line dashed."""
    import plotly.graph_objects as go

    traces = []
    for at, k in enumerate(KS):
        if not (mine := [point for point in points if point.k == k]):
            continue
        colour, name = f"var(--category-{at})", f"k {k}"
        traces.append(
            go.Scatter(
                x=[p.size for p in mine], y=[round(p.loss, 5) for p in mine], name=name,
                mode="markers" if law else "lines+markers",
                marker={"color": colour, "size": 8}, line={"color": colour},
                customdata=[p.dead for p in mine], hovertemplate="%{x} features: %{y:.1%} left over, %{customdata} dead",
            )
        )  # fmt: skip
        if law:
            ends = [mine[0].size, mine[-1].size]
            traces.append(
                go.Scatter(
                    x=ends, y=[round(law.at(size, k), 5) for size in ends], name=name, mode="lines", hoverinfo="skip",
                    line={"color": colour, "dash": "dash"}, showlegend=False,
                )
            )  # fmt: skip
    if not traces:
        return []
    made = go.Figure(traces)
    low = min(point.loss for point in points)
    ticks = [tick for tick in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if tick >= low / 2]
    made.update_layout(
        xaxis={"title": "features", "type": "log", "tickvals": list(SIZES), "ticktext": [str(size) for size in SIZES]},
        yaxis={"title": "variance left over", "type": "log", "tickvals": ticks, "ticktext": [f"{tick:.3g}" for tick in ticks]},
        showlegend=True,
    )  # fmt: skip
    label = f"Loss over size for each k: {'; '.join(_line(points, k) for k in sorted({p.k for p in points}))}"
    return [Figure.of(made, id="scale-chart", label=label, height=300)]


def _line(points: Sequence[Point], k: int) -> str:
    mine = [point for point in points if point.k == k]
    return f"k {k}, {mine[0].loss:.1%} with {mine[0].size} features, {mine[-1].loss:.1%} with {mine[-1].size}"


def dead(points: Sequence[Point]) -> Table:
    """Dead features of every size and k."""
    ks = sorted({point.k for point in points})
    rows = tuple((f"k {k}", *(point.dead for point in points if point.k == k)) for k in ks)
    sizes = [point.size for point in points if point.k == ks[0]]
    return Table(id="scale-dead", label="Dead features", columns=("Dead features", *map(str, sizes)), rows=rows)
