"""A server of classes alone, and who is in one, for tests that talk to it."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from explorer.core.schema import ExplorerError
from explorer.page.classes import routes
from explorer.page.classes.desk import Desk
from explorer.page.classes.store import Store
from explorer.page.serving import web

CLIENT = httpx.Client(timeout=30)  # one for all: to make one takes longer than a request
LESSON = "what-a-latent-space-is"


def app_of(where: str, desk: Desk | None = None) -> FastAPI:
    """The routes of classes on a database."""
    app = FastAPI()
    app.state.desk = desk or Desk(lambda: Store(where))
    app.add_exception_handler(ExplorerError, web.sentence)
    app.include_router(routes.routes())
    return app


@dataclass
class Person:
    """Somebody in a class, by a secret of their own."""

    url: str
    code: str
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def send(self, method: str, path: str = "", body: Any = None, **more: Any) -> httpx.Response:
        """A request below the class."""
        address = f"{self.url}/class/{self.code}{path}"
        headers = {"Authorization": f"Bearer {self.secret}"}
        return CLIENT.request(method, address, json=body, headers=headers, **more)

    def join(self, name: str = "") -> int:
        """Join -> one's number."""
        return self.send("POST", "/students", {"name": name}).raise_for_status().json()["number"]

    def answer(self, step: int, value: Any) -> httpx.Response:
        """Answer a step."""
        return self.send("POST", "/answers", {"step": step, "value": value})

    @contextmanager
    def news(self, last: int | None = None) -> Iterator[Iterator[tuple[str, int, Any]]]:
        """Events of the stream: kind, number, data."""
        headers = {"Authorization": f"Bearer {self.secret}"} | ({} if last is None else {"Last-Event-ID": str(last)})
        with CLIENT.stream("GET", f"{self.url}/class/{self.code}/stream", headers=headers) as answer:
            answer.raise_for_status()
            yield events(answer.iter_lines())


def events(lines: Iterator[str]) -> Iterator[tuple[str, int, Any]]:
    """Server-sent events, comments left out."""
    found: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            found[name] = value.removeprefix(" ")
        elif found:
            yield found["event"], int(found.get("id", -1)), json.loads(found["data"])
            found = {}


def opened(url: str, lesson: str = LESSON) -> Person:
    """A new class -> its teacher."""
    made = CLIENT.post(f"{url}/class", json={"lesson": lesson}).raise_for_status().json()
    return Person(url, made["code"], made["secret"])


if __name__ == "__main__":
    database, port = sys.argv[1:]
    uvicorn.run(app_of(database), port=int(port), log_level="error")
