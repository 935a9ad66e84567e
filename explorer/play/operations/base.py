"""The contract of an operation: one step of a state (z, c) in latent space, a pure function with declared parameters."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from explorer.core.registry import find
from explorer.core.scene import Edit, Point
from explorer.core.schema import ExplorerError, LatentSpec

if TYPE_CHECKING:
    from explorer.box.checkpoints import Checkpoint
    from explorer.play.operations.paths import Graph

T = TypeVar("T")


@dataclass(frozen=True)
class State:
    """Where a point is: latent `z` [*latent.shape] and condition `c` [C], float32.

    `x` [*shape] is its picture where an operation has drawn it itself; None leaves that to the model's `decode`.
    """

    z: Tensor
    c: Tensor
    x: Tensor | None = None


class Context(Protocol):
    """What an operation may ask of the session that runs it."""

    checkpoint: Checkpoint

    def resolve(self, point: Point) -> State:
        """The state of another point, for operations between points."""

    def graph(self) -> Graph:
        """The neighbour graph of the items, made when first asked for."""

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave for this key before, or gives now; bounded."""


class Params(BaseModel):
    """Base of an operation's parameters: strict, finite, and documented field by field."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Operation:
    """Base of all operations.

    Class attributes:
        title, sentence: what a person reads.
        kinds: kinds of latent that it takes (`LatentSpec.kind`).
        needs: capabilities of the model that it can't do without.
        refuses: capabilities under which it has nothing to do, each with the reason.
        moves_condition: it changes the condition too, so that what is asked before it doesn't stand after it.
        Params: its parameters.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    kinds: ClassVar[frozenset[str]] = frozenset({"vector"})
    needs: ClassVar[frozenset[str]] = frozenset()
    refuses: ClassVar[dict[str, str]] = {}
    moves_condition: ClassVar[bool] = False
    Params: ClassVar[type[Params]] = Params

    def apply(self, context: Context, state: State, params: Params) -> State:
        """One step from `state`; must depend on its arguments alone."""
        raise NotImplementedError


def why_not(operation: type[Operation], latent: LatentSpec, capabilities: tuple[str, ...]) -> str | None:
    """The reason in one sentence why a model can't take an operation, or None when it can."""
    if latent.kind not in operation.kinds:
        return f"{operation.title} works on {' and '.join(sorted(operation.kinds))} latents; this model's is {latent.kind}."
    missing = operation.needs - set(capabilities)
    if missing:
        return f"{operation.title} needs a model that can {', '.join(sorted(missing))}."
    return next((reason for name, reason in operation.refuses.items() if name in capabilities), None)


def run(context: Context, state: State, edit: Edit) -> State:
    """Validate an edit's parameters and apply it.

    Raises:
        ExplorerError: unknown operation, a parameter that doesn't fit, or a model that can't take it.
    """
    operation = find("operations", edit.op)
    card = context.checkpoint.card
    reason = why_not(operation, card.latent, card.capabilities)
    if reason:
        raise ExplorerError(reason, "panel")
    try:
        params = operation.Params.model_validate(edit.params)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "parameters"
        raise ExplorerError(f"{operation.title}: {field} doesn't fit ({first['msg'].lower()}).", "panel") from None
    return operation().apply(context, state, params)
