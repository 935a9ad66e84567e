"""A plug-in of a selection (PPVAE): what its items share becomes a control, learned while a person waits.

A small VAE learns which part of the latent space the selected items fill (`explorer.learn.plugins.ppvae`); the model itself
stays as it is. Draws of it are more items like those selected, and any item can be moved towards what it comes to among them.
Both travel in a scene as ordinary steps along a vector, so that their pictures need no plug-in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from explorer.box.maps.base import nearest
from explorer.core.kept import Kept
from explorer.core.refusals import refuse
from explorer.core.scene import ItemStart, Point, pack
from explorer.core.schema import Attribute, Card, ExplorerError
from explorer.learn.plugins.ppvae import FEWEST, PPVAE, Recipe, Step, training
from explorer.play import dictionary, recipes
from explorer.play.operations.base import Params
from explorer.play.session import Session, one_thread

KEPT, IDLE = 64, 1800.0  # plug-ins, seconds
STEPS = Recipe.steps
TRIED, SEEN = 256, 64  # draws that are measured, and of them those that the judge reads
TRAITS, SURE = 3, 0.1  # values that are told, and how much more frequent they must be than among all items


class Group(Params):
    """Items under a name: one bit an item, as `recipes.members` reads it."""

    name: str = Field(min_length=1, max_length=60)
    members: str = Field(max_length=65536)


@dataclass(frozen=True)
class Trait:
    """A value that a group's items have more often than all: its share of all, of the group, and of draws as the judge reads."""

    attribute: str
    value: str
    whole: float
    group: float
    drawn: float


@dataclass(frozen=True)
class Found:
    """A plug-in as it was learned, and how well.

    Attributes:
        plugin: float32 latents in and out.
        members: numbers of the group's items.
        share: of all items that are in the group.
        near: share of draws whose nearest item is in the group.
        own: the same of the group's items, each beside its nearest other one.
        apart: mean distance between two draws, in mean distances between two of the group's items.
        traits: those of the largest difference first; none where the model has no judge.
    """

    plugin: PPVAE
    members: np.ndarray
    share: float
    near: float
    own: float
    apart: float
    traits: tuple[Trait, ...]


class Asked(Params):
    """Which items a plug-in is learned from, and the seed of all that is random."""

    members: str
    seed: int = Field(default=0, ge=0, lt=2**31)


class Run(dictionary.Run):
    """A plug-in in the making, on which `seconds` were spent."""

    last: Step | None
    found: Found | None
    seconds = 0.0

    def __init__(self, session: Session, asked: Asked) -> None:
        super().__init__(session, asked)
        self.mask = recipes.members(asked.members, session.card.items)

    def advance(self, seconds: float) -> Found | None:
        """Go on for about so long -> the plug-in once it is there; `last` says how far it is."""
        start, going = time.monotonic(), self.found is None
        found = super().advance(seconds)
        if going:
            self.seconds += time.monotonic() - start
        return found

    def _work(self) -> Iterator[Step]:
        plugin, recipe = PPVAE(self.session.checkpoint.model), Recipe(steps=STEPS, seed=self.settings.seed)
        z = latents(self.session).unflatten(1, self.session.card.latent.shape)
        for step in training(plugin, z, torch.from_numpy(self.mask), recipe):
            if step.step == step.steps:
                self.found = _found(self.session, plugin, self.mask)
            yield step


_runs = Kept(Run, KEPT, IDLE)


def running(session: Session, group: Group, seed: int = 0) -> Run:
    """The run of a group: begun, half way or done.

    Raises:
        ExplorerError: the model's latent is no vector, or the group is of another model, too small, or everything.
    """
    if reason := why_not(session.card):
        raise ExplorerError(reason, "panel")
    many = int(recipes.members(group.members, session.card.items).sum())
    if many < FEWEST:
        items = "1 item" if many == 1 else f"{many} items"
        raise ExplorerError(f"A plug-in is learned from {FEWEST} items or more; {group.name} holds {items}.", "panel")
    if many == session.card.items:
        raise refuse("group-all", name=group.name)
    return _runs(session, Asked(members=group.members, seed=seed))


def why_not(card: Card) -> str | None:
    """The reason in one sentence why no plug-in can be learned on a model, or None."""
    if card.latent.kind != "vector":
        return f"A plug-in is learned from latents that are vectors; this model's are {card.latent.kind}."
    return None


def latents(session: Session) -> Tensor:
    """Of all items, float32 [n, L]."""
    return session.checkpoint.items.tensor("z").flatten(1)


# -- what it is good for


@torch.inference_mode()
@one_thread()
def draws(session: Session, found: Found, name: str, count: int, seed: int = 0) -> tuple[Point, ...]:
    """Draws of a plug-in, each as a step from the group's item nearest to it, whose attributes it keeps."""
    z, drawn = latents(session), _drawn(found.plugin, count, seed)
    near = found.members[nearest(drawn.numpy(), z[found.members].numpy(), 1)[0][:, 0]]
    return tuple(
        Point(start=ItemStart(item=item)).then("direction", vector=pack(to - z[item]), amount=1.0, label=f"Like {name}")
        for item, to in zip(near.tolist(), drawn, strict=True)
    )


@torch.inference_mode()
@one_thread()
def moved(session: Session, found: Found, name: str, point: Point, amount: float = 1.0) -> Point:
    """A point with one more step, towards what it comes to within the group: z + amount (G(z_c) - z).

    Raises:
        ExplorerError: the point has as many steps as it can have, or one that this model doesn't know.
    """
    return recipes.step(
        point, "direction", vector=pack(_towards(session, found, point)), amount=amount, label=f"Towards {name}"
    )


