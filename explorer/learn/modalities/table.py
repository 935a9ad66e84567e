"""Tables: one row is one item, a person with covariates; from a CSV, or from a form's JSON, to float32 [columns] in [0, 1].

A column is a share of its range, in a straight line or by its logarithm where a few rows are many times as large as the
others. A file comes from a stranger, see `cells.py`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field, FiniteFloat, model_validator
from torch import Tensor

from explorer.core import nodes
from explorer.core.registry import register
from explorer.core.schema import Frozen
from explorer.learn.modalities import plot
from explorer.learn.modalities.base import Modality, bounded, fault
from explorer.learn.modalities.cells import MAX_COLUMNS, read

MAX_TEXT = 80  # characters of a value in a form


class Column(Frozen):
    """One column.

    Args:
        label, unit: what a person reads.
        kind: `number`, `count` (whole), `flag` (no or yes) or `choice` (of `values`).
        low, high: values that become 0 and 1; of a choice its first and its last.
        values: names of the choices.
        scale: `log` shares are of log(1 + value - low).
        usual: stands in where a row lacks the column; without it the column must be there.
    """

    label: str
    unit: str = ""
    kind: Literal["number", "count", "flag", "choice"] = "number"
    low: FiniteFloat = 0.0
    high: FiniteFloat = 1.0
    values: tuple[str, ...] = Field(default=(), max_length=256)
    scale: Literal["linear", "log"] = "linear"
    usual: FiniteFloat | None = None

    @model_validator(mode="before")
    @classmethod
    def _range(cls, given: Any) -> Any:
        """The range of a choice or a flag follows from its values."""
        if isinstance(given, dict) and given.get("kind") in ("flag", "choice"):
            values = tuple(given.get("values") or (("no", "yes") if given["kind"] == "flag" else ()))
            return {**given, "values": values, "low": 0.0, "high": float(len(values) - 1)}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        if not self.low < self.high:
            raise ValueError(f"the column {self.label} has an empty range, or fewer than two values")
        return self

    @property
    def title(self) -> str:
        """`Age, years`."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def whole(self) -> bool:
        """Does it take whole numbers alone?"""
        return self.kind != "number"

    def share(self, value: float) -> float:
        """A value -> its share of the range; outside of it below 0 or above 1."""
        if self.scale == "linear":
            return (value - self.low) / (self.high - self.low)
        return float(np.sign(value - self.low) * np.log1p(abs(value - self.low)) / np.log1p(self.high - self.low))

    def value(self, share: float) -> float:
        """The inverse of `share`; whole where the column is."""
        span = self.high - self.low
        value = self.low + (share * span if self.scale == "linear" else float(np.expm1(share * np.log1p(span))))
        return float(round(value)) if self.whole else value

    def words(self, value: float) -> str:
        """A value as a person reads it: `54 years`, `yes`."""
        if self.values:
            return self.values[int(np.clip(round(value - self.low), 0, len(self.values) - 1))]
        text = plot.label(value if self.whole else float(f"{value:.3g}"))
        return f"{text} {self.unit}" if self.unit else text


