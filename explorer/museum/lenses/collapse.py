"""How many dimensions of the latent the model uses at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.museum.lenses.base import Lens, Reading, tone

if TYPE_CHECKING:
    from explorer.core.scene import Point
    from explorer.play.session import Session

ACTIVE = 0.01


@register("lenses", "collapse")
class Collapse(Lens):
    """Active units and the KL divergence from N(0, I) of each dimension, over held-out items.

    A unit is active when the variance over items of its posterior mean exceeds 0.01 (Burda, Grosse and Salakhutdinov
    2016, arXiv:1509.00519, section 5.2). Baseline: the number of dimensions there are.
    """

    title = "Active dimensions"
    sentence = "How many dimensions of the latent change from item to item, and how many nats each of them carries."
    order = 70
    needs = frozenset({"encode"})
    kinds = frozenset({"vector", "grid"})

    def measure(self, study: Study) -> dict[str, Any]:
        """`active_units`, `latent` (how many there are), `n`, and of a posterior with a spread `kl` in nats and
        `kl_by_dimension` in falling order.
        """
        mean, variance = (part.flatten(1).double() for part in study.posterior)
        units = {"active_units": int((mean.var(0) > ACTIVE).sum()), "latent": mean.shape[1], "n": len(mean)}
        if not variance.any():
            return units
        kl = 0.5 * (mean.square() + variance - 1 - variance.clamp(min=1e-12).log()).mean(0)
        return units | {"kl": kl.sum().item(), "kl_by_dimension": kl.sort(descending=True).values.tolist()}

    def read(self, session: Session, point: Point) -> list[Reading]:
        """The card's active units, on the checkpoints of a dial: what turning it changes."""
        found = session.card.metrics.get(self.name)
        deterministic = "exact" in session.card.capabilities  # its units are on no common scale
        if session.card.dial is None or deterministic or not isinstance(found, dict):
            return []
        active, size = int(found["active_units"]), int(found["latent"])
        sentence = f"{active} of {size} latent dimensions change from item to item; the others carry nothing."
        return [
            Reading("Active dimensions", f"{active} of {size}", sentence, tone(active / size, 0.3, 0.1), active / size)
        ]
