"""What a request of a class brings: who asks, and what of it is taken."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, JsonValue

from explorer.box.cards import available
from explorer.core.checked import checked
from explorer.core.schema import ExplorerError, Frozen
from explorer.museum.lessons.lesson import MOST, Lesson
from explorer.page.classes import answers, codes
from explorer.page.classes.codes import Refused
from explorer.page.classes.desk import Room
from explorer.page.serving.lessons import shelf
from explorer.page.serving.safety import read_only

VARIABLE = "EXPLORER_CLASS"
OWN = "own:"  # before the name of a lesson whose text the class keeps
MAX_BODY = 16_384
MAX_LESSON = 8 * MOST  # of a request with a lesson in it, whose text JSON may escape


def allowed() -> bool:
    """May classes be held on this server?"""
    return os.environ.get(VARIABLE, "1") != "0" and not read_only()


def permitted() -> None:
    """Raises `Refused` where classes are switched off."""
    if not allowed():
        raise Refused("Classes are switched off on this server.", 403)


class Opening(Frozen):
    """What opens a class: the name of a lesson that is here, or a lesson's file with its text."""

    lesson: str = Field(max_length=200)
    text: str | None = None


class Joining(Frozen):
    """What a student says of themselves."""

    name: str = Field(default="", max_length=200)


class Answering(Frozen):
    """An answer; `step` counts from 0."""

    step: int = Field(ge=0, lt=100)
    value: JsonValue


class Spotlight(Frozen):
    """What of a step is shown to all: one student's answer, or all of them; `named`: with the name."""

    step: int = Field(ge=0, lt=100)
    number: int | None = Field(default=None, ge=1)
    named: bool = False


class Change(Frozen):
    """What a teacher changes; what is left out stays."""

    step: int | None = Field(default=None, ge=0, le=100)
    scene: str | None = Field(default=None, max_length=answers.MAX_RECIPE)
    frozen: bool | None = None
    spotlight: Spotlight | None = None


def lesson_that_opens(name: str, text: str | None) -> Lesson:
    """A lesson whose models are all here, by its name or read from the text of a file.

    Raises:
        Refused: it isn't.
    """
    if text is not None:
        return _given(name, text)
    found = shelf(available()).get(name)
    if found is None:
        raise Refused("This server has no such lesson, or not all of its models.", 422)
    return found


async def lesson_of(request: Request, room: Room) -> Lesson:
    """The lesson of a class, read once: a file of this server, or the text that the class was opened with.

    Raises:
        Refused: it is no longer here.
    """
    name = room.row["lesson"]
    if not name.startswith(OWN):
        return await run_in_threadpool(_named, name)
    return await run_in_threadpool(_given, name.removeprefix(OWN), await request.app.state.desk.text(room))


def _named(name: str) -> Lesson:
    from explorer.museum.lessons.shelf import paths  # reads Markdown: imported when somebody asks

    try:
        path = paths()[name]
        return _read(path, path.stat().st_mtime_ns)
    except (KeyError, OSError, ExplorerError):
        raise Refused("The lesson of this class isn't on this server any more.", 422) from None


@lru_cache(maxsize=32)
def _read(path: FilePath, _: int) -> Lesson:
    from explorer.museum.lessons.read import read

    return read(path)


@lru_cache(maxsize=32)
def _given(name: str, text: str) -> Lesson:
    from explorer.museum.lessons.shelf import brought

    try:
        return brought(name, text)
    except ExplorerError as error:
        raise Refused(str(error), 422) from None


async def body(request: Request, kind: Any, most: int = MAX_BODY) -> Any:
    """What was sent, checked; `most`: bytes.

    Raises:
        ExplorerError: too large, or not of this kind.
    """
    raw = await request.body()
    if len(raw) > most:
        raise Refused("That is more than a class takes at once.", 422)
    try:
        given = await request.json()
    except (ValueError, RecursionError):
        raise Refused("This request isn't JSON.", 422) from None
    try:
        return checked(kind, given, "request", "lessons")
    except ExplorerError as error:
        raise Refused(str(error), 422) from None


def bearer(authorization: Annotated[str, Header()] = "") -> str:
    """The secret of who asks; empty where they brought none that could be one."""
    secret = authorization.removeprefix("Bearer ")
    return secret if codes.SECRET.fullmatch(secret) else ""


Secret = Annotated[str, Depends(bearer)]


async def entered(request: Request, code: Annotated[str, Path(max_length=64)], secret: Secret) -> Room:
    """The class that a request names, as who asks may enter it."""
    permitted()
    return await request.app.state.desk.room(code, secret, request.scope)


Anyone = Annotated[Room, Depends(entered)]


def as_student(room: Anyone) -> Room:
    """Only who has joined."""
    if room.number is None:
        raise Refused("Join the class first.", 403)
    return room


def as_teacher(room: Anyone) -> Room:
    """Only who opened it."""
    if not room.teacher:
        raise Refused("Only the browser that opened the class may do this.", 403)
    return room


def as_listener(request: Request, room: Anyone) -> Room:
    """Either, in no more pages than one may have."""
    if not room.teacher:
        as_student(room)
    request.app.state.desk.may_listen(room)
    return room


Student, Teacher = Annotated[Room, Depends(as_student)], Annotated[Room, Depends(as_teacher)]
Listener = Annotated[Room, Depends(as_listener)]
