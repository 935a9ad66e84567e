"""A data set of Hugging Face's library on disk -> the files, or the table, that it holds; opened then like any other.

Two forms are known: what `save_to_disk` writes (a folder with `state.json`, or one for each split beside `dataset_dict.json`,
with shards in Arrow's stream format) and a copy of a repository with shards in Parquet (`train-00000-of-00002.parquet`).
What its columns mean stands in the shards themselves, under the key `huggingface`: names of labels, pictures, sounds.
pyarrow reads them; the library itself isn't needed, and no script that lies beside the shards is looked at.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from explorer.box.own.formats import cell, lacking
from explorer.box.own.found import sample, sampled
from explorer.box.own.pictures import PICTURES
from explorer.box.own.settings import Settings
from explorer.box.own.sounds import SOUNDS
from explorer.core.schema import ExplorerError

if TYPE_CHECKING:
    import pyarrow

SHARD = re.compile(r"([A-Za-z0-9_.]+)-\d{5}-of-\d{5}(-[0-9a-f]+)?\.parquet")
MOST_ROWS = 5_000_000
FILES = {"Image": (".png", PICTURES), "Audio": (".wav", SOUNDS)}


def is_dataset(path: Path) -> bool:
    """Does a folder hold a data set in one of these forms?"""
    return (path / "state.json").is_file() or (path / "dataset_dict.json").is_file() or bool(_parquet(path))


@contextmanager
def unpacked(path: Path, settings: Settings) -> Iterator[tuple[Path, list[str]]]:
    """A folder of files with a sheet in it, or a table alone, and what is odd; gone afterwards.

    Args:
        path: the data set's folder.
        settings: how many items are taken; a sample is chosen before they are unpacked.

    Raises:
        ExplorerError: a shard is missing or damaged, or pyarrow isn't installed.
    """
    try:
        import pyarrow as arrow
    except ImportError:
        raise ExplorerError(lacking(path, "pyarrow")) from None
    try:
        splits = {split: _joined(files) for split, files in _splits(path).items()}
        table, ids, odd = _sampled(path, splits, settings)
    except (arrow.ArrowInvalid, arrow.ArrowKeyError, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ExplorerError):
            raise
        raise ExplorerError(f"{path.name} is damaged, or no data set of Hugging Face's library.") from None
    with tempfile.TemporaryDirectory(prefix="explorer-") as scratch:
        inner = Path(scratch) / path.name
        inner.mkdir()
        yield _written(table, ids, inner), odd


def _parquet(path: Path) -> list[Path]:
    return sorted(
        one for place in (path, path / "data") for one in place.glob("*.parquet") if SHARD.fullmatch(one.name)
    )


def _splits(path: Path) -> dict[str, list[Path]]:
    """The shards of each split, in order; a shard's name never leads out of its folder."""
    if shards := _parquet(path):
        out: dict[str, list[Path]] = {}
        for one in shards:
            out.setdefault(SHARD.fullmatch(one.name)[1], []).append(one)
        return out
    if not (path / "dataset_dict.json").is_file():
        return {"": _arrows(path)}
    names = json.loads((path / "dataset_dict.json").read_text(encoding="utf-8"))["splits"]
    return {name: _arrows(path / PurePosixPath(name).name) for name in names}


def _arrows(folder: Path) -> list[Path]:
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return [folder / PurePosixPath(one["filename"]).name for one in state["_data_files"]]


def _joined(files: list[Path]) -> pyarrow.Table:
    """The shards of a split as one table, which lies in its files until rows of it are taken."""
    import pyarrow as arrow
    from pyarrow import parquet

    if lost := next((one for one in files if not one.is_file()), None):
        raise ExplorerError(f"The shard {lost.name} is missing.")
    if files and files[0].suffix == ".parquet":
        return arrow.concat_tables(parquet.read_table(one, memory_map=True) for one in files)
    return arrow.concat_tables(arrow.ipc.open_stream(arrow.memory_map(str(one))).read_all() for one in files)


def _sampled(
    path: Path, splits: dict[str, pyarrow.Table], settings: Settings
) -> tuple[pyarrow.Table, list[str], list[str]]:
    """The rows that are taken, a name for each, and what is odd."""
    import pyarrow as arrow

    kept = {split: table for split, table in splits.items() if table.num_rows}
    first = next(iter(kept.values()), None)
    if first is None:
        raise ExplorerError(f"{path.name} has no rows.")
    odd = [
        f"The split {split} has other columns, and isn't used."
        for split, t in kept.items()
        if t.column_names != first.column_names
    ]
    kept = {split: table for split, table in kept.items() if table.column_names == first.column_names}
    table = arrow.concat_tables([one.replace_schema_metadata(first.schema.metadata) for one in kept.values()])
    if (count := table.num_rows) > MOST_ROWS:
        raise ExplorerError(f"{path.name} has {count:,} rows; up to {MOST_ROWS:,} can be taken.")
    ids = [f"{split}-{k:07}".strip("-") for split, one in kept.items() for k in range(one.num_rows)]
    if len(kept) > 1:
        odd.append(f"Its splits {', '.join(kept)} are taken together; what is held out is chosen anew.")
    rows = sample(count, settings)
    if len(rows) < count:
        table, ids = table.take(rows), [ids[k] for k in rows]
    return table, ids, [*odd, *sampled(len(rows), count, "rows")]


def _written(table: pyarrow.Table, ids: list[str], folder: Path) -> Path:
    """Write pictures or sounds with a sheet that names them, else a table of plain columns -> what is to be opened."""
    meaning = _features(table)
    held = next((name for name in table.column_names if _kind(meaning, name) in FILES), None)
    told = {name: _plain(table.column(name), meaning.get(name) or {}) for name in table.column_names if name != held}
    columns = {name: values for name, values in told.items() if values is not None}
    if held is None:
        lines = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return _lines(folder.with_suffix(".jsonl"), lines if lines else [{} for _ in ids])
    usual, known = FILES[_kind(meaning, held)]
    lines = []
    for k, one in enumerate(table.column(held).to_pylist()):
        suffix = PurePosixPath(str((one or {}).get("path") or "")).suffix.lower()
        name = f"{ids[k]}{suffix if suffix in known else usual}"
        (folder / name).write_bytes((one or {}).get("bytes") or b"")
        lines.append({"file": name} | {title: values[k] for title, values in columns.items() if title != "file"})
    _lines(folder / "items.jsonl", lines)
    return folder


def _lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def _features(table: pyarrow.Table) -> dict[str, dict]:
    """What the columns mean, as the library has written it; nothing where it hasn't."""
    try:
        features = json.loads((table.schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return features if isinstance(features, dict) else {}


def _kind(meaning: dict[str, dict], name: str) -> str:
    told = meaning.get(name)
    return str(told.get("_type", "")) if isinstance(told, dict) else ""


def _plain(column: pyarrow.ChunkedArray, meaning: dict) -> list[Any] | None:
    """A column as text cells, or as lists of numbers; None where it is something else."""
    import pyarrow as arrow

    kind, names = column.type, meaning.get("names") if isinstance(meaning, dict) else None
    if arrow.types.is_list(kind) or arrow.types.is_large_list(kind) or arrow.types.is_fixed_size_list(kind):
        number = arrow.types.is_floating(kind.value_type) or arrow.types.is_integer(kind.value_type)
        return column.to_pylist() if number else None
    if arrow.types.is_nested(kind) or arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind):
        return None
    values = column.to_pylist()
    if isinstance(names, list) and arrow.types.is_integer(kind):
        return [str(names[v]) if v is not None and 0 <= v < len(names) else "" for v in values]
    return [cell(value) for value in values]
