"""The lessons that can be walked with the checkpoints at hand, for the page and for a static site."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from explorer.box.cards import available
from explorer.core.schema import ExplorerError
from explorer.page.serving.urls import PREFIX

LIST = "lessons.json"


def shelf(names: Collection[str]) -> dict[str, Any]:
    """Name -> lesson, of those whose checkpoints are all among these."""
    from explorer.museum.lessons.read import lessons  # reads Markdown: imported when somebody asks

    return {lesson.name: lesson for lesson in lessons() if set(lesson.models) <= set(names)}


def files(names: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of what the page fetches: the list, and each lesson."""
    known = shelf(names)
    yield LIST, _json([lesson.entry() for lesson in known.values()])
    for name, lesson in known.items():
        yield f"lessons/{name}.json", _json(lesson.json_able())


def routes() -> APIRouter:
    """`GET /explorer/lessons.json` and `GET /explorer/lessons/NAME.json`; an unknown one is a 404 with one sentence."""
    router = APIRouter(prefix=f"/{PREFIX}", include_in_schema=False)
    fresh = {"Cache-Control": "no-cache"}

    @router.get(f"/{LIST}")
    def listed() -> JSONResponse:
        return JSONResponse([lesson.entry() for lesson in shelf(available()).values()], headers=fresh)

    @router.get("/lessons/{name}.json")
    def lesson(name: str) -> JSONResponse:
        known = shelf(available())
        if name not in known:
            raise ExplorerError(f"There is no lesson {name[:64]!r} for the models that are here.", "lessons")
        return JSONResponse(known[name].json_able(), headers=fresh)

    return router


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
