"""Annotated vectors in `.h5ad`: rows, annotations and layouts as anndata stores them, and what isn't opened."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from scipy import sparse

from explorer.box.own import annotated, make
from explorer.box.own.inspect import look
from explorer.box.own.settings import Settings
from explorer.core.schema import ExplorerError
from tests.box.test_own import cache  # noqa: F401 - a fixture of every test here

ROWS, WIDTH = 40, 7
X = np.random.default_rng(0).poisson(1.5, (ROWS, WIDTH)).astype(np.float32)
PLANE = np.random.default_rng(1).normal(3, 1, (ROWS, 2)).astype(np.float32)
TYPES = ["B cell", "T cell", "NK"]


def write(path, x=X, form="array", layouts=(("X_umap", PLANE),)):
    """A file as anndata 0.8 writes it."""
    with h5py.File(path, "w") as file:
        if form == "array":
            file["X"] = x
        elif form:
            stored = {"csr_matrix": sparse.csr_matrix, "csc_matrix": sparse.csc_matrix}[form](x)
            group = file.create_group("X")
            group.attrs["encoding-type"], group.attrs["shape"] = form, np.array(x.shape)
            group["data"], group["indices"], group["indptr"] = stored.data, stored.indices, stored.indptr
        obs = file.create_group("obs")
        obs.attrs["_index"] = "barcode"
        obs["barcode"] = np.array([f"cell-{k}" for k in range(ROWS)], dtype=h5py.string_dtype())
        kind = obs.create_group("cell_type")
        kind["codes"] = np.array([-1 if k == 5 else k % 3 for k in range(ROWS)], np.int8)
        kind["categories"] = np.array(TYPES, dtype=h5py.string_dtype())
        obs["depth"] = x.sum(1) / 7
        masked = obs.create_group("passed")
        masked["values"] = np.array([k % 2 == 0 for k in range(ROWS)])
        masked["mask"] = np.array([k == 7 for k in range(ROWS)])
        for name, places in layouts:
            file[f"obsm/{name}"] = places
    return path


@pytest.mark.parametrize("form", ["array", "csr_matrix", "csc_matrix"])
def test_rows_annotations_and_layouts_are_read(tmp_path, form):
    found = look(write(tmp_path / "cells.h5ad", form=form))
    assert found.ids[:2] == ("cell-0", "cell-1") and len(found) == ROWS
    low, high = X.min(), X.max()
    assert np.allclose(found.x, (X - low) / (high - low), atol=1e-6)
    assert [a.label for a in found.conditions.attributes] == ["cell_type", "depth", "passed"]
    kind = found.conditions.attributes[0]
    assert [kind.values[int(code)] for code in found.codes[:3, 0]] == TYPES
    assert found.codes[5, 0] == -1 and found.codes[7, 2] == -1
    assert np.allclose(found.codes[:, 1], X.sum(1) / 7)
    assert [(one.title, one.places.shape) for one in found.layouts] == [("umap", (ROWS, 2))]


def test_the_owners_map_opens_and_takes_a_new_place(tmp_path):
    found = look(write(tmp_path / "cells.h5ad"))
    made = make.first(found, tmp_path / "cells")
    assert made.card.maps[0].title == "umap" and made.card.maps[0].method == "given"
    assert np.allclose(made.items.map("given-1"), PLANE - PLANE.mean(0), atol=0.01)


def test_a_sample_keeps_rows_annotations_and_places_together(tmp_path):
    found = look(write(tmp_path / "cells.h5ad"), Settings(items=25))
    kept = [int(name.removeprefix("cell-")) for name in found.ids]
    assert len(kept) == 25
    assert np.allclose(found.layouts[0].places, PLANE[kept])
    assert np.allclose(found.codes[:, 1], X.sum(1)[kept] / 7)
    assert any("25 of 40 rows" in sentence for sentence in found.odd)


def test_without_numbers_of_its_own_the_widest_space_is_taken(tmp_path):
    wide = np.random.default_rng(2).normal(size=(ROWS, 5)).astype(np.float32)
    found = look(write(tmp_path / "cells.h5ad", form="", layouts=(("X_umap", PLANE), ("X_pca", wide))))
    assert found.shape == (5,)
    assert [one.title for one in found.layouts] == ["pca", "umap"]
    assert np.allclose(found.layouts[0].places, wide[:, :2])


def test_of_many_numbers_those_that_vary_most_are_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(annotated, "WIDEST", 3)
    most = np.sort(np.argsort(-X.var(0), kind="stable")[:3])
    for form in ("array", "csr_matrix"):
        found = look(write(tmp_path / "cells.h5ad", form=form))
        kept = X[:, most]
        assert np.allclose(found.x, (kept - kept.min()) / np.ptp(kept), atol=1e-6), form


def _elsewhere(path):
    write(path.with_name("other.h5ad"))
    write(path, form="")
    with h5py.File(path, "a") as file:
        file["X"] = h5py.ExternalLink("other.h5ad", "X")


def _virtual(path):
    write(path.with_name("other.h5ad"))
    write(path, form="")
    layout = h5py.VirtualLayout(X.shape, X.dtype)
    layout[:] = h5py.VirtualSource(path.with_name("other.h5ad"), "X", X.shape)
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset("X", layout)


def _nan(path):
    x = X.copy()
    x[3, 2] = np.nan
    write(path, x=x)


def _columns_out_of_range(path):
    write(path, form="csr_matrix")
    with h5py.File(path, "a") as file:
        file["X/indices"][0] = 99


def _old(path):
    write(path)
    with h5py.File(path, "a") as file:
        del file["obs"]
        file["obs"] = np.zeros(ROWS, [("index", "S8"), ("kind", "i4")])


BAD = {
    "no file of its kind": (lambda path: path.write_bytes(b"x" * 100), "is damaged"),
    "a link to another file": (_elsewhere, "leads to another file"),
    "a view of another file": (_virtual, "leads to another file"),
    "a number that isn't finite": (_nan, "aren't finite"),
    "columns that don't exist": (_columns_out_of_range, "is damaged"),
    "the layout before 0.7": (_old, "has no table `obs`"),
    "no numbers": (lambda path: write(path, form="", layouts=()), "holds no X"),
    "nothing at all": (lambda path: h5py.File(path, "w").close(), "has no 'obs'"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_one_sentence(case, tmp_path):
    write_it, words = BAD[case]
    write_it(tmp_path / "cells.h5ad")
    with pytest.raises(ExplorerError, match=words) as refused:
        look(tmp_path / "cells.h5ad")
    assert str(refused.value).startswith("cells.h5ad") and str(refused.value).count("\n") == 0
