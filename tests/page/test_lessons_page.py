"""Lessons in a real browser: each bundled one is walked from its first step to its last, on a desk and on a phone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from explorer.core import link
from explorer.museum.lessons.check import curve_of, faults, met
from explorer.museum.lessons.lesson import Curve, Predict, Step
from explorer.museum.lessons.read import files, parse, read
from explorer.play.session import open_session
from tests.page.test_sweep_axe import judged
from tests.support import goals
from tests.support.browsing import Visit, unfold

LESSONS = [path.stem for path in files()]
NAMED = {path.stem: path for path in files()}


@pytest.fixture(scope="module")
def desk(browser, box) -> Iterator[Visit]:
    """One page for all lessons: what costs time is to open it, and its models."""
    visitor = Visit(browser, box, bypass_csp=True, reduced_motion="reduce", permissions=["clipboard-read"])
    visitor.open()
    yield visitor
    visitor.close()


def take(visitor: Visit, name: str) -> None:
    """Open a lesson from the list, at its first step."""
    visitor.page.evaluate("localStorage.removeItem('explorer.lessons')")
    visitor.page.click("#lessons")
    visitor.page.click(f'[data-lesson="{name}"]')
    visitor.page.wait_for_selector('#lesson[data-step="0"]')


def text_of(parts: tuple) -> str:
    """The first words of a step's text."""
    first = parts[0]
    while not isinstance(first, str):
        first = first[2]
    return first


def draw(page: Page, curve: Curve, values: list[float]) -> None:
    """Draw a curve with the pointer in one stroke, but its last number, which is typed."""
    area = page.locator(".lesson-curve-plot")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()

    def at(k: int) -> tuple[float, float]:
        up = (values[k] - curve.low) / (curve.high - curve.low)
        return box["x"] + box["width"] * (k + 0.5) / len(values), box["y"] + box["height"] * (1 - up)

    page.mouse.move(*at(0))
    page.mouse.down()
    for k in range(1, len(values) - 1):
        page.mouse.move(*at(k))
    page.mouse.up()
    last = page.locator("[name=lesson-curve]").last
    last.focus()
    page.keyboard.press("ArrowUp")
    middle = (curve.low + curve.high) / 2
    assert math.isclose(float(last.input_value()), middle + (curve.high - curve.low) / 20, rel_tol=0.05)
    last.fill(f"{values[-1]:.3f}")
    drawn = [float(field.input_value()) for field in page.locator("[name=lesson-curve]").all()]
    assert np.allclose(drawn, values, atol=0.05 * (curve.high - curve.low)), (drawn, values)
    assert page.locator(".lesson-curve-plot .guess.knot").count() == len(values)


def predict(visitor: Visit, end: Predict) -> None:
    """Predict what is so."""
    page = visitor.page
    if end.pictures:
        page.wait_for_function(
            "[...document.querySelectorAll('.lesson-pictures img')].every((one) => one.naturalWidth)"
        )
        shown = page.eval_on_selector_all(".lesson-pictures img", "all => all.map((one) => one.src)")
        for src, picture in zip(shown, visitor.session.render([one.point for one in end.pictures]), strict=True):
            visitor.same(unfold(src), picture)
        page.locator(f".lesson-pictures label:has(input[value={end.answer}])").click()
    elif end.place:
        page.wait_for_selector('#map-pane:not([aria-busy="true"])')
        page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )  # the camera follows
        page.click("#lesson [type=submit]")
        assert page.inner_text("#lesson-warning") == "Press a place on the map first."
        x, y, scale = map(float, page.get_attribute("#map", "data-camera").split())
        place = np.array(visitor.session.place(end.place.point, end.place.view.map)) + end.within / 2
        box, before = page.locator("#map").bounding_box(), visitor.scene
        page.mouse.click(
            box["x"] + box["width"] / 2 + (place[0] - x) * scale, box["y"] + box["height"] / 2 - (place[1] - y) * scale
        )
        page.wait_for_selector(".overlay .guess", state="attached")  # drawn with the next frame
        assert page.locator(".overlay .guess").count() == 1 and visitor.scene == before, "marked, and nothing else"
    elif end.curve:
        page.click("#lesson [type=submit]")
        assert page.inner_text("#lesson-warning") == "Draw it from one end to the other first."
        true = curve_of(visitor.session, end.curve)
        draw(page, end.curve, [value + end.within / 2 for value in true])
    elif end.choices:
        page.locator("#lesson").get_by_label(end.answer, exact=True).check()
    else:
        page.fill("#lesson input[type=number]", f"{end.answer:g}")
    page.click("#lesson [type=submit]")
    page.wait_for_selector('.lesson-outcome[data-right="true"]')
    if end.curve:
        shown = page.eval_on_selector_all(".lesson-curve-fields b", "all => all.map((one) => Number(one.textContent))")
        assert np.allclose(shown, true, atol=0.02 * (end.curve.high - end.curve.low)), "measured in the page, now"
        off = float(re.search(r"lies ([\d.]+)", page.inner_text(".lesson-outcome"))[1])
        assert abs(off - end.within / 2) < end.within / 4, "as far as it was drawn beside it"
    if end.place:
        assert page.locator(".overlay .truth").count() == 1, "both places are shown"


