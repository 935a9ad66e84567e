"""Who is answered next: fair, bounded, and nobody who has left; in order of events alone, not of time."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from explorer.core.refusals import TEMPLATES
from explorer.page.serving.turns import Busy, Left, Person, Turns, person
from tests.support.live import serve
from tests.support.turns import Room, in_loop, settle

GREEDY, OTHER = Person("10.0.0.1", "greedy"), Person("10.0.0.1", "other")


@in_loop
async def test_a_bystander_is_answered_before_the_third_of_a_greedy_one():
    room = Room()
    for k in range(6):
        room.asks(GREEDY, f"greedy {k}")
    await settle()
    await room.finish("greedy 0", 1.0)
    room.asks(OTHER, "other")
    await settle()
    await room.finish("greedy 1", 1.0)
    await room.finish("other", 0.01)
    assert room.done == ["greedy 0", "greedy 1", "other"]
    assert room.running[-1] == "greedy 2"


@in_loop
async def test_the_next_is_who_used_the_least_time_and_not_who_asked_the_least():
    room = Room()
    room.asks(GREEDY, "long")
    await settle()
    for k in range(3):
        room.asks(GREEDY, f"long {k}")
        room.asks(OTHER, f"short {k}")
    await settle()
    await room.finish("long", 1.0)
    await room.finish_all(7, lambda name: 0.01 if name.startswith("short") else 1.0)
    assert room.done.index("short 2") < room.done.index("long 1")


@in_loop
async def test_a_picture_comes_before_the_first_slices_of_a_crowd_but_not_before_all_of_them():
    room = Room(slice=0.05)
    for k in range(20):
        room.asks(Person("10.0.0.1", f"batch {k}"), f"batch {k}", points=64)
    await settle()
    assert room.running == ["batch 0"]
    for k in range(8):
        room.asks(OTHER, f"picture {k}")
    await settle()
    await room.finish_all(28, lambda _: 0.05)
    first = [name.split()[0] for name in room.running[:12]]
    assert first[:2] == ["batch", "picture"] and 2 <= first.count("batch") <= 5


@in_loop
async def test_idling_saves_up_nothing():
    room = Room()
    room.asks(OTHER, "early")
    await settle()
    await room.finish("early", 0.5)
    for k in range(50):
        room.asks(GREEDY, f"greedy {k}")
        await settle()
        await room.finish(f"greedy {k}", 1.0)
    for k in range(3):
        room.asks(OTHER, f"other {k}")
        room.asks(GREEDY, f"late {k}")
    await settle()
    await room.finish_all(57, lambda _: 1.0)
    assert room.done.index("late 0") < room.done.index("other 2")


@in_loop
async def test_names_that_a_client_makes_up_gain_nothing_against_another_address():
    room = Room()
    for k in range(20):
        room.asks(Person("10.0.0.1", f"made up {k}"), f"many {k}")
    await settle()
    await room.finish("many 0", 1.0)
    room.asks(Person("10.0.0.2"), "elsewhere")
    await settle()
    for name in list(room.running):
        if name not in room.done:
            await room.finish(name, 1.0)
    assert room.running.index("elsewhere") <= 3


@in_loop
async def test_one_worker_more_is_there_for_what_is_light_and_for_one_alone():
    room = Room()
    room.asks(GREEDY, "greedy 0")
    await settle()
    await room.finish("greedy 0", 5.0)
    room.asks(GREEDY, "greedy 1")
    room.asks(GREEDY, "greedy 2")
    await settle()
    assert room.running[1:] == ["greedy 1"]
    room.asks(OTHER, "other")
    room.asks(Person("10.0.0.3"), "third")
    await settle()
    assert room.running[2:] == ["other"]


@in_loop
async def test_what_waits_for_a_client_that_has_left_never_runs():
    room, gone = Room(), asyncio.Event()
    room.asks(GREEDY, "first")
    room.asks(GREEDY, "second")
    waiting = room.asks(GREEDY, "left", gone.wait())
    cancelled = room.asks(GREEDY, "cancelled")
    await settle()
    gone.set()
    cancelled.cancel()
    await settle()
    assert isinstance(waiting.exception(), Left) and room.turns.waiting == 1
    await room.finish("first", 1.0)
    await room.finish("second", 1.0)
    assert room.running == ["first", "second"] and room.turns.running == room.turns.waiting == 0


@in_loop
async def test_what_runs_for_a_client_that_has_left_is_over():
    room, gone = Room(), asyncio.Event()
    room.asks(GREEDY, "first", gone.wait())
    await settle()
    assert not room.held["first"].over()
    gone.set()
    await settle()
    assert room.held["first"].over()


@in_loop
async def test_a_turn_is_over_after_its_slice_only_where_somebody_waits():
    room = Room(slice=0.5)
    room.asks(GREEDY, "first")
    await settle()
    room.clock.now += 1
    assert not room.held["first"].over()
    room.asks(GREEDY, "second")
    await settle()
    assert room.held["first"].over()
    await room.finish("first", 0.0)
    assert not room.held["second"].over()


@in_loop
async def test_beyond_the_bounds_a_request_is_refused_at_once_or_when_it_waited_too_long():
    room = Room(waiting=3, each=2, patience=0.05)
    room.asks(GREEDY, "runs")
    waiting = [room.asks(GREEDY, f"waits {k}") for k in range(2)]
    await settle()
    over = room.asks(GREEDY, "one too many here")
    await settle()
    assert isinstance(over.exception(), Busy)
    elsewhere = [room.asks(Person(f"10.0.0.{k}", ""), f"elsewhere {k}") for k in range(2, 6)]
    await settle()
    assert [task.done() for task in elsewhere] == [False, False, True, True]  # one runs, one waits
    waiting.append(elsewhere[1])
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
    assert all(isinstance(task.exception(), Busy) for task in waiting)
    assert 1 <= waiting[0].exception().seconds <= 30 and room.turns.waiting == 0


@in_loop
async def test_an_error_within_a_turn_gives_it_back():
    room = Room()
    with pytest.raises(ZeroDivisionError):
        async with room.turns.turn(GREEDY):
            raise ZeroDivisionError
    assert room.turns.running == 0


@in_loop
async def test_those_who_rest_are_forgotten():
    room = Room(workers=3)
    for k in range(5000):
        async with room.turns.turn(Person("10.0.0.1", str(k))):
            pass
    assert sum(len(account.pages) for account in room.turns._addresses.values()) < 4200


def test_an_address_of_ipv6_is_its_network_and_a_name_is_bounded():
    headers = [(b"x-explorer-visitor", b"x" * 100)]
    assert person({"client": ("2001:db8:1:2:3:4:5:6", 1), "headers": headers}) == ("2001:db8:1:2::/64", "x" * 64)
    assert person({"client": ("10.0.0.1", 1), "headers": []}) == ("10.0.0.1", "")
    assert person({"client": None}) == ("", "")


# -- the app


@pytest.fixture
def app(made, monkeypatch):
    """An app, and its address."""
    from explorer.page.ui import create_app

    monkeypatch.setenv("CHECKPOINTS", str(made))
    made_app = create_app(made)
    with serve(made_app) as address:
        yield made_app, address


def sent(address: str, path: str, body: Any = None) -> tuple[int, Any, dict[str, Any]]:
    """Status, headers and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, json.loads(answer.read())


