"""The app below any path of another server, whether that one takes its prefix off or not, and whether it says so or not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# What the app answers, from its own root. So exact that no part of a prefix is taken for it: a prefix may end in "explorer".
OWN = re.compile(
    r"/(explorer/(assets/[0-9a-f]{12}/|export$|site\.zip$|models\.json$|glossary\.json$|room\.json$|[a-z0-9][a-z0-9_-]*/"
    r"(points|attribute|backdrop|model|weights|items|prior)/|[a-z0-9][a-z0-9_-]*/(thumbs(-\d+)?\.(webp|avif)|sheet\.bin|cover\.webp|engine\.json|facts\.json)$)"
    r"|(gradio_api|assets|static|svelte|monitoring|pwa_icon|login|logout)(/|$)|reading-room|config/?$|theme\.css$|favicon\.ico$"
    r"|class(/[0-9A-Za-z-]{1,16}(/(students|answers|stream|answers\.csv|qr\.svg))?)?$"
    r"|play/[a-z0-9][a-z0-9_-]*(/run)?$|bring(/[^/]+\.[A-Za-z0-9]+)?$"
    r"|manifest\.json$|robots\.txt$|$)"
)
PREFIX = re.compile(r"(/[\w.~@%+-]+)+/?")
TOLD = (b"x-forwarded-prefix", b"x-forwarded-context", b"x-proxycontextpath")


def split(path: str) -> tuple[str, str] | None:
    """A path as asked for -> the prefix of another server before it, and what the app itself answers; None: nothing of ours.

    `/lab/explorer/gradio_api/info` -> (`/lab/explorer`, `/gradio_api/info`). A path that ends in a slash is the page.
    """
    cuts = [k for k, letter in enumerate(path) if letter == "/"]
    for cut in cuts:
        if OWN.match(path, cut):
            return path[:cut], path[cut:]
    return None


class AnyPrefix:
    """ASGI middleware: finds out below which prefix the app was asked, and passes the request on as ASGI's `root_path` has it.

    Three ways in: the server's own `root_path`; a prefix that the proxy left in the path; one that it took off and names in a
    header (`X-Forwarded-Prefix` and the like). Where it took the prefix off and says nothing, all that the page asks for is
    relative to the page, so that it needs none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its prefix in `root_path`."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path, root = scope["path"], scope.get("root_path", "").rstrip("/")
        if root and (path == root or path.startswith(f"{root}/")):
            path = path[len(root) :] or "/"
        found = split(path)
        if found is None:
            page = scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _wants_page(scope)
            if (
                page and "." not in path.rpartition("/")[2]
            ):  # below it, everything would be asked for one level too high
                await RedirectResponse(f"./{quote(path.rpartition('/')[2])}/")(scope, receive, send)
                return
            found = "", path
        before, own = found
        prefix = before or root or _told(scope["headers"])
        scope = {**scope, "root_path": prefix, "path": prefix + own, "raw_path": quote(prefix + own).encode()}
        await self.app(scope, receive, send)


def _wants_page(scope: Scope) -> bool:
    return b"text/html" in dict(scope["headers"]).get(b"accept", b"")


def _told(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The prefix that a proxy names in a header, where it is a plain path."""
    for name, value in headers:
        if name in TOLD:
            text = value.decode("latin-1").split(",")[0].strip()
            if PREFIX.fullmatch(text):
                return text.rstrip("/")
    return ""
