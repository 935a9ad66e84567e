"""Who is answered next: one bounded and fair queue before all that computes, so that nobody waits for what others ask.

Torch runs on one thread here, so that a few requests at once are all that a machine can use; Gradio alone starts forty, each of
which then takes forty times as long, and the forty-first person waits for all of them. The queue sits before the function of
the page, the endpoints of the API and the routes that read a model, behind the parsing of a request: only there is known of each
of the three ways in (a route, Gradio's function, a tool of MCP) who asks, and a refusal can still be an answer of its own.

- **Light before heavy**: what a hand waits for is a question or a few; a batch of many, or of somebody whose last turn took long,
  is heavy, and comes after the light ones but for each fourth turn. Among as many as a machine can't serve, who asks for one
  picture now and then would else wait for the first slice of everybody.
- **Next** of either is whose address, and at that address whose page, has used the least time of the workers so far (start-time
  fair queueing, Goyal et al. 1996: a newcomer starts at the time of whom is served, so that idling saves up nothing). By time,
  since one request takes a millisecond and another a second and a half.
- **A page** is named by `x-explorer-visitor`, a number that it draws when it is opened; **an address** is the client's as
  uvicorn tells it, which takes `X-Forwarded-For` from proxies that `$FORWARDED_ALLOW_IPS` trusts (of IPv6 the network). A client
  that makes up names gains nothing against other addresses.
- **One worker more** is there for what is light: what runs can't be interrupted, and without it a picture would wait for the
  longest that others have running.
- **A slice**: what is asked in a batch is given up after `SLICE` seconds where somebody waits (`Turn.over`), and asked again.
- **Bounds**: so many may wait for an address and in all, and nobody longer than `PATIENCE`; beyond comes `Busy`. A request whose
  client has left stops waiting.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import ipaddress
import math
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from explorer.core.refusals import TEMPLATES, ExplorerError, refuse

T = TypeVar("T")
WORKERS = max(1, min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))
WAITING, EACH = 1024, 512  # requests that wait in all, and of one address: a class may sit behind one
PATIENCE = 20.0  # seconds
SLICE = 0.05  # seconds
LIGHT = 4  # points of a batch that is light
LONG = 0.25  # seconds of a turn, after which the next of the same page is heavy
FOURTH = 4  # of so many turns one goes by time alone
VISITOR = b"x-explorer-visitor"
FORGET = 4096  # of those who asked, before the ones that rest are forgotten
SOONEST, LONGEST = 2, 30  # seconds after which another try is worth it


class Busy(ExplorerError):
    """More is asked than can be answered; another try is worth it after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(refuse("busy", seconds=seconds)), TEMPLATES["busy"][1])
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        """Of an answer that says so."""
        return {"Retry-After": str(self.seconds), "Cache-Control": "no-store"}


class Left(Exception):
    """The client is gone; nobody takes the answer."""


class Person(NamedTuple):
    """Who asks: the address, and the page there; "" where a client doesn't say."""

    address: str
    visitor: str = ""


def person(scope: Mapping[str, Any]) -> Person:
    """Who asks, by a request's ASGI scope."""
    address = (scope.get("client") or ("", 0))[0]
    try:
        number = ipaddress.ip_address(address)
        if number.version == 6:
            address = str(ipaddress.ip_network((number, 64), strict=False))
    except ValueError:
        pass
    named = dict(scope.get("headers", ())).get(VISITOR, b"")
    return Person(address, named[:64].decode("latin-1"))


@dataclass(eq=False)
class _Account:
    """What an address or a page has used: `spent` in the queue's own time."""

    spent: float = 0.0
    cost: float = 0.0  # of its last turn, which is expected of the next
    running: int = 0
    waiting: deque[Turn] = field(default_factory=deque)
    now: float = 0.0  # the time of the queue of its pages
    pages: dict[str, _Account] = field(default_factory=dict)


@dataclass(eq=False)
class Turn:
    """One request's turn.

    Attributes:
        left: whether its client is known to be gone.
    """

    turns: Turns
    who: Person
    address: _Account
    page: _Account
    many: bool = False
    begin: asyncio.Future[None] | None = None
    begun: float = 0.0
    charged: float = 0.0
    left: bool = False

    @property
    def heavy(self) -> bool:
        """Does it come after the light ones?"""
        return self.many or self.page.cost > LONG

    def over(self) -> bool:
        """Should what runs stop where it can? Nobody takes the answer, or it had its slice and somebody else waits."""
        return self.left or (self.turns.waiting > 0 and self.turns.clock() - self.begun > self.turns.slice)


