"""The reading room: every paper with its idea, a scene to play with, and its claim measured again beside a baseline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from markupsafe import Markup

from explorer.core import link
from explorer.core.claims import Claim, Figure
from explorer.museum.exhibits.base import GALLERIES, Exhibit
from explorer.page.views.html import Child, el, join, number
from explorer.page.views.icons import icon

STYLES = ("tokens.css", "base.css", "shell.css", "controls.css", "facts.css", "map.css", "room.css")
VERDICTS = {"holds": "Holds", "does not hold": "Does not hold", "mixed": "Mixed"}
WIDTH, ROW, INSET = 320, 22, 6  # of the plot of seeds, in its own units


def document(exhibits: Iterable[Exhibit], *, base: str, home: str = "./") -> str:
    """The whole page.

    Args:
        exhibits: to show, in any order.
        base: address of the assets.
        home: address of the explorer, to which links of scenes are added.
    """
    shown = sorted(exhibits, key=lambda e: (e.gallery, e.number))
    galleries = [(letter, [e for e in shown if e.gallery == letter]) for letter in GALLERIES]
    sections = [_gallery(letter, those, home) for letter, those in galleries if those]
    sheets = [f'<link rel="stylesheet" href="{base}/css/{name}">' for name in STYLES]
    body = el("div", Markup(bar(home)), el("main", _intro(shown), *sections, class_="room"), class_="workspace reading")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Reading room · Latent Explorer</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{''.join(sheets)}"
        f'<script type="module" src="{base}/js/room.js"></script></head><body>{body}</body></html>'
    )


def bar(home: str, back: str | None = None) -> str:
    """The bar over a page beside the explorer; `back` is the address of the reading room, on pages that are opened from it."""
    name = f'<a href="{back}">Reading room</a>' if back else "Reading room"
    return f"""
<header class="bar">
  <p class="brand"><a href="{home}">Latent <span>Explorer</span></a></p>
  <p class="room-name">{name}</p>
  <div class="tools">
    <button type="button" class="tool" id="theme" aria-label="Light, dark, or as the system"
      title="Light, dark, or as the system">{icon("theme")}</button>
  </div>
