"""A queue in which a test says what ends and when, so that the order of events is all that counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from explorer.page.serving.turns import Person, Turns


class Clock:
    """Time that goes on when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Room:
    """A queue whose work is done when a test says so."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.turns = Turns(**{"workers": 1, "clock": self.clock, **options})
        self.running: list[str] = []
        self.done: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}
        self.held: dict[str, Any] = {}

    async def ask(self, who: Person, name: str, leaves=None, points: int = 1) -> None:
        self.ends[name] = asyncio.Event()
        async with self.turns.turn(who, leaves, points) as turn:
            self.held[name] = turn
            self.running.append(name)
            await self.ends[name].wait()
        self.done.append(name)

    def asks(self, who: Person, name: str, leaves=None, points: int = 1) -> asyncio.Task[None]:
        return asyncio.create_task(self.ask(who, name, leaves, points))

    async def finish(self, name: str, seconds: float) -> None:
        self.clock.now += seconds
        self.ends[name].set()
        await settle()

    async def finish_all(self, count: int, seconds: Callable[[str], float]) -> None:
        """End what runs, one after the other, each after so many seconds, until `count` are done."""
        while len(self.done) < count:
            name = next(name for name in self.running if name not in self.done)
            await self.finish(name, seconds(name))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def in_loop(test: Callable[[], Any]) -> Callable[[], None]:
    """A test that is a coroutine; whatever it leaves waiting ends with it."""

    def run() -> None:
        asyncio.run(asyncio.wait_for(test(), 30))

    run.__name__ = test.__name__
    return run
