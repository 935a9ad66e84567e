"""A class of many at one server: how soon an answer stands on the teacher's wall, and what a killed server has lost.

Plain HTTP without a browser, as in `people.py`. Each student is a stream that stays open and a secret of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from explorer.core.schema import ExplorerError
from explorer.museum.lessons.lesson import Lesson, Predict
from explorer.museum.lessons.read import lessons
from explorer.page.bench.report import spread
from explorer.page.bench.server import ROOT, environment
from explorer.page.bench.start import memory
from explorer.page.serving.port import free

STUDENTS, JOINING, KILLS, SEED = 100, 60.0, 20, 0
PAUSE = 0.3  # seconds before what failed is tried again
STARTING = 120.0  # seconds that a server may take to answer


def numbers() -> tuple[Lesson, int]:
    """A lesson, and a step of it that asks for a number: each answer can be told from the one before."""
    return next(
        (lesson, at)
        for lesson in lessons()
        for at, step in enumerate(lesson.steps)
        if isinstance(step.end, Predict) and isinstance(step.end.answer, float)
    )


@dataclass
class Seat:
    """Somebody in a class: their requests, and their stream, which goes on after the last event that they saw."""

    url: str
    code: str = ""
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    last: int = -1

    def _head(self, method: str, path: str, more: str = "") -> bytes:
        host = urlsplit(self.url).netloc
        return (
            f"{method} /class{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self.secret}\r\n{more}\r\n"
        ).encode()

    async def _open(self, head: bytes) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter]:
        where = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=1 << 22)
        writer.write(head)
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        return int(lines[0].split()[1]), reader, writer

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request -> status, and the JSON of the answer, if it is that.

        Raises:
            OSError, EOFError: the server isn't there, or went away meanwhile.
        """
        data = b"" if body is None else json.dumps(body).encode()
        more = f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\nConnection: close\r\n"
        status, reader, writer = await self._open(self._head(method, path, more) + data)
        try:
            answer = await reader.read()
        finally:
            writer.close()
        if not answer.startswith(b"{"):
            return status, answer.decode()
        return status, json.loads(answer)

    async def surely(self, method: str, path: str, body: Any = None) -> Any:
        """The same until it was done, as the page does it.

        Raises:
            ExplorerError: it is refused for good.
        """
        while True:
            with contextlib.suppress(OSError, EOFError, asyncio.IncompleteReadError):
                status, answer = await self.ask(method, path, body)
                if status == 200:
                    return answer
                if status < 500 and status != 429:
                    raise ExplorerError(f"A class refused what should be taken: {answer.get('error', status)}")
            await asyncio.sleep(PAUSE)

    async def news(self) -> AsyncIterator[tuple[str, int, Any]]:
        """Events of one connection: kind, number, data."""
        _, reader, writer = await self._open(
            self._head("GET", f"/{self.code}/stream", f"Last-Event-ID: {self.last}\r\n")
        )
        kind, data = "", None
        try:
            while raw := await reader.readline():
                name, _, value = raw.decode().strip().partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    data = json.loads(value)
                elif name == "id":
                    self.last = int(value)
                    yield kind, self.last, data
        finally:
            writer.close()


@dataclass
class Wall:
    """What the teacher's stream has brought: when, by the number of the change, and the last value of each answer."""

    seat: Seat
    came: dict[int, float] = field(default_factory=dict)
    values: dict[tuple[int, int], Any] = field(default_factory=dict)

    async def listen(self) -> None:
        """Until cancelled; after a drop it goes on where it was."""
        while True:
            with contextlib.suppress(OSError, EOFError):
                async for kind, seq, data in self.seat.news():
                    self.came[seq] = time.perf_counter()
                    if kind == "answer":
                        self.values[data["number"], data["step"]] = data["value"]
            await asyncio.sleep(PAUSE)


async def listen(seat: Seat) -> None:
    """A student's stream, likewise."""
    while True:
        with contextlib.suppress(OSError, EOFError):
            async for _ in seat.news():
                pass
        await asyncio.sleep(PAUSE)


async def opened(url: str, lesson: Lesson) -> Seat:
    """A new class -> its teacher."""
    made = await Seat(url).surely("POST", "", {"lesson": lesson.name})
    return Seat(url, made["code"], made["secret"])


