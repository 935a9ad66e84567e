"""What the page asks of the server: one request, one answer, nothing kept in between.

What a picture is, where it lies and how it reads is asked in batches (`explorer/play/compute.py`). The function is public
(any client can call it), so everything is validated, and it never raises: what goes wrong comes back as one sentence and the
place at which to show it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from explorer.box import checkpoints
from explorer.core import link
from explorer.core.checked import checked
from explorer.core.refusals import WENT_WRONG
from explorer.core.registry import discover, find
from explorer.core.scene import Point, Scene
from explorer.core.schema import ExplorerError, plain
from explorer.page.facts import about, facts
from explorer.page.serving.first import first
from explorer.page.tabs import declared
from explorer.page.views.code import lines
from explorer.play import compute
from explorer.play.session import Session, open_session

log = logging.getLogger(__name__)
NEIGHBOURS = 8


def act(request: Any, over: compute.Over = compute.never) -> dict[str, Any]:
    """Answer one request of the page.

    Args:
        request: `{"do": name, ...}`, the name one of `ANSWERS`; see the functions below.
        over: whether a batch of questions should stop where it can; see `compute.ask`.

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
        return {"ok": True, **answer(request, over)}
    except ExplorerError as error:
        return {"ok": False, "error": str(error), "where": error.where}
    except Exception:
        log.exception("request failed")
        return {
            "ok": False,
            "error": WENT_WRONG,
            "where": "stage",
        }


def rehearse() -> None:
    """Warm up: run the first visitor's requests once, so that files are read and kernels loaded."""
    opened = act({"do": "open"})
    if opened["ok"]:
        points = [{name: opened["scene"][name] for name in ("start", "condition", "edits") if name in opened["scene"]}]
        questions = [
            {"ask": ask, "points": points}
            for ask in ("condition", "picture", "places", "trust", "real", "neighbours", "judge")
        ]
        act({"do": "ask", "model": opened["scene"]["model"], "questions": questions})


def _scene(request: dict[str, Any]) -> tuple[Session, Scene]:
    scene = checked(Scene, request.get("scene"), "scene")
    return open_session(scene.model), scene


def _open(request: dict[str, Any], _: compute.Over) -> dict[str, Any]:
    """`link` (text or None), `checkpoint` (name or None) -> the scene to begin with and the facts of its model.

    A link that can't be read doesn't keep the page from opening: the sentence comes along as `warning`.
    """
    warning = None
    try:
        if request.get("link"):
            scene = link.read(str(request["link"]))
            session = open_session(scene.model)
            session.resolve(scene.point)
            warning = session.card.other_build(scene.build)
        else:
            session = open_session(str(request.get("checkpoint") or next(iter(checkpoints.available()), "")))
            scene = session.opening()
    except ExplorerError as error:
        if not request.get("link"):
            raise
        warning = str(error)
        session = open_session(next(iter(checkpoints.available()), ""))
        scene = session.opening()
    told = facts(session)
    # What is quick to make comes along; of the others the page shows the map while their pictures are made.
    known = first(session, scene) if told["card"]["portable"] and not scene.edits else None
    return {"scene": _dump(scene), "warning": warning, "first": known, **told}


def _ask(request: dict[str, Any], over: compute.Over) -> dict[str, Any]:
    """`model`, `questions` -> the answers to a batch of questions; see `explorer/play/compute.py`."""
    name = request.get("model")
    if not isinstance(name, str):
        raise ExplorerError("A batch of questions names the model that it asks.")
    also = {"panel": compute.Question(OfScene, _panel), **declared.QUESTIONS}
    for tab in discover("tabs").values():
        also |= tab.questions
    return {"answers": compute.ask(open_session(name), request.get("questions"), also, over)}


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
    return tab.panel(session, asked.scene).json_able()


def _about(request: dict[str, Any], _: compute.Over) -> dict[str, Any]:
    """`scene` -> what the card says, as HTML."""
    session = _scene(request)[0]
    return {"html": about(session)}


def _code(request: dict[str, Any], _: compute.Over) -> dict[str, Any]:
    """`scene` -> the Python and the command that make the picture on stage."""
    scene = _scene(request)[1]
    return lines(scene)


def _lesson(request: dict[str, Any], _: compute.Over) -> dict[str, Any]:
    """`name`, `text` of a lesson's file -> the lesson; see `docs/lessons.md`."""
    from explorer.museum.lessons.shelf import brought  # reads Markdown: imported when somebody asks

    name, text = request.get("name"), request.get("text")
    if not isinstance(name, str) or not isinstance(text, str):
        raise ExplorerError("A lesson is a file's name and its text.", "lessons")
    return {"lesson": brought(name, text).json_able()}


ANSWERS: dict[str, Callable[[dict[str, Any], compute.Over], dict[str, Any]]] = {
    "open": _open, "ask": _ask, "about": _about, "code": _code, "lesson": _lesson,
}  # fmt: skip


def _dump(value: Scene | Point) -> dict[str, Any]:
    return value.model_dump(mode="json", exclude_defaults=True)
