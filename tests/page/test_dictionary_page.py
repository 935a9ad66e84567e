"""The tab *Dictionary*: learned when it is asked for, with progress and cancel; its numbers and pictures are those of Python."""

from __future__ import annotations

import re

import pytest
import torch

from explorer.core.scene import Scene, View
from explorer.play import dictionary
from explorer.play.dictionary import Settings, running
from explorer.play.scaling import Compared, comparing
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


def test_sizes_are_compared_on_asking_and_the_chart_shows_what_python_measured(page, monkeypatch):
    monkeypatch.setattr(dictionary, "STEPS", 200)
    run = comparing(page.session, Compared(seed=AT["seed"]))
    page.page.click("#scale")
    page.page.wait_for_selector("#scale-progress")
    page.page.click("#scale-stop")
    page.page.wait_for_selector("#scale")
    page.settle()
    assert run.found is None and run.last is not None, "it gave up half way"
    page.page.click("#scale")
    page.page.wait_for_selector("#scale-said")
    page.settle()
    table = run.found.table()
    assert f"explain {run.found.law.fit:.1%}" in page.page.inner_text("#scale-said")
    page.page.wait_for_selector("#scale-chart .plot-container")
    drawn = page.page.evaluate(
        "document.querySelector('#scale-chart .figure-plot').data"
        ".filter((one) => one.mode === 'markers').map((one) => [...one.y])"
    )
    losses = [table.loss.xs(k, level="k").tolist() for k in table.index.unique("k")]
    assert len(drawn) == len(losses)
    assert all(a == pytest.approx(b, abs=1e-5) for a, b in zip(drawn, losses, strict=True))
    cells = page.page.eval_on_selector_all("#scale-dead td", "all => all.map((cell) => Number(cell.innerText))")
    assert cells == table.dead.tolist()
