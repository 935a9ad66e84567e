"""What a person opens -> what was found in it; nothing is made yet, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from explorer.box.own import arrays, pictures, tables
from explorer.box.own.found import Found
from explorer.box.own.settings import Settings
from explorer.box.own.sheets import SUFFIXES
from explorer.core.schema import ExplorerError

Progress = Callable[[float, str], None]
USUAL = Settings()


def look(thing: str | Path, settings: Settings = USUAL, say: Progress = lambda share, sentence: None) -> Found:
    """Read a folder of pictures, an array or a table.

    Args:
        thing: its path.
        settings: what a person has changed.
        say: called with the share read and a sentence.

    Raises:
        ExplorerError: there is none, it is of no kind that is known, or what it holds can't be used; in one sentence.
    """
    path = Path(thing)
    if not path.exists():
        raise ExplorerError(f"There is no file or folder {path}.")
    if not os.access(path, os.R_OK):
        raise ExplorerError(f"{path} may not be read: its permissions don't let you.")
    path = path.resolve()
    suffix = path.suffix.lower()
    if path.is_dir():
        return pictures.folder(path, settings, say)
    if not path.is_file():
        raise ExplorerError(f"{path.name} is no plain file.")
    if not path.stat().st_size:
        raise ExplorerError(f"{path.name} is empty.")
    if suffix in (".npz", ".npy"):
        return arrays.array(path, settings)
    if suffix in SUFFIXES:
        return tables.table(path, settings)
    known = ", ".join((".npz", ".npy", *SUFFIXES))
    raise ExplorerError(f"{path.name} can't be opened; a folder of pictures, or a file that ends in {known}, can.")
