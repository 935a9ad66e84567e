"""A tab that an operation declares, in the operation's own file: which parameter is turned, chosen or shown as a strip.

What a tab shows is a list of parts, which go to the page as data; `assets/js/panels/turned.js` makes controls and pictures of
them, wherever the page stands. What only Python can say of these pictures (a classifier's word, a chart) is a reading: the page
asks for it where there is a server, and leaves it out where there is none. Steps never pile up: a tab turns the step that is on
stage, or adds the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, JsonValue

from explorer.core.nodes import Node
from explorer.core.panel import told
from explorer.core.scene import Point
from explorer.core.schema import Frozen
from explorer.play.operations.base import Operation
from explorer.play.operations.tab import Asked as Question
from explorer.play.operations.tab import Options, Tab

if TYPE_CHECKING:
    from explorer.play.session import Session

LARGEST_SEED = 2**31 - 1


class Seeded(Options):
    """The seed of the step that isn't taken yet."""

    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)


class Part(Frozen):
    """Base of what a declared tab is made of.

    Args:
        keep: parameters that go into each of its points as they are now: as on stage, else as the tab's options say.
        stays: parameters that go in where the step on stage has them.
    """

    kind: str
    id: str = ""
    keep: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


class Said(Part):
    """A sentence."""

    kind: Literal["said"] = "said"
    text: str


class Asked(Part):
    """What is asked of the picture, to choose anew; with `unasked`, said where nothing is, the tab ends here until then."""

    kind: Literal["asked"] = "asked"
    unasked: str = ""


class Turn(Part):
    """A slider over a parameter.

    Args:
        parameter: of the operation, or an option of the tab by that name (`option`).
        label: beside it.
        low, high: as the parameter's bounds where none are given.
        start: what it shows while no step is taken.
        step: of the slider.
        play: with a button that plays it.
        seed: text of a button that takes another seed.
        back: text of a button that takes the step back, or with `alone` this parameter.
    """

    kind: Literal["turn"] = "turn"
    parameter: str
    label: str
    low: float | None = None
    high: float | None = None
    start: float = 0
    step: float = 1
    option: bool = False
    play: bool = False
    seed: str = ""
    back: str = ""
    alone: bool = False


class Pick(Part):
    """One of a parameter's values; while none is chosen the one that `Turned.start` names, else the first."""

    kind: Literal["pick"] = "pick"
    parameter: str
    label: str
    values: tuple[str, ...]


class Switches(Part):
    """A list of numbers as switches, each off or on; `start` are those that are on at first."""

    kind: Literal["switches"] = "switches"
    parameter: str
    names: tuple[str, ...]
    start: tuple[int, ...] = ()
    off: str = "A"
    on: str = "B"


class Stop(Frozen):
    """A picture of a strip: parameters beside those that are kept."""

    sets: dict[str, JsonValue] = {}
    caption: str = ""
    alt: str = ""


class Along(Part):
    """A strip of pictures.

    Args:
        title: over it.
        stops: the pictures.
        draws: so many more, each with another value of `of`, from the tab's own seed on where that is `seed`.
        sets, caption, alt: of the draws: what all are given, and words in which `{}` is the number.
        again: text of a button that shows other draws.
        path, drawn: lies on the map as a way, or as draws.
        trust: says how far its pictures lie from real items.
        bare: without pin, A and B.
    """

    kind: Literal["along"] = "along"
    title: str = ""
    stops: tuple[Stop, ...] = ()
    draws: int = Field(default=0, ge=0)
    of: Literal["draw", "seed"] = "draw"
    sets: dict[str, JsonValue] = {}
    caption: str = ""
    alt: str = "Draw {}"
    again: str = ""
    path: bool = False
    drawn: bool = False
    trust: bool = False
    bare: bool = False
    fit: bool = True

    @classmethod
    def over(cls, parameter: str, values: Sequence[Any], caption: str = "{}", **more: Any) -> Along:
        """A stop for each value of one parameter; `caption` says the value."""
        fixed = more.pop("fixed", {})
        alt = more.pop("alt", parameter + " {}")
        stops = tuple(
            Stop(sets={**fixed, parameter: value}, caption=caption.format(value), alt=alt.format(value))
            for value in values
        )
        return cls(stops=stops, **more)


