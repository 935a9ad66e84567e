"""A class in real browsers: a teacher with two students, one of them on a phone, from the code to the wall and its end."""

from __future__ import annotations

import json

import pytest

from explorer.core import link
from explorer.core.scene import Scene
from explorer.museum.lessons.read import FOLDER, read
from tests.conftest import BUNDLED
from tests.support.browsing import Visit
from tests.support.live import explorer_of

LESSON = read(FOLDER / "what-a-latent-space-is.md")
NAME = "<img src=x onerror=alert(1)> Ada"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_CACHE", str(tmp_path_factory.mktemp("cache")))
        with explorer_of(BUNDLED) as url:
            yield url


@pytest.fixture(scope="module")
def people(browser, address):
    """A teacher, a student on a phone who takes the address, and one on a desk who types the code."""
    visits = [
        Visit(browser, address, width=width, bypass_csp=True, reduced_motion="reduce") for width in (1280, 390, 1280)
    ]
    teacher, phone, desk = (one.page for one in visits)
    teacher.set_default_timeout(90_000)
    teacher.goto(address)
    teacher.wait_for_selector("#workspace[data-state=ready]")
    teacher.click("#lessons")
    teacher.select_option("#class-lesson", LESSON.name)
    teacher.click("#class-open")
    teacher.wait_for_selector("#wall[open]")
    code = teacher.inner_text(".wall-code")
    phone.goto(teacher.input_value("#wall-address"))
    phone.wait_for_selector("#class-bar[data-role=student]")
    desk.goto(address)
    desk.wait_for_selector("#workspace[data-state=ready]")
    desk.click("#lessons")
    desk.fill("#class-code", code.lower().replace("-", " "))
    desk.click("#class-join")
    desk.wait_for_selector("#class-bar[data-role=student]")
    yield visits
    for one in visits:
        one.close()


def predict(page, answer):
    page.locator("#lesson").get_by_label(answer, exact=True).check()
    page.click("#lesson .lesson-end [type=submit]")


def counted(page, text):
    page.wait_for_function("(text) => document.querySelector('#wall-count').textContent === text", arg=text)


def steps(people, k):
    for one in people:
        one.page.wait_for_selector(f'#lesson[data-step="{k}"]')


def test_predictions_come_together_on_the_wall(people):
    teacher, phone, desk = (one.page for one in people)
    teacher.wait_for_function("document.querySelector('#wall-qr').naturalWidth > 100")
    counted(teacher, "0 of 2 answered")
    end = LESSON.steps[0].end
    predict(phone, end.answer)
    counted(teacher, "1 of 2 answered")
    predict(desk, end.choices[1])
    counted(teacher, "2 of 2 answered")
    rows = teacher.locator("#wall-chart li").all_inner_texts()
    assert [row.split("\n") for row in rows] == [[end.choices[0], "0"], [end.choices[1], "1"], [end.choices[2], "1"]]
    assert not teacher.locator("#wall-chart [data-answer]").count(), (
        "what is right isn't told before the teacher knows it"
    )
    for page in (teacher, phone, desk):
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_teacher_hides_stops_and_shows(people):
    teacher, phone, desk = (one.page for one in people)
    teacher.click("#wall-hide")
    assert not teacher.locator("#wall-chart li").count()
    teacher.click("#wall-hide")
    teacher.click("#wall-show")
    for page in (phone, desk):
        page.wait_for_selector("#class-shown:not([hidden]) li")
        assert page.locator("#class-shown [data-answer]").count() == 1, "who has predicted sees what is right"
    teacher.click("#wall-show")
    for page in (phone, desk):
        page.wait_for_selector("#class-shown", state="hidden")
    teacher.click("#wall-freeze")
    for page in (phone, desk):
        page.wait_for_function("document.querySelector('#class-said').textContent.includes('takes no answers')")
    teacher.click("#wall-freeze")
    teacher.wait_for_selector("#wall-freeze[aria-pressed=false]")
    teacher.keyboard.press("Escape")


def test_students_follow_the_teacher_or_wander(people):
    teacher, phone, desk = (one.page for one in people)
    predict(teacher, LESSON.steps[0].end.answer)
    desk.uncheck("#class-follow")
    teacher.click("#lesson-next")
    for page in (teacher, phone):
        page.wait_for_selector('#lesson[data-step="1"]')
    assert desk.get_attribute("#lesson", "data-step") == "0", "who wanders is left alone"
    desk.check("#class-follow")
    steps(people, 1)
    for page in (teacher, phone, desk):
        predict(page, LESSON.steps[1].end.answer)
    item = Scene(model="digits-cvae-2d", start={"item": 17})
    teacher.evaluate(f"location.hash = '{link.write(item)}'")
    for page in (phone, desk):
        page.wait_for_function("document.querySelector('#caption').textContent.includes('17')")


