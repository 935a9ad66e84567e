"""The page of a play in a real browser: form, points, progress, its link; and its route, which anybody can ask."""

from __future__ import annotations

import json
from urllib.parse import unquote

from fastapi.testclient import TestClient
from starlette.applications import Starlette

from explorer.page.ui import create_app
from tests.support.browsing import Visit
from tests.support.play import Tiny


def opened(visit: Visit, values: dict | None = None) -> None:
    visit.page.goto(f"{visit.url}/play/{Tiny.name}{f'#{json.dumps(values)}' if values else ''}")
    visit.settle()


def linked(visit: Visit) -> dict:
    return json.loads(unquote(visit.page.url.partition("#")[2]) or "{}")


def test_a_play_is_turned_dropped_on_and_linked(playing):
    opened(playing)
    page = playing.page
    assert page.inner_text("h1") == "Tiny play" and page.inner_text("#said") == "2 points, up"
    page.click("#play-form label:has-text('down')")
    page.wait_for_function("document.querySelector('#said').textContent === '2 points, down'")
    box = page.locator("#plane").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    page.wait_for_function("document.querySelector('#said').textContent === '3 points, down'")
    assert linked(playing)["params"] == {"law": "down"} and len(linked(playing)["inputs"]["points"]) == 3
    page.reload()
    playing.settle()
    assert page.inner_text("#said") == "3 points, down"
    page.wait_for_selector("#curve[data-drawn] .main-svg")
    page.click("#clear")
    page.wait_for_function("document.querySelector('#said').textContent === '0 points, down'")


def test_a_slider_stays_under_the_hand_while_the_curve_follows(playing):
    opened(playing)
    page = playing.page
    page.wait_for_selector("#curve[data-drawn]")
    before = page.get_attribute("#curve", "data-drawn")
    box = page.locator("#power").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    page.wait_for_function("(old) => document.querySelector('#curve').dataset.drawn !== old", arg=before)
    held = float(page.input_value("#power"))
    assert held > 2.5
    page.mouse.up()
    playing.settle()
    assert linked(playing)["params"]["power"] == held


def test_what_does_not_fit_is_told_and_the_play_goes_on(playing):
    opened(playing, {"params": {"law": "down", "count": 2}})
    page = playing.page
    page.wait_for_selector("#play-form .error")
    page.click("#play-form label:has-text('up')")
    page.wait_for_selector("#said")
    assert page.locator("#play-form .error").count() == 0
    playing.page.goto(f"{playing.url}/play/{Tiny.name}#%7Bbroken")
    playing.settle()
    assert page.inner_text("#said") == "2 points, up"


def test_the_route_takes_what_is_bounded_alone(root):
    app: Starlette = create_app(root)
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    told = [json.loads(line) for line in client.post("/play/tiny/run", content="{}").text.splitlines()]
    assert [next(iter(line)) for line in told] == ["form", "progress", "nodes"]
    for body in ("", "[", "3", "[" * 50_000):
        (line,) = client.post("/play/tiny/run", content=body).text.splitlines()
        assert json.loads(line)["error"]
    assert client.post("/play/tiny/run", content="x" * 70_000).status_code == 413
    assert (
        client.get("/play/none").status_code == 404 and client.post("/play/none/run", content="{}").status_code == 404
    )