class Again(Part):
    """A button for other draws, and one that takes the step back."""

    kind: Literal["again"] = "again"
    text: str
    back: str = ""


class Ends(Part):
    """A and B: the step goes from A by its parameter `to`. With `draw`, an operation that makes a B, and what it is called."""

    kind: Literal["ends"] = "ends"
    draw: str = ""
    text: str = ""
    said: str = ""


class Others(Part):
    """A table of A with the step towards B and towards others far from both, row by row; None: the other one itself."""

    kind: Literal["others"] = "others"
    title: str
    label: str
    count: int
    rows: dict[str, dict[str, JsonValue] | None]


class Each(Part):
    """A row for each of many steps of one operation, which differ by the parameter `by`: slider, values as pictures, reset.

    Args:
        by, parameter: which of the steps, and what is turned in it.
        rows: of each its number, a remark, and all values in order: value, caption, whether it is always shown.
        low, high: of the sliders.
        back: text of the button that takes all back.
    """

    kind: Literal["each"] = "each"
    by: str
    parameter: str
    label: str
    rows: tuple[tuple[int, str, tuple[tuple[int, str, bool], ...]], ...]
    low: int
    high: int
    said: str
    back: str


class Read(Part):
    """Where nodes of a reading stand, by their name in it."""

    kind: Literal["read"] = "read"


class Shown(Question):
    """What a reading is asked about.

    Args:
        tab: its name.
        point, base: on stage, and without the tab's step.
        taken: parameters of its step as they are now.
        options: of the tab.
        strips: the recipes of each strip, by its id.
    """

    tab: str = Field(max_length=64)
    point: Point
    base: Point
    taken: dict[str, JsonValue] = {}
    options: dict[str, JsonValue] = {}
    strips: dict[str, tuple[Point, ...]] = {}


class Begun(Question):
    """A point whose step in a tab isn't taken."""

    tab: str = Field(max_length=64)
    base: Point


@dataclass(frozen=True)
class Reading:
    """What Python says of a tab's pictures.

    Attributes:
        captions: of the stops of its strips, by the strip's id.
        titles: of its strips, by their ids.
        nodes: for each `Read`, by its id.
    """

    captions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, Sequence[Node]] = field(default_factory=dict)

    def json_able(self) -> dict[str, Any]:
        """As the page gets it."""
        shown = {name: told(nodes) for name, nodes in self.nodes.items()}
        return {"captions": dict(self.captions), "titles": dict(self.titles), "nodes": shown}


class Turned(Tab):
    """Base of the tabs that operations declare: `parts`, and where Python has something to say of the pictures `read`.

    Class attributes:
        operation: whose step it turns; what that needs the tab needs too.
    """

    operation: ClassVar[type[Operation]]
    special = True

    def __init_subclass__(cls) -> None:
        cls.needs = cls.needs | cls.operation.needs
        cls.kinds = cls.operation.kinds or cls.kinds

    def parts(self, session: Session) -> Sequence[Part]:
        """What it shows; the same for every scene of a checkpoint."""
        raise NotImplementedError

    def start(self, session: Session, base: Point) -> dict[str, dict[str, JsonValue]]:
        """Values for a point whose step isn't taken, `start`, and those that it has by itself, `own`; by parameter."""
        return {}

    def read(self, session: Session, asked: Shown) -> Reading:
        """What is said of the pictures."""
        return Reading()

    def declared(self, session: Session) -> dict[str, Any]:
        """All that the page needs to draw it, JSON-able."""
        kind = type(self)
        return {
            "operation": self.operation.name,
            "parts": [
                {"kind": part.kind, **part.model_dump(mode="json", exclude_defaults=True)}
                for part in self.parts(session)
            ],
            "options": self.Options.model_json_schema(),
            "starts": kind.start is not Turned.start,
            "reads": kind.read is not Turned.read,
        }
