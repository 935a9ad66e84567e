"""How far a point's latent lies from real items, by their own measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.core.registry import register
from explorer.museum.lenses.base import Lens, Reading, tone

if TYPE_CHECKING:
    from explorer.core.scene import Point
    from explorer.play.session import Session


@register("lenses", "realism")
class Realism(Lens):
    """Distance of the latent to the nearest item's, as a percentile of the items' distances to *their* nearest.

    Baseline: the items themselves, spread evenly from 0 to 100. Nearest-neighbour distance as a sign of support
    follows Kynkaanniemi et al. 2019 (arXiv:1904.06991, section 2). It speaks of the latent alone: an unusual condition
    under a usual latent is not seen.
    """

    title = "Near real items"
    sentence = "How far the latent is from the nearest real item, beside how far real items are from each other."
    order = 110

    def read(self, session: Session, point: Point) -> list[Reading]:
        """One reading: the share of items that are lonelier than this latent."""
        if "encode" not in session.card.capabilities:
            return []  # its items are its own draws: nothing there is real
        trust = session.trust(point)
        score = trust.percentile / 100
        typical = trust.distance / session.checkpoint.items.typical
        place = (
            "on a real item" if typical < 0.01 else
            f"{typical:.1f} times as far from the nearest real item as real items are from each other"
        )  # fmt: skip
        sentence = f"This latent lies {place}; {trust.percentile:.0f} % of real items lie farther from their nearest."
        return [Reading("Near real items", f"{typical:.1f}x", sentence, tone(score, 0.1, 0.01), score)]
