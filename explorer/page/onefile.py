"""A static site as one HTML file, for a USB stick or a mail: map, model and lesson open from a disk, with the network off.

The files of the site lie packed in the document itself (`serving/packed.py`), and the page takes them from there
(`assets/js/shell/unpack.js`, `assets/js/core/files.js`). Left out is plotly, which is half as large as a small model: the map is
drawn on a canvas.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import Response

from explorer.core.disk import made_once
from explorer.core.refusals import listed
from explorer.core.schema import ExplorerError
from explorer.core.writing import writing
from explorer.museum.lessons.lesson import Lesson
from explorer.museum.lessons.read import read
from explorer.museum.lessons.shelf import paths
from explorer.page import site
from explorer.page.serving import web
from explorer.page.serving.folder import tight
from explorer.page.serving.lessons import compact
from explorer.page.serving.packed import CHARSET, box, text
from explorer.page.serving.turns import Turned
from explorer.page.serving.urls import PREFIX
from explorer.page.views import page
from explorer.play.session import open_session

ROOT = "file:///held/"  # as assets/js/core/files.js has it
SHELL, KEPT = "shell.html", 8  # files that a server made keeps
PLAIN = "#unpacking { padding: 2rem; font: 1rem/1.5 system-ui, sans-serif } #unpacking ~ .workspace { display: none }"
OPENING = "Unpacking the model, which then runs in this browser ..."
START = '<script type="text/plain" id="box">'


def one_file(names: Sequence[str], lesson: str | None = None) -> bytes:
    """The document of these checkpoints, the first of which opens, or of a lesson of theirs.

    Args:
        names: of checkpoints.
        lesson: a name from `python -m explorer lesson list`, or a path to one's own; the file opens on it.

    Raises:
        ExplorerError: see `site.portable`; there is no such lesson, it is bad, or it opens a checkpoint that isn't among these.
    """
    names = site.portable(names)
    taken = _lesson(lesson, names) if lesson else None
    files = dict(_files(names, taken))
    before, between, after = _shell(names, taken)
    files[SHELL] = "\0".join((before, between, after)).encode("ascii")
    digest = hashlib.sha256(b"".join(hashlib.sha256(p.encode() + b"\0" + d).digest() for p, d in files.items()))

    def make() -> bytes:
        data, index = box(files.items())
        told = json.dumps(index, separators=(",", ":"))
        return before.encode() + told.encode() + between.encode() + text(data) + after.encode()

    return made_once("packed", f"{digest.hexdigest()[:24]}.html", make, KEPT)


def _lesson(named: str, names: Sequence[str]) -> Lesson:
    path = paths().get(named) or Path(named)
    if not path.is_file():
        raise ExplorerError(
            f"There is no lesson or file {named[:64]!r}; python -m explorer lesson list names them.", "lessons"
        )
    lesson = read(path)
    if missing := [one for one in lesson.models if one not in names]:
        raise ExplorerError(f"{lesson.title} opens {listed(missing)}: name it for this file, too.", "lessons")
    return lesson


def _files(names: Sequence[str], lesson: Lesson | None) -> Iterator[tuple[str, bytes]]:
    """What a site of them holds, but for what such a page has no use for."""
    yield from site.own_files(f"{ROOT}js/")
    for name, path in web.assets().items():
        if not site.taken(name) or "plotly" in name:
            continue
        data = path.read_bytes()
        yield (f"{name}.lzma", tight(data)) if name.endswith(".wasm") else (name, data)
    for file in site.data_files(names):
        data = file.data
        if lesson and file.path == f"{PREFIX}/lessons.json":
            others = [one for one in json.loads(data) if one["name"] != lesson.name]
            data = compact([lesson.entry(), *others])
        yield file.path, data
    if lesson:
        yield f"{PREFIX}/lessons/{lesson.name}.json", compact(lesson.json_able())
    if lesson and (scene := lesson.steps[0].scene):  # the first pictures stand before the engine has started
        yield f"{PREFIX}/{scene.model}/facts.json", site.facts_json(open_session(scene.model), names, scene)


def _shell(names: Sequence[str], lesson: Lesson | None) -> tuple[str, str, str]:
    """The document in ASCII: what comes before the index of the packed files, between index and files, and after them."""
    assets = web.ROOT / "assets"
    icon = "data:image/svg+xml," + quote((assets / "favicon.svg").read_text(encoding="utf-8"))
    script = (assets / "js" / "shell" / "unpack.js").read_text(encoding="ascii")
    about = site.said(names, **({"lesson": lesson.name} if lesson else {}))
    before = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="{CHARSET}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(site.TITLE)}</title>
<link rel="icon" href="{icon}">
<style>{PLAIN}</style>
{about}
</head>
<body>
<p id="unpacking" role="status">{OPENING}</p>
{page.workspace(room=False)}
<noscript><p>This page runs models in your browser, and needs JavaScript for it.</p></noscript>
<script type="application/json" id="box-index">"""
    between = f"</script>\n{START}"
    after = f"</script>\n<script>\n{script}</script>\n</body>\n</html>\n"
    before, after = (part.encode("ascii", "xmlcharrefreplace").decode() for part in (before, after))
    return before, between, after


def write(names: Sequence[str], file: Path, lesson: str | None = None) -> int:
    """Write the document; one that is there already is written over.

    Returns:
        bytes.

    Raises:
        ExplorerError: what lies there is something else, or can't be written, or see `one_file`.
    """
    if file.is_dir() or (file.is_file() and site.MARK.encode() not in file.read_bytes()[:4096]):
        raise ExplorerError(
            f"{file} is there already, and is no page of the explorer; choose another name.", "checkpoint"
        )
    data = one_file(names, lesson)
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return len(data)


def routes() -> APIRouter:
    """A checkpoint's page as one file, to take along."""
    router = APIRouter(prefix=f"/{PREFIX}", include_in_schema=False, route_class=Turned)

    @router.get("/one-file.html")
    def saved(name: Annotated[list[str], Query(max_length=site.MOST)]) -> Response:
        data = one_file(name)
        attachment = {"Content-Disposition": f'attachment; filename="{name[0]}.html"'}
        return Response(data, media_type=f"text/html; charset={CHARSET}", headers=attachment)

    return router
