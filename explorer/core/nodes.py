"""Nodes: what a tab, a lens or a play shows, as data. No HTML, no pixels: a cell carries its recipe, and the page draws it.

The page has one renderer for all of them (`assets/js/nodes/`), which keeps an element as long as its `id` and kind stay, so
that a control under the hand never jumps. General panels build the same nodes in the page; Python sends them as JSON.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, FiniteFloat, JsonValue

from explorer.core.parts import Bar, Cell, Choice, Sets
from explorer.core.scene import Point
from explorer.core.schema import Frozen


class Node(Frozen):
    """Base of all nodes; `id` is unique in its panel and stays the same as long as the thing is the same."""

    kind: str
    id: str = ""

    def json_able(self) -> dict[str, Any]:
        """As the page gets it: without what has its default, but always with its kind."""
        return {"kind": self.kind, **self.model_dump(mode="json", exclude_defaults=True)}


class Note(Node):
    """A sentence; `tone` is how it is meant."""

    kind: Literal["note"] = "note"
    text: str
    tone: Literal["note", "warning", "error"] = "note"


class Chips(Node):
    """A few choices, one of them chosen; swatches where every choice is a colour."""

    kind: Literal["chips"] = "chips"
    choices: tuple[Choice, ...]
    value: JsonValue = None
    sets: Sets
    label: str = ""


class Select(Node):
    """Many choices in a list; `options` adds what this browser keeps (groups of items, pinned pictures)."""

    kind: Literal["select"] = "select"
    choices: tuple[Choice, ...]
    value: JsonValue = None
    sets: Sets
    label: str = ""
    options: Literal["", "groups", "pins"] = ""


class Slider(Node):
    """A number in a range.

    Args:
        disabled: the reason why it can't be moved, or None.
        blend: two values of a categorical attribute: the share t then sets `{first: 1 - t, second: t}`.
        shown: whether the value stands beside it.
    """

    kind: Literal["slider"] = "slider"
    value: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    step: FiniteFloat
    unit: str = ""
    sets: Sets
    label: str = ""
    shown: bool = True
    blend: tuple[str, str] | None = None
    disabled: str | None = None


class Number(Node):
    """A number to type, whole where `step` is."""

    kind: Literal["number"] = "number"
    value: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    step: FiniteFloat = 1
    sets: Sets
    label: str = ""


class Text(Node):
    """A line of text to type, of `most` characters."""

    kind: Literal["text"] = "text"
    value: str
    most: int = Field(ge=1, le=1000)
    sets: Sets
    label: str = ""


class Button(Node):
    """A button: sets something, or runs a command of the page (`do`, see `assets/js/shell/commands.js`).

    Args:
        label: what a screen reader says, where the text alone doesn't tell it from its neighbours.
        look: `plain`, `quiet`, or `small` for the words at the end of a field.
        pressed: for one that stays down; None for one that doesn't.
        disabled: the reason why it can't be pressed, or None.
        of: id of the element that a command is about (the slider that "play" plays).
        href: a file to fetch in place of all that, relative to the page.
    """

    kind: Literal["button"] = "button"
    text: str
    title: str = ""
    label: str = ""
    look: Literal["plain", "quiet", "small"] = "quiet"
    pressed: bool | None = None
    disabled: str | None = None
    sets: Sets | None = None
    do: str = ""
    of: str = ""
    href: str = ""


class Labelled(Node):
    """Controls with their name on the left and small actions on the right.

    The name is that of the first control inside, so that a click on it goes there; of chips it names the group.

    Args:
        remark: small words under the name.
        changed: it has another value than the item's own.
    """

    kind: Literal["labelled"] = "labelled"
    label: str
    remark: str = ""
    inside: tuple[Any, ...]
    actions: tuple[Any, ...] = ()
    changed: bool = False


class Row(Node):
    """Nodes side by side, wrapping where there is no room.

    Args:
        role: what they are together: `scrub` (a slider under its pictures, with play), `ends` of a path, one `end`, `head` (the
            last one at the right), `story` and `large` (pictures with words below), `pair` (a control and its pictures),
            `beside` (a picture and what belongs to it), `column` (one below the other), `line` (a picture and its sentence).
        changed: it has another value than the item's own.
    """

    kind: Literal["row"] = "row"
    inside: tuple[Any, ...]
    role: Literal["", "scrub", "ends", "end", "head", "story", "large", "pair", "beside", "column", "line"] = ""
    changed: bool = False


class Section(Node):
    """Nodes under a title; one with `folded` is opened by the person (True: closed at first)."""

    kind: Literal["section"] = "section"
    title: str = ""
    inside: tuple[Any, ...]
    actions: tuple[Any, ...] = ()
    folded: bool | None = None


class Strip(Node):
    """A titled row of pictures; `fit` makes its cells share the width, else they break into lines; `bare`: no pin, A and B."""

    kind: Literal["strip"] = "strip"
    title: str = ""
    cells: tuple[Cell, ...]
    fit: bool = False
    bare: bool = False
    actions: tuple[Any, ...] = ()


class Matrix(Node):
    """A table of pictures, row by row; empty heads give a grid without gaps of `columns` to a row."""

    kind: Literal["matrix"] = "matrix"
    label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]


class Grid(Node):
    """Pictures in rows of `columns`, without gaps."""

    kind: Literal["grid"] = "grid"
    label: str
    columns: int = Field(ge=1)
    cells: tuple[Cell, ...]


class Items(Node):
    """Items of the data set to scroll through, any number of them: those in sight alone are drawn. A press puts one on stage.

    Args:
        items: their numbers, in order.
        captions: one for each, or none at all.
    """

    kind: Literal["items"] = "items"
    label: str
    items: tuple[int, ...]
    captions: tuple[str, ...] = ()


class Bars(Node):
    """Numbers as bars, one below the other; `most` is what a whole line stands for, the largest of them where it is left out."""

    kind: Literal["bars"] = "bars"
    label: str
    bars: tuple[Bar, ...]
    most: FiniteFloat | None = None


class Picture(Node):
    """One picture, to look at alone: what `compute` answers to one of three questions.

    Args:
        point: a recipe.
        pair: two recipes, whose difference is shown.
        question: a question of another kind, by name and arguments, that is answered by a picture.
        alt: what it shows, in words.
        caption: below it.
    """

    kind: Literal["picture"] = "picture"
    point: Point | None = None
    pair: tuple[Point, Point] | None = None
    question: dict[str, JsonValue] | None = None
    alt: str
    caption: str = ""


class Table(Node):
    """Words and numbers: `rows` of as many values as there are `columns`; the first is the row's head."""

    kind: Literal["table"] = "table"
    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | FiniteFloat | None, ...], ...]


