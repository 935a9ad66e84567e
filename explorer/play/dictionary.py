"""A sparse dictionary of a checkpoint's items: which directions they are sums of, what each shows, and where it leads.

It is learned when a person asks for it, in slices, so that the page shows how far it is and can give up; the same settings
give the same dictionary, which is kept for a while. A direction travels in a scene as a vector, so that its pictures need no
dictionary.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from explorer.core.kept import Kept
from explorer.core.scene import ItemStart, Point, pack
from explorer.core.schema import Card, ExplorerError
from explorer.learn.training.dictionary import Method, Recipe, Step, fit
from explorer.play import recipes
from explorer.play.operations.base import Params
from explorer.play.session import Session, one_thread

if TYPE_CHECKING:
    import pandas as pd

TOP = 32  # items of the largest activation, by which a feature is named
MISS = 0.05  # of all intervals together
PRICE = 0.3  # of `l1`
RATE, STEPS = 1e-2, 1000  # fewest with which the loss comes near its floor on the bundled latents
KEPT, IDLE = 64, 1800.0  # dictionaries, seconds
Space = Literal["latent", "features"]
SPACES: dict[str, str] = {"latent": "Latent", "features": "Decoder features"}


class Way(Params):
    """What dictionaries are learned of, and how, whatever their size."""

    space: Space = "latent"
    method: Method = "topk"
    seed: int = Field(default=0, ge=0, lt=2**31)


class Settings(Way):
    """One dictionary."""

    size: int = Field(default=64, ge=4, le=512)
    k: int = Field(default=4, ge=1, le=32)

    @property
    def key(self) -> str:
        """All of it in a word."""
        return f"{self.space}-{self.size}-{self.k}-{self.method}-{self.seed}"


@dataclass(frozen=True)
class Named:
    """A value that is more frequent among a feature's top items than among all.

    Attributes:
        attribute, value: their labels.
        share, low, high: among the top items, with an interval that allows for all comparisons of the dictionary.
        whole: among all items.
    """

    attribute: str
    value: str
    share: float
    low: float
    high: float
    whole: float


@dataclass(frozen=True)
class Feature:
    """One direction of a dictionary.

    Attributes:
        index: its number; the one that explains most of the items' variance is 0.
        top: items of the largest activation, largest first; at most `TOP`.
        share: of the items that use it.
        vector: float32 [*latent.shape]: what an item that uses it has of it on average, which is what 1 on a slider adds.
        named: see there; None where no value is surely more frequent.
    """

    index: int
    top: tuple[int, ...]
    share: float
    vector: Tensor
    named: Named | None


@dataclass(frozen=True)
class Found:
    """A dictionary as it was learned: its features that are used, how many are dead, and what is left over of the variance."""

    settings: Settings
    features: tuple[Feature, ...]
    dead: int
    loss: float
    used: float
    compared: int


class Run:
    """A dictionary in the making; safe to ask from several threads."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self.session, self.settings = session, settings
        self.last: Step | None = None
        self.found: Found | None = None
        self._lock = Lock()
        self._steps: Iterator[Step] | None = None

    def advance(self, seconds: float) -> Found | None:
        """Go on for about so long -> the dictionary once it is there; `last` says how far it is."""
        end = time.monotonic() + seconds
        with self._lock, one_thread():
            if self._steps is None and self.found is None:
                self._steps = self._work()
            while self.found is None:
                self.last = next(self._steps)
                if self.found is not None:
                    self._steps = None
                elif time.monotonic() > end:
                    break
            return self.found

    def whole(self) -> Found:
        """Go on to the end."""
        while (found := self.advance(60.0)) is None:
            pass
        return found

    def _work(self) -> Iterator[Step]:
        """What it does, a step at a time; `found` is there with the last one."""
        x = vectors(self.session, self.settings.space)
        for step in fit(x, recipe(self.settings)):
            if step.step == step.steps:
                self.found = _found(self.session, self.settings, x, step)
            yield step


_runs = Kept(Run, KEPT, IDLE)


