"""The faces of free fonts: which files of a family are looked at, which families are one design, and all of it kept."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from explorer.core.schema import ExplorerError
from explorer.core.sources import sources
from explorer.learn.data import _glyphs
from explorer.learn.data._glyphs import CHARACTERS, Font
from explorer.learn.data._node import installed
from explorer.learn.data.base import cache_folder

FONTS = Path(__file__).parent / "_typefaces"
KINDS = ("sans-serif", "serif", "display", "handwriting", "monospace")
WEIGHTS = (400, 700)  # of a family that isn't variable, beside its lightest and its heaviest
HELD_OUT = 10  # one of so many designs
TWINS, COMPARED = 0.9, "RaegSQt4"  # overlap of two families' characters, from which they are one design


class Faces(NamedTuple):
    """All faces, in the order of their families' names.

    Attributes:
        fields: uint8 [N, 74, SIDE, SIDE].
        bearings: float32 [N, 74, 2], cells.
        measures: float32 [N, 3], weight, width and slant.
        kinds: int64 [N], of `KINDS`.
        families, titles: str [N].
        held_out: bool [N].
    """

    fields: np.ndarray
    bearings: np.ndarray
    measures: np.ndarray
    kinds: np.ndarray
    families: np.ndarray
    titles: np.ndarray
    held_out: np.ndarray


def _files(folder: Path) -> Iterator[tuple[Path, bool]]:
    """The font files of a family that are looked at, and whether one is an italic."""
    files = {path.name: path for path in folder.glob("files/*-latin-*.woff2") if "-latin-ext-" not in path.name}
    for style in ("normal", "italic"):
        named = (f"{folder.name}-latin-{axes}-{style}.woff2" for axes in ("full", "standard", "wght", "wdth", "slnt"))
        if variable := next((files[name] for name in named if name in files), None):
            yield variable, style == "italic"
            continue
        known = sorted(
            int(part) for name in files if name.endswith(f"{style}.woff2") and (part := name.split("-")[-2]).isdigit()
        )
        if not known:
            continue
        near = {min(known, key=lambda w, wanted=wanted: abs(w - wanted)) for wanted in WEIGHTS}
        chosen = {min(known, key=lambda w: abs(w - WEIGHTS[0]))} if style == "italic" else {known[0], known[-1], *near}
        for weight in sorted(chosen):
            yield files[f"{folder.name}-latin-{weight}-{style}.woff2"], style == "italic"


def _drawn(folder: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Fields and bearings of a family's faces; a face that can't be drawn whole is left out."""
    faces = []
    for file, italic in _files(folder):
        try:
            font = Font(file.read_bytes())
            places = font.places()[:1] if italic else font.places()
        except ExplorerError:
            continue
        for place in places:
            try:
                faces.append(tuple(font.at(place)))
            except ExplorerError:
                continue
    return faces


@lru_cache(maxsize=1)
def faces() -> Faces:
    """Drawn once, in some ten minutes, and kept.

    Raises:
        ExplorerError: Node.js isn't there, or its packages can't be fetched.
    """
    key = (FONTS / "package-lock.json").read_text() + sources(__name__, within=("explorer.learn.data._glyphs",))
    file = cache_folder("typefaces") / f"faces-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    if not file.is_file():
        packages = sorted(installed(FONTS).glob("@fontsource*/*"), key=lambda path: path.name)
        with ProcessPoolExecutor() as workers:
            drawn = list(workers.map(_drawn, packages, chunksize=4))
        told = [json.loads((path / "metadata.json").read_text(encoding="utf-8")) for path in packages]
        of = np.repeat(np.arange(len(packages)), [len(some) for some in drawn])
        fields = np.stack([field for some in drawn for field, _ in some])
        families = np.array([path.name for path in packages])[of]
        found = Faces(
            fields=fields,
            bearings=np.stack([bearings for some in drawn for _, bearings in some]),
            measures=np.stack([_glyphs.measured(face) for face in fields]),
            kinds=np.array([KINDS.index(one["category"]) for one in told])[of],
            families=families,
            titles=np.array([one["family"] for one in told])[of],
            held_out=_held_out(designs(families, fields)),
        )
        partial = file.with_name(f"{os.getpid()}-{file.name}")
        np.savez(partial, **found._asdict())
        partial.replace(file)
    with np.load(file) as kept:
        return Faces(**kept)


def designs(families: np.ndarray, fields: np.ndarray) -> np.ndarray:
    """The design of each face, by the name of one of its families: str [N]."""
    root = {family: family for family in families}

    def top(family: str) -> str:
        while root[family] != family:
            family = root[family]
        return family

    first: dict[str, str] = {}
    for family in root:
        root[family] = top(first.setdefault(family.split("-")[0], family))
    ink = torch.from_numpy(fields[:, [CHARACTERS.index(one) for one in COMPARED]] > 127).flatten(1).float()
    area = ink.sum(1)
    for row in range(len(ink)):
        both = ink[row:] @ ink[row]
        for other in torch.nonzero(both > TWINS * (area[row:] + area[row] - both)).flatten().tolist():
            root[top(families[row + other])] = top(families[row])
    return np.array([top(family) for family in families])


def _held_out(of: np.ndarray) -> np.ndarray:
    return np.array([int(hashlib.sha256(name.encode()).hexdigest(), 16) % HELD_OUT == 0 for name in of])
