"""A zip of anything that can be opened: unpacked beside nothing of anyone's, bounded, and never out of its folder."""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from explorer.core.schema import ExplorerError

MOST_BYTES = 2 << 30
MOST_FILES = 200_000
CHUNK = 1 << 20


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The one file or folder that a zip holds, else all of it; gone afterwards.

    What it unpacks to is counted as it comes, whatever it says of itself.

    Raises:
        ExplorerError: no zip, damaged, encrypted, too large, or a name in it that leads out of its folder.
    """
    with tempfile.TemporaryDirectory(prefix="explorer-") as scratch:
        folder = Path(scratch) / path.stem
        folder.mkdir()
        try:
            with zipfile.ZipFile(path) as packed:
                entries = [one for one in packed.infolist() if not one.is_dir()]
                if len(entries) > MOST_FILES:
                    raise ExplorerError(f"{path.name} holds more than {MOST_FILES:,} files.")
                left = MOST_BYTES
                for entry in entries:
                    left -= _write(packed, entry, folder, left, path)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            raise ExplorerError(f"{path.name} is damaged, or no zip.") from None
        except OSError as error:
            raise ExplorerError(f"{path.name} can't be unpacked: {(error.strerror or str(error)).lower()}.") from None
        if not entries:
            raise ExplorerError(f"{path.name} holds no files.")
        yield _only(folder)


def _write(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int, path: Path) -> int:
    """Write one entry -> its size; hidden ones, and what a Mac adds, are passed over."""
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0] or stat.S_ISLNK(entry.external_attr >> 16):
        raise ExplorerError(f"{path.name} isn't opened: {entry.filename[:60]!r} in it leads out of its folder.")
    if any(part.startswith(".") or part == "__MACOSX" for part in name.parts):
        return 0
    if entry.flag_bits & 1:
        raise ExplorerError(f"{path.name} is encrypted.")
    out, size = folder / name, 0
    out.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(entry) as source, out.open("wb") as target:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > left:
                raise ExplorerError(f"{path.name} unpacks to more than {MOST_BYTES >> 30} gigabytes.")
            target.write(chunk)
    return size


def _only(folder: Path) -> Path:
    """The innermost folder that holds all, or the one file."""
    while len(held := list(folder.iterdir())) == 1:
        folder = held[0]
        if folder.is_file():
            break
    return folder
