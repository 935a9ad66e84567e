"""Own data that is odd or bad: each kind is refused in one sentence that says where, or read and told."""

# ruff: noqa: E501 - a case is a line
from __future__ import annotations

import errno
import os
import zipfile

import numpy as np
import pytest

from explorer.box.cards import CONTROL
from explorer.box.own import make
from explorer.box.own.inspect import look
from explorer.box.own.settings import Settings
from explorer.box.own.told import told
from explorer.core.schema import ExplorerError
from explorer.page.cli import main
from explorer.page.cli.own import screen
from tests.box.test_own import cache, drawn, folder, table  # noqa: F401 - a fixture of every test here

VECTORS = np.random.default_rng(0).normal(size=(40, 5))


def lines(path, *rows):
    path.write_text("\n".join(rows))
    return path


def saved(path, **arrays):
    np.savez(path, **arrays)
    return path


def broken(path, at=60):
    path.write_bytes(path.read_bytes()[:at])
    return path


def pictures(path, *sheet, count=30):
    path.mkdir()
    for k in range(count):
        drawn(k).save(path / f"{k}.png")
    if sheet:
        lines(path / "about.csv", *sheet)
    return path


def spoilt(value):
    x = VECTORS.copy()
    x[3, 2] = value
    return x


NUMBERED = [f"{k},{k % 3}" for k in range(30)]
REFUSED = {
    "nothing there": (lambda t: t / "none", "no file or folder"),
    "an empty file": (lambda t: lines(t / "e.csv"), "e.csv is empty"),
    "another kind": (lambda t: lines(t / "a.docx", "x"), "a.docx can't be opened; a folder of pictures"),
    "an empty folder": (lambda t: (t / "f").mkdir() or t / "f", "f holds no pictures"),
    "one picture": (lambda t: pictures(t / "f", count=1), "f holds 1 pictures; a map takes 24"),
    "three rows": (lambda t: lines(t / "r.csv", "a,b", "1,2", "2,3", "4,5"), "r.csv holds 3 rows"),
    "titles alone": (lambda t: lines(t / "h.csv", "a,b"), "h.csv has a line of titles and no rows"),
    "no titles": (lambda t: lines(t / "n.csv", *NUMBERED), "n.csv begins with numbers; its first line must name"),
    "a title missing": (lambda t: lines(t / "t.csv", "a,", *NUMBERED), "t.csv: column 2 has no title"),
    "a title twice": (lambda t: lines(t / "t.csv", "a,a", *NUMBERED), "two columns have the title 'a'"),
    "a short row": (lambda t: lines(t / "s.csv", "a,b", *NUMBERED, "7"), "s.csv, row 31, has 1 cells"),
    "binary as text": (lambda t: (t / "b.csv").write_bytes(bytes(range(256)) * 9) and t / "b.csv", "b.csv: This file isn't a table"),
    "too many columns": (
        lambda t: lines(t / "w.csv", ",".join(f"c{k}" for k in range(4097)), ",".join("1" * 4097)), "w.csv: This table has 4097 columns",
    ),
    "no numbers": (lambda t: lines(t / "w.csv", "a,b", *["x,y", "z,w"] * 20), "w.csv has no columns of numbers"),
    "one column of numbers": (lambda t: table(t / "o.csv", height=["a", "b"] * 30), "o.csv has 1 column of numbers"),
    "JSON cut off": (lambda t: lines(t / "j.jsonl", '{"a": 1}', '{"a": '), "j.jsonl, line 2, is no JSON"),
    "JSON of lists": (lambda t: lines(t / "j.jsonl", "[1, 2]"), "j.jsonl, line 1, is no object of plain values"),
    "half of an archive": (lambda t: broken(saved(t / "z.npz", x=VECTORS)), "z.npz is damaged"),
    "text as an archive": (lambda t: lines(t / "z.npz", "hello"), "z.npz is damaged, or no file of numpy"),
    "text as an array": (lambda t: lines(t / "z.npy", "hello"), "z.npy is damaged, or no file of numpy"),
    "objects": (lambda t: saved(t / "o.npz", x=np.array([{}, []] * 20, object)), "o.npz holds Python objects"),
    "words alone": (lambda t: saved(t / "w.npz", x=np.array(["a", "b"] * 20)), "w.npz holds no array of numbers"),
    "not a number": (lambda t: saved(t / "n.npz", x=spoilt(np.nan)), "n.npz: x holds nan at row 4, column 3"),
    "infinity": (lambda t: saved(t / "n.npz", x=spoilt(-np.inf)), "n.npz: x holds -inf at row 4, column 3"),
    "labels too short": (lambda t: saved(t / "l.npz", x=VECTORS, y=np.arange(7)), "l.npz: y has 7 values for 40 items"),
    "one number each": (lambda t: saved(t / "v.npz", x=VECTORS[:, :1]), "v.npz: x has one number in a row"),
    "all the same": (lambda t: saved(t / "v.npz", x=np.ones((40, 4))), "All numbers of these vectors are the same"),
    "an archive that unpacks too far": (lambda t: bomb(t / "bomb.npz"), "bomb.npz unpacks to more than 4 gigabytes"),
    "no picture in a picture": (
        lambda t: [p.write_text("x") for p in sorted(pictures(t / "f").glob("*.png"))] and t / "f", "None of the pictures in f",
    ),
    "sheet out of step": (
        lambda t: (np.save(t / "v.npy", VECTORS), lines(t / "v.csv", "a", "x", "y"))[0] or t / "v.npy", "v.csv has 2 rows for 40 items",
    ),
    "sheet of a folder is broken": (lambda t: pictures(t / "f", "file,age", "1.png"), "about.csv, row 1, has 1 cells"),
    "sheet names few": (
        lambda t: pictures(t / "f", "file,age", *[f"{k}.png,{k}" for k in range(5)]), "f holds 5 pictures that about.csv names",
    ),
}  # fmt: skip


