"""What the page fetches beside Gradio: its own scripts and styles, the points of a map, attribute codes, thumbnails.

Every answer is named by the hash of its content, so a browser keeps it for good; all of it comes from this host.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from explorer.registry import discover
from explorer.schema import ExplorerError, Value
from explorer.serving import points
from explorer.serving.export import export
from explorer.session import open_session
from explorer.views.room import document

ROOT = Path(__file__).resolve().parents[2]
PACKED = {".js", ".css", ".json", ".svg"}
MAX_BODY = 24 << 20
FOREVER = "public, max-age=31536000, immutable"


@lru_cache(maxsize=1)
def assets() -> dict[str, Path]:
    """Name in a URL -> file, for all that the page loads: our own scripts and styles, plotly's bundles, the typeface."""
    own = ROOT / "assets"
    found = {f"{kind}/{p.name}": p for kind in ("css", "js") for p in sorted((own / kind).glob(f"*.{kind}"))}
    packages = ROOT / "node_modules"
    for bundle in ("gl2d", "gl3d"):
        found[f"js/plotly-{bundle}.min.js"] = packages / f"plotly.js-{bundle}-dist-min" / f"plotly-{bundle}.min.js"
    for part in ("latin", "latin-ext"):
        name = f"instrument-sans-{part}-wght-normal.woff2"
        found[f"font/{name}"] = packages / "@fontsource-variable" / "instrument-sans" / "files" / name
    missing = [name for name, path in found.items() if not path.is_file()]
    if missing:
        raise ExplorerError(f"The page's file {missing[0]} is missing; `make app` installs it with npm.")
    return found


@lru_cache(maxsize=1)
def assets_base() -> str:
    """The address under which the assets lie, named by the hash of all of them."""
    digest = hashlib.sha256()
    for name, path in assets().items():
        digest.update(name.encode() + path.read_bytes())
    return f"/explorer/assets/{digest.hexdigest()[:12]}"


@lru_cache(maxsize=64)
def _asset(name: str, packed: bool) -> bytes:
    data = assets()[name].read_bytes()
    return gzip.compress(data, 6) if packed else data


def _binary(data: bytes, media: str, encoding: str | None = None) -> Response:
    """Bytes that never change under their address; gzipped where that pays and the browser takes it."""
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(data, media_type=media, headers=headers)


def routes() -> APIRouter:
    """The routes under /explorer; an unknown name is a 404 with one sentence."""
    router = APIRouter(prefix="/explorer", include_in_schema=False)

    @router.get("/assets/{version}/{kind}/{name}")
    def asset(version: str, kind: str, name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        key = f"{kind}/{name}"
        if key not in assets():
            raise HTTPException(404, "The page has no such file.")
        packed = Path(name).suffix in PACKED and "gzip" in accept_encoding
        media = mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = _binary(_asset(key, packed), media, "gzip" if packed else None)
        if version != assets_base().rsplit("/", 1)[-1]:
            response.headers["Cache-Control"] = "no-cache"
        return response

    @router.get("/export")
    def save(request: Request) -> Response:
        made = export(request.query_params)
        name = {"Content-Disposition": f'attachment; filename="{made.name}"', "X-Content-Type-Options": "nosniff"}
        return Response(made.data, media_type=made.media, headers=name)

    @router.get("/{checkpoint}/points/{name}.bin")
    def map_points(checkpoint: str, name: str) -> Response:
        return _binary(points.coordinates(open_session(checkpoint), name), "application/octet-stream")

    @router.get("/{checkpoint}/attribute/{name}.bin")
    def attribute(checkpoint: str, name: str) -> Response:
        return _binary(points.codes(open_session(checkpoint), name), "application/octet-stream")

    @router.get("/{checkpoint}/backdrop/{name}.webp")
    def backdrop(checkpoint: str, name: str, condition: Annotated[str, Query(max_length=2048)] = "{}") -> Response:
        try:
            asked = TypeAdapter(dict[str, Value]).validate_json(condition)
        except ValidationError:
            raise ExplorerError("The condition of this backdrop isn't readable.", "map") from None
        return _binary(points.backdrop(open_session(checkpoint), name, asked), "image/webp")

    @router.get("/{checkpoint}/thumbs.webp")
    def thumbs(checkpoint: str) -> Response:
        return _binary(points.thumbs(open_session(checkpoint)), "image/webp")

    return router


def room(styles: Sequence[str]) -> APIRouter:
    """The reading room, a page of its own beside the explorer."""
    router = APIRouter(include_in_schema=False)

    @router.get("/reading-room")
    def reading_room() -> HTMLResponse:
        shown = [kind() for kind in discover("exhibits").values()]
        return HTMLResponse(document(shown, base=assets_base(), styles=styles))

    return router


async def sentence(_: Request, error: Exception) -> JSONResponse:
    """An `ExplorerError` on a route -> 404 with its one sentence."""
    return JSONResponse({"error": str(error)}, status_code=404)


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
