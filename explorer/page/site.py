"""A static site: the page with its models as a folder that any file server serves, without Python behind it.

It is the app's own page with the server left out (`assets/js/shell/site.js`): what the page asks is answered by the engine of
`assets/js/engine/`, from what is written here for each checkpoint: facts, points, thumbnails, latents, parts.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response, StreamingResponse

from explorer.box.files import sheets
from explorer.box.portable.runtime import gpu_files
from explorer.box.portable.shipped import shipped
from explorer.core.glossary import TERMS
from explorer.core.scene import ItemStart, pack
from explorer.core.schema import ExplorerError
from explorer.page.facts import facts
from explorer.page.serving import catalogue, manifest, points, web
from explorer.page.serving.folder import File, tight, zipped
from explorer.page.serving.urls import PREFIX
from explorer.page.views import page
from explorer.play.session import Session, open_session

TITLE = "Latent Explorer"
SAVES = ("png", "csv")  # kinds of files that the page makes by itself, see assets/js/shell/save.js
MARK = '<script type="application/json" id="site">'
MOST = 24  # checkpoints in one site


def facts_json(session: Session, names: Sequence[str] | None = None) -> bytes:
    """The same as the file that the page fetches."""
    return json.dumps(facts(session, names), separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def files(names: Sequence[str]) -> Iterator[File]:
    """All files of a site of these checkpoints, one after the other; the first one named opens first.

    Raises:
        ExplorerError: no or too many checkpoints, an unknown or a broken one, or one that can't run in a browser.
    """
    names = list(dict.fromkeys(names))
    if not 1 <= len(names) <= MOST:
        raise ExplorerError(f"A site holds 1 to {MOST} checkpoints, not {len(names)}.", "checkpoint")
    sessions = [open_session(name) for name in names]
    for session in sessions:
        _portable(session)
    yield File("index.html", _index(names).encode(), first=True)
    yield File("favicon.svg", (web.ROOT / "assets" / "favicon.svg").read_bytes())
    spare = {f"js/ort/{name}" for name in gpu_files()}  # 25 MB more, for the few models that a card makes faster
    for name, path in web.assets().items():
        if name in spare or "room" in name:  # the reading room is measured and played by the app alone
            continue
        if name.endswith(".wasm"):
            yield File(f"assets/{name}.lzma", tight(path.read_bytes()), first=True)
        else:
            yield File(f"assets/{name}", path.read_bytes(), first=_at_once(name))
    yield File(f"{PREFIX}/glossary.json", json.dumps(TERMS, separators=(",", ":"), ensure_ascii=False).encode())
    yield File(f"{PREFIX}/models.json", json.dumps(catalogue.catalogue(names), separators=(",", ":")).encode())
    for k, name in enumerate(names):
        yield from _checkpoint(open_session(name), names, opens=k == 0)


def _portable(session: Session) -> None:
    known = shipped(session.checkpoint)
    if "decoder" not in known.parts:
        raise ExplorerError(
            f"{session.card.title} can't run in a browser, so no site can hold it. {known.reasons['decoder']}",
            "checkpoint",
        )


def _at_once(name: str) -> bool:
    """Is this file of the page asked for at its start?"""
    return not (name.endswith(("plotly-gl3d.min.js", "plotly-cartesian.min.js")) or "latin-ext" in name)


def _checkpoint(session: Session, names: Sequence[str], opens: bool) -> Iterator[File]:
    """What the page fetches of one checkpoint, under the names by which the server has it too."""
    card, root = session.card, f"{PREFIX}/{session.card.name}"
    first = session.map(session.opening().view.map)
    colour = session.opening().view.colour or card.conditions.attributes[0].name
    yield File(f"{root}/facts.json", facts_json(session, names), first=opens)
    for spec in card.maps:
        yield File(
            f"{root}/points/{spec.name}.bin", points.coordinates(session, spec.name), first=opens and spec is first
        )
    for attribute in card.conditions.attributes:
        data = points.codes(session, attribute.name)
        yield File(f"{root}/attribute/{attribute.name}.bin", data, first=opens and attribute.name == colour)
    for name in sheets(card):
        yield File(f"{root}/{name}", points.thumbs(session, name))
    if card.sheet:
        yield File(f"{root}/sheet.bin", points.sheet_rows(session))
    yield File(f"{root}/cover.webp", catalogue.cover(card.name), first=opens)
    opening = session.opening().point.start
    rows = {opening.item: pack(session.checkpoint.items.z[opening.item])} if isinstance(opening, ItemStart) else {}
    needs = manifest.manifest(session) | {"gz": True, "rows": rows}
    yield File(f"{root}/engine.json", json.dumps(needs, separators=(",", ":")).encode(), first=opens)
    for name, part in needs["parts"].items():
        yield _packed(f"{root}/{part['file']}", manifest.part(session, name), opens and name == "decoder")
    for name, weights in needs["weights"].items():
        yield _packed(
            f"{root}/{weights['file']}", manifest.weights(session, name), opens and "decoder" in name.split(".")
        )
    for name, tensor in needs["tensors"].items():
        yield _packed(f"{root}/{tensor['file']}", manifest.tensor(session, name), opens and name == "codes")


def _packed(url: str, data: bytes, first: bool) -> File:
    return File(f"{url.partition('?')[0]}.gz", web.pack(data), first)


def _index(names: Sequence[str]) -> str:
    """The page that a browser opens: the app's own workspace, with the scripts that answer it."""
    scripts = [name.removeprefix("js/") for name in web.assets() if name.startswith("js/") and _early(name)]
    about = json.dumps({"checkpoints": list(names), "files": SAVES}).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(TITLE)}</title>