def test_reached_pictures_stand_on_the_wall_and_names_are_text(people):
    teacher, phone, desk = (one.page for one in people)
    teacher.click("#lesson-next")
    steps(people, 2)
    desk.fill("#class-name", NAME)
    desk.click(".class-naming button")
    for page in (phone, desk):
        page.click("#lesson-example")
    teacher.click("#class-wall")
    counted(teacher, "2 of 2 answered")
    teacher.wait_for_function(
        "[...document.querySelectorAll('.class-picture img')].filter((one) => one.naturalWidth).length === 2"
    )
    labels = teacher.locator(".class-picture").all_inner_texts()
    assert sorted(labels) == ["student 1", "student 2"], "anonymous unless the teacher looks"
    teacher.click("#wall-names")
    assert sorted(teacher.locator(".class-picture").all_inner_texts()) == sorted([NAME[:40].strip(), "student 1"])
    assert not teacher.locator(".wall img[src='x']").count()
    teacher.click(".class-picture >> nth=1")
    phone.wait_for_function("document.querySelector('#class-shown img')?.naturalWidth > 0")
    assert NAME[:20] in phone.inner_text("#class-shown") and not phone.locator("img[src='x']").count()


def test_who_loses_the_line_goes_on_and_sends_later(people):
    teacher, phone = (one.page for one in people[:2])
    teacher.keyboard.press("Escape")
    teacher.click("#lesson-next")
    steps(people, 3)
    phone.context.set_offline(True)
    choose(phone, LESSON.steps[3].end.answer)
    phone.wait_for_selector(".lesson-outcome")
    teacher.click("#class-wall")
    counted(teacher, "0 of 2 answered")
    phone.context.set_offline(False)
    counted(teacher, "1 of 2 answered")
    phone.reload()
    phone.wait_for_selector('#lesson[data-step="3"] .lesson-outcome')
    counted(teacher, "1 of 2 answered")
    assert teacher.inner_text("#wall-joined") == "2 joined", "who comes back is no third one"


def choose(page, letter):
    page.locator(f".lesson-pictures label:has(input[value={letter}])").click()
    page.click("#lesson .lesson-end [type=submit]")


def test_a_table_is_saved_and_all_is_deleted(people, address):
    teacher, phone, desk = (one.page for one in people)
    with teacher.expect_download() as saved:
        teacher.click("#wall-save")
    lines = saved.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("class,student,name") and len(lines) == 1 + 2 + 2 + 2 + 1
    teacher.click("#wall-delete")
    assert teacher.locator("#class-bar").count(), "asked once more"
    teacher.click("#wall-delete")
    for page in (teacher, phone, desk):
        page.wait_for_selector("#class-bar", state="detached")
        assert "class" not in page.evaluate("location.search")
        assert not page.evaluate("Object.keys(JSON.parse(localStorage['explorer.classes'] ?? '{}')).length")
    phone.goto(f"{address}/?class=ABCDEFGH")
    phone.wait_for_selector("[data-notice=lessons]")
    assert "no class of this code" in phone.inner_text("[data-notice=lessons]")


def test_a_class_walks_a_lesson_of_the_teachers_own(browser, address, tmp_path):
    file = tmp_path / "mine.md"
    file.write_text(
        (FOLDER / f"{LESSON.name}.md").read_text(encoding="utf-8").replace(LESSON.title, "A lesson of mine")
    )
    visits = [Visit(browser, address), Visit(browser, address, width=390)]
    teacher, student = (one.page for one in visits)
    try:
        visits[0].open()
        teacher.click("#lessons")
        teacher.set_input_files("#lesson-file", file)
        teacher.wait_for_selector("#lesson .lesson-head")
        teacher.click("#lessons")
        teacher.select_option("#class-lesson", "own:mine")
        teacher.click("#class-open")
        teacher.wait_for_selector("#wall[open]")
        student.goto(teacher.input_value("#wall-address"))
        student.wait_for_selector("#class-bar[data-role=student]")
        assert "A lesson of mine" in student.inner_text("#lesson")
        student.wait_for_selector("#workspace[data-state=ready]")
        predict(student, "Not at all")
        counted(teacher, "1 of 1 answered")
    finally:
        for one in visits:
            one.close()


def test_joining_asks_the_server_for_no_picture(browser, address):
    """The page's engine draws, so that a class that joins at once costs the server files and a few rows."""
    visits = [Visit(browser, address), Visit(browser, address)]
    teacher, student = (one.page for one in visits)
    try:
        visits[0].open()
        teacher.click("#lessons")
        teacher.select_option("#class-lesson", LESSON.name)
        teacher.click("#class-open")
        teacher.wait_for_selector("#wall[open]")
        acts: list[str] = []
        student.on(
            "request",
            lambda request: acts.append(request.post_data or "") if "component_server" in request.url else None,
        )
        student.goto(teacher.input_value("#wall-address"))
        student.wait_for_selector("#class-bar")
        student.wait_for_function("document.querySelector('#stage-after').naturalWidth > 0")
        visits[1].settle()
        asked = [json.loads(one)["data"] for one in acts]
        assert asked[0]["do"] == "open"
        kinds = {question["ask"] for one in asked if one["do"] == "ask" for question in one["questions"]}
        assert kinds <= {"tensor"}, "at most numbers that lie there ready, which are read and not computed"
    finally:
        for one in visits:
            one.close()
