"""The page of a play: what there is to do, its form, and what it shows; the rest is `assets/js/nodes/play.js`."""

from __future__ import annotations

from markupsafe import Markup

from explorer.museum.plays.base import Play
from explorer.page.views.html import UNSTARTED, el
from explorer.page.views.room import bar

STYLES = (
    "tokens.css",
    "base.css",
    "shell.css",
    "controls.css",
    "cells.css",
    "facts.css",
    "inspector.css",
    "map.css",
    "items.css",
    "play.css",
)


def document(play: type[Play], *, base: str, home: str = "../") -> str:
    """The whole page.

    Args:
        play: whose page it is.
        base: address of the assets, relative to the page's.
        home: address of the explorer.
    """
    sheets = [f'<link rel="stylesheet" href="{base}/css/{name}">' for name in STYLES]
    form = el("section", id="play-form", class_="panel", aria_label="What can be changed")
    shown = el("section", id="play-shown", class_="panel", aria_label="What comes of it", aria_live="off")
    progress = el(
        "p",
        el("progress", max="1", value="0", id="play-progress"),
        el("span", id="play-progress-text"),
        id="play-wait",
        class_="note",
        hidden=True,
    )
    body = el(
        "div", Markup(bar(home, back=f"{home}reading-room")),
        el(
            "main",
            el("header", el("h1", play.title), el("p", play.sentence, class_="lead"), id="play", data_place="play"),
            Markup(UNSTARTED), progress, el("div", form, shown, class_="play-body"),
            class_="play",
        ),
        id="workspace", class_="workspace reading", data_play=play.name, data_state="busy",
    )  # fmt: skip
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{play.title} · Latent Explorer</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{''.join(sheets)}"
        f'<script type="module" src="{base}/js/nodes/play.js"></script></head><body>{body}</body></html>'
    )
