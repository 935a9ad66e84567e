"""Series -> items float32 [n, channels, readings]: from an array N x T x C, a wide table, or a long one.

| file | when it is read as series |
| --- | --- |
| array N x T x C | named so (`series`, `signals`), or up to 8 channels and more readings than channels |
| wide table | 16 columns or more whose titles are numbers in even steps (`0`, `1`, ...; `t0`, `t1`, ...) |
| long table | a column that names the series (`id`, `unit`) and one of times (`time`, `cycle`) that rises within each |

`kind = "series"` in the file of guesses says that it is one.

Series of one clock keep it, up to 256 readings. Others are stretched: each from its own first reading to its last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from explorer.box.own.columns import Column, column, shown
from explorer.box.own.found import Found, Read, enough, sample, sampled
from explorer.box.own.settings import Settings
from explorer.box.own.sheets import Sheet
from explorer.core.schema import ExplorerError

NAMES = ("series", "signals", "curves", "timeseries", "time_series")
IDS = frozenset(
    ("id", "series", "unit", "engine", "subject", "item", "sample", "patient", "device", "run", "trial", "curve", "name",
     "key", "unit_id", "series_id")
)  # fmt: skip
TIMES = frozenset(
    ("time", "t", "cycle", "step", "day", "hour", "minute", "second", "s", "ms", "frame", "timestamp", "date", "index",
     "week", "month", "year")
)  # fmt: skip
TITLE = re.compile(r"(.*?)[_ ]?([+-]?\d+(?:\.\d+)?)")
WIDE, USUAL = 16, 8  # readings from which columns, or rows of one name, are series
MOST_READINGS, MOST_CHANNELS = 256, 16
LEAST_READINGS = 16
GAPS = 0.5  # share of a channel's readings that may be missing


def is_array(name: str, x: np.ndarray, settings: Settings) -> bool:
    """Is an array N x T x C one of series?"""
    if settings.kind:
        return settings.kind == "series" and x.ndim in (2, 3)
    return x.ndim == 3 and (name in NAMES or (x.shape[2] <= 8 < x.shape[1] and x.shape[1] > 2 * x.shape[2]))


def array(read: Read, x: np.ndarray) -> Found:
    """Series of an array [n, T] or [n, T, C] of finite numbers, with what was read of them."""
    values = (x[..., None] if x.ndim == 2 else x).transpose(0, 2, 1).astype(np.float64)
    labels = [f"channel {k + 1}" for k in range(values.shape[1])] if values.shape[1] > 1 else ["value"]
    times = np.arange(values.shape[2], dtype=float)
    return clocked(read, list(values), [times] * len(values), ("reading", labels))


def wide(table: Sheet, settings: Settings) -> Found | None:
    """A table whose columns are readings; None where it is none."""
    titles, times, label = _readings(table, settings)
    if len(titles) < (2 if settings.kind == "series" else WIDE):
        return None
    enough(table.path, len(table), "series")
    odd, rows = _taken(len(table), settings)
    values = np.full((len(rows), 1, len(titles)), np.nan)
    for k, title in enumerate(titles):
        cells = table.columns[title]
        values[:, 0, k] = [_number(table, cells[row]) for row in rows]
    rest = [
        column(title, [table.columns[title][k] for k in rows], table.number, settings.choice(title))
        for title in table.titles
        if title not in titles
    ]
    read = Read(table.path, names(rest) or tuple(str(k + 1) for k in rows), rest, settings, odd)
    return clocked(read, list(values), [times] * len(rows), (label, ["value"]))


def long(table: Sheet, settings: Settings) -> Found | None:
    """A table with a row for each reading; None where it is none.

    Raises:
        ExplorerError: a person says that it is one, and a column isn't there, or two readings have one time.
    """
    keys = _keys(table, settings)
    if keys is None:
        return None
    key, time = keys
    clock = np.array([_number(table, cell) for cell in table.columns[time]])
    groups = _groups(table, key, time, clock, strict=settings.series is not None)
    if not groups or (settings.series is None and len(table) < USUAL * len(groups)):
        return None
    enough(table.path, len(groups), "series")
    odd, taken = _taken(len(groups), settings)
    ids = tuple(list(groups)[k] for k in taken)
    rows = [groups[name] for name in ids]
    channels, fixed = [], []
    for title in table.titles:
        cells, choice = table.columns[title], settings.choice(title)
        if title in (key, time):
            continue
        if all(len({cells[k] for k in one}) == 1 for one in rows):
            fixed.append(column(title, [cells[one[0]] for one in rows], table.number, choice))
        elif choice.use != "leave out":
            read = np.array([_number(table, cell) for cell in cells])
            if np.isnan(read).mean() <= GAPS:
                channels.append((title, read))
            else:
                odd.append(f"{shown(title)} is left out: it changes within a series and is no number.")
    if not channels:
        raise ExplorerError(f"{table.path.name} has no column of numbers that changes within a series.")
    if len({len(one) for one in rows}) > 1:
        fixed.append(column("readings", [str(len(one)) for one in rows], float, settings.choice("readings")))
    values = [np.stack([read[one] for _, read in channels]) for one in rows]
    labels = [shown(title)[:24] for title, _ in channels]
    read = Read(table.path, ids, fixed, settings.model_copy(update={"series": key, "time": time}), odd)
    return clocked(read, values, [clock[one] for one in rows], (shown(time)[:24], labels))


def _groups(table: Sheet, key: str, time: str, clock: np.ndarray, *, strict: bool) -> dict[str, np.ndarray]:
    """Rows of each series by its name, in the order of their times; none where two have the same time."""
    starts: dict[str, list[int]] = {}
    for k, name in enumerate(table.columns[key]):
        starts.setdefault(name, []).append(k)
    groups = {name: np.array(rows)[np.argsort(clock[rows], kind="stable")] for name, rows in starts.items()}
    for name, rows in groups.items():
        if not np.isfinite(clock[rows]).all() or (np.diff(clock[rows]) <= 0).any():
            if strict:
                raise ExplorerError(f"{table.path.name}: {time} doesn't rise from reading to reading of {name[:40]}.")
            return {}
    return groups


def names(columns: Sequence[Column]) -> tuple[str, ...]:
    """The owner's names of the rows: the first column with another value in each; none where there is none."""
    for one in columns:
        if one.kind == "name" and not one.missing and len(set(one.cells)) == len(one.cells):
            return tuple(cell[:80] for cell in one.cells)
    return ()


