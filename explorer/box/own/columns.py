"""A column of text -> an attribute, or the reason why it is none: categories, numbers, dates, and what looks like a name."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from explorer.box.own.settings import Choice
from explorer.core.schema import Attribute, ExplorerError

MOST_VALUES = 300
FEW = 20  # whole numbers of no more than so many kinds are names, such as the digits
MOSTLY = 0.9  # share of a column that must be numbers for the rest to count as missing
NEW = 0.9  # share of values that occur once, from which a column is a name of its row
MISSING = frozenset({"", "na", "n/a", "nan", "null", "?", "-", "<na>", "#n/a"})
INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "-infinity"})
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ].*)?")
Reader = Callable[[str], float | None]
UNTOLD = Choice()


@dataclass(frozen=True)
class Column:
    """What was understood of one column of n rows.

    Attributes:
        title: as its file has it.
        kind: `category`, `number`, `date`, or what else it seems to be: `name`, `constant`, `empty`, `text`.
        cells: as they were read, n of them.
        numbers: float64 [n], NaN where a cell is no number; None unless the column is of numbers.
        values: names of the categories, in the order of their codes.
        missing: rows without a value.
        odd: sentences.
    """

    title: str
    kind: str
    cells: tuple[str, ...]
    numbers: np.ndarray | None = None
    values: tuple[str, ...] = ()
    missing: int = 0
    odd: tuple[str, ...] = field(default=())

    @property
    def usable(self) -> bool:
        """Can it be an attribute?"""
        return self.kind in ("category", "number", "date")

    @property
    def examples(self) -> str:
        """Its range or its commonest values in words."""
        if self.kind in ("number", "date"):
            return f"{np.nanmin(self.numbers):.6g} to {np.nanmax(self.numbers):.6g}"
        common = Counter(cell for cell in self.cells if not _missing(cell)).most_common(4)
        return ", ".join(f"{name[:24]} ({count})" if self.kind == "category" else name[:24] for name, count in common)

    def attribute(self, taken: set[str], label: str = "") -> tuple[Attribute, np.ndarray]:
        """The attribute and its codes, float32 [n]; its name is unlike those that are `taken`."""
        name, label = slug(self.title, taken), label or shown(self.title)
        if self.kind == "category":
            index = {value: k for k, value in enumerate(self.values)}
            codes = [index.get(shown(cell), -1) if not _missing(cell) else -1 for cell in self.cells]
            return Attribute(name=name, label=label, values=self.values), np.array(codes, np.float32)
        low, high = float(np.nanmin(self.numbers)), float(np.nanmax(self.numbers))
        unit = "year" if self.kind == "date" else ""
        attribute = Attribute(name=name, label=label, kind="continuous", low=low, high=high, unit=unit)
        return attribute, self.numbers.astype(np.float32).clip(np.float32(low), np.float32(high))


def column(title: str, cells: Sequence[str], number: Reader, choice: Choice = UNTOLD) -> Column:
    """What a column seems to be, or what a person says that it is.

    Args:
        title: of the column.
        cells: one for each row.
        number: reads one cell as its file writes numbers.
        choice: a person's.

    Raises:
        ExplorerError: it isn't what the person says.
    """
    cells = tuple(cells)
    filled = [cell for cell in cells if not _missing(cell)]
    if not filled:
        return Column(title, "empty", cells, missing=len(cells))
    numbers, kind, bad = _numbers(cells, number)
    share = 1 - len(bad) / len(filled)
    if choice.kind == "number" and bad:
        raise ExplorerError(f"The column {title} is no number in row {bad[0] + 1}, which says {cells[bad[0]][:40]!r}.")
    if choice.kind != "category" and (share == 1 or (share >= MOSTLY and len(filled) >= FEW)):
        odd = _odd_numbers(title, cells, bad)
        if (found := _of_numbers(Column(title, kind, cells, numbers, odd=odd), choice)) is not None:
            return found
        return _of_names(title, cells, filled, choice, numeric=True)
    return _of_names(title, cells, filled, choice, numeric=False)


def _odd_numbers(title: str, cells: tuple[str, ...], bad: list[int]) -> tuple[str, ...]:
    if not bad:
        return ()
    what = "isn't finite" if cells[bad[0]].strip().lower() in INFINITE else "is no number"
    return (f"{title}: row {bad[0] + 1} says {cells[bad[0]][:24]!r}, which {what}; it counts as missing.",)


def _of_numbers(told: Column, choice: Choice) -> Column | None:
    """A column of numbers; None where they are names, such as the digits."""
    numbers = told.numbers[~np.isnan(told.numbers)]
    whole, kinds = bool((numbers == np.rint(numbers)).all()), len(np.unique(numbers))
    kind = told.kind
    if kinds < 2:
        kind = "constant"
    elif choice.kind is None and kind == "number" and whole and kinds <= FEW and kinds < len(numbers) / 2:
        return None
    elif choice.kind is None and whole and kinds == len(numbers) == len(told.cells) and _counts(numbers):
        kind = "name"
    return replace(told, kind=kind, missing=len(told.cells) - len(numbers))


def _of_names(title: str, cells: tuple[str, ...], filled: list[str], choice: Choice, *, numeric: bool) -> Column:
    """A column of categories, or the reason why it is none."""
    names, missing = Counter(map(shown, filled)), len(cells) - len(filled)
    if choice.kind == "category" and len(names) > MOST_VALUES:
        raise ExplorerError(f"The column {title} has {len(names):,} values; up to {MOST_VALUES} can be taken.")
    kind = "constant" if len(names) < 2 else "text" if len(names) > MOST_VALUES else "category"
    if choice.kind is None and len(names) > max(FEW, NEW * len(filled)):
        kind = "name"
    if kind != "category":
        return Column(title, kind, cells, missing=missing)
    odd = [f"{title}: its {len(names)} whole numbers are taken as names."] if numeric else []
    if alike := len(names) - len({name.casefold() for name in names}):
        odd.append(f"{title}: {alike} of its values differ from others in capital letters alone.")
    rare = sum(count == 1 for count in names.values())
    if rare > len(names) / 2:
        odd.append(f"{title}: {rare} of its {len(names)} values occur once.")
    values = tuple(sorted(names, key=_natural))
    return Column(title, "category", cells, values=values, missing=missing, odd=tuple(odd))


def shown(text: str) -> str:
    """Text as a label: one line, without control characters, of 80 characters at most."""
    plain = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    return " ".join(plain.split())[:80] or "(blank)"


def slug(title: str, taken: set[str]) -> str:
    """A title as a name in lower case that no other has; `taken` learns it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:56] or "attribute"
    name, k = base, 2
    while name in taken:
        name, k = f"{base}-{k}", k + 1
    taken.add(name)
    return name


