"""What stands around every answer of the app: a bound on what comes in, isolation, and the head of the page."""

from __future__ import annotations

import re

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_BODY = 24 << 20
ABOUT_GRADIO = re.compile(rb"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>\s*")


class Isolated:
    """ASGI middleware: every answer keeps other sites out of the page's process, so that it may share memory among threads.

    Cross-origin isolation (https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-embedder-policies) costs
    nothing here, since the page loads nothing from another host; without it the engine has one thread.
    """

    HEADERS = ((b"cross-origin-opener-policy", b"same-origin"), (b"cross-origin-embedder-policy", b"require-corp"))

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to the head of its answer."""

        async def headed(message: dict) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self.HEADERS]}
            await send(message)

        await self.app(scope, receive, headed if scope["type"] == "http" else send)


class BoundedBody:
    """ASGI middleware: a request whose body is larger than `limit` bytes is refused before anything reads it whole."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting the bytes of its body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.limit:
            await self._refuse(scope, receive, send)
            return
        seen = 0

        async def counted() -> dict:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if seen > self.limit else message

        await self.app(scope, counted, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"That is larger than {self.limit >> 20} megabytes, more than this page takes."
        await JSONResponse({"error": text}, status_code=413)(scope, receive, send)


class Headed:
    """ASGI middleware: lines for the head of the page, in the document itself.

    Gradio's own `head` is put there by Gradio's scripts, once they have run: scripts and styles would begin to load a
    quarter of a second late. What the document says of Gradio to those who preview its link goes.
    """

    def __init__(self, app: ASGIApp, head: str) -> None:
        self.app, self.head = app, head.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write the head where the answer is the page."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        start: dict = {}
        body = bytearray()

        async def written(message: dict) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = ABOUT_GRADIO.sub(b"", bytes(body)).replace(b"</head>", self.head + b"</head>", 1)
            headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*headers, (b"content-length", str(len(page)).encode())]})
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, written)
