"""What a client can send that the page never does: each is refused in one short sentence, and nothing fails."""

from __future__ import annotations

import json
import shutil

import pytest

from explorer.core.refusals import SENTENCE, WENT_WRONG
from explorer.core.schema import ExplorerError
from explorer.page.act import act
from explorer.page.serving.catalogue import catalogue

BIG, HALF, MODEL = 2**64, "\ud800", "tiny-shapes"


def scene(**changes):
    return {"model": MODEL, **changes}


REFUSED = [
    {"do": []},
    {"do": {}},
    {"do": HALF},
    {"do": "code", "scene": scene(start={"item": BIG})},
    {"do": "code", "scene": scene(condition={"colour": HALF})},
    {"do": "code", "scene": scene(condition={HALF: "red"})},
    {"do": "code", "scene": scene(condition={"height": BIG})},
    {"do": "code", "scene": scene(condition={"colour": "x" * 100_000})},
    {"do": "code", "scene": scene(view={"hidden": [HALF]})},
    {"do": "code", "scene": scene(view={"options": {"x": {"y": BIG}}})},
    {"do": "code", "scene": scene(view={"options": {"x": {"y": HALF}}})},
    {"do": "code", "scene": scene(edits=[{"op": "vary", "params": {"seed": BIG}}])},
    {"do": "code", "scene": scene(edits=[{"op": "vary", "params": {"seed": HALF}}])},
    {"do": "code", "scene": scene(edits=[{"op": "between", "params": {"to": {"start": {"item": BIG}}, "t": 0.5}}])},
    {"do": "code", "scene": scene(start={"map": "flat", "at": [1e308, 1e308]})},
    {"do": "code", "scene": scene(model="m" * 10_000)},
    {"do": "open", "checkpoint": "x" * 10_000},
    {"do": "open", "checkpoint": HALF},
    {"do": "live", "scene": scene()},
    {"do": "live", "n": BIG, "scene": scene()},
    {"do": "code", "scene": scene(condition={"colour": HALF})},
    {"do": "encode", "scene": scene(), "picture": f"data:{HALF},{HALF}"},
]


@pytest.mark.parametrize("request_", REFUSED, ids=lambda r: json.dumps(r)[:60])
def test_a_hostile_request_is_refused_in_a_short_sentence(root, request_, caplog):
    answer = act(request_)
    assert not answer["ok"] and not caplog.records
    sentence = answer["error"]
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) <= SENTENCE
    json.dumps(answer, ensure_ascii=False).encode()


def test_a_list_within_lists_is_refused(root):
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    assert "too deep" in act({"do": "code", "scene": scene(view={"options": {"x": {"y": deep}}})})["error"]


def test_every_sentence_is_one_short_line_of_text():
    sentence = str(ExplorerError(f"No {HALF} among\n{'x' * 2500}."))
    assert len(sentence) <= SENTENCE and "\n" not in sentence and sentence.endswith(".")
    sentence.encode()


def steered(card: dict) -> None:
    card["conditions"]["attributes"][0]["colours"][0] = "red;background-image:url(//example.org)"


SPOILT = {
    "colours": steered,
    "maps": lambda card: card.update(maps=[]),
    "opening": lambda card: card.update(opening={"item": 10**6}),
    "arguments": lambda card: card.update(arguments=card["arguments"] | {"latent": 10**9}),
    "title": lambda card: card.update(title="\x1b[31mred"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_strangers_checkpoint_is_refused_in_a_sentence_and_never_offered(made, tmp_path, monkeypatch, name):
    for one in ("tiny-digits", "tiny-shapes"):
        shutil.copytree(made / one, tmp_path / one)
    file = tmp_path / "tiny-shapes" / "card.json"
    card = json.loads(file.read_text())
    SPOILT[name](card)
    file.write_text(json.dumps(card))
    monkeypatch.setenv("CHECKPOINTS", str(tmp_path))
    answer = act({"do": "open", "checkpoint": "tiny-shapes"})
    assert not answer["ok"] and answer["error"] != WENT_WRONG and answer["error"].endswith(".")
    assert "example.org" not in json.dumps(catalogue()) and act({"do": "open"})["model"]["name"] == "tiny-digits"
    if name != "arguments":  # which are bounded where the model is built
        assert [entry["name"] for entry in catalogue()] == ["tiny-digits"]
