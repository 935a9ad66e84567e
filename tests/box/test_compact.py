"""What a checkpoint's numbers and thumbnails are packed into, and that reading gives them back."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.box.build import compact
from explorer.box.files import HIGHEST, rows_of_tile
from explorer.box.items import OFFSET, SCALE, packed, unpacked
from explorer.core.schema import Attribute, Schema
from explorer.page.serving.points import quantise


def read(name, tensors):
    return unpacked(*(tensors[name + own] for own in ("", SCALE, OFFSET)))


@pytest.mark.parametrize(("kind", "levels"), [(torch.uint8, 255), (torch.uint16, 65535)])
def test_packed_numbers_come_back_within_half_a_level_of_each_column(kind, levels):
    values = torch.randn(500, 3, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [[1.0, 1e3], [1e-3, 1], [0, 1]]
    )
    stored = packed("z", values, kind)
    assert stored["z"].dtype == kind and stored["z"].shape == values.shape and stored["z.scale"].shape == (6,)
    spread = values.flatten(1).max(0).values - values.flatten(1).min(0).values
    assert ((read("z", stored) - values).abs().flatten(1).max(0).values <= 0.51 * spread / levels + 1e-9).all()


def test_latents_take_eight_bits_where_nobody_sees_it_and_sixteen_where_it_shows():
    z = torch.randn(800, 12, generator=torch.Generator().manual_seed(0))
    calm = compact.latents(z, lambda part, rows: part.sigmoid())
    wild = compact.latents(z, lambda part, rows: (40 * part).sin())
    assert calm["z"].dtype == torch.uint8 and wild["z"].dtype == torch.uint16


def test_vectors_take_sixteen_bits_where_eight_would_change_who_is_near():
    spread = torch.randn(900, 16, generator=torch.Generator().manual_seed(0))
    assert compact.vectors("space.features", spread)["space.features"].dtype == torch.uint8
    lumps = spread / 1000 + 50 * torch.eye(16)[torch.arange(900) % 16]
    assert compact.vectors("space.features", lumps)["space.features"].dtype == torch.uint16


def test_large_tensors_of_a_prior_are_halved_and_its_tables_kept():
    stored = compact.prior(
        {"a.factor": torch.rand(100, 100), "a.table": torch.rand(8, 8), "a.count": torch.ones(9000).long()}
    )
    assert {k: t.dtype for k, t in stored.items()} == {
        "a.factor": torch.float16, "a.table": torch.float32, "a.count": torch.int64,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["webp", "avif"])
def test_a_sheet_of_any_length_goes_on_in_tiles_that_are_not_too_high(kind):
    size, columns = 128, 1
    rows = rows_of_tile(size)
    thumbs = np.zeros((2 * rows + 5, size, size, 3), np.uint8)
    thumbs[:, :, :, 0] = (np.arange(len(thumbs)) * 37 % 200)[:, None, None]
    thumbs[:, :, :, 1:] = 0 if kind == "avif" else thumbs[:, :, :, :1]
    sheets = compact.sheets(thumbs, columns)
    assert list(sheets) == [f"thumbs.{kind}", f"thumbs-1.{kind}", f"thumbs-2.{kind}"]
    pictures = [Image.open(io.BytesIO(data)).convert("RGB") for data in sheets.values()]
    assert [p.height for p in pictures] == [rows * size, rows * size, 5 * size] and rows * size <= HIGHEST
    for k in (0, rows - 1, rows, 2 * rows + 4):
        shown = np.asarray(pictures[k // rows])[k % rows * size + 64, 64, 0]
        assert abs(int(shown) - int(thumbs[k, 0, 0, 0])) < 12, k


@pytest.mark.parametrize("count", [2, 255, 256, 300, 70_000 // 2])
def test_every_value_of_an_attribute_is_told_from_the_unknown(count):
    attribute = Attribute(name="word", label="Word", values=tuple(f"w{k}" for k in range(count)))
    codes = np.array([0, count - 1, np.nan, -1, min(255, count - 1)], np.float32)
    told = quantise(attribute, codes)
    unknown = np.iinfo(told.dtype).max
    assert told.tolist() == [0, count - 1, unknown, unknown, min(255, count - 1)] and told.itemsize == (
        1 if count <= 255 else 2
    )
    schema = Schema(attributes=(attribute,))
    assert schema.encode_codes(codes[:2, None])[1, count - 1] == 1
