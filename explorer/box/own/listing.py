"""The files of a folder and what is known of them: subfolders, parts of their names, and the rows of a sheet beside them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from explorer.box.own.columns import Column, column
from explorer.box.own.found import Read, enough, sample, sampled
from explorer.box.own.settings import Settings
from explorer.box.own.sheets import SUFFIXES, Sheet, sheet
from explorer.core.schema import ExplorerError

LISTED = 1_000_000  # names that are looked at in a folder
DEPTH = 3  # subfolders that are attributes
SEPARATORS = "_- "
ALIKE = 0.98  # share of the names that must have as many parts for their parts to be attributes
MOST_PARTS = 6


@dataclass(frozen=True)
class Listing:
    """Files that become items.

    Attributes:
        path: the folder.
        files: their names below it, in order.
        odd: sentences.
        table, rows: the sheet that names them, without the column that does, and the row of each.
    """

    path: Path
    files: tuple[str, ...]
    odd: tuple[str, ...]
    table: Sheet | None = None
    rows: dict[str, int] | None = None


def walk(path: Path) -> list[Path]:
    """All files below a folder, sorted; links and hidden files are passed over.

    Raises:
        ExplorerError: there are more than a million.
    """
    files, seen = [], 0
    for place, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen += len(names)
        if seen > LISTED:
            raise ExplorerError(f"{path.name} holds more than {LISTED:,} files; name a folder within it.")
        whole = (Path(place) / name for name in sorted(names) if not name.startswith("."))
        files += [one for one in whole if not one.is_symlink()]
    return files


def listing(path: Path, suffixes: tuple[str, ...], noun: str, settings: Settings) -> Listing:
    """The files of a folder that end in one of `suffixes`, and the sheet in it or beside it that names them.

    Raises:
        ExplorerError: too few, or a sheet that doesn't fit them.
    """
    found = walk(path)
    files = [one.relative_to(path).as_posix() for one in found if one.suffix.lower() in suffixes]
    if not files:
        raise ExplorerError(f"{path.name} holds no {noun} ({', '.join(suffixes[:4])}, ...).")
    enough(path, len(files), noun)
    inside = [one for one in found if one.suffix.lower() in SUFFIXES and one.parent == path]
    beside = [one for one in (path.with_name(path.name + suffix) for suffix in SUFFIXES) if one.is_file()]
    table, rows, odd = _beside(inside + beside, files, path, noun, settings)
    if table is not None:
        files = [name for name in files if name in rows]
        enough(path, len(files), f"{noun} that {table.path.name} names")
    chosen = sample(len(files), settings)
    odd += sampled(len(chosen), len(files), noun)
    return Listing(path, tuple(files[k] for k in chosen), tuple(odd), table, rows)


def taken(listed: Listing, kept: list[int], noun: str, odd: Sequence[str], settings: Settings) -> Read:
    """The files that could be read, as rows.

    Args:
        listed: all of them.
        kept: which could be read.
        noun: what the files are, in the plural.
        odd: what was odd so far.
        settings: a person's.

    Raises:
        ExplorerError: too few could be read, or a pattern of a person's that no name follows.
    """
    enough(listed.path, len(kept), f"{noun} that can be read")
    told, settings, more = _columns(listed, kept, settings)
    return Read(listed.path, tuple(listed.files[k] for k in kept), told, settings, (*odd, *more))


def _columns(listed: Listing, kept: list[int], settings: Settings) -> tuple[tuple[Column, ...], Settings, list[str]]:
    """Columns of the files that could be read.

    Returns:
        the columns, the settings with the pattern of names that was seen, and what is odd.

    Raises:
        ExplorerError: a pattern of a person's that no name follows.
    """
    files = [listed.files[k] for k in kept]
    out = folders(files, settings)
    if listed.table is not None:
        order = [listed.rows[name] for name in files]
        for title in listed.table.titles:
            cells = [listed.table.columns[title][k] for k in order]
            out.append(column(title, cells, listed.table.number, settings.choice(title)))
    if settings.pattern is None and listed.table is None:
        settings = settings.model_copy(update={"pattern": _guess(files, out)})
    if not settings.pattern:
        return tuple(out), settings, []
    named, odd = _parts(files, settings)
    return (*out, *named), settings, odd


def folders(files: list[str], settings: Settings) -> list[Column]:
    """What the subfolders say, three deep; nothing where all files lie in one."""
    out = []
    parts = [PurePosixPath(name).parts[:-1] for name in files]
    for depth in range(min(DEPTH, max(map(len, parts)))):
        title = "folder" if depth == 0 else f"folder {depth + 1}"
        cells = [part[depth] if len(part) > depth else "" for part in parts]
        out.append(column(title, cells, lambda cell: None, settings.choice(title)))
    return [] if len(out) == 1 and out[0].kind == "constant" else out


def _guess(files: list[str], known: list[Column]) -> str:
    """`{name 1}_{}` where names have parts that are categories and aren't known from a folder; else nothing."""
    stems = [PurePosixPath(name).stem for name in files]
    for sign in SEPARATORS:
        split = [stem.split(sign) for stem in stems]
        (count, often), *_ = Counter(map(len, split)).most_common(1)
        if not 2 <= count <= MOST_PARTS or often < ALIKE * len(stems):
            continue
        titles = []
        for k in range(count):
            cells = [parts[k] if len(parts) == count else "" for parts in split]
            told = column("", cells, _whole)
            again = any(_same(cells, one.cells) for one in known)
            titles.append(f"{{name {k + 1}}}" if told.kind == "category" and not again else "{}")
        if any(title != "{}" for title in titles):
            return sign.join(titles)
    return ""


