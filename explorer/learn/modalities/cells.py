"""A person's CSV file -> rows of cells: whichever encoding, separator and decimal sign the program that wrote it had.

It comes from a stranger, so it is bounded (bytes, rows, columns), and a number is what looks like one: not what Python would
read as one (`1_0`, `nan`, digits of other scripts).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from explorer.learn.modalities.base import MAX_BYTES, bounded, fault

MAX_ROWS, MAX_COLUMNS = 100_000, 64
MAX_CELL = 40  # characters of one number
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
UNREADABLE = "This file isn't a table that can be read; a CSV file of numbers is."
CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}


@dataclass(frozen=True)
class Limits:
    """How large a table may be; what a stranger sends to a page is kept smaller than what somebody opens on their own machine."""

    size: int = MAX_BYTES
    rows: int = MAX_ROWS
    columns: int = MAX_COLUMNS


USUAL = Limits()


@dataclass(frozen=True)
class Cells:
    """Rows of cells, stripped of the blanks around them.

    Attributes:
        rows: of the file in order; one without anything in it is empty. None at the end are.
        comma: the decimal sign is a comma.
    """

    rows: tuple[tuple[str, ...], ...]
    comma: bool

    def number(self, cell: str) -> float | None:
        """What a cell says as a number, None where it isn't one."""
        if self.comma and cell.count(",") == 1 and "." not in cell:
            cell = cell.replace(",", ".")
        return float(cell) if len(cell) <= MAX_CELL and NUMBER.fullmatch(cell) else None


def read(raw: bytes | str | Path, noun: str, limits: Limits = USUAL) -> Cells:
    """The bytes of a CSV file (or its path) -> its cells; comma, semicolon or tab, UTF-8, UTF-16 or Latin-1.

    With a semicolon or a tab between cells the decimal sign may be a comma.

    Raises:
        ExplorerError: no table, or one with too many rows or columns.
    """
    lines = _text(bounded(raw, noun, limits.size)).splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    filled = [line for line in lines if line.strip()]
    if not filled:
        raise fault(UNREADABLE)
    if len(lines) > limits.rows:
        raise fault(f"This table has {len(lines):,} rows; up to {limits.rows:,} can be taken.")
    # A separator stands equally often in the first lines; a comma may be the decimal sign beside one of the others.
    delimiter = next((sign for sign in ";\t" if len({line.count(sign) for line in filled[:5]} - {0}) == 1), ",")
    if delimiter not in filled[0]:
        delimiter = ","
    try:
        rows = [tuple(cell.strip() for cell in row) for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error:
        raise fault(UNREADABLE) from None
    rows = [row if any(row) else () for row in rows]
    while rows and not rows[-1]:
        rows.pop()
    if not rows:
        raise fault(UNREADABLE)
    if (width := max(map(len, rows))) > limits.columns:
        raise fault(f"This table has {width} columns; up to {limits.columns} can be taken.")
    return Cells(tuple(rows), comma=delimiter != ",")


def _text(raw: bytes) -> str:
    """The text of a file: by its mark, else by where its zeros are, else UTF-8, else Latin-1 as Windows has it."""
    even, odd = raw[: 1 << 12 : 2].count(0), raw[1 : 1 << 12 : 2].count(0)
    half = len(raw[: 1 << 12]) / 4
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        names = ["utf-16"]
    elif odd > half > even:
        names = ["utf-16-le"]
    elif even > half > odd:
        names = ["utf-16-be"]
    else:
        names = ["utf-8-sig", "cp1252"]
    for name in names:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if not any(ord(sign) in CONTROLS for sign in text[:4096]) and "\0" not in text:
            return text
    raise fault(UNREADABLE)
