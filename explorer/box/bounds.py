"""What a card from a stranger may ask for, before anything is built from it: numbers, lengths, and layers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from explorer.box.files import fault

if TYPE_CHECKING:
    from explorer.core.schema import Card

LARGEST, LONGEST = 1 << 20, 4096  # a number among a card's arguments, and all its lists and texts together
SPARE = 64  # modules without a weight of their own, beside eight for each weight

_building = threading.local()


def _count(*_: object) -> None:
    """Called by torch for each module that is put into another one, in any thread."""
    left = getattr(_building, "left", None)
    if left is not None:
        _building.left = left - 1
        if left <= 0:
            raise ValueError("it has more layers than weights to fill them")


torch.nn.modules.module.register_module_module_registration_hook(_count)


@contextmanager
def at_most_modules(weights: int) -> Iterator[None]:
    """Within this, a module with far more parts than it has weights isn't built to its end: a card may ask for 10^9 layers.

    Args:
        weights: tensors that there are to fill it.

    Raises:
        ValueError: it has.
    """
    _building.left = 8 * weights + SPARE
    try:
        yield
    finally:
        _building.left = None


def bounded(arguments: object, card: Card) -> None:
    """Are a card's arguments of a size that some model could have?

    Raises:
        ExplorerError: a number is too large, or there are too many of them.
    """
    waiting, length = [arguments], 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value
        length += len(value) if isinstance(value, str | list | tuple | dict) else 0
        large = isinstance(value, int | float) and not abs(value) <= LARGEST
        if large or length > LONGEST:
            raise fault(
                f"The checkpoint {card.name} can't be built from its card: its arguments are out of all bounds."
            )