def _taken(count: int, settings: Settings) -> tuple[list[str], np.ndarray]:
    rows = sample(count, settings)
    return sampled(len(rows), count, "series"), rows


def _readings(table: Sheet, settings: Settings) -> tuple[tuple[str, ...], np.ndarray, str]:
    """Titles of the columns that are readings, their times, and what the clock is called."""
    groups: dict[str, list[tuple[str, float]]] = {}
    for title in table.titles:
        if (found := TITLE.fullmatch(title)) and settings.choice(title).use in (None, "item"):
            groups.setdefault(found.group(1).casefold(), []).append((title, float(found.group(2))))
    for prefix, held in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        times = np.array([time for _, time in held])
        steps = np.diff(times)
        even = len(times) > 1 and steps.min() > 0 and np.ptp(steps) < 1e-6 * max(1.0, abs(times[-1]))
        if even and (prefix in TIMES or not prefix or settings.kind == "series"):
            return tuple(title for title, _ in held), times, prefix if len(prefix) > 1 else "reading"
    if settings.kind != "series":
        return (), np.zeros(0), ""
    titles = [
        title
        for title in table.titles
        if settings.choice(title).use in (None, "item")
        and column(title, table.columns[title], table.number).kind == "number"
    ]
    return tuple(titles), np.arange(len(titles), dtype=float), "reading"


def _keys(table: Sheet, settings: Settings) -> tuple[str, str] | None:
    """The columns that name a series and tell its time."""
    for said in (settings.series, settings.time):
        if said is not None and said not in table.titles:
            raise ExplorerError(f"{table.path.name} has no column {said!r}.")
    find = lambda known: next((title for title in table.titles if title.casefold() in known), None)  # noqa: E731
    key = settings.series or find(IDS)
    time = settings.time or find(TIMES - {key.casefold()} if key else TIMES)
    return (key, time) if key and time and settings.kind in (None, "series") else None