def _same(a: list[str], b: tuple[str, ...]) -> bool:
    """Do two columns divide the rows alike?"""
    return len(set(zip(a, b, strict=True))) == len(set(a)) == len(set(b))


def _whole(cell: str) -> float | None:
    return float(cell) if cell.isascii() and cell.isdigit() else None


def _parts(files: list[str], settings: Settings) -> tuple[list[Column], list[str]]:
    """The parts of names that follow a pattern such as `{digit}_{speaker}_{}`, and a sentence on names that don't."""
    signs = re.split(r"\{([^{}]*)\}", settings.pattern)
    titles = signs[1::2]
    if not any(titles):
        raise ExplorerError(f"The pattern {settings.pattern!r} names no part; {{digit}}_{{}} names the first of two.")
    form = "".join(re.escape(sign) if k % 2 == 0 else "(.+?)" for k, sign in enumerate(signs))
    found = [re.fullmatch(form, PurePosixPath(name).stem) for name in files]
    if not any(found):
        raise ExplorerError(f"No name follows the pattern {settings.pattern!r}, such as {files[0][:80]}.")
    odd = []
    if lost := [name for name, one in zip(files, found, strict=True) if one is None]:
        odd.append(f"{len(lost):,} names don't follow {settings.pattern!r}, the first is {lost[0][:60]}.")
    out = []
    for k, title in enumerate(titles):
        if title:
            cells = [one.group(k + 1) if one else "" for one in found]
            out.append(column(title, cells, _whole, settings.choice(title)))
    return out, odd


def _beside(
    sheets: list[Path], files: list[str], path: Path, noun: str, settings: Settings
) -> tuple[Sheet | None, dict[str, int], list[str]]:
    """The sheet that names the files, the row of each, and what is odd about it."""
    short: dict[str, list[str]] = {}
    for name in files:
        for key in dict.fromkeys((PurePosixPath(name).name, PurePosixPath(name).stem, name)):
            short.setdefault(key, []).append(name)
    tables = [sheet(one) for one in sheets]
    if settings.names and not any(settings.names in table.titles for table in tables):
        raise ExplorerError(f"No sheet beside {path.name} has a column {settings.names!r}.")
    found = [
        (_named(table, title, short, strict=bool(settings.names)), table, title)
        for table in tables
        for title in table.titles
        if settings.names in (None, title)
    ]
    rows, table, title = max(found, key=lambda found: len(found[0]), default=({}, None, ""))
    if not rows:
        if settings.names:
            raise ExplorerError(f"The column {settings.names!r} names none of the {noun} in {path.name}.")
        return None, {}, [f"{table.name} names none of the {noun} and isn't used." for table in sheets]
    odd = []
    if more := len(files) - len(rows):
        odd.append(f"{more:,} {noun} stand in no row of {table.path.name} and are left out.")
    if more := len(table) - len(rows):
        lost = min(set(range(len(table))) - set(rows.values()))
        odd.append(
            f"{more:,} rows of {table.path.name} name no {noun.removesuffix('s')} of their own, the first in row {lost + 1}: "
            f"{table.columns[title][lost][:60]!r}."
        )
    rest = tuple(name for name in table.titles if name != title)
    return Sheet(table.path, rest, table.columns, table.number), rows, odd


def _named(table: Sheet, title: str, short: dict[str, list[str]], *, strict: bool) -> dict[str, int]:
    """File -> the first row whose cell of this column names it."""
    rows: dict[str, int] = {}
    for k, cell in enumerate(table.columns[title]):
        key = cell.replace("\\", "/").removeprefix("./")
        if ".." in PurePosixPath(key).parts or key.startswith("/"):
            continue  # a name that leads out of the folder names none of its files
        if len(found := short.get(key, ())) == 1:
            if strict and found[0] in rows:
                raise ExplorerError(f"{table.path.name}, row {k + 1}, names {key[:60]!r} a second time.")
            rows.setdefault(found[0], k)
    return rows
