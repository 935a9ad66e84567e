"""What the page asks of the server: every request answered, every bad one with a sentence at its place."""

from __future__ import annotations

import base64
import copy
import io
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from explorer.core import link
from explorer.core.scene import ItemStart, Point, Scene
from explorer.page.act import act
from explorer.play.session import open_session
from tests.support.asking import encode, show

ITEM = {"model": "tiny-shapes", "start": {"item": 3}}


def pixels(url: str) -> np.ndarray:
    """The picture in a data URL, uint8 [H, W, 3]."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


def upload(array: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def test_open_gives_the_opening_scene_and_the_facts_of_its_model(root):
    answer = act({"do": "open"})
    assert answer["ok"] and answer["warning"] is None
    scene, model = Scene.model_validate(answer["scene"]), answer["model"]
    assert scene == open_session(model["name"]).opening()
    assert model["n"] == open_session(model["name"]).card.items
    json.dumps(answer, allow_nan=False)


def test_open_follows_a_link(root):
    scene = Scene.model_validate({**ITEM, "condition": {"colour": "red"}})
    answer = act({"do": "open", "link": link.write(scene)})
    assert Scene.model_validate(answer["scene"]) == scene
    assert answer["model"]["name"] == "tiny-shapes"


@pytest.mark.parametrize(
    "text", ["nonsense", "#", "x" * 40_000, "é", '{"model": "tiny-shapes", "start": {"item": 100000}}']
)
def test_a_bad_link_opens_the_page_with_a_warning(root, text):
    answer = act({"do": "open", "link": text})
    assert answer["ok"] and answer["scene"]["model"] == "tiny-digits"
    assert answer["warning"].endswith(".")


def test_what_is_shown_is_the_picture_that_python_makes(root):
    session = open_session("tiny-shapes")
    own = session.condition(Point(start=ItemStart(item=3)))["colour"]
    other = next(value for value in session.card.conditions["colour"].values if value != own)
    scene = Scene.model_validate({**ITEM, "condition": {"colour": other}})
    answer = show(scene.model_dump(mode="json"))
    after = pixels(answer["after"])
    assert (after == session.render([scene.point])[0]).all()
    assert (pixels(answer["before"]) == session.render([scene.point.origin])[0]).all()
    assert (after != pixels(answer["before"])).any()
    assert len(answer["neighbours"]) == 8 and 3 not in answer["neighbours"]


def test_encode_makes_a_point_that_can_be_shown_without_the_picture(root):
    picture = np.full((40, 40, 3), 240, np.uint8)
    picture[10:, 8:20] = (0xD1, 0x49, 0x5B)
    answer = encode(ITEM, upload(picture))
    assert answer["ok"], answer
    assert answer["point"]["start"]["condition"]["colour"] == "red"
    shown = show({"model": "tiny-shapes", **answer["point"]})
    assert shown["ok"] and pixels(shown["after"]).shape == (16, 16, 3)
    corrected = encode(ITEM, upload(picture), {"colour": "blue"})
    assert corrected["point"]["start"]["condition"]["colour"] == "blue"
    assert corrected["point"]["start"]["latent"] != answer["point"]["start"]["latent"]


def sent(request: Any) -> dict[str, Any]:
    """A request's answer; what `show` and `encode` stand for is asked as the page asks it."""
    do = request.get("do") if isinstance(request, dict) else None
    if do == "show" and "scene" in request:
        return show(request["scene"])
    return encode(request["scene"], request["picture"]) if do == "encode" else act(request)


BAD = [
    (None, "stage"),
    ({"do": "dance"}, "stage"),
    ({"do": "ask"}, "stage"),
    ({"do": "show"}, "stage"),
    ({"do": "show", "scene": {"model": "nobody"}}, "checkpoint"),
    ({"do": "show", "scene": {"model": "../etc"}}, "checkpoint"),
    ({"do": "show", "scene": {**ITEM, "start": {"item": 400}}}, "map"),
    ({"do": "show", "scene": {**ITEM, "start": {"item": -1}}}, "stage"),
    ({"do": "show", "scene": {**ITEM, "condition": {"colour": "plaid"}}}, "attribute-colour"),
    ({"do": "show", "scene": {**ITEM, "condition": {"height": float("nan")}}}, "stage"),
    ({"do": "show", "scene": {**ITEM, "condition": {"height": 99}}}, "attribute-height"),
    ({"do": "show", "scene": {**ITEM, "edits": [{"op": "fold"}]}}, "stage"),
    ({"do": "show", "scene": {**ITEM, "edits": [{"op": "dimension", "params": {"index": 99}}]}}, "panel"),
    ({"do": "show", "scene": {**ITEM, "edits": [{"op": "direction", "params": {"vector": "AAAA"}}]}}, "panel"),
    ({"do": "show", "scene": {**ITEM, "view": {"map": "atlantis"}}}, "map"),
    ({"do": "show", "scene": {**ITEM, "start": {"map": "solid", "at": [0, 0]}}}, "map"),
    ({"do": "show", "scene": {"model": "tiny-digits", **{k: ITEM[k] for k in ("start",)}, "condition": {"colour": "red"}}},
     "tab-attributes"),
    ({"do": "encode", "scene": ITEM, "picture": "data:text/plain;base64,aGVsbG8="}, "own-item"),
    ({"do": "encode", "scene": ITEM, "picture": 7}, "stage"),
    ({"do": "encode", "scene": ITEM, "picture": "data:image/png;base64,%%%"}, "own-item"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "where"), BAD)
def test_bad_requests_get_one_sentence_at_their_place(root, request_, where):
    answer = sent(copy.deepcopy(request_))
    assert not answer["ok"] and answer["where"] == where, answer
    assert answer["error"].endswith(".") and "\n" not in answer["error"] and "Traceback" not in answer["error"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    do=st.sampled_from(["open", "live", "show", "encode", "about", "code"]),
    field=st.sampled_from(["start", "condition", "edits", "view", "model"]),
    value=anything,
)
def test_no_request_raises(root, do, field, value):
    answer = act({"do": do, "scene": {**ITEM, field: value}, "link": None, "picture": value, "condition": value})
    assert answer["ok"] or (answer["error"] and "on the server" not in answer["error"]), answer


HEAVY = (
    "umap",
    "numba",
    "sklearn",
    "skimage",
    "lightning_fabric",
    "vector_quantize_pytorch",
    "zuko",
    "diffusers",
    "librosa",
)


def test_a_warm_start_fits_nothing_and_leaves_the_heavy_libraries_alone(root):
    code = f"""
import sys
from explorer.page.act import act
from explorer.page.ui import create_app
create_app()
opened = act({{"do": "open"}})
assert act({{"do": "about", "scene": opened["scene"]}})["ok"]
print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stdout + done.stderr


def test_the_page_loads_from_its_head_and_speaks_of_itself(root):
    from fastapi.testclient import TestClient

    from explorer.page.ui import create_app

    answer = TestClient(create_app(root), base_url="http://127.0.0.1").get("/")  # other hosts are refused
    html = answer.text
    head = html[: html.index("</head>")]
    assert "/js/early.js" in head and "modulepreload" in head and "/css/tokens.css" in head
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "twitter:" not in html and "og:title" not in html and "githubusercontent" not in html
