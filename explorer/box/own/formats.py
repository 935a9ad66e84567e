"""Tables that aren't text with commas: lines of JSON, Parquet and Excel -> cells by column as text, and columns of vectors.

Parquet takes the package pyarrow and Excel openpyxl, which the explorer itself doesn't need: `pip install -r
requirements-extra.txt` brings both. They are imported when such a file is opened.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.schema import ExplorerError
from explorer.learn.modalities.cells import Limits

Columns = tuple[dict[str, tuple[str, ...]], dict[str, np.ndarray]]
MOST_NUMBERS = 1 << 29  # in all vectors of a file


def objects(path: Path, limits: Limits) -> Columns:
    """Lines of JSON -> columns; a list of numbers in each row is a vector.

    Raises:
        ExplorerError: a line is no object of plain values, or there are too many.
    """
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
        if not isinstance(row, dict) or not all(map(_plain, row.values())):
            raise ExplorerError(f"{path.name}, line {k + 1}, is no object of plain values.")
        rows.append(row)
    titles = tuple(dict.fromkeys(key for row in rows for key in row))
    _few(path, len(rows), len(titles), limits)
    told, vectors = {}, {}
    for title in titles:
        values = [row.get(title) for row in rows]
        if any(isinstance(value, list) for value in values):
            vectors[title] = _vectors(path, title, values)
        else:
            told[title] = tuple(map(cell, values))
    return told, vectors


def parquet(path: Path, limits: Limits) -> Columns:
    """A Parquet file -> columns; its columns of lists are vectors.

    Raises:
        ExplorerError: damaged, too large, or pyarrow isn't installed.
    """
    try:
        import pyarrow as arrow
        from pyarrow import parquet as files
    except ImportError:
        raise ExplorerError(lacking(path, "pyarrow")) from None
    told, vectors = {}, {}
    try:
        with files.ParquetFile(path) as file:
            schema, held = file.schema_arrow, file.metadata
            _few(path, held.num_rows, len(schema), limits)
            if sum(held.row_group(k).total_byte_size for k in range(held.num_row_groups)) > 8 * limits.size:
                raise ExplorerError(f"{path.name} unpacks to more than {8 * limits.size >> 30} gigabytes.")
            for field in schema:
                values = file.read([field.name]).column(0) if field.name else None
                if arrow.types.is_list(field.type) or arrow.types.is_fixed_size_list(field.type):
                    vectors[field.name] = _vectors(path, field.name, values.to_pylist())
                elif not arrow.types.is_nested(field.type) and not arrow.types.is_binary(field.type):
                    told[field.name] = tuple(map(cell, values.to_pylist()))
    except ExplorerError:
        raise
    except Exception:  # a damaged file makes its reader raise whatever it likes
        raise ExplorerError(f"{path.name} is damaged, or no Parquet file.") from None
    return told, vectors


def excel(path: Path, limits: Limits) -> Columns:
    """The first sheet of an Excel file -> columns; formulas by the value that was stored with them.

    Raises:
        ExplorerError: damaged, too large, without a line of titles, or openpyxl isn't installed.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ExplorerError(lacking(path, "openpyxl")) from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        rows = _cells(path, book.worksheets[0].iter_rows(values_only=True), limits)
        book.close()
    except ExplorerError:
        raise
    except Exception:  # a damaged file makes its reader raise whatever it likes
        raise ExplorerError(f"{path.name} is damaged, or no Excel file.") from None
    if len(rows) < 2:
        raise ExplorerError(f"{path.name} has no line of titles with rows below it on its first sheet.")
    head, *rows = rows
    if len(set(head)) < len(head) or "" in head:
        wrong = next(k for k, title in enumerate(head) if not title or title in head[:k])
        raise ExplorerError(f"{path.name}: column {wrong + 1} has no title, or that of another.")
    return dict(zip(head, zip(*rows, strict=True), strict=True)), {}


def _cells(path: Path, rows: Iterable[Sequence[Any]], limits: Limits) -> list[list[str]]:
    """Rows that aren't empty, as text, all as long as the first one."""
    out: list[list[str]] = []
    for row in rows:
        told = [cell(value).strip() for value in row]
        while told and not told[-1] and (not out or len(told) > len(out[0])):
            told.pop()
        if not any(told):
            continue
        out.append(told + [""] * (len(out[0]) - len(told) if out else 0))
        _few(path, len(out), len(told), limits)
        if len(out[-1]) != len(out[0]):
            raise ExplorerError(
                f"{path.name}, row {len(out) - 1}, has {len(out[-1])} cells; its line of titles has {len(out[0])}."
            )
    return out


def cell(value: Any) -> str:
    """A value as a text cell: whole numbers without a fraction, dates by the calendar, nothing as an empty cell."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _vectors(path: Path, title: str, values: Sequence[Any]) -> np.ndarray:
    width = next((len(value) for value in values if isinstance(value, list)), 0)
    if width * len(values) > MOST_NUMBERS:
        raise ExplorerError(f"{path.name}: the vectors in {title[:40]} are too large for this machine.")
    for k, value in enumerate(values):
        if not isinstance(value, list) or len(value) != width:
            held = len(value) if isinstance(value, list) else "no"
            raise ExplorerError(f"{path.name}, row {k + 1}: {title[:40]} has {held} numbers; row 1 has {width}.")
        if not all(isinstance(one, int | float) for one in value):
            raise ExplorerError(f"{path.name}, row {k + 1}: {title[:40]} holds something else than numbers.")
    return np.array(values, np.float32)


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
    return not isinstance(value, dict)


def _few(path: Path, rows: int, columns: int, limits: Limits) -> None:
    if rows > limits.rows or columns > limits.columns:
        raise ExplorerError(
            f"{path.name} has {rows:,} rows and {columns} columns; up to {limits.rows:,} and {limits.columns:,} can be taken."
        )


def lacking(path: Path, package: str) -> str:
    """Why a file can't be read without a package."""
    return f"{path.name} takes the package {package}, which isn't installed: pip install {package}."
