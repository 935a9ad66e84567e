"""Forecast: keep the beginning of a series and draw how it may go on; a fan of that, and how strange the whole of it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from pydantic import Field
from torch.distributions import Normal

from explorer.core.nodes import Figure, Meter, Node, Note, Section
from explorer.core.noise import normal
from explorer.core.numbers import number
from explorer.core.registry import register
from explorer.core.scene import Point
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.tab import Options
from explorer.play.operations.turned import Along, Part, Read, Reading, Shown, Turn, Turned

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from explorer.play.session import Session

DRAWS = 256  # of a fan
SCATTER = 9  # steps through the readings' own noise, for each draw
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
USUAL = 0.95  # share of the normal items below the alarm


class ForecastParams(Params):
    """How much of the series is known, and which draw of the rest."""

    seen: int = Field(ge=0, lt=65536, description="readings from the beginning that are known")
    seed: int = Field(default=0, ge=0, lt=2**31)
    draw: int = Field(default=0, ge=0, lt=4096, description="number of the draw under this seed")


@register("operations", "forecast")
class Forecast(Operation):
    """Draw a latent that fits the first readings of the point's own curve; what comes after them isn't looked at.

    The family's `forecast` decides what follows; for the series CVAE see equation (2) of `models/series/cvae.py`.
    """

    title = "Forecast"
    sentence = "Keeps the beginning of the series and draws how it may go on."
    cost = 3.0
    Params = ForecastParams
    needs = frozenset({"forecast"})

    def apply(self, context: Context, state: State, params: ForecastParams) -> State:
        """See `Operation.apply`."""
        model = context.checkpoint.model
        x = model.decode(state.z[None], state.c[None])[0]
        noise = normal(params.seed, params.draw, state.z.numel()).reshape(state.z.shape)
        return state.moved(model.forecast(x, state.c, min(params.seen, x.shape[-1]), noise[None])[0])


class ForecastOptions(Options):
    """How many readings are known, and the seed of the draws."""

    seen: int = Field(default=20, ge=0, lt=65536)
    seed: int = Field(default=0, ge=0, lt=2**31)


@dataclass(frozen=True)
class Alarm:
    """Scores of a checkpoint's normal items: the alarm's threshold, and the range that a meter shows."""

    threshold: float
    low: float
    high: float


@register("tabs", "forecast")
class ForecastTab(Turned):
    """See how a series may go on."""

    title = "Forecast"
    order = 5
    operation = Forecast
    Options = ForecastOptions

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        return (
            Turn(id="forecast-seen", parameter="seen", label="Known", option=True, low=0, high=session.card.shape[-1]),
            Read(id="fan"),
            Along(
                id="forecast-draws", title="Ways it may go on", draws=6, again="Other draws", keep=("seen",), drawn=True,
                fit=False,
            ),
            Read(id="strange"),
        )  # fmt: skip

    def read(self, session: Session, asked: Shown) -> Reading:
        """The fan of forecasts, its end in words, and how strange the curve on stage is."""
        steps, clock, chosen = session.card.shape[-1], session.modality.clock, ForecastOptions(**asked.options)
        seen = min(chosen.seen, steps)
        until = f"{number(float(clock.times(steps)[max(seen - 1, 0)]), 0)} {clock.label}"
        known = f"{seen} of {steps} readings, up to {until}" if seen else "nothing"
        quantiles = fan_of(session, asked.base, seen, chosen.seed)
        drawing = Figure.of(
            fan(session, session.output(asked.base).numpy(), quantiles, seen), id="fan",
            label=f"Forecast from {known}: median, and bands of 50 and 90 per cent",
            height=min(200 + 80 * quantiles.shape[1], 680),
        )  # fmt: skip
        told = Note(id="forecast-known", text=f"The model is shown {known}, and the condition.")
        says = Note(id="forecast-says", text=self._says(session, quantiles))
        found = {"forecast-seen-said": [told], "fan": [drawing, says], "strange": self._strange(session, asked.point)}
        return Reading(nodes=found)

    def _says(self, session: Session, quantiles: np.ndarray) -> str:
        """The end of the fan in words, for the channel that has a limit, or the first."""
        modality = session.modality
        channels = modality.channels(quantiles.shape[1])
        which = next((k for k, channel in enumerate(channels) if channel.limit is not None), 0)
        low, *_, high = modality.readings(quantiles)[:, which, -1]
        unit = channels[which].unit and f" {channels[which].unit}"
        text = (
            f"{channels[which].label} at the end: between {number(low)} and {number(high)}{unit} in nine cases of ten, "
            "the scatter of single readings included."
        )
        return text + " The dotted line is how the curve on stage goes on."

    def _strange(self, session: Session, point: Point) -> list[Node]:
        if "anomaly" not in session.card.capabilities:
            return []
        alarm, score = alarm_of(session), anomaly_of(session, point)
        labels = {a.name: a.label.lower() for a in session.card.conditions.attributes}
        normal = ", ".join(f"{labels[name]} {value}" for name, value in session.checkpoint.model.normal.items())
        over = score > alarm.threshold
        said = f"{'Alarm: ' if over else ''}{number(score, 1)} nats; the alarm is at {number(alarm.threshold, 1)}."
        why = (
            f"How improbable the curve on stage is, were it normal ({normal}) under the rest of its condition: minus the "
            f"model's bound on its likelihood. {USUAL:.0%} of the normal items lie below the alarm."
        )
        meter = Meter(
            id="anomaly",
            label=f"Anomaly score: {said}",
            value=score,
            low=alarm.low,
            high=alarm.high,
            mark=alarm.threshold,
        )
        says = Note(id="anomaly-says", text=said, tone="error" if over else "note")
        return [Section(id="strange", title="Anomaly score", inside=(meter, says, Note(id="anomaly-why", text=why)))]


def fan(session: Session, curve: np.ndarray, quantiles: np.ndarray, seen: int) -> go.Figure:
    """What is known of a series, the quantiles of how it may go on, and how it did go on: a row for each channel.

    Args:
        session: whose channels and clock these are.
        curve: the whole series, float32 [C, T] in [0, 1].
        quantiles: an odd number of them from low to high, the median in the middle, float32 [Q, C, T].
        seen: readings that are known.
    """
    from plotly.subplots import make_subplots  # a second of the start, for one tab

    modality = session.modality
    channels, clock = modality.channels(len(curve)), modality.clock
    times, start, middle = clock.times(curve.shape[1]), max(seen - 1, 0), len(quantiles) // 2
    rows, named = len(channels), [channel.title for channel in channels]
    figure = make_subplots(rows, shared_xaxes=True, subplot_titles=named, vertical_spacing=0.28 / rows)
    figure.update_annotations(font={"size": 11}, x=0, xanchor="left")  # above its chart, which may be a low one
    whole, bands = modality.readings(curve), modality.readings(quantiles)
    for k, channel in enumerate(channels):
        put = partial(figure.add_scatter, row=k + 1, col=1, mode="lines", showlegend=k == 0, hoverinfo="x+y+name")
        for q in range(middle):
            for edge, fill in ((bands[q, k], None), (bands[-1 - q, k], "tonexty")):
                share = f"{QUANTILES[-1 - q] - QUANTILES[q]:.0%} of cases"
                put(
                    x=times[start:], y=edge[start:], fill=fill, fillcolor="var(--accent, 16%)", line={"width": 0}, name=share,
                    legendgroup=share, showlegend=k == 0 and fill is not None,
                )  # fmt: skip
        put(x=times[start:], y=bands[middle, k, start:], line={"color": "var(--accent)"}, name="Median")
        put(
            x=times[start:],
            y=whole[k, start:],
            line={"color": "var(--ink-2)", "width": 1.25, "dash": "dot"},
            name="On stage",
        )
        put(x=times[:seen], y=whole[k, :seen], line={"color": "var(--ink)"}, name="Known")
        if channel.limit is not None:
            figure.add_hline(
                channel.limit, line={"color": "var(--alarm)", "dash": "dash", "width": 1}, row=k + 1, col=1
            )
    figure.update_yaxes(nticks=4)
    figure.add_vline(float(times[start]), line={"color": "var(--ink-3)", "width": 1})
    figure.update_xaxes(title={"text": clock.label, "font": {"size": 11}}, row=rows, col=1)
    figure.update_layout(legend={"orientation": "h", "y": 1 + 0.12 / rows, "yanchor": "bottom"})
    return figure


def fan_of(session: Session, point: Point, seen: int, seed: int) -> np.ndarray:
    """Quantiles of how the curve of a point goes on from its first `seen` readings, float32 [5, C, T] in [0, 1].

    Over draws of the latent, and within each over the normal scatter of single readings around the curve.
    """
    key = ("fan", seen, seed, point.model_dump_json())
    return session.remember(key, lambda: _fan(session, point, seen, seed))


@torch.inference_mode()
def _fan(session: Session, point: Point, seen: int, seed: int) -> np.ndarray:
    model, c = session.checkpoint.model, session.resolve(point).c
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(DRAWS, *model.latent.shape, generator=generator)
    curves = model.decode(model.forecast(session.output(point), c, seen, noise), c.expand(DRAWS, -1))
    even = (torch.arange(SCATTER) + 0.5) / SCATTER
    scatter = Normal(0.0, 1.0).icdf(even).reshape(-1, *[1] * curves.ndim) * model.noise
    return (curves + scatter).flatten(0, 1).quantile(torch.tensor(QUANTILES), dim=0).clamp(0, 1).numpy()


@torch.inference_mode()
def anomaly_of(session: Session, point: Point) -> float:
    """How strange a point's curve is, in nats, were it normal under the rest of its condition."""
    c = _normal(session, session.resolve(point).c[None])
    return session.checkpoint.model.anomaly(session.output(point)[None], c).item()


