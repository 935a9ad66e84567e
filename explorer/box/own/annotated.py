"""An `.h5ad` file (anndata 0.7 or later) -> its rows as vectors, their annotations as attributes, and its layouts as maps.

The file is read by h5py alone, so that anndata needn't be installed; the layout is the one of anndata's on-disk format,
https://anndata.readthedocs.io/en/latest/fileformat-prose.html. What is sampled is chosen before the numbers are read. A link
that leads to another file isn't followed: it would show what its reader may read and its author may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from scipy import sparse

from explorer.box.own.arrays import vectors
from explorer.box.own.columns import column, shown
from explorer.box.own.formats import MOST_NUMBERS, cell
from explorer.box.own.found import Found, Layout, Read, enough, sample, sampled
from explorer.box.own.series import names
from explorer.box.own.settings import Settings
from explorer.box.own.sheets import OWN
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.cells import Cells

MOST_MAPS = 6
WIDEST = 2_000  # numbers of an item that are kept, those that vary most
NUMBER = Cells((), comma=False).number


def annotated(path: Path, settings: Settings) -> Found:
    """Read a file of annotated vectors.

    Raises:
        ExplorerError: damaged, older than anndata 0.7, too large, too few rows, or a link in it leads to another file.
    """
    try:
        with h5py.File(path) as file:
            return _found(path, file, settings)
    except ExplorerError:
        raise
    except Exception:  # a damaged file makes its reader raise whatever it likes
        raise ExplorerError(f"{path.name} is damaged, or no file of anndata.") from None


def _found(path: Path, file: h5py.File, settings: Settings) -> Found:
    obs = _node(path, file, "obs")
    if not isinstance(obs, h5py.Group) or "_index" not in obs.attrs:
        raise ExplorerError(f"{path.name} has no table `obs` as anndata 0.7 and later write it.")
    index = str(obs.attrs["_index"])
    ids = _cells(_node(path, obs, index), None)
    if ids is None:
        raise ExplorerError(f"{path.name}: the rows of `obs` have no names.")
    enough(path, len(ids), "rows")
    if len(ids) > OWN.rows:
        raise ExplorerError(f"{path.name} has {len(ids):,} rows; up to {OWN.rows:,} can be taken.")
    rows = sample(len(ids), settings)
    odd = sampled(len(rows), len(ids), "rows")
    obsm = _node(path, file, "obsm") if "obsm" in file else {}
    layouts = list(_layouts(path, obsm, rows, odd))
    x, what = _numbers(path, file, obsm, (len(ids), rows), odd)
    x, modality, arguments, more = vectors(x)
    columns = []
    for title in obs:
        if title == index:
            continue
        if (cells := _cells(_node(path, obs, title), len(ids))) is None:
            odd.append(f"obs: {shown(title)} isn't used; it is no column of plain values.")
        else:
            columns.append(column(title, [cells[k] for k in rows], NUMBER, settings.choice(title)))
    own = names(columns) if len(set(ids)) < len(ids) else ()
    read = Read(path, own or tuple(ids[k] for k in rows), columns, settings, (what, *odd, *more), layouts)
    return Found.of(read.but(kind="vectors"), "vectors", x, modality=modality, **arguments)


def _node(path: Path, group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """A part of the file itself.

    Raises:
        ExplorerError: there is none of that name, or it lies in another file.
    """
    if name not in group:
        raise ExplorerError(f"{path.name} has no {name!r}.")
    kind = group.get(name, getlink=True)
    node = None if isinstance(kind, h5py.ExternalLink) else group[name]
    if node is None or (isinstance(node, h5py.Dataset) and (node.is_virtual or node.external)):
        raise ExplorerError(f"{path.name} isn't opened: {name!r} in it leads to another file.")
    return node


def _cells(node: h5py.Group | h5py.Dataset, count: int | None) -> list[str] | None:
    """A column as text, one cell for each row: plain, of categories, or with a mask; None where it is something else."""
    if isinstance(node, h5py.Dataset):
        return None if node.ndim != 1 or len(node) > OWN.rows or node.dtype.names else _text(node)
    parts = {name: node[name] for name in node if node.get(name, getclass=True) is h5py.Dataset}
    if any(part.is_virtual or part.external or part.ndim != 1 or len(part) > OWN.rows for part in parts.values()):
        return None
    if {"codes", "categories"} <= parts.keys():
        values = _text(parts["categories"])
        return [values[code] if 0 <= code < len(values) else "" for code in parts["codes"][:].tolist()]
    if {"values", "mask"} <= parts.keys():
        pairs = zip(_text(parts["values"]), parts["mask"][:].tolist(), strict=True)
        return ["" if hidden else value for value, hidden in pairs]
    return None


def _text(node: h5py.Dataset) -> list[str]:
    values = node.asstr(errors="replace")[:] if h5py.check_string_dtype(node.dtype) else node[:]
    return [cell(value) for value in values.tolist()]


def _layouts(path: Path, obsm: h5py.Group, rows: np.ndarray, odd: list[str]) -> Iterator[Layout]:
    """Arrays of two or three numbers a row, and the first two principal components."""
    taken = 0
    for name in obsm:
        node, title = _node(path, obsm, name), shown(name.removeprefix("X_"))
        plain = isinstance(node, h5py.Dataset) and node.ndim == 2 and node.dtype.kind in "fiu"
        if not plain or node.shape[1] < 2 or (node.shape[1] > 3 and "pca" not in name.lower()):
            continue  # what is wider is a space of its own, and no map
        places = _rows(path, node, rows)
        places = places if places.shape[1] <= 3 else places[:, :2]
        if not np.isfinite(places).all() or not np.ptp(places, axis=0).all():
            odd.append(f"The layout {title} isn't used: it holds numbers that aren't finite, or one place alone.")
        elif taken < MOST_MAPS:
            taken += 1
            yield Layout(title, places)


def _numbers(
    path: Path, file: h5py.File, obsm: h5py.Group, counted: tuple[int, np.ndarray], odd: list[str]
) -> tuple[np.ndarray, str]:
    """The items' vectors float32 [n, D], and a sentence on what they are.

    Args:
        path, file, obsm: the file and its spaces.
        counted: how many rows there are, and which are taken.
        odd: sentences, to which more are added.
    """
    count, rows = counted
    if "X" in file:
        node, what = _node(path, file, "X"), "X"
        x = _rows(path, node, rows) if isinstance(node, h5py.Dataset) else _sparse(path, node, rows)
    else:
        wide = {name: _node(path, obsm, name) for name in obsm}
        spaces = {k: v for k, v in wide.items() if isinstance(v, h5py.Dataset) and v.ndim == 2 and len(v) == count}
        if not spaces:
            raise ExplorerError(f"{path.name} holds no X, and no space in obsm in its place.")
        what = max(spaces, key=lambda name: spaces[name].shape[1])
        x, what = _rows(path, spaces[what], rows), f"obsm {what}"
    values = x.data if sparse.issparse(x) else x
    if not np.isfinite(values).all():
        raise ExplorerError(f"{path.name}: {what} holds numbers that aren't finite.")
    whole = x.shape[1]
    if whole > WIDEST:
        spread = (
            np.asarray(x.multiply(x).mean(0)).ravel() - np.asarray(x.mean(0)).ravel() ** 2
            if sparse.issparse(x)
            else x.var(0)
        )
        kept = np.sort(np.argsort(-spread, kind="stable")[:WIDEST])
        x = x[:, kept]
        odd.append(f"The {WIDEST:,} of {whole:,} numbers that vary most are taken.")
    x = x.toarray() if sparse.issparse(x) else x
    if x.shape[1] < 2:
        raise ExplorerError(f"{path.name}: {what} has one number in a row; a map takes two or more.")
    return np.asarray(x, np.float32), f"The items are the rows of {what}."


def _rows(path: Path, node: h5py.Dataset, rows: np.ndarray) -> np.ndarray:
    """Some rows of an array, float32 [n, D]."""
    if node.ndim != 2 or node.dtype.kind not in "fiub" or len(node) <= rows[-1]:
        raise ExplorerError(f"{path.name}: {node.name.strip('/')} is no array of numbers with a row for each item.")
    if len(rows) * node.shape[1] > MOST_NUMBERS:
        raise ExplorerError(f"{path.name}: {node.name.strip('/')} is too large; take fewer `items`.")
    if len(rows) == len(node):
        return node[:].astype(np.float32)
    out = np.empty((len(rows), node.shape[1]), np.float32)
    step = max(1, (1 << 24) // node.shape[1])  # a stored chunk holds neighbouring rows, so that each is read once
    for start in range(0, len(node), step):
        inside = (rows >= start) & (rows < start + step)
        if inside.any():
            out[inside] = node[start : start + step][rows[inside] - start]
    return out


def _sparse(path: Path, node: h5py.Group, rows: np.ndarray) -> sparse.csr_matrix:
    """Some rows of a compressed matrix, by rows or by columns."""
    kind, shape = str(node.attrs.get("encoding-type", "")), tuple(map(int, node.attrs.get("shape", ())))
    form = {"csr_matrix": sparse.csr_matrix, "csc_matrix": sparse.csc_matrix}.get(kind)
    if form is None or len(shape) != 2 or shape[0] <= rows[-1]:
        raise ExplorerError(f"{path.name}: X is stored in a way that isn't known: {kind[:40]!r}.")
    parts = [_node(path, node, name) for name in ("data", "indices", "indptr")]
    if sum(part.size for part in parts) > MOST_NUMBERS:
        raise ExplorerError(f"{path.name}: X holds more numbers than can be taken.")
    data, indices, starts = (part[:] for part in parts)
    matrix = form((data.astype(np.float32), indices, starts), shape=shape)
    matrix.check_format(full_check=True)
    return matrix.tocsr()[rows]
