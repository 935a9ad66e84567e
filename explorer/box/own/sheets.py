"""A CSV, TSV or JSONL file -> titles and cells by column, as text; every fault named by file, row or column."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from explorer.core.schema import ExplorerError
from explorer.learn.modalities.cells import MAX_COLUMNS, MAX_ROWS, Cells, read

SUFFIXES = (".csv", ".tsv", ".jsonl")


@dataclass(frozen=True)
class Sheet:
    """A table as text.

    Attributes:
        path: of its file.
        titles: of the columns, each once.
        columns: cells by title, one for each row.
        number: reads a cell as a number, None where it is none.
    """

    path: Path
    titles: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    number: Callable[[str], float | None]

    def __len__(self) -> int:
        return len(self.columns[self.titles[0]])


def sheet(path: Path) -> Sheet:
    """Read a table with a line of titles, or one JSON object for each line.

    Raises:
        ExplorerError: no table, without rows, a title that is missing or twice, or a row of another length.
    """
    if path.suffix.lower() == ".jsonl":
        return _objects(path)
    cells = _read(path)
    head, *rows = [row for row in cells.rows if row]
    if not rows:
        raise ExplorerError(f"{path.name} has a line of titles and no rows.")
    if all(cells.number(cell) is not None for cell in head):
        raise ExplorerError(f"{path.name} begins with numbers; its first line must name the columns.")
    _titles(path, head)
    for k, row in enumerate(rows):
        if len(row) != len(head):
            raise ExplorerError(f"{path.name}, row {k + 1}, has {len(row)} cells; its line of titles has {len(head)}.")
    columns = dict(zip(head, zip(*rows, strict=True), strict=True))
    return Sheet(path, tuple(head), columns, cells.number)


def _read(path: Path) -> Cells:
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= 1 << 28 else b""
    except OSError as error:
        raise ExplorerError(f"{path.name} can't be read: {(error.strerror or str(error)).lower()}.") from None
    if not size:
        raise ExplorerError(f"{path.name} is empty.")
    try:
        return read(raw or path, "table")
    except ExplorerError as error:
        raise ExplorerError(f"{path.name}: {error}") from None


def _titles(path: Path, head: tuple[str, ...]) -> None:
    for k, title in enumerate(head):
        if not title:
            raise ExplorerError(f"{path.name}: column {k + 1} has no title.")
        if title in head[:k]:
            raise ExplorerError(f"{path.name}: two columns have the title {title[:40]!r}.")


def _objects(path: Path) -> Sheet:
    rows: list[dict] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ExplorerError(f"{path.name} can't be read as text in UTF-8.") from None
    for k, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise ExplorerError(f"{path.name}, line {k + 1}, is no JSON.") from None
        if not isinstance(row, dict) or any(isinstance(value, dict | list) for value in row.values()):
            raise ExplorerError(f"{path.name}, line {k + 1}, is no object of plain values.")
        rows.append(row)
    titles = tuple(dict.fromkeys(key for row in rows[:MAX_ROWS] for key in row))
    if not titles:
        raise ExplorerError(f"{path.name} has no rows.")
    _titles(path, titles)
    if len(rows) > MAX_ROWS or len(titles) > MAX_COLUMNS:
        raise ExplorerError(
            f"{path.name} has {len(rows):,} rows and {len(titles)} columns; up to {MAX_ROWS:,} and {MAX_COLUMNS} can be taken."
        )
    columns = {title: tuple(_cell(row.get(title)) for row in rows) for title in titles}
    return Sheet(path, titles, columns, Cells((), comma=False).number)


def _cell(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
