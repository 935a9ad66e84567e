"""What the page fetches beside Gradio: its own scripts and styles, the points of a map, attribute codes, thumbnails.

Every answer is named by the hash of its content, so a browser keeps it for good; all of it comes from this host.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import TypeAdapter, ValidationError

from explorer.box.portable.runtime import gpu_files, runtime_files
from explorer.core.disk import made_once
from explorer.core.schema import ExplorerError, Value
from explorer.museum.exhibits.base import listed
from explorer.page.serving.catalogue import catalogue
from explorer.page.serving.turns import Turned
from explorer.page.views.room import document, entries

ROOT = Path(__file__).resolve().parents[3]
# By the file's name. Never from the machine: a registry may say that .js is plain text, which no browser runs as a module.
MEDIA = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
PACKED = {".js", ".css", ".wasm"}
KEPT = 64  # packed files
LARGE = 1 << 20  # bytes; packing more takes so long that it is done once for good
FOREVER = "public, max-age=31536000, immutable"


def runtime_part(name: str) -> str:
    """The name in a URL of a file of the engine's runtime: many hosts have no media type for `.mjs`."""
    return f"js/ort/{name.replace('.mjs', '.js')}"


@lru_cache(maxsize=1)
def assets() -> dict[str, Path]:
    """Name in a URL -> file, for all that the page loads: scripts and styles, plotly, the engine's runtime, the typeface."""
    own = ROOT / "assets"
    found = {
        f"{kind}/{p.relative_to(own / kind).as_posix()}": p
        for kind in ("css", "js")
        for p in sorted((own / kind).rglob(f"*.{kind}"))
    }
    packages = ROOT / "node_modules"
    found |= {runtime_part(name): path for name, path in (runtime_files() | gpu_files()).items()}
    for bundle in ("gl2d", "gl3d", "cartesian"):
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
    """The address under which the assets lie, relative to the page's, named by the hash of all of them."""
    digest = hashlib.sha256((ROOT / "package.json").read_bytes())  # the packages' versions: their files are large
    for name, path in assets().items():
        digest.update(name.encode() + (path.read_bytes() if path.is_relative_to(ROOT / "assets") else b""))
    return f"explorer/assets/{digest.hexdigest()[:12]}"


@lru_cache(maxsize=256)
def _asset(name: str, packed: bool) -> bytes:
    """All of them stay: together they are a few megabytes, and each is asked for again with each visit."""
    data = assets()[name].read_bytes()
    return pack(data) if packed else data


def pack(data: bytes) -> bytes:
    """Gzipped; what is large once for good, under its hash."""
    if len(data) < LARGE:
        return gzip.compress(data, 6)
    name = f"{hashlib.sha256(data).hexdigest()[:24]}.gz"
    return made_once("packed", name, lambda: gzip.compress(data, 6), KEPT)


def _binary(data: bytes, media: str, encoding: str | None = None) -> Response:
    """Bytes that never change under their address; gzipped where that pays and the browser takes it."""
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(data, media_type=media, headers=headers)


def files() -> APIRouter:
    """The page's own files under /explorer/assets."""
    router = APIRouter(prefix="/explorer", include_in_schema=False)

    @router.get("/assets/{version}/{kind}/{name:path}")
    async def asset(version: str, kind: str, name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        # Not handed to another thread: what it takes is a look in a dictionary, and a first visit asks for sixty of them.
        key = f"{kind}/{name}"
        if key not in assets() or version != assets_base().rpartition("/")[2]:
            # Never the file of another version: modules of two would meet in one page.
            raise HTTPException(404, "The page has no such file; it may have been updated: reload it.")
        packed = Path(name).suffix in PACKED and "gzip" in accept_encoding
        return _binary(_asset(key, packed), MEDIA[Path(name).suffix], "gzip" if packed else None)

    return router


def routes() -> APIRouter:
    """The routes under /explorer that read a model; an unknown name is a 404 with one sentence.

    What they import takes seconds, so that it is imported when they are made: behind the first page.
    """
    from explorer.page.serving import manifest, points
    from explorer.page.serving.export import export
    from explorer.play.session import open_session

    router = APIRouter(prefix="/explorer", include_in_schema=False, route_class=Turned)

    @router.get("/export")
    def linked(request: Request) -> Response:
        return saved(request.query_params)

    @router.post("/export")  # the same of a selection or a scene that is too large for an address
    async def posted(request: Request) -> Response:
        try:
            asked = TypeAdapter(dict[str, str]).validate_json(await request.body())
        except ValidationError:
            raise ExplorerError("This asks for no file.", "stage") from None
        return await run_in_threadpool(saved, asked)

    def saved(asked: Mapping[str, str]) -> Response:
        made = export(asked)
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

    @router.get("/{checkpoint}/thumbs.{kind}")
    @router.get("/{checkpoint}/thumbs-{tile}.{kind}")
    def thumbs(checkpoint: str, kind: str, tile: str = "") -> Response:
        name = f"thumbs-{tile}.{kind}" if tile else f"thumbs.{kind}"
        return _binary(points.thumbs(open_session(checkpoint), name), f"image/{kind}")

    @router.get("/{checkpoint}/sheet.bin")
    def sheet(checkpoint: str) -> Response:
        return _binary(points.sheet_rows(open_session(checkpoint)), "application/octet-stream")

    @router.get("/{checkpoint}/engine.json")
    def engine(checkpoint: str) -> Response:
        return JSONResponse(manifest.manifest(open_session(checkpoint)), headers={"Cache-Control": "no-cache"})

    @router.get("/{checkpoint}/model/{name}.onnx")
    def model(checkpoint: str, name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        return _compact(manifest.part(open_session(checkpoint), name), accept_encoding)

    @router.get("/{checkpoint}/weights/{name}.bin")
    def weights(checkpoint: str, name: str) -> Response:
        # As they are: half floats hardly pack, and packing them would take longer than sending them.
        return _binary(manifest.weights(open_session(checkpoint), name), "application/octet-stream")

    @router.get("/{checkpoint}/items/{name}.bin")
    def items(checkpoint: str, name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        return _compact(manifest.tensor(open_session(checkpoint), name), accept_encoding)

    @router.get("/{checkpoint}/prior/{name}.bin")
    def prior(checkpoint: str, name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        return _compact(manifest.tensor(open_session(checkpoint), f"prior.{name}"), accept_encoding)

    return router


def room() -> APIRouter:
    """The reading room, a page of its own beside the explorer."""
    router = APIRouter(include_in_schema=False)

    @router.get("/reading-room")
    def reading_room() -> HTMLResponse:
        return HTMLResponse(document(base=assets_base()))

    @router.get("/explorer/room.json")
    def papers(accept_encoding: Annotated[str, Header()] = "") -> Response:
        covers = {entry["name"]: entry for entry in catalogue()}
        data = json.dumps(entries(listed(), covers), separators=(",", ":"), ensure_ascii=False).encode()
        packed = "gzip" in accept_encoding
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"} | (
            {"Content-Encoding": "gzip"} if packed else {}
        )
        return Response(gzip.compress(data, 6) if packed else data, media_type="application/json", headers=headers)

    return router


def _compact(data: bytes, accepted: str) -> Response:
    packed = "gzip" in accepted
    return _binary(pack(data) if packed else data, "application/octet-stream", "gzip" if packed else None)


async def sentence(_: Request, error: Exception) -> JSONResponse:
    """An `ExplorerError` on a route -> 404, or its own status, with its one sentence, and where the page shows it."""
    told = {"error": str(error), "where": getattr(error, "where", "stage")}
    return JSONResponse(told, status_code=getattr(error, "status", 404))
