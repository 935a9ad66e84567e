"""The contract of a lens: measure a checkpoint for its card, and read one point for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from explorer.box.build.evaluate import Study

if TYPE_CHECKING:
    from explorer.core.scene import Point

Tone = Literal["good", "fair", "poor"]


@dataclass(frozen=True)
class Reading:
    """What a lens says of one point.

    Attributes:
        label: what was read, two or three words.
        value: the reading as a person reads it.
        sentence: what it means.
        tone: whether that is as hoped.
        score: the same on a scale from 0 (poor) to 1 (good).
    """

    label: str
    value: str
    sentence: str
    tone: Tone
    score: float


class Lens:
    """Base of all lenses.

    Class attributes:
        title, sentence: what the page calls it, and what it measures beside which baseline.
        order: among the lenses.
        needs: capabilities of the model that it can't measure without.
        kinds: kinds of latent that it measures (`LatentSpec.kind`); None: all.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    order: ClassVar[int] = 100
    needs: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str] | None] = None

    def measure(self, study: Study) -> dict[str, Any]:
        """Figures for the card, JSON-able; empty where this lens has nothing to say of this checkpoint."""
        return {}

    def read(self, session: Any, point: Point) -> list[Reading]:
        """What to say of one point within 5 ms; empty where there is nothing to say.

        Args:
            session: an `explorer.play.session.Session`.
            point: on stage.
        """
        return []


def tone(score: float, good: float, fair: float) -> Tone:
    """A score -> `good` from `good` up, `fair` from `fair` up, else `poor`."""
    return "good" if score >= good else "fair" if score >= fair else "poor"
