"""Checkpoints load as they were saved; each way in which one can be broken is its own sentence."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file, save_file

from explorer.box.build.share import share, sweep
from explorer.box.cards import read_card
from explorer.box.checkpoints import Checkpoint, available, check, load, survey
from explorer.box.files import read, sheets
from explorer.core.scene import Scene
from explorer.core.schema import ExplorerError
from tests.conftest import BUNDLED, TINY, bundled

WEIGHTS = ("model.safetensors", "judge.safetensors", "prior.safetensors", "items.safetensors")
OF_THE_DATA = {"judge.safetensors", "judge.onnx"}


@pytest.fixture(params=[*TINY, *bundled()])
def folder(request, made):
    return (made if request.param in TINY else BUNDLED) / request.param


@pytest.fixture
def copy(made, tmp_path):
    """A folder with one checkpoint that a test may break."""
    shutil.copytree(made / "tiny-shapes", tmp_path / "tiny-shapes")
    return tmp_path / "tiny-shapes"


def change_card(folder, **fields) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def change_tensors(folder, name, change) -> None:
    """Rewrite a file of tensors, and put its new hash on the card."""
    path = folder / name
    tensors = load_file(path)
    change(tensors)
    save_file({k: t.contiguous() for k, t in tensors.items()}, path)
    card = json.loads((folder / "card.json").read_text())
    card["sha256"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))


def refused(folder) -> str:
    """The sentence with which a checkpoint is refused, be it at once or when its items are first read."""
    with pytest.raises(ExplorerError) as caught:
        checkpoint = Checkpoint.load(folder)
        for name in load_file(folder / "items.safetensors"):
            checkpoint.items.tensor(name)
    sentence = str(caught.value)
    assert caught.value.where == "checkpoint"
    assert sentence.endswith(".") and "\n" not in sentence and "Traceback" not in sentence
    return sentence


def test_a_checkpoint_is_whole(folder):
    checkpoint = Checkpoint.load(folder)
    card, items = checkpoint.card, checkpoint.items
    judged = card.modality != "text"  # a regression over words reads what a text is about
    weights = {name for name in WEIGHTS if judged or name not in OF_THE_DATA}
    assert card.sha256.keys() >= {"cover.webp", "recipe.toml", "graphs.json", *weights}
    assert (checkpoint.judge is not None) == judged
    apart = {name for name in card.sha256 if not (folder / name).is_file()}
    assert {path.name for path in folder.iterdir()} == card.sha256.keys() - apart | {"card.json"}
    assert apart == (
        set() if card.name in TINY else OF_THE_DATA & card.sha256.keys() | (set(sheets(card)) if card.sheet else set())
    )
    assert check(folder) == []
    assert len(items) == card.items and items.z.shape == (card.items, *card.latent.shape)
    assert card.parameters == sum(p.numel() for p in checkpoint.model.parameters())
    assert not any(p.requires_grad for p in checkpoint.model.parameters()) and not checkpoint.model.training
    assert list(checkpoint.priors) == list(card.priors)
    assert items.codes.shape == (card.items, len(card.conditions.attributes))
    assert 0 < items.held_out.sum() < card.items
    for spec in card.maps:
        assert items.map(spec.name).shape == (card.items, spec.dims) and spec.sentence.endswith(".")
    index, distance = items.neighbours
    assert (index != torch.arange(card.items)[:, None].numpy()).all() and (distance[:, 1:] >= distance[:, :-1]).all()
    assert Scene.model_validate({"model": card.name, **card.opening}).start.item < card.items
    if card.modality == "text":
        sentences = card.metrics["sentences"]
        assert sentences["reconstruction"]["in_place"] > sentences["nearest_training"]["in_place"]
    elif "encode" in card.capabilities:
        assert card.metrics["reconstruction"]["psnr"] > card.metrics["reconstruction"]["mean_picture_psnr"]


def together(checkpoint, z, c, views=8):
    """Latents of things by several of their views, drawn under the first values of the first attribute."""
    where = next(iter(checkpoint.card.conditions.slices.values()))
    asked = c[:, None].repeat(1, views, 1)
    asked[..., where] = torch.eye(where.stop - where.start)[:views]
    x = torch.stack([checkpoint.model.decode(z, one)[:, 0] for one in asked.unbind(1)], 1)
    return checkpoint.model.encode_set(x, asked).mean


def test_the_stored_latents_are_what_the_encoder_says(folder):
    from explorer.core.registry import find
    from explorer.learn.latents import as_input

    checkpoint = Checkpoint.load(folder)
    if "encode" not in checkpoint.card.capabilities:
        return
    if checkpoint.card.name not in TINY:
        z = checkpoint.items.tensor("z")[:32]
        c = checkpoint.card.conditions.encode_codes(checkpoint.items.codes[:32])
        x = checkpoint.model.decode(z, c)
        again = checkpoint.model.encode(x, c).mean
        views = (
            "assemble" in checkpoint.card.capabilities
        )  # one alone says less of a thing than those that were encoded
        again = together(checkpoint, z, c) if views else again
        if views or checkpoint.card.latent.kind == "codes":  # other numbers may draw the same
            y = checkpoint.model.decode(again, c)
            assert (y - x).square().mean() < 0.25 * (x.roll(1, 0) - x).square().mean()
            return
        between = torch.pdist(z.flatten(1)).median()
        compared = not hasattr(checkpoint.model, "training_step")  # a game never saw an item beside its reconstruction
        assert (again - z).flatten(1).norm(dim=1).median() < (0.5 if compared else 0.7) * between
        return
    data = find("data", checkpoint.card.data)().load("train")
    c = checkpoint.card.conditions.encode_codes(data.codes)
    z = checkpoint.model.encode(as_input(data.x), c).mean
    stored = checkpoint.items.tensor("z")[~torch.from_numpy(checkpoint.items.held_out)]
    nearest = torch.cdist(stored.flatten(1), z.flatten(1)).min(1).values
    assert nearest.max() < 0.01 * z.flatten(1).std(0).norm() + 0.01


def test_it_survives_saving(folder, tmp_path):
    checkpoint = Checkpoint.load(folder)
    checkpoint.save_pretrained(tmp_path / "again")
    again = Checkpoint.from_pretrained(tmp_path / "again")
    assert again.card == checkpoint.card
    z, c = checkpoint.items.tensor("z")[:2], checkpoint.card.conditions.encode_codes(checkpoint.items.codes[:2])
    assert torch.equal(again.model.decode(z, c), checkpoint.model.decode(z, c))


def test_no_file_holds_code(folder):
    for path in folder.iterdir():
        assert path.suffix in {".json", ".safetensors", ".webp", ".avif", ".toml", ".onnx"}
        assert not path.read_bytes().startswith((b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05"))


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_missing_file(copy, name):
    (copy / name).unlink()
    assert name in refused(copy)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_missing_tensor(copy, name):
    change_tensors(copy, name, lambda t: t.pop("map.flat" if name.startswith("items") else sorted(t)[-1]))
    assert re.search("lacks|fit together", refused(copy))


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_wrong_shape(copy, name):
    key = {"items.safetensors": "map.flat", "prior.safetensors": "gaussian.mean"}.get(name)

    def change(tensors):
        chosen = key if key in tensors else max(tensors, key=lambda k: tensors[k].ndim)
        tensors[chosen] = tensors[chosen][..., :-1]

    change_tensors(copy, name, change)
    assert re.search("shape|fit together", refused(copy))


@pytest.mark.parametrize("name", WEIGHTS)
def test_an_unknown_tensor(copy, name):
    change_tensors(copy, name, lambda t: t.update(stowaway=torch.zeros(2)))
    assert "unknown" in refused(copy)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_number_that_is_not_finite(copy, name):
    def change(tensors):  # in `codes` it means: unknown
        chosen = next(k for k, t in tensors.items() if t.is_floating_point() and t.numel() > 3 and k != "codes")
        tensors[chosen] = tensors[chosen].clone()
        tensors[chosen].view(-1)[3] = torch.nan

    change_tensors(copy, name, change)
    assert "finite" in refused(copy)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_wrong_hash(copy, name):
    raw = bytearray((copy / name).read_bytes())
    raw[-1] ^= 1
    (copy / name).write_bytes(raw)
    assert "wrong hash" in refused(copy)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_file_of_another_kind(copy, name):
    (copy / name).write_bytes(b"\x80\x04pickle")
    card = json.loads((copy / "card.json").read_text())
    card["sha256"][name] = hashlib.sha256(b"\x80\x04pickle").hexdigest()
    (copy / "card.json").write_text(json.dumps(card))
    assert "safetensors" in refused(copy)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"card_version": 99}, "version 99"),
        ({"card_version": None}, "version None"),
        ({"family": "sorcery"}, "sorcery"),
        ({"modality": "smell"}, "smell"),
        ({"priors": ["oracle"]}, "oracle|unknown weight"),
        ({"arguments": {"latent": 6, "magic": 1}}, "magic"),
        ({"arguments": {"latent": 3}}, "shape|lacks"),
        ({"latent": {"kind": "grid", "shape": [6]}}, "latent"),
        ({"shape": [3, 17, 17]}, "built|divide|shape"),
        ({"items": 399}, "shape"),
        ({"seed": "zero"}, "seed"),
        ({"surprise": 1}, "surprise"),
        ({"title": None}, "title"),
        ({"maps": []}, "maps"),
        ({"items": 0}, "items"),
        ({"opening": {"start": {"item": 400}}}, "no item 400"),
        ({"opening": {"start": {"item": "x"}}}, "opening"),
        ({"opening": {"view": {"map": "moon"}}}, "no map 'moon'"),
        ({"opening": {"condition": {"colour": "plaid"}}}, "plaid"),
        ({"opening": {"condition": {"mood": "red"}}}, "mood"),
        ({"sha256": {}}, "names no file"),
        ({"sha256": {"../../etc/passwd": "0" * 64}}, "no checkpoint has"),
    ],
)
def test_a_card_that_does_not_fit(copy, fields, word):
    change_card(copy, **fields)
    assert re.search(word, refused(copy))


def test_a_colour_that_is_more_than_a_colour(copy):
    card = json.loads((copy / "card.json").read_text())
    card["conditions"]["attributes"][0]["colours"][0] = "red;background-image:url(//example.org)"
    (copy / "card.json").write_text(json.dumps(card))
    assert "colours" in refused(copy)


@pytest.mark.parametrize("where", ["summary", "conditions"])
def test_a_card_that_steers_the_terminal(copy, where):
    card = json.loads((copy / "card.json").read_text())
    if where == "summary":
        card["summary"] += "\x1b]0;owned\x07"
    else:
        card["conditions"]["attributes"][0]["label"] = "Colour\x9b31m"
    (copy / "card.json").write_text(json.dumps(card))
    assert "control characters" in refused(copy) and refused(copy).isprintable()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": NaN', "[" * 100_000, "\x00"])
def test_a_card_that_is_no_card(copy, text):
    (copy / "card.json").write_text(text)
    assert "card" in refused(copy)


def test_a_card_too_large_is_not_read(copy):
    with (copy / "card.json").open("wb") as file:
        file.truncate(1 << 30)
    started = time.monotonic()
    assert "larger" in refused(copy)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("name", ["cover.webp", "model.safetensors", "items.safetensors", "decoder.onnx", "card.json"])
def test_a_link_is_refused_whatever_it_leads_to(copy, tmp_path, name):
    (copy / name).rename(tmp_path / "elsewhere")
    (copy / name).symlink_to(tmp_path / "elsewhere")
    assert "is a link" in refused(copy)
    cards, faults = survey(copy.parent)
    assert not cards and "is a link" in faults[copy.name]
    assert any("is a link" in sentence for sentence in check(copy))


@pytest.mark.parametrize("name", ["cover.webp", "graphs.json", "decoder.onnx", "recipe.toml"])
def test_what_is_served_is_what_the_card_names(copy, name):
    """Files that no weight is loaded from are compared with their hash before anything of them is handed out."""
    (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    card = read_card(copy)
    with pytest.raises(ExplorerError, match="wrong hash"):
        read(copy, name, card)
    assert check(copy) == [f"The file {name} of the checkpoint tiny-shapes is not the one its card names: wrong hash."]


@pytest.mark.parametrize(
    "arguments",
    [
        {"blocks": [10**9]},
        {"blocks": [500_000]},
        {"widths": [16] * 5000},
        {"widths": [10**12]},
        {"hidden": "x" * 10_000},
        {"latent": 1e300},
    ],
)
def test_a_card_that_asks_for_the_impossible_is_refused_at_once(copy, arguments):
    card = json.loads((copy / "card.json").read_text())
    change_card(copy, arguments=card["arguments"] | arguments)
    started = time.monotonic()
    assert "can't be built" in refused(copy)
    assert time.monotonic() - started < 10


def test_a_checkpoint_may_share_files_of_its_data_set(copy, monkeypatch):
    card = read_card(copy)
    monkeypatch.setenv("CHECKPOINTS", str(copy.parent))
    moved = share(copy)
    assert {path.name.partition("-")[0] for path in moved} == {"judge", "thumbs"} and not (
        copy / "judge.safetensors"
    ).exists()
    assert check(copy) == [] and Checkpoint.load(copy).judge is not None
    Checkpoint.load(copy).save_pretrained(copy.parent / "whole")
    assert (copy.parent / "whole" / "judge.safetensors").is_file()
    stray = moved[0].with_name("judge-0000000000000000.safetensors")
    stray.write_bytes(b"")
    shutil.rmtree(copy.parent / "whole")
    assert sweep(copy.parent) == [stray] and check(copy) == []
    next(path for path in moved if path.suffix == ".avif").unlink()
    assert "thumbs.avif" in str(survey(copy.parent)[1]) and card == read_card(copy)


def test_no_card_and_no_folder(copy):
    (copy / "card.json").unlink()
    assert "card.json" in refused(copy)
    assert "nowhere" in refused(copy.parent / "nowhere")


def test_one_broken_checkpoint_does_not_hide_the_others(made, tmp_path, monkeypatch):
    for name in TINY:
        shutil.copytree(made / name, tmp_path / name)
    (tmp_path / "notes").mkdir()
    (tmp_path / "tiny-shapes" / "card.json").write_text("{")
    monkeypatch.setenv("CHECKPOINTS", str(tmp_path))
    cards, faults = survey()
    assert list(cards) == ["tiny-digits"] and list(faults) == ["tiny-shapes"]
    with pytest.raises(ExplorerError, match="not readable JSON"):
        load("tiny-shapes")
    assert load("tiny-digits").card.name == "tiny-digits"


@pytest.mark.parametrize("name", ["", "nothing", "../tiny-digits", "/etc", "tiny-digits/..", "a" * 10_000, "\0"])
def test_an_unknown_name_is_one_sentence(root, name):
    with pytest.raises(ExplorerError) as caught:
        load(name)
    assert caught.value.where == "checkpoint" and "tiny-digits, tiny-shapes" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_the_checkpoint_with_the_lowest_order_opens_first(root):
    assert list(available()) == ["tiny-digits", "tiny-shapes"]


def test_one_that_was_rebuilt_is_read_anew(copy):
    first = load("tiny-shapes", copy.parent)
    assert load("tiny-shapes", copy.parent) is first
    change_card(copy, title="Anew")
    assert load("tiny-shapes", copy.parent).card.title == "Anew"


def test_opening_a_checkpoint_never_imports_the_compiler():
    """torch imports it, for two seconds, where a constructor does some sums on the device on which shapes are tried."""
    script = """
import sys
from explorer.box.checkpoints import load
for name in ("digits-gon", "faces-caae", "fashion-acgan"):
    load(name).model
    assert "torch._dynamo" not in sys.modules, name
print("opened")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=BUNDLED.parent, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "opened", done.stderr[-800:]
