"""A checkpoint's way to the Hub and back, against a stand-in for its HTTP API; what isn't taken from there."""

from __future__ import annotations

import json

import pytest
from huggingface_hub import constants

import explorer
from explorer.box import hub as module
from explorer.core.schema import ExplorerError
from explorer.page.serving.port import free
from tests.support.hub import TOKEN, Hub, app
from tests.support.live import serve

NAME = "someone/shapes"


@pytest.fixture
def hub(root, tmp_path, monkeypatch):
    """An empty Hub; whoever asks is signed in, and has a cache of their own."""
    held = Hub()
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # large files by plain HTTP
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    with serve(app(held)) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield held


def test_a_checkpoint_goes_there_and_comes_back(hub):
    own = explorer.load("tiny-shapes")
    address = own.push(NAME)
    assert address.endswith(NAME) and hub.private[NAME]
    assert {"card.json", "README.md", "model.safetensors"} <= hub.repositories[NAME].keys()
    assert f'explorer.load("{NAME}")' in hub.repositories[NAME]["README.md"].decode()
    hub.fetched.clear()
    again = explorer.load(NAME)
    assert again.card == own.card and again.folder.name == "tiny-shapes"
    assert again.edit(3).image.tobytes() == own.edit(3).image.tobytes()
    hub.fetched.clear()
    explorer.load(NAME)
    assert hub.fetched == ["card.json"]  # the rest is here, and unchanged


def test_what_is_pushed_anew_replaces_what_was_there(hub):
    explorer.load("tiny-digits").push(NAME, public=True)
    assert not hub.private[NAME]
    assert explorer.load(NAME).card.name == "tiny-digits"
    explorer.load("tiny-shapes").push(NAME)
    assert explorer.load(NAME).card.name == "tiny-shapes"


def test_only_files_that_a_checkpoint_may_hold_are_fetched(hub):
    explorer.load("tiny-shapes").push(NAME)
    hub.repositories[NAME] |= {"model.py": b"raise SystemExit", "weights.bin": b"x", "notes.json": b"{}"}
    hub.fetched.clear()
    folder = explorer.load(NAME).folder
    assert not {"model.py", "weights.bin", "notes.json", "README.md"} & {*hub.fetched}
    assert not (folder / "model.py").exists()


def _no_card(files):
    del files["card.json"]


def _leading_out(files):
    files["card.json"] = json.dumps(json.loads(files["card.json"]) | {"name": "../../elsewhere"}).encode()


def _changed(files):
    files["model.safetensors"] = files["model.safetensors"][:-1] + b"\x00\x01"


BAD = {
    "no card": (_no_card, "holds no checkpoint"),
    "a name that leads out": (_leading_out, "gives no name"),
    "weights of another card": (_changed, "model.safetensors"),
    "too large": (lambda files: files.update({"items.safetensors": bytes(3000)}), "is larger"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_a_checkpoint_is_one_sentence(hub, case, monkeypatch):
    explorer.load("tiny-shapes").push(NAME)
    change, words = BAD[case]
    change(hub.repositories[NAME])
    if case == "too large":
        monkeypatch.setattr(module, "MOST", 2000)
    with pytest.raises(ExplorerError, match=words) as refused:
        explorer.load(NAME)
    assert "\n" not in str(refused.value)


def test_who_is_not_allowed_is_told_so(hub, monkeypatch):
    with pytest.raises(ExplorerError, match="no such repository"):
        explorer.load("someone/nothing")
    with pytest.raises(ExplorerError, match="owner/name"):
        explorer.load("tiny-shapes").push("shapes")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(ExplorerError, match="aren't signed in"):
        explorer.load("tiny-shapes").push(NAME)
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free()}")
    with pytest.raises(ExplorerError, match="can't be reached"):
        explorer.load(NAME)
