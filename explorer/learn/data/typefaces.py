"""Typefaces: the letters, digits and common signs of free fonts, as signed distance fields at one size of their capitals.

Source: the families of Google Fonts that have all 74 characters, through Fontsource (npm `@fontsource/*` and
`@fontsource-variable/*`, pinned in `_typefaces`). Licences: SIL Open Font License 1.1, some Apache-2.0 and MIT; a family's
authors and licence are in its package's `metadata.json`.

A *face* is a family at one place: a weight of it, its italic, or an end of a variable font's axis (weight, width, slant,
casual, optical size), which gives the same design at another weight. An item is one character of a face, a field
[1, SIDE, SIDE]; see `_glyphs`. Weight, width and slant are measured on the drawing, so that they mean the same in all families:
stem and mean width of letters in hundredths of a capital's height, and degrees.

One of ten designs is held out. Families whose names begin alike, or whose letters coincide, are one design.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from explorer.core.registry import register
from explorer.core.schema import Attribute, ExplorerError, Schema
from explorer.learn.data import _glyphs
from explorer.learn.data._glyphs import CHARACTERS, REACH, SIDE, Font
from explorer.learn.data._node import installed
from explorer.learn.data.base import DataSet, Items, Split, cache_folder

FONTS = Path(__file__).parent / "_typefaces"
KINDS = ("sans-serif", "serif", "display", "handwriting", "monospace")
WEIGHTS = (400, 700)  # of a family that isn't variable, beside its lightest and its heaviest
HELD_OUT = 10  # one of so many designs
PRINCIPAL = 600  # faces that the principal components are of
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
    recipe = (FONTS / "package-lock.json").read_text() + repr(
        (CHARACTERS, SIDE, _glyphs.SCALE, _glyphs.CAP, REACH, WEIGHTS)
    )
    file = cache_folder("typefaces") / f"faces-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.npz"
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


@register("data", "typefaces")
class Typefaces(DataSet):
    """One character of one face an item; `siblings` gives the others of its design."""

    modality = "shape"
    modality_arguments: ClassVar[dict[str, Any]] = {"reach": REACH}
    shape = (1, SIDE, SIDE)
    conditions = Schema(
        attributes=(
            Attribute(name="character", label="Character", values=tuple(CHARACTERS)),
            Attribute(name="weight", label="Weight", kind="continuous", low=2.0, high=45.0, unit="% of a capital"),
            Attribute(name="width", label="Width", kind="continuous", low=35.0, high=110.0, unit="% of a capital"),
            Attribute(name="slant", label="Slant", kind="continuous", low=-10.0, high=25.0, unit="°"),
            Attribute(name="kind", label="Kind", values=KINDS),
        )
    )
    licence = "OFL-1.1, Apache-2.0 and MIT, by family"
    source = "Google Fonts, https://fonts.google.com/, through Fontsource, https://fontsource.org/"
    share_items = True

    def rows(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """Which face (of `faces()`) and which character each row of a split is, int64 [N] each.

        Each round shows every face once, at characters in turn, so that the first so many rows are different faces.
        """
        chosen = np.flatnonzero(faces().held_out == (split == "test"))
        count = len(CHARACTERS)
        turns = [(np.arange(len(chosen)) + turn) % count for turn in range(count)]
        return np.tile(chosen, count), np.concatenate(turns)

    def load(self, split: Split) -> Items:
        """See `rows` for the order."""
        face, character = self.rows(split)
        return Items(
            x=faces().fields[face, character][:, None], codes=self._codes(face, character[:, None])[:, 0], groups={}
        )

    def named(self, split: Split) -> list[str]:
        """The family and the character of each row of a split."""
        known, (face, character) = faces(), self.rows(split)
        return [f"{known.titles[f]} {CHARACTERS[c]}" for f, c in zip(face, character, strict=True)]

    def alphabets(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """Whole faces: fields uint8 [N, 74, SIDE, SIDE], and their codes float32 [N, 74, 5]."""
        known = faces()
        chosen = np.flatnonzero(known.held_out == (split == "test"))
        return known.fields[chosen], self._codes(chosen, np.tile(np.arange(len(CHARACTERS)), (len(chosen), 1)))

    def siblings(self, x: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Fields [N, 1, SIDE, SIDE] that `load` gave, in [0, 1] -> other characters of the same faces, and of their designs.

        Of two faces that share a field, either is taken, and of a family with one face that face itself.

        Returns:
            fields float32 [N, count, SIDE, SIDE] of the same face and their conditions [N, count, C]; the same of another face
            of the family.

        Raises:
            KeyError: a field is no face's.
        """
        known, told = faces(), _known()
        keys = (255 * x).round().byte().contiguous().cpu().numpy()
        same = np.array([told[key.tobytes()][torch.randint(len(told[key.tobytes()]), ()).item()] for key in keys])
        family = [np.flatnonzero(known.families == known.families[face]) for face in same]
        other = np.array([some[torch.randint(len(some), ()).item()] for some in family])
        return *self._some(same, count), *self._some(other, count)

    def principal(self, parts: int) -> tuple[Tensor, Tensor, Tensor]:
        """Of the training fields: the characters' means [74, SIDE SIDE], the principal components about them [parts, SIDE SIDE],
        and each component's standard deviation [parts].
        """
        known = faces()
        chosen = np.flatnonzero(~known.held_out)
        means = (
            np.stack([known.fields[chosen, k].reshape(len(chosen), -1).mean(0) for k in range(len(CHARACTERS))]) / 255
        )
        some = chosen[:: max(1, len(chosen) // PRINCIPAL)]
        apart = torch.from_numpy(
            (known.fields[some].reshape(len(some), len(CHARACTERS), -1) / 255 - means).astype(np.float32)
        )
        apart = apart.flatten(0, 1)
        # As singular vectors: of a matrix with many equal eigenvalues the solver for symmetric ones gives up.
        vectors, values, _ = torch.linalg.svd(apart.T @ apart / len(apart))
        values, vectors = values[:parts], vectors[:, :parts]
        return torch.from_numpy(means).float(), vectors.T.contiguous(), values.clamp(min=1e-8).sqrt()

    def _some(self, face: np.ndarray, count: int) -> tuple[Tensor, Tensor]:
        """Characters of faces, drawn without repetition: fields [N, count, SIDE, SIDE] and conditions [N, count, C]."""
        character = torch.rand(len(face), len(CHARACTERS)).argsort(1)[:, :count].numpy()
        fields = torch.from_numpy(faces().fields[face[:, None], character]).float() / 255
        codes = self._codes(face, character)
        return fields, self.conditions.encode_codes(codes.reshape(-1, codes.shape[-1])).unflatten(0, character.shape)

    def _codes(self, face: np.ndarray, character: np.ndarray) -> np.ndarray:
        """Of faces [N] at characters [N, K], float32 [N, K, 5]."""
        known = faces()
        of_face = np.column_stack([known.measures[face], known.kinds[face]])[:, None]
        columns = [character[..., None], np.broadcast_to(of_face, (*character.shape, of_face.shape[-1]))]
        return np.concatenate(columns, 2).astype(np.float32)


@lru_cache(maxsize=1)
def _known() -> dict[bytes, list[int]]:
    """The faces that have a field, by its bytes."""
    found: dict[bytes, list[int]] = {}
    for face, fields in enumerate(faces().fields):
        for one in fields:
            found.setdefault(one.tobytes(), []).append(face)
    return found
