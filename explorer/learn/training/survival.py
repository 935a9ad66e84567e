"""Training and measuring of survival models: intervals of time, early stopping; concordance and Brier score."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from explorer.learn.data.cohorts import Cohort
from explorer.learn.models.table.dag import hill_climb, weights
from explorer.learn.models.table.survival import DAGSurv, HazardNet
from explorer.learn.training.once import once

INTERVALS = 24
GRID = 100  # times that the Brier score is integrated over


@dataclass(frozen=True)
class Scale:
    """How a cohort is put before a network; all of it comes from the people it is trained on.

    Attributes:
        mean, deviation: of the covariates, float32 [K].
        ends: of the intervals, float32 [intervals]: quantiles of the times of events.
        middle, width: mean and deviation of the logarithm of time.
    """

    mean: np.ndarray
    deviation: np.ndarray
    ends: np.ndarray
    middle: float
    width: float

    @classmethod
    def of(cls, people: Cohort, intervals: int = INTERVALS) -> Scale:
        """From training people."""
        ends = np.unique(
            np.quantile(people.time[people.event], np.linspace(0, 1, intervals + 1)[1:]).astype(np.float32)
        )
        logs = np.log1p(people.time)
        deviation = np.maximum(people.x.std(0), 1e-6)
        return cls(people.x.mean(0), deviation, ends, float(logs.mean()), float(logs.std()))

    def columns(self, x: np.ndarray) -> Tensor:
        """Covariates [N, K] in their units -> standardised, within six deviations."""
        return torch.from_numpy(((x - self.mean) / self.deviation).clip(-6, 6).astype(np.float32))

    def times(self, time: np.ndarray) -> Tensor:
        """Times [N] -> standardised logarithms."""
        return torch.from_numpy(((np.log1p(time) - self.middle) / self.width).astype(np.float32))

    def intervals(self, people: Cohort) -> Tensor:
        """Which interval the time of each falls into, int64 [N]; those lost sight of behind the last are counted to the last."""
        found = np.searchsorted(self.ends, people.time, side="left")
        found = np.where(people.event, found, np.minimum(found, len(self.ends) - 1))
        return torch.from_numpy(found.astype(np.int64))


@dataclass(frozen=True)
class Setting:
    """How a network is trained; `beta` is DAGSurv's alone."""

    dropout: float = 0.1
    rate: float = 3e-3
    beta: float = 1.0
    width: int = 64
    epochs: int = 80
    patience: int = 10
    batch: int = 256


def graph_of(people: Cohort, scale: Scale) -> tuple[Tensor, Tensor, np.ndarray]:
    """Edges and weights [1 + K, 1 + K] of time and covariates, and the noise of each [1 + K]; nothing comes from time."""
    values = torch.cat([scale.times(people.time)[:, None], scale.columns(people.x)], 1).numpy().astype(np.float64)
    values = (values - values.mean(0)) / values.std(0)
    edges = hill_climb(values, sinks=(0,))
    strengths, noise = weights(values, edges)
    return torch.from_numpy(edges).float(), torch.from_numpy(strengths), noise


def fit_net(
    kind: str, train: Cohort, aside: Cohort, scale: Scale, *, setting: Setting, seed: int
) -> DAGSurv | HazardNet:
    """A trained `dagsurv` or `hazard` network: the weights of the epoch that is best on the people kept aside."""
    torch.manual_seed(seed)
    net = build(kind, train.x.shape[1], len(scale.ends), setting)
    if isinstance(net, DAGSurv):
        edges, strengths, _ = graph_of(train, scale)
        net.know(edges, strengths)
    optimiser = torch.optim.AdamW(net.parameters(), setting.rate, weight_decay=1e-4)
    x, time, interval = scale.columns(train.x), scale.times(train.time), scale.intervals(train)
    event = torch.from_numpy(train.event)
    kept = scale.columns(aside.x), scale.intervals(aside), torch.from_numpy(aside.event)
    best, chosen, waited = np.inf, copy.deepcopy(net.state_dict()), 0
    for _ in range(setting.epochs):
        net.train()
        for rows in torch.randperm(len(x)).split(setting.batch):
            loss = net.loss(x[rows], time[rows], interval[rows], event[rows])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
        net.eval()
        with torch.no_grad():
            now = net.held_out(*kept).item()
        if now < best - 1e-4:
            best, chosen, waited = now, copy.deepcopy(net.state_dict()), 0
        elif (waited := waited + 1) >= setting.patience:
            break
    net.load_state_dict(chosen)
    return net.eval().requires_grad_(False)


