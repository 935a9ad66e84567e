"""Draw one leaf of the latent anew and leave the others: the noise of a decoder, the style of a layer, a level of a hierarchy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from explorer.core.registry import find, register
from explorer.core.schema import NAME, Card, ExplorerError, LatentSpec
from explorer.learn.kinds import base as kinds
from explorer.learn.models.base import Model
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.tab import Options
from explorer.play.operations.turned import Again, Along, Part, Said, Turned

if TYPE_CHECKING:
    from explorer.play.session import Session

DRAWS = 7


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
    portable = ("prior",)
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


class PartsOptions(Options):
    """The seed of the draws that are shown."""

    seed: int = Field(default=1, ge=0, lt=2**31 - 1)


@register("tabs", "parts")
class Parts(Turned):
    """Each part of a latent that has several, drawn anew while the others stay."""

    title = "Parts"
    order = 58
    operation = Redraw
    Options = PartsOptions

    def why_not(self, card: Card) -> str | None:
        """See `Tab.why_not`; a family whose latent has parts says so."""
        family = find("models", card.family)
        return "This model's latent is one piece." if family.leaves is Model.leaves else None

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        said = "The latent has parts. Each row draws one of them anew and leaves the others as they are."
        leaves = session.checkpoint.model.leaves.items()
        return Said(text=said), Again(text="Other draws", back="Reset"), *(_row(name, spec) for name, spec in leaves)


def _row(name: str, spec: LatentSpec) -> Along:
    """A row of draws of one part."""
    title = name.replace("-", " ").capitalize() if name != "z" else "What the encoder finds"
    words = f"{title}: {kinds.of(spec).words(spec)}"
    return Along(
        id=f"parts-{name}",
        title=words,
        draws=DRAWS,
        sets={"leaf": name},
        alt=f"{title}, draw {{}}",
        trust=True,
    )