def running(session: Session, settings: Settings) -> Run:
    """The run of these settings: begun, half way or done.

    Raises:
        ExplorerError: the model has no vectors of this space.
    """
    if reason := why_not(session.card, settings.space):
        raise ExplorerError(reason, "panel")
    return _runs(session, settings)


def spaces(card: Card) -> tuple[Space, ...]:
    """What a dictionary of a model's items can be learned of."""
    if card.latent.kind != "vector":
        return ()
    return ("latent", "features") if "features" in {spec.space for spec in card.maps} else ("latent",)


def why_not(card: Card, space: Space = "latent") -> str | None:
    """The reason in one sentence why there is no dictionary of a space of a model, or None."""
    if not (known := spaces(card)):
        return f"A dictionary is of vectors; this model's latent is {card.latent.kind}."
    if space not in known:
        return f"{card.title} keeps no decoder features of its items, of which a dictionary could be learned."
    return None


def recipe(settings: Settings) -> Recipe:
    """How a dictionary of these settings is learned."""
    price = PRICE if settings.method == "l1" else 0.0
    return Recipe(settings.size, settings.k, settings.method, price, rate=RATE, steps=STEPS, seed=settings.seed)


def vectors(session: Session, space: Space) -> Tensor:
    """The items' vectors, float32 [n, F]."""
    return torch.from_numpy(np.array(session.checkpoint.items.space(space)))


@torch.no_grad()
def _found(session: Session, settings: Settings, x: Tensor, last: Step) -> Found:
    net = last.net
    activations = net.encode(x)
    z = torch.from_numpy(np.array(session.checkpoint.items.space("latent")))
    power = activations.square().sum(0) * net.atoms.square().sum(1)
    order = [j for j in power.argsort(descending=True, stable=True).tolist() if power[j] > 0]
    tables = _tables(session)
    compared = len(order) * sum(len(names) for _, names, _, _ in tables)
    features = []
    for index, j in enumerate(order):
        own = activations[:, j].clamp(min=0) if bool((activations[:, j] > 0).any()) else -activations[:, j]
        active = int((own > 0).sum())
        top = own.topk(min(TOP, active)).indices.tolist()
        if settings.space == "latent":
            vector = net.atoms[j] * net.spread * activations[:, j].sum() / max(int((activations[:, j] != 0).sum()), 1)
        else:  # what the items that use it have in their latents beside all items, weighted by how much they use it
            vector = (own @ z) / own.sum() - z.mean(0)
        vector = vector.reshape(session.card.latent.shape)
        named = _named(tables, np.array(top), max(compared, 1))
        features.append(Feature(index, tuple(top), active / len(x), vector, named))
    dead, used = net.used(x)
    return Found(settings, tuple(features), dead, net.loss(x), used, compared)


Tables = list[tuple[str, tuple[str, ...], np.ndarray, np.ndarray]]


def _tables(session: Session) -> Tables:
    """Of each attribute its label, the names of its values or bins, the place of each item among them (-1: not known), shares."""
    out: Tables = []
    codes = session.checkpoint.items.codes
    for k, attribute in enumerate(session.card.conditions.attributes):
        names, place = attribute.placed(codes[:, k])
        counts = np.bincount(place[place >= 0], minlength=len(names))
        out.append((attribute.label, names, place, counts / max(counts.sum(), 1)))
    return out


