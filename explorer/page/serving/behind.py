"""The routes that read a model, made behind the first page: their libraries take seconds to import, the document needs none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send


class Behind(BaseRoute):
    """All paths that begin so are answered by routers that are made once, in a thread; what comes earlier waits for them.

    Args:
        path: how the paths begin.
        app: as which it answers: its state and its handlers of exceptions.
        make: imports the routers; asked once, or again where that failed.
    """

    def __init__(self, path: str, app: FastAPI, make: Callable[[], Sequence[APIRouter]]) -> None:
        self.path, self.app, self.make = path, app, make
        self._ready: asyncio.Task[None] | None = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Is a request for it?"""
        ours = scope["type"] == "http" and get_route_path(scope).startswith(self.path)
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if self._ready is None or (self._ready.done() and self._ready.exception()):
            self._ready = asyncio.create_task(self._include())
        await asyncio.shield(self._ready)
        await self.app(scope, receive, send)

    async def _include(self) -> None:
        for router in await asyncio.to_thread(self.make):
            self.app.include_router(router)
