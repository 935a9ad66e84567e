"""How many dimensions of the latent the model uses at all."""

from __future__ import annotations

from typing import Any

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.museum.lenses.base import Lens

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
