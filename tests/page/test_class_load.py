"""A class of many: every answer that was acknowledged stands on the wall, and outlives a server that is killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from explorer.page.bench import classes
from explorer.page.bench.report import rows
from explorer.page.serving.port import free
from tests.conftest import ROOT


@pytest.fixture
def start(tmp_path):
    """Starts a server of classes on one database, always at the same address."""
    port, started = free(), []
    command = [sys.executable, "-m", "tests.support.classes", f"sqlite:///{tmp_path}/own.sqlite", str(port)]

    def go():
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return started[-1]

    go.url = f"http://127.0.0.1:{port}"
    yield go
    for one in started:
        one.kill()
        one.wait()


def test_all_answers_of_a_class_stand_on_the_wall(start):
    start()
    asyncio.run(classes.answering(start.url))
    made = asyncio.run(classes.load(start.url, None, students=20, joining=2.0, answers=3))
    assert made["sent"] == 60 and made["replaced"] == 0
    assert made["wall"]["n"] == made["acknowledged"]["n"] == 60
    kill = {"kills": 1, "students": 20, "answers": 60, "lost": 0, "off_the_wall": 0}
    told = rows({"class": {"load": made, "kill": kill}})
    assert "p95" in told[0][1] and "0 students" in told[1][1]


def test_a_killed_server_loses_no_answer(start):
    made = asyncio.run(classes.killed(start, start.url, students=10, kills=3, most=2.0))
    assert made["answers"] > 10 and (made["lost"], made["off_the_wall"]) == (0, 0)


def test_an_answer_that_is_lost_is_found_out(start, monkeypatch):
    going = classes.Seat.surely

    async def forgetful(self, method, path, body=None):
        answer = await going(self, method, path, body)
        return answer.rstrip().rpartition("\n")[0] if path.endswith(".csv") else answer

    monkeypatch.setattr(classes.Seat, "surely", forgetful)
    assert asyncio.run(classes.killed(start, start.url, students=3, kills=1, most=4.0))["lost"] == 1