async def load(url: str, pid: int | None, students: int, joining: float, answers: int) -> dict[str, Any]:
    """So many students join within `joining` seconds, listen, and answer `answers` times in the same time again.

    Returns:
        Milliseconds until an answer stood in the teacher's stream, and until it was acknowledged; megabytes of the server.
    """
    lesson, step = numbers()
    teacher, rng = await opened(url, lesson), random.Random(SEED)
    wall, sent, acknowledged = Wall(teacher), {}, []
    streams = [asyncio.create_task(wall.listen())]
    before = memory(pid) if pid else None

    async def student() -> None:
        seat = Seat(url, teacher.code)
        await asyncio.sleep(rng.uniform(0, joining))
        await seat.surely("POST", f"/{seat.code}/students", {})
        streams.append(asyncio.create_task(listen(seat)))
        for k in range(answers):
            await asyncio.sleep(rng.uniform(0, 2 * joining / answers))
            begun = time.perf_counter()
            seq = (await seat.surely("POST", f"/{seat.code}/answers", {"step": step, "value": k}))["seq"]
            acknowledged.append(1000 * (time.perf_counter() - begun))
            sent[seq] = begun

    await asyncio.gather(*(student() for _ in range(students)))
    for _ in range(100):
        if set(sent) <= set(wall.came):
            break
        await asyncio.sleep(0.1)
    after = memory(pid) if pid else None
    for stream in streams:
        stream.cancel()
    await teacher.surely("DELETE", f"/{teacher.code}")
    late = [1000 * (wall.came[seq] - begun) for seq, begun in sent.items() if seq in wall.came]
    return {
        "students": students, "joining_s": joining, "sent": len(sent), "replaced": len(sent) - len(late), "wall": spread(late),
        "acknowledged": spread(acknowledged), "before_mb": before, "after_mb": after,
    }  # fmt: skip


async def answering(url: str) -> None:
    """Wait until a server answers.

    Raises:
        TimeoutError: it doesn't.
    """
    async with asyncio.timeout(STARTING):
        while True:
            with contextlib.suppress(OSError, EOFError):
                await Seat(url).ask("POST", "", {})
                return
            await asyncio.sleep(0.05)


async def killed(
    start: Callable[[], subprocess.Popen], url: str, students: int, kills: int, most: float
) -> dict[str, Any]:
    """Students answer without a pause, while their server is killed (SIGKILL) and started again, `kills` times.

    Args:
        start: starts the server, always at `url`.
        url: its address.
        students: how many.
        kills: how often.
        most: seconds that a server lives at most.

    Returns:
        `answers` that were acknowledged; `lost`: of students, those whose last acknowledged answer isn't in the table, or not
        on the wall.
    """
    lesson, step = numbers()
    server, rng = start(), random.Random(SEED)
    streams: list[asyncio.Task] = []
    try:
        await answering(url)
        teacher = await opened(url, lesson)
        wall, kept, count = Wall(teacher), {}, 0
        streams.append(asyncio.create_task(wall.listen()))
        going = True

        async def student() -> None:
            nonlocal count
            seat = Seat(url, teacher.code)
            number = (await seat.surely("POST", f"/{seat.code}/students", {}))["number"]
            value = 0
            while going:
                value += 1
                await seat.surely("POST", f"/{seat.code}/answers", {"step": step, "value": value})
                kept[number], count = value, count + 1
                await asyncio.sleep(rng.uniform(1, 2))  # the server takes one a second from each

        people = [asyncio.create_task(student()) for _ in range(students)]
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(0.5, most))
            server.kill()
            server.wait()
            server = start()
            await answering(url)
        going = False
        await asyncio.gather(*people)
        text = await teacher.surely("GET", f"/{teacher.code}/answers.csv")
        table = {int(row["student"]): row["answer"] for row in csv.DictReader(text.splitlines())}
        for _ in range(100):
            if all(wall.values.get((number, step)) == value for number, value in kept.items()):
                break
            await asyncio.sleep(0.1)
        await teacher.surely("DELETE", f"/{teacher.code}")
        return {
            "kills": kills, "students": students, "answers": count,
            "lost": sum(table.get(number) != str(value) for number, value in kept.items()),
            "off_the_wall": sum(wall.values.get((number, step)) != value for number, value in kept.items()),
        }  # fmt: skip
    finally:
        for task in streams:
            task.cancel()
        server.kill()
        server.wait()


def measure(url: str, pid: int, seconds: float) -> dict[str, Any]:
    """A class of 100 at a running server, and one whose server is killed 20 times; where `seconds` are few a sixth of the
    time, and 3 times."""
    quick = seconds < 10
    load_ = asyncio.run(load(url, pid, STUDENTS, JOINING / 6 if quick else JOINING, 4))
    with tempfile.TemporaryDirectory() as cache:
        port = free()

        def start() -> subprocess.Popen:
            return subprocess.Popen(
                [sys.executable, "app.py", "--port", str(port)], cwd=ROOT, env=environment({"EXPLORER_CACHE": cache}),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

        kill = asyncio.run(killed(start, f"http://127.0.0.1:{port}", STUDENTS // 5, 3 if quick else KILLS, 5.0))
    return {"load": load_, "kill": kill}