def wilson(count: np.ndarray, known: int, miss: float) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share (Wilson 1927) that misses it with probability `miss`: lower and upper ends."""
    low, high = zip(*(_interval(one, known, miss) for one in count.tolist()), strict=True)
    return np.array(low), np.array(high)


@lru_cache(maxsize=4096)
def _interval(count: int, known: int, miss: float) -> tuple[float, float]:
    from scipy.stats import binomtest

    ends = binomtest(count, known).proportion_ci(confidence_level=1 - miss, method="wilson")
    return float(ends.low), float(ends.high)


def _named(tables: Tables, top: np.ndarray, compared: int) -> Named | None:
    """The value that is most surely more frequent among the top items than among all."""
    best, most = None, 0.0
    for label, names, place, whole in tables:
        if not (known := int((place[top] >= 0).sum())):
            continue
        counts = np.bincount(place[top][place[top] >= 0], minlength=len(names))
        low, high = wilson(counts, known, MISS / compared)
        k = int((low - whole).argmax())
        if low[k] - whole[k] > most:
            most = float(low[k] - whole[k])
            best = Named(label, names[k], *(float(v) for v in (counts[k] / known, low[k], high[k], whole[k])))
    return best


def moved(point: Point, found: Found, index: int, amount: float) -> Point:
    """A point moved along a feature, as an ordinary step that carries the direction itself.

    Raises:
        ExplorerError: there is no such feature, or the point has as many steps as it can have.
    """
    if not 0 <= index < len(found.features):
        raise ExplorerError(
            f"This dictionary has {len(found.features)} features, counted from 0; not {index}.", "panel"
        )
    vector = pack(found.features[index].vector.flatten())
    return recipes.step(point, "direction", vector=vector, amount=amount, label=label(found.settings, index))


def label(settings: Settings, index: int) -> str:
    """What a step along a feature is called in a scene."""
    where = "" if settings.space == "latent" else ", of decoder features"
    seed = f", seed {settings.seed}" if settings.seed else ""
    return f"Feature {index} of {settings.size} ({settings.method}, k {settings.k}{where}{seed})"


class Learned:
    """A dictionary from Python, see `Explorer.dictionary`."""

    def __init__(self, session: Session, found: Found) -> None:
        self.session, self.found = session, found

    def __repr__(self) -> str:
        s, f = self.found.settings, self.found
        return (
            f"<Dictionary of {s.size} features of {self.session.card.name} ({s.method}, {s.space}): {f.dead} dead, "
            f"{f.used:.1f} used by an item, {f.loss:.1%} of the variance left over>"
        )

    def __len__(self) -> int:
        return len(self.found.features)

    def top(self, feature: int) -> tuple[int, ...]:
        """Numbers of the items that use a feature most, at most 32."""
        return self.found.features[feature].top

    def along(self, item: int | Point, feature: int, amount: float = 1.0) -> Point:
        """The recipe of an item or point moved along a feature, for `render` and all that takes a point.

        Args:
            item: its number, or a point.
            feature: from 0.
            amount: -4 to 4; 1 adds what an item that uses the feature has of it on average.

        Raises:
            ExplorerError: no such feature.
        """
        point = item if isinstance(item, Point) else Point(start=ItemStart(item=item))
        return moved(point, self.found, feature, amount)

    def table(self) -> pd.DataFrame:
        """A row for each feature that is used, and what its top items have more often than all items have.

        Returns:
            a frame indexed by feature: `share` of the items that use it, `attribute` and `value`, their `top_share` with its
            interval from `low` to `high`, and `whole`, the share of all items; None or NaN where nothing is sure.
        """
        import pandas as pd

        rows = [
            (f.share, *((n.attribute, n.value, n.share, n.low, n.high, n.whole) if (n := f.named) else (None,) * 6))
            for f in self.found.features
        ]
        columns = ["share", "attribute", "value", "top_share", "low", "high", "whole"]
        return pd.DataFrame(rows, columns=columns).rename_axis("feature")


class WithDictionary:
    """What gives `explorer.Explorer` its dictionaries."""

    session: Session

    def dictionary(
        self, size: int = 64, k: int = 4, method: Method = "topk", space: Space = "latent", seed: int = 0
    ) -> Learned:
        """Learn a sparse dictionary of the items, in seconds.

        Args:
            size: directions, 4 to 512.
            k: how many of them an item is the sum of, 1 to 32, of `mutual` and `feature` on average (`l1` has a price).
            method: `topk`, `l1`, `k-sparse`, `mutual` or `feature`, see `explorer.learn.training.dictionary`.
            space: `latent`, or `features`: the decoder's own, where the checkpoint keeps them.
            seed: of all that is random.

        Raises:
            ExplorerError: the model has no such vectors, or a number is out of range.
        """
        try:
            settings = Settings(size=size, k=k, method=method, space=space, seed=seed)
        except ValueError:
            raise ExplorerError(
                "A dictionary has 4 to 512 directions, of which each item is the sum of 1 to 32.", "panel"
            ) from None
        return Learned(self.session, running(self.session, settings).whole())
