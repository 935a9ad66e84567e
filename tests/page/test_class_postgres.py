"""The same class on a real PostgreSQL, which the test starts."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from explorer.page.classes.store import Store
from tests.support.classes import LESSON, Person, app_of, opened
from tests.support.live import serve


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, where it is installed."""
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


@pytest.fixture(scope="module")
def where():
    """The address of a PostgreSQL of its own: a folder that is thrown away, reached by a socket in it alone."""
    tools = programs()
    if tools is None:
        pytest.skip("PostgreSQL isn't installed")
    # It refuses to run for root: then it runs for the user that its package brings.
    user = "postgres" if os.getuid() == 0 else getpass.getuser()
    try:
        number = pwd.getpwnam(user).pw_uid
    except KeyError:
        pytest.skip(f"PostgreSQL doesn't run for root, and there is no user {user}")
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    os.chown(home, number, -1)
    data, quiet = str(home / "data"), subprocess.DEVNULL

    def run(program: str, *words: str) -> None:
        command, other = [str(tools / program), "-D", data, *words], user if os.getuid() == 0 else None
        subprocess.run(command, check=True, cwd="/", stdout=quiet, stderr=quiet, timeout=120, user=other)

    run("initdb", "-A", "trust", "-U", "explorer")
    options = f"-c listen_addresses= -c unix_socket_directories={home}"
    run("pg_ctl", "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        yield f"postgresql://explorer@/postgres?host={home}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


def test_a_class_is_kept_by_postgres_and_deleted(where):
    with serve(app_of(where)) as url:
        teacher = opened(url)
        people = [Person(url, teacher.code) for _ in range(3)]
        assert [one.join("Ada") for one in people] == [1, 2, 3]
        assert people[0].join("") == 1, "the same secret is the same student"
        for one in people:
            assert one.answer(0, "Not at all").status_code == 200
        assert people[0].answer(0, "In small things, such as the pen").status_code == 200
        with teacher.news() as news:
            seen = [next(news) for _ in range(7)]
        assert [kind for kind, _, _ in seen] == ["state", *["student"] * 3, *["answer"] * 3]
        assert [number for _, number, _ in seen] == sorted(number for _, number, _ in seen)
    with serve(app_of(where)) as url:  # started again
        teacher.url = people[1].url = url
        people[1].answer(3, "C")
        with teacher.news(seen[-1][1]) as news:
            assert next(news)[2] == {"number": 2, "step": 3, "value": "C"}, "what was missed, and nothing else"
        assert len(teacher.send("GET", "/answers.csv").text.splitlines()) == 5
        teacher.send("DELETE").raise_for_status()
        assert people[1].answer(0, "Not at all").status_code == 404


def test_many_write_at_once_and_each_change_has_its_number(where):
    from concurrent.futures import ThreadPoolExecutor

    store = Store(where)
    row = store.open("0" * 64, LESSON)
    with ThreadPoolExecutor(8) as hands:
        numbers = list(hands.map(lambda k: store.join(row["id"], f"{k:064d}", ""), range(40)))
        seqs = list(hands.map(lambda k: store.answer(row["id"], k, 0, "Not at all"), numbers))
    assert sorted(numbers) == list(range(1, 41)) and sorted(seqs) == list(range(41, 81))
    assert store.sweep(row["ends"]) == 1 and store.find(row["code"]) is None