class Sentence(Node):
    """A text to read, in parts: `new` and `gone` beside another text, `unknown` to the model, or plain ("")."""

    kind: Literal["sentence"] = "sentence"
    label: str
    parts: tuple[tuple[str, Literal["", "new", "gone", "unknown"]], ...]


class Figure(Node):
    """A chart, made with the `plotly` package and drawn by plotly.js in the page's own colours; see `of`.

    Args:
        figure: `{"data": [...], "layout": {...}}`, JSON-able; traces of plotly's cartesian bundle. A colour may be named by a
            token of the page (`var(--accent)`, `var(--accent, 16%)`), and then follows its light and dark.
        label: what it shows, in words.
        height: in pixels.
    """

    kind: Literal["figure"] = "figure"
    label: str
    figure: dict[str, JsonValue]
    height: int = Field(default=260, ge=60, le=900)

    @classmethod
    def of(cls, made: Any, **more: Any) -> Figure:
        """A `plotly.graph_objects.Figure` as a node, without its template: type, lines and colours are the page's."""
        whole = json.loads(made.to_json())
        whole["layout"].pop("template", None)
        return cls(figure=whole, **more)


class Meter(Node):
    """A number on a scale with a mark (an alarm's threshold)."""

    kind: Literal["meter"] = "meter"
    label: str
    value: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    mark: FiniteFloat


class CodeGrid(Node):
    """A picture under a grid of cells that are pressed or painted; what is pressed is set as a mask of 0 and 1.

    Args:
        cell: the picture.
        rows, columns: of the grid.
        mask: one digit a cell, row by row.
        texts: what stands in each cell, or nothing.
        heat: shade of each cell, 0 to 1, or nothing.
        names: what each cell is called.
        sets: its `path` takes the mask.
    """

    kind: Literal["codegrid"] = "codegrid"
    label: str
    cell: Cell
    rows: int = Field(ge=1)
    columns: int = Field(ge=1)
    mask: str
    texts: tuple[str, ...] = ()
    heat: tuple[FiniteFloat, ...] = ()
    names: tuple[str, ...] = ()
    sets: Sets


class Canvas(Node):
    """A plane on which a person drops or drags points, over what is drawn there; sets a list of [x, y] in 0 to 1.

    Args:
        points: where they are now.
        lines: drawn over it, each a list of [x, y] with a `tone`: `found`, `exact` or `faint`.
        most: points that it takes.
        sets: its `path` takes the list.
    """

    kind: Literal["canvas"] = "canvas"
    label: str
    points: tuple[tuple[FiniteFloat, FiniteFloat], ...] = ()
    lines: tuple[tuple[Literal["found", "exact", "faint"], tuple[tuple[FiniteFloat, FiniteFloat], ...]], ...] = ()
    most: int = Field(default=50, ge=1)
    sets: Sets


class Specimen(Node):
    """A text in letters that a model draws, see `explorer.play.lettering`; broken into lines and as large as fits.

    Args:
        text: a character without a letter is left out.
        letters: by character, each a recipe; a text with a space takes the letter i too, which is as wide.
        point: put on stage when it is pressed.
        sizes: smallest and largest, pixels for each 256th of a frame.
    """

    kind: Literal["specimen"] = "specimen"
    label: str
    text: str
    letters: dict[str, Point]
    point: Point | None = None
    sizes: tuple[FiniteFloat, FiniteFloat] | None = None


KINDS: dict[str, type[Node]] = {kind.model_fields["kind"].default: kind for kind in Node.__subclasses__()}