def function(address: str) -> dict[str, Any]:
    """The body by which the page calls the server's function, without its request."""
    _, _, config = sent(address, "/config")
    (component,) = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "explorer"]
    return {"component_id": component, "fn_name": "act", "session_hash": "test"}


def full(turns: Turns) -> None:
    """So much runs already that nothing else gets a turn."""
    turns.running += 100


def test_over_the_bound_every_way_in_is_a_503_that_says_when_to_come_again(app):
    served, address = app
    call = function(address)
    ways = [
        ("/gradio_api/component_server/", {**call, "data": {"do": "open"}}),
        ("/gradio_api/run/describe", {"data": [None, ""]}),
        ("/explorer/tiny-shapes/facts.json", None),
        ("/explorer/tiny-shapes/thumbs.webp", None),
    ]
    assert all(sent(address, *way)[0] == 200 for way in ways[:3])
    full(served.state.turns)
    served.state.turns.most = 0
    begin = TEMPLATES["busy"][0].partition("{")[0]
    for way in ways:
        status, headers, body = sent(address, *way)
        assert status == 503 and int(headers["Retry-After"]) >= 1, way
        assert body["error"].startswith(begin), way
    assert sent(address, "/explorer/none/facts.json")[0] == 503
    served.state.turns.running -= 100
    assert all(sent(address, *way)[0] == 200 for way in ways[:3])


