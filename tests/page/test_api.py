"""The named endpoints through gradio_client, and the same as MCP tools, against a running server."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import urllib.error
import urllib.request

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image

from explorer.core import link
from explorer.core.scene import Point
from explorer.page.serving.api import ENDPOINTS
from explorer.play.session import open_session


@pytest.fixture(scope="module")
def client(url):
    return Client(url, verbose=False)


def pixels(data_url: str) -> np.ndarray:
    assert data_url.startswith("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2]))))


def same(picture: dict, name: str = "tiny-shapes") -> None:
    """The picture, its recipe and its link agree."""
    rendered = open_session(name).render([Point.model_validate(picture["point"])])[0]
    assert np.array_equal(pixels(picture["image"]), rendered)
    scene = link.read(picture["link"])
    assert scene.model == name and scene.point == Point.model_validate(picture["point"])


def test_every_endpoint_is_named_typed_and_documented(client):
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert {"/edit", "/interpolate", "/resample", "/encode", "/neighbours", "/describe"} <= set(named)
    for endpoint in ENDPOINTS:
        told = named[f"/{endpoint.__name__}"]
        assert told["description"].startswith(endpoint.__doc__.split(".")[0])
        assert told["parameters"] and all(p["type"] for p in told["parameters"]) and told["returns"]


def test_edit(client):
    made = client.predict(item=3, condition={"colour": "blue"}, checkpoint="tiny-shapes", api_name="/edit")
    same(made)
    assert made["point"]["condition"] == {"colour": "blue"} and made["point"]["start"] == {"item": 3}
    further = client.predict(item=made["point"], condition={"height": 12}, checkpoint="tiny-shapes", api_name="/edit")
    same(further)
    assert further["point"]["condition"] == {"colour": "blue", "height": 12.0}
    same(client.predict(condition={"digit": {"3": 0.5, "8": 0.5}}, api_name="/edit"), "tiny-digits")


def test_interpolate(client):
    made = client.predict(
        a=1, b=2, steps=4, method="dense", condition="b", checkpoint="tiny-shapes", api_name="/interpolate"
    )
    assert len(made["pictures"]) == 4
    for picture in made["pictures"]:
        same(picture)
    end = client.predict(item=2, checkpoint="tiny-shapes", api_name="/edit")
    assert np.array_equal(pixels(made["pictures"][-1]["image"]), pixels(end["image"]))


def test_resample(client):
    asked = {
        "count": 3,
        "seed": 5,
        "condition": {"colour": "red"},
        "checkpoint": "tiny-shapes",
        "api_name": "/resample",
    }
    made, again = (client.predict(**asked) for _ in range(2))
    assert made == again and len(made["pictures"]) == 3
    for picture in made["pictures"]:
        same(picture)
    around = client.predict(count=2, around=4, temperature=0.5, checkpoint="tiny-shapes", api_name="/resample")
    assert all(picture["point"]["start"] == {"item": 4} for picture in around["pictures"])


def test_encode_by_data_url_and_by_file(client, tmp_path):
    item = client.predict(item=6, checkpoint="tiny-shapes", api_name="/edit")["image"]
    made = client.predict(picture=item, checkpoint="tiny-shapes", api_name="/encode")
    same(made)
    (tmp_path / "own.png").write_bytes(base64.b64decode(item.partition(",")[2]))
    again = client.predict(picture=handle_file(tmp_path / "own.png"), checkpoint="tiny-shapes", api_name="/encode")
    assert again == made
    corrected = client.predict(
        picture=item, condition={"colour": "green"}, checkpoint="tiny-shapes", api_name="/encode"
    )
    assert corrected["point"]["start"]["condition"]["colour"] == "green"


def test_an_uploaded_file_is_deleted(client, tmp_path):
    from pathlib import Path

    from gradio.utils import get_upload_folder

    Image.new("RGB", (16, 16)).save(tmp_path / "own-picture-to-delete.png")
    client.predict(
        picture=handle_file(tmp_path / "own-picture-to-delete.png"), checkpoint="tiny-shapes", api_name="/encode"
    )
    assert not list(Path(get_upload_folder()).rglob("own-picture-to-delete.png"))


def test_neighbours(client):
    found = client.predict(item=3, k=4, checkpoint="tiny-shapes", api_name="/neighbours")["neighbours"]
    session = open_session("tiny-shapes")
    assert [(n["item"], n["distance"]) for n in found] == session.neighbours(
        Point.model_validate({"start": {"item": 3}}), 4
    )
    assert found[0]["values"] == session.condition(Point.model_validate({"start": {"item": found[0]["item"]}}))


def test_describe(client):
    listed = client.predict(api_name="/describe")["checkpoints"]
    assert [c["name"] for c in listed] == ["tiny-digits", "tiny-shapes"]
    card = client.predict(checkpoint="tiny-shapes", api_name="/describe")
    assert card["conditions"] == open_session("tiny-shapes").card.conditions.model_dump(mode="json") and card["metrics"]
    said = client.predict(item=2, checkpoint="tiny-shapes", api_name="/describe")
    assert said["nearest_item"] == 2 and set(said["asked"]) == {"colour", "height"}


BAD = [
    ("/edit", {"item": 10**9}, "no number 1000000000"),
    ("/edit", {"item": -1}, "counted from 0"),
    ("/edit", {"item": "seven"}, "The item of edit"),
    ("/edit", {"item": None}, "The item of edit"),
    ("/edit", {"item": {"start": {"item": 0}, "evil": 1}}, "evil"),
    ("/edit", {"item": {"start": {"of": {"start": {"of": {"start": {"item": -1}}}}}}}, "point can't be read"),
    ("/edit", {"condition": {"smell": "rose"}}, "no attribute 'smell'"),
    ("/edit", {"condition": {"digit": "eleven"}}, "no value 'eleven'"),
    ("/edit", {"condition": {"digit": {"3": -1}}}, "edit"),
    ("/edit", {"condition": "digit=3"}, "The condition of edit"),
    ("/edit", {"checkpoint": "../etc"}, "no checkpoint"),
    ("/interpolate", {"steps": 1}, "2 to 64"),
    ("/interpolate", {"steps": 10**6}, "2 to 64"),
    ("/interpolate", {"method": "teleport"}, "The method of interpolate"),
    ("/resample", {"count": 10**6}, "1 to 64"),
    ("/resample", {"temperature": 99}, "0 to 2"),
    ("/resample", {"prior": "oracle"}, "no prior named 'oracle'"),
    ("/resample", {"condition": {"seed": "1"}}, "no attribute 'seed'"),
    ("/encode", {"picture": "no picture at all"}, "picture"),
    ("/encode", {"picture": "data:image/png;base64,AAAA"}, "isn't a picture"),
    ("/encode", {"picture": {"path": "/etc/hostname"}}, "not uploaded here"),
    ("/neighbours", {"k": 0}, "1 to 256"),
    ("/neighbours", {"space": "outer"}, "outer"),
]


@pytest.mark.parametrize(("name", "given", "word"), BAD, ids=lambda v: str(v)[:40])
def test_what_cannot_be_answered_is_one_sentence(client, name, given, word):
    with pytest.raises(AppError) as caught:
        client.predict(**given, api_name=name)
    sentence = str(caught.value)
    assert word in sentence and sentence.endswith(".") and "\n" not in sentence and "Traceback" not in sentence
    assert client.predict(api_name="/edit")["image"]


def test_the_same_as_mcp_tools(url):
    async def talk():
        server = streamablehttp_client(f"{url}/gradio_api/mcp/")
        async with server as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            asked = {"item": 3, "condition": {"colour": "blue"}, "checkpoint": "tiny-shapes"}
            return tools, await session.call_tool("edit", asked), await session.call_tool("edit", {"item": 10**9})

    tools, good, bad = asyncio.run(talk())
    for endpoint in ENDPOINTS:
        tool = tools[endpoint.__name__]
        assert endpoint.__doc__.split("\n")[0] in tool.description and "Returns:" in tool.description
        for name, described in tool.inputSchema["properties"].items():
            assert described["description"].endswith("."), f"{tool.name}.{name}"
    said, picture = good.content
    assert not good.isError and json.loads(said.text)["image"] == "picture 1"
    assert json.loads(said.text)["point"]["condition"] == {"colour": "blue"}
    made = open_session("tiny-shapes").render([Point.model_validate(json.loads(said.text)["point"])])[0]
    assert (picture.type, picture.mimeType) == ("image", "image/png")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.data)))), made)
    assert bad.isError and "there is no number 1000000000" in bad.content[0].text


def test_what_cannot_be_had_is_no_failure_of_the_server(url):
    body = json.dumps({"data": [10**9, None, ""]}).encode()
    request = urllib.request.Request(f"{url}/gradio_api/run/edit", body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 422 and "no number 1000000000" in json.loads(caught.value.read())["error"]
