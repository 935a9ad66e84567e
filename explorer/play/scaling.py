"""How much is left over with fewer features: dictionaries of many sizes and k of a checkpoint, measured on items kept aside.

Learned like a dictionary when a person asks for it, in slices; see `explorer.play.dictionary`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from explorer.core.kept import Kept
from explorer.core.schema import Card, ExplorerError
from explorer.learn.training.dictionary import Method, fit
from explorer.learn.training.scaling import Law, Point, law
from explorer.play.dictionary import IDLE, Run, Settings, Space, Way, recipe, vectors, why_not
from explorer.play.session import Session

if TYPE_CHECKING:
    import pandas as pd

SIZES, KS = (16, 32, 64, 128, 256), (2, 4, 8)
ASIDE = 0.2  # share of the items that losses are measured on
KEPT = 16


class Compared(Way):
    """What is compared; sizes and k are `SIZES` and `KS`."""

    @property
    def key(self) -> str:
        """All of it in a word."""
        return f"{self.space}-{self.method}-{self.seed}"


@dataclass(frozen=True)
class Place:
    """Where a comparison is: dictionaries learned of all, with the share of the one at hand."""

    done: float
    all: int


@dataclass(frozen=True)
class Scaling:
    """Dictionaries of every size and k, and the law that their losses follow."""

    compared: Compared
    points: tuple[Point, ...]
    law: Law

    def table(self) -> pd.DataFrame:
        """A row for each dictionary: `loss`, the share of variance left over of items kept aside, and `dead` features."""
        import pandas as pd

        return pd.DataFrame([vars(point) for point in self.points]).set_index(["size", "k"])

    def __repr__(self) -> str:
        return (
            f"<Scaling over {len(self.points)} dictionaries ({self.compared.method}, {self.compared.space}): "
            f"R² {self.law.fit:.3f} of a straight line in logarithms>"
        )


class Comparison(Run):
    """A comparison in the making: `points` are those that are there."""

    last: Place | None
    found: Scaling | None

    def __init__(self, session: Session, compared: Compared) -> None:
        super().__init__(session, compared)
        self.points: tuple[Point, ...] = ()

    def _work(self) -> Iterator[Place]:
        x = vectors(self.session, self.settings.space)
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(self.settings.seed))
        aside, x = x[order[: round(ASIDE * len(x))]], x[order[round(ASIDE * len(x)) :]]
        self.points = ()
        grid = [(size, k) for k in ks(x.shape[1]) for size in SIZES]
        for at, (size, k) in enumerate(grid):
            settings = Settings(**self.settings.model_dump(), size=size, k=k)
            for step in fit(x, recipe(settings)):
                if step.step < step.steps:
                    yield Place(at + step.step / step.steps, len(grid))
            self.points += (Point(size, k, step.net.loss(aside), step.net.used(x)[0]),)
        self.found = Scaling(self.settings, self.points, law(self.points))
        yield Place(len(grid), len(grid))


_comparisons = Kept(Comparison, KEPT, IDLE)


def ks(width: int) -> tuple[int, ...]:
    """The k of a comparison: those below the numbers of a vector."""
    return tuple(k for k in KS if k < width)


def comparing(session: Session, compared: Compared) -> Comparison:
    """The comparison of these settings: begun, half way or done.

    Raises:
        ExplorerError: there is none, see `why_no_scaling`.
    """
    if reason := why_no_scaling(session.card, compared):
        raise ExplorerError(reason, "panel")
    return _comparisons(session, compared)


def why_no_scaling(card: Card, compared: Compared) -> str | None:
    """The reason in one sentence why sizes and k of a model's dictionaries can't be compared, or None."""
    if reason := why_not(card, compared.space):
        return reason
    if compared.method == "l1":
        return "ReLU and L1 has a price in place of k, so there is no k to compare."
    if compared.space == "latent" and not ks(card.latent.shape[0]):
        return "This latent has too few numbers for dictionaries of several k."
    return None


class WithScaling:
    """What gives `explorer.Explorer` its comparisons."""

    session: Session

    def dictionary_scaling(self, space: Space = "latent", method: Method = "topk", seed: int = 0) -> Scaling:
        """Learn dictionaries of 16 to 256 features with k from 2 to 8 on four fifths of the items, in about half a minute.

        Args:
            space, method, seed: see `dictionary`; `l1` has no k.

        Raises:
            ExplorerError: the model has no such vectors, or the method no k.
        """
        return comparing(self.session, Compared(space=space, method=method, seed=seed)).whole()