def test_a_request_whose_client_hangs_up_while_it_waits_never_runs(app, monkeypatch):
    from explorer.page import ui

    served, address = app
    asked = []
    monkeypatch.setattr(ui, "answer", lambda request, over: asked.append(request) or {"ok": True})
    turns, call = served.state.turns, function(address)
    full(turns)
    host, port = address.removeprefix("http://").split(":")
    paths = {
        "POST /gradio_api/component_server/": {**call, "data": {"do": "open"}},
        "GET /explorer/tiny-shapes/facts.json": "",
    }
    lines = []
    for path, body in paths.items():
        text = json.dumps(body) if body else ""
        head = (
            f"{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        )
        lines.append(socket.create_connection((host, int(port))))
        lines[-1].sendall((head + text).encode())
    until(lambda: turns.waiting == 2)
    for line in lines:
        line.close()
    until(lambda: turns.waiting == 0)
    turns.running -= 100
    assert sent(address, "/gradio_api/component_server/", {**call, "data": {"do": "about"}})[0] == 200
    assert asked == [{"do": "about"}]


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_batch_stops_for_others_and_goes_on_where_it_stopped(app, monkeypatch):
    served, address = app
    turns, call = served.state.turns, function(address)
    points = [{"start": {"seed": seed}} for seed in range(40)]
    asked = {"do": "ask", "model": "tiny-shapes", "questions": [{"ask": "picture", "points": points}]}
    turns.slice = 0.0
    turns.waiting += 1  # somebody waits
    _, _, body = sent(address, "/gradio_api/component_server/", {**call, "data": asked})
    turns.waiting -= 1
    (first,) = body["answers"]
    assert first["later"] and 1 <= len(first["value"]) < 40
    _, _, body = sent(address, "/gradio_api/component_server/", {**call, "data": asked})
    (whole,) = body["answers"]
    assert (
        "later" not in whole and len(whole["value"]) == 40 and whole["value"][: len(first["value"])] == first["value"]
    )


def test_the_page_says_that_the_server_is_busy_and_asks_again_by_itself(browser, app):
    from explorer.core.scene import Scene, View
    from tests.support.browsing import Visit

    served, address = app
    visit = Visit(browser, address)
    visit.page.route("**/engine.json*", lambda route: route.abort())  # the server answers all
    try:
        visit.open(Scene(model="tiny-shapes", view=View(map="flat", colour="colour")))
        turns = served.state.turns
        full(turns)
        turns.most = 0
        visit.page.click("#tab-resample")
        warning = visit.page.wait_for_selector('#panel .notice.warning[data-passing="busy"]')
        assert warning.inner_text().startswith(TEMPLATES["busy"][0].partition("{")[0])
        visit.page.wait_for_selector('#panel .notice.error[data-passing="busy"]')  # the second try
        turns.running -= 100
        visit.page.click("#tab-attributes")
        visit.page.wait_for_selector('.notice[data-passing="busy"]', state="detached")
        visit.page.wait_for_function("document.querySelector('#workspace').dataset.state === 'ready'")
        full(turns)
        visit.page.click("#tab-interpolate")
        visit.page.wait_for_selector('.notice.warning[data-passing="busy"]')
        turns.running -= 100
        visit.page.wait_for_selector('.notice[data-passing="busy"]', state="detached")
        visit.page.wait_for_function("document.querySelector('#workspace').dataset.state === 'ready'")
        assert not visit.page.query_selector(".notice.error")
    finally:
        visit.close()
