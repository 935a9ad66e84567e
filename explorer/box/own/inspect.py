"""What a person opens -> what was found in it; nothing is made yet, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from explorer.box.own import annotated, arrays, listing, packed, pictures, shards, sounds, tables, texts
from explorer.box.own.found import Found
from explorer.box.own.settings import Settings
from explorer.box.own.sheets import SUFFIXES
from explorer.core.schema import ExplorerError

ARRAYS = (".npz", ".npy")
ANNOTATED = ".h5ad"
FILES = (*ARRAYS, *SUFFIXES, ANNOTATED, texts.SUFFIX)
CARD = "card.json"
Progress = Callable[[float, str], None]
USUAL = Settings()


def look(thing: str | Path, settings: Settings = USUAL, say: Progress = lambda share, sentence: None) -> Found:
    """Read a folder of pictures or sounds, a data set in shards, an array, a table, series, texts, or a zip of one of these.

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
    if path.suffix.lower() == ".zip" and path.is_file():
        with packed.unpacked(path) as inner:
            return replace(_look(inner, settings, say), path=path)
    return _look(path, settings, say)


def is_checkpoint(thing: str | Path) -> bool:
    """Is it a checkpoint's folder, which is opened as it is?"""
    return (Path(thing) / CARD).is_file()


def _look(path: Path, settings: Settings, say: Progress) -> Found:
    suffix = path.suffix.lower()
    if path.is_dir():
        return _folder(path, settings, say)
    if not path.is_file():
        raise ExplorerError(f"{path.name} is no plain file.")
    if not path.stat().st_size:
        raise ExplorerError(f"{path.name} is empty.")
    if suffix in ARRAYS:
        return arrays.array(path, settings)
    if suffix == ANNOTATED:
        return annotated.annotated(path, settings)
    if suffix in SUFFIXES:
        return tables.table(path, settings)
    if suffix == texts.SUFFIX:
        return texts.lines(path, settings)
    raise ExplorerError(
        f"{path.name} can't be opened; a folder of pictures or sounds, or a file that ends in {', '.join(FILES)} or .zip, can."
    )


def _folder(path: Path, settings: Settings, say: Progress) -> Found:
    """A data set in shards; pictures or sounds, of which there are more; else the one file that can be opened."""
    if is_checkpoint(path):
        raise ExplorerError(f"{path.name} is a checkpoint, and no data; it is opened as it is.")
    if shards.is_dataset(path):
        with shards.unpacked(path, settings) as (inner, odd):
            found = _look(inner, settings, say)
            return replace(found, path=path, odd=(*odd, *found.odd))
    files = listing.walk(path)
    found = [one.suffix.lower() for one in files]
    seen, heard = (sum(suffix in known for suffix in found) for known in (pictures.PICTURES, sounds.SOUNDS))
    known = [one for one in files if one.suffix.lower() in FILES]
    # Beside a table a text is a note on it.
    single = [one for one in known if one.suffix.lower() != texts.SUFFIX] or known
    if seen or heard:
        return (sounds if heard > seen else pictures).folder(path, settings, say)
    if len(single) == 1:
        return _look(single[0], settings, say)
    if single:
        raise ExplorerError(
            f"{path.name} holds {len(single)} tables, arrays or texts, such as {single[0].name}; name one of them."
        )
    raise ExplorerError(f"{path.name} holds no pictures ({', '.join(pictures.PICTURES[:4])}, ...) and no sounds.")
