"""Runs scenes on one checkpoint: from a point's recipe to latent, condition, picture, place on a map and readings.

This is the only door that tabs, the API and the command line use. It holds no state of any person: all it keeps are
bounded caches of pure functions, so two people can't see each other's items and a restart loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeVar

import numpy as np
import torch
from pydantic import JsonValue
from torch import Tensor

from explorer.box import checkpoints, real
from explorer.box.checkpoints import Checkpoint
from explorer.box.maps.base import Spot, nearest, spacing
from explorer.core.kept import Answers, Kept
from explorer.core.refusals import quoted, refuse
from explorer.core.registry import facts, find, names
from explorer.core.scene import (
    ItemStart,
    Point,
    PriorStart,
    ResultStart,
    Scene,
    SpotStart,
    Start,
    UploadStart,
)
from explorer.core.schema import Card, MapSpec, Value
from explorer.learn.kinds import base as kinds
from explorer.play import search
from explorer.play.operations.base import State, run, within
from explorer.play.operations.paths import Graph

T = TypeVar("T")
CACHED = 192 << 20  # bytes of answers, of all sessions together
OFF_MAP = 3.0  # extents of a map beyond its items within which a spot can lie
_answers = Answers(CACHED)
_numbers = count()


@dataclass(frozen=True)
class Trust:
    """How near real data a latent is.

    Attributes:
        nearest: the nearest item.
        distance: Euclidean distance to it in latent space.
        percentile: share (0 to 100) of items that lie farther from *their* nearest neighbour than this latent from its.
    """

    nearest: int
    distance: float
    percentile: float


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: a single item is too little work for two, which would wait for each other, twenty times as long where
    another program has a core; what the caller had set comes back."""
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _arguments(card: Card) -> dict[str, JsonValue]:
    """How a modality reads x: as the card says, and where an older card is silent as its data set does."""
    known = facts("data", card.data) if card.data in names("data") else {}
    own = known.get("modality_arguments", {}) if known.get("modality", "image") == card.modality else {}
    return {**own, **card.modality_arguments}


