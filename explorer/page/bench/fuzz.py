"""What nobody should send, made up by the thousand: scenes, links, requests, uploads and cards of checkpoints.

Each has to be answered, or refused in one short sentence: no traceback, no status of 500, no answer that takes two seconds, no
memory that grows. The same seed sends the same things.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from fastapi.routing import APIRoute
from PIL import Image

from explorer.box.cards import available, default_root
from explorer.box.checkpoints import check
from explorer.core import link
from explorer.core.refusals import SENTENCE, WENT_WRONG
from explorer.core.scene import Scene
from explorer.core.schema import ExplorerError
from explorer.page.act import act
from explorer.page.bench.mutate import Mutator
from explorer.page.bench.recipes import Recipes
from explorer.page.bench.start import memory
from explorer.play.session import open_session

SLOW = 2.0  # seconds
SHARES = {"scenes": 0.6, "links": 0.2, "requests": 0.12, "uploads": 0.06, "cards": 0.02}
SHOWN = 160  # characters of what was sent, beside a fault
ADDRESS = "http://127.0.0.1"
Case = tuple[str, Callable[[], Iterator[str]]]  # what is sent, and how: it yields the sentences of the answer


class Fault(Exception):
    """An answer that should not have been given."""


@dataclass
class Report:
    """What came of the cases of one kind.

    Attributes:
        sent: how many; `refused` of them in a sentence, the others answered.
        faults: a line each: what was sent, and what is wrong with the answer.
        slow: those over two seconds.
        longest: seconds of the slowest answer.
        grown: megabytes of memory that the second half took.
    """

    kind: str
    sent: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    longest: float = 0.0
    grown: float = 0.0

    def line(self) -> str:
        """One line for a terminal."""
        return (
            f"{self.kind}: {self.sent:,} sent, {self.refused:,} refused, {len(self.faults)} faults, {len(self.slow)} over "
            f"{SLOW:g} s, longest {self.longest:.2f} s, memory {self.grown:+.0f} MB in the second half"
        )


class _Failed(logging.Handler):
    """Notes what was logged as an error: a traceback that nobody saw is a fault as well."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.last = f"{record.getMessage()}: {error!r}"


