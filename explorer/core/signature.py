"""What goes in and out of a model, by name: the item, what is given beside it, and the latent's leaves.

A `Field` says what a thing *is*, never how it is shown; that is its modality's business. A length of None in a shape is
ragged: it differs from item to item.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Bound
from pydantic import PositiveInt, model_validator

from explorer.core.schema import NAME, Frozen, LatentSpec

Name = Annotated[str, Bound(pattern=NAME)]


class Field(Frozen):
    """One thing of a modality.

    Args:
        name: key, by which a model gets it.
        modality: of `explorer/learn/modalities` (`number` for a plain one).
        shape: of one, without the batch; empty for a single number.
        optional: it may be left out.
    """

    name: Name
    modality: Name
    shape: tuple[PositiveInt | None, ...] = ()
    optional: bool = False

    @property
    def ragged(self) -> bool:
        """Does its shape differ from item to item?"""
        return None in self.shape


class Signature(Frozen):
    """A model's inputs and outputs.

    Args:
        item: what it draws, one field or several.
        given: what it is told beside its attributes.
        latent: its leaves by name, in their order; none where there is nothing to walk.
    """

    item: tuple[Field, ...] = Bound(min_length=1)
    given: tuple[Field, ...] = ()
    latent: dict[Name, LatentSpec] = {}

    @model_validator(mode="before")
    @classmethod
    def _one_item(cls, values: object) -> object:
        """A single field stands for one of one."""
        if isinstance(values, dict) and isinstance(values.get("item"), Field | dict):
            return {**values, "item": (values["item"],)}
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Signature:
        for what, fields in (("item", self.item), ("given", self.given)):
            names = [field.name for field in fields]
            if len(set(names)) != len(names):
                raise ValueError(f"a field of the {what} is named twice")
        parts = {field.name: field for field in self.item}
        for field in self.given:
            own = parts.get(field.name, field)
            if (own.modality, own.shape) != (field.modality, field.shape):
                raise ValueError(f"{field.name} is given as another thing than the item has")
        if taken := self.latent.keys() & {field.name for field in (*self.item, *self.given)}:
            raise ValueError(f"{min(taken)} names a leaf and a field")
        if self.latent and all(leaf.drawn for leaf in self.latent.values()):
            raise ValueError("every leaf is drawn anew, so that no item has a latent")
        return self

    @property
    def walked(self) -> dict[str, LatentSpec]:
        """The leaves that an item has: those that lie side by side in its z."""
        return {name: leaf for name, leaf in self.latent.items() if not leaf.drawn}

    @property
    def drawn(self) -> dict[str, LatentSpec]:
        """The leaves that are drawn anew for each picture, unless they are held."""
        return {name: leaf for name, leaf in self.latent.items() if leaf.drawn}