def _number(table: Sheet, cell: str) -> float:
    value = table.number(cell)
    return np.nan if value is None or abs(value) > 1e30 else value


def clocked(read: Read, values: list[np.ndarray], times: list[np.ndarray], told: tuple[str, list[str]]) -> Found:
    """Series at times of their own -> items on one clock, in shares of each channel's range.

    Args:
        read: names, columns, settings, sentences.
        values: of each series float64 [C, T_k]; NaN where a reading is missing.
        times: of each series float64 [T_k], rising.
        told: what the clock is called, and each channel.

    Raises:
        ExplorerError: all readings are the same.
    """
    odd: list[str] = []
    label, labels = told
    same = all(len(one) == len(times[0]) and np.allclose(one, times[0]) for one in times)
    longest, usual = max(map(len, times)), int(np.median([len(one) for one in times]))
    count = min(MOST_READINGS, longest if same else max(LEAST_READINGS, usual))
    even = same and longest <= MOST_READINGS and np.ptp(np.diff(times[0])) < 1e-6 * max(1.0, abs(times[0][-1]))
    x = np.full((len(values), len(labels), count), np.nan)
    gaps = 0
    for k, (rows, at) in enumerate(zip(values, times, strict=True)):
        clock = at if even else np.linspace(at[0], at[-1], count)
        for j, row in enumerate(rows):
            there = np.isfinite(row)
            gaps += len(row) - int(there.sum())
            if there.any():
                x[k, j] = np.interp(clock, at[there], row[there])
    if gaps:
        odd.append(f"{gaps:,} missing readings were filled in from those around them.")
    if not same:
        lengths = sorted(map(len, times))
        span = f"{lengths[0]:,} to {lengths[-1]:,}" if lengths[0] < lengths[-1] else f"{lengths[0]:,}"
        odd.append(f"The series have clocks of their own ({span} readings); each is stretched to {count}.")
    elif not even:
        odd.append(f"{longest:,} readings were resampled to {count}.")
    low, high = np.nanmin(x, axis=(0, 2)), np.nanmax(x, axis=(0, 2))
    kept = [k for k in range(len(labels)) if high[k] - low[k] > 1e-12 * max(1.0, abs(high[k]))]
    if flat := [labels[k] for k in range(len(labels)) if k not in kept]:
        odd.append(f"{', '.join(flat[:6])}{' and more' if len(flat) > 6 else ''} never change and are left out.")
    if not kept:
        raise ExplorerError(f"All readings in {read.path.name} are the same.")
    if len(kept) > MOST_CHANNELS:
        odd.append(f"The first {MOST_CHANNELS} of {len(kept)} channels are taken.")
        kept = kept[:MOST_CHANNELS]
    x, low, high = x[:, kept], low[kept], high[kept]
    empty = np.isnan(x).any(2)
    if empty.any():
        k = int(np.argwhere(empty)[0][0])
        odd.append(
            f"{int(empty.sum()):,} channels of a series have no reading, the first of {read.ids[k][:40]}; the mean stands in."
        )
        x = np.where(np.isnan(x), np.nanmean(x, axis=(0, 2))[None, :, None], x)
    x = ((x - low[:, None]) / (high - low)[:, None]).astype(np.float32)
    channels = [
        {"label": labels[k], "low": float(a), "high": float(b)} for k, a, b in zip(kept, low, high, strict=True)
    ]
    start, step = (times[0][0], times[0][1] - times[0][0]) if even and count > 1 else (0.0, 1 / max(1, count - 1))
    if same and not even:
        start, step = times[0][0], (times[0][-1] - times[0][0]) / (count - 1)
    clock = {"time": label if same else f"share of its {label}", "start": float(start), "step": float(step)}
    return Found.of(read.but(*odd, kind="series"), "series", x, modality="series", channels=channels, **clock)