<link rel="icon" href="favicon.svg" type="image/svg+xml">
{page.head("assets", scripts)}
{MARK}{about}</script>
</head>
<body>
{page.workspace(room=False)}
<script type="module" src="assets/js/shell/site.js"></script>
<noscript><p>This page runs models in your browser, and needs JavaScript for it.</p></noscript>
</body>
</html>
"""


def _early(name: str) -> bool:
    """Is this one of the page's own modules, which are asked for together rather than one after the other?"""
    return not any(part in name for part in ("plotly", "js/ort/", "js/engine/worker", "js/room"))


def write(names: Sequence[str], folder: Path) -> list[File]:
    """Write a site into a folder, which is made; one that holds a site already is written over.

    Raises:
        ExplorerError: the folder holds something else, can't be written, or see `files`.
    """
    index = folder / "index.html"
    if (
        folder.exists()
        and any(folder.iterdir())
        and not (index.is_file() and MARK in index.read_text(encoding="utf-8"))
    ):
        raise ExplorerError(f"The folder {folder} holds other files; name one that is empty or new.", "checkpoint")
    written = []
    for file in files(names):
        path = folder / file.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        except OSError as error:
            raise ExplorerError(f"{path} can't be written: {(error.strerror or str(error)).lower()}.") from None
        written.append(file)
    return written


def routes() -> APIRouter:
    """The facts by which the page answers for itself, and the page as a site to take along."""
    router = APIRouter(prefix=f"/{PREFIX}", include_in_schema=False)

    @router.get("/{checkpoint}/facts.json")
    def known(checkpoint: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
        packed = "gzip" in accept_encoding
        data = facts_json(open_session(checkpoint))
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"} | (
            {"Content-Encoding": "gzip"} if packed else {}
        )
        return Response(web.pack(data) if packed else data, media_type="application/json", headers=headers)

    @router.get("/site.zip")
    def site(name: Annotated[list[str], Query(max_length=MOST)]) -> StreamingResponse:
        made = files(name)
        first = next(made)  # what is wrong with the request is told before anything is sent
        attachment = {"Content-Disposition": f'attachment; filename="{name[0]}-site.zip"'}
        return StreamingResponse(zipped(chain([first], made)), media_type="application/zip", headers=attachment)

    return router