class Turns:
    """The queue of one server, to be used within its event loop.

    Args:
        workers: how many run at once; one more where it is light.
        waiting: how many may wait in all, and `each` of one address.
        patience: seconds that one waits.
        slice: seconds after which a turn is over where somebody waits.
        clock: seconds.
    """

    def __init__(
        self,
        workers: int = WORKERS,
        *,
        waiting: int = WAITING,
        each: int = EACH,
        patience: float = PATIENCE,
        slice: float = SLICE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workers, self.most, self.each, self.patience, self.slice, self.clock = (
            workers, waiting, each, patience, slice, clock,
        )  # fmt: skip
        self.waiting = self.running = 0
        self._addresses: dict[str, _Account] = {}
        self._picked = 0
        self._now = 0.0  # the queue's time: what the address that is served had spent when it began
        self._cost = 0.05  # seconds that a turn takes, on average
        self._threads = ThreadPoolExecutor(workers + 1, "turn")

    @asynccontextmanager
    async def turn(self, who: Person, leaves: Awaitable[None] | None = None, points: int = 1) -> AsyncIterator[Turn]:
        """Wait for a turn, and hold it.

        Args:
            who: asks.
            points: for how many things at once.
            leaves: done when the client is gone; it is taken care of here.

        Raises:
            Busy: too many wait, or it waited too long.
            Left: the client is gone.
        """
        watch = asyncio.ensure_future(leaves) if leaves else None
        try:
            turn = self._enter(who, points > LIGHT)
            if watch:
                watch.add_done_callback(lambda _: setattr(turn, "left", True))
            if turn.begin:
                await self._wait(turn, turn.begin, watch)
            try:
                yield turn
            finally:
                self._end(turn)
        finally:
            if watch:
                watch.cancel()

    async def run(self, work: Callable[..., T], *given: Any) -> T:
        """Do the work of a turn in a thread of the queue's own, which no other part of the server can use up."""
        call = functools.partial(contextvars.copy_context().run, work, *given)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    # -- coming and going

    def _enter(self, who: Person, many: bool) -> Turn:
        if sum(len(address.pages) for address in self._addresses.values()) > FORGET:
            self._forget()
        address = self._addresses.setdefault(who.address, _Account())
        page = address.pages.setdefault(who.visitor, _Account())
        turn = Turn(self, who, address, page, many)
        for account, now in ((address, self._now), (page, address.now)):
            if not account.running and not account.waiting:
                account.spent = max(account.spent, now)
        if self._room(turn) and not self.waiting:
            self._begin(turn)
        elif self.waiting >= self.most or len(address.waiting) >= self.each:
            raise Busy(self._due())
        else:
            turn.begin = asyncio.get_running_loop().create_future()
            page.waiting.append(turn)
            address.waiting.append(turn)
            self.waiting += 1
            self._next()
        return turn

    async def _wait(self, turn: Turn, begin: asyncio.Future[None], watch: asyncio.Future[None] | None) -> None:
        try:
            done, _ = await asyncio.wait(
                {begin, *([watch] if watch else [])}, timeout=self.patience, return_when=asyncio.FIRST_COMPLETED
            )
        except asyncio.CancelledError:
            self._drop(turn, begin)
            raise
        if begin in done and not turn.left:
            return
        self._drop(turn, begin)
        if done:
            raise Left
        raise Busy(self._due())

    def _drop(self, turn: Turn, begin: asyncio.Future[None]) -> None:
        """It waits no more, or gives up a turn that it never used."""
        if begin.done():
            self._end(turn)
            return
        begin.cancel()
        turn.page.waiting.remove(turn)
        turn.address.waiting.remove(turn)
        self.waiting -= 1

    def _begin(self, turn: Turn) -> None:
        turn.begun = self.clock()
        self._now = max(self._now, turn.address.spent)
        turn.address.now = max(turn.address.now, turn.page.spent)
        turn.charged = turn.page.cost
        for account in (turn.address, turn.page):
            account.running += 1
            account.spent += turn.charged
        self.running += 1

    def _end(self, turn: Turn) -> None:
        taken = self.clock() - turn.begun
        turn.page.cost = taken
        self._cost += 0.1 * (taken - self._cost)
        for account in (turn.address, turn.page):
            account.running -= 1
            account.spent += taken - turn.charged
        self.running -= 1
        self._next()

    # -- who is next

    def _next(self) -> None:
        """Begin as many turns as there is room for."""
        while self.waiting:
            heads = [
                page.waiting[0]
                for address in self._addresses.values()
                for page in address.pages.values()
                if page.waiting
            ]
            by_time = (self._picked + 1) % FOURTH == 0
            heads = [head for head in heads if self._room(head)]
            if not heads:
                return
            turn = min(heads, key=lambda head: (head.heavy and not by_time, head.address.spent, head.page.spent))
            self._picked += 1
            turn.page.waiting.popleft()
            turn.address.waiting.remove(turn)
            self.waiting -= 1
            if turn.begin is None or turn.begin.done():
                continue
            self._begin(turn)
            turn.begin.set_result(None)

    def _room(self, turn: Turn) -> bool:
        if self.running < self.workers:
            return True
        return self.running == self.workers and not turn.heavy and not turn.page.running

    def _due(self) -> int:
        """Seconds until what waits now may be done."""
        return max(SOONEST, min(LONGEST, math.ceil(self.waiting * self._cost / self.workers)))

    def _forget(self) -> None:
        """Those who rest: of the addresses all, and of one that doesn't its pages."""
        self._addresses = {name: a for name, a in self._addresses.items() if a.running or a.waiting}
        for address in self._addresses.values():
            address.pages = {name: page for name, page in address.pages.items() if page.running or page.waiting}


def plain_request(request: Any) -> Request:
    """The request that Gradio hands to a function, sometimes in a wrapper of its own."""
    return getattr(request, "request", request)


async def leaves(request: Request) -> None:
    """Done when the client of a request, whose body has been read, is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def told(error: Busy) -> Response:
    """The answer over the bound."""
    content = {"ok": False, "error": str(error), "where": error.where}
    return JSONResponse(content, status_code=503, headers=error.headers)


GONE = 499  # the status that nginx writes into its log, since nobody reads it


class Turned(APIRoute):
    """A route whose answer is made in a turn of the app's queue (`app.state.turns`)."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        """The same, behind the queue."""
        handle = super().get_route_handler()

        async def turned(request: Request) -> Response:
            await request.body()  # whole before it waits: a turn isn't spent on a slow line, and `leaves` reads on
            try:
                async with request.app.state.turns.turn(person(request.scope), leaves(request)):
                    return await handle(request)
            except Busy as error:
                return told(error)
            except Left:
                return Response(status_code=GONE)

        return turned
