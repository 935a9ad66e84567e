"""What stands around every answer of the app: a bound on what comes in, isolation, and the head of the page."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence

from fastapi.responses import JSONResponse
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Receive, Scope, Send

from explorer.page.serving.safety import CSP, policy, with_nonce

MAX_BODY = 24 << 20
PATIENCE = 30.0  # seconds that a client may leave between two pieces of a body
CONFIG = re.compile(rb"<script>window\.gradio_config = .*?</script>", re.DOTALL)
ROOT = re.compile(rb"const root = \"[^\"]*\";")
HERE = b'<script>window.gradio_config.root = new URL(".", location.href).href.replace(/\\/$/, "");</script>'
ABOUT_GRADIO = re.compile(rb"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>\s*")


class Isolated:
    """ASGI middleware: every answer keeps other sites out of the page's process, so that it may share memory among threads.

    Cross-origin isolation (https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-embedder-policies) costs
    nothing here, since the page loads nothing from another host; without it the engine has one thread. Every answer also
    names the version of the page's files, by which a page that is older knows it.
    """

    HEADERS = ((b"cross-origin-opener-policy", b"same-origin"), (b"cross-origin-embedder-policy", b"require-corp"))

    def __init__(self, app: ASGIApp, version: str) -> None:
        self.app, self.headers = app, (*self.HEADERS, (b"x-explorer-assets", version.encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to the head of its answer."""

        async def headed(message: dict) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self.headers]}
            await send(message)

        await self.app(scope, receive, headed if scope["type"] == "http" else send)


class BoundedBody:
    """ASGI middleware: a request whose body is larger than `limit` bytes, or that stops coming, is given up."""

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

        whole = False

        async def counted() -> dict:
            nonlocal seen, whole
            try:
                message = await (receive() if whole else asyncio.wait_for(receive(), PATIENCE))
            except TimeoutError:
                return {"type": "http.disconnect"}
            seen += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            return {"type": "http.disconnect"} if seen > self.limit else message

        await self.app(scope, counted, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"That is larger than {self.limit >> 20} megabytes, more than this page takes."
        await JSONResponse({"error": text}, status_code=413)(scope, receive, send)


class Headed:
    """ASGI middleware: lines for the head of the page, in the document itself, and the policy of what it may load.

    Gradio's own `head` is put there by Gradio's scripts, once they have run: scripts and styles would begin to load a
    quarter of a second late. What the document says of Gradio to those who preview its link goes. Gradio is told that it
    lives where the page lies: which prefix a proxy took off, the page alone can know.
    """

    def __init__(self, app: ASGIApp, head: str, frames: Sequence[str] = ("*",)) -> None:
        self.app, self.head, self.frames = app, head.encode(), " ".join(frames)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write the head where the answer is the page."""
        if scope["type"] != "http" or scope["method"] != "GET" or get_route_path(scope) != "/":
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
            nonce = secrets.token_urlsafe(16)
            page = with_nonce(self._page(bytes(body)), nonce)
            sent = policy(f"'self' 'unsafe-eval' 'nonce-{nonce}'", self.frames).encode()
            headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            headers += [(b"content-length", str(len(page)).encode()), (CSP, sent)]
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, written)

    def _page(self, page: bytes) -> bytes:
        page = ABOUT_GRADIO.sub(b"", page).replace(b'href="/manifest.json"', b'href="manifest.json"')
        page = ROOT.sub(b"const root = window.gradio_config.root;", page, count=1)
        page = CONFIG.sub(lambda found: found[0] + HERE, page, count=1)
        return page.replace(b"</head>", self.head + b"</head>", 1)
