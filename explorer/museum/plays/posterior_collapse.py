"""Play of paper 18: turn decoder variance, KL weights and correlation, and see which latent dimensions collapse."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field

from explorer.core.kept import Answers
from explorer.core.nodes import Button, Chips, Choice, Figure, Labelled, Node, Note, Row, Sets, Table
from explorer.core.registry import register
from explorer.learn.data.pairs import LABELS, Pairs, pairs
from explorer.learn.models.vae.linear import nats
from explorer.learn.training.collapse import (
    ACTIVE,
    Ratios,
    Setting,
    observed,
    plain_thresholds,
    predicted,
    sweep,
    thresholds,
)
from explorer.museum.plays import _weights
from explorer.museum.plays.base import Inputs, Params, Play, Progress, Shown, form

LOW, HIGH = 0.02, 4.0  # decoder variances
NOISES = np.geomspace(LOW, HIGH, 16)  # that are trained
FINE = np.geomspace(LOW, HIGH, 121)
CORRELATIONS = np.linspace(0, 1, 51)
STEPS = 2500
TITLES = {"cvae": "Linear CVAE", "hvae": "Two-level hierarchical VAE"}
LEVELS = {"z1": "z1, which the output is decoded from", "z2": "z2, above it"}
STORED = "posterior-collapse"
REDRAWN = 5  # measurements of a training between two drawings
_answers = Answers(1_000_000)


@register("plays", "posterior-collapse")
class PosteriorCollapse(Play):
    """See the module."""

    title = "When latent dimensions collapse"
    sentence = (
        "Each line is what one latent dimension carries, by theory: it falls as the decoder's variance grows, and where it "
        "meets zero the dimension is collapsed. Raise the correlation: a CVAE is left with less to tell, a hierarchical VAE "
        "with more. Dots are models that were trained."
    )
    live = True

    class Params(Params):
        """The model, the data, and all that moves a threshold."""

        model: Literal["cvae", "hvae"] = Field("cvae", title="Model")
        spectrum: Literal["falling", "steep", "levels", "digits"] = Field("falling", title="Data")
        correlation: float = Field(
            0.8, ge=0, le=1, multiple_of=0.01, title="Input-output correlation",
            description="0: the input tells nothing of the output; 1: all of it, or of digits all that a quarter does",
        )  # fmt: skip
        noise: float = Field(0.2, ge=LOW, le=HIGH, multiple_of=0.02, title="Decoder variance")
        beta: float = Field(1.0, ge=0.1, le=4, multiple_of=0.1, title="KL weight")
        beta2: float = Field(1.0, ge=0.1, le=4, multiple_of=0.1, title="KL weight of z2")
        spread: float = Field(
            0.25, ge=0.05, le=2, multiple_of=0.05, title="Posterior variance of z1",
            description="fixed, as in theorem 3; that of z2 is learnt",
        )  # fmt: skip
        level: Literal["z1", "z2"] = Field("z2", title="Level shown")
        shown: Literal["nats", "singular"] = Field("nats", title="Shown")
        seed: int = Field(0, ge=0, le=999, title="Seed of the training")

    class Inputs(Inputs):
        """Which training was asked for; it is one only as long as nothing that it depends on is changed."""

        train: str = Field("", max_length=16)

    def form(self, params: Params, inputs: Inputs) -> Shown:
        """What a CVAE doesn't have is left out; chips say what they mean."""
        nodes = {node.id: node for node in form(params, live=self.live)}
        for name, label, texts in (
            ("model", "Model", TITLES),
            ("spectrum", "Data", LABELS),
            ("level", "Level shown", {key: LEVELS[key] for key in ("z1", "z2")}),
            ("shown", "Shown", {"nats": "Mutual information", "singular": "Singular values"}),
        ):
            chips = tuple(Choice(value=value, text=text) for value, text in texts.items())
            inside = Chips(id=name, choices=chips, value=getattr(params, name), sets=Sets(path=f"params.{name}"))
            nodes[f"field-{name}"] = Labelled(id=f"field-{name}", label=label, inside=(inside,))
        gone = {"field-beta2", "field-spread", "field-level"} if params.model == "cvae" else set()
        if params.model == "hvae":
            beta = nodes["field-beta"]
            nodes["field-beta"] = beta.model_copy(update={"label": "KL weight of z1"})
        return [node for key, node in nodes.items() if key not in gone]

    def run(self, params: Params, inputs: Inputs) -> Iterator[Progress | Shown]:
        """See `Play.run`."""
        law, key = pairs(params.spectrum, params.model), key_of(params)
        points = stored(key)
        if inputs.train == key:
            points = _answers.found(key)
            if points is None:
                settings = [setting(params, noise=float(noise)) for noise in NOISES]
                for k, (step, points) in enumerate(sweep(law, params.model, settings, steps=STEPS, seed=params.seed)):
                    yield Progress(share=step / STEPS, text=f"step {step} of {STEPS}")
                    if k % REDRAWN == 0 and step < STEPS:
                        yield shown(params, law, points)
                _answers(key, lambda: points)
        yield shown(params, law, points)


