"""The page on which data are brought: a place to drop a file, what was understood of it, and the link to its map."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from explorer.page.views.html import UNSTARTED, el
from explorer.page.views.room import bar

STYLES = ("tokens.css", "base.css", "shell.css", "controls.css", "facts.css", "map.css", "play.css", "bring.css")
LEAD = (
    "A table, series, vectors or pictures become a map within seconds. Drop one file, or choose it: what was understood is told "
    "first, and nothing is trained. It stays on the machine that serves this page, and everybody who reaches it can open it."
)

GUESSES = "Each column was taken for one of these. Change what is wrong, and make the map anew under the same link."


def document(suffixes: Sequence[str], megabytes: int, *, base: str, home: str = "./") -> str:
    """The whole page.

    Args:
        suffixes: of files that are taken.
        megabytes: of a file, at most.
        base: address of the assets, relative to the page's.
        home: address of the explorer.
    """
    sheets = [f'<link rel="stylesheet" href="{base}/css/{name}">' for name in STYLES]
    taken = f"{', '.join(suffixes)}; up to {megabytes} MB. Zip a folder of pictures or sounds first."
    body = el(
        "div", Markup(bar(home, back=f"{home}reading-room")),
        el(
            "main",
            el("header", el("h1", "Bring your data"), el("p", LEAD, class_="lead"), id="bring", data_place="bring"),
            Markup(UNSTARTED),
            el(
                "label", el("span", "Choose a file, or drop it here", class_="bring-ask"), el("span", taken, class_="note"),
                el("input", type="file", id="bring-file", accept=",".join(suffixes)), class_="bring-place", for_="bring-file",
            ),
            el("p", id="bring-wait", class_="note", role="status", aria_live="polite"),
            el("p", el("a", "Open the map", class_="button primary", id="bring-link"), id="bring-done", hidden=True),
            el(
                "form", el("h2", "Is that right?"), el("p", GUESSES, class_="note"), el("div", id="bring-columns"),
                el("button", "Make it anew", type="submit", class_="button"), id="bring-guesses", hidden=True,
            ),
            el("pre", id="bring-told", hidden=True, tabindex="0", aria_label="What was understood"),
            class_="play",
        ),
        id="workspace", class_="workspace reading", data_state="ready",
    )  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bring your data · Latent Explorer</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{''.join(sheets)}"
        f'<script type="module" src="{base}/js/shell/bring.js"></script></head><body>{body}</body></html>'
    )
