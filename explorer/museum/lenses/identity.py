"""What else moved: attributes that an edit did not ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from explorer.core.registry import register
from explorer.museum.lenses._judged import judged
from explorer.museum.lenses.base import Lens, Reading, tone

if TYPE_CHECKING:
    from explorer.core.scene import Point
    from explorer.play.session import Session


@register("lenses", "identity")
class Identity(Lens):
    """The judge's readings before and after, of the attributes that were not asked to change.

    The live form of `kept` among the edits. Baseline: the picture before. The score is the smallest, over those
    attributes, of the overlap of the two readings (1 less their total variation distance).
    """

    title = "What else moved"
    sentence = "Whether the judge reads everything that was not asked for as it did before."
    order = 120

    def read(self, session: Session, point: Point) -> list[Reading]:
        """One reading; none where nothing was changed, or where everything was asked for."""
        conditions = session.card.conditions
        rest = [a for a in conditions.attributes if a.name not in point.condition and a.kind == "categorical"]
        if session.checkpoint.judge is None or not rest or point == point.origin:
            return []
        logits = torch.stack([judged(session, point.origin), judged(session, point)])
        moved, score = [], 1.0
        for attribute in rest:
            before, after = logits[:, conditions.slices[attribute.name]].softmax(dim=1)
            score = min(score, torch.minimum(before, after).sum().item())
            old, new = (attribute.values[int(part.argmax())] for part in (before, after))
            if old != new:
                moved.append(f"{attribute.label.lower()} from {old} to {new}")
        value = f"{len(moved)} of {len(rest)} moved" if moved else "nothing"
        sentence = (
            f"Not asked for, but moved: {', '.join(moved)}." if moved else "All that was not asked for reads as before."
        )
        return [Reading("What else moved", value, sentence, tone(score, 0.7, 0.4), score)]
