"""Sounds, series, tables of other programs, patterns of names and zips: what is understood, and what is refused."""

from __future__ import annotations

import json
import stat
import sys
import zipfile

import numpy as np
import pyarrow as arrow
import pytest
import soundfile
from openpyxl import Workbook
from pyarrow import parquet

from explorer.box.own import make, packed
from explorer.box.own.inspect import look
from explorer.box.own.settings import Settings
from explorer.box.own.told import told
from explorer.core.schema import ExplorerError
from tests.box.test_own import cache, drawn, folder, table  # noqa: F401 - a fixture of every test here

RNG = np.random.default_rng(0)
COLUMNS = {
    "id": [f"u{k}" for k in range(30)],
    "height": RNG.normal(size=30),
    "width": RNG.normal(size=30),
    "kind": ["a", "b"] * 15,
    "sure": [True, False, None] * 10,
}


def wave(path, pitch: float, rate: int = 8_000, seconds: float = 0.3):
    soundfile.write(path, 0.5 * np.sin(np.arange(int(rate * seconds)) * pitch / rate * 6.283), rate)


def sounds(path, count=26):
    path.mkdir()
    for k in range(count):
        wave(path / f"{['low', 'high'][k % 2]}_{k:02}.wav", 300 * (1 + 3 * (k % 2)) + 5 * k)
    return path


def long(path, lengths, jump=None):
    lines = ["unit,cycle,heat,load,site,flat"]
    for k, length in enumerate(lengths):
        lines += [f"u{k},{t},{k + np.sin(t / 3):.4f},{t * k},{'xy'[k % 2]},7" for t in range(1, length + 1)]
    if jump:
        lines.append(jump)
    path.write_text("\n".join(lines))
    return path