@register("modalities", "table")
class Table(Modality):
    """Rows of one table.

    Args:
        columns: one dict for each, see `Column`; those that aren't named are plain shares from 0 to 1.
    """

    noun = "row"
    accept = ".csv,text/csv,.json,application/json"
    suffix = "csv"
    media = "text/csv; charset=utf-8"
    view = "table"

    def __init__(self, columns: Sequence[dict] = ()) -> None:
        self._columns = tuple(Column.model_validate(column) for column in columns)

    def columns(self, count: int) -> tuple[Column, ...]:
        """The first `count` columns, with plain ones for those that have no name."""
        more = (Column(label=f"Column {k + 1}") for k in range(len(self._columns), count))
        return (*self._columns[:count], *more)

    def open(self, raw: bytes | str | Path) -> dict[str, float | str]:
        """A CSV file with a head (or its path), of which the first row counts, or a form's JSON object -> value by title.

        Raises:
            ExplorerError: neither of them, or a head without a row.
        """
        if isinstance(raw, bytes) and raw.lstrip()[:1] == b"{":
            return _form(bounded(raw, self.noun))
        cells = read(raw, self.noun)
        head, *rows = [row for row in cells.rows if row]
        if not rows or len(rows[0]) != len(head):
            raise fault("This file needs a line with the names of its columns, and a line with as many values.")
        values = ((cell, cells.number(cell)) for cell in rows[0])
        return {
            name: cell if number is None else number for name, (cell, number) in zip(head, values, strict=True) if cell
        }

    def fit(self, item: Mapping[str, float | str], shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """Values by title or label, shape (columns,) -> float32 [columns] in [0, 1], and what was changed or None.

        Raises:
            ExplorerError: a column is missing that has no usual value, or a value isn't one of the column's.
        """
        own = {name.casefold(): value for name, value in item.items()}
        columns, shares = self.columns(shape[0]), []
        filled, cut = [], []
        for column in columns:
            found = own.get(column.title.casefold(), own.get(column.label.casefold()))
            if found is None and column.usual is None:
                raise fault(f"This row has no column named {column.label}.")
            share = column.share(column.usual if found is None else _number(column, found))
            if found is None:
                filled.append(column.label)
            if not -1e-6 <= share <= 1 + 1e-6:
                cut.append(column.label)
            shares.append(float(np.clip(share, 0, 1)))
        notes = [f"{_listed(filled)} took the usual value"] if filled else []
        notes += [f"{_listed(cut)} went to the end of the range"] if cut else []
        return torch.tensor(shares, dtype=torch.float32), f"To suit the model {' and '.join(notes)}." if notes else None

    def form(self, count: int, x: Tensor | None = None) -> list[dict[str, Any]]:
        """What a person fills in, one entry for each column: `label`, `unit`, `kind`, `values`, `low`, `high`, `value`.

        Args:
            count: of columns.
            x: [count], whose values stand there; the usual ones, or the middle of the range, where none is given.
        """
        entries = []
        for k, column in enumerate(self.columns(count)):
            value = (
                column.usual
                if x is None and column.usual is not None
                else column.value(0.5 if x is None else float(x[k]))
            )
            entries.append(
                column.model_dump(include={"label", "unit", "kind", "values", "low", "high"}) | {"value": value}
            )
        return entries

    def rows(self, x: Tensor) -> list[tuple[str, str]]:
        """x [columns] in [0, 1] -> each column's label and its value in words."""
        shares = self.show(x)[0].tolist()
        return [(c.label, c.words(c.value(s))) for c, s in zip(self.columns(len(x)), shares, strict=True)]

    def values(self, x: Tensor) -> np.ndarray:
        """x [..., columns] in [0, 1] -> values in the columns' units, float64 of the same shape; choices by number."""
        columns = self.columns(x.shape[-1])
        rows = [[c.value(s) for c, s in zip(columns, row, strict=True)] for row in x.reshape(-1, len(columns)).tolist()]
        return np.array(rows, dtype=np.float64).reshape(x.shape)

    def show(self, x: Tensor) -> np.ndarray:
        """x [columns] in [0, 1] -> float32 [1, columns]; out of range is clipped, not a number is 0."""
        return torch.nan_to_num(x.detach(), nan=0.0).clamp(0, 1).cpu().numpy()[None]

    def difference(self, a: Tensor, b: Tensor) -> np.ndarray:
        """Both, one over the other, float32 [2, columns]."""
        return np.concatenate([self.show(a), self.show(b)])

    def data_url(self, shown: np.ndarray) -> str:
        """float32 [K, columns] -> bars as an SVG; the last of K is in colour."""
        return plot.data_url(_bars(shown))

    def node(self, x: Sequence[Tensor]) -> nodes.Table:
        """See `Modality.node`: a line for each column with its value in units; of several items a value for each."""
        rows = zip(*([value for _, value in self.rows(one)] for one in x), strict=True)
        names = [column.label for column in self.columns(len(x[0]))]
        heads = ("value",) if len(x) == 1 else ("before", "after")
        return nodes.Table(
            label=self.noun, columns=("", *heads), rows=tuple((n, *r) for n, r in zip(names, rows, strict=True))
        )

    def picture(self, shown: np.ndarray) -> np.ndarray:
        """float32 [K, columns] -> bars as pixels, uint8 [192, 256, 3]."""
        return _raster(shown[-1], 256, 192)

    def thumbs(self, x: Tensor, size: int) -> np.ndarray:
        """x [N, columns] -> bars uint8 [N, size, size, 3]."""
        return np.stack([_raster(self.show(one)[0], size, size) for one in x])

    def write(self, x: Tensor) -> bytes:
        """x [columns] -> CSV: a line of names with units, and a line of values."""
        columns, out = self.columns(len(x)), io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.title for column in columns])
        values = self.values(x).tolist()
        writer.writerow(
            column.words(value) if column.values else f"{value:.9g}"
            for column, value in zip(columns, values, strict=True)
        )
        return out.getvalue().encode()


