"""The tabs that every model has, as far as its latent allows; the page draws them itself (`assets/js/panels/`)."""

from __future__ import annotations

from explorer.core.panel import Panel
from explorer.core.refusals import refuse
from explorer.core.registry import register
from explorer.core.scene import Scene
from explorer.core.schema import Card
from explorer.play import search
from explorer.play.operations.tab import Tab
from explorer.play.session import Session

ALL_KINDS = frozenset({"vector", "grid", "codes", "bits"})


class General(Tab):
    """Base of tabs that the page draws: the server has no panel of them."""

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`.

        Raises:
            ExplorerError: always; the page never asks.
        """
        raise refuse("general", title=self.title)


@register("tabs", "attributes")
class Attributes(General):
    """Ask for other values: one control for each, every value in a row, two attributes as a matrix."""

    title = "Attributes"
    order = 10
    kinds = ALL_KINDS


@register("tabs", "interpolate")
class Interpolate(General):
    """Travel from A to B by three ways, and between four corners."""

    title = "Interpolate"
    order = 20


@register("tabs", "resample")
class Resample(General):
    """Draw what the condition leaves open, and vary the item on stage."""

    title = "Resample"
    order = 30
    kinds = ALL_KINDS


@register("tabs", "directions")
class Directions(General):
    """Move away from where the item is: principal directions, dimensions, the difference of groups, arithmetic."""

    title = "Directions"
    order = 40


@register("tabs", "selection")
class Selection(General):
    """What is selected on the map: all its items to scroll through, and what they are beside the others."""

    title = "Selection"
    order = 45

    def why_not(self, card: Card) -> None:
        """See `Tab.why_not`: there is no kind of model whose items can't be looked at."""
        return


@register("tabs", "type")
class Type(General):
    """Set a text in the design on stage, walk to another, bring letters of one's own, and take a font along."""

    title = "Type"
    order = 5
    needs = frozenset({"bearings"})
    special = True


@register("tabs", "own")
class OwnItem(General):
    """Take an item of one's own through the model."""

    title = "Own item"
    order = 50
    kinds = ALL_KINDS
    needs = frozenset({"encode"})

    def why_not(self, card: Card) -> str | None:
        """See `Tab.why_not`; where a model has no encoder, the server searches for the latent."""
        return None if search.possible(card) else super().why_not(card)
