"""Lessons in a real browser: each bundled one is walked from its first step to its last, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from explorer.core import link
from explorer.museum.lessons.check import met
from explorer.museum.lessons.lesson import Predict, Step
from explorer.museum.lessons.read import files, read
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.page.test_sweep_axe import judged
from tests.support import goals
from tests.support.browsing import Visit

LESSONS = [path.stem for path in files()]
NAMED = {path.stem: path for path in files()}


@pytest.fixture
def desk(browser, box, monkeypatch) -> Iterator[object]:
    """Opens a lesson by its link."""
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    visits = []

    def go(name: str, width: int = 1280) -> Visit:
        visits.append(visitor := Visit(browser, box, width=width, bypass_csp=True, reduced_motion="reduce"))
        visitor.page.goto(f"{box}/?lesson={name}")
        visitor.settle()
        visitor.drawn()
        return visitor

    yield go
    for one in visits:
        one.close()


def text_of(parts: tuple) -> str:
    """The first words of a step's text."""
    first = parts[0]
    while not isinstance(first, str):
        first = first[2]
    return first


def ended(visitor: Visit) -> None:
    visitor.page.wait_for_selector("#lesson[data-ended]")
    visitor.settle()


def do(visitor: Visit, step: Step) -> None:
    """End a step as its author would: by the true prediction, or by the example."""
    page, end = visitor.page, step.end
    if end is None:
        return
    if step.then:
        assert text_of(step.then) not in page.inner_text("#lesson"), "nothing is revealed before"
    if isinstance(end, Predict):
        assert not page.locator("#lesson-next").count(), "a prediction comes first"
        if end.choices:
            page.locator("#lesson").get_by_label(end.answer, exact=True).check()
        else:
            page.fill("#lesson input[type=number]", f"{end.answer:g}")
        page.click("#lesson [type=submit]")
        assert page.inner_text(".lesson-outcome").startswith("As you predicted")
    else:
        assert page.get_attribute("#lesson", "data-ended") is None
        visitor.after(lambda: page.evaluate("text => { location.hash = text; }", link.write(end.example)))
        if end.kind == "find":
            page.click("#lesson-found")
    ended(visitor)
    if step.then:
        assert text_of(step.then) in page.inner_text("#lesson")
    if step.reveal:
        assert visitor.scene == step.reveal


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_walked_to_its_end(desk, name, width):
    lesson, visitor = read(NAMED[name]), desk(name, width)
    page = visitor.page
    for k, step in enumerate(lesson.steps):
        page.wait_for_selector(f'#lesson[data-step="{k}"]')
        visitor.settle()
        assert page.inner_text("#lesson-title") == step.title and f"Step {k + 1} of" in page.inner_text("#lesson")
        if step.scene:
            assert visitor.scene == step.scene
        do(visitor, step)
        page.click("#lesson-next")
    page.wait_for_selector(f'#lesson[data-step="{len(lesson.steps)}"]')
    shown = page.locator(".lesson-results li").all_inner_texts()
    tasks = [step for step in lesson.steps if step.end]
    assert len(shown) == len(tasks) and not any(one.endswith("skipped") for one in shown)
    assert lesson.goal in page.inner_text("#lesson")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_a_lesson_is_left_and_found_again_where_it_was(desk):
    visitor = desk("what-a-condition-changes")
    page = visitor.page
    page.click("#lesson [type=submit]")
    assert page.inner_text("#lesson-warning") == "Choose one first."
    page.locator("#lesson").get_by_label("Another person appears").check()
    page.click("#lesson [type=submit]")
    assert page.evaluate("document.activeElement.className") == "lesson-outcome"
    assert page.inner_text(".lesson-outcome").startswith("You predicted Another person appears.")
    ended(visitor)
    assert not judged(page)
    page.click("#lesson-next")
    visitor.settle()
    assert page.evaluate("document.activeElement.id") == "lesson-title"
    visitor.after(lambda: page.click("#attribute-expression label:has-text('sad')"))
    assert page.get_attribute("#lesson", "data-ended") is None
    page.reload()
    visitor.settle()
    assert page.get_attribute("#lesson", "data-step") == "1" and visitor.scene.condition == {"expression": "sad"}
    visitor.after(lambda: page.click("#attribute-facial_hair label:has(input[value=beard])"))
    ended(visitor)
    page.click("#lesson-close")
    assert not page.locator("#lesson").count() and "lesson" not in page.evaluate("location.search")
    assert page.evaluate("document.activeElement.id") == "lessons"
    page.click("#lessons")
    page.wait_for_selector(".lesson-entry")
    assert page.locator(".lesson-entry").count() == len(LESSONS) and not judged(page)
    page.click('[data-lesson="what-a-condition-changes"] >> text=at step 2')
    page.wait_for_selector('#lesson[data-step="1"][data-ended]')
    page.click("#lesson-back")
    assert page.inner_text(".lesson-outcome").startswith("You predicted"), "what was said stays"


def test_a_lesson_that_is_not_there_is_one_sentence(desk):
    visitor = desk("no-such-lesson")
    assert "no-such-lesson" in visitor.notice("lessons") and not visitor.page.locator("#lesson").count()


def test_page_and_server_judge_goals_alike(browser, box, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    visitor = Visit(browser, box)
    visitor.open(goals.SCENES[0])
    session = open_session(goals.MODEL)
    told = [goal.model_dump(mode="json", exclude_defaults=True) for goal in goals.GOALS]
    theirs = [[met(session, goal, scene) for goal in goals.GOALS] for scene in goals.SCENES]
    ours = visitor.page.evaluate(
        """async ([links, goals]) => {
            const all = performance.getEntriesByType("resource").map(({ name }) => name);
            const near = all.find((name) => name.includes("/compute/compute.js"));
            const at = (file) => import(near.replace("compute/compute.js", file));
            const [{ compute }, { Facts }, { met }, { read }] = await Promise.all(
                ["compute/compute.js", "panels/facts.js", "shell/lesson-goal.js", "compute/link.js"].map(at));
            const facts = new Facts(compute.facts);
            const scenes = await Promise.all(links.map((text) => read(facts.rules, text)));
            return Promise.all(scenes.map((scene) => Promise.all(goals.map((goal) => met(facts, scene, goal)))));
        }""",
        [[link.write(scene) for scene in goals.SCENES], told],
    )
    assert ours == theirs
    reached = {any(row[k] for row in theirs) for k in range(len(told))}
    assert reached == {True} and not any(all(row[k] for row in theirs) for k in range(len(told))), (
        "each case decides something"
    )
    visitor.close()
