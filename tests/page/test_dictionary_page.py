"""The tab *Dictionary*: learned when it is asked for, with progress and cancel; its numbers and pictures are those of Python."""

from __future__ import annotations

import re

import pytest
import torch

from explorer.core.scene import Scene, View
from explorer.play import dictionary
from explorer.play.dictionary import Settings, running
from tests.support.browsing import Visit

AT = {"size": 16, "k": 2, "seed": 77}  # settings that no other test of this process learns


@pytest.fixture
def page(browser, url):
    page = Visit(browser, url)
    yield page.open(Scene(model="tiny-shapes", view=View(tab="dictionary", options={"dictionary": AT})))
    page.close()


def learn(page) -> None:
    page.page.click("#learn")
    page.page.wait_for_selector("#dictionary-said")
    page.settle()


def test_what_is_learned_on_asking_is_what_python_learns(page):
    run = running(page.session, Settings(**AT))
    assert run.found is None, "nothing is learned unasked"
    learn(page)
    found = run.found
    said = page.page.inner_text("#dictionary-said")
    assert f"{found.loss:.1%} of the variance" in said and f"{found.dead} of 16 features are dead" in said
    items = page.page.eval_on_selector_all(
        "#feature-1-top .cell", "all => all.map((cell) => JSON.parse(cell.dataset.point).start?.item ?? 0)"
    )
    assert tuple(items) == found.features[1].top[: len(items)] and items
    page.after(lambda: page.page.fill("#feature-1", "1.5"))
    point = page.on_stage()
    step = page.session.resolve(point).z - page.session.resolve(point.origin).z
    assert torch.allclose(step, 1.5 * found.features[1].vector, atol=1e-5) and step.abs().max() > 0
    page.after(lambda: page.page.click("#reset-feature-1"))
    assert not page.scene.point.edits


def test_progress_is_shown_and_cancel_gives_up(page, monkeypatch):
    monkeypatch.setattr(dictionary, "STEPS", 50_000)
    page.after(lambda: page.page.click("#dictionary-size label:nth-child(2)"))
    page.page.click("#learn")
    page.page.wait_for_selector("#learning")
    before = page.page.inner_text("#learning")
    changed = "(before) => document.querySelector('#learning').innerText !== before"
    page.page.wait_for_function(changed, arg=before)
    now = page.page.inner_text("#learning")
    steps = [int(re.search(r"step ([\d,]+)", text)[1].replace(",", "")) for text in (before, now)]
    assert steps[0] < steps[1] < 50_000
    page.page.click("#learn-stop")
    page.page.wait_for_selector("#learn")
    page.settle()
    at = running(page.session, Settings(**{**AT, "size": 32})).last.step
    page.page.wait_for_timeout(700)
    assert running(page.session, Settings(**{**AT, "size": 32})).last.step == at
