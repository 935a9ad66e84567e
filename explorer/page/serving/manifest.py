"""What the engine in the page needs of a checkpoint: `engine.json`, and the files that it names, relative to itself.

The same names serve a static site: whoever copies `manifest`, `part` and `tensor` into a folder has all that the page asks
for. Numbers travel as they are stored (half floats mostly), little-endian, and only when a point needs them.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from typing import Any

import numpy as np
from safetensors import safe_open

from explorer.box.items import FILE as ITEMS
from explorer.box.items import expected_shapes
from explorer.box.maps.base import Map, spacing
from explorer.box.portable import parts as portable
from explorer.box.portable.runtime import ROOT
from explorer.core.registry import find
from explorer.core.schema import ExplorerError
from explorer.learn.kinds import base as kinds
from explorer.learn.models.base import Model
from explorer.page.serving.urls import stamp
from explorer.play.session import Session

log = logging.getLogger(__name__)
PRIORS = "prior.safetensors"
BRIDGES = "graph.bridges"
CODES = {"F16": "f2", "F32": "f4", "I16": "i2", "I32": "i4", "BOOL": "u1"}
VERSION = 1

_making = threading.Lock()
_asked: set[str] = set()
_failed: dict[str, str] = {}


def manifest(session: Session) -> dict[str, Any]:
    """The facts by which the page turns points into pictures without the server.

    Returns:
        `state`: `ready`, `pending` (parts are being made; ask again) or `none` (this model stays on the server, `reasons`
        says why); `parts`: name -> `file`, `bytes`, `error` (largest difference to torch), `work` (operations);
        `tensors`: name -> `file`, `type` (`f2`, `f4`, `i2`, `i4`, `u1`, `u2`), `shape`; and what the card says of
        attributes, latents, maps and priors. Names of files are relative to the manifest.
    """
    card, version = session.card, f"?v={stamp(session.checkpoint)}"
    made = portable.found(session.checkpoint)
    failed = _failed.get(stamp(session.checkpoint))
    ready = made is not None and "decoder" in made.parts
    state = "ready" if ready else "none" if made or failed else "pending"
    return {
        "version": VERSION,
        "state": state,
        "reasons": made.reasons if made else {"decoder": failed} if failed else {},
        "name": card.name,
        "title": card.title,
        "modality": card.modality,
        "shape": card.shape,
        "latent": card.latent.model_dump() | {"between": kinds.of(card.latent).between},
        "attributes": [attribute.model_dump() for attribute in card.conditions.attributes],
        "capabilities": card.capabilities,
        "embeds": type(session.checkpoint.model).embed is not Model.embed,  # then a latent isn't its own place
        "items": card.items,
        "maps": [_map(session, spec.name) for spec in card.maps],
        "priors": card.priors,
        "typical": session.checkpoint.items.typical,
        "parts": {
            name: {
                "file": f"model/{name}.onnx{version}",
                "bytes": part.size,
                "error": part.error,
                "work": part.work,
            }
            for name, part in (made.parts if made else {}).items()
        },
        "tensors": _tensors(session, version),
    }


def prepare(session: Session) -> None:
    """Begin to make the parts of a checkpoint that hasn't got them, in a process of its own, one at a time."""
    key = stamp(session.checkpoint)
    with _making:
        if key in _asked or portable.found(session.checkpoint):
            return
        _asked.add(key)
    threading.Thread(target=_make, args=(session, key), name="portable", daemon=True).start()


_turn = threading.Lock()


def _make(session: Session, key: str) -> None:
    command = [sys.executable, "-m", "explorer.box.portable", str(session.checkpoint.folder.resolve())]
    with _turn:
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        log.warning("no part of %s runs in the page: %s", session.card.name, done.stderr[-2000:])
        _failed[key] = "It couldn't be made ready for the page."


def part(session: Session, name: str) -> bytes:
    """The ONNX file of a part.

    Raises:
        ExplorerError: there is none.
    """
    made = portable.found(session.checkpoint)
    if made is None or name not in made.parts:
        raise ExplorerError(f"{session.card.title} has no part {name[:32]!r} that runs in the page.", "stage")
    return made.read(name)


def tensor(session: Session, name: str) -> bytes:
    """The bytes of a tensor of the manifest, by its name there.

    Raises:
        ExplorerError: there is none of that name, or its file is damaged.
    """
    if name not in _tensors(session, ""):
        raise ExplorerError(f"{session.card.title} has no numbers named {name[:48]!r}.", "stage")
    if name == BRIDGES:
        return session.graph().bridges.astype("<i4").tobytes()
    owner, _, own = name.partition(".")
    if owner == "prior":
        values = _stored(session, PRIORS, own)
    else:
        session.checkpoint.items.tensor(name)  # checked there, once
        values = _stored(session, ITEMS, name)
    if values.dtype == np.int32 and session.card.items <= 1 << 16:
        values = values.astype("<u2")
    return np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def _stored(session: Session, file: str, name: str) -> np.ndarray:
    with safe_open(session.checkpoint.folder / file, framework="np") as tensors:
        return tensors.get_tensor(name)


def _tensors(session: Session, version: str) -> dict[str, dict[str, Any]]:
    """Name -> file, type and shape, from the headers alone."""
    out: dict[str, dict[str, Any]] = {}
    for file, prefix, folder in ((ITEMS, "", "items"), (PRIORS, "prior.", "prior")):
        with safe_open(session.checkpoint.folder / file, framework="np") as tensors:
            known = expected_shapes(session.card) if file == ITEMS else tensors.keys()
            for name in known:
                if file == PRIORS and not find("priors", name.partition(".")[0]).portable:
                    continue  # the server draws from it
                piece = tensors.get_slice(name)
                kind = CODES.get(piece.get_dtype())
                if kind is None:
                    continue
                if kind == "i4" and session.card.items <= 1 << 16:
                    kind = "u2"
                out[prefix + name] = {"file": f"{folder}/{name}.bin{version}", "type": kind, "shape": piece.get_shape()}
    out[BRIDGES] = {"file": f"items/{BRIDGES}.bin{version}", "type": "i4", "shape": [-1, 2]}
    return out


def _map(session: Session, name: str) -> dict[str, Any]:
    """A map's facts; `place` says how new points are placed, or is None where only the server knows."""
    spec = session.map(name)
    method = find("maps", spec.method)
    own = method.place is not Map.place or method.spot is not Map.spot
    coords = session.checkpoint.items.map(name)
    return {
        "name": name,
        "space": spec.space,
        "dims": spec.dims,
        "place": "plane" if method.exact else None if own else "nearest",
        "unit": session.remember(("spacing", name), lambda: spacing(coords)),
    }


def files(session: Session) -> dict[str, bytes]:
    """Everything that the engine may ask for, by its name relative to the manifest, and the manifest itself as `engine.json`.

    For a folder that is served without Python; makes the parts first where they aren't made yet (some seconds).

    Raises:
        ExplorerError: the decoder can't run in a page.
    """
    made = portable.make(session.checkpoint)
    if "decoder" not in made.parts:
        raise ExplorerError(f"{session.card.title} can't run in a page. {made.reasons['decoder']}", "checkpoint")
    facts = manifest(session)
    out = {"engine.json": json.dumps(facts, separators=(",", ":")).encode()}
    for name, entry in facts["parts"].items():
        out[entry["file"].partition("?")[0]] = part(session, name)
    for name, entry in facts["tensors"].items():
        out[entry["file"].partition("?")[0]] = tensor(session, name)
    return out
