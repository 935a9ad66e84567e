"""A table -> items: its numbers or a text are what an item is, its other columns are attributes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.box.own import arrays, series, texts
from explorer.box.own.columns import Column, column, shown
from explorer.box.own.found import Found, Read, enough, sample, sampled
from explorer.box.own.settings import Choice, Settings
from explorer.box.own.sheets import Sheet, sheet
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.cells import MAX_COLUMNS

ASKED = ("target", "label", "class", "y", "outcome", "group", "species", "category")  # titles of what is asked of a row
LARGEST = 1e5  # a number that is told without a multiple, such as thousands
SKEWED = 20  # range over median, from which a column is told by its logarithm
MULTIPLES = ((1e3, "thousand"), (1e6, "million"), (1e9, "billion"), (1e12, "trillion"))


def table(path: Path, settings: Settings) -> Found:
    """Read a table whose rows are the items.

    Raises:
        ExplorerError: no table, too few rows, or fewer than two columns of numbers.
    """
    whole = sheet(path)
    if whole.vectors and settings.kind in (None, "vectors", "series"):
        return _of_vectors(whole, settings)
    if settings.kind in (None, "series"):
        if (found := series.long(whole, settings) or series.wide(whole, settings)) is not None:
            return found
        if settings.kind:
            raise ExplorerError(
                f"{path.name} holds no series: no column names them and tells a time, and none are readings."
            )
    enough(path, len(whole), "rows")
    rows = sample(len(whole), settings)
    odd = sampled(len(rows), len(whole), "rows")
    columns = []
    for title in whole.titles:
        choice = settings.choice(title)
        if choice.use == "item" and settings.kind != "texts":
            choice = choice.model_copy(update={"kind": "number"})
        elif choice.use is None and choice.kind is None and title.casefold() in ASKED:
            choice = Choice(use="attribute")
        cells = [whole.columns[title][k] for k in rows]
        columns.append((column(title, cells, whole.number, choice), choice))
    inner = [one for one, choice in columns if _of_item(one, choice)]
    text = _text([one for one, _ in columns], settings)
    if settings.kind == "texts" or (text and settings.kind is None and len(inner) < 2):
        return _of_texts(path, [one for one, _ in columns], text, settings, odd)
    if text:
        odd.append(f'{shown(text.title)} holds texts; `kind = "texts"` in the file below makes them the items.')
    if len(inner) < 2:
        raise ExplorerError(
            f"{path.name} has {len(inner) or 'no'} column{'s' if len(inner) != 1 else ''} of numbers; a map takes two or more."
        )
    outer = tuple(one for one, choice in columns if not _of_item(one, choice))
    x, told, more = _shares(inner)
    chosen = {one.title: Choice(use="item") for one in inner} | settings.columns
    ids = series.names(outer) or tuple(str(k + 1) for k in rows)
    read = Read(path, ids, outer, settings, (*odd, *more)).but(columns=chosen, kind="rows")
    if len(inner) <= MAX_COLUMNS:
        return Found.of(read, "rows", x, modality="table", inner=inner, columns=told)
    read = read.but(f"{len(inner)} columns are too many for a table on the page: an item is drawn as a line over them.")
    line = {"channels": [{"label": "share of its range"}], "time": "column", "start": 1.0}
    return Found.of(read, "rows", x[:, None], modality="series", inner=inner, **line)


def _of_vectors(whole: Sheet, settings: Settings) -> Found:
    """A table one of whose columns holds a list of numbers in each row."""
    title = max(whole.vectors, key=lambda one: whole.vectors[one].shape[1])
    enough(whole.path, len(whole), "rows")
    odd = [
        f"{shown(one)} isn't used; the items are the vectors in {shown(title)}."
        for one in whole.vectors
        if one != title
    ]
    columns = [column(one, cells, whole.number) for one, cells in whole.columns.items()]
    what = f"{whole.path.name}: {title}"
    return arrays.of(what, whole.vectors[title], Read(whole.path, (), columns, settings, odd), "rows")


def _text(columns: list[Column], settings: Settings) -> Column | None:
    """The column of texts that a person chose, or that looks like one."""
    chosen = [one for one in columns if one.kind != "number" and settings.choice(one.title).use == "item"]
    return chosen[0] if chosen else texts.column([one for one in columns if settings.choice(one.title).use is None])


def _of_texts(path: Path, columns: list[Column], text: Column | None, settings: Settings, odd: list[str]) -> Found:
    """A table one of whose columns holds a text in each row; the others may be attributes."""
    if text is None:
        raise ExplorerError(f"{path.name} holds no texts: no column has some words of its own in nearly every row.")
    others = tuple(one for one in columns if one is not text)
    chosen = {text.title: Choice(use="item")} | settings.columns
    ids = series.names(others) or tuple(str(k + 1) for k in range(len(text.cells)))
    return texts.of(text.cells, Read(path, ids, others, settings, odd).but(columns=chosen), (text,))


def _of_item(one: Column, choice: Choice) -> bool:
    return choice.use == "item" or (choice.use is None and choice.kind is None and one.kind == "number")


def _shares(inner: list[Column]) -> tuple[np.ndarray, list[dict], list[str]]:
    """Columns of numbers -> shares of their ranges float32 [n, columns], what a person reads of each, and what was done."""
    x, told, odd = [], [], []
    for one in inner:
        values = one.numbers.copy()
        usual = float(np.nanmedian(values))
        if gaps := int(np.isnan(values).sum()):
            values[np.isnan(values)] = usual
            odd += [*one.odd, f"{shown(one.title)}: {gaps:,} missing values took the median, {usual:g}."]
        largest = float(np.abs(values).max())
        times, unit = next(((m, name) for m, name in MULTIPLES if largest / m <= LARGEST), MULTIPLES[-1])
        if largest > LARGEST:
            values, usual = values / times, usual / times
        low, high = float(values.min()), float(values.max())
        scale = "log" if low >= 0 and high - low > SKEWED * max(usual - low, 1e-9) and high - low > SKEWED else "linear"
        if scale == "log":
            odd.append(f"{shown(one.title)} is told by its logarithm: a few values are many times the usual one.")
        whole = largest <= LARGEST and bool((values == np.rint(values)).all())
        share = np.log1p(values - low) / np.log1p(high - low) if scale == "log" else (values - low) / (high - low)
        x.append(share)
        entry = {"label": shown(one.title)[:24], "low": low, "high": high, "usual": usual}
        entry |= {"scale": "log"} if scale == "log" else {}
        entry |= {"kind": "count"} if whole else {}
        told.append(entry | ({"unit": unit} if largest > LARGEST else {}))
    return np.stack(x, 1).astype(np.float32), told, odd