def setting(params: PosteriorCollapse.Params, **other: float) -> Setting:
    """What of the form moves a threshold, with some of it at another value."""
    values = {name: getattr(params, name) for name in ("noise", "correlation", "beta", "beta2", "spread")}
    return Setting(**values | other)


def key_of(params: PosteriorCollapse.Params) -> str:
    """Which training these values ask for: all but the decoder variance, over which it sweeps, and what is shown of it."""
    hvae = (params.beta2, params.spread) if params.model == "hvae" else ()
    whole = (params.model, params.spectrum, params.correlation, params.beta, *hvae, params.seed)
    return hashlib.sha256(repr(whole).encode()).hexdigest()[:16]


def stored(key: str) -> Ratios | None:
    """A training that is in the box: those of the form as it opens, for each model and each law."""
    tensors, facts = _weights.read(STORED)
    return {name: tensors[f"{key}.{name}"].double().numpy() for name in facts["trainings"].get(key, ())} or None


def store() -> None:
    """Train what `stored` reads, and write it."""
    tensors, trainings = {}, {}
    for model in TITLES:
        for spectrum in LABELS:
            params = PosteriorCollapse.Params(model=model, spectrum=spectrum)
            *_, (_, found) = sweep(
                pairs(spectrum, model), model, [setting(params, noise=float(noise)) for noise in NOISES],
                steps=STEPS, seed=params.seed,
            )  # fmt: skip
            key = key_of(params)
            trainings[key] = list(found)
            tensors |= {f"{key}.{name}": torch.from_numpy(ratios).float() for name, ratios in found.items()}
    _weights.write(STORED, tensors, {"trainings": trainings})


def shown(params: PosteriorCollapse.Params, law: Pairs, points: Ratios | None) -> list[Node]:
    """The lines with the trained points, the thresholds over correlation, and the readings."""
    again = params.model_copy(update={"seed": (params.seed + 1) % 1000})
    asked = {"inputs.train": key_of(params)}
    if points is not None:
        asked = {"params.seed": again.seed, "inputs.train": key_of(again)}
    text = "Train it" if points is None else "Train it again, with another seed"
    button = Button(id="train", text=text, look="plain", sets=Sets(patch=asked))
    return [
        lines(params, law, points),
        Row(
            id="training",
            inside=(button, Note(id="trained", text=f"{len(NOISES)} models, {STEPS:,} steps of Adam each")),
        ),
        readings(params, law, points),
        *remarks(params, law),
        Note(id="above", text=above(level_of(params))),
        borders(params, law, points),
    ]


def above(level: str) -> str:
    """What the lines of the second chart say."""
    ends = " Where the line ends, no decoder variance collapses it any more." if level == "z1" else ""
    return f"Above its line, a dimension of {level} is collapsed.{ends}"


def level_of(params: PosteriorCollapse.Params) -> str:
    """Which latent the charts are about."""
    return "z" if params.model == "cvae" else params.level


