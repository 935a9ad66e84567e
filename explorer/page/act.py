"""What the page asks of the server: one request, one answer, nothing kept in between.

The page sends the whole scene each time and gets back what to show: pictures, HTML of the tab, places on the map. The
function is public (any client can call it), so everything is validated, and it never raises: what goes wrong comes back
as one sentence and the place at which to show it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from explorer.box import checkpoints
from explorer.core import link
from explorer.core.checked import checked
from explorer.core.nodes import Note, Panel
from explorer.core.refusals import refuse
from explorer.core.registry import discover, find
from explorer.core.scene import Point, Scene
from explorer.core.schema import ExplorerError, plain
from explorer.page.facts import facts
from explorer.page.serving.urls import backdrop_url
from explorer.page.tabs import stage
from explorer.play import compute
from explorer.play.session import Session, open_session

log = logging.getLogger(__name__)
NEIGHBOURS = 8


def act(request: Any) -> dict[str, Any]:
    """Answer one request of the page.

    Args:
        request: `{"do": name, ...}`, the name one of `ANSWERS`; see the functions below.

    Returns:
        `{"ok": True, ...}`, or `{"ok": False, "error": one sentence, "where": id of the element to show it at}`.
    """
    try:
        if not isinstance(request, dict):
            raise ExplorerError("This request isn't one that the page makes.")
        wanted = plain(request).get("do")
        answer = ANSWERS.get(wanted) if isinstance(wanted, str) else None
        if answer is None:
            raise ExplorerError("This request isn't one that the page makes.")
        return {"ok": True, **answer(request)}
    except ExplorerError as error:
        return {"ok": False, "error": str(error), "where": error.where}
    except Exception:
        log.exception("request failed")
        return {
            "ok": False,
            "error": "Something went wrong on the server; the page goes on from where it was.",
            "where": "stage",
        }


def rehearse() -> None:
    """Answer, unheard, what a first visitor asks first, so that nobody waits for files to be read and for the first runs."""
    opened = act({"do": "open"})
    if opened["ok"]:
        act({"do": "show", "scene": opened["scene"]})


def _scene(request: dict[str, Any]) -> tuple[Session, Scene]:
    scene = checked(Scene, request.get("scene"), "scene")
    return open_session(scene.model), scene


def _open(request: dict[str, Any]) -> dict[str, Any]:
    """`link` (text or None), `checkpoint` (name or None) -> the scene to begin with and the facts of its model.

    A link that can't be read doesn't keep the page from opening: the sentence comes along as `warning`.
    """
    warning = None
    try:
        if request.get("link"):
            scene = link.read(str(request["link"]))
            session = open_session(scene.model)
            session.resolve(scene.point)
        else:
            session = open_session(str(request.get("checkpoint") or next(iter(checkpoints.available()), "")))
            scene = session.opening()
    except ExplorerError as error:
        if not request.get("link"):
            raise
        warning = str(error)
        session = open_session(next(iter(checkpoints.available()), ""))
        scene = session.opening()
    return {"scene": _dump(scene), "warning": warning, **facts(session)}


def _live(request: dict[str, Any]) -> dict[str, Any]:
    """`scene` -> the picture on stage and where it lies: what must follow a pointer that is still moving."""
    session, scene = _scene(request)
    return {"n": request.get("n"), "slots": stage.live(session, scene), "overlay": _overlay(session, scene, live=True)}


def _show(request: dict[str, Any]) -> dict[str, Any]:
    """`scene` -> everything that the page shows of it: stage, tab, overlay and link."""
    session, scene = _scene(request)
    shelf = discover("tabs")
    name = scene.view.tab if scene.view.tab in shelf else next(iter(shelf))
    tab = shelf[name]()
    reason = tab.why_not(session.card)
    answer = {"scene": _dump(scene), "link": link.write(scene), "slots": stage.slots(session, scene)}
    overlay = _overlay(session, scene, live=False)
    try:
        panel = Panel(nodes=(Note(id="why-not", text=reason),)) if reason else tab.panel(session, scene)
        if isinstance(panel, Panel):
            overlay |= panel.overlay.places(partial(session.place, name=scene.view.map))
            panel = panel.json_able()
        else:
            overlay |= tab.overlay(session, scene)
    except ExplorerError as error:  # the stage is good: only the tab has something to say
        panel = None
        answer |= {"panel_error": str(error)}
    return {**answer, "panel": panel, "overlay": overlay}


def _encode(request: dict[str, Any]) -> dict[str, Any]:
    """`scene`, `picture` (data URL), `condition` (corrections) -> the point of a person's own item, and it as fitted."""
    session, _ = _scene(request)
    raw = compute.file_bytes(request.get("picture"), session.modality.noun)
    condition = request.get("condition") or {}
    if not isinstance(condition, dict):
        raise ExplorerError("The attributes of an own item come as a table of names and values.", "own-item")
    x, note = session.modality.fit(session.modality.open(raw), session.card.shape)
    point = session.encode(x, condition, hashlib.sha256(raw).hexdigest())
    modality = session.modality
    fitted = {"fitted": modality.data_url(modality.show(x), large=True)}
    if modality.sounds:
        fitted["sound"] = compute.sound(modality.listen(x))
    return {"point": _dump(point), **fitted, "note": note, "readings": stage.own(session, x, point)}