def bomb(path):
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("x.npy", "w", force_zip64=True) as file,
    ):
        file.write(b"\0" * 1024)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\x01\x02")  # the directory may say anything: six gigabytes, by the field that holds 64 bits
    extra = b"\x01\x00\x08\x00" + (6 << 30).to_bytes(8, "little")
    name = int.from_bytes(raw[at + 28 : at + 30], "little")
    raw[at + 24 : at + 28] = b"\xff" * 4
    old = int.from_bytes(raw[at + 30 : at + 32], "little")
    raw[at + 30 : at + 32] = len(extra).to_bytes(2, "little")
    raw[at + 46 + name : at + 46 + name + old] = extra
    end = raw.index(b"PK\x05\x06")
    raw[end + 12 : end + 16] = (int.from_bytes(raw[end + 12 : end + 16], "little") + len(extra) - old).to_bytes(
        4, "little"
    )
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_one_sentence_that_says_where(case, tmp_path):
    make_, words = REFUSED[case]
    path = make_(tmp_path)
    with pytest.raises(ExplorerError) as caught:
        look(path)
    said = str(caught.value)
    assert words in said and said.endswith(".") and "\n" not in said and len(said) < 300, said


TOLD = {
    "one class": (lambda t: table(t / "t.csv", kind=["a"] * 60), "kind is left out: it has one value alone"),
    "300 classes": (
        lambda t: table(t / "t.csv", rows=700, kind=[f"c{k // 2}" for k in range(700)]), "kind is left out: it has more than 300 values",
    ),
    "a name for each": (
        lambda t: table(t / "t.csv", who=[f"u{k}" for k in range(60)]), "who is left out: nearly every row has a value of its own",
    ),
    "no value": (lambda t: table(t / "t.csv", empty=[""] * 60), "empty is left out: no row has a value"),
    "missing labels": (lambda t: table(t / "t.csv", kind=["a", "b", ""] * 20), "kind: 20 of 60 items have no value"),
    "numbers as names": (lambda t: table(t / "t.csv", kind=[0, 1, 2] * 20), "kind: its 3 whole numbers are taken as names"),
    "capitals": (lambda t: table(t / "t.csv", kind=["Yes", "yes", "no"] * 20), "differ from others in capital letters"),
    "a word among numbers": (
        lambda t: table(t / "t.csv", load=[*[k / 7 for k in range(59)], "heavy"]), "load: row 60 says 'heavy', which is no number",
    ),
    "infinity among numbers": (
        lambda t: table(t / "t.csv", load=[*[k / 7 for k in range(59)], "inf"]), "row 60 says 'inf', which isn't finite",
    ),
    "copies": (lambda t: saved(t / "c.npz", x=np.concatenate([VECTORS, VECTORS])), "40 vectors are copies of others"),
    "links out of the folder": (
        lambda t: pictures(t / "f", "file,age", *[f"{k}.png,{k}" for k in range(30)], "../../etc/passwd,3"),
        "1 rows of about.csv name no picture of their own, the first in row 31",
    ),
    "a sheet of something else": (
        lambda t: pictures(t / "f", "name,age", "ann,old"), "about.csv names none of the pictures and isn't used",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_odd_input_is_read_and_told(case, tmp_path):
    make_, words = TOLD[case]
    said = " ".join(look(make_(tmp_path)).odd)
    assert words in said, said


def test_labels_in_html_and_odd_signs_are_plain_text(tmp_path):
    kinds = ["<img src=x onerror=alert(1)>", "über\u202e", "a\tb"]
    found = look(table(tmp_path / "t.csv", **{"Größe <b>": kinds * 20}))
    (attribute,) = found.conditions.attributes
    assert attribute.name == "groe_b" and set(attribute.values) == {kinds[0], "über", "a b"}


def test_a_file_name_cannot_steer_the_terminal(tmp_path, capsys, monkeypatch):
    path = table(tmp_path / "red\x1b[31m.csv", kind=["a", "b"] * 30)
    found = look(path)
    screen(told(found, tmp_path / "out\x1b[2J"), tmp_path / "guesses\x07.toml")
    assert not CONTROL.search(capsys.readouterr().out)
    path.write_text("no table")
    monkeypatch.setattr("sys.argv", ["explorer", "open", str(path), "--no-browser"])
    with pytest.raises(SystemExit):
        main()
    assert "[31m" in (said := capsys.readouterr().err) and not CONTROL.search(said)


def test_without_permission_it_says_so(tmp_path, monkeypatch):
    path = table(tmp_path / "t.csv")
    path.chmod(0)
    if os.geteuid() == 0:  # root may read and write everything, so the system's answers to others stand in

        def refused(**_):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(os, "access", lambda *_: False)
        monkeypatch.setattr(make.tempfile, "TemporaryFile", refused)
    with pytest.raises(ExplorerError, match="may not be read"):
        look(path)
    (tmp_path / "box").mkdir(mode=0o500)
    with pytest.raises(ExplorerError, match="Nothing can be written"):
        make.place(tmp_path / "box" / "a")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("My Box", "can't be named 'My Box'"),
        ("file", "is a file; a checkpoint is a folder"),
        ("full", "holds something else"),
    ],
)
def test_a_folder_that_is_no_place_for_a_checkpoint_is_refused(name, words, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    with pytest.raises(ExplorerError, match=words):
        make.place(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("items = 3", "malformed at items"),
        ("itmes = 30", "malformed at itmes"),
        ("items = ", "is not TOML"),
        ('[columns.kind]\nuse = "colour"', "malformed at columns.kind.use"),
        (
            '[columns.width]\nkind = "category"\nuse = "attribute"\n[columns.load]\nuse = "attribute"',
            "can't be an attribute",
        ),
        ('[columns.kind]\nuse = "item"', "no number in row 1, which says 'a'"),
    ],
)
def test_a_wrong_line_in_the_file_of_guesses_is_named(text, words, tmp_path):
    path = table(tmp_path / "t.csv", kind=["a", "b"] * 30, load=["same"] * 60, more=np.linspace(0, 1, 60))
    guesses = lines(tmp_path / "explorer.toml", text)
    with pytest.raises(ExplorerError) as caught:
        look(path, Settings.read(guesses))
    assert words in str(caught.value)


def test_more_items_than_are_taken_are_sampled_evenly(tmp_path):
    found = look(folder(tmp_path / "pets", 60), Settings(items=30))
    assert len(found) == 30 and 9 < found.codes[:, 0].sum() < 21
    assert "30 of 60 pictures are taken, a fair sample" in " ".join(found.odd)
