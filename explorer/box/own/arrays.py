"""An array in `.npz` or `.npy` -> pictures, series or vectors, with the labels of the same file or of a table beside it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.box.own import series
from explorer.box.own.columns import Column, column
from explorer.box.own.found import Found, Read, enough, sample, sampled
from explorer.box.own.settings import SIDES, Settings
from explorer.box.own.sheets import SUFFIXES, sheet
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.cells import MAX_COLUMNS

ITEMS = ("x", "X", "images", "data", *series.NAMES, "x_train", "features", "vectors", "embeddings")
MOST_BYTES = 4 << 30
LARGEST = 1 << 20  # a number that the axis of a chart takes


def array(path: Path, settings: Settings) -> Found:
    """Read a file of numpy.

    Raises:
        ExplorerError: damaged, of objects or text alone, too few rows, numbers that aren't finite, or labels of another length.
    """
    what, x, columns, odd = picked(path)
    return of(what, x, Read(path, (), columns, settings, odd))


def picked(path: Path) -> tuple[str, np.ndarray, list[Column], list[str]]:
    """The array of a file whose rows are the items, what it is called, the columns beside it, and what is odd.

    Raises:
        ExplorerError: as `array` has it.
    """
    held = _held(path)
    name = next((one for one in ITEMS if one in held), None) or max(
        (one for one, values in held.items() if values.ndim > 1 and values.dtype.kind in "uifb"),
        key=lambda one: held[one].size,
        default=None,
    )
    if name is None or held[name].ndim < 2 or held[name].dtype.kind not in "uifb":
        raise ExplorerError(f"{path.name} holds no array of numbers with a row for each item.")
    x, what = held.pop(name), f"{path.name}: {name}" if name else path.name
    enough(path, len(x), "items")
    if x[0].size < 2:
        raise ExplorerError(f"{what} has one number in a row; a map takes two or more.")
    return what, x, *_labels(path, held, len(x))


def of(what: str, x: np.ndarray, read: Read, noun: str = "items") -> Found:
    """Rows of an array with their columns -> pictures, series or vectors.

    Args:
        what: the array is called.
        x: numbers [N, ...].
        read: columns of N cells, settings, sentences.
        noun: what the rows are called.

    Raises:
        ExplorerError: a number that isn't finite, or vectors without any difference.
    """
    settings, rows = read.settings, sample(len(x), read.settings)
    read = read.but(*sampled(len(rows), len(x), noun))
    columns = [column(c.title, [c.cells[k] for k in rows], _number, settings.choice(c.title)) for c in read.columns]
    read = replace(read, ids=series.names(columns) or tuple(str(k) for k in rows), columns=columns)
    x = x[rows]
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        where = np.argwhere(~np.isfinite(x))[0]
        place = f"row {rows[where[0]] + 1}, column {', '.join(str(k + 1) for k in where[1:])}"
        raise ExplorerError(f"{what} holds {x[tuple(where)]} at {place}; every number must be finite.")
    if series.is_array(what.rpartition(": ")[2], x, settings):
        return series.array(read, x)
    if settings.kind in (None, "pictures") and (pictures := _pictures(x, settings)) is not None:
        x, odd, guessed = pictures
        return Found.of(replace(read, settings=guessed).but(*odd, kind="pictures"), "pictures", x, modality="image")
    x, modality, arguments, odd = vectors(x.reshape(len(x), -1))
    return Found.of(read.but(*odd, kind="vectors"), "vectors", x, modality=modality, **arguments)


def _held(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file by their names."""
    try:
        if path.suffix.lower() == ".npz":
            with zipfile.ZipFile(path) as packed:
                if sum(one.file_size for one in packed.infolist()) > MOST_BYTES:
                    raise ExplorerError(f"{path.name} unpacks to more than {MOST_BYTES >> 30} gigabytes.")
            with np.load(path, allow_pickle=False) as file:
                return {one: file[one] for one in file.files}
        values = np.load(path, allow_pickle=False, mmap_mode="r")
        return {"": np.asarray(values)}
    except ExplorerError:
        raise
    except ValueError as error:
        if "Object arrays" in str(error):
            raise ExplorerError(
                f"{path.name} holds Python objects, which could run code and aren't read; save plain arrays of numbers or text."
            ) from None
        raise ExplorerError(f"{path.name} is damaged, or no file of numpy.") from None
    except Exception:  # a damaged file makes its readers raise whatever they like
        raise ExplorerError(f"{path.name} is damaged, or no file of numpy.") from None


def _labels(path: Path, held: dict[str, np.ndarray], count: int) -> tuple[list[Column], list[str]]:
    """Columns from arrays with one value for each item, and from a sheet of the same name."""
    out, odd = [], []
    for name, values in held.items():
        flat = values.reshape(len(values)) if values.ndim and values.size == len(values) else values
        if flat.ndim == 1 and len(flat) == count and flat.dtype.kind in "uifbUS":
            cells = [one.decode(errors="replace") if isinstance(one, bytes) else _cell(one) for one in flat.tolist()]
            out.append(column(name, cells, _number))
        elif flat.ndim == 1 and flat.dtype.kind in "uifbUS":
            raise ExplorerError(f"{path.name}: {name} has {len(flat):,} values for {count:,} items.")
        else:
            odd.append(f"{name} isn't used; it is no array with one value for each item.")
    beside = next((one for s in SUFFIXES if (one := path.with_suffix(s)).is_file()), None)
    if beside:
        table = sheet(beside)
        if len(table) != count:
            raise ExplorerError(f"{beside.name} has {len(table):,} rows for {count:,} items.")
        out += [column(title, table.columns[title], table.number) for title in table.titles]
    return out, odd