def fuzz(cases: int, seed: int = 0, say: Callable[[str], None] = lambda text: None) -> list[Report]:
    """Send so many cases to an explorer of this process, on a checkpoint of each modality and kind of latent.

    Args:
        cases: in all.
        seed: of what is made up.
        say: told what is sent next.

    Raises:
        ExplorerError: there is no checkpoint.
    """
    from explorer.page.ui import create_app

    names = {(card.modality, card.latent.kind): name for name, card in reversed(available().items())}
    if not names:
        raise ExplorerError("There is no checkpoint to send anything to.", "checkpoint")
    app, reports = create_app(), []
    makers = {"scenes": _scenes, "links": _links, "uploads": _uploads}
    for kind, share in SHARES.items():
        say(kind)
        count = max(1, round(cases * share))
        mutator = Mutator(seed)
        if kind == "requests":
            from fastapi.testclient import TestClient

            with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
                reports.append(_run(kind, _requests(app, client, mutator, [*names.values()], count), count))
        elif kind == "cards":
            with tempfile.TemporaryDirectory() as scratch:
                reports.append(_run(kind, _cards(Path(scratch), mutator, count), count))
        else:
            each = -(-count // len(names))
            cases_of = (case for name in names.values() for case in makers[kind](name, mutator, each))
            reports.append(_run(kind, cases_of, count))
    return reports


def _run(kind: str, cases: Iterator[Case], count: int) -> Report:
    report, failed = Report(kind), _Failed()
    half = base = 0.0
    logging.getLogger().addHandler(failed)
    try:
        for sent, call in cases:
            failed.last, began, refused = "", time.perf_counter(), 0
            try:
                for sentence in call():
                    refused += 1
                    _judge(sentence)
                if failed.last:
                    raise Fault(failed.last)
            except Fault as fault:
                report.faults.append(f"{sent[:SHOWN]} -> {str(fault)[:SHOWN]}")
            except Exception as error:
                report.faults.append(f"{sent[:SHOWN]} -> raised {error!r:.{SHOWN}}")
            took = time.perf_counter() - began
            report.sent += 1
            report.refused += bool(refused)
            report.longest = max(report.longest, took)
            if took > SLOW:
                report.slow.append(f"{took:.1f} s: {sent[:SHOWN]}")
            if report.sent == count // 2:
                half = memory(os.getpid()) or 0.0
        base = memory(os.getpid()) or 0.0
    finally:
        logging.getLogger().removeHandler(failed)
    report.grown = base - half if half else 0.0
    return report


def _judge(sentence: Any) -> None:
    if not isinstance(sentence, str) or not sentence:
        raise Fault(f"not a sentence: {sentence!r}")
    if sentence == WENT_WRONG:
        raise Fault("something went wrong")
    if len(sentence) > SENTENCE or "\n" in sentence or "Traceback" in sentence or not sentence.endswith((".", "?")):
        raise Fault(f"not one short sentence: {sentence!r}")
    sentence.encode()


def _acted(request: Any) -> Iterator[str]:
    """The sentences in the answer to one request of the page."""
    answer = act(request)
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    if not answer["ok"]:
        yield answer["error"]
    elif answer.get("warning"):
        yield answer["warning"]
    for one in answer.get("answers", ()):
        if not one["ok"]:
            yield one["error"]


def _scenes(name: str, mutator: Mutator, count: int) -> Iterator[Case]:
    """Questions and scenes of the page, some as they come, most with something in them changed."""
    session = open_session(name)
    recipes = Recipes(session, int(mutator.rng.integers(2**31)))
    asked = recipes.questions(count)
    for k in range(count):
        question = next(asked)
        if k % 4 == 3:
            scene = {"model": name, **recipes.point(), "view": {"map": session.card.maps[0].name}}
            request = {"do": str(mutator.rng.choice(["code", "about"])), "scene": mutator.value(scene)}
        else:
            changed = question if k % 2 == 0 else mutator.value(question)
            request = {"do": "ask", "model": name, "questions": [changed]}
        if k % 16 == 15:
            request = mutator.value(request)
        yield repr(request), lambda request=request: _acted(request)


def _links(name: str, mutator: Mutator, count: int) -> Iterator[Case]:
    session = open_session(name)
    recipes = Recipes(session, int(mutator.rng.integers(2**31)))
    for k in range(count):
        try:
            text = link.write(Scene.model_validate({"model": name, **recipes.point()}))
        except (ExplorerError, ValueError):
            continue
        changed = text if k % 16 == 0 else mutator.text(text)
        yield changed, lambda changed=changed: _acted({"do": "open", "link": changed})


def _requests(app: FastAPI, client: Any, mutator: Mutator, names: list[str], count: int) -> Iterator[Case]:
    """Requests by HTTP: every route of the explorer's own and some of Gradio's, with other names, queries and bodies."""
    own = [route for route in app.routes if isinstance(route, APIRoute) and not route.path.startswith("/gradio_api")]
    paths = [re.sub(r"{[a-z]+(:path)?}", "{word}", route.path.replace("{checkpoint}", "{name}")) for route in own]
    paths += [
        "/explorer/export?scene={word}&as={word}&what={word}",
        "/explorer/{name}/backdrop/{word}.webp?condition={word}",
    ]
    posts = [
        "/play/{word}/run",
        "/gradio_api/run/{word}",
        "/gradio_api/call/{word}",
        "/gradio_api/upload",
        "/gradio_api/queue/join",
    ]
    for k in range(count):
        posting = k % 5 == 4
        path = str(mutator.rng.choice(posts if posting else paths))
        word = mutator.word()
        at = path.format(name=str(mutator.rng.choice(names)), word=word)
        body = json.dumps(mutator.value({"data": [{"do": "open"}], "params": {}, "inputs": {}})) if posting else None
        yield f"{'POST' if posting else 'GET'} {at}", lambda at=at, body=body: _answered(client, at, body)


def _answered(client: Any, at: str, body: str | None) -> Iterator[str]:
    try:
        answer = (
            client.get(at)
            if body is None
            else client.post(at, content=body, headers={"Content-Type": "application/json"})
        )
    except (ValueError, UnicodeError):  # no address that a client could send
        return
    if answer.status_code >= 500 and answer.status_code != 503:
        raise Fault(f"status {answer.status_code}: {answer.text}")
    if "Traceback" in answer.text[:100_000]:
        raise Fault("a traceback in the answer")
    if answer.status_code >= 400 and at.startswith("/explorer/") and "json" in answer.headers.get("content-type", ""):
        told = answer.json()
        if isinstance(told.get("error"), str):
            yield told["error"]


def _uploads(name: str, mutator: Mutator, count: int) -> Iterator[Case]:
    """Files of a person's own: whole, cut, with bytes changed, of another kind, and not at all what their name says."""
    whole = list(_files())
    for _ in range(count):
        raw = mutator.raw(whole[int(mutator.rng.integers(len(whole)))])
        url = "data:application/octet-stream;base64," + base64.b64encode(raw).decode()
        request = {"do": "ask", "model": name, "questions": [{"ask": "encode", "file": url, "condition": {}}]}
        yield f"{len(raw)} bytes, {raw[:24]!r} to {name}", lambda request=request: _acted(request)


def _files() -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, kind)
        yield out.getvalue()
    import soundfile

    for kind in ("WAV", "FLAC", "OGG"):
        out = io.BytesIO()
        soundfile.write(out, rng.normal(0, 0.1, 8000), 16_000, format=kind)
        yield out.getvalue()
    rows = rng.normal(size=(40, 14)).round(3)
    for mark, point in ((",", "."), (";", ","), ("\t", ".")):
        yield "\n".join(mark.join(str(v).replace(".", point) for v in row) for row in rows).encode()
    yield b"a,b\n1,2\n\n3,4\n"
    yield '"x";"y"\n"1,5";"2,5"\n'.encode("utf-16")
    yield b""


def _cards(scratch: Path, mutator: Mutator, count: int) -> Iterator[Case]:
    """Checkpoints from strangers: a card with something in it changed, looked at as `check` does."""
    root = default_root()
    name = min(available(), key=lambda name: sum(f.stat().st_size for f in (root / name).iterdir()))
    shutil.copytree(root / name, scratch / name)
    if (root / "_shared").is_dir():
        shutil.copytree(root / "_shared", scratch / "_shared")
    path = scratch / name / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    for _ in range(count):
        changed = mutator.value(card)
        yield json.dumps(mutator.changed), lambda changed=changed: _checked(path, changed)


def _checked(path: Path, card: Any) -> Iterator[str]:
    path.write_text(json.dumps(card), encoding="utf-8")
    yield from check(path.parent)
