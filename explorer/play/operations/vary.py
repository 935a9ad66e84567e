"""Variations of an item: another draw from what the encoder was unsure of."""

from __future__ import annotations

from pydantic import Field

from explorer.core.noise import normal
from explorer.core.registry import register
from explorer.play.operations.base import Context, Operation, Params, State


class VaryParams(Params):
    """Which draw, how strong."""

    seed: int = Field(ge=0, lt=2**31)
    draw: int = Field(default=0, ge=0, lt=4096, description="number of the draw under this seed")
    strength: float = Field(
        default=1.0, ge=0, le=8, description="in posterior standard deviations; 1 is the posterior itself"
    )


@register("operations", "vary")
class Vary(Operation):
    """Draw from the posterior around the point, its spread times `strength`.

    z = mu + strength * sigma * eps (Kingma & Welling 2014, eq. 4, at strength 1), with sigma the root
    mean square posterior deviation over the items, dimension by dimension: an edited point has no picture to encode.
    """

    title = "Variations"
    sentence = "Shows what the encoder holds equally likely for this item."
    portable = ()
    Params = VaryParams
    needs = frozenset({"encode"})
    refuses = {"exact": "This model's encoder gives one latent for each item, so there is nothing to vary."}

    def apply(self, context: Context, state: State, params: VaryParams) -> State:
        """See `Operation.apply`."""
        noise = normal(params.seed, params.draw, state.z.numel()).reshape(state.z.shape)
        sigma = context.checkpoint.items.tensor("z.posterior").reshape(state.z.shape)
        return state.moved(state.z + params.strength * sigma * noise)