def _pictures(x: np.ndarray, settings: Settings) -> tuple[np.ndarray, list[str], Settings] | None:
    """Pictures uint8 [n, channels, side, side], what was done to them, and the guesses; None where x is none."""
    if x.ndim == 4 and x.shape[-1] in (1, 3, 4):
        x = x[..., :3].transpose(0, 3, 1, 2)
    elif x.ndim == 3:
        x = x[:, None]
    if x.ndim != 4 or x.shape[1] not in (1, 3) or min(x.shape[2:]) < 4:
        return None
    odd, low, high = [], float(x.min()), float(x.max())
    if x.dtype != np.uint8:
        if low >= 0 and high <= 1:
            span = (0.0, 1.0)
        elif low >= 0 and high <= 255:
            span = (0.0, 255.0 if high > 16 else high)
        else:
            span = (-1.0, 1.0) if low >= -1 and high <= 1 else (low, high)
        if span != (0.0, 1.0):
            odd.append(f"Numbers from {low:g} to {high:g} were read as brightness from {span[0]:g} to {span[1]:g}.")
        x = np.clip((x.astype(np.float32) - span[0]) / max(span[1] - span[0], 1e-9), 0, 1)
        x = (x * 255).round().astype(np.uint8)
    if settings.colour == "grey" and x.shape[1] == 3:
        x = _grey(x)
    longer = max(x.shape[2:])
    side = settings.side or next((one for one in SIDES if one >= longer), SIDES[-1])
    if x.shape[2:] != (side, side):
        odd.append(f"Pictures of {x.shape[3]}x{x.shape[2]} were put in a frame of {side}x{side}.")
        x = _framed(x, side)
    return (
        np.ascontiguousarray(x),
        odd,
        settings.model_copy(update={"side": side, "colour": "grey" if x.shape[1] == 1 else "rgb"}),
    )


def _grey(x: np.ndarray) -> np.ndarray:
    weights = np.array([0.299, 0.587, 0.114], np.float32)[None, :, None, None]
    return (x * weights).sum(1, keepdims=True).round().astype(np.uint8)


def _framed(x: np.ndarray, side: int) -> np.ndarray:
    """Pictures [n, channels, H, W] in the middle of a square: whole pixels repeated where they are less than half as large,
    made smaller where they are larger, and the rest of the colour of each picture's border."""
    import torch
    from torch.nn.functional import interpolate

    longer = max(x.shape[2:])
    if longer > side:
        size = [max(1, round(length * side / longer)) for length in x.shape[2:]]
        values = interpolate(torch.from_numpy(np.ascontiguousarray(x)).float(), size, mode="bilinear", antialias=True)
        x = values.round().clamp(0, 255).byte().numpy()
    elif (times := side // longer) > 1:
        x = x.repeat(times, 2).repeat(times, 3)
    border = np.concatenate([x[:, :, 0], x[:, :, -1], x[:, :, :, 0], x[:, :, :, -1]], axis=2)
    out = np.empty((*x.shape[:2], side, side), np.uint8)
    out[:] = np.median(border, axis=2).round().astype(np.uint8)[:, :, None, None]
    top, left = (side - x.shape[2]) // 2, (side - x.shape[3]) // 2
    out[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    return out


def vectors(x: np.ndarray) -> tuple[np.ndarray, str, dict, list[str]]:
    """Vectors float [n, D] -> shares of one common range, so that distances keep their proportions, and how they are shown."""
    x = x.astype(np.float32)
    low, high = float(x.min()), float(x.max())
    if not low < high:
        raise ExplorerError("All numbers of these vectors are the same.")
    odd = []
    spread = x.std(0)
    if flat := int((spread < 1e-12).sum()):
        odd.append(f"{flat} of {x.shape[1]} numbers are the same in all vectors.")
    if spread.max() > 100 * max(float(np.median(spread[spread > 0])), 1e-12):
        odd.append("One number varies more than a hundred times as much as most others, and will decide the map.")
    x = (x - low) / (high - low)
    if max(abs(low), abs(high)) > LARGEST:
        low, high = 0.0, 1.0
        odd.append("The numbers are very large; they are shown as shares of their range.")
    if x.shape[1] > MAX_COLUMNS:
        channel = {"label": "value", "low": low, "high": high}
        return x[:, None], "series", {"channels": [channel], "time": "number", "start": 1.0}, odd
    columns = [{"label": f"{k + 1}", "low": low, "high": high} for k in range(x.shape[1])]
    return x, "table", {"columns": columns}, odd


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
