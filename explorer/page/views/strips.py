"""Rows, grids and matrices of pictures; every picture is a cell that carries its recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from explorer.core.scene import Point
from explorer.page.views.html import Child, el, words
from explorer.page.views.icons import icon


@dataclass(frozen=True)
class Cell:
    """One picture.

    Attributes:
        point: its recipe.
        src: data URL.
        alt: what it shows, in words.
        caption: below it.
        bar: length of the line under it, 0 to 1: how far from real items; None for none.
        on: it is the one on stage.
        far: it is farther from real items than almost any real item is.
        sounds: it can be heard.
    """

    point: Point
    src: str
    alt: str
    caption: str = ""
    bar: float | None = None
    on: bool = False
    far: bool = False
    sounds: bool = False


ACTIONS = (("pin", "Pin", "Pin"), ("to-a", "A", "Make it end A"), ("to-b", "B", "Make it end B"))


def listen(**more: Any) -> Markup:
    """A button that plays the point around it."""
    return el(
        "button", Markup(icon("play")), type="button", class_="listen", data_do="listen", title="Listen", aria_label="Listen",
        aria_pressed="false", **more,
    )  # fmt: skip


def cell(this: Cell, actions: bool = True) -> Markup:
    """A picture to press, with what can be done to it."""
    face = el("button", el("img", src=this.src, alt=this.alt, draggable="false"), type="button", class_="cell-face")
    line = None
    if this.bar is not None:
        line = el("span", class_="cell-bar", style=f"--share:{min(max(this.bar, 0.0), 1.0):.0%}", aria_hidden="true")
    tail = None
    if actions:
        buttons = [el("button", text, type="button", data_do=do, title=title) for do, text, title in ACTIONS]
        tail = el("span", buttons, class_="cell-actions")
    caption = el("span", this.caption, class_="cell-caption") if this.caption else None
    return el(
        "div", face, listen() if this.sounds else None, line, caption, tail,
        class_=words("cell", this.on and "on", this.far and "far"), data_point=this.point,
    )  # fmt: skip


def strip(title: Child, cells: Sequence[Cell], *, ident: str, fit: bool = False, actions: bool = True) -> Markup:
    """A titled row; `fit` makes its cells share the width, else they break into lines."""
    style = f"--n:{len(cells)}" if fit else None
    row = el("div", [cell(c, actions) for c in cells], class_=words("cells", "fit" if fit else "lines"), style=style)
    return titled(title, row, ident=ident)


def titled(title: Child, *inside: Child, ident: str | None = None) -> Markup:
    """A part of a panel, with a title over it where there is one."""
    return el("div", el("p", title, class_="strip-title") if title else None, *inside, class_="strip", id=ident)


def grid(cells: Sequence[Cell], columns: int, *, ident: str, label: str) -> Markup:
    """Cells in rows of `columns`, without gaps."""
    inner = [cell(c, actions=False) for c in cells]
    return el("div", inner, class_="grid", id=ident, role="group", aria_label=label, style=f"--n:{columns}")


def matrix(rows: Sequence[str], columns: Sequence[str], cells: Sequence[Cell], *, ident: str, label: str) -> Markup:
    """A table of pictures, row by row, with the two attributes' values as its heads."""
    head = el("tr", el("td"), [el("th", name, scope="col") for name in columns])
    n = len(columns)
    body = [
        el("tr", el("th", name, scope="row"), [el("td", cell(c, actions=False)) for c in cells[k * n : (k + 1) * n]])
        for k, name in enumerate(rows)
    ]
    table = el("table", el("thead", head), el("tbody", body), class_="matrix", id=ident, aria_label=label)
    return el("div", table, class_="scroll")
