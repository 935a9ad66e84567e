"""What the engine in the page needs of a checkpoint: `engine.json`, and the files that it names, relative to itself.

The same names serve a static site: whoever copies `manifest`, `part` and `tensor` into a folder has all that the page asks
for. Numbers travel as they are stored (half floats mostly), little-endian, and only when a point needs them.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from explorer.box.checkpoints import Checkpoint
from explorer.box.files import cut, layout
from explorer.box.items import FILE as ITEMS
from explorer.box.items import OFFSET, SCALE, SCORES, UNIT
from explorer.box.maps.base import OF_EACH, Map, spacing
from explorer.box.portable.shipped import DRAWN, bundle, graph, groups, places, shipped
from explorer.core.registry import find
from explorer.core.schema import ExplorerError
from explorer.learn.kinds import base as kinds
from explorer.learn.models.base import Model
from explorer.page.serving.urls import stamp
from explorer.play.session import Session

PRIORS = "prior.safetensors"
GRAPH, BRIDGES = "neighbours.index", "graph.bridges"  # follow from the latents, and are made when a path asks for them
CODES = {"F16": "f2", "F32": "f4", "I16": "i2", "I32": "i4", "BOOL": "u1", "U8": "u1", "U16": "u2"}
VERSION = 2


def manifest(session: Session) -> dict[str, Any]:
    """The facts by which the page turns points into pictures without the server.

    Returns:
        `state`: `ready` or `none` (this model stays on the server, `reasons` says why); `parts`: name -> `file`, `bytes`,
        `weights` (names of bundles), `error` (largest difference to torch), `work` (operations); `weights`: name of a bundle
        -> `file`, `bytes`, `tensors` (rows of name, first byte, bytes); `tensors`: name -> `file`, `type` (`f2`, `f4`, `i2`,
        `i4`, `u1`, `u2`), `shape`, and of packed ones `scale` and `offset` of each column; and what the card says of
        attributes, latents, maps and priors. Names of files are relative to the manifest.
    """
    card, version = session.card, f"?v={stamp(session.checkpoint)}"
    checkpoint = session.checkpoint
    known, bundles = shipped(checkpoint), groups(checkpoint)
    return {
        "version": VERSION,
        "state": "ready" if "decoder" in known.parts else "none",
        "reasons": known.reasons,
        "name": card.name,
        "title": card.title,
        "modality": card.modality,
        "drawn": DRAWN.get(card.modality),
        "shape": card.shape,
        "latent": card.latent.model_dump() | {"between": kinds.of(card.latent).between},
        "leaves": {name: spec.size for name, spec in session.checkpoint.model.leaves.items() if not spec.drawn},
        "attributes": [attribute.model_dump() for attribute in card.conditions.attributes],
        "capabilities": card.capabilities,
        "embeds": type(session.checkpoint.model).embed is not Model.embed,  # then a latent isn't its own place
        "items": card.items,
        "maps": [_map(session, spec.name) for spec in card.maps],
        "priors": card.priors,
        "typical": session.checkpoint.items.typical,
        "real": (reference := session.reference()) and reference.unit,
        "parts": {
            name: {
                "file": f"model/{name}.onnx{version}",
                "bytes": part.size,
                "weights": [group for group in bundles if name in group.split(".")],
                "error": part.error,
                "work": part.work,
            }
            for name, part in known.parts.items()
        },
        "weights": {group: _bundle(checkpoint, group, version) for group in bundles},
        "tensors": _tensors(session, version),
    }


def _bundle(checkpoint: Checkpoint, group: str, version: str) -> dict[str, Any]:
    rows = places(checkpoint, group)
    size = sum(length for _, _, length in rows)
    return {"file": f"weights/{group}.bin{version}", "bytes": size, "tensors": rows}


def part(session: Session, name: str) -> bytes:
    """The ONNX file of a part, without its weights.

    Raises:
        ExplorerError: there is none.
    """
    return graph(session.checkpoint, name)


def weights(session: Session, group: str) -> bytes:
    """A bundle of weights, by its name in the manifest.

    Raises:
        ExplorerError: there is none of that name, or a file is damaged.
    """
    return bundle(session.checkpoint, group)


def tensor(session: Session, name: str) -> bytes:
    """The bytes of a tensor of the manifest, by its name there.

    Raises:
        ExplorerError: there is none of that name, or its file is damaged.
    """
    if name not in _tensors(session, ""):
        raise ExplorerError(f"{session.card.title} has no numbers named {name[:48]!r}.", "stage")
    if name == BRIDGES:
        return session.graph().bridges.astype("<i4").tobytes()
    if name == GRAPH:
        return session.checkpoint.items.neighbours[0].astype("<" + _graph(session)["type"]).tobytes()
    if name == SCORES:
        return session.reference().numbers.tobytes()
    owner, _, own = name.partition(".")
    file, own = (PRIORS, own) if owner == "prior" else (ITEMS, name)
    checkpoint = session.checkpoint
    if file == ITEMS:
        checkpoint.items.tensor(name)  # its numbers are checked there, once
    data = cut(checkpoint.folder, file, checkpoint.card, [own])
    if layout(checkpoint.folder, file, checkpoint.card)[own].kind == "I32" and session.card.items <= 1 << 16:
        return np.frombuffer(data, "<i4").astype("<u2").tobytes()
    return data


def _tensors(session: Session, version: str) -> dict[str, dict[str, Any]]:
    """Name -> file, type and shape, from the headers alone."""
    out: dict[str, dict[str, Any]] = {}
    checkpoint = session.checkpoint
    for file, prefix, folder in ((ITEMS, "", "items"), (PRIORS, "prior.", "prior")):
        pieces = layout(checkpoint.folder, file, checkpoint.card)
        for name in sorted(pieces.keys() & checkpoint.items.names) if file == ITEMS else pieces:
            if file == PRIORS and not find("priors", name.partition(".")[0]).portable:
                continue  # the server draws from it
            piece = pieces[name]
            kind = CODES.get(piece.kind)
            if (
                kind is None
                or name in (SCORES, UNIT)
                or (name.endswith((SCALE, OFFSET)) and name.rpartition(".")[0] in pieces)
            ):
                continue
            if kind == "i4" and session.card.items <= 1 << 16:
                kind = "u2"
            out[prefix + name] = {"file": f"{folder}/{name}.bin{version}", "type": kind, "shape": piece.shape}
            if name + SCALE in pieces:
                packing = {"scale": name + SCALE, "offset": name + OFFSET}
                out[prefix + name] |= {key: _numbers(checkpoint, file, own) for key, own in packing.items()}
    if reference := session.reference():
        packing = {"scale": reference.scale.tolist(), "offset": reference.offset.tolist()}
        entry = {"file": f"items/{SCORES}.bin{version}", "type": "u1", "shape": list(reference.numbers.shape)}
        out[SCORES] = entry | {key: [float(f"{v:.9g}") for v in values] for key, values in packing.items()}
    out[BRIDGES] = {"file": f"items/{BRIDGES}.bin{version}", "type": "i4", "shape": [-1, 2]}
    out[GRAPH] = {"file": f"items/{GRAPH}.bin{version}", **_graph(session)}
    return out


def _graph(session: Session) -> dict[str, Any]:
    items = session.card.items
    return {"type": "u2" if items <= 1 << 16 else "i4", "shape": [items, OF_EACH]}


def _numbers(checkpoint: Checkpoint, file: str, name: str) -> list[float]:
    """A small float32 tensor, each number in as few digits as tell it from all others."""
    values = np.frombuffer(cut(checkpoint.folder, file, checkpoint.card, [name]), "<f4")
    return [float(f"{value:.9g}") for value in values.tolist()]


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

    For a folder that is served without Python.

    Raises:
        ExplorerError: the decoder can't run in a page.
    """
    known = shipped(session.checkpoint)
    if "decoder" not in known.parts:
        raise ExplorerError(f"{session.card.title} can't run in a page. {known.reasons['decoder']}", "checkpoint")
    facts = manifest(session)
    out = {"engine.json": json.dumps(facts, separators=(",", ":")).encode()}
    for kind, given in (("parts", part), ("weights", weights), ("tensors", tensor)):
        for name, entry in facts[kind].items():
            out[entry["file"].partition("?")[0]] = given(session, name)
    return out