def alarm_of(session: Session) -> Alarm:
    """The alarm of a checkpoint: the score below which 95 % of its normal items lie, decoded as the page shows them."""
    return session.remember("alarm", lambda: _alarm(session))


@torch.inference_mode()
def _alarm(session: Session) -> Alarm:
    model, items, conditions = session.checkpoint.model, session.checkpoint.items, session.card.conditions
    c = conditions.encode_codes(items.codes)
    usual = torch.ones(len(c), dtype=torch.bool)
    for name, value in model.normal.items():
        where = conditions.slices[name]
        wanted = conditions.encode([{name: value}])[0, where]
        usual &= (c[:, where] - wanted).abs().max(1).values < 0.1
    scores = model.anomaly(model.decode(items.tensor("z"), c), _normal(session, c))
    low, threshold = scores[usual].quantile(torch.tensor([0.01, USUAL])).tolist()
    return Alarm(threshold, low, low + 3 * (threshold - low))


def _normal(session: Session, c: torch.Tensor) -> torch.Tensor:
    """Conditions [N, C] with the values that a normal item has."""
    conditions, out = session.card.conditions, c.clone()
    normal = session.checkpoint.model.normal
    asked = conditions.encode([normal])[0]
    for name in normal:
        out[:, conditions.slices[name]] = asked[conditions.slices[name]]
    return out