class Session:
    """One checkpoint, ready to run scenes; safe to call from several threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.card = checkpoint.card
        self.modality = find("modalities", self.card.modality)(**_arguments(self.card))
        self.kind = kinds.of(self.card.latent)
        self._number = next(_numbers)

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave for this key before, or gives now; all sessions share `CACHED` bytes, the least used go first."""
        return _answers((self._number, key), make)

    def graph(self) -> Graph:
        """The neighbour graph of the items, for paths through dense regions."""
        items = self.checkpoint.items
        return self.remember("graph", lambda: Graph(items.space("latent"), items.neighbours[0]))

    # -- from a recipe to latent and condition

    def resolve(self, point: Point) -> State:
        """A point -> its latent [*latent.shape] and condition [C].

        Raises:
            ExplorerError: an item, map, prior, attribute, value or operation that this model doesn't have.
        """
        return self.remember(("state", point.model_dump_json()), lambda: self._resolve(point))

    @torch.inference_mode()
    @one_thread()
    def _resolve(self, point: Point) -> State:
        within(point)
        state = self._begin(point.start)
        if point.condition:
            for name in point.condition:
                if name in self.card.unasked:
                    raise refuse(
                        "unasked", title=self.card.title, label=self.card.conditions[name].label.lower(), name=name
                    )
            asked = self.card.conditions.encode([point.condition])[0]
            c = state.c.clone()
            for name in point.condition:
                where = self.card.conditions.slices[name]
                c[where] = asked[where]
            state = state.moved(c=c)
        for edit in point.edits:
            state = run(self, state, edit)
        return state

    def _begin(self, start: Start) -> State:
        match start:
            case ItemStart():
                return self._item(start.item)
            case PriorStart():
                c = self.card.conditions.encode([start.condition])[0]
                return State(self.prior(start.prior).draw(c, start.seed, start.draw, start.temperature), c)
            case SpotStart():
                return self._spot(start)
            case UploadStart():
                z = self.kind.unpack(start.latent, self.checkpoint.model.latent, "own-item")
                return State(z, self.card.conditions.encode([start.condition])[0])
            case ResultStart():
                return self.resolve(start.of)

    def _item(self, index: int) -> State:
        if index >= self.card.items:
            raise refuse("item", title=self.card.title, items=self.card.items, index=index)
        items = self.checkpoint.items
        return State(items.tensor("z")[index], self.card.conditions.encode_codes(items.codes[index : index + 1])[0])

    def _spot(self, start: SpotStart) -> State:
        spec = self.map(start.map)
        spot = self.spot(start)
        if find("maps", spec.method).exact:
            z = torch.tensor(start.at, dtype=torch.float32)
        else:
            z = self.kind.mix(self.checkpoint.items.tensor("z")[spot.indices], spot.weights)
        return State(z.reshape(self.card.latent.shape), self._item(int(spot.indices[0])).c)

    def spot(self, start: SpotStart) -> Spot:
        """What lies at a spot of a map: the nearest real items, their weights in the blend, and how far they are."""
        spec = self.map(start.map)
        if len(start.at) != spec.dims:
            raise refuse("map-dimensions", title=spec.title, dims=spec.dims, given=len(start.at))
        coords = self.checkpoint.items.map(spec.name)
        low, high = self.remember(("extent", spec.name), lambda: (coords.min(0).tolist(), coords.max(0).tolist()))
        reach = [OFF_MAP * (b - a) for a, b in zip(low, high, strict=True)]
        if any(not a - r <= value <= b + r for a, b, r, value in zip(low, high, reach, start.at, strict=True)):
            raise refuse("off-map", title=spec.title)
        unit = self.remember(("spacing", spec.name), lambda: spacing(coords))
        return find("maps", spec.method)().spot(np.array(start.at, dtype=np.float32), coords, unit)

    def prior(self, name: str | None = None):
        """The prior of that name, or the checkpoint's best (its first).

        Raises:
            ExplorerError: the checkpoint doesn't carry it.
        """
        name = name or self.card.priors[0]
        if name not in self.checkpoint.priors:
            raise refuse("prior", title=self.card.title, name=quoted(name), known=list(self.checkpoint.priors))
        return self.checkpoint.priors[name]

    def map(self, name: str | None) -> MapSpec:
        """The map of that name, or the one that opens.

        Raises:
            ExplorerError: the checkpoint has no such map.
        """
        if name is None:
            return self.card.maps[0]
        for spec in self.card.maps:
            if spec.name == name:
                return spec
        raise refuse("map", title=self.card.title, name=quoted(name))

    def condition(self, point: Point) -> dict[str, Value]:
        """What a point's picture is asked to show: value, blend or None (unset) of each attribute."""
        return self.card.conditions.decode(self.resolve(point).c)

    # -- from latent and condition to pictures

    @torch.inference_mode()
    @one_thread()
    def decode(self, state: State) -> Tensor:
        """The model's output [*shape] for one state.

        One at a time, also for several people: the last bits depend on the batch, and the same point must always give the same
        picture. Pictures would round to the same, series would not (a last bit in two of three values), and there is little to
        gain: of 16 states one takes 0.1 to 0.7 ms alone and 0.01 to 0.25 ms among the others (lasers, engines, QLAE, VQGAN, MSP;
        one thread), while the question around it takes 2.6 ms of lasers and 30 ms of VQGAN.
        """
        model, given = self.checkpoint.model, dict(state.given)
        row, step = given.pop("show", None), given.pop("step", None)
        leaves = {name: leaf[None] for name, leaf in state.leaves.items()}
        if step is None:
            return model.decode(state.z[None], state.c[None], **leaves, **given)[0]
        # All steps of a drawing are kept, so that a slider over them answers at once.
        frames = self.remember(
            ("frames", replace(state, given=given).key),
            lambda: model.frames(state.z[None], state.c[None], **leaves, **given),
        )
        return frames[row][step][0]

    def output(self, point: Point) -> Tensor:
        """The model's output [*shape] for a point, in the modality's range."""
        state = self.resolve(point)
        return self.remember(("output", state.key), lambda: self.decode(state))

    def render(self, points: Sequence[Point]) -> list[np.ndarray]:
        """Points -> what a person sees of each; for pictures uint8 [H, W, 3]."""
        return [self.modality.show(self.output(point)) for point in points]

    def listen(self, point: Point) -> bytes:
        """A point's output as a WAV file, where the modality sounds."""
        return self.remember(("sound", point.model_dump_json()), lambda: self.modality.listen(self.output(point)))

    def difference(self, a: Point, b: Point) -> np.ndarray:
        """Where two points' pictures differ, as the modality shows it (`Modality.difference`)."""
        return self.modality.difference(self.output(a), self.output(b))

    # -- places and distances

    def vector(self, state: State, space: str) -> np.ndarray:
        """A state -> float32 [F] in the space in which a map looks for nearest items."""
        return self.checkpoint.vectors(space, state.z[None], state.c[None])[0].numpy()

    def place(self, point: Point, name: str | None = None) -> list[float]:
        """Where a point lies on a map: at its item, at its spot of a decoded plane, or between the nearest items of its space."""
        spec = self.map(name)
        start = point.start
        if not point.edits:
            exact = find("maps", spec.method).exact  # elsewhere a spot is answered by a blend, which lies where it lies
            if isinstance(start, SpotStart) and start.map == spec.name and exact and not point.condition:
                self.spot(start)
                return list(start.at)
            untouched = not point.condition or spec.space == "latent"
            if isinstance(start, ItemStart) and untouched:
                self._item(start.item)
                return self.checkpoint.items.map(spec.name)[start.item].tolist()
        key = ("place", spec.name, point.model_dump_json())
        return self.remember(key, lambda: self._place(self.resolve(point), spec))

    def _place(self, state: State, spec: MapSpec) -> list[float]:
        items = self.checkpoint.items
        vector = self.vector(state, spec.space)[None]
        method = find("maps", spec.method)()
        return np.asarray(method.place(vector, items.space(spec.space), items.map(spec.name)))[0].tolist()

    def neighbours(self, point: Point, k: int = 8, space: str = "latent") -> list[tuple[int, float]]:
        """The k items nearest to a point in a space, nearest first, without the item it starts from: (index, distance)."""
        own = point.start.item if isinstance(point.start, ItemStart) else -1
        key = ("neighbours", k, space, point.model_dump_json())
        return self.remember(key, lambda: self._neighbours(self.resolve(point), k, space, own))

    def _neighbours(self, state: State, k: int, space: str, own: int) -> list[tuple[int, float]]:
        indices, distances = nearest(self.vector(state, space)[None], self.checkpoint.items.space(space), k + 1)
        found = [(int(i), float(d)) for i, d in zip(indices[0], distances[0], strict=True) if i != own]
        return found[:k]

    def trust(self, point: Point) -> Trust:
        """How near real data the point's latent is, measured against how near the items are to each other."""
        return self.trusts([point])[0]

    def trusts(self, points: Sequence[Point]) -> list[Trust]:
        """The same of several points, which costs little more than of one."""
        key = ("trust", *(point.model_dump_json() for point in points))
        return self.remember(key, lambda: self._trusts([self.resolve(point) for point in points]))

    def _trusts(self, states: Sequence[State]) -> list[Trust]:
        items = self.checkpoint.items
        vectors = np.stack([self.vector(state, "latent") for state in states])
        indices, distances = nearest(vectors, items.space("latent"), 1)
        farther = 100.0 - np.searchsorted(items.quantiles, distances[:, 0])
        rows = zip(indices[:, 0].tolist(), distances[:, 0].tolist(), farther.tolist(), strict=True)
        return [Trust(index, distance, max(percentile, 0.0)) for index, distance, percentile in rows]

    def reference(self) -> real.Real | None:
        """What real items look like to the judge of the data set, where that was measured."""
        return self.remember("reference", lambda: real.reference(self.checkpoint))

    def reals(self, points: Sequence[Point]) -> list[float | None]:
        """How far the points' pictures lie from real items, see `explorer.box.real`; None where nobody can tell."""
        reference = self.reference()
        if reference is None:
            for point in points:
                self.resolve(point)  # what can't be is told all the same
            return [None] * len(points)

        @torch.inference_mode()
        @one_thread()
        def share(point: Point) -> float:
            return reference.shares(self.checkpoint.judge(self.output(point)[None]).numpy())[0]

        return [self.remember(("real", p.model_dump_json()), lambda p=p: share(p)) for p in points]

    # -- own items

    @torch.inference_mode()
    @one_thread()
    def encode(self, x: Tensor, condition: dict[str, Value] | None, sha256: str) -> Point:
        """A person's own x [*shape] -> the point that starts there.

        Attributes that `condition` leaves out are read by the judge.

        Without an encoder its latent is searched for, see `explorer.play.search`.

        Raises:
            ExplorerError: the model has no encoder, and its latent can't be moved.
        """
        encodes = "encode" in self.card.capabilities
        if not encodes and not search.possible(self.card):
            raise refuse("no-encoder", title=self.card.title)
        asked = {**self.read(x), **(condition or {})}
        c, model = self.card.conditions.encode([asked]), self.checkpoint.model
        z = (
            model.encode(x[None], c).mean[0]
            if encodes
            else search.found(model, self.prior(), self.checkpoint.judge, x, c[0])
        )
        return Point(start=UploadStart(sha256=sha256, latent=self.kind.pack(z), condition=asked))

    @torch.inference_mode()
    def read(self, x: Tensor) -> dict[str, Value]:
        """What the judge sees in x [*shape]: its first choice for each attribute."""
        if self.checkpoint.judge is None:
            return {}
        return {name: reading["value"] for name, reading in self.checkpoint.judge.read(x[None])[0].items()}

    def opening(self) -> Scene:
        """The scene on which the checkpoint opens."""
        return Scene.model_validate({"model": self.card.name, **self.card.opening})


_sessions = Kept(
    Session, None, checkpoints.IDLE, checkpoints.LIMIT, lambda session: checkpoints.weight(session.checkpoint)
)


def open_session(name: str) -> Session:
    """The session of a bundled checkpoint: kept as long as the checkpoint is, and read anew where that was rebuilt.

    Raises:
        ExplorerError: unknown or broken checkpoint.
    """
    return _sessions(checkpoints.load(name))
