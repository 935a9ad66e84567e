"""A class: who may do what in it, what is kept and deleted, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time

import pytest

from explorer.core import link
from explorer.core.scene import PriorStart, Scene, UploadStart
from explorer.museum.lessons.read import FOLDER, lessons, read
from explorer.page.classes import codes, desk, store
from explorer.page.classes.answers import fitting, named, table
from explorer.page.classes.codes import Limit, Refused
from explorer.page.classes.desk import Desk
from explorer.page.classes.store import Store
from explorer.page.serving import prefix
from tests.support.classes import CLIENT, LESSON, Person, app_of, opened
from tests.support.live import serve

CHOICE, PICTURES, REACH, FIND = 0, 3, 2, 5
MADE = Scene(model="digits-cvae-2d", start=PriorStart(seed=3))


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("classes") / "classes.sqlite"


@pytest.fixture(scope="module")
def url(kept):
    own = Desk(lambda: Store(f"sqlite:///{kept}"), openings=Limit(10_000, 60), guesses=Limit(10_000, 60))
    with serve(app_of("", own)) as address:
        yield address


@pytest.fixture
def teacher(url):
    return opened(url)


def student(teacher, name=""):
    one = Person(teacher.url, teacher.code)
    one.join(name)
    return one


def refused(answer, status, words):
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"] and len(answer.json()["error"]) <= 300


def until(news, kind):
    return next(data for what, _, data in news if what == kind)


# -- a class from its beginning to its end


def test_answers_come_together_on_the_teachers_stream(teacher):
    with teacher.news() as news:
        assert until(news, "state") | {"ends": 0} == {
            "lesson": LESSON, "step": 0, "scene": None, "frozen": False, "spotlight": None, "ends": 0,
        }  # fmt: skip
        one = student(teacher)
        assert until(news, "student") == {"number": 1, "name": ""}
        two = student(teacher, "Ada")
        assert until(news, "student") == {"number": 2, "name": "Ada"}
        for who, value in ((one, "Not at all"), (two, "In small things, such as the pen")):
            assert who.answer(CHOICE, value).status_code == 200
            assert until(news, "answer") == {"number": 1 if who is one else 2, "step": CHOICE, "value": value}
        two.answer(CHOICE, "Not at all")
        assert until(news, "answer")["value"] == "Not at all", "the last answer counts"


def test_students_see_what_the_teacher_shows_and_nothing_of_each_other(teacher):
    one, two = student(teacher, "Ada"), student(teacher)
    with one.news() as news:
        assert until(news, "state")["step"] == 0
        one.answer(CHOICE, "Not at all")
        two.answer(CHOICE, "Not at all")
        teacher.send("PATCH", body={"step": 1, "scene": link.write(MADE)}).raise_for_status()
        kind, _, state = next(news)
        assert kind == "state" and state["step"] == 1 and link.read(state["scene"]) == MADE
        teacher.send("PATCH", body={"spotlight": {"step": CHOICE}}).raise_for_status()
        assert next(news)[2]["spotlight"] == {"step": CHOICE, "values": ["Not at all"] * 2, "one": False, "name": ""}
        for named_, shown in ((False, ""), (True, "Ada")):
            teacher.send("PATCH", body={"spotlight": {"step": CHOICE, "number": 1, "named": named_}}).raise_for_status()
            assert next(news)[2]["spotlight"] == {"step": CHOICE, "values": ["Not at all"], "one": True, "name": shown}
        teacher.send("PATCH", body={"spotlight": None}).raise_for_status()
        assert next(news)[2]["spotlight"] is None


def test_a_stream_goes_on_after_the_last_event_that_was_seen(teacher):
    one = student(teacher)
    one.answer(CHOICE, "Not at all")
    with teacher.news() as news:
        seen = [next(news) for _ in range(3)]
    assert [kind for kind, _, _ in seen] == ["state", "student", "answer"]
    last = seen[-1][1]
    one.answer(PICTURES, "C")
    two = student(teacher)
    two.answer(CHOICE, "Not at all")
    with teacher.news(last) as news:
        assert [next(news)[0] for _ in range(3)] == ["answer", "student", "answer"], (
            "what was missed, once, in its order"
        )
    with one.news(last) as news:
        teacher.send("PATCH", body={"step": 2}).raise_for_status()
        assert next(news)[2]["step"] == 2


def test_joining_twice_by_the_same_secret_is_one_student(teacher):
    one = Person(teacher.url, teacher.code)
    assert [one.join(), one.join("Ada"), student(teacher) and one.join("Ada")] == [1, 1, 1]


def test_frozen_no_answer_is_taken(teacher):
    one = student(teacher)
    teacher.send("PATCH", body={"frozen": True}).raise_for_status()
    refused(one.answer(CHOICE, "Not at all"), 409, "stopped")
    teacher.send("PATCH", body={"frozen": False}).raise_for_status()
    assert one.answer(CHOICE, "Not at all").status_code == 200


def test_the_button_deletes_everything_also_from_the_file(teacher, kept):
    one = student(teacher, "Rumpelstiltskin")
    files = [kept, kept.with_name(f"{kept.name}-wal")]
    assert any(b"Rumpelstiltskin" in file.read_bytes() for file in files if file.exists())
    with one.news() as news:
        next(news)
        teacher.send("DELETE").raise_for_status()
        assert next(news)[0] == "gone"
    refused(one.answer(CHOICE, "Not at all"), 404, "no class")
    refused(teacher.send("GET", "/answers.csv"), 404, "no class")
    assert not any(b"Rumpelstiltskin" in file.read_bytes() for file in files if file.exists())


def test_after_its_time_everything_is_deleted(tmp_path):
    own = Store(f"sqlite:///{tmp_path}/own.sqlite")
    row = own.open("0" * 64, LESSON)
    assert abs(row["ends"] - time.time() - 3600 * store.HOURS) < 60
    [number] = own.write([("join", row["id"], "1" * 64, "Ada")])
    own.write([("answer", row["id"], number, 0, "Not at all")])
    assert own.sweep() == 0 and own.sweep(row["ends"] - 1) == 0 and own.find(row["code"])
    assert own.sweep(row["ends"]) == 1 and own.find(row["code"]) is None
    with sqlite3.connect(tmp_path / "own.sqlite") as look:
        for name in ("class", "student", "answer"):
            assert look.execute(f"select count(*) from {name}").fetchone() == (0,)


def test_a_server_that_starts_again_knows_its_classes(tmp_path):
    where = f"sqlite:///{tmp_path}/own.sqlite"
    with serve(app_of(where)) as address:
        teacher = opened(address)
        one = student(teacher)
        one.answer(CHOICE, "Not at all")
    with serve(app_of(where)) as address:
        teacher.url = one.url = address
        assert one.join() == 1
        with teacher.news() as news:
            assert until(news, "answer") == {"number": 1, "step": CHOICE, "value": "Not at all"}


# -- files


def test_the_table_holds_every_answer(teacher):
    one, two = student(teacher, "=HYPERLINK(1)"), student(teacher)
    one.answer(CHOICE, "Not at all")
    two.answer(CHOICE, "In small things, such as the pen")
    two.answer(REACH, {"how": "yes", "recipe": link.write(MADE)})
    answer = teacher.send("GET", "/answers.csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["student"], row["step"], row["answer"], row["right"]) for row in rows] == [
        ("1", "1", "Not at all", "1"), ("2", "1", "In small things, such as the pen", "0"), ("2", "3", "yes", ""),
    ]  # fmt: skip
    assert rows[0]["name"] == "'=HYPERLINK(1)", "a spreadsheet would compute it"
    assert link.read(rows[2]["recipe"]) == MADE and rows[0]["title"] == read(FOLDER / f"{LESSON}.md").steps[0].title


def test_numbers_and_places_in_the_table():
    lesson = next(one for one in lessons() if any(getattr(step.end, "place", None) for step in one.steps))
    at = next(k for k, step in enumerate(lesson.steps) if getattr(step.end, "place", None))
    text = table("ABCDEFGH", lesson, [{"number": 1, "name": "", "step": at, "value": [1.5, -2], "at": 0}])
    assert "1.5 -2" in text and "1970-01-01T00:00:00+00:00" in text


def test_the_qr_code_is_of_the_address_and_of_nothing_else(teacher):
    answer = teacher.send("GET", "/qr.svg", params={"address": f"http://192.0.2.7/?class={teacher.code}"})
    assert answer.headers["content-type"].startswith("image/svg") and b"<path" in answer.content
    other = teacher.send("GET", "/qr.svg", params={"address": f"http://192.0.2.8/?class={teacher.code}"})
    assert other.content != answer.content
    refused(teacher.send("GET", "/qr.svg", params={"address": "javascript:1"}), 422, "address")


# -- who may


def test_nobody_does_what_is_the_teachers(teacher):
    one = student(teacher)
    stranger = Person(teacher.url, teacher.code)
    for who in (one, stranger):
        refused(who.send("PATCH", body={"frozen": True}), 403, "opened")
        refused(who.send("DELETE"), 403, "opened")
        refused(who.send("GET", "/answers.csv"), 403, "opened")
        refused(who.send("GET", "/qr.svg", params={"address": "http://a"}), 403, "opened")
    refused(stranger.answer(CHOICE, "Not at all"), 403, "Join")
    refused(stranger.send("GET", "/stream"), 403, "Join")
    refused(Person(teacher.url, teacher.code, "short").send("POST", "/students", {}), 403, "secret")


def test_a_student_writes_for_nobody_else(teacher):
    """Who one is follows from the secret alone: a number that is sent along is refused, and another class knows nobody."""
    one, two = student(teacher), student(teacher)
    refused(one.send("POST", "/answers", {"step": 0, "value": "Not at all", "number": 2}), 422, "number")
    one.answer(CHOICE, "Not at all")
    with teacher.news() as news:
        assert until(news, "answer")["number"] == 1
    elsewhere = opened(teacher.url)
    two.code = elsewhere.code
    refused(two.answer(CHOICE, "Not at all"), 403, "Join")
    elsewhere.code = teacher.code
    refused(elsewhere.send("DELETE"), 403, "opened")


def test_the_file_holds_no_secret(teacher, kept):
    one = student(teacher)
    files = b"".join(file.read_bytes() for file in kept.parent.iterdir())
    assert one.secret.encode() not in files and teacher.secret.encode() not in files
    assert codes.hashed(one.secret).encode() in files


def test_a_code_has_40_bits_and_is_read_as_people_type_it():
    made = {codes.fresh() for _ in range(2000)}
    assert len(made) == 2000 and len(set(codes.ALPHABET)) ** codes.LENGTH == 2**40
    assert set("".join(made)) == set(codes.ALPHABET)
    assert codes.normal("abcd-efg o") == "ABCDEFG0" and codes.normal("iL12-3456") == "11123456"
    assert codes.normal(codes.written("ABCDEFGH").lower()) == "ABCDEFGH"


def test_who_guesses_codes_is_stopped_and_who_is_in_a_class_goes_on(tmp_path):
    now = [0.0]
    own = Desk(lambda: Store(f"sqlite:///{tmp_path}/own.sqlite"), guesses=Limit(*desk.GUESSES, clock=lambda: now[0]))
    with serve(app_of("", own)) as address:
        teacher = opened(address)
        one = student(teacher)
        for _ in range(desk.GUESSES[0]):
            refused(Person(address, codes.fresh()).send("POST", "/students", {}), 404, "no class")
        right = Person(address, teacher.code)
        for who in (Person(address, codes.fresh()), right):
            refused(who.send("POST", "/students", {}), 429, "Too many codes")
        assert one.answer(CHOICE, "Not at all").status_code == 200
        now[0] += desk.GUESSES[1]
        assert right.join() == 2
    # One address hits one of all classes that may be open once in 697 years, on average.
    years = 2**40 / store.CLASSES * desk.GUESSES[1] / desk.GUESSES[0] / (365.25 * 24 * 3600)
    assert years > 600


def test_its_addresses_are_found_below_any_prefix():
    for own in ("/class", "/class/ABCDEFGH", "/class/abcd-efgh/stream", "/class/ABCDEFGH/answers.csv"):
        assert prefix.split(own) == ("", own) and prefix.split(f"/lab/explorer{own}") == ("/lab/explorer", own)
    assert prefix.split("/lab/class/") == ("/lab/class", "/"), "a prefix may have this name"


# -- a lesson of the teacher's own

OWN = (FOLDER / f"{LESSON}.md").read_text(encoding="utf-8")


def brought(url, text, name="Ms Müller's lesson.md"):
    return CLIENT.post(f"{url}/class", json={"lesson": name, "text": text})


def test_a_class_walks_a_lesson_that_the_server_has_no_file_of(url, kept):
    made = brought(url, OWN.replace("# ", "# Rapunzel: ", 1)).raise_for_status().json()
    teacher = Person(url, made["code"], made["secret"])
    refused(Person(url, teacher.code).send("GET", "/lesson"), 403, "Join")
    one = student(teacher)
    lesson = one.send("GET", "/lesson").raise_for_status().json()
    assert lesson["name"] == "ms-m-ller-s-lesson" and "Rapunzel" in json.dumps(lesson)
    assert lesson["steps"] and lesson == teacher.send("GET", "/lesson").json()
    assert one.answer(CHOICE, "Not at all").status_code == 200
    refused(one.answer(CHOICE, "Something else"), 422, "no answer")
    assert "Not at all" in teacher.send("GET", "/answers.csv").text
    teacher.send("DELETE").raise_for_status()
    assert not any(
        b"Rapunzel" in file.read_bytes() for file in (kept, kept.with_name(f"{kept.name}-wal")) if file.exists()
    )


def test_what_is_no_lesson_opens_no_class(url):
    refused(brought(url, "# Nothing"), 422, "lesson.md")
    refused(brought(url, OWN.replace("digits-cvae-2d", "digits-of-mine")), 422, "digits-of-mine")
    refused(brought(url, "x" * 70_000), 422, "65,536")
    refused(brought(url, "x" * 600_000), 422, "more than a class takes")
    refused(brought(url, OWN, "x" * 300), 422, "lesson")
    refused(CLIENT.post(f"{url}/class", content=b'{"lesson": "a.md", "text": "\\ud800"}'), 422, "")


# -- bounds and refusals


def test_what_is_no_answer_is_one_sentence(teacher):
    one = student(teacher)
    far = "x" * 5000
    upload = link.write(Scene(model="digits-cvae-2d", start=UploadStart(sha256="0" * 64, latent="AAAAAAAAAAA")))
    elsewhere = link.write(Scene(model="fashion-cvae"))
    for step, value, words in (
        (CHOICE, "<b>Something else</b>", "no answer"), (CHOICE, "", "no answer"), (CHOICE, None, "no answer"),
        (PICTURES, "AB", "no answer"), (PICTURES, "F", "no answer"), (PICTURES, 0, "no answer"),
        (REACH, "yes", "no answer"), (REACH, {"how": "yes"}, "no answer"), (6, "x", "no answer"),
        (REACH, {"how": "yes", "recipe": far}, "too long"), (REACH, {"how": "yes", "recipe": "abc"}, "link"),
        (REACH, {"how": "yes", "recipe": upload}, "own item"), (FIND, {"how": "yes", "recipe": elsewhere}, "model"),
        (99, "x", "no such step"), (-1, "x", "step"), (True, "x", "step"),
    ):  # fmt: skip
        refused(one.answer(step, value), 422, words)
    refused(one.send("POST", "/answers", {"step": 0, "value": "x" * 20_000}), 422, "more than")
    raw = CLIENT.post(
        f"{one.url}/class/{one.code}/answers", content="{", headers={"Authorization": f"Bearer {one.secret}"}
    )
    refused(raw, 422, "JSON")
    refused(CLIENT.post(f"{one.url}/class", json={"lesson": "none"}), 422, "lesson")
    with teacher.news() as news:
        assert [next(news)[0], next(news)[0]] == ["state", "student"]


def test_numbers_are_numbers():
    lesson = next(one for one in lessons() if any(isinstance(getattr(s.end, "answer", None), float) for s in one.steps))
    step = next(step for step in lesson.steps if isinstance(getattr(step.end, "answer", None), float))
    assert fitting(step, 7, lesson) == 7
    for bad in (True, "7", float("nan"), float("inf"), 1e300, [7]):
        with pytest.raises(Refused):
            fitting(step, bad, lesson)


def test_a_name_is_one_short_line():
    assert named("  Ada\n\x00\u202eLovelace " + "x" * 99) == ("Ada Lovelace " + "x" * 99)[:40]


def test_a_class_has_a_bound_and_so_have_they_all(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "STUDENTS", 2)
    monkeypatch.setattr(store, "CLASSES", 1)
    with serve(app_of(f"sqlite:///{tmp_path}/own.sqlite")) as address:
        teacher = opened(address)
        student(teacher), student(teacher)
        refused(Person(address, teacher.code).send("POST", "/students", {}), 503, "as many as it takes")
        refused(CLIENT.post(f"{address}/class", json={"lesson": LESSON}), 503, "as many as it takes")


def test_who_sends_without_end_is_slowed(tmp_path):
    own = Desk(lambda: Store(f"sqlite:///{tmp_path}/own.sqlite"), openings=Limit(2, 60), writes=Limit(3, 60))
    with serve(app_of("", own)) as address:
        one = student(opened(address))
        assert [one.answer(CHOICE, "Not at all").status_code for _ in range(4)] == [200, 200, 429, 429]
        opened(address)
        refused(CLIENT.post(f"{address}/class", json={"lesson": LESSON}), 429, "Too many classes")


def test_one_person_holds_no_more_streams_than_pages(teacher):
    one = student(teacher)
    with one.news() as a, one.news() as b, one.news() as c, one.news() as d:
        for news in (a, b, c, d):
            next(news)
        refused(one.send("GET", "/stream"), 429, "4 pages")
    deadline = time.monotonic() + 30
    while one_more(one) == 429:  # the server hears of it a moment later
        assert time.monotonic() < deadline
        time.sleep(0.05)


def one_more(one):
    with CLIENT.stream(
        "GET", f"{one.url}/class/{one.code}/stream", headers={"Authorization": f"Bearer {one.secret}"}
    ) as answer:
        return answer.status_code


def test_it_can_be_switched_off(teacher, monkeypatch):
    monkeypatch.setenv("EXPLORER_CLASS", "0")
    refused(CLIENT.post(f"{teacher.url}/class", json={"lesson": LESSON}), 403, "switched off")
    refused(teacher.send("PATCH", body={}), 403, "switched off")


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with serve(app_of(f"sqlite:///{tmp_path}/file/own.sqlite")) as address:
        refused(CLIENT.post(f"{address}/class", json={"lesson": LESSON}), 503, "EXPLORER_CLASS_DB")
