"""Forecast: a fan of how the series on stage may go on from its beginning, and how strange the whole of it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from markupsafe import Markup
from pydantic import Field
from torch.distributions import Normal

from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.page.tabs.base import Tab, cell, places
from explorer.page.views import words
from explorer.page.views.controls import Sets, button, field, note, slider
from explorer.page.views.fan import fan, meter
from explorer.page.views.html import el, join, number
from explorer.page.views.strips import strip, titled
from explorer.play import recipes
from explorer.play.session import Session

DRAWS = 256  # of a fan
SCATTER = 9  # steps through the readings' own noise, for each draw
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SHOWN = 6  # draws as pictures
USUAL = 0.95  # share of the normal items below the alarm
LARGEST_SEED = 2**31 - 1


class ForecastOptions(recipes.Options):
    """How many readings are known, and the luck of the draws."""

    seen: int = Field(default=20, ge=0, lt=65536)
    seed: int = Field(default=0, ge=0, lt=2**31)


@dataclass(frozen=True)
class Alarm:
    """Scores of a checkpoint's normal items: the alarm's threshold, and the range that a meter shows."""

    threshold: float
    low: float
    high: float


@register("tabs", "forecast")
class Forecast(Tab):
    """See how a series may go on."""

    title = "Forecast"
    order = 5
    needs = frozenset({"forecast"})
    special = True
    Options = ForecastOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        base, seen, seed = self._now(session, scene)
        steps, clock = session.card.shape[-1], session.modality.clock
        until = f"{number(float(clock.times(steps)[max(seen - 1, 0)]), 0)} {clock.label}"
        known = f"{seen} of {steps} readings, up to {until}" if seen else "nothing"
        bar = slider("forecast-seen", Sets(self.path("seen"), view=True), seen, (0, steps, 1), data_eager=True)
        other = button(
            "Other draws", small=True, id="forecast-seed", data_view=True, data_set=self.path("seed"), data_type="number",
            data_value=(seed + 1) % LARGEST_SEED,
        )  # fmt: skip
        curve = session.output(base).numpy()
        quantiles = fan_of(session, base, seen, seed)
        drawing = fan(
            curve, quantiles, seen, session.modality.channels(len(curve)), clock, ident="fan",
            label=f"Forecast from {known}: median, and bands of 50 and 90 per cent",
        )  # fmt: skip
        return str(
            join(
                field("Known", bar, note(f"The model is shown {known}, and the condition."), ident="forecast-seen"),
                drawing,
                el("p", self._says(session, quantiles), class_="note", id="forecast-says"),
                strip(["Ways it may go on", other], self._cells(session, scene, base, seen, seed), ident="forecast-draws"),
                self._strange(session, scene.point),
            )
        )  # fmt: skip

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """Where the draws lie."""
        base, seen, seed = self._now(session, scene)
        if len(base.edits) >= MAX_EDITS:
            return {}
        return {"draws": places(session, scene, [_drawn(base, seen, seed, k) for k in range(SHOWN)])}

    def _now(self, session: Session, scene: Scene) -> tuple[Point, int, int]:
        """What the forecast on stage starts from, how much of it is known, and the seed."""
        chosen: ForecastOptions = self.options(scene)
        base, _ = scene.point.before("forecast")
        return base, min(chosen.seen, session.card.shape[-1]), chosen.seed

    def _cells(self, session: Session, scene: Scene, base: Point, seen: int, seed: int) -> list:
        if len(base.edits) >= MAX_EDITS:
            return []
        points = [_drawn(base, seen, seed, k) for k in range(SHOWN)]
        return [cell(session, scene, p, alt=f"Draw {k}") for k, p in enumerate(points, start=1)]

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
        return text + " The dashed line is how the curve on stage goes on."

    def _strange(self, session: Session, point: Point) -> Markup | None:
        if "anomaly" not in session.card.capabilities:
            return None
        alarm, score = alarm_of(session), anomaly_of(session, point)
        conditions = session.card.conditions
        normal = words.asked(conditions, session.checkpoint.model.normal)
        over = score > alarm.threshold
        said = f"{'Alarm: ' if over else ''}{number(score, 1)} nats; the alarm is at {number(alarm.threshold, 1)}."
        why = (
            f"How improbable the curve on stage is, were it normal ({normal}) under the rest of its condition: minus the "
            f"model's bound on its likelihood. {USUAL:.0%} of the normal items lie below the alarm."
        )
        return titled(
            "Anomaly score",
            meter(score, alarm.threshold, alarm.low, alarm.high, ident="anomaly"),
            el("p", said, class_="alarm" if over else None, id="anomaly-says", data_alarm=json.dumps(over)), note(why),
        )  # fmt: skip


def _drawn(base: Point, seen: int, seed: int, draw: int) -> Point:
    return recipes.step(base, "forecast", seen=seen, seed=seed, draw=draw)


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