</header>"""


def _intro(shown: Sequence[Exhibit]) -> Markup:
    """What this is, how the claims came out, and the search."""
    found = [claim.verdict for e in shown if (claim := e.stored())]
    tally = ", ".join(f"{words.lower()} {found.count(kind)}" for kind, words in VERDICTS.items() if kind in found)
    sentence = (
        f"{len(shown)} papers. Each can be played with, and its central claim was measured again in miniature"
        f"{f' ({tally})' if tally else ''}. What did not hold is shown like the rest."
    )
    field = el(
        "input", type="search", id="room-search", autocomplete="off", spellcheck="false",
        placeholder="Find papers", aria_label="Find papers by number, title, author or idea",
    )  # fmt: skip
    return el(
        "header", el("h1", "Reading room"), el("p", sentence, class_="lead"),
        el("div", Markup(icon("search")), field, el("output", id="room-count", for_="room-search"), class_="search"),
        class_="room-head",
    )  # fmt: skip


def _gallery(letter: str, exhibits: Sequence[Exhibit], home: str) -> Markup:
    ident = f"gallery-{letter.lower()}"
    return el(
        "section", el("h2", GALLERIES[letter], id=ident), [_exhibit(e, home) for e in exhibits],
        class_="gallery", aria_labelledby=ident,
    )  # fmt: skip


def _exhibit(exhibit: Exhibit, home: str) -> Markup:
    claim = exhibit.stored()
    opens = play_link(exhibit) if exhibit.play else f"#{link.write(exhibit.start)}"
    play = el(
        "a", "Play", class_="button primary", href=f"{home}{opens}", id=f"play-{exhibit.number}",
        aria_label=f"Play with {exhibit.title}",
    )  # fmt: skip
    paper = el("a", "Paper", class_="button quiet", href=exhibit.link, rel="noreferrer")
    head = el(
        "div",
        el("p", f"{exhibit.number} · {exhibit.year}", class_="exhibit-number"),
        el("h3", exhibit.title),
        el("p", exhibit.authors, class_="exhibit-authors"),
        el("p", exhibit.idea, class_="exhibit-idea"),
        el("div", play, paper, class_="row"),
        class_="exhibit-head",
    )
    return el(
        "article", head, el("div", _claim(exhibit, claim), class_="exhibit-claim"),
        class_="exhibit", id=f"paper-{exhibit.number}", data_text=_text(exhibit),
    )  # fmt: skip


def play_link(exhibit: Exhibit) -> str:
    """Where the play of an exhibit lies, relative to the explorer, with the values that it opens with."""
    values = f"#{quote(json.dumps(exhibit.values, separators=(',', ':')))}" if exhibit.values else ""
    return f"play/{exhibit.play}{values}"


def _claim(exhibit: Exhibit, claim: Claim | None) -> Markup:
    said = el("p", exhibit.claim, class_="claim-sentence")
    if claim is None:
        return join(said, el("p", f"Not measured yet: {exhibit.command}", class_="note"))
    figures = (claim.measured, *claim.baselines)
    mark = el("p", VERDICTS[claim.verdict], class_=f"verdict {claim.verdict.replace(' ', '-')}")
    rest = [
        ("Command", el("code", claim.command)),
        ("Seeds", ", ".join(map(str, claim.seeds))),
        ("Data", claim.data),
        ("Smaller than the paper", exhibit.scaled),
        ("Measured", f"{claim.measured_on.isoformat()}, in {_duration(claim.seconds)}"),
        ("With", ", ".join(f"{name} {version}" for name, version in claim.versions.items())),
    ]
    others = [el("tr", el("th", f.label, scope="row"), el("td", f.text)) for f in claim.others]
    details = el(
        "details",
        el("summary", "How it was measured"),
        el("table", el("tbody", others), class_="facts") if others else None,
        el("dl", [item for name, value in rest for item in (el("dt", name), el("dd", value))], class_="facts"),
        class_="more",
    )
    return join(mark, said, plot(figures), el("p", claim.outcome, class_="outcome"), details)


def plot(figures: Sequence[Figure]) -> Markup:
    """Figures of one unit, each seed a dot on a common axis; the measured one is filled, its baselines are rings."""
    every = [value for figure in figures for value in figure.values]
    low, high = min(every), max(every)
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return INSET + (WIDTH - 2 * INSET) * (value - low) / span

    rows: list[Child] = []
    for k, figure in enumerate(figures):
        dots = [
            f'<circle cx="{at(v):.1f}" cy="{ROW / 2}" r="4.5" class="{"measured" if k == 0 else "baseline"}"/>'
            for v in figure.values
        ]
        mean = f'<path d="M{at(figure.mean):.1f} 3V{ROW - 3}" class="mean"/>'
        drawing = (
            f'<svg viewBox="0 0 {WIDTH} {ROW}" aria-hidden="true">'
            f'<path d="M0 {ROW / 2}H{WIDTH}" class="axis"/>{mean}{"".join(dots)}</svg>'
        )
        rows.append(
            el(
                "tr",
                el("th", figure.label, scope="row"),
                el("td", Markup(drawing)),
                el("td", figure.text, class_="value"),
            )
        )
    better = f"{figures[0].better} is better; from {number(low, 3)} to {number(high, 3)}"
    return el("table", el("caption", better), el("tbody", rows), class_="seeds")


def _text(exhibit: Exhibit) -> str:
    """What the search looks through."""
    parts = (str(exhibit.number), exhibit.title, exhibit.authors, exhibit.idea, exhibit.claim, exhibit.name)
    return " ".join(parts).lower()


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