def archive(path, files, mode=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", mode) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def test_a_folder_of_sounds_with_attributes_from_its_names(tmp_path):
    path = sounds(tmp_path / "tones")
    (path / "low_99.wav").write_bytes(b"RIFF nothing")
    wave(path / "high_98.wav", 900, seconds=2.5)
    found = look(path)
    assert found.noun == "sounds" and found.modality == "sound" and found.shape == (1, 64, 32)
    (attribute,) = found.conditions.attributes
    assert attribute.values == ("high", "low") and found.settings.pattern == "{name 1}_{}"
    said = " ".join(found.odd)
    assert "1 can't be read and are left out: low_99.wav" in said and "1 sounds are longer than 0.51 seconds" in said
    assert told(found, tmp_path / "out").what == "27 sounds of 64 bands over 32 frames in tones"
    named = look(path, Settings(pattern="{pitch}_{take}"))
    assert [a.name for a in named.conditions.attributes] == ["pitch", "take"]
    with pytest.raises(ExplorerError, match="No name follows the pattern"):
        look(path, Settings(pattern="{pitch}-{take}"))
    with pytest.raises(ExplorerError, match="names no part"):
        look(path, Settings(pattern="pitch"))


def test_sounds_become_a_checkpoint(tmp_path):
    made = make.first(look(sounds(tmp_path / "tones")), make.place(tmp_path / "box"))
    assert made.card.modality == "sound" and made.card.metrics["reconstruction"]["psnr"] > 10


def test_parts_of_names_that_a_folder_says_already_are_no_attribute(tmp_path):
    path = folder(tmp_path / "pets")
    for one in path.rglob("*.png"):
        one.rename(one.with_name(f"{one.parent.name}_{'ab'[int(one.stem) % 3 // 2]}_{one.name}"))
    found = look(path)
    assert [a.label for a in found.conditions.attributes] == ["folder", "name 2"]
    assert found.settings.pattern == "{}_{name 2}_{}"
    assert len(look(path, Settings(pattern="")).conditions.attributes) == 1


def test_series_of_one_clock_keep_it(tmp_path):
    x = RNG.normal(size=(30, 40, 2)).cumsum(1)
    np.savez(tmp_path / "s.npz", series=x, kind=np.array(["a", "b"] * 15))
    found = look(tmp_path / "s.npz")
    assert found.noun == "series" and found.shape == (2, 40) and found.conditions["kind"].values == ("a", "b")
    low, high = x.min((0, 1)), x.max((0, 1))
    assert np.allclose(found.x.transpose(0, 2, 1), (x - low) / (high - low), atol=1e-6)
    assert look(tmp_path / "s.npz", Settings(kind="vectors")).noun == "vectors"


def test_a_wide_table_is_series(tmp_path):
    lines = ["name,kind," + ",".join(f"t{k}" for k in range(0, 100, 5))]
    lines += [f"p{k},{'ab'[k % 2]}," + ",".join(f"{np.sin(k + t / 9):.4f}" for t in range(20)) for k in range(30)]
    lines[3] = lines[3].rpartition(",")[0] + ","
    (tmp_path / "w.csv").write_text("\n".join(lines))
    found = look(tmp_path / "w.csv")
    assert (
        found.shape == (1, 20)
        and found.ids[:2] == ("p0", "p1")
        and [a.name for a in found.conditions.attributes] == ["kind"]
    )
    clock = found.modality_arguments
    assert (clock["time"], clock["start"], clock["step"]) == ("reading", 0, 5)
    assert "1 missing readings were filled in" in " ".join(found.odd)
    made = make.first(found, make.place(tmp_path / "box"))
    assert made.card.modality == "series"


def test_a_long_table_is_stretched_to_one_clock(tmp_path):
    found = look(long(tmp_path / "l.csv", [20 + k % 3 for k in range(30)]))
    assert found.noun == "series" and found.shape == (2, 21) and found.ids[3] == "u3"
    assert [a.label for a in found.conditions.attributes] == ["site", "readings"]
    assert [c["label"] for c in found.modality_arguments["channels"]] == ["heat", "load"]
    said = " ".join(found.odd)
    assert "clocks of their own (20 to 22 readings); each is stretched to 21" in said
    assert "flat is left out: it has one value alone" in said
    twice = long(tmp_path / "t.csv", [20] * 30, jump="u3,5,1,1,y,7")
    with pytest.raises(ExplorerError, match="cycle doesn't rise from reading to reading of u3"):
        look(twice, Settings(series="unit", time="cycle"))
    with pytest.raises(ExplorerError, match="no column 'engine'"):
        look(twice, Settings(series="engine"))
    assert look(twice).noun == "rows"


def written(path, kind):
    columns = COLUMNS | {"vector": [[float(k), k / 2, -k] for k in range(30)]}
    if kind == "parquet":
        parquet.write_table(arrow.table(columns), path)
    elif kind == "jsonl":
        rows = zip(*columns.values(), strict=True)
        path.write_text("\n".join(json.dumps(dict(zip(columns, map(plain, row), strict=True))) for row in rows))
    else:
        book = Workbook()
        for row in [list(COLUMNS), *zip(*map(list, COLUMNS.values()), strict=True)]:
            book.active.append([plain(value) for value in row])
        book.save(path)
    return path


def plain(value):
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "xlsx"])
def test_tables_of_other_programs(tmp_path, kind):
    path = written(tmp_path / f"t.{kind}", kind)
    found = look(path, Settings(kind="rows"))
    assert [c["label"] for c in found.modality_arguments["columns"]] == ["height", "width"]
    assert found.ids[:2] == ("u0", "u1")  # the owner's names of the rows
    assert [a.name for a in found.conditions.attributes] == ["kind", "sure"]
    assert found.conditions["sure"].values == ("false", "true") and (found.codes[:, 1] == -1).sum() == 10
    low, high = COLUMNS["width"].min(), COLUMNS["width"].max()
    assert np.allclose(found.x[:, 1], (COLUMNS["width"] - low) / (high - low), atol=1e-6)
    if kind != "xlsx":
        vectors = look(path)
        assert vectors.noun == "vectors" and vectors.shape == (3,)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ExplorerError, match="damaged" if kind != "jsonl" else "is no JSON"):
        look(path)


