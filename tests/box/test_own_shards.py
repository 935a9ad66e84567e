"""Data sets of Hugging Face's library on disk: pictures, sounds, vectors and rows in shards, and what isn't opened."""

from __future__ import annotations

import io
import json

import numpy as np
import pyarrow as arrow
import pytest
import soundfile
from pyarrow import parquet

from explorer.box.own.inspect import look
from explorer.box.own.settings import Settings
from explorer.core.schema import ExplorerError
from tests.box.test_own import cache, drawn  # noqa: F401 - a fixture of every test here

COUNT = 30
LABELS = {"names": ["ankle boot", "bag", "coat"], "_type": "ClassLabel"}
FILE = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])


def picture(k):
    buffer = io.BytesIO()
    drawn(k, colour=True).save(buffer, "PNG")
    return buffer.getvalue()


def sound(k):
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.5 * np.sin(np.arange(2_400) * (300 + 20 * k) / 8_000 * 6.283), 8_000, format="WAV")
    return buffer.getvalue()


def table(columns, features):
    told = json.dumps({"info": {"features": features}})
    return arrow.table(columns).replace_schema_metadata({"huggingface": told})


def files(name, kind, content, count=COUNT, start=0):
    values = arrow.array([{"bytes": content(start + k), "path": None} for k in range(count)], FILE)
    labels = [(start + k) % 3 for k in range(count)]
    return table({name: values, "label": labels}, {name: {"_type": kind}, "label": LABELS})


def saved(folder, *shards):
    """What `save_to_disk` writes."""
    folder.mkdir(parents=True)
    names = [f"data-{k:05}-of-{len(shards):05}.arrow" for k in range(len(shards))]
    for name, shard in zip(names, shards, strict=True):
        with arrow.OSFile(str(folder / name), "wb") as sink, arrow.ipc.new_stream(sink, shard.schema) as writer:
            writer.write_table(shard)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    return folder


def test_pictures_of_several_shards_have_their_labels_by_name(tmp_path):
    found = look(saved(tmp_path / "clothes", files("image", "Image", picture), files("image", "Image", picture, 7, 30)))
    assert (found.noun, found.shape, len(found)) == ("pictures", (3, 32, 32), 37)
    assert found.conditions.attributes[0].values == tuple(LABELS["names"])
    assert found.codes[:4, 0].tolist() == [0, 1, 2, 0]
    assert found.path.name == "clothes" and found.ids[36] == "0000036.png"


def test_splits_are_taken_together_and_named(tmp_path):
    root = tmp_path / "clothes"
    for split, start in (("train", 0), ("test", 30)):
        saved(root / split, files("image", "Image", picture, start=start))
    (root / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    found = look(root)
    assert len(found) == 60 and {one.partition("-")[0] for one in found.ids} == {"train", "test"}
    assert any("train, test are taken together" in sentence for sentence in found.odd)


def test_a_copy_of_a_repository_with_parquet_is_opened(tmp_path):
    (tmp_path / "clothes" / "data").mkdir(parents=True)
    parquet.write_table(files("image", "Image", picture), tmp_path / "clothes/data/train-00000-of-00001.parquet")
    (tmp_path / "clothes" / "README.md").write_text("# Clothes")
    (tmp_path / "clothes" / "clothes.py").write_text("raise SystemExit('this must not run')")
    found = look(tmp_path / "clothes", Settings(items=25))
    assert (found.noun, len(found)) == ("pictures", 25)
    rows = [int(one.removesuffix(".png").rpartition("-")[2]) for one in found.ids]
    assert found.codes[:, 0].tolist() == [k % 3 for k in rows]


def test_sounds_vectors_and_rows(tmp_path):
    heard = look(saved(tmp_path / "tones", files("audio", "Audio", sound)))
    assert (heard.noun, heard.modality) == ("sounds", "sound")
    x = np.random.default_rng(0).normal(size=(COUNT, 6)).astype(np.float32)
    labels = [k % 3 for k in range(COUNT)]
    wide = look(saved(tmp_path / "wide", table({"embedding": x.tolist(), "label": labels}, {"label": LABELS})))
    assert (wide.noun, wide.shape) == ("vectors", (6,)) and wide.conditions.attributes[0].values[1] == "bag"
    rows = look(saved(tmp_path / "rows", table({"a": x[:, 0], "b": x[:, 1], "label": labels}, {"label": LABELS})))
    assert (rows.noun, rows.shape) == ("rows", (2,))


def _missing(root):
    (saved(root, files("image", "Image", picture)) / "data-00000-of-00001.arrow").unlink()


def _damaged(root):
    (saved(root, files("image", "Image", picture)) / "data-00000-of-00001.arrow").write_bytes(b"\x00" * 64)


def _leading_out(root):
    saved(root.parent / "other", files("image", "Image", picture))
    root.mkdir()
    (root / "state.json").write_text(json.dumps({"_data_files": [{"filename": "../other/data-00000-of-00001.arrow"}]}))


def _texts(root):
    saved(root, table({"text": [f"line {k}" for k in range(COUNT)]}, {}))


def _links_alone(root):
    values = arrow.array([{"bytes": None, "path": "/etc/hostname"}] * COUNT, FILE)
    saved(root, table({"image": values}, {"image": {"_type": "Image"}}))


BAD = {
    "a shard that is missing": (_missing, "data-00000-of-00001.arrow is missing"),
    "a shard that is damaged": (_damaged, "is damaged"),
    "a shard elsewhere": (_leading_out, "is missing"),
    "text alone": (_texts, "no column of numbers|0 columns|has no column"),
    "pictures that lie elsewhere": (_links_alone, "can be read"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_one_sentence(case, tmp_path):
    make_it, words = BAD[case]
    make_it(tmp_path / "set")
    with pytest.raises(ExplorerError, match=words) as refused:
        look(tmp_path / "set")
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300
