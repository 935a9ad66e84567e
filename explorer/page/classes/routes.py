"""The routes of a class, below `/class`. Who asks says so by a secret of their own in `Authorization: Bearer`.

| route | who | what |
| --- | --- | --- |
| `POST /class` | anybody | open one: `{lesson}`, a name, or `{lesson, text}`, a file -> `{code, secret, ends}` |
| `POST /class/CODE/students` | a student | join, or change one's name: `{name}` -> `{number, lesson, ends}` |
| `GET /class/CODE/lesson` | both | the lesson, as `explorer/lessons/NAME.json` gives one |
| `POST /class/CODE/answers` | a student | `{step, value}`, see `answers.fitting` |
| `GET /class/CODE/stream` | both | server-sent events `state`, `student`, `answer`, `gone`; goes on after `Last-Event-ID` |
| `PATCH /class/CODE` | the teacher | any of `{step, scene, frozen, spotlight}` |
| `DELETE /class/CODE` | the teacher | delete all of it |
| `GET /class/CODE/answers.csv`, `GET /class/CODE/qr.svg?address=` | the teacher | files |
"""

from __future__ import annotations

import io
import secrets
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from explorer.page.classes import answers, codes
from explorer.page.classes.asked import (
    MAX_LESSON,
    OWN,
    Answering,
    Anyone,
    Change,
    Joining,
    Listener,
    Opening,
    Secret,
    Student,
    Teacher,
    as_student,
    body,
    lesson_of,
    lesson_that_opens,
    permitted,
)  # fmt: skip
from explorer.page.classes.codes import Refused

QUIET = 20.0  # seconds after which a stream looks by itself
MAX_ADDRESS = 300
PATH = "/class"


def routes() -> APIRouter:
    """All routes; the app's `state.desk` is where the classes are kept."""
    router = APIRouter(include_in_schema=False)
    router.include_router(_entering(), prefix=PATH)
    router.include_router(_teaching(), prefix=PATH)
    return router


def _entering() -> APIRouter:
    """What opens a class, and what students do in it."""
    router = APIRouter()

    @router.post("")
    async def open_class(request: Request) -> JSONResponse:
        permitted()
        asked = await body(request, Opening, MAX_LESSON)
        lesson = await run_in_threadpool(lesson_that_opens, asked.lesson, asked.text)
        secret, name = secrets.token_urlsafe(24), lesson.name if asked.text is None else OWN + lesson.name
        row = await request.app.state.desk.open(secret, name, asked.text, request.scope)
        return JSONResponse({"code": row["code"], "secret": secret, "ends": row["ends"]})

    @router.post("/{code}/students")
    async def join(request: Request, room: Anyone, secret: Secret) -> JSONResponse:
        asked = await body(request, Joining)
        number = await request.app.state.desk.join(room, secret, answers.named(asked.name))
        return JSONResponse({"number": number, "lesson": room.row["lesson"], "ends": room.row["ends"]})

    @router.get("/{code}/lesson")
    async def lesson(request: Request, room: Anyone) -> JSONResponse:
        if not room.teacher:
            as_student(room)
        return JSONResponse((await lesson_of(request, room)).json_able())

    @router.post("/{code}/answers")
    async def answer(request: Request, room: Student) -> JSONResponse:
        asked = await body(request, Answering)
        lesson = await lesson_of(request, room)
        if asked.step >= len(lesson.steps):
            raise Refused("The lesson has no such step.", 422)
        value = answers.fitting(lesson.steps[asked.step], asked.value, lesson)
        return JSONResponse({"seq": await request.app.state.desk.answer(room, asked.step, value)})

    @router.get("/{code}/stream", response_class=EventSourceResponse)
    async def stream(
        request: Request, room: Listener, last_event_id: Annotated[int, Header()] = -1
    ) -> AsyncIterator[ServerSentEvent]:
        desk, last = request.app.state.desk, last_event_id
        with desk.listening(room) as waiting:
            while (news := await desk.since(room, last)) is not None:
                for one in news:
                    last = one.seq
                    yield ServerSentEvent(event=one.kind, data=one.data, id=str(one.seq))
                await waiting.news(QUIET)
            yield ServerSentEvent(event="gone", data={})

    return router


def _teaching() -> APIRouter:
    """What the teacher alone may do."""
    router = APIRouter()

    @router.patch("/{code}")
    async def change(request: Request, room: Teacher) -> JSONResponse:
        asked = await body(request, Change)
        given = {name: getattr(asked, name) for name in asked.model_fields_set}
        if given.get("scene"):
            answers.recipe(given["scene"], await lesson_of(request, room))
        if any(given.get(name, 0) is None for name in ("step", "frozen")):
            raise Refused("A step and whether answers are stopped can't be left empty.", 422)
        if asked.spotlight:
            given["spotlight"] = await request.app.state.desk.seen(room, **asked.spotlight.model_dump())
        if given:
            await request.app.state.desk.change(room, given)
        return JSONResponse({})

    @router.delete("/{code}")
    async def end(request: Request, room: Teacher) -> JSONResponse:
        await request.app.state.desk.remove(room)
        return JSONResponse({})

    @router.get("/{code}/answers.csv")
    async def table(request: Request, room: Teacher) -> Response:
        code, rows = room.row["code"], await request.app.state.desk.answers(room)
        lesson = await lesson_of(request, room)
        name = f'attachment; filename="class-{codes.written(code)}.csv"'
        headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
        return Response(answers.table(code, lesson, rows), media_type="text/csv", headers=headers)

    @router.get("/{code}/qr.svg")
    async def qr(room: Teacher, address: Annotated[str, Query(max_length=MAX_ADDRESS)]) -> Response:
        import segno

        if not address.startswith(("http://", "https://")):
            raise Refused("Only the address of a page becomes a QR code.", 422)
        out = io.BytesIO()
        segno.make(address, micro=False).save(out, kind="svg", scale=4, border=4, light="#fff")
        return Response(out.getvalue(), media_type="image/svg+xml")

    return router
