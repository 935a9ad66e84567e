"""Between the routes and the store: who may, how often, and who is told."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from explorer.core.schema import ExplorerError
from explorer.page.classes import codes
from explorer.page.classes.codes import Limit, Refused
from explorer.page.classes.live import Live, Waiting
from explorer.page.classes.place import kept
from explorer.page.serving.turns import person

if TYPE_CHECKING:
    from explorer.page.classes.store import News, Store

log = logging.getLogger(__name__)
GUESSES, OPENINGS, ANSWERS = (30, 60.0), (20, 3600.0), (60, 60.0)  # so many in so many seconds
SWEPT = 60.0  # seconds between two looks for classes whose time is over
HANDS = 4  # threads that read and write
TOGETHER = 100  # changes in one transaction, at most
TEXTS = 32  # lessons that classes brought, kept for the next answer
UNKNOWN = "There is no class of this code; look at it again, or its time is over."


@dataclass(frozen=True)
class Room:
    """A class as somebody enters it: its row, the hash of their secret, and who they are in it."""

    row: Mapping[str, Any]
    secret: str
    teacher: bool
    number: int | None

    @property
    def key(self) -> int:
        """Of the class in the store."""
        return self.row["id"]


def opened() -> Store:
    """The store of this server; SQLAlchemy is imported with the first class."""
    from explorer.page.classes.store import Store

    return Store()


@dataclass
class Desk:
    """All classes of a server; the store is opened with the first one. `make`: opens it."""

    make: Callable[[], Store] = opened
    live: Live = field(default_factory=Live)
    guesses: Limit = field(default_factory=lambda: Limit(*GUESSES))
    openings: Limit = field(default_factory=lambda: Limit(*OPENINGS))
    writes: Limit = field(default_factory=lambda: Limit(*ANSWERS))

    def __post_init__(self) -> None:
        self._hands = ThreadPoolExecutor(HANDS, "classes")
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._texts: dict[str, str] = {}  # code -> text
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._writing: asyncio.Future[None] | None = None

    # -- the store

    def resume(self) -> None:
        """After a start: what classes kept before is there again, and what is over meanwhile is deleted."""
        if kept():
            threading.Thread(target=self._resume, name="classes-resume", daemon=True).start()

    def _resume(self) -> None:
        try:
            self.store()
        except ExplorerError as error:
            log.warning("%s", error)

    def store(self) -> Store:
        """The store; from now on what is over is deleted.

        Raises:
            ExplorerError: it can't be opened.
        """
        with self._lock:
            if self._store is None:
                self._store = self.make()
                threading.Thread(target=self._sweeping, name="classes-sweep", daemon=True).start()
            return self._store

    def _sweeping(self) -> None:
        waits = threading.Event()
        while True:
            try:
                self._store.sweep()
            except Exception:
                log.exception("what classes kept couldn't be deleted")
            waits.wait(SWEPT)

    async def _write(self, *call: Any) -> Any:
        """A change, together with all that wait while others are being written."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((call, done))
        if not self._writing:
            self._writing = asyncio.ensure_future(self._drain())
        result = await done
        if isinstance(result, Exception):
            raise result
        return result

    async def _drain(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                try:
                    results = await self._do("write", [call for call, _ in taken])
                except Refused as refusal:
                    results = [refusal] * len(taken)
                for (_, done), result in zip(taken, results, strict=True):
                    if not done.done():  # who asked may have left
                        done.set_result(result)
        finally:
            self._writing = None

    async def _do(self, name: str, *given: Any, **named: Any) -> Any:
        def act() -> Any:
            return getattr(self.store(), name)(*given, **named)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._hands, act)
        except Refused:
            raise
        except ExplorerError as error:
            raise Refused(str(error), 503) from None
        except Exception:
            log.exception("the store of classes failed")
            raise Refused("The class can't be read or written at the moment; it is tried again.", 503) from None

    # -- who may

    async def room(self, code: str, secret: str, scope: Mapping[str, Any]) -> Room:
        """A class by its code.

        Raises:
            Refused: there is none, no secret was brought, or this address guessed too often.
        """
        if not secret:
            raise Refused("This request brings no secret of its own.", 403)
        address, kept = person(scope).address, codes.hashed(secret)
        row = await self._do("find", codes.normal(code))
        if row:
            teacher = codes.same(secret, row["secret"])
            number = None if teacher else await self._do("student", row["id"], kept)
            if teacher or number is not None:  # who is in it learns nothing by an answer
                return Room(row, kept, teacher, number)
        if self.guesses.full(address):
            raise Refused("Too many codes were tried from this address; try again in a minute.", 429)
        if row is None:
            self.guesses.count(address)
            raise Refused(UNKNOWN, 404)
        return Room(row, kept, False, None)

    async def open(self, secret: str, lesson: str, text: str | None, scope: Mapping[str, Any]) -> dict[str, Any]:
        """A new class; `text`: of a lesson that isn't this server's.

        Raises:
            Refused: too many, from this address or in all.
        """
        if not self.openings.take(person(scope).address):
            raise Refused("Too many classes were opened from this address; try again in an hour.", 429)
        return await self._do("open", codes.hashed(secret), lesson, text)

    def _often(self, room: Room) -> None:
        if not self.writes.take((room.key, room.secret)):
            raise Refused("Too many answers at once; the page sends the rest in a while.", 429)

    # -- what changes, and who is told

    async def join(self, room: Room, secret: str, name: str) -> int:
        """Take a student in, or change their name -> their number."""
        if room.teacher:
            raise Refused("This browser is the teacher's; join from another one.", 403)
        self._often(room)
        number = await self._write("join", room.key, codes.hashed(secret), name)
        self.live.wake(room.key, students=False)
        return number

    async def answer(self, room: Room, step: int, value: Any) -> int:
        """Keep an answer; it is on the disk when this returns."""
        self._often(room)
        seq = await self._write("answer", room.key, room.number, step, value)
        self.live.wake(room.key, students=False)
        return seq

    async def change(self, room: Room, values: Mapping[str, Any]) -> None:
        """Change what students see."""
        await self._write("change", room.key, values)
        self.live.wake(room.key, students=True)

    async def remove(self, room: Room) -> None:
        """Delete all of it."""
        await self._do("remove", room.key)
        self._texts.pop(room.row["code"], None)
        self.live.wake(room.key, students=True)

    async def seen(self, room: Room, step: int, number: int | None, named: bool) -> dict[str, Any]:
        """What a spotlight shows: answers of a step, of one student or of all, in no order that tells whose they are."""
        rows = await self._do("answers", room.key, step)
        mine = [row for row in rows if number in (None, row["number"])]
        name = mine[0]["name"] if named and number and mine else ""
        values = sorted((row["value"] for row in mine), key=str)
        return {"step": step, "values": values, "one": number is not None, "name": name}

    # -- what is read

    async def answers(self, room: Room) -> list[dict[str, Any]]:
        """All of a class."""
        return await self._do("answers", room.key)

    async def text(self, room: Room) -> str:
        """Of the lesson that the class brought; it never changes, so that it is read once for all answers."""
        code = room.row["code"]
        if code not in self._texts:
            text = await self._do("text", room.key)
            while len(self._texts) >= TEXTS:
                del self._texts[next(iter(self._texts))]
            self._texts[code] = text
        return self._texts[code]

    async def since(self, room: Room, last: int) -> list[News] | None:
        """News for who is in it."""
        return await self._do("since", room.key, last, room.teacher)

    def may_listen(self, room: Room) -> None:
        """Raises `Refused` where one more stream would be too many."""
        self.live.may(room.key, room.secret)

    def listening(self, room: Room) -> AbstractContextManager[Waiting]:
        """A stream that is open."""
        return self.live.stream(room.key, room.secret, room.teacher)
