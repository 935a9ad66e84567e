"""Many people at one server: what one of them waits for what the others ask. Each row is a ratio within one run.

Plain HTTP without a browser, so that what is measured is the server: each person is a page with a number of its own, and asks for
pictures that were never made. The models are those that the server alone answers for.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from explorer.box.cards import available
from explorer.page.bench import classes
from explorer.page.bench.report import spread
from explorer.page.bench.start import memory

MANY, ALL, FEW, GREEDY = 200, 20, 4, 45
RATE = 15.0  # questions a second in all: about what one hand asks of a server-path model
PAUSE = 0.2  # seconds between two questions of a bystander
HEAVY = 64  # pictures in one batch of a greedy client
KEPT = 3.0  # seconds that a connection rests before it is made anew: the server hangs up after five
FLIGHTS = 2  # requests that a greedy client keeps on the way, as many as the page has


@dataclass
class Client:
    """One page: a connection that is kept, and its number."""

    address: str
    component: int
    visitor: int
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, repr=False)
    used: float = 0.0  # when the connection was

    async def ask(self, model: str, points: Sequence[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        """Pictures of points -> status, and the answer."""
        questions = [{"ask": "picture", "points": list(points)}]
        request = {"do": "ask", "model": model, "questions": questions}
        body = json.dumps({"data": request, "component_id": self.component, "fn_name": "act", "session_hash": "page"})
        host = urlsplit(self.address)
        head = (
            f"POST /gradio_api/component_server/ HTTP/1.1\r\nHost: {host.netloc}\r\nContent-Type: application/json\r\n"
            f"X-Explorer-Visitor: {self.visitor}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if self.streams is None or time.perf_counter() - self.used > KEPT:
            self.close()
            self.streams = await asyncio.open_connection(host.hostname, host.port, limit=1 << 24)
        reader, writer = self.streams
        writer.write((head + body).encode())
        await writer.drain()
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        sizes = [int(line.partition(":")[2]) for line in lines if line.lower().startswith("content-length:")]
        answer = json.loads(await reader.readexactly(sizes[0]))
        self.used = time.perf_counter()
        return int(lines[0].split()[1]), answer

    def close(self) -> None:
        """Hang up."""
        if self.streams:
            self.streams[1].close()


class Crowd:
    """Clients of one server, and recipes that nobody asked for before."""

    def __init__(self, url: str) -> None:
        with urllib.request.urlopen(f"{url}/config", timeout=60) as answer:
            components = json.loads(answer.read())["components"]
        self.url = url
        self.component = next(c["id"] for c in components if c["props"].get("elem_id") == "explorer")
        self.numbers, self.recipes = count(1), count(1)
        self.refused = 0

    def client(self) -> Client:
        """Somebody new."""
        return Client(self.url, self.component, next(self.numbers))

    def recipe(self) -> dict[str, Any]:
        """A draw from the prior, which models of all kinds of latents have, under a seed of its own."""
        return {"start": {"seed": next(self.recipes)}}

    async def timed(self, client: Client, model: str, pictures: int = 1, begun: float | None = None) -> float:
        """Milliseconds until an answer, from when it was due."""
        begun = time.perf_counter() if begun is None else begun
        status, _ = await client.ask(model, [self.recipe() for _ in range(pictures)])
        self.refused += status == 503
        return 1000 * (time.perf_counter() - begun)

    async def at_rate(self, people: int, model: str, seconds: float) -> list[float]:
        """So many people ask in turn, `RATE` times a second in all, whether answers came or not."""
        clients = [self.client() for _ in range(people)]
        lanes = [asyncio.Lock() for _ in clients]
        started = time.perf_counter()

        async def move(k: int) -> float:
            due = started + k / RATE
            await asyncio.sleep(due - time.perf_counter())
            async with lanes[k % people]:  # one request on the way, as the page has it
                return await self.timed(clients[k % people], model, begun=due)

        times = await asyncio.gather(*(move(k) for k in range(int(RATE * seconds))))
        for client in clients:
            client.close()
        return list(times)

    async def closed(self, people: int, models: Sequence[str], seconds: float, pictures: int = 1) -> list[float]:
        """Each asks as soon as it was answered, of its own model."""
        end = time.perf_counter() + seconds

        async def person(number: int) -> list[float]:
            client, times = self.client(), []
            while time.perf_counter() < end:
                times.append(await self.timed(client, models[number % len(models)], pictures))
            client.close()
            return times

        return [t for times in await asyncio.gather(*(person(k) for k in range(people))) for t in times]

    async def bystander(self, model: str, seconds: float) -> list[float]:
        """Somebody who asks for one picture now and then."""
        client, times, end = self.client(), [], time.perf_counter() + seconds
        while time.perf_counter() < end:
            times.append(await self.timed(client, model))
            await asyncio.sleep(PAUSE)
        client.close()
        return times


def on_server() -> list[str]:
    """Names of all models whose decoder doesn't run in a page, the lightest of them first."""
    names = list(available())
    ahead = ("lasers", "shapes", "engines", "fashion-vqgan")
    return sorted(
        names, key=lambda name: next((k for k, start in enumerate(ahead) if name.startswith(start)), len(ahead))
    )


