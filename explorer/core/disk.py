"""Where made and fetched files are kept between runs, and what happens where none can be written."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from explorer.core.kept import Answers
from explorer.core.schema import ExplorerError

log = logging.getLogger(__name__)
MEMORY = 128 << 20  # bytes of what could not be written


def cache_root() -> Path:
    """`$EXPLORER_CACHE`, unless it is unset or empty; else `~/.cache/latent-explorer`.

    Raises:
        OSError: there is no home directory either.
    """
    given = os.environ.get("EXPLORER_CACHE")
    if given:
        return Path(given)
    try:
        return Path.home() / ".cache" / "latent-explorer"
    except RuntimeError as error:
        raise OSError(str(error)) from None


def cache_folder(name: str) -> Path:
    """Where fetched or generated data is kept between runs: `<cache_root()>/<name>`, made when missing.

    Raises:
        ExplorerError: it can't be made.
    """
    try:
        folder = cache_root() / name
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ExplorerError(
            f"The cache folder for {name} can't be made ({reason}); name another one in EXPLORER_CACHE.", "checkpoint"
        ) from None
    return folder


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, whoever else writes the same one at the same time.

    Raises:
        OSError: it can't be written.
    """
    handle, partial = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


@cache
def _say_once(reason: str) -> None:
    log.warning("The cache can't be written (%s); what would be kept there stays in memory.", reason)


_unwritten = Answers(MEMORY)


def made_once(folder: str, name: str, make: Callable[[], bytes], most: int | None = None) -> bytes:
    """A file of the cache, made when it isn't there; kept in memory where the folder is absent, read-only or full.

    Args:
        folder: below the cache's root.
        name: of the file, from a hash of all that it follows from.
        make: its content.
        most: of the files with this ending, the oldest beyond so many are deleted.
    """
    try:
        path = cache_root() / folder / name
        return path.read_bytes()
    except OSError:
        pass
    if (kept := _unwritten.found((folder, name))) is not None:
        return kept
    data = make()
    try:
        path = cache_root() / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, data)
    except OSError as error:
        _say_once(error.strerror or str(error))
        return _unwritten((folder, name), lambda: data)
    for old in _oldest(path, most):
        old.unlink(missing_ok=True)
    return data


def _oldest(path: Path, most: int | None) -> list[Path]:
    if most is None:
        return []
    dated = []
    for file in path.parent.glob(f"*{path.suffix}"):
        try:
            dated.append((file.stat().st_mtime, file))
        except OSError:  # another process deleted it meanwhile
            continue
    return [file for _, file in sorted(dated)[:-most]]
