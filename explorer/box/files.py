"""Where a checkpoint's files lie, and their bytes: read once, compared with the card's hash, never through a link.

A file lies in the checkpoint's own folder, or, where it belongs to the data set and several checkpoints share it (a judge, a
sprite sheet), in the store beside the folders, `_shared`, named by its content: `judge-<hash>.safetensors`. A folder that
holds its files itself needs no store.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.schema import ExplorerError

if TYPE_CHECKING:
    from explorer.core.schema import Card

SHARED = "_shared"
PARTS = ("decoder", "features", "encoder", "judge", "letters")  # that may run in the page, see `explorer.box.portable`
NAMES = re.compile(
    r"(model|judge|prior|items)\.safetensors|thumbs(-[1-9][0-9]?)?\.(webp|avif)|cover\.webp|recipe\.toml|graphs\.json"
    rf"|({'|'.join(PARTS)})\.onnx"
)
ITEMS = "items.safetensors"
ROWS = {"U16": "<u2", "I32": "<i4"}
MOST = 1 << 30  # bytes of one file
HIGHEST = 16_383  # pixels, the most that a WebP has
MOST_PIXELS = 1 << 24  # of one file of a sprite sheet: 64 MB when unpacked


def rows_of_tile(size: int) -> int:
    """How many rows of a hundred thumbnails of `size` pixels one file of a sprite sheet holds: what a page unpacks at once."""
    return max(1, min(HIGHEST // size, MOST_PIXELS // (100 * size * size)))


def sheets(card: Card) -> list[str]:
    """The files of a checkpoint's sprite sheet, in order."""
    return sorted((name for name in card.sha256 if name.startswith("thumbs")), key=lambda name: (len(name), name))


def fault(message: str) -> ExplorerError:
    """An error of a checkpoint, told where checkpoints are chosen."""
    return ExplorerError(message, "checkpoint")


def stored(name: str, digest: str) -> str:
    """The name under which the store keeps a file of this hash."""
    stem, _, suffix = name.partition(".")
    return f"{stem}-{digest[:16]}.{suffix}"


def locate(folder: Path, name: str, card: Card) -> Path:
    """Where a file of the card lies: in the folder, else in the store beside it.

    Raises:
        ExplorerError: no checkpoint has such a file, this one lacks it, or it is a link or no plain file.
    """
    digest = card.sha256.get(name)
    if digest is None or not NAMES.fullmatch(name):
        raise fault(f"The card of the checkpoint {card.name} names no file {name[:64]!r}.")
    for path in (folder / name, folder.parent / SHARED / stored(name, digest)):
        try:
            kind = path.lstat()
        except OSError:
            continue
        if not stat.S_ISREG(kind.st_mode):
            raise fault(f"The file {name} of the checkpoint {card.name} is a link or no plain file; it isn't read.")
        if kind.st_size > MOST:
            raise fault(f"The file {name} of the checkpoint {card.name} is larger than a gigabyte.")
        return path
    raise fault(f"The checkpoint {card.name} lacks its file {name}.")


def plain(path: Path) -> int:
    """A file opened for reading, without following a link; its descriptor.

    Raises:
        OSError: there is none, or it is a link.
    """
    return os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))


def read(folder: Path, name: str, card: Card) -> bytes:
    """The bytes of a file, after comparing their hash with the card's.

    Raises:
        ExplorerError: see `locate`; or it isn't the file that the card names.
    """
    try:
        with os.fdopen(plain(locate(folder, name, card)), "rb") as file:
            data = file.read()
    except OSError:
        raise fault(f"The checkpoint {card.name} lacks its file {name}.") from None
    if hashlib.sha256(data).hexdigest() != card.sha256[name]:
        raise fault(f"The file {name} of the checkpoint {card.name} is not the one its card names: wrong hash.")
    return data


def verify(folder: Path, name: str, card: Card) -> Path:
    """The same for a large file that is read piece by piece: where it lies, after comparing its hash.

    Raises:
        ExplorerError: see `read`.
    """
    path = locate(folder, name, card)
    try:
        with os.fdopen(plain(path), "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise fault(f"The checkpoint {card.name} lacks its file {name}.") from None
    if found != card.sha256[name]:
        raise fault(f"The file {name} of the checkpoint {card.name} is not the one its card names: wrong hash.")
    return path


@dataclass(frozen=True)
class Piece:
    """A tensor within a safetensors file: its type as written there (`F16`), its shape, and its bytes from `start` to `end`."""

    kind: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start


def layout(folder: Path, name: str, card: Card) -> dict[str, Piece]:
    """What a safetensors file holds and where, after comparing the file's hash with the card's; nothing is loaded.

    Raises:
        ExplorerError: see `read`; or it isn't readable as safetensors.
    """
    path = locate(folder, name, card)
    return _layout(path, path.stat().st_mtime_ns, f"The file {name} of the checkpoint {card.name}", card.sha256[name])


@lru_cache(maxsize=128)
def _layout(path: Path, _stamp: int, what: str, digest: str) -> dict[str, Piece]:
    with os.fdopen(plain(path), "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise fault(f"{what} is not the one its card names: wrong hash.")
        file.seek(0)
        length = int.from_bytes(file.read(8), "little")
        try:
            head = json.loads(file.read(length))
            first = 8 + length
            return {
                key: Piece(entry["dtype"], tuple(entry["shape"]), *(first + at for at in entry["data_offsets"]))
                for key, entry in head.items()
                if key != "__metadata__"
            }
        except (ValueError, KeyError, TypeError):
            raise fault(f"{what} is not readable as safetensors.") from None


def cut(folder: Path, name: str, card: Card, tensors: Sequence[str]) -> bytes:
    """The bytes of some tensors of a safetensors file as they lie there, one after the other.

    Raises:
        ExplorerError: see `layout`; or it holds no tensor of that name.
    """
    pieces = layout(folder, name, card)
    if missing := [key for key in tensors if key not in pieces]:
        raise fault(f"The checkpoint {card.name} lacks the tensor {missing[0][:64]} in {name}.")
    out = []
    with os.fdopen(plain(locate(folder, name, card)), "rb") as file:
        for key in tensors:
            file.seek(pieces[key].start)
            out.append(file.read(pieces[key].size))
    return b"".join(out)


def sheet_rows(folder: Path, card: Card) -> np.ndarray | None:
    """Where each item lies in a sprite sheet that is the data set's, int64 [n]; None where each lies at its own number.

    Such a sheet shows the data's first training items and after them its first held-out items, see `Card.sheet`.

    Raises:
        ExplorerError: see `cut`.
    """
    if not card.sheet:
        return None
    pieces = layout(folder, ITEMS, card)
    row = np.frombuffer(cut(folder, ITEMS, card, ["row"]), ROWS[pieces["row"].kind]).astype(np.int64)
    return row + card.sheet[0] * np.frombuffer(cut(folder, ITEMS, card, ["held_out"]), bool)
