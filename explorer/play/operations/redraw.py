"""Draw one leaf of the latent anew and leave the others: the noise of a decoder, the style of a layer, a level of a hierarchy."""

from __future__ import annotations

from pydantic import Field

from explorer.core.registry import register
from explorer.core.schema import NAME, ExplorerError
from explorer.learn.kinds import base as kinds
from explorer.play.operations.base import Context, Operation, Params, State


class RedrawParams(Params):
    """Which leaf, and which draw of it."""

    leaf: str = Field(pattern=NAME, description="name of the latent's part that is drawn anew")
    seed: int = Field(default=0, ge=0, lt=2**31, description="of the draw")
    draw: int = Field(default=0, ge=0, lt=4096, description="number of the draw under this seed")
    temperature: float = Field(default=1.0, ge=0, le=2, description="scale of the spread")


@register("operations", "redraw")
class Redraw(Operation):
    """A leaf that items have comes from the checkpoint's first prior, under the point's condition; any other from its kind."""

    title = "Draw a part anew"
    sentence = "Draws one part of the latent anew and leaves the others."
    kinds = None
    Params = RedrawParams

    def apply(self, context: Context, state: State, params: RedrawParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: the latent has no such part.
        """
        model, checkpoint = context.checkpoint.model, context.checkpoint
        leaves = model.leaves
        if params.leaf not in leaves:
            raise ExplorerError(f"This latent's parts are {', '.join(leaves)}; there is no {params.leaf!r}.", "panel")
        how = (params.seed, params.draw, params.temperature)
        if leaves[params.leaf].drawn:
            return state.moved(**{params.leaf: kinds.of(leaves[params.leaf]).draw(leaves[params.leaf], *how)})
        fresh = checkpoint.priors[checkpoint.card.priors[0]].draw(state.c, *how)
        parts = model.split(state.z[None])
        parts[params.leaf] = model.split(fresh[None])[params.leaf]
        return state.moved(model.join(parts)[0])
