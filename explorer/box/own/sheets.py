"""A table file -> titles and cells by column, as text; every fault named by file, row or column."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from explorer.box.own import formats
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.cells import Cells, Limits, read

OWN = Limits(size=256_000_000, rows=500_000, columns=4_096)
STEPS = 8  # numbers in even steps from which a first line is one of times rather than a row
READERS = {
    ".jsonl": formats.objects, ".parquet": formats.parquet, ".xlsx": formats.excel, ".xlsm": formats.excel,
}  # fmt: skip
SUFFIXES = (".csv", ".tsv", *READERS)


@dataclass(frozen=True)
class Sheet:
    """A table as text.

    Attributes:
        path: of its file.
        titles: of the columns, each once.
        columns: cells by title, one for each row.
        number: reads a cell as a number, None where it is none.
        vectors: float32 [rows, D] by title, of columns that hold a list of numbers in each row.
    """

    path: Path
    titles: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    number: Callable[[str], float | None]
    vectors: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter((*self.columns.values(), *self.vectors.values()))))


def sheet(path: Path) -> Sheet:
    """Read a table with a line of titles, or one JSON object for each line.

    Raises:
        ExplorerError: no table, without rows, a title that is missing or twice, a row of another length, or a package that
            reads files of this kind isn't installed.
    """
    if reader := READERS.get(path.suffix.lower()):
        return _told(path, *reader(path, OWN))
    cells = _read(path)
    head, *rows = [row for row in cells.rows if row]
    if not rows:
        raise ExplorerError(f"{path.name} has a line of titles and no rows.")
    numbers = [cells.number(cell) for cell in head]
    if None not in numbers and not _even(numbers):
        raise ExplorerError(f"{path.name} begins with numbers; its first line must name the columns.")
    _titles(path, head)
    for k, row in enumerate(rows):
        if len(row) != len(head):
            raise ExplorerError(f"{path.name}, row {k + 1}, has {len(row)} cells; its line of titles has {len(head)}.")
    columns = dict(zip(head, zip(*rows, strict=True), strict=True))
    return Sheet(path, tuple(head), columns, cells.number)


def _told(path: Path, columns: dict[str, tuple[str, ...]], vectors: dict[str, np.ndarray]) -> Sheet:
    titles = (*columns, *vectors)
    if not titles or not len(next(iter((*columns.values(), *vectors.values())))):
        raise ExplorerError(f"{path.name} has no rows.")
    _titles(path, titles)
    return Sheet(path, tuple(columns), columns, Cells((), comma=False).number, vectors)


def _even(numbers: list[float]) -> bool:
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    return len(steps) >= STEPS - 1 and min(steps) > 0 and max(steps) - min(steps) < 1e-6 * abs(numbers[-1] or 1)


def _read(path: Path) -> Cells:
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= OWN.size else b""
    except OSError as error:
        raise ExplorerError(f"{path.name} can't be read: {(error.strerror or str(error)).lower()}.") from None
    if not size:
        raise ExplorerError(f"{path.name} is empty.")
    try:
        return read(raw or path, "table", OWN)
    except ExplorerError as error:
        raise ExplorerError(f"{path.name}: {error}") from None


def _titles(path: Path, head: tuple[str, ...]) -> None:
    for k, title in enumerate(head):
        if not title:
            raise ExplorerError(f"{path.name}: column {k + 1} has no title.")
    if len(set(head)) < len(head):
        twice = next(title for k, title in enumerate(head) if title in head[:k])
        raise ExplorerError(f"{path.name}: two columns have the title {twice[:40]!r}.")
