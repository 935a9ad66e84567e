"""What a card from a stranger may ask for, before anything is built from it: numbers, lengths, and layers."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

from explorer.box.files import fault

if TYPE_CHECKING:
    from explorer.core.schema import Card

LARGEST, LONGEST = 1 << 20, 4096  # a number among a card's arguments, and all its lists and texts together
WORDIEST = 1 << 17  # the same of how its items are read, which may be by a vocabulary
# Functions of torch by name, and the shape of what they give: the arithmetic of constructors.
BY_SHAPE: dict[str, Callable[..., torch.Size]] = dict.fromkeys(
    ("add", "div", "exp", "log", "mul", "neg", "normal", "normalize", "pow", "rdiv", "rmul", "rsub", "sub", "truediv"),
    torch.broadcast_shapes,
) | {
    "cartesian_prod": lambda *lists: torch.Size([math.prod(length for (length,) in lists), len(lists)]),
    "mv": lambda matrix, _: matrix[:1],
    "vdot": lambda *_: torch.Size(),
}
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


class ShapesAlone(TorchFunctionMode):
    """Within this, on the device `meta`, what torch would import its compiler for, two seconds, keeps to the shape alone."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """What torch calls in the place of each of its functions."""
        name = getattr(func, "__name__", "").strip("_")
        tensors = [value for value in args if isinstance(value, torch.Tensor)]
        if name in BY_SHAPE and tensors and all(tensor.is_meta for tensor in tensors):
            shape = BY_SHAPE[name](*(tensor.shape for tensor in tensors))
            return tensors[0] if shape == tensors[0].shape else tensors[0].new_empty(shape)
        return func(*args, **(kwargs or {}))


def bounded(arguments: object, card: Card, longest: int = LONGEST) -> None:
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
        if large or length > longest:
            raise fault(
                f"The checkpoint {card.name} can't be built from its card: its arguments are out of all bounds."
            )
