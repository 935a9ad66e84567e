"""The contract of an operation: one step of a state (z, c) in latent space, a pure function with declared parameters."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict
from torch import Tensor

from explorer.core.checked import Misfit, fitting
from explorer.core.refusals import refuse
from explorer.core.registry import find, names
from explorer.core.scene import Edit, Point, ResultStart
from explorer.core.schema import LatentSpec

if TYPE_CHECKING:
    from explorer.box.checkpoints import Checkpoint
    from explorer.play.operations.paths import Graph

T = TypeVar("T")
MOST_WORK = 1500.0  # milliseconds of one core for one picture


@dataclass(frozen=True)
class State:
    """Where a point is.

    Attributes:
        z: the leaves that an item has, [*latent.shape].
        c: the condition, float32 [C].
        leaves: those that are drawn anew for each picture (`Model.leaves`) and are held here, by name.
        given: what the decoder is told beside them, by name, of this picture alone (`Model.given`).
    """

    z: Tensor
    c: Tensor
    leaves: Mapping[str, Tensor] = field(default_factory=dict)
    given: Mapping[str, str | float] = field(default_factory=dict)

    def moved(self, z: Tensor | None = None, c: Tensor | None = None, **leaves: Tensor) -> State:
        """Elsewhere: another latent, condition or leaf. Leaves stay held; what was given for the picture here falls away."""
        return State(self.z if z is None else z, self.c if c is None else c, {**self.leaves, **leaves})

    @property
    def key(self) -> Hashable:
        """Equal for states that decode to the same."""
        held = tuple((name, leaf.numpy().tobytes()) for name, leaf in sorted(self.leaves.items()))
        return (self.z.numpy().tobytes(), self.c.numpy().tobytes(), held, tuple(sorted(self.given.items())))


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
        kinds: kinds of latent that it takes (`LatentSpec.kind`); None: all.
        needs: capabilities of the model that it can't do without.
        refuses: capabilities under which it has nothing to do, each with the reason.
        moves_condition: it changes the condition too, so that what is asked before it doesn't stand after it.
        portable: parts of the checkpoint that the page's engine (`assets/js/engine/operations.js`) runs for it beside the
            decoder, `prior` for the first prior; None: the server alone takes this step.
        cost: about how long one step takes on one processor core, in milliseconds; what a recipe takes in all is bounded.
        Params: its parameters; those whose type is `Point` are further recipes that it resolves.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    kinds: ClassVar[frozenset[str] | None] = frozenset({"vector"})
    needs: ClassVar[frozenset[str]] = frozenset()
    refuses: ClassVar[dict[str, str]] = {}
    moves_condition: ClassVar[bool] = False
    portable: ClassVar[tuple[str, ...] | None] = None
    cost: ClassVar[float] = 1.0
    Params: ClassVar[type[Params]] = Params

    def apply(self, context: Context, state: State, params: Params) -> State:
        """One step from `state`; must depend on its arguments alone."""
        raise NotImplementedError


def why_not(operation: type[Operation], latent: LatentSpec, capabilities: tuple[str, ...]) -> str | None:
    """The reason in one sentence why a model can't take an operation, or None when it can."""
    if operation.kinds is not None and latent.kind not in operation.kinds:
        return f"{operation.title} works on {' and '.join(sorted(operation.kinds))} latents; this model's is {latent.kind}."
    missing = operation.needs - set(capabilities)
    if missing:
        return f"{operation.title} needs a model that can {', '.join(sorted(missing))}."
    return next((reason for name, reason in operation.refuses.items() if name in capabilities), None)


def work(point: Point | Mapping[str, Any]) -> float:
    """About how many milliseconds of one processor core a recipe takes, of all its tree: starts, steps, and the points in them.

    Takes the JSON of a point too: what it is a result of and where its steps lead to is only read when it is run.
    """
    total, waiting = 0.0, [point.model_dump(mode="json") if isinstance(point, Point) else point]
    known = names("operations")
    while waiting:
        one = waiting.pop()
        total += 1.0
        start, edits = one.get("start"), one.get("edits")
        if isinstance(start, Mapping) and isinstance(start.get("of"), Mapping):
            waiting.append(start["of"])
        for edit in edits if isinstance(edits, Sequence) else ():
            if not isinstance(edit, Mapping) or edit.get("op") not in known:
                continue
            operation = find("operations", edit["op"])
            total += operation.cost
            params = edit.get("params") or {}
            waiting += [params[name] for name in points_of(operation) if isinstance(params.get(name), Mapping)]
    return total


def points_of(operation: type[Operation]) -> list[str]:
    """Names of an operation's parameters that are points."""
    return [name for name, field in operation.Params.model_fields.items() if field.annotation is Point]


def within(point: Point) -> None:
    """Refuse a recipe that takes too much work, before any of it is done.

    Raises:
        ExplorerError: it takes more than `MOST_WORK` milliseconds.
    """
    if not point.edits and not isinstance(point.start, ResultStart):
        return
    if (asked := work(point)) > MOST_WORK:
        raise refuse("too-much-work", seconds=round(asked / 1000, 1), most=MOST_WORK / 1000)


def run(context: Context, state: State, edit: Edit) -> State:
    """Validate an edit's parameters and apply it.

    Raises:
        ExplorerError: unknown operation, a parameter that doesn't fit, or a model that can't take it.
    """
    operation = find("operations", edit.op)
    card = context.checkpoint.card
    reason = why_not(operation, card.latent, card.capabilities)
    if reason:
        raise refuse("reason", reason=reason)
    try:
        params = fitting(operation.Params, edit.params)
    except Misfit as error:
        raise refuse("parameter", title=operation.title, misfit=str(error)) from None
    return operation().apply(context, state, params)
