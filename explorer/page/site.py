"""A static site: the page with its models as a folder that any file server serves, without Python behind it.

It is the app's own page with the server left out (`assets/js/shell/site.js`): what the page asks is answered by the engine of
`assets/js/engine/`, from what is written here for each checkpoint: facts, points, thumbnails, latents, parts.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, StreamingResponse

from explorer.box.files import sheets
from explorer.box.portable.runtime import gpu_files
from explorer.box.portable.shipped import shipped
from explorer.core.glossary import TERMS
from explorer.core.scene import ItemStart, Scene, pack
from explorer.core.schema import ExplorerError
from explorer.core.writing import writing
from explorer.page.facts import about, facts
from explorer.page.serving import bundle, catalogue, lessons, manifest, points, web
from explorer.page.serving.first import first
from explorer.page.serving.folder import File, tight, zipped
from explorer.page.serving.turns import Turned
from explorer.page.serving.urls import PREFIX, model_urls
from explorer.page.views import page
from explorer.play.session import Session, open_session

TITLE = "Latent Explorer"
SAVES = ("png", "csv", "item")  # kinds of files that the page makes by itself, see assets/js/shell/save.js
MARK = '<script type="application/json" id="site">'
FROM_DISK = (
    "A browser runs this page from a web server alone: put the folder on any file host, or run python -m http.server "
    "in it and open http://localhost:8000."
)
MOST = 24  # checkpoints in one site
LATER = ("map/axes.js", "map/limits.js", "map/pictures.js")  # modules that the first pictures don't need
ENTRY, SHEET, KEEPER = "shell/site.js", "site.css", "shell/keeper.js"


def facts_json(session: Session, names: Sequence[str], shown: Scene | None = None) -> bytes:
    """The facts of a checkpoint as the page of a site fetches them, with the answers to what its opening, or `shown`, asks."""
    told = facts(session, names) | {"about": about(session)}  # a server is asked for it when somebody wants to read it
    scene = session.opening()
    tabs = {tab["id"]: tab["disabled_reason"] for tab in told["model"]["tabs"]}
    if tabs.get(scene.view.tab):  # as the page does, see assets/js/shell/site.js
        rest = next(name for name, reason in tabs.items() if not reason)
        scene = scene.model_copy(update={"view": scene.view.model_copy(update={"tab": rest})})
    told["first"] = first(session, shown or scene)
    return lessons.compact(told)


def files(names: Sequence[str]) -> Iterator[File]:
    """All files of a site of these checkpoints, one after the other; the first one named opens first.

    Raises:
        ExplorerError: no or too many checkpoints, an unknown or a broken one, or one that can't run in a browser.
    """
    names = portable(names)
    own = dict(own_files())
    version = hashlib.sha256(b"".join([web.assets_base().encode(), *own.values()])).hexdigest()[:12]
    base = f"assets/{version}"
    yield File("index.html", _index(names, base).encode(), first=True)
    yield File("favicon.svg", (web.ROOT / "assets" / "favicon.svg").read_bytes())
    keeper = (web.ROOT / "assets" / "js" / KEEPER).read_text(encoding="utf-8")
    yield File("sw.js", f'const VERSION = "{version}";\n{keeper}'.encode())
    for name, data in own.items():
        yield File(f"{base}/{name}", data, first=True)
    for name, path in web.assets().items():
        if not taken(name):
            continue
        if name.endswith(".wasm"):
            yield File(f"{base}/{name}.lzma", tight(path.read_bytes()), first=True)
        else:
            yield File(f"{base}/{name}", path.read_bytes(), first="plotly" not in name and "latin-ext" not in name)
    yield from data_files(names)


def data_files(names: Sequence[str]) -> Iterator[File]:
    """What the page fetches of these checkpoints, by the addresses under which the server has it too."""
    yield File(f"{PREFIX}/glossary.json", json.dumps(TERMS, separators=(",", ":"), ensure_ascii=False).encode())
    yield File(f"{PREFIX}/models.json", json.dumps(catalogue.catalogue(names), separators=(",", ":")).encode())
    for path, data in lessons.files(names):
        yield File(f"{PREFIX}/{path}", data)
    for k, name in enumerate(names):
        yield from _checkpoint(open_session(name), names, opens=k == 0)


def portable(names: Sequence[str]) -> list[str]:
    """These checkpoints, each once.

    Raises:
        ExplorerError: no or too many, an unknown or a broken one, or one that can't run in a browser.
    """
    names = list(dict.fromkeys(names))
    if not 1 <= len(names) <= MOST:
        raise ExplorerError(f"A site holds 1 to {MOST} checkpoints, not {len(names)}.", "checkpoint")
    for session in [open_session(name) for name in names]:
        known = shipped(session.checkpoint)
        if "decoder" not in known.parts:
            raise ExplorerError(
                f"{session.card.title} can't run in a browser, so no site can hold it. {known.reasons['decoder']}",
                "checkpoint",
            )
    return names


def own_files(at: str | None = None) -> Iterator[tuple[str, bytes]]:
    """The page's own scripts and styles: what opens, and what runs in its worker, each as one file; `at`: see `bundle`."""
    root = web.ROOT / "assets"
    without, apart = ("shell/class-entry.js",), () if at else LATER  # what lies in one file needn't be apart
    yield f"js/{ENTRY}", bundle.bundle(root / "js", ENTRY, without, at, apart).encode()
    yield "js/engine/worker.js", bundle.bundle(root / "js", "engine/worker.js", without, at).encode()
    for name in apart:
        yield f"js/{name}", bundle.part(root / "js", name, ENTRY, without, apart).encode()
    sheets = [
        name for name in page.STYLES if name != "class.css"
    ]  # no site has classes, see assets/js/shell/lessons.js
    yield f"css/{SHEET}", bundle.styles(root / "css", sheets).encode()


