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
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from explorer.box.cards import default_root
from explorer.box.own.settings import Choice, Settings
from explorer.core import link
from explorer.core.scene import Scene
from explorer.core.schema import ExplorerError
from explorer.page.serving.around import MAX_BODY
from explorer.page.serving.safety import read_only
from explorer.page.serving.web import ROOT, assets_base
from explorer.page.views import bring as view

SUFFIXES = (".zip", ".csv", ".tsv", ".jsonl", ".parquet", ".xlsx", ".npz", ".npy", ".h5ad", ".txt")
ALLOWED = "EXPLORER_OWN_DATA"
PREFIX = "own-"
MOST = 20  # sets that are kept at once
SECONDS = 900
PATIENCE = 4.0  # seconds that a set waits for the one before
EXPLORABLE = "Explorable after"
MOST_COLUMNS = 60  # that can be changed on the page; the file of guesses has them all
CHOICES = {
    "category": Choice(use="attribute", kind="category"),
    "number": Choice(use="attribute", kind="number"),
    "item": Choice(use="item"),
    "leave out": Choice(use="leave out"),
}
ROLES = {
    "category": "attribute: a name", "number": "attribute: a number", "item": "a number of the item itself",
    "leave out": "left out",
}  # fmt: skip


def allowed() -> bool:
    """May data be brought to this app?"""
    return os.environ.get(ALLOWED) == "1" and not read_only()


def routes() -> APIRouter:
    """`GET /bring` is the page, `POST /bring/NAME` takes a file of that name and answers line by line, in JSON."""
    router = APIRouter(prefix="/bring", include_in_schema=False)
    one = asyncio.Lock()

    @router.get("")
    def page() -> HTMLResponse:
        _permitted()
        return HTMLResponse(view.document(SUFFIXES, MAX_BODY >> 20, base=assets_base()))

    @router.post("/{name}")
    async def make(name: str, request: Request, roles: str = "{}") -> StreamingResponse:
        _permitted()
        raw = await request.body()
        return StreamingResponse(_lines(name, raw, one, roles), media_type="application/x-ndjson", headers=FRESH)

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


def changed(roles: str) -> Settings:
    """What a person has said of some columns, as JSON: a role of `ROLES` by title; the rest is guessed as before.

    Raises:
        ExplorerError: it is something else.
    """
    try:
        told = json.loads(roles)
        return Settings(columns={str(title): CHOICES[role] for title, role in told.items()})
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise ExplorerError("What is said of the columns can't be read; load the page again.") from None


def guesses(path: Path) -> dict[str, Any]:
    """What a person may change of what was understood: columns with their roles, and the roles that there are."""
    columns = {title: _role(choice) for title, choice in Settings.read(path).columns.items()}
    of_items = "item" in columns.values()  # a number of the item itself is found in tables alone
    roles = {role: label for role, label in ROLES.items() if role != "item" or of_items}
    return {"columns": dict(list(columns.items())[:MOST_COLUMNS]), "roles": roles}


def _role(choice: Choice) -> str:
    return next(
        (role for role, one in CHOICES.items() if (one.use, one.kind) == (choice.use, choice.kind)), "leave out"
    )


async def _lines(name: str, raw: bytes, one: asyncio.Lock, roles: str = "{}") -> AsyncIterator[str]:
    root = default_root().absolute()
    try:
        settings = changed(roles)
    except ExplorerError as error:
        yield _line(error=str(error))
        return
    if reason := refusal(name, raw, root):
        yield _line(error=reason)
        return
    try:  # one that its owner has just given up ends within moments
        await asyncio.wait_for(one.acquire(), PATIENCE)
    except TimeoutError:
        yield _line(error="Another set is being made; try again when it is done.")
        return
    try:
        folder = folder_of(name, raw, root)
        with tempfile.TemporaryDirectory(prefix="explorer-") as scratch:
            plain = re.sub(r"[^\w .-]+", "", Path(name).stem).strip(" .")[:60] or "data"
            file = Path(scratch) / f"{plain}{Path(name).suffix.lower()}"
            file.write_bytes(raw)
            settings.write(said := Path(scratch) / "said.toml")
            async for line in _made(file, folder, said):
                yield line
    finally:
        one.release()


async def _made(file: Path, folder: Path, said: Path) -> AsyncIterator[str]:
    """The lines of the command, the guesses, a link when the map is there, and what went wrong; it ends with whoever listens."""
    command = [sys.executable, "-m", "explorer", "open", str(file), "--no-browser", "--yes"]
    command += ["--out", str(folder), "--with", str(said)]
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
                    yield _line(guesses=guesses(folder.with_name(f"{folder.name}.explorer.toml")))
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


def _line(**told: Any) -> str:
    return json.dumps(told) + "\n"