def scaled(params: PosteriorCollapse.Params, level: str, ratios: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Signal-to-noise ratios [E, dims] as what is shown: nats, or the singular values that the theorems are written in.

    Those are of the decoder's map of z (CVAE), of the encoder of z1, and of the decoder of z2.
    """
    if params.shown == "nats":
        return nats(ratios)
    unit = {
        "z": params.beta * noise,
        "z1": np.full_like(noise, params.spread),
        "z2": params.beta2 / params.beta * noise,
    }
    return np.sqrt(ratios * unit[level][:, None])


def lines(params: PosteriorCollapse.Params, law: Pairs, points: Ratios | None) -> Figure:
    """What each dimension carries over the decoder variance: predicted, trained, and where a plain VAE would collapse."""
    import plotly.graph_objects as go

    level = level_of(params)
    ratios = np.stack([predicted(law, params.model, setting(params, noise=float(noise)))[level] for noise in FINE])
    known = scaled(params, level, ratios, FINE)
    others = plain_thresholds(law, params.model, setting(params))
    others = others[(others >= LOW) & (others <= HIGH)]
    traces = [
        _broken(FINE, known, name="predicted", line={"color": "var(--accent)", "width": 1.5}),
        go.Scatter(x=_short(others), y=[0.0] * len(others), name="a plain VAE's thresholds", mode="markers",
                   marker={"symbol": "x-thin", "size": 9, "line": {"width": 1.5, "color": "var(--ink-2)"}}),
    ]  # fmt: skip
    if points is not None:
        found = scaled(params, level, points[level], NOISES)
        across = np.repeat(NOISES, found.shape[1])
        traces.append(
            go.Scatter(x=_short(across), y=_short(found.ravel()), name="trained", mode="markers",
                       marker={"color": "var(--ink)", "size": 5})
        )  # fmt: skip
    made = go.Figure(traces)
    made.add_vline(x=params.noise, line={"color": "var(--ink-2)", "dash": "dot", "width": 1})
    told = f"information in each dimension of {level} (nats)" if params.shown == "nats" else f"singular values, {level}"
    made.update_layout(
        xaxis={"title": "decoder variance", "type": "log", "tickvals": TICKS},
        yaxis_title=told,
        legend=LEGEND,
    )
    return Figure.of(made, id="lines", label=f"{told} over decoder variance", height=340)


def borders(params: PosteriorCollapse.Params, law: Pairs, points: Ratios | None) -> Figure:
    """The decoder variance at which each dimension collapses, over the correlation."""
    import plotly.graph_objects as go

    level = level_of(params)
    found = np.stack(
        [thresholds(law, params.model, setting(params, correlation=float(k)))[level] for k in CORRELATIONS]
    )
    inside = np.where((found >= LOW / 2) & np.isfinite(found), found, np.nan)
    traces = [
        _broken(CORRELATIONS, inside, name="predicted threshold", line={"color": "var(--accent)", "width": 1.5}),
        go.Scatter(x=[params.correlation], y=[params.noise], name="now", mode="markers",
                   marker={"color": "var(--accent)", "size": 11, "symbol": "diamond"}),
    ]  # fmt: skip
    if points is not None:
        seen = observed(NOISES, points[level] > ACTIVE)
        seen = seen[np.isfinite(seen)]
        traces.append(
            go.Scatter(x=[params.correlation] * len(seen), y=_short(seen), name="trained", mode="markers",
                       marker={"color": "var(--ink)", "size": 6})
        )  # fmt: skip
    made = go.Figure(traces)
    made.update_layout(
        xaxis={"title": "input-output correlation", "range": [-0.02, 1.02]},
        yaxis={
            "title": "decoder variance",
            "type": "log",
            "tickvals": TICKS,
            "range": np.log10([LOW / 2, 2 * HIGH]).tolist(),
        },
        legend=LEGEND,
    )
    return Figure.of(made, id="borders", label=f"Thresholds of {level} over the correlation", height=300)


LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
TICKS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4]


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def _broken(x: np.ndarray, columns: np.ndarray, **more: Any) -> Any:
    """One trace of a line for each column [len(x), K], so that the legend names them once; nan breaks a line."""
    import plotly.graph_objects as go

    across = [*_short(x), None] * columns.shape[1]
    along = [[None if np.isnan(v) else float(f"{v:.4g}") for v in column] + [None] for column in columns.T]
    return go.Scatter(x=across, y=[v for column in along for v in column], mode="lines", **more)


def readings(params: PosteriorCollapse.Params, law: Pairs, points: Ratios | None) -> Table:
    """Nats in each dimension at this decoder variance; trained ones between the two decoder variances beside it."""
    known = predicted(law, params.model, setting(params))
    columns, cells = [""], [[f"Dimension {k + 1}" for k in range(len(law.cross))]]
    for level, ratios in known.items():
        columns.append(f"{level} predicted")
        cells.append([f"{value:.3f}" if value else "collapsed" for value in nats(ratios)])
        if points is not None:
            columns.append(f"{level} trained")
            cells.append([between(params.noise, ratios) for ratios in points[level].T])
    rows = tuple(zip(*cells, strict=True))
    return Table(id="readings", label="Information in each dimension, nats", columns=tuple(columns), rows=rows)


def between(noise: float, ratios: np.ndarray) -> str:
    """What one trained dimension, [E], carries at a decoder variance between two trained ones."""
    high = int(np.clip(np.searchsorted(NOISES, noise), 1, len(NOISES) - 1))
    two = slice(high - 1, high + 1)
    active = ratios[two] > ACTIVE
    if active.all():  # nats are straight over the logarithm, but for the bend where the dimension collapses
        return f"{np.interp(np.log(noise), np.log(NOISES[two]), nats(ratios[two])):.3f}"
    return "about to collapse" if active.any() else "collapsed"


def remarks(params: PosteriorCollapse.Params, law: Pairs) -> list[Node]:
    """How many are collapsed, beside the plain VAE's threshold; and dimensions that are active for nothing."""
    at = setting(params)
    known, count = predicted(law, params.model, at), len(law.cross)
    blind = int((plain_thresholds(law, params.model, at) <= params.noise).sum())
    told = " and ".join(f"{int((ratios == 0).sum())} of {count} in {level}" for level, ratios in known.items())
    notes: list[Node] = [
        Note(id="collapsed", text=f"Collapsed: {told}. The threshold of a plain VAE says {blind} of {count}.")
    ]
    if params.model == "hvae" and (idle := int(((known["z2"] > 0) & (known["z1"] == 0)).sum())):
        text = f"{idle} of z2 count as active and yet tell only the noise of a z1 that is itself collapsed."
        notes.append(Note(id="idle", text=text))
    return notes