def _numbers(cells: Sequence[str], number: Reader) -> tuple[np.ndarray, str, list[int]]:
    """Cells -> numbers float64 [n], whether they are dates, and the rows that are neither numbers nor missing."""
    dated = sum(_date(cell) is not None for cell in cells)
    kind = "date" if dated > len(cells) / 2 else "number"
    out, bad = np.full(len(cells), np.nan), []
    for k, cell in enumerate(cells):
        found = _date(cell) if kind == "date" else number(cell)
        if found is None and kind == "number" and THOUSANDS.fullmatch(cell):
            found = float(cell.replace(",", ""))
        if found is not None and math.isfinite(found) and abs(found) < 1e30:
            out[k] = found
        elif not _missing(cell) and cell.strip().lower() != "none":
            bad.append(k)
    return out, kind, bad


def _date(cell: str) -> float | None:
    """`2024-07-02` -> 2024.5: the year and the part of it that is over."""
    found = DATE.fullmatch(cell.strip())
    try:
        day = date(*map(int, found.groups()[:3])) if found else None
    except ValueError:
        return None
    return day and day.year + (day.timetuple().tm_yday - 1) / 365.25


def _missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


def _counts(told: np.ndarray) -> bool:
    """Are these numbers of rows: each once, without gaps, from 0 or 1 or in order?"""
    whole = told.max() - told.min() == len(told) - 1
    return bool(whole and (told.min() in (0, 1) or (np.diff(told) == 1).all()))


def _natural(text: str) -> tuple:
    """`class 10` after `class 9`."""
    parts = re.split(r"(\d+)", text.casefold())
    return (*((int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in parts), (-2, text))