def _listen(request: dict[str, Any]) -> dict[str, Any]:
    """`scene` -> the sound on stage as the data URL of a WAV file."""
    session, scene = _scene(request)
    if not session.modality.sounds:
        raise refuse("no-sound", title=session.card.title)
    return {"sound": compute.sound(session.listen(scene.point))}


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    """`model`, `questions` -> the answers to a batch of questions; see `explorer/play/compute.py`."""
    name = request.get("model")
    if not isinstance(name, str):
        raise ExplorerError("A batch of questions names the model that it asks.")
    also = {"panel": compute.Question(OfScene, _panel)}
    for tab in discover("tabs").values():
        also |= tab.questions
    return {"answers": compute.ask(open_session(name), request.get("questions"), also)}


class OfScene(compute.Asked):
    """The scene whose tab is to be shown."""

    scene: Scene


def _panel(session: Session, asked: OfScene) -> dict[str, Any]:
    """The tab of a scene as nodes, see `explorer/core/nodes.py`."""
    if asked.scene.model != session.card.name:
        raise ExplorerError("This scene belongs to another model than the one that is asked.", "panel")
    tab = find("tabs", asked.scene.view.tab)()
    reason = tab.why_not(session.card)
    if reason:
        raise ExplorerError(reason, "panel")
    made = tab.panel(session, asked.scene)
    return made.json_able() if isinstance(made, Panel) else {"html": made}


def _about(request: dict[str, Any]) -> dict[str, Any]:
    """`scene` -> what the card says, as HTML."""
    session, _ = _scene(request)
    return {"html": stage.about(session)}


def _code(request: dict[str, Any]) -> dict[str, Any]:
    """`scene` -> the Python and the command that make the picture on stage."""
    _, scene = _scene(request)
    return stage.code(scene)


ANSWERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "open": _open, "live": _live, "show": _show, "encode": _encode, "about": _about, "code": _code,
    "listen": _listen, "ask": _ask,
}  # fmt: skip


def _dump(value: Scene | Point) -> dict[str, Any]:
    return value.model_dump(mode="json", exclude_defaults=True)


def _overlay(session: Session, scene: Scene, live: bool) -> dict[str, Any]:
    """Where things lie on the map of the view, in its coordinates; while live only what moves."""
    spec = session.map(scene.view.map)
    place = partial(session.place, name=spec.name)
    overlay: dict[str, Any] = {"map": spec.name, "now": place(scene.point)}
    if live:
        return overlay
    if find("maps", spec.method).exact:
        overlay["backdrop"] = backdrop_url(session.checkpoint, spec.name, session.condition(scene.point))
    ends = {name: end and place(end) for name, end in (("a", scene.view.a), ("b", scene.view.b))}
    near = session.neighbours(scene.point, NEIGHBOURS, spec.space)
    start = place(scene.point.origin)
    return {**overlay, **ends, "start": start, "neighbours": [index for index, _ in near], "path": None, "draws": None}