def tuned(
    kind: str, train: Cohort, aside: Cohort, scale: Scale, *, settings: tuple[Setting, ...], seed: int
) -> DAGSurv | HazardNet:
    """The network of the setting that is best on the people kept aside; what was trained is kept."""
    people = hashlib.sha256(train.x.tobytes() + train.time.tobytes()).hexdigest()
    kept = scale.columns(aside.x), scale.intervals(aside), torch.from_numpy(aside.event)
    nets = []
    for setting in settings:
        key = {"kind": kind, "setting": asdict(setting), "seed": seed, "people": people}
        net = build(kind, train.x.shape[1], len(scale.ends), setting)
        make = partial(_weights, kind, train, aside, scale, setting=setting, seed=seed)
        net.load_state_dict(once(kind, key, __name__, make))
        nets.append(net.eval().requires_grad_(False))
    return min(nets, key=lambda net: net.held_out(*kept).item())


def _weights(
    kind: str, train: Cohort, aside: Cohort, scale: Scale, *, setting: Setting, seed: int
) -> dict[str, Tensor]:
    return fit_net(kind, train, aside, scale, setting=setting, seed=seed).state_dict()


def build(kind: str, columns: int, intervals: int, setting: Setting) -> DAGSurv | HazardNet:
    """An untrained `dagsurv` or `hazard` network."""
    if kind == "dagsurv":
        return DAGSurv(columns, intervals, setting.width, setting.beta, setting.dropout)
    return HazardNet(columns, intervals, setting.width, setting.dropout)


def cox(train: Cohort, scale: Scale, penaliser: float) -> Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]]:
    """Cox's proportional hazards by lifelines: covariates [N, K] in their units -> times [T] -> survival [N, T]."""
    import pandas
    from lifelines import CoxPHFitter

    frame = pandas.DataFrame(scale.columns(train.x).numpy()).assign(time=train.time, event=train.event)
    fitted = CoxPHFitter(penalizer=penaliser).fit(frame, "time", "event")
    base = fitted.baseline_cumulative_hazard_.iloc[:, 0]
    moments, hazard = base.index.to_numpy(), base.to_numpy()

    def people(x: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        risk = np.exp(fitted.predict_log_partial_hazard(pandas.DataFrame(scale.columns(x).numpy())).to_numpy())

        def at(times: np.ndarray) -> np.ndarray:
            place = np.searchsorted(moments, times, side="right") - 1
            return np.exp(-risk[:, None] * np.where(place >= 0, hazard[np.maximum(place, 0)], 0.0))

        return at

    return people


def curve(survival: np.ndarray, ends: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Survival [N, intervals] at the ends of intervals -> a function from times [T] to survival [N, T], straight in between."""
    knots = np.concatenate([[0.0], ends])
    values = np.concatenate([np.ones((len(survival), 1)), survival], 1)
    return lambda times: np.stack([np.interp(times, knots, row) for row in values])


def concordance(at: Callable[[np.ndarray], np.ndarray], people: Cohort, rows: np.ndarray | None = None) -> float:
    """Antolini's time-dependent concordance (2005): how often who has the event is less likely to be left than who goes on.

    Args:
        at: survival of all people at times.
        people: that it is of.
        rows: those counted, with repetition (bootstrap); None for all once.
    """
    survival = at(people.time)  # [person, time of person]
    rows = np.arange(len(people)) if rows is None else rows
    inner = survival[np.ix_(rows, rows)]
    time, event = people.time[rows], people.event[rows]
    later = (time[:, None] < time[None]) | ((time[:, None] == time[None]) & ~event[None])
    pairs = event[:, None] & later  # [who has it, who goes on]
    own = np.diagonal(inner)[:, None]
    right = (own < inner.T) + 0.5 * (own == inner.T)
    return float((right * pairs).sum() / max(pairs.sum(), 1))


def censoring(people: Cohort) -> Callable[[np.ndarray], np.ndarray]:
    """Kaplan-Meier curve of staying in sight, as a function of times, never below 0.05."""
    order = np.argsort(people.time, kind="stable")
    time, lost = people.time[order], ~people.event[order]
    steps = np.cumprod(1 - lost / np.arange(len(time), 0, -1))

    def at(times: np.ndarray) -> np.ndarray:
        place = np.searchsorted(time, times, side="right") - 1
        return np.maximum(np.where(place >= 0, steps[np.maximum(place, 0)], 1.0), 0.05)

    return at


def brier(at: Callable[[np.ndarray], np.ndarray], people: Cohort) -> np.ndarray:
    """Integrated Brier score of each person [N], weighted for those lost sight of (Graf et al. 1999); lower is better.

    Over times up to the ninth decile of the times of events.
    """
    times = np.linspace(people.time.min(), np.quantile(people.time[people.event], 0.9), GRID)
    left = at(times)
    in_sight = censoring(people)
    gone = (people.time[:, None] <= times) & people.event[:, None]
    here = people.time[:, None] > times
    before = in_sight(np.nextafter(people.time, 0))[:, None]
    score = np.where(gone, left**2 / before, 0) + np.where(here, (1 - left) ** 2 / in_sight(times), 0)
    return score.mean(1)
