"""The contract of a play: a form, what a person gives beside it, and a pure function from both to nodes.

A play is for a paper without a latent to walk through: a theory, a sampler, a net that takes points and gives a tour. Like
a scene it is linkable: the same params and inputs show the same again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import floor, log10
from typing import Any, ClassVar, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from explorer.core.nodes import Chips, Choice, Labelled, Node, Note, Number, Select, Sets, Slider
from explorer.core.panel import told
from explorer.core.registry import find
from explorer.core.schema import ExplorerError, Frozen

MOST_STEPS = 1000  # of a slider; a range with more is typed
MOST_CHIPS = 8
BOUNDS = ("ge", "gt", "le", "lt", "multiple_of")


class Values(BaseModel):
    """Base of what a play is given: strict and finite, and bounded in each field, since it comes from anybody."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Params(Values):
    """What the form shows: a field for each control, see `form`; a `seed` where anything is random."""


class Inputs(Values):
    """What a person gives beside the form, by nodes that set `inputs.<name>`, such as points on a `Canvas`."""


class Progress(Frozen):
    """How far a run has come: a share from 0 to 1, and what it is at."""

    share: float = Field(ge=0, le=1)
    text: str = ""


Shown = Sequence[Node]


class Play:
    """Base of all plays; holds no state.

    Class attributes:
        title: on the page.
        sentence: what there is to do and to look for.
        live: a run takes less than about a tenth of a second, so that it follows the hand.
        Params, Inputs: see there.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    live: ClassVar[bool] = False
    Params: ClassVar[type[Params]] = Params
    Inputs: ClassVar[type[Inputs]] = Inputs

    def form(self, params: Params, inputs: Inputs) -> Shown:
        """The controls; by default one for each field of `Params`. Override it where what can be chosen depends on the choice."""
        return form(params, live=self.live)

    def run(self, params: Params, inputs: Inputs) -> Shown | Iterator[Progress | Shown]:
        """What these values show; depends on them alone.

        Returns:
            nodes, whose controls set `params.<name>` or `inputs.<name>`; or, for what takes longer than a second, an iterator of
            `Progress` and of nodes, of which the last that come are the result.

        Raises:
            ExplorerError: values that fit each alone, but not together.
        """
        raise NotImplementedError


def form(params: Params, live: bool = False) -> list[Node]:
    """A control for each field, by its type and bounds; `title` names it, `description` explains it.

    Numbers with bounds are sliders (`multiple_of` is the step), or typed where the steps are more than a thousand; a
    `Literal` is chips or, of more than eight, a list; `bool` is yes or no. Fields of other types are set by `Play.form` itself.
    """
    nodes = [_field(params, name, info, live) for name, info in type(params).model_fields.items()]
    return [node for node in nodes if node is not None]


def _field(params: Params, name: str, info: FieldInfo, live: bool) -> Node | None:
    control = _control(getattr(params, name), name, info, live)
    if control is None:
        return None
    label = info.title or name.replace("_", " ").capitalize()
    remark = (Note(text=info.description),) if info.description else ()
    return Labelled(id=f"field-{name}", label=label, inside=(control, *remark))


def _control(value: Any, name: str, info: FieldInfo, live: bool) -> Node | None:
    sets = Sets(path=f"params.{name}", eager=live)
    if get_origin(info.annotation) is Literal or info.annotation is bool:
        options = (True, False) if info.annotation is bool else get_args(info.annotation)
        text = {True: "yes", False: "no"} if info.annotation is bool else {}
        choices = tuple(Choice(value=one, text=text.get(one, str(one))) for one in options)
        return (Chips if len(choices) <= MOST_CHIPS else Select)(id=name, choices=choices, value=value, sets=sets)
    if info.annotation not in (int, float):
        return None
    low, high, step = bounds(info)
    kind = Slider if (high - low) / step <= MOST_STEPS else Number
    return kind(id=name, value=value, low=low, high=high, step=step, sets=sets)


def bounds(info: FieldInfo) -> tuple[float, float, float]:
    """Lowest and highest value of a field of numbers, and the step between them.

    Raises:
        ValueError: it has no bounds, so that anything could be asked of it.
    """
    found = {name: v for one in info.metadata for name in BOUNDS if (v := getattr(one, name, None)) is not None}
    whole = info.annotation is int
    low = found.get("ge", found["gt"] + whole if "gt" in found else None)
    high = found.get("le", found["lt"] - whole if "lt" in found else None)
    if low is None or high is None:
        raise ValueError(f"a field of a play's params needs both bounds: {info!r}")
    step = found.get("multiple_of", 1 if whole else _hundredth(high - low))
    return float(low), float(high), float(step)


def _hundredth(span: float) -> float:
    """A power of ten that goes into a span a hundred times or more, and less than a thousand."""
    return 10.0 ** floor(log10(span / 100))


def state(play: Play, raw: Any) -> tuple[Params, Inputs]:
    """What a page or a link sends -> checked values.

    Args:
        play: whose values they are.
        raw: `{"params": {...}, "inputs": {...}}`; what is left out is as by default.

    Raises:
        ExplorerError: a value that doesn't fit.
    """
    if not isinstance(raw, Mapping) or not raw.keys() <= {"params", "inputs"}:
        raise ExplorerError("A play is given params and inputs.", "play")
    try:
        return play.Params.model_validate(raw.get("params", {})), play.Inputs.model_validate(raw.get("inputs", {}))
    except (ValidationError, RecursionError) as error:
        detail = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": "nested too deep"}
        place = ".".join(str(part) for part in detail["loc"][:4]) or "params"
        raise ExplorerError(
            f"{play.title}: {place[:80]} doesn't fit ({detail['msg'].lower()[:160]}).", "play"
        ) from None


def perform(name: str, raw: Any) -> Iterator[dict[str, Any]]:
    """Run a play by its name, as the page asks for it: the form at once, then progress, then what it shows.

    Yields:
        `{"form": nodes}`, `{"progress": share, "text": ...}`, `{"nodes": nodes}` (the last is the result); or, at any time and as
        the last, `{"error": sentence, "where": id}`.
    """
    try:
        play = find("plays", name)()
        params, inputs = state(play, raw)
        yield {"form": told(play.form(params, inputs))}
        made = play.run(params, inputs)
        if isinstance(made, Sequence):
            yield {"nodes": told(made)}
            return
        for one in made:
            if isinstance(one, Progress):
                yield {"progress": one.share, "text": one.text}
            else:
                yield {"nodes": told(one)}
    except ExplorerError as error:
        yield {"error": str(error), "where": error.where}
