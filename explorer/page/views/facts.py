"""Numbers and sentences: readings of a picture, what a person's own item is like, a checkpoint's card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from explorer.core.schema import Card
from explorer.museum.lenses.base import Reading
from explorer.page.views.controls import note
from explorer.page.views.html import Child, el, join, number, words

MARKS = {"good": "✓", "fair": "~", "poor": "✗"}
MEANINGS = {"good": "as hoped", "fair": "in part", "poor": "not as hoped"}


@dataclass(frozen=True)
class OwnReading:
    """What the judge reads of one attribute: its label, the value in words, and how sure it is (0 to 1)."""

    label: str
    value: str
    probability: float


def readings(all_readings: Iterable[Reading]) -> Markup:
    """What the lenses say of a picture: a mark, a name, a value; of the least good one the sentence in full."""
    rows, shown = [], list(all_readings)
    worst = min((r for r in shown if r.tone != "good"), key=lambda r: r.score, default=None)
    for reading in shown:
        mark = el("span", MARKS[reading.tone], class_="mark", aria_hidden="true")
        said = reading.sentence if reading is worst else None
        rows.append(
            el(
                "li", mark, el("span", reading.label, class_="reading-name"), el("span", reading.value, class_="reading-value"),
                el("span", f" {MEANINGS[reading.tone]}", class_="visually-hidden"),
                el("p", said, class_="reading-sentence") if said else None,
                class_=words("reading-row", reading.tone), title=reading.sentence,
            )
        )  # fmt: skip
    return el("ul", rows, class_="readings") if rows else Markup("")


def own_item(
    read: Sequence[OwnReading], psnr: float, typical: float, share: float, *, warning: str | None, noun: str = "picture"
) -> Markup:
    """What a person's own item is like.

    Args:
        read: what the judge sees.
        psnr: of the reconstruction, in decibels.
        typical: median of the items'.
        share: of the items that are reconstructed worse, 0 to 1.
        warning: one sentence, where it is unlike what the model knows.
        noun: what it is.
    """
    rows = [
        el("tr", el("th", r.label, scope="row"), el("td", r.value), el("td", f"{r.probability:.0%} sure")) for r in read
    ]
    sentence = (
        f"The reconstruction lies {number(psnr, 1)} dB from your {noun}; {number(typical, 1)} dB is typical of this model's"
        f" items, and {share:.0%} of them come out worse."
    )
    return join(
        note(warning, "warning") if warning else None,
        note(sentence),
        el("table", el("tbody", rows), class_="facts", aria_label="Attributes as read") if rows else None,
    )


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
        out.append(el("div", el("table", el("thead", head), el("tbody", body), class_="facts"), class_="scroll"))
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
