"""Small avatars: the same drawn people at 32x32, and fewer of them, for models that train in a minute or two.

Source, licence and attributes are those of `avatars`; glasses and expressions can still be told apart at this size.
"""

from __future__ import annotations

from typing import ClassVar

from explorer.core.registry import register
from explorer.learn.data.avatars import Avatars, Splits


@register("data", "avatars-small")
class SmallAvatars(Avatars):
    """15,000 drawn people at 32x32. Group `unseen` of the test split: triples that no training picture shows."""

    shape = (3, 32, 32)
    splits: ClassVar[Splits] = {"train": ((12_000, 10, False),), "test": ((2_000, 11, False), (1_000, 12, True))}
