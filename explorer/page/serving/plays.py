"""The page of a play, and its runs: one request, answered line by line in JSON, so that progress shows while it works."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.concurrency import iterate_in_threadpool

from explorer.core.refusals import WENT_WRONG
from explorer.core.registry import find
from explorer.core.schema import ExplorerError
from explorer.museum.plays.base import perform
from explorer.page.serving.turns import Busy, Turns, person
from explorer.page.serving.web import assets_base
from explorer.page.views import play as view

log = logging.getLogger(__name__)
AT_ONCE = 2  # runs, which take seconds: they have a queue of their own, so that no picture waits for one
WAITING = 64
PATIENCE = 30  # seconds that one waits
MAX_STATE = 64_000  # bytes


def routes() -> APIRouter:
    """`GET /play/NAME` is the page, `POST /play/NAME/run` takes `{"params", "inputs"}` and answers line by line."""
    turns = Turns(AT_ONCE, waiting=WAITING, patience=PATIENCE)
    router = APIRouter(prefix="/play", include_in_schema=False)

    @router.get("/{name}")
    def page(name: str) -> HTMLResponse:
        return HTMLResponse(view.document(find("plays", name), base=f"../{assets_base()}"))

    @router.post("/{name}/run")
    async def run(name: str, request: Request) -> StreamingResponse:
        find("plays", name)
        body = await request.body()
        if len(body) > MAX_STATE:
            raise HTTPException(413, "That is more than a play takes.")

        async def lines() -> AsyncIterator[str]:
            try:
                async with turns.turn(person(request.scope)):  # given up where the client leaves, with the whole answer
                    async for line in iterate_in_threadpool(_lines(name, body)):
                        yield line
            except Busy as error:
                yield _line({"error": str(error), "where": "play"})

        return StreamingResponse(lines(), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})

    return router


def _lines(name: str, body: bytes) -> Iterator[str]:
    try:
        for answer in perform(name, _read(body)):
            yield _line(answer)
    except ExplorerError as error:
        yield _line({"error": str(error), "where": error.where})
    except Exception:
        log.exception("play failed")
        yield _line({"error": WENT_WRONG, "where": "play"})


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ExplorerError("A play is given params and inputs.", "play") from None


def _line(answer: dict[str, Any]) -> str:
    return json.dumps(answer, separators=(",", ":")) + "\n"
