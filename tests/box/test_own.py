"""Own data, read from small real files: what is understood, what is told as odd, and what is made of it."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from PIL import Image

from explorer.box.checkpoints import Checkpoint, check
from explorer.box.own import make
from explorer.box.own.inspect import look
from explorer.box.own.settings import Settings
from explorer.box.own.told import told
from explorer.core import registry
from explorer.core.schema import ExplorerError


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """Nothing that a test makes stays: no file, and no data set among those of the explorer."""
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setitem(registry._shelves, "data", dict(registry._shelves.get("data", {})))


def drawn(seed: int, size=(20, 20), colour: bool = False) -> Image.Image:
    rng = np.random.default_rng(seed)
    pixels = np.full((size[1], size[0], 3), 10, np.uint8)
    top, left = rng.integers(2, 8, 2)
    pixels[top : top + 8, left : left + 6] = rng.integers(150, 250, 3) if colour else rng.integers(150, 250)
    return Image.fromarray(pixels)


def folder(path, count=30, **more):
    for k in range(count):
        place = path / ("cats" if k % 2 else "dogs")
        place.mkdir(parents=True, exist_ok=True)
        drawn(k, **more).save(place / f"{k:03}.png")
    return path


def table(path, rows=60, **columns):
    rng = np.random.default_rng(0)
    own = {"width": rng.normal(5, 1, rows).round(3), "height": rng.normal(9, 2, rows).round(3)} | columns
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([own.keys(), *zip(*own.values(), strict=True)])
    return path


def test_subfolders_are_an_attribute_and_mixed_sizes_are_framed(tmp_path):
    folder(tmp_path / "pets")
    drawn(1, (40, 24)).save(tmp_path / "pets" / "cats" / "wide.png")
    (tmp_path / "pets" / "dogs" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    found = look(tmp_path / "pets")
    assert found.noun == "pictures" and found.x.shape == (31, 1, 32, 32) and found.x.dtype == np.uint8
    (attribute,) = found.conditions.attributes
    assert attribute.values == ("cats", "dogs") and found.codes[:, 0].tolist() == [0] * 16 + [1] * 15
    said = " ".join(found.odd)
    assert "2 sizes" in said and "1 can't be read and are left out: dogs/broken.png" in said
    assert found.ids[0] == "cats/001.png"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_sheet_beside_pictures_names_their_attributes(tmp_path, kind):
    files = tmp_path / "faces"
    files.mkdir()
    rows = [
        {"file": f"{k}.png", "age": 20 + 7 * k % 41, "mood": ["glad", "sad"][k % 2], "key": f"u{k}"} for k in range(30)
    ]
    for k in range(30):
        drawn(k, colour=True).save(files / f"{k}.png")
    if kind == "csv":
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows), "lost.png,1,sad,u"]
        (files / "about.csv").write_text("\n".join(lines))
    else:
        (tmp_path / "faces.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = look(files)
    assert [a.name for a in found.conditions.attributes] == ["age", "mood"]
    assert found.conditions["age"].kind == "continuous" and found.shape == (3, 32, 32)
    row = found.ids.index("7.png")
    assert found.codes[row].tolist() == [20 + 49 % 41, 1]
    said = " ".join(found.odd)
    assert "key is left out: nearly every row has a value of its own" in said
    assert ("row 31: 'lost.png'" in said) == (kind == "csv")


def test_arrays_carry_their_labels_and_floats_to_255_are_brightness(tmp_path):
    pictures = np.stack([np.asarray(drawn(k, (16, 16)).convert("L"), np.float64) for k in range(40)])
    np.savez(tmp_path / "a.npz", images=pictures, digit=np.arange(40) % 4, weight=np.linspace(1, 2, 40))
    found = look(tmp_path / "a.npz")
    assert np.array_equal(found.x[:, 0], pictures.astype(np.uint8))
    assert [a.kind for a in found.conditions.attributes] == ["categorical", "continuous"]
    assert any("brightness from 0 to 255" in sentence for sentence in found.odd)
    np.save(tmp_path / "v.npy", np.random.default_rng(0).normal(size=(40, 5)))
    (tmp_path / "v.csv").write_text("cell\n" + "\n".join("ab"[k % 2] for k in range(40)))
    vectors = look(tmp_path / "v.npy")
    assert vectors.noun == "vectors" and vectors.modality == "table" and vectors.conditions["cell"].values == ("a", "b")
    np.save(tmp_path / "wide.npy", np.random.default_rng(0).normal(size=(40, 100)).astype(np.float32))
    assert look(tmp_path / "wide.npy").modality == "series"


def test_a_table_is_numbers_with_named_attributes(tmp_path):
    rng = np.random.default_rng(1)
    path = table(
        tmp_path / "t.csv",
        number=range(60),
        species=["a", "b", "c"] * 20,
        target=[0, 1] * 30,
        day=["2024-01-02", "2024-07-01"] * 30,
        price=[f"{int(v):,}" for v in rng.uniform(2e6, 9e6, 60)],
        same=["x"] * 60,
        gap=[""] + [str(v) for v in range(1, 60)],
    )
    found = look(path)
    columns = found.modality_arguments["columns"]
    assert [c["label"] for c in columns] == ["width", "height", "price", "gap"]
    assert columns[2]["unit"] == "thousand" and 2000 < columns[2]["low"] < columns[2]["high"] < 9000
    assert [a.name for a in found.conditions.attributes] == ["species", "target", "day"]
    assert found.conditions["day"].low == 2024 + 1 / 365.25 and found.x.min() == 0 and found.x.max() == 1
    said = " ".join(found.odd)
    assert "same is left out: it has one value alone" in said and "gap: 1 missing values took the median" in said
    assert "number is left out" in said


def test_guesses_are_written_changed_and_read_again(tmp_path):
    found = look(
        table(
            tmp_path / "t.csv", species=["a", "b", "c"] * 20, grade=list(range(1, 7)) * 10, depth=np.linspace(1, 3, 60)
        )
    )
    path = tmp_path / "explorer.toml"
    found.settings.write(path)
    again = look(tmp_path / "t.csv", Settings.read(path))
    assert again.conditions == found.conditions and np.array_equal(again.x, found.x)
    text = path.read_text().replace('[columns."height"]\nuse = "item"', '[columns."height"]\nuse = "attribute"')
    text = text.replace(
        '[columns."species"]\nuse = "attribute"', '[columns."species"]\nlabel = "Kind"\nuse = "leave out"'
    )
    path.write_text(text)
    changed = look(tmp_path / "t.csv", Settings.read(path))
    assert [a.name for a in changed.conditions.attributes] == ["height", "grade"]
    assert changed.shape == (2,)


def test_what_is_told_fits_a_screen(tmp_path):
    found = look(folder(tmp_path / "pets"))
    screen = told(found, tmp_path / "out", minutes=5)
    assert screen.what == "30 pictures of 32x32 in grey in pets"
    assert screen.columns == (("folder", "attribute: category, 2 values", "cats (15), dogs (15)"),)
    assert "5 minutes" in " ".join(screen.plan)
    many = table(tmp_path / "t.csv", rows=600, **{f"text {k}": [f"v{k}-{j}" for j in range(600)] for k in range(40)})
    screen = told(look(many), tmp_path / "out")
    assert len(screen.columns) <= 15 and len(screen.odd) <= 14


def test_a_checkpoint_of_components_keeps_the_owners_order(tmp_path):
    found = look(folder(tmp_path / "pets", 60))
    out = make.place(tmp_path / "box" / "pets-box")
    made = make.first(found, out)
    assert check(out) == [] and made.card.family == "pca" and made.judge is None
    assert made.items.codes[:, 0].tolist() == found.codes[:, 0].tolist()
    assert made.items.held_out.sum() == 6
    with (out / "items.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == list(found.ids)
    assert [row["held_out"] == "1" for row in rows] == made.items.held_out.tolist()
    figures = made.card.metrics["reconstruction"]
    assert figures["psnr"] > figures["mean_picture_psnr"] and figures["n"] == 6
    assert [path.name for path in out.parent.iterdir()] == ["pets-box"]  # nothing half-made is left
    assert Checkpoint.load(out).card == made.card


def test_what_goes_wrong_while_making_leaves_nothing(tmp_path, monkeypatch):
    found = look(folder(tmp_path / "pets"))
    out = make.place(tmp_path / "box" / "pets-box")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explorer.box.build.build.save_file", full)
    with pytest.raises(ExplorerError, match="no space left"):
        make.first(found, out)
    assert list(out.parent.iterdir()) == []
