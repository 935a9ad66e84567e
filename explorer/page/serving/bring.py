"""Bring your data: a file is uploaded, what was understood is shown line by line, and its map is a link.

It is what `python -m explorer open FILE` does, in a process of its own, so that nobody's pictures wait for it. Only where
`EXPLORER_OWN_DATA` is 1, as `app.py` sets it where the app listens on this machine alone: what is made can be opened by
everybody who reaches the page.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from explorer.box.cards import default_root
from explorer.core import link
from explorer.core.scene import Scene
from explorer.page.serving.around import MAX_BODY
from explorer.page.serving.web import ROOT, assets_base
from explorer.page.views import bring as view

SUFFIXES = (".zip", ".csv", ".tsv", ".jsonl", ".parquet", ".xlsx", ".npz", ".npy", ".h5ad")
ALLOWED = "EXPLORER_OWN_DATA"
PREFIX = "own-"
MOST = 20  # sets that are kept at once
SECONDS = 900
EXPLORABLE = "Explorable after"


def allowed() -> bool:
    """May data be brought to this app?"""
    return os.environ.get(ALLOWED) == "1"


def routes() -> APIRouter:
    """`GET /bring` is the page, `POST /bring/NAME` takes a file of that name and answers line by line, in JSON."""
    router = APIRouter(prefix="/bring", include_in_schema=False)
    one = asyncio.Lock()

    @router.get("")
    def page() -> HTMLResponse:
        _permitted()
        return HTMLResponse(view.document(SUFFIXES, MAX_BODY >> 20, base=assets_base()))

    @router.post("/{name}")
    async def make(name: str, request: Request) -> StreamingResponse:
        _permitted()
        raw = await request.body()
        return StreamingResponse(_lines(name, raw, one), media_type="application/x-ndjson", headers=FRESH)

    return router


FRESH = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def _permitted() -> None:
    if not allowed():
        raise HTTPException(404, "Data can't be brought to this app.")


def refusal(name: str, raw: bytes, root: Path) -> str:
    """Why a file isn't taken, in one sentence; nothing where it is."""
    if Path(name).suffix.lower() not in SUFFIXES:
        return f"{name[:60]} can't be opened here; a file that ends in {', '.join(SUFFIXES)} can. Zip a folder first."
    if not raw:
        return f"{name[:60]} is empty."
    if len(list(root.glob(f"{PREFIX}*/card.json"))) >= MOST:
        return f"{MOST} sets are here already; delete a folder {PREFIX}... in {root.name} first."
    return ""


def folder_of(name: str, raw: bytes, root: Path) -> Path:
    """Where the checkpoint of a file lies: the same for the same file."""
    plain = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")[:32] or "data"
    return root / f"{PREFIX}{plain}-{hashlib.sha256(raw).hexdigest()[:6]}"


async def _lines(name: str, raw: bytes, one: asyncio.Lock) -> AsyncIterator[str]:
    root = default_root().absolute()
    if reason := refusal(name, raw, root) or (
        "Another set is being made; try again when it is done." if one.locked() else ""
    ):
        yield _line(error=reason)
        return
    async with one:
        folder = folder_of(name, raw, root)
        with tempfile.TemporaryDirectory(prefix="explorer-") as scratch:
            plain = re.sub(r"[^\w .-]+", "", Path(name).stem).strip(" .")[:60] or "data"
            file = Path(scratch) / f"{plain}{Path(name).suffix.lower()}"
            file.write_bytes(raw)
            async for line in _made(file, folder):
                yield line


async def _made(file: Path, folder: Path) -> AsyncIterator[str]:
    """The lines of the command, a link when the map is there, and what went wrong; it ends with whoever listens."""
    command = [sys.executable, "-m", "explorer", "open", str(file), "--no-browser", "--yes", "--out", str(folder)]
    env = {**os.environ, "COLUMNS": "100", "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "OMP_NUM_THREADS": "1"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=env, stdout=pipe, stderr=pipe)
    errors = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(SECONDS):
            async for line in process.stdout:
                text = line.decode(errors="replace").rstrip()
                if text.startswith(EXPLORABLE):
                    yield _line(text=text.partition(":")[0] + ".", link=f"#{link.write(Scene(model=folder.name))}")
                elif text:
                    yield _line(text=text.replace(str(folder.parent) + os.sep, ""))
            if await process.wait():
                said = (await errors).decode(errors="replace").strip().splitlines()
                yield _line(error=said[-1][:300] if said else "It ended before it was done.")
    except TimeoutError:
        yield _line(error=f"It took longer than {SECONDS // 60} minutes; take fewer items, or the command line.")
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        errors.cancel()


def _line(**told: str) -> str:
    return json.dumps(told) + "\n"
