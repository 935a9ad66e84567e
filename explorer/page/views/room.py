"""The reading room: every paper with its idea, a scene to play with, and its claim measured again beside a baseline, as data.

The page itself draws it (`assets/js/room.js`), as far as one scrolls.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from explorer.core import link
from explorer.core.claims import Claim, Figure
from explorer.core.schema import ExplorerError
from explorer.museum.exhibits.base import GALLERIES, Exhibit
from explorer.page.views.html import UNSTARTED
from explorer.page.views.icons import icon

STYLES = ("tokens.css", "base.css", "shell.css", "controls.css", "facts.css", "map.css", "room.css")
OTHER_SEEDS = "7,8,9"


def entries(exhibits: Iterable[Exhibit], covers: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the reading room shows, by gallery and number, JSON-able.

    Args:
        exhibits: to show, in any order.
        covers: by the checkpoint's name, an entry of the catalogue: `cover` and `modality`.
    """
    shown = sorted(exhibits, key=lambda e: (list(GALLERIES).index(e.gallery), e.number))
    return [_entry(exhibit, covers) for exhibit in shown]


def _entry(exhibit: Exhibit, covers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    claim, fault = None, None
    try:
        claim = exhibit.stored()
    except ExplorerError as error:  # one spoilt result doesn't close the room
        fault = str(error)
    pictured = next((covers[name] for name in exhibit.checkpoints if name in covers), {})
    return {
        "number": exhibit.number,
        "title": exhibit.title,
        "authors": exhibit.authors,
        "year": exhibit.year,
        "paper": exhibit.link,
        "gallery": GALLERIES[exhibit.gallery],
        "idea": exhibit.idea,
        "look": exhibit.look,
        "sceptic": exhibit.sceptic,
        "play": play_link(exhibit) if exhibit.play else f"#{link.write(exhibit.start)}",
        "cover": pictured.get("cover"),
        "modality": pictured.get("modality"),
        "claim": exhibit.claim,
        "command": exhibit.command,
        "fault": fault,
        "measured": claim and _measured(exhibit, claim),
    }


def _measured(exhibit: Exhibit, claim: Claim) -> dict[str, Any]:
    return {
        "verdict": claim.verdict,
        "figures": [_figure(figure) for figure in (claim.measured, *claim.baselines)],
        "better": claim.measured.better,
        "outcome": claim.outcome,
        "others": [[figure.label, figure.text] for figure in claim.others],
        "seeds": claim.seeds,
        "data": claim.data,
        "scaled": exhibit.scaled,
        "on": claim.measured_on.isoformat(),
        "seconds": claim.seconds,
        "versions": claim.versions,
        "commit": claim.commit,
        "weights": claim.weights,
        "stale": exhibit.stale(claim),
        "doubt": f"{claim.command} --seeds {OTHER_SEEDS} --doubt",
        "parts": [
            {"figure": p.figure, "beside": p.beside or f"{p.reach:g}", "verdict": claim.of(p)} for p in claim.parts
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {"label": figure.label, "text": figure.text, "values": figure.values, "mean": figure.mean}


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


def play_link(exhibit: Exhibit) -> str:
    """Where the play of an exhibit lies, relative to the explorer, with the values that it opens with."""
    values = f"#{quote(json.dumps(exhibit.values, separators=(',', ':')))}" if exhibit.values else ""
    return f"play/{exhibit.play}{values}"


def document(*, base: str, home: str = "./") -> str:
    """The whole page, without its entries, which its script fetches.

    Args:
        base: address of the assets.
        home: address of the explorer, to which links of scenes are added.
    """
    sheets = "".join(f'<link rel="stylesheet" href="{base}/css/{name}">' for name in STYLES)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Reading room · Latent Explorer</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{sheets}
<link rel="preload" as="fetch" crossorigin href="{home}explorer/room.json">
<script type="module" src="{base}/js/room.js"></script>
</head>
<body>
<div class="workspace reading" data-home="{home}">
  {bar(home)}
  <main class="room">
    <header class="room-head">
      <h1>Reading room</h1>
      <p class="lead" id="room-lead"></p>
      <form class="room-filters" id="room-filters" role="search">
        <span class="search">{icon("search")}<input type="search" id="room-search" name="find" autocomplete="off"
          spellcheck="false" placeholder="Find papers" aria-label="Find papers by number, title, author or idea"></span>
        <output id="room-count" for="room-search"></output>
      </form>
    </header>
    {UNSTARTED}
    <div id="room-shelf" aria-busy="true"></div>
  </main>
  <noscript><p class="room">The reading room needs JavaScript.</p></noscript>
</div>
</body>
</html>
"""
