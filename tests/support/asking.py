"""What the page asks of the server to show a scene, in one batch, for tests that look at the answers."""

from __future__ import annotations

from typing import Any

from explorer.page.act import act


def show(scene: dict[str, Any]) -> dict[str, Any]:
    """A scene's picture, where it lies, and how it reads.

    Returns:
        `{"ok": True, "before", "after", "now", "neighbours"}`, or the first refusal.
    """
    point = {name: scene[name] for name in ("start", "condition", "edits") if name in scene}
    origin = {name: point[name] for name in ("start",) if name in point}
    on = {name: value for name, value in {"map": (scene.get("view") or {}).get("map")}.items() if value is not None}
    questions = [
        {"ask": "picture", "points": [origin, point]},
        {"ask": "places", "points": [point], **on},
        {"ask": "neighbours", "points": [point]},
    ]
    answer = act({"do": "ask", "model": scene.get("model"), "questions": questions})
    if not answer["ok"]:
        return answer
    for one in answer["answers"]:
        if not one["ok"]:
            return one
    (before, after), (now,), (near,) = (one["value"] for one in answer["answers"])
    return {"ok": True, "before": before, "after": after, "now": now, "neighbours": [item for item, _ in near]}


def encode(scene: dict[str, Any], file: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """A person's own file, encoded; or why it can't be."""
    question = {"ask": "encode", "file": file, "condition": condition or {}}
    answer = act({"do": "ask", "model": scene["model"], "questions": [question]})["answers"][0]
    return {"ok": True, **answer["value"]} if answer["ok"] else answer
