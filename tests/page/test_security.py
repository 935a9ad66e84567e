"""The page on security says what is so: each of its sentences is held by a test, and its numbers are the code's."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from explorer.core import refusals
from explorer.page import ui
from explorer.page.classes import answers, codes, desk, store
from explorer.page.serving import around, slow, turns
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())
AROUND, HERE, CHECKPOINTS = "tests/page/test_around.py", "tests/page/test_security.py", "tests/box/test_checkpoints.py"
NUMBERS = f"{HERE}::test_a_number_is_that_of_the_code"
QUEUE = "tests/page/test_turns.py"
FAIR = f"{QUEUE}::test_the_next_is_who_used_the_least_time_and_not_who_asked_the_least"
STEERS = f"{CHECKPOINTS}::test_a_card_that_steers_the_terminal"
COLOUR = f"{CHECKPOINTS}::test_a_colour_that_is_more_than_a_colour"
SERVED = f"{CHECKPOINTS}::test_what_is_served_is_what_the_card_names"
BROUGHT = "tests/page/test_bring.py"
CLASS, IN_CLASS = "tests/page/test_class.py", "tests/page/test_class_page.py"
AS_TEXT = "test_reached_pictures_stand_on_the_wall_and_names_are_text"
ADVICE = ""  # tells people what to do, and nothing of the explorer

# How a sentence begins -> the test that holds it.
HELD = {
    "The explorer has no accounts": "tests/page/test_page.py::test_two_people_never_see_each_others_items",
    "What is left to protect": ADVICE,
    "`tests/page/test_security.py` names": f"{HERE}::test_each_sentence_is_held_by_a_test",
    "The code of the explorer, and the packages": "tests/core/test_layers.py::test_installed_versions_are_the_pinned_ones",
    "Whoever may write to the folders": ADVICE,
    "**Requests.** Any client can call": "tests/page/test_act.py::test_no_request_raises",
    "What is sent is validated": "tests/page/test_hostile.py::test_a_hostile_request_is_refused_in_a_short_sentence",
    "A body has at most 24 MB": f"{HERE}::test_a_body_over_the_bound_is_refused_at_once",
    "The head of a request has": f"{AROUND}::test_requests_that_stop_halfway_are_given_up",
    "**Visitors among each other.** What computes": FAIR,
    "1024 requests wait": f"{QUEUE}::test_beyond_the_bounds_a_request_is_refused_at_once_or_when_it_waited_too_long",
    "`tests/page/test_turns.py` holds that": f"{HERE}::test_each_sentence_is_held_by_a_test",
    "**Files of visitors.** Pictures, sounds": "tests/learn/test_own_pictures.py::test_a_large_picture_takes_little_memory",
    "What was uploaded for the API": f"{AROUND}::test_uploads_that_nobody_took_are_deleted",
    "**Data that somebody brings.**": "tests/page/test_bring.py::test_it_can_be_switched_off",
    "They are tables, arrays and zips": "tests/box/test_own_more.py::test_a_bad_zip_is_one_sentence",
    "One set is made at a time": f"{BROUGHT}::test_one_set_is_made_at_a_time {BROUGHT}::test_too_many_sets_are_refused",
    "No model and no code is": "tests/page/test_bring.py::test_what_is_not_taken_is_one_sentence",
    "**Classes.** Whoever reaches": f"{CLASS}::test_who_sends_without_end_is_slowed {CLASS}::test_it_can_be_switched_off",
    "A code has 40 bits": f"{CLASS}::test_who_guesses_codes_is_stopped_and_who_is_in_a_class_goes_on",
    "Each student writes by a secret": f"{CLASS}::test_a_student_writes_for_nobody_else {CLASS}::test_the_file_holds_no_secret",
    "What a student sends is one": f"{CLASS}::test_what_is_no_answer_is_one_sentence {IN_CLASS}::{AS_TEXT}",
    "A student sends up to": f"{CLASS}::test_who_sends_without_end_is_slowed",
    "Everything is deleted by the teacher": f"{CLASS}::test_the_button_deletes_everything_also_from_the_file",
    "Who joins costs the server": f"{IN_CLASS}::test_joining_asks_the_server_for_no_picture",
    "**Links.** A link is a scene": "tests/core/test_scene.py::test_malformed_huge_and_bomb_links_are_one_sentence",
    "It can't name files": f"{HERE}::test_a_link_names_neither_files_nor_addresses",
    "**Checkpoints of others.** A checkpoint is": f"{CHECKPOINTS}::test_no_file_holds_code {SERVED}",
    "What it says of itself": f"{STEERS} {COLOUR}",
    "Still open only checkpoints": ADVICE,
    "**Other sites.** A page of another site": f"{AROUND}::test_a_page_of_another_site_can_change_and_read_nothing",
    "A request that the browser says": f"{HERE}::test_another_sites_page_can_load_nothing_but_follow_links",
    "Browsers say where a request": ADVICE,
    "**Names that lead here.** Listening": f"{AROUND}::test_only_listed_names_are_answered",
    "All of it comes from the explorer's own host": "tests/page/test_firefox.py::test_it_opens_on_the_scene_of_the_link",
    "The content security policy": f"{AROUND}::test_the_page_says_what_it_may_load_and_every_answer_can_be_framed",
    "Its scripts carry a nonce": f"{AROUND}::test_the_page_says_what_it_may_load_and_every_answer_can_be_framed",
    "Two things Gradio and plotly": f"{HERE}::test_the_policy_allows_the_two_things_and_no_more",
    "The reading room needs neither": f"{HERE}::test_the_policy_allows_the_two_things_and_no_more",
    "Every answer may be shown in a frame": f"{AROUND}::test_the_page_says_what_it_may_load_and_every_answer_can_be_framed",
    "There is nothing to click": ADVICE,
    "`EXPLORER_FRAMES` narrows it": f"{HERE}::test_frames_and_the_address_of_a_proxy",
    "Behind another server": ADVICE,
    "It works below any path": f"{AROUND}::test_the_page_and_the_api_work_behind_a_proxy",
    "For nginx": ADVICE,
    "with `EXPLORER_HOSTS": f"{AROUND}::test_hosts_come_from_the_variable_and_an_open_address_answers_any",
    "`X-Forwarded-For` tells": f"{HERE}::test_frames_and_the_address_of_a_proxy",
    "Encryption, passwords": ADVICE,
    "The checkpoints and the code can be mounted": f"{HERE}::test_everything_may_be_read_only",
    # the table of variables
    "`EXPLORER_HOST`, `EXPLORER_PORT`": "tests/page/test_cli.py::test_only_names_of_its_own_tell_the_app_where_to_listen",
    "`EXPLORER_HOSTS`": f"{AROUND}::test_hosts_come_from_the_variable_and_an_open_address_answers_any",
    "`EXPLORER_ORIGINS`": f"{AROUND}::test_a_listed_site_may_use_the_api",
    "`EXPLORER_FRAMES`": f"{HERE}::test_frames_and_the_address_of_a_proxy",
    "`EXPLORER_OWN_DATA`": "tests/page/test_bring.py::test_it_can_be_switched_off",
    "`EXPLORER_CLASS`": f"{CLASS}::test_it_can_be_switched_off",
    "`EXPLORER_READ_ONLY`": "tests/page/test_space.py::test_it_serves_as_a_space_does_and_takes_nothing",
    "`EXPLORER_CLASS_DB`": f"{CLASS}::test_a_place_that_cannot_be_written_is_one_sentence",
    "`EXPLORER_CACHE`": "tests/core/test_kept.py::test_without_a_cache_folder_files_are_served_from_memory_and_that_is_said_once",
}  # fmt: skip


def sentences() -> list[str]:
    """All of the page, rows of its table among them; headings and code left out."""
    text = re.sub(r"```.*?```", "\n\n", PAGE, flags=re.DOTALL)
    out = []
    for block in re.split(r"\n\s*\n|\n(?=[-|#])", text):
        words = " ".join(block.split()).removeprefix("- ")
        if words.startswith("|"):
            out += [words.strip("| ")] if "`EXPLORER" in words else []
        elif words and not words.startswith("#"):
            out += re.split(r"(?<=[.])\s+(?=[`A-Z0-9*])(?<!\*\* )", words)
    joined: list[str] = []
    for one in out:  # "**Links.** A link": the bold word belongs to what follows
        if joined and re.fullmatch(r"\*\*[^*]+\*\*", joined[-1]):
            joined[-1] += f" {one}"
        else:
            joined.append(one)
    return joined


def test_each_sentence_is_held_by_a_test():
    found = sentences()
    assert len(found) > 35
    loose = [one for one in found if not any(one.startswith(begin) for begin in HELD)]
    assert not loose, "a sentence without a test"
    assert not [begin for begin in HELD if not any(one.startswith(begin) for one in found)], (
        "a test without its sentence"
    )
    for named in " ".join(HELD.values()).split():
        file, _, function = named.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), named


@pytest.mark.parametrize(
    ("sentence", "is_so"),
    [
        ("sentence of up to 300 characters", lambda: refusals.SENTENCE == 300),
        ("A body has at most 24 MB", lambda: around.MAX_BODY == 24 << 20),
        ("an uploaded file 16 MB", lambda: ui.MAX_UPLOAD == "16mb"),
        ("given up after 30 seconds", lambda: around.PATIENCE == 30),
        (
            "The head of a request has 20 seconds",
            lambda: slow.PATIENCE == 20 and "http=Patient" in (ROOT / "app.py").read_text(encoding="utf-8"),
        ),
        ("deleted within six minutes", lambda: ui.UPLOADS_LOOKED_AT + ui.UPLOADS_KEPT == 360),
        (
            "1024 requests wait at most, 512 of one address, none longer than 20 seconds",
            lambda: (turns.WAITING, turns.EACH, turns.PATIENCE) == (1024, 512, 20),
        ),
        (
            "20 in an hour from one address, 100 at once",
            lambda: desk.OPENINGS == (20, 3600) and store.CLASSES == 100,
        ),
        (
            "A code has 40 bits, and an address that tried 30 wrong ones waits for a minute",
            lambda: len(codes.ALPHABET) ** codes.LENGTH == 2**40 and desk.GUESSES == (30, 60),
        ),
        ("a name is text of up to 40 characters", lambda: answers.NAME == 40),
        ("up to 60 answers in a minute", lambda: desk.ANSWERS == (60, 60)),
        ("or 24 hours after the class was opened", lambda: store.HOURS == 24),
        ("client_max_body_size 24m", lambda: around.MAX_BODY == 24 << 20),
    ],
)
def test_a_number_is_that_of_the_code(sentence, is_so):
    assert sentence in WORDS and is_so()


def test_each_variable_is_read_somewhere():
    code = "".join(path.read_text(encoding="utf-8") for path in [*ROOT.glob("explorer/**/*.py"), ROOT / "app.py"])
    named = set(re.findall(r"EXPLORER_\w+", PAGE))
    assert len(named) == 10 and all(f'"{name}"' in code for name in named)


def test_no_script_of_the_explorer_is_inline_or_asks_another_host():
    for path in ROOT.glob("assets/js/**/*.js"):
        assert not re.search(r"(fetch|import)\(\s*[\"'`]https?:", path.read_text(encoding="utf-8")), path.name


@pytest.fixture(scope="module")
def client(made):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(made))
        patch.setenv("EXPLORER_FRAMES", "https://course.example")
        yield TestClient(ui.create_app(made), base_url="http://127.0.0.1")


def test_a_body_over_the_bound_is_refused_at_once(client):
    answer = client.post("/gradio_api/run/describe", content=b"", headers={"Content-Length": str((24 << 20) + 1)})
    assert answer.status_code == 413 and answer.json()["error"].endswith(".")


def test_another_sites_page_can_load_nothing_but_follow_links(client):
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    for path in (
        "/explorer/export?scene=x",
        "/explorer/tiny-shapes/thumbs.avif",
        "/explorer/site.zip?name=tiny-shapes",
    ):
        answer = client.get(path, headers=foreign)
        assert answer.status_code == 403 and answer.json()["error"].endswith(".")
        assert client.get(path, headers=foreign | {"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert client.get("/reading-room", headers=foreign | {"Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert client.get("/reading-room", headers=foreign | {"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_a_link_names_neither_files_nor_addresses(root, tmp_path):
    from explorer.core import link
    from explorer.core.scene import Scene
    from explorer.core.schema import ExplorerError
    from explorer.play.session import open_session

    for model in ("../tiny-shapes", "/etc/passwd", "https://example.org/x", "..", "tiny-shapes/../tiny-digits"):
        with pytest.raises(ExplorerError):
            open_session(link.read(f'{{"model": "{model}"}}').model)
    assert set(Scene.model_json_schema()["properties"]) == {
        "version", "model", "build", "start", "condition", "edits", "view",
    }  # fmt: skip


def test_the_policy_allows_the_two_things_and_no_more(client):
    page = client.get("/").headers["content-security-policy"]
    room = client.get("/reading-room").headers["content-security-policy"]
    loose = re.compile(r"'unsafe-[a-z-]+'")
    assert {d.split()[0]: loose.findall(d) for d in page.split("; ") if loose.search(d)} == {
        "script-src": ["'unsafe-eval'"],
        "style-src": ["'unsafe-inline'"],
    }
    assert "unsafe" not in room.partition("script-src")[2].partition(";")[0]


def test_frames_and_the_address_of_a_proxy(client):
    assert "frame-ancestors https://course.example" in client.get("/").headers["content-security-policy"]
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    seen = []

    async def app(scope, receive, send):
        seen.append(turns.person(scope))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    told = {"X-Forwarded-For": "203.0.113.7"}
    for proxy in ("127.0.0.1", "198.51.100.9"):
        TestClient(ProxyHeadersMiddleware(app), client=(proxy, 50)).get("/", headers=told)
    assert [person.address for person in seen] == ["203.0.113.7", "198.51.100.9"]


def test_everything_may_be_read_only(made):
    """Nothing of the checkpoints and the code is opened for writing while a first visitor is answered."""
    import os
    import subprocess
    import sys

    code = (
        "import sys, builtins, os\n"
        "from fastapi.testclient import TestClient\n"
        "from explorer.page.ui import create_app\n"
        "def hook(event, args):\n"
        "    if event != 'open' or not isinstance(args[0], str) or not isinstance(args[2], int): return\n"
        "    where, writes = os.path.abspath(args[0]), args[2] & (os.O_WRONLY | os.O_RDWR)\n"
        "    if writes and where.startswith(tuple(sys.argv[1:])) and '__pycache__' not in where:\n"
        "        print('wrote', where)\n"
        "sys.addaudithook(hook)\n"
        "client = TestClient(create_app(sys.argv[1]), base_url='http://127.0.0.1')\n"
        "for path in ('/', '/reading-room', '/explorer/tiny-shapes/facts.json', '/explorer/tiny-shapes/engine.json'):\n"
        "    assert client.get(path).status_code == 200, path\n"
        "print('answered')\n"
    )
    folders = [str(made), *(str(ROOT / name) for name in ("explorer", "assets", "checkpoints"))]
    done = subprocess.run(
        [sys.executable, "-c", code, *folders],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=dict(os.environ),
    )
    assert done.stdout.split() == ["answered"], done.stdout + done.stderr[-2000:]
