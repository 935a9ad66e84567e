"""The lessons that can be walked with the checkpoints at hand, for the page and for a static site: those of the box and of the
teacher's own folder."""

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
    from explorer.museum.lessons.shelf import survey  # reads Markdown: imported when somebody asks

    return {lesson.name: lesson for lesson in survey()[0] if set(lesson.models) <= set(names)}


def _one(name: str) -> dict[str, Any]:
    """A lesson as the page gets it.

    Raises:
        ExplorerError: there is none, it is bad, or it opens a checkpoint that isn't here.
    """
    from explorer.museum.lessons.read import read
    from explorer.museum.lessons.shelf import paths

    known = paths()
    if name in known:
        try:
            lesson = read(known[name])
        except ExplorerError as error:
            raise ExplorerError(str(error), "lessons") from None
        if set(lesson.models) <= set(available()):
            return lesson.json_able()
    raise ExplorerError(f"There is no lesson {name[:64]!r} for the models that are here.", "lessons")


def files(names: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of what the page fetches: the list, and each lesson."""
    known = shelf(names)
    yield LIST, compact([lesson.entry() for lesson in known.values()])
    for name, lesson in known.items():
        yield f"lessons/{name}.json", compact(lesson.json_able())


def routes() -> APIRouter:
    """`GET /explorer/lessons.json` and `GET /explorer/lessons/NAME.json`; an unknown one is a 404 with one sentence."""
    router = APIRouter(prefix=f"/{PREFIX}", include_in_schema=False)
    fresh = {"Cache-Control": "no-cache"}

    @router.get(f"/{LIST}")
    def listed() -> JSONResponse:
        return JSONResponse([lesson.entry() for lesson in shelf(available()).values()], headers=fresh)

    @router.get("/lessons/{name}.json")
    def lesson(name: str) -> JSONResponse:
        return JSONResponse(_one(name), headers=fresh)

    return router


def compact(value: Any) -> bytes:
    """JSON in as few bytes as it takes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