@pytest.mark.parametrize(("kind", "package"), [("parquet", "pyarrow"), ("xlsx", "openpyxl")])
def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch, kind, package):
    path = written(tmp_path / f"t.{kind}", kind)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExplorerError, match=rf"t.{kind} takes the package {package}, .*: pip install {package}\."):
        look(path)


def test_labels_in_parquet_beside_pictures(tmp_path):
    path = folder(tmp_path / "pets")
    names = sorted(one.relative_to(path).as_posix() for one in path.rglob("*.png"))
    parquet.write_table(arrow.table({"file": names, "mood": ["glad", "sad"] * 15}), tmp_path / "pets.parquet")
    assert [a.label for a in look(path).conditions.attributes] == ["folder", "mood"]


def test_a_table_of_many_numbers_is_drawn_as_lines(tmp_path):
    path = table(
        tmp_path / "t.csv", **{f"gene {'abcdefghij'[k % 10]}{k // 10}x": RNG.normal(size=60) for k in range(70)}
    )
    found = look(path)
    assert found.noun == "rows" and found.modality == "series" and found.shape == (1, 72)


def test_a_zip_is_opened_like_what_it_holds(tmp_path):
    path = folder(tmp_path / "pets")
    files = {f"data/{one.relative_to(path).as_posix()}": one.read_bytes() for one in path.rglob("*.png")}
    found = look(archive(tmp_path / "p.zip", files | {"__MACOSX/data/x.png": "x", ".DS_Store": "x"}))
    assert len(found) == 30 and found.path.name == "p.zip" and found.ids[0] == "cats/001.png"
    assert look(archive(tmp_path / "t.zip", {"a/t.csv": table(tmp_path / "t.csv").read_bytes()})).noun == "rows"


BAD = {
    "a way out": (lambda t: archive(t / "z.zip", {"../../x.png": "x"}), "'../../x.png' in it leads out of its folder"),
    "a root": (lambda t: archive(t / "z.zip", {"/etc/x.png": "x"}), "leads out of its folder"),
    "a drive": (lambda t: archive(t / "z.zip", {"C:\\x.png": "x"}), "leads out of its folder"),
    "a link": (lambda t: linked(t / "z.zip"), "leads out of its folder"),
    "nothing": (lambda t: archive(t / "z.zip", {}), "z.zip holds no files"),
    "no zip": (lambda t: (t / "z.zip").write_bytes(b"hello") and t / "z.zip", "z.zip is damaged, or no zip"),
    "too much": (lambda t: archive(t / "z.zip", {"a.csv": "0" * 3_000_000}), "unpacks to more than"),
    "two tables": (lambda t: archive(t / "z.zip", {"a.csv": "x", "b.csv": "x"}), "holds 2 tables, arrays or texts, such as a"),
    "two texts": (lambda t: archive(t / "z.zip", {"a.txt": "x", "b.txt": "x"}), "name one of them"),
    "neither": (lambda t: archive(t / "z.zip", {"a.md": "x", "b.md": "x"}), "holds no pictures"),
}  # fmt: skip


def linked(path):
    entry = zipfile.ZipInfo("link.png")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(entry, "/etc/passwd")
    return path


@pytest.mark.parametrize("case", BAD)
def test_a_bad_zip_is_one_sentence(case, tmp_path, monkeypatch):
    make_, words = BAD[case]
    path = make_(tmp_path)
    monkeypatch.setattr(packed, "MOST_BYTES", 1_000_000)
    with pytest.raises(ExplorerError) as caught:
        look(path)
    assert words in str(caught.value) and not (tmp_path.parent / "x.png").exists()
