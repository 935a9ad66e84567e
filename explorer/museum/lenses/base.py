"""The contract of a lens: measure a checkpoint for its card."""

from __future__ import annotations

from typing import Any, ClassVar

from explorer.box.build.evaluate import Study


class Lens:
    """Base of all lenses.

    Class attributes:
        title, sentence: what the page calls it, and what it measures beside which baseline.
        order: among the lenses.
        needs: capabilities of the model that it can't measure without.
        kinds: kinds of latent that it measures (`LatentSpec.kind`); None: all.
        views: of the modality (`Modality.view`) that it measures; None: all.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    order: ClassVar[int] = 100
    needs: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str] | None] = None
    views: ClassVar[frozenset[str] | None] = None

    def measure(self, study: Study) -> dict[str, Any]:
        """Figures for the card, JSON-able; empty where this lens has nothing to say of this checkpoint."""
        return {}