def taken(name: str) -> bool:
    """Is this a file of others that a site takes along? Not what only a graphics card runs: 25 MB for few models."""
    return name.startswith(("font/", "js/plotly-gl", "js/ort/")) and name not in map(web.runtime_part, gpu_files())


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


def _index(names: Sequence[str], base: str) -> str:
    """The page that a browser opens: the app's own workspace, with the scripts that answer it."""
    data = "\n".join(f'<link rel="preload" as="fetch" crossorigin href="{url}">' for url in _opening(names[0]))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(TITLE)}</title>
<link rel="icon" href="favicon.svg" type="image/svg+xml">
{page.head(base, [ENTRY], [SHEET])}
{data}
{said(names)}
</head>
<body>
{page.workspace(room=False)}
<script>
if (location.protocol === "file:") {{ // from where a browser loads no modules
  const said = document.getElementById("unstarted");
  said.textContent = "{FROM_DISK}";
  said.dataset.now = "";
}}
</script>
<script type="module" src="{base}/js/{ENTRY}"></script>
<noscript><p>This page runs models in your browser, and needs JavaScript for it.</p></noscript>
</body>
</html>
"""


def said(names: Sequence[str], **more: str) -> str:
    """What the page's scripts are told of the site: its checkpoints, what can be saved, and `more`."""
    about = json.dumps({"checkpoints": list(names), "files": SAVES, **more}).replace("<", "\\u003c")
    return f"{MARK}{about}</script>"


def _opening(name: str) -> list[str]:
    """What the first checkpoint's opening is drawn from: the page begins to fetch it beside its scripts."""
    session = open_session(name)
    urls, view = model_urls(session.checkpoint), session.opening().view
    colour = view.colour or session.card.conditions.attributes[0].name
    known = [urls["points"][session.map(view.map).name], urls["attributes"].get(colour)]
    return [f"{PREFIX}/{name}/facts.json", *(url for url in known if url)]


def write(names: Sequence[str], folder: Path) -> list[File]:
    """Write a site into a folder, which is made; one that holds a site already is written over.

    Raises:
        ExplorerError: the folder holds something else, can't be written, or see `files`.
    """
    index = folder / "index.html"
    if folder.is_file():
        raise ExplorerError(f"{folder} is a file; a site is a folder, and --one-file writes a file.", "checkpoint")
    if (
        folder.exists()
        and any(folder.iterdir())
        and not (index.is_file() and MARK in index.read_text(encoding="utf-8"))
    ):
        raise ExplorerError(f"The folder {folder} holds other files; name one that is empty or new.", "checkpoint")
    written = []
    for file in files(names):
        path = folder / file.path
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        written.append(file)
    return written


def routes() -> APIRouter:
    """The facts of a checkpoint, and the page as a site to take along."""
    router = APIRouter(prefix=f"/{PREFIX}", include_in_schema=False, route_class=Turned)

    @router.get("/{checkpoint}/facts.json")
    def known(checkpoint: str) -> JSONResponse:
        session = open_session(checkpoint)
        return JSONResponse(facts(session) | {"about": about(session)}, headers={"Cache-Control": "no-cache"})

    @router.get("/site.zip")
    def site(name: Annotated[list[str], Query(max_length=MOST)]) -> StreamingResponse:
        made = files(name)
        first = next(made)  # what is wrong with the request is told before anything is sent
        attachment = {"Content-Disposition": f'attachment; filename="{name[0]}-site.zip"'}
        return StreamingResponse(zipped(chain([first], made)), media_type="application/zip", headers=attachment)

    return router
