"""A folder of pictures -> items: subfolders and a sheet beside them are attributes, mixed sizes are framed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from explorer.box.own.columns import Column, column
from explorer.box.own.found import Found, alike, attributes, enough, guesses, sample
from explorer.box.own.settings import SIDES, Settings
from explorer.box.own.sheets import SUFFIXES, Sheet, sheet
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.image import Picture

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm")
LISTED = 1_000_000  # names that are looked at in a folder
TRIED = 200  # pictures that side and colour are guessed from
NAMED = 3  # of what can't be read, so many are named
Progress = Callable[[float, str], None]


def folder(path: Path, settings: Settings, say: Progress = lambda share, sentence: None) -> Found:
    """Read a folder of pictures.

    Raises:
        ExplorerError: too few pictures, none that can be read, or a sheet that doesn't fit them.
    """
    files, sheets = _listed(path)
    if not files:
        raise ExplorerError(f"{path.name} holds no pictures ({', '.join(PICTURES[:4])}, ...).")
    enough(path, len(files), "pictures")
    table, rows, odd = _beside(sheets, files, path, settings)
    if table is not None:
        files = [name for name in files if name in rows]
        enough(path, len(files), f"pictures that {table.path.name} names")
    total, chosen = len(files), sample(len(files), settings)
    if len(chosen) < total:
        odd.append(
            f"{len(chosen):,} of {total:,} pictures are taken, a fair sample; `items` in the file below says how many."
        )
    files = [files[k] for k in chosen]
    side, channels, sizes = _form(path, files, settings)
    if len(sizes) > 1:
        common = ", ".join(f"{w}x{h} ({n})" for (w, h), n in sizes.most_common(3))
        odd.append(f"The pictures have {len(sizes)} sizes, such as {common}; each is framed to {side}x{side}.")
    x, kept, bad, framed = _read(path, files, (channels, side, side), say)
    if bad:
        more = f" and {len(bad) - NAMED:,} more" if len(bad) > NAMED else ""
        odd.append(f"{len(bad):,} can't be read and are left out: {', '.join(bad[:NAMED])}{more}.")
    enough(path, len(kept), "pictures that can be read")
    if framed:
        odd.append(f"{framed:,} pictures were cropped, extended or inverted to suit the frame.")
    files = [files[k] for k in kept]
    columns = _columns(files, table, rows, settings)
    conditions, codes, said = attributes(columns, settings)
    guessed = settings.model_copy(update={"side": side, "colour": "grey" if channels == 1 else "rgb"})
    codes = codes if columns else np.zeros((len(files), 0), np.float32)
    return Found(
        path, "pictures", "image", x, tuple(files), conditions, codes, guesses(columns, guessed), columns,
        (*odd, *said, *alike(x, "pictures")),
    )  # fmt: skip


def _listed(path: Path) -> tuple[list[str], list[Path]]:
    """Pictures below a folder by their relative names, and the sheets in it; links and hidden files are passed over."""
    files, sheets, seen = [], [], 0
    for place, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            seen += 1
            if seen > LISTED:
                raise ExplorerError(f"{path.name} holds more than {LISTED:,} files; name a folder within it.")
            whole = Path(place) / name
            if name.startswith(".") or whole.is_symlink():
                continue
            if whole.suffix.lower() in PICTURES:
                files.append(whole.relative_to(path).as_posix())
            elif whole.suffix.lower() in SUFFIXES and Path(place) == path:
                sheets.append(whole)
    beside = [path.with_name(path.name + suffix) for suffix in SUFFIXES]
    return files, sheets + [one for one in beside if one.is_file()]


def _beside(
    sheets: list[Path], files: list[str], path: Path, settings: Settings
) -> tuple[Sheet | None, dict[str, int], list[str]]:
    """The sheet that names the pictures, the row of each, and what is odd about it."""
    short: dict[str, list[str]] = {}
    for name in files:
        for key in dict.fromkeys((PurePosixPath(name).name, PurePosixPath(name).stem, name)):
            short.setdefault(key, []).append(name)
    tables = [sheet(one) for one in sheets]
    if settings.names and not any(settings.names in one.titles for one in tables):
        raise ExplorerError(f"No sheet beside {path.name} has a column {settings.names!r}.")
    found = [
        (_named(table, title, short, strict=bool(settings.names)), table, title)
        for table in tables
        for title in table.titles
        if settings.names in (None, title)
    ]
    rows, table, title = max(found, key=lambda one: len(one[0]), default=({}, None, ""))
    if not rows:
        if settings.names:
            raise ExplorerError(f"The column {settings.names!r} names none of the pictures in {path.name}.")
        return None, {}, [f"{one.name} names none of the pictures and isn't used." for one in sheets]
    odd = []
    if more := len(files) - len(rows):
        odd.append(f"{more:,} pictures stand in no row of {table.path.name} and are left out.")
    if more := len(table) - len(rows):
        lost = min(set(range(len(table))) - set(rows.values()))
        odd.append(
            f"{more:,} rows of {table.path.name} name no picture of their own, the first in row {lost + 1}: "
            f"{table.columns[title][lost][:60]!r}."
        )
    rest = tuple(one for one in table.titles if one != title)
    return Sheet(table.path, rest, table.columns, table.number), rows, odd


def _named(table: Sheet, title: str, short: dict[str, list[str]], *, strict: bool) -> dict[str, int]:
    """Picture -> the first row whose cell of this column names it."""
    rows: dict[str, int] = {}
    for k, cell in enumerate(table.columns[title]):
        key = cell.replace("\\", "/").removeprefix("./")
        if ".." in PurePosixPath(key).parts or key.startswith("/"):
            continue  # a name that leads out of the folder names none of its pictures
        if len(found := short.get(key, ())) == 1:
            if strict and found[0] in rows:
                raise ExplorerError(f"{table.path.name}, row {k + 1}, names {key[:60]!r} a second time.")
            rows.setdefault(found[0], k)
    return rows


def _form(path: Path, files: list[str], settings: Settings) -> tuple[int, int, Counter]:
    """Side and channels of an item, and the sizes of the pictures that were looked at."""
    sizes: Counter = Counter()
    grey = True
    for k in np.unique(np.linspace(0, len(files) - 1, TRIED).astype(int)):
        try:
            with Image.open(path / files[k]) as image:
                sizes[image.size] += 1
                if (
                    grey
                    and image.mode not in ("1", "L", "LA", "I", "I;16", "F")
                    and image.width * image.height < 1 << 22
                ):
                    pixels = np.asarray(image.convert("RGB").resize((32, 32)), np.int16)
                    grey = bool((np.ptp(pixels, axis=2) <= 2).all())
        except Exception:  # decoders raise whatever the file makes them raise; it is told when all are read
            continue
    if not sizes:
        raise ExplorerError(f"None of the pictures in {path.name} that were tried can be read, such as {files[0]}.")
    longer = float(np.median([max(size) for size in sizes.elements()]))
    side = settings.side or next((one for one in SIDES if one >= longer), SIDES[-1])
    grey = settings.colour == "grey" if settings.colour else grey
    return side, 1 if grey else 3, sizes


def _read(
    path: Path, files: list[str], shape: tuple[int, int, int], say: Progress
) -> tuple[np.ndarray, list[int], list[str], int]:
    """All pictures that can be read, uint8 [n, *shape], their rows, the names of the others, and how many were changed."""
    modality = Picture()
    x, kept, bad, framed = np.empty((len(files), *shape), np.uint8), [], [], 0
    for k, name in enumerate(files):
        try:
            fitted, note = modality.fit(modality.open(path / name), shape)
        except (ExplorerError, OSError, ValueError):
            bad.append(name)
            continue
        x[len(kept)] = np.rint(255 * fitted.numpy())
        kept.append(k)
        framed += note is not None
        if k % 100 == 0:
            say(k / len(files), "reading the pictures")
    return x[: len(kept)].copy(), kept, bad, framed


def _columns(files: list[str], table: Sheet | None, rows: dict[str, int], settings: Settings) -> tuple[Column, ...]:
    """The folders of the pictures, and what the sheet says of each."""
    out = []
    parts = [PurePosixPath(name).parts[:-1] for name in files]
    for depth in range(min(3, max(map(len, parts)))):
        title = "folder" if depth == 0 else f"folder {depth + 1}"
        cells = [part[depth] if len(part) > depth else "" for part in parts]
        out.append(column(title, cells, lambda cell: None, settings.choice(title)))
    if len(out) == 1 and out[0].kind == "constant":
        out = []  # all in one folder: that says nothing
    if table is not None:
        order = [rows[name] for name in files]
        for title in table.titles:
            cells = [table.columns[title][k] for k in order]
            out.append(column(title, cells, table.number, settings.choice(title)))
    return tuple(out)