def do(visitor: Visit, step: Step) -> None:
    """End a step as its author would: by the true prediction, or by the example."""
    page, end = visitor.page, step.end
    if end is None:
        return
    if step.then:
        assert text_of(step.then) not in page.inner_text("#lesson"), "nothing is revealed before"
    if isinstance(end, Predict):
        assert not page.locator("#lesson-next").count(), "a prediction comes first"
        predict(visitor, end)
    else:
        assert page.get_attribute("#lesson", "data-ended") is None
        if end.kind == "find":
            page.click("#lesson-found")
            page.wait_for_function("document.querySelector('#lesson-said').textContent === 'Not this one. Look on.'")
        page.click("#lesson-example")
    page.wait_for_selector("#lesson[data-ended]")
    if step.then:
        assert text_of(step.then) in page.inner_text("#lesson")
    if step.reveal:
        visitor.settle()
        assert visitor.scene == step.reveal


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_walked_to_its_end(desk, name):
    lesson, page = read(NAMED[name]), desk.page
    take(desk, name)
    for k, step in enumerate(lesson.steps):
        page.wait_for_selector(f'#lesson[data-step="{k}"]')
        page.set_viewport_size({"width": (1280, 390)[k % 2], "height": 800})
        desk.settle()
        assert page.inner_text("#lesson-title") == step.title and f"Step {k + 1} of" in page.inner_text("#lesson")
        if step.scene:
            assert desk.scene == step.scene
        do(desk, step)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        page.click("#lesson-next")
    page.wait_for_selector(f'#lesson[data-step="{len(lesson.steps)}"]')
    shown = page.locator(".lesson-results li").all_inner_texts()
    tasks = [step for step in lesson.steps if step.end]
    assert len(shown) == len(tasks) and not any(one.endswith("skipped") for one in shown)
    assert lesson.goal in page.inner_text("#lesson")


def test_what_stands_on_stage_is_saved_as_a_step(desk):
    page, head = (
        desk.page,
        "+++\ntitle = 'x'\ngoal = 'x'\nminutes = 3\nlevel = 'beginner'\nmodels = ['fashion-cvae']\n+++\n",
    )
    for scene, said in (
        (goals.SCENES[0], None),
        (goals.SCENES[1], {"condition": {"garment": "bag"}, "reads": {"garment": "bag"}}),
        (goals.SCENES[5], {"starts": "prior"}),
        (goals.SCENES[3], {"step": "between"}),
    ):
        desk.after(lambda scene=scene: page.evaluate("text => { location.hash = text; }", link.write(scene)))
        page.click("#link")
        page.click("[data-do=save-step]")
        page.wait_for_selector("#code-step")
        lesson = parse(Path("mine.md"), head + page.inner_text("#code-step"))
        (step,) = lesson.steps
        assert faults(lesson) == []
        if said is None:
            assert step.end is None and step.scene.point == scene.point
        else:
            told = step.end.goal.model_dump(mode="json", exclude_defaults=True)
            assert step.end.example.point == scene.point and said.items() <= told.items()
        page.keyboard.press("Escape")


def opened(visitor: Visit, name: str) -> Page:
    """The page on a lesson, by its link."""
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("localStorage.removeItem('explorer.lessons')")
    page.goto(f"{visitor.url}/?lesson={name}")
    visitor.settle()
    visitor.drawn()
    return page


def ended(visitor: Visit) -> None:
    visitor.page.wait_for_selector("#lesson[data-ended]")
    visitor.settle()


def test_a_lesson_is_left_and_found_again_where_it_was(desk):
    visitor, page = desk, opened(desk, "what-a-condition-changes")
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
    page = opened(desk, "no-such-lesson")
    assert "no-such-lesson" in desk.notice("lessons") and not page.locator("#lesson").count()


def test_page_and_server_judge_goals_alike(desk):
    desk.open(goals.SCENES[0])
    session = open_session(goals.MODEL)
    told = [goal.model_dump(mode="json", exclude_defaults=True) for goal in goals.GOALS]
    theirs = [[met(session, goal, scene) for goal in goals.GOALS] for scene in goals.SCENES]
    ours = desk.page.evaluate(
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