def at(session: Session, found: Found, point: Point) -> int | None:
    """Which of a point's steps is one of this plug-in's towards the group, the last of them; None where there is none.

    It is known by its vector, so that a group can get another name.
    """
    for k in reversed(range(len(point.edits))):
        edit = point.edits[k]
        if edit.op != "direction":
            continue
        before = point.model_copy(update={"edits": point.edits[:k]})
        if edit.params.get("vector") == pack(_towards(session, found, before)):
            return k
    return None


@torch.inference_mode()
@one_thread()
def _towards(session: Session, found: Found, point: Point) -> Tensor:
    z = session.resolve(point).z
    return (found.plugin.likened(z[None])[0] - z).flatten()


def _drawn(plugin: PPVAE, count: int, seed: int) -> Tensor:
    z_c = torch.randn(count, plugin.latent.size, generator=torch.Generator().manual_seed(seed))
    return plugin.expand(z_c).flatten(1)


# -- how well it was learned


@torch.inference_mode()
def _found(session: Session, plugin: PPVAE, mask: np.ndarray) -> Found:
    z, members = latents(session), np.flatnonzero(mask)
    drawn = _drawn(plugin, TRIED, 1)
    near = mask[nearest(drawn.numpy(), z.numpy(), 1)[0][:, 0]].mean()
    some = members[np.linspace(0, len(members) - 1, min(TRIED, len(members))).astype(int)]
    own = mask[nearest(z[some].numpy(), z.numpy(), 2)[0][:, 1]].mean()
    apart = torch.pdist(drawn).mean() / torch.pdist(z[some]).mean().clamp(min=1e-9)
    found = Found(plugin, members, float(mask.mean()), float(near), float(own), float(apart), ())
    return Found(**{**vars(found), "traits": _traits(session, found, mask)})


def _traits(session: Session, found: Found, mask: np.ndarray) -> tuple[Trait, ...]:
    """What the group has more often than all, and how often the judge reads it in draws."""
    told = []
    for k, attribute in enumerate(session.card.conditions.attributes):
        names, place = attribute.placed(session.checkpoint.items.codes[:, k])
        here, all_ = (_shares(p, len(names)) for p in (place[mask], place))
        told += [(here[j] - all_[j], attribute, j, here[j], all_[j]) for j in range(len(names))]
    told = sorted((one for one in told if one[0] > SURE), key=lambda one: -one[0])[:TRAITS]
    if not told or session.checkpoint.judge is None:
        return ()
    read = [session.read(session.output(point)) for point in draws(session, found, "", SEEN, 1)]
    out = []
    for _, attribute, j, here, all_ in told:
        names, place = attribute.placed(np.array([_code(attribute, one[attribute.name]) for one in read]))
        out.append(Trait(attribute.label, names[j], float(all_), float(here), float(_shares(place, len(names))[j])))
    return tuple(out)


def _shares(place: np.ndarray, many: int) -> np.ndarray:
    counts = np.bincount(place[place >= 0], minlength=many)
    return counts / max(counts.sum(), 1)


def _code(attribute: Attribute, value: Any) -> float:
    return float(value if attribute.kind == "continuous" else attribute.values.index(value))


# -- from Python


class Learned:
    """A plug-in from Python, see `Explorer.plugin`."""

    def __init__(self, session: Session, group: Group, found: Found, made: Callable[[Sequence[Point]], Any]) -> None:
        self.session, self.group, self.found, self._made = session, group, found, made

    def __repr__(self) -> str:
        f = self.found
        return (
            f"<Plug-in {self.group.name} of {self.session.card.name}, from {len(f.members)} items: of its draws {f.near:.0%} lie "
            f"nearest to one of these (chance {f.share:.1%}), {f.apart:.2f} times as far apart as they>"
        )

    def draws(self, count: int = 8, seed: int = 0) -> Any:
        """More items like the group's (1 to 64) as a `Result`; each keeps the attributes of the group's item nearest to it.

        Raises:
            ExplorerError: a count out of range.
        """
        if not 1 <= count <= 64:
            raise ExplorerError(f"One call makes 1 to 64 draws, not {count}.", "panel")
        return self._made(draws(self.session, self.found, self.group.name, count, seed))

    def towards(self, item: int | Point, amount: float = 1.0) -> Any:
        """An item or point moved towards what it comes to within the group, as a `Result`.

        Args:
            item: its number, or a point.
            amount: -4 to 4; 0 leaves it, 1 goes all the way.

        Raises:
            ExplorerError: no such item, or the point has as many steps as it can have.
        """
        point = item if isinstance(item, Point) else Point(start=ItemStart(item=item))
        return self._made([moved(self.session, self.found, self.group.name, point, amount)])


class WithPlugin:
    """What gives `explorer.Explorer` its plug-ins."""

    session: Session
    _made: Callable[[Sequence[Point]], Any]
    _numbers: Callable[[Sequence[int] | None], np.ndarray]

    def plugin(self, items: Sequence[int], name: str = "Selection", seed: int = 0) -> Learned:
        """Make a control of items, in seconds: a small VAE over the model's latents (PPVAE); the model stays as it is.

        Args:
            items: numbers of eight items or more, such as those of a group.
            name: what they are called, 1 to 60 characters.
            seed: of all that is random.

        Raises:
            ExplorerError: an unknown item, too few or all of them, or a model whose latent is no vector.
        """
        try:
            mask = np.isin(np.arange(self.session.card.items), self._numbers(items))
            group = Group(name=name, members=recipes.bits(mask))
        except ValueError as error:
            if isinstance(error, ExplorerError):
                raise
            raise ExplorerError("A plug-in's name has 1 to 60 characters.", "panel") from None
        return Learned(self.session, group, running(self.session, group, seed).whole(), self._made)