def _form(raw: bytes) -> dict[str, float | str]:
    """A JSON object of plain values -> the same, checked."""
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError):
        raise fault("This form can't be read.") from None
    plain = all(
        (isinstance(value, str) and len(value) <= MAX_TEXT)
        or (isinstance(value, int | float) and abs(value) < 1e30)  # false for what isn't a number
        for value in given.values()
    )
    if not plain or len(given) > MAX_COLUMNS:
        raise fault("This form takes one number or one short text for each column.")
    return {name: float(value) if isinstance(value, int | float) else value for name, value in given.items()}


def _number(column: Column, value: float | str) -> float:
    """What a cell says, in the column's units."""
    if isinstance(value, str):
        names = [name.casefold() for name in column.values]
        if value.casefold() not in names:
            expected = f"one of {', '.join(column.values)}" if column.values else "a number"
            raise fault(f"{column.label} takes {expected[:80]}, not {value[:24]!r}.")
        return column.low + names.index(value.casefold())
    if column.whole and value != round(value):
        raise fault(f"{column.label} takes whole numbers, not {value:g}.")
    if column.values and not column.low <= value <= column.high:
        raise fault(f"{column.label} takes {column.low:g} to {column.high:g}, not {value:g}.")
    return value


def _listed(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


def _bars(shown: np.ndarray) -> str:
    """Shares [K, columns] -> a square SVG of bars, one below the other; of K the last is in colour, the others grey."""
    step = (plot.SIDE - 12) / shown.shape[1]
    parts = []
    for j, row in enumerate(shown):
        last = j == len(shown) - 1
        for k, share in enumerate(row):
            y, end = 6 + (k + 0.5) * step, 6 + max(float(share), 0.01) * (plot.SIDE - 12)
            style = f"stroke-width:{max(1.0, (0.7 if last else 0.35) * step):.1f}"
            parts.append(f'<path class="{"c0" if last else "old"}" style="{style}" d="M6 {y:.1f}H{end:.1f}"/>')
    return plot.svg(plot.SIDE, plot.SIDE, "".join(parts))


def _raster(shares: np.ndarray, width: int, height: int) -> np.ndarray:
    """Shares [columns] -> bars on white, uint8 [height, width, 3]."""
    pixels = np.full((height, width, 3), plot.PAPER, np.uint8)
    edges = np.linspace(1, height - 1, len(shares) + 1)
    for k, share in enumerate(shares):
        top, bottom = round(edges[k]), max(round(edges[k]) + 1, round(edges[k + 1]) - (height > 4 * len(shares)))
        pixels[top:bottom, 1 : 1 + max(1, round(float(share) * (width - 2)))] = tuple(bytes.fromhex(plot.DAY[0][1:]))
    return pixels