def many(url: str, seconds: float) -> dict[str, Any]:
    """200 people at one model of the server, beside one person who asks as often as all of them."""
    crowd, model = Crowd(url), on_server()[0]

    async def run() -> dict[str, Any]:
        await crowd.timed(crowd.client(), model)
        one = await crowd.at_rate(1, model, seconds)
        all_ = await crowd.at_rate(MANY, model, seconds)
        full = await crowd.closed(MANY, [model], seconds)
        return {
            "model": model, "people": MANY, "rate_s": RATE, "one": spread(one), "many": spread(all_),
            "ratio": spread(all_)["p95"] / spread(one)["p95"], "flat_out": spread(full), "answers_s": len(full) / seconds,
            "refused": crowd.refused,
        }  # fmt: skip

    return asyncio.run(run())


def models(url: str, seconds: float) -> dict[str, Any]:
    """20 people on as many models, beside the same people on four: answers a second, all models open."""
    crowd, names = Crowd(url), list(available())[:ALL]

    async def run() -> dict[str, Any]:
        for name in names:
            await crowd.timed(crowd.client(), name)
        few = await crowd.closed(ALL, names[:: max(1, len(names) // FEW)][:FEW], seconds)
        every = await crowd.closed(ALL, names, seconds)
        return {
            "people": ALL, "models": len(names), "few": FEW, "few_s": len(few) / seconds, "all_s": len(every) / seconds,
            "ratio": len(few) / max(1, len(every)), "times": spread(every), "refused": crowd.refused,
        }  # fmt: skip

    return asyncio.run(run())


def greedy(url: str, seconds: float) -> dict[str, Any]:
    """Somebody beside 45 clients, each with two batches of 64 pictures on the way at any time."""
    crowd, names = Crowd(url), on_server()[:FEW]

    async def run() -> dict[str, Any]:
        for name in names:
            await crowd.timed(crowd.client(), name)
        alone = await crowd.bystander(names[0], seconds / 2)
        others = asyncio.gather(*(crowd.closed(GREEDY, names, seconds, HEAVY) for _ in range(FLIGHTS)))
        await asyncio.sleep(1)  # all of them are there
        beside = await crowd.bystander(names[0], seconds - 1)
        theirs = [t for times in await others for t in times]
        return {
            "clients": GREEDY, "alone": spread(alone), "beside": spread(beside), "greedy": spread(theirs),
            "refused": crowd.refused,
        }  # fmt: skip

    return asyncio.run(run())


def long(url: str, pid: int, rounds: int) -> dict[str, Any]:
    """Megabytes of the server while somebody goes through all models, round after round."""
    crowd, names = Crowd(url), list(available())

    async def run() -> list[int]:
        client, held = crowd.client(), []
        for _ in range(rounds):
            for name in names:
                await crowd.timed(client, name, HEAVY // 4)
            held.append(memory(pid) or 0)
        return held

    held = asyncio.run(run())
    return {"models": len(names), "rounds_mb": held, "ratio": held[-1] / max(1, held[len(held) // 2])}


ROWS: dict[str, Callable[[Any, float], dict[str, Any]]] = {
    "many": lambda app, seconds: many(app.url, seconds),
    "models": lambda app, seconds: models(app.url, seconds),
    "greedy": lambda app, seconds: greedy(app.url, seconds),
    "class": lambda app, seconds: classes.measure(app.url, app.pid, seconds),
    "long": lambda app, seconds: long(app.url, app.pid, 3 if seconds < 10 else 6),
}
