"""Who waits for news of a class: streams that stay open, woken when something was kept."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from explorer.page.classes.codes import Refused

EACH = 4  # streams of one person: a page each


class Waiting:
    """A stream that waits; may be woken from any thread."""

    def __init__(self, all_of_it: bool) -> None:
        self.all_of_it, self._loop, self._event = all_of_it, asyncio.get_running_loop(), asyncio.Event()

    def wake(self) -> None:
        """There is news."""
        with suppress(RuntimeError):  # its loop has ended, and with it the stream
            self._loop.call_soon_threadsafe(self._event.set)

    async def news(self, seconds: float) -> None:
        """Until woken, or so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)
        self._event.clear()


class Live:
    """The streams of all classes."""

    def __init__(self) -> None:
        self._of: dict[int, set[Waiting]] = defaultdict(set)
        self._open: Counter[tuple[int, str]] = Counter()

    def may(self, key: int, secret: str) -> None:
        """May somebody open one more?

        Raises:
            Refused: they have as many as one may.
        """
        if self._open.get((key, secret), 0) >= EACH:
            raise Refused(f"This class is open in {EACH} pages of this browser already.", 429)

    @contextmanager
    def stream(self, key: int, secret: str, all_of_it: bool) -> Iterator[Waiting]:
        """A stream of a class, of somebody by the hash of their secret."""
        waiting = Waiting(all_of_it)
        self._open[key, secret] += 1
        self._of[key].add(waiting)
        try:
            yield waiting
        finally:
            self._open[key, secret] -= 1
            self._of[key].discard(waiting)
            if not self._open[key, secret]:
                del self._open[key, secret]
            if not self._of[key]:
                del self._of[key]

    def wake(self, key: int, students: bool) -> None:
        """Something of a class was kept. `students`: something that they see too."""
        for waiting in tuple(self._of.get(key, ())):
            if students or waiting.all_of_it:
                waiting.wake()

    def __len__(self) -> int:
        return sum(map(len, self._of.values()))
