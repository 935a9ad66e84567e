"""A checkpoint's card as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from explorer.core.numbers import number
from explorer.core.schema import Card
from explorer.page.views.html import Child, el, join


def note(text: Child) -> Markup:
    """A sentence."""
    return el("p", text, class_="note")


def card(this: Card, lenses: Mapping[str, tuple[str, str]]) -> Markup:
    """A checkpoint's card for a person to read.

    Args:
        this: the card.
        lenses: title and sentence of each measure, by its name in `card.metrics`.
    """
    facts = {
        "Model": f"{this.family}, {number(this.parameters / 1e6)} million parameters",
        "Latent": f"{this.latent.size} numbers"
        if len(this.latent.shape) == 1
        else " × ".join(map(str, this.latent.shape)),
        "Attributes": ", ".join(a.label.lower() for a in this.conditions.attributes),
        "Items shown": f"{this.items:,}",
        "Data": join(f"{this.data}, {this.data_licence}. ", this.data_source),
        "Licence": this.licence,
        "Seed": str(this.seed),
        "Made with": ", ".join(f"{name} {version}" for name, version in this.versions.items()),
    }
    rows = [item for name, value in facts.items() if value for item in (el("dt", name), el("dd", value))]
    measured = [
        el("section", el("h3", title), note(sentence), _table(this.metrics[name]))
        for name, (title, sentence) in lenses.items()
        if this.metrics.get(name)
    ]
    limits = join(el("h3", "Limits"), note(this.limits)) if this.limits else None
    return el("div", note(this.summary), el("dl", rows, class_="facts"), limits, measured, class_="stack about")


def _table(figures: Any) -> Markup | None:
    """Figures of a lens: a table where they have rows and columns, a list of pairs where they don't."""
    if not isinstance(figures, Mapping):
        return note(_figure(figures))
    rows = {name: value for name, value in figures.items() if isinstance(value, Mapping)}
    single = {name: value for name, value in figures.items() if name not in rows}
    out: list[Child] = []
    if rows:
        columns = list(dict.fromkeys(key for row in rows.values() for key in row))
        head = el("tr", el("td"), [el("th", _name(key), scope="col") for key in columns])
        body = [
            el("tr", el("th", _name(name), scope="row"), [el("td", _figure(row.get(key))) for key in columns])
            for name, row in rows.items()
        ]
        table = el("table", el("thead", head), el("tbody", body), class_="facts")
        out.append(el("div", table, class_="scroll", tabindex="0", role="group", aria_label="Table"))
    if single:
        pairs = [item for name, value in single.items() for item in (el("dt", _name(name)), el("dd", _figure(value)))]
        out.append(el("dl", pairs, class_="facts"))
    return join(out)


def _name(key: str) -> str:
    return str(key).replace("_", " ")


def _figure(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else number(value, 3)
    if isinstance(value, list):
        return ", ".join(_figure(v) for v in value[:12])
    return ", ".join(f"{_name(k)} {_figure(v)}" for k, v in value.items())
