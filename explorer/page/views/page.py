"""The skeleton of the workspace: top bar, map, stage, inspector. What is inside comes later, by slots and scripts."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.page.views.html import UNSTARTED
from explorer.page.views.icons import icon

STYLES = (
    "tokens.css",
    "base.css",
    "shell.css",
    "controls.css",
    "gallery.css",
    "guide.css",
    "history.css",
    "lesson.css",
    "class.css",
    "cells.css",
    "facts.css",
    "map.css",
    "axes.css",
    "stage.css",
    "paint.css",
    "type.css",
    "inspector.css",
    "codes.css",
    "modality.css",
    "origin.css",
    "items.css",
    "embed.css",
)


def _tool(ident: str, name: str, label: str, extra: str = "") -> str:
    return f'<button type="button" class="tool" id="{ident}" aria-label="{label}" title="{label}" {extra}>{icon(name)}</button>'


def _bar(room: bool) -> str:
    shelf = (
        '<a class="tool" id="reading-room" href="reading-room" aria-label="Reading room: the papers behind the explorer" '
        f'title="Reading room: the papers behind the explorer">{icon("room")}</a>'
        if room
        else ""
    )
    return f"""
<header class="bar">
  <h1 class="brand">Latent <span>Explorer</span></h1>
  <div class="chooser">
    <button type="button" class="model-button" id="checkpoint" aria-haspopup="dialog"></button>
    <div class="dial" id="dial" role="radiogroup" hidden></div>
    <p id="model-summary"><span></span> <a href="reading-room" hidden></a></p>
  </div>
  <div class="tools">
    <button type="button" class="button" id="own-item" aria-label="Own item">{icon("own")}<span>Own item</span></button>
    <span class="gap"></span>
    {_tool("undo", "undo", "Undo (Ctrl Z)", 'data-do="undo" disabled')}
    {_tool("redo", "redo", "Redo (Ctrl Shift Z)", 'data-do="redo" disabled')}
    {_tool("history", "history", "History (H)", 'data-do="history" aria-expanded="false" aria-pressed="false"')}
    <span class="gap"></span>
    {_tool("link", "link", "Copy the link to this view", 'data-do="copy-link"')}
    {_tool("lessons", "lesson", "Lessons: ten minutes each, beside the page", 'data-do="lessons"')}
    {shelf}
    {_tool("explain", "explain", "What am I looking at?", 'data-do="explain"')}
    {_tool("about", "about", "About this model", 'data-do="about"')}
    {_tool("keys", "keys", "Keys (?)", 'data-do="keys"')}
    {_tool("theme", "theme", "Light, dark, or as the system", 'data-do="theme"')}
  </div>
  <div id="bar-notices"></div>
</header>"""


WELCOME = """
<section class="welcome" id="welcome" aria-label="Where to begin" hidden>
  <p>On the map lies all that a generative model has seen, by its <span data-term="latent space">latent space</span>;
    beside it, one item and what the model makes of it.</p>
  <ol>
    <li><button type="button" class="button" data-guide="pick">1. Pick an item</button></li>
    <li><button type="button" class="button" data-guide="change">2. Change an attribute</button></li>
    <li><button type="button" class="button" data-guide="walk">3. Walk to another item</button></li>
  </ol>
  <button type="button" class="button quiet" data-do="lessons">Or take a lesson</button>
  <button type="button" class="tool" data-guide="close" aria-label="Close, and don't show this again">×</button>
</section>"""


DIVIDER = """
<div class="divider" id="divider" role="separator" aria-orientation="vertical" tabindex="0" aria-label="Width of the map"
  aria-controls="map-pane" aria-valuemin="25" aria-valuemax="75" aria-valuenow="53"
  title="Drag to share the width; double-click: as it was"></div>"""


def _map() -> str:
    return f"""
<section class="map-pane" id="map-pane" aria-label="Map of all items" data-place="map">
  <div class="map-head">
    <div class="choice spaces" id="spaces" role="radiogroup" aria-label="Which map"></div>
    <div class="search">
      {icon("search")}
      <input id="search" type="search" autocomplete="off" spellcheck="false" list="search-values"
        placeholder="Find items" aria-label="Find items by attribute or number, for example glasses: round smile">
      <datalist id="search-values"></datalist>
      <output id="search-count" for="search"></output>
    </div>
  </div>
  <div class="map" id="map" tabindex="0" role="application" aria-roledescription="map"
    aria-label="Map of items. Arrow keys walk to the nearest item in their direction, with Shift they add it to a group, with Ctrl
      they move the map."
    data-plotted="0" data-mode="pan">
    <div class="underlay" aria-hidden="true"><img class="backdrop" alt="" hidden><canvas class="density" hidden></canvas></div>
    <div class="plot"></div>
    <svg class="overlay" aria-hidden="true"></svg>
    <div class="map-tools" role="toolbar" aria-label="Map tools">
      {_tool("mode-pan", "pan", "Move the map", 'data-mode="pan" aria-pressed="true"')}
      {_tool("mode-lasso", "lasso", "Select with a lasso (L)", 'data-mode="lasso" aria-pressed="false"')}
      {_tool("mode-box", "box", "Select with a box (R)", 'data-mode="box" aria-pressed="false"')}
      <span class="gap"></span>
      {_tool("zoom-in", "plus", "Nearer (+)")}
      {_tool("zoom-out", "minus", "Farther (-)")}
      {_tool("fit", "fit", "Whole map (0)")}
      <span class="gap"></span>
      {_tool("density", "density", "Density", 'aria-pressed="false"')}
      {_tool("map-pictures", "picture", "Pictures of the items; they come by themselves as you zoom in", 'aria-pressed="false"')}
    </div>
    <div class="groups" id="groups" data-group role="group" aria-label="Groups" hidden></div>
    <div class="hover-card" aria-hidden="true" hidden>
      <span class="thumb"></span><div><p class="hover-title"></p><p class="hover-facts"></p></div>
    </div>
  </div>
  <div class="map-foot">
    <div class="colouring">
      <label class="visually-hidden" for="colour">Colour by</label><select id="colour"></select>
      <div class="legend" id="legend" role="group" aria-label="Legend; press a value to hide or show it"></div>
    </div>
    <p class="map-mixed note" id="mixed"></p>
    <p class="map-sentence" id="map-sentence"></p>
  </div>
