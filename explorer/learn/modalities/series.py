"""Series: readings of a few channels on one clock, from a person's CSV to float32 [C, T] in [0, 1] and to line plots.

A table comes from a stranger, so it is bounded (bytes, rows, columns) and every number of it is looked at. Drawings are SVG
whose colours follow the page's light or dark; where pixels are asked for (thumbnails, PNG), Pillow draws the same lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.core.nodes import Figure
from explorer.core.registry import register
from explorer.learn.modalities import plot
from explorer.learn.modalities.axes import Channel, Clock
from explorer.learn.modalities.base import Modality, fault
from explorer.learn.modalities.cells import Cells, read


@dataclass(frozen=True)
class Table:
    """A person's CSV: names of its columns (empty where it has none) and its numbers float64 [rows, columns].

    A row that is empty in the file is one of NaN: a reading that is missing has its time, too.
    """

    names: tuple[str, ...]
    values: np.ndarray


@register("modalities", "series")
class Series(Modality):
    """Line plots of one channel or several.

    Args:
        channels: one dict for each channel, see `Channel`; channels that aren't named are plain shares from 0 to 1.
        time, start, step: see `Clock`.
    """

    noun = "series"
    accept = ".csv,text/csv"
    suffix = "csv"
    media = "text/csv; charset=utf-8"
    view = "chart"

    def __init__(
        self, channels: Sequence[dict] = (), time: str = "reading", start: float = 0.0, step: float = 1.0
    ) -> None:
        self._channels = tuple(Channel.model_validate(channel) for channel in channels)
        self.clock = Clock(label=time, start=start, step=step)

    def channels(self, count: int) -> tuple[Channel, ...]:
        """The first `count` channels, with plain ones for those that have no name."""
        more = (Channel(label=f"Channel {k + 1}") for k in range(len(self._channels), count))
        return (*self._channels[:count], *more)

    def open(self, raw: bytes | str | Path) -> Table:
        """The bytes of a CSV file (or its path) -> a table of numbers, with or without a head; see `cells.read`.

        Raises:
            ExplorerError: not a table of numbers, a number that is missing or not finite, or too large a table.
        """
        cells = read(raw, self.noun)
        rows = list(cells.rows)
        first = next(k for k, row in enumerate(rows) if row)
        head = all(cells.number(cell) is None for cell in rows[first])
        names = tuple(cell[:80] for cell in rows[first]) if head else ()
        first += head
        while first < len(rows) and not rows[first]:  # nothing was read before the first reading
            first += 1
        return Table(names, _numbers(cells, first))

    def fit(self, item: Table, shape: Sequence[int]) -> tuple[Tensor, str | None]:
        """A table, shape (C, T) -> float32 [C, T] in [0, 1], and a sentence on what was changed or None.

        Columns are found by the channels' names, or taken in order; one column more than the channels, rising from row to
        row, is the clock. With a clock the readings are interpolated at the model's own times (before the first and after
        the last they are held), without one they are taken to cover the model's whole time. A row that is empty in the file
        is a reading that is missing: the others keep their times.

        Raises:
            ExplorerError: other columns than the channels, fewer than two rows, or a clock that doesn't overlap.
        """
        count, steps = shape
        channels = self.channels(count)
        clock, values = _columns(item, channels)
        there = ~np.isnan(values[:, 0])
        if there.sum() < 2:
            raise fault("A series takes two readings or more.")
        times, notes = self.clock.times(steps), []
        if clock is None:
            clock = np.linspace(times[0], times[-1], len(values))
            if not there.all():
                notes.append(f"{len(there) - there.sum():,} missing readings were filled in from those around them")
            if len(values) != steps:
                notes.append(f"its {len(values):,} readings were resampled to {steps}")
        elif clock[0] > times[-1] or clock[-1] < times[0]:
            raise fault(
                f"The times of this series don't overlap the model's, {times[0]:g} to {times[-1]:g} {self.clock.label}."
            )
        elif clock[-1] < times[-1] - self.clock.step:
            notes.append(f"its last reading, at {clock[-1]:g} {self.clock.label}, was held to the end")
        clock, values = clock[there], values[there]
        low, high = (np.array([getattr(c, name) for c in channels]) for name in ("low", "high"))
        rows = np.stack([np.interp(times, clock, column) for column in values.T])
        scaled = (rows - low[:, None]) / (high - low)[:, None]
        if scaled.min() < -1e-6 or scaled.max() > 1 + 1e-6:
            notes.append("readings beyond the model's range were cut to it")
        x = torch.from_numpy(np.clip(scaled, 0, 1).astype(np.float32))
        return x, f"To suit the model {' and '.join(notes)}." if notes else None

    def readings(self, x: np.ndarray) -> np.ndarray:
        """x [..., C, T] in [0, 1] -> readings in the channels' units, float64 of the same shape."""
        channels = self.channels(x.shape[-2])
        low, high = (np.array([getattr(c, name) for c in channels])[:, None] for name in ("low", "high"))
        return low + x.astype(np.float64) * (high - low)

    def show(self, x: Tensor) -> np.ndarray:
        """x [C, T] in [0, 1] -> float32 [1, C, T]: one curve for each channel; out of range is clipped, not a number is 0."""
        return torch.nan_to_num(x.detach(), nan=0.0).clamp(0, 1).cpu().numpy()[None]

    def difference(self, a: Tensor, b: Tensor) -> np.ndarray:
        """Both, one over the other, float32 [2, C, T]."""
        return np.concatenate([self.show(a), self.show(b)])

    def data_url(self, shown: np.ndarray) -> str:
        """float32 [K, C, T] -> sparklines as an SVG; the last of K lies on top."""
        return plot.data_url(plot.sparkline(shown))

    def node(self, x: Sequence[Tensor]) -> Figure:
        """See `Modality.node`: a chart for each channel, in its units over the clock; what comes before the last is grey."""
        from plotly.subplots import make_subplots  # a second of the start, for series alone

        curves = self.readings(np.concatenate([self.show(one) for one in x]))
        channels, times = self.channels(curves.shape[1]), self.clock.times(curves.shape[2])
        columns = min(len(channels), 2)
        rows, small = -(-len(channels) // columns), {"size": 10}
        titles = [channel.title for channel in channels]
        apart = {"vertical_spacing": 0.28 / rows, "horizontal_spacing": 0.13}
        figure = make_subplots(rows, columns, shared_xaxes=True, subplot_titles=titles, **apart)
        figure.update_annotations(font={"size": 9}, yshift=-3)
        old = {"color": "var(--ink-3)", "width": 1.25, "dash": "dot"}
        for k, channel in enumerate(channels):
            at = {"row": k // columns + 1, "col": k % columns + 1}
            for j, own in enumerate(curves[:, k]):
                line = {"width": 2, "color": f"var(--category-{k})"} if j == len(curves) - 1 else old
                figure.add_scatter(x=times, y=own, mode="lines", line=line, name=channel.label, **at)
            if channel.limit is not None:
                figure.add_hline(channel.limit, line={"color": "var(--alarm)", "dash": "dash", "width": 1}, **at)
            figure.update_yaxes(range=[channel.low, channel.high], nticks=4, **at)
        for column in range(columns):
            figure.update_xaxes(title={"text": self.clock.label, "font": small}, nticks=5, row=rows, col=column + 1)
        figure.update_layout(showlegend=False, margin={"l": 4, "r": 12, "t": 16, "b": 4}, font=small)
        label = f"{', '.join(titles)} over {self.clock.label}"
        return Figure.of(figure, label=label, height=220 if rows == 1 else 96 * rows)

    def picture(self, shown: np.ndarray) -> np.ndarray:
        """float32 [K, C, T] -> the lines as pixels, uint8 [192, 256, 3]."""
        return plot.raster(shown[-1], 256, 192)

    def thumbs(self, x: Tensor, size: int) -> np.ndarray:
        """x [N, C, T] -> sparklines uint8 [N, size, size, 3]."""
        return np.stack([plot.raster(self.show(one)[0], size, size) for one in x])

    def write(self, x: Tensor) -> bytes:
        """x [C, T] -> CSV: the clock, then one column for each channel in its own unit."""
        rows = self.readings(x.numpy())
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([self.clock.label, *(channel.title for channel in self.channels(len(rows)))])
        times = self.clock.times(rows.shape[1])
        writer.writerows([f"{v:.9g}" for v in line] for line in np.column_stack([times, rows.T]))
        return out.getvalue().encode()


def _numbers(cells: Cells, first: int) -> np.ndarray:
    """The rows from number `first` on -> float64 [rows, columns]; NaN where a row is empty."""
    rows = cells.rows[first:]
    if not rows:
        raise fault("This table has a head and no readings.")
    width = len(rows[0])
    out = np.full((len(rows), width), np.nan)
    for k, row in enumerate(rows):
        if not row:
            continue
        line = f"Line {k + first + 1} of this table"
        if len(row) != width:
            raise fault(f"{line} has {len(row)} cells; the lines before it have {width}.")
        for j, cell in enumerate(row):
            value = cells.number(cell)
            if value is None or not np.isfinite(value):
                raise fault(f"{line} holds no number in column {j + 1}.")
            out[k, j] = value
    return out


def _columns(item: Table, channels: Sequence[Channel]) -> tuple[np.ndarray | None, np.ndarray]:
    """The clock [rows] (or None) and the channels' columns [rows, C] of a table."""
    names = [name.casefold() for name in item.names]
    wanted = [[c.title.casefold(), c.label.casefold()] for c in channels]
    found = [next((names.index(n) for n in pair if n in names), -1) for pair in wanted]
    width = item.values.shape[1]
    rest = [k for k in range(width) if k not in found]
    if names and min(found) >= 0:
        values = item.values[:, found]
        clock = item.values[:, rest[0]] if rest and rest[0] < min(found) else None
    elif width in (len(channels), len(channels) + 1):
        extra = width - len(channels)
        clock, values = item.values[:, 0] if extra else None, item.values[:, extra:]
    else:
        expected = ", ".join(channel.label for channel in channels)
        raise fault(
            f"This table has {width} columns; the model takes {len(channels)} ({expected}), after one of times."
        )
    if clock is not None and not (np.diff(clock[~np.isnan(clock)]) > 0).all():
        raise fault("The first column of this table should be times, each later than the one before.")
    return clock, values