</section>"""


def _frame(name: str, title: str) -> str:
    """A picture of the stage; one that can be heard has a button under it and a line that runs through it (sound.js)."""
    heard = (
        ""
        if name == "difference"
        else f"""
      <button type="button" class="listen" data-do="listen" data-which="{name}" aria-pressed="false"
        aria-label="Listen to {title.lower()}" title="Listen">{icon("play")}</button>"""
    )
    return f"""
    <figure class="frame" id="frame-{name}">
      <span class="face"><img id="stage-{name}" alt="" width="256" height="256" draggable="false"></span>
      <figcaption>{title}</figcaption>{heard}
    </figure>"""


def _stage() -> str:
    return f"""
<section class="stage" id="stage" aria-label="Stage: the item before and after" data-place="stage">
  <div class="caption" id="caption" aria-live="polite"></div>
  <div class="frames">
    {_frame("real", "Real item")}{_frame("before", "Before")}{_frame("after", "After")}{_frame("difference", "Difference")}
  </div>
  <div class="stage-facts" id="stage-facts"></div>
  <p class="visually-hidden" id="told" role="status"></p>
  <div class="row stage-actions" role="toolbar" aria-label="What to do with the picture">
    <button type="button" class="button quiet" data-do="pin" title="Pin (P)">{icon("pin")}Pin</button>
    <button type="button" class="button quiet" data-do="to-a" title="Make it end A of a path (A)">To A</button>
    <button type="button" class="button quiet" data-do="to-b" title="Make it end B of a path (B)">To B</button>
    <button type="button" class="button quiet" id="difference" data-do="difference" aria-pressed="false"
      title="Difference (D)">{icon("difference")}Difference</button>
    <button type="button" class="button quiet" id="paint" aria-pressed="false"
      title="Paint on the picture, and find the nearest that the model can make">{icon("brush")}Paint</button>
    <button type="button" class="button quiet" data-do="save"
      title="Files of this, and the lines that make it again">{icon("save")}Save</button>
  </div>
  <div class="pins" id="pins" data-pins aria-label="Pinned" hidden></div>
</section>"""


def _inspector() -> str:
    return """
<section class="inspector" id="inspector" aria-label="Inspector" data-place="inspector">
  <div class="tabs" id="tabs" role="tablist" aria-label="Operations"></div>
  <div class="panel" id="panel" role="tabpanel" tabindex="-1"></div>
</section>"""


def workspace(room: bool = True, bring: bool = False, classes: bool = False) -> str:
    """The whole page as HTML; static, so that Gradio never renders it again.

    `room`: is there a reading room beside it? `bring`: may a person bring data? `classes`: may one hold a class?

    Gradio has a `main` of its own around this; a static site hasn't.
    """
    desk = "div" if room else "main"
    marks = " data-bring" * bring + " data-class" * classes
    return f"""
<div class="workspace" id="workspace" data-state="starting" data-rendered="0"{marks}>
  <a class="skip" id="skip" href="#stage">Skip to the picture</a>
  {_bar(room)}
  {WELCOME}
  <{desk} class="desk">{_map()}{DIVIDER}{_stage()}{_inspector()}</{desk}>
  <dialog class="dialog" id="dialog" aria-labelledby="dialog-title"></dialog>
  <div class="drop" id="drop" hidden><p>Drop a file to see it through this model, or a lesson to take it</p></div>
  {UNSTARTED}
  <div class="toasts" id="toasts" role="status" aria-live="polite"></div>
</div>"""


def head(base: str, scripts: Sequence[str], styles: Sequence[str] = STYLES) -> str:
    """What goes into the document's head: styles, and a start on the scripts before anyone asks for them.

    Args:
        base: address of the assets.
        scripts: their names under `js/`; they are modules.
        styles: their names under `css/`.
    """
    lines = [f'<link rel="stylesheet" href="{base}/css/{name}">' for name in styles]
    lines += [f'<link rel="modulepreload" href="{base}/js/{name}">' for name in scripts]
    lines.append(
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{base}/font/instrument-sans-latin-wght-normal.woff2">'
    )
    return "\n".join(lines)
