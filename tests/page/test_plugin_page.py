"""The tab *Plug-in*: a selection of the map becomes a control, learned on asking, with progress and cancel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from explorer.core.kept import Kept
from explorer.core.scene import Scene, View
from explorer.play import plugin, recipes
from explorer.play.plugin import running
from tests.page.test_selection import lassoed
from tests.support.browsing import Visit


@pytest.fixture
def page(browser, url, monkeypatch):
    monkeypatch.setattr(plugin, "STEPS", 300)
    page = Visit(browser, url)
    yield page.open(Scene(model="tiny-shapes", view=View(tab="plugin")))
    page.close()


def test_a_selection_becomes_a_control(page):
    page.page.click("#plugin-make")
    assert "on the map first" in page.page.inner_text(".notice"), "nothing is selected yet"
    members = lassoed(page)
    page.tab("selection")
    page.page.click("#select-control")
    page.page.wait_for_selector("#plugin-said")
    page.settle()
    (group,) = page.scene.view.options["plugin"]["groups"]
    run = running(page.session, plugin.Group(**group))
    assert tuple(run.found.members) == tuple(members)
    assert f"from {len(members):,} items" in page.page.inner_text("#plugin-said")
    assert f"{run.found.near:.0%}, its items {run.found.own:.0%}" in page.page.inner_text("#plugin-figures")
    page.after(lambda: page.page.fill("#plugin-towards", "0.5"))
    point = page.on_stage()
    step = page.session.resolve(point).z - page.session.resolve(point.origin).z
    whole = (
        run.found.plugin.likened(page.session.resolve(point.origin).z[None])[0] - page.session.resolve(point.origin).z
    )
    assert torch.allclose(step, 0.5 * whole, atol=1e-5) and step.abs().max() > 0
    page.page.fill("#plugin-name", "Mine")
    page.after(lambda: page.page.press("#plugin-name", "Enter"))
    assert "Towards Mine" in page.page.inner_text("#panel") and page.page.query_selector("#reset-plugin-towards")
    page.after(lambda: page.page.click("#reset-plugin-towards"))
    assert not page.scene.point.edits

    def drawn():
        return page.page.eval_on_selector_all("#plugin-draws .cell", "all => all.map((cell) => cell.dataset.point)")

    before = drawn()
    page.after(lambda: page.page.click("#plugin-others"))
    assert len(before) == 12 and not set(before) & set(drawn())
    page.after(lambda: page.page.click("#plugin-draws .cell"))
    assert page.on_stage().edits[0].params["label"] == "Like Mine"
    page.page.click("#plugin-make")  # the same selection again is the same control
    page.settle()
    assert len(page.scene.view.options["plugin"]["groups"]) == 1
    page.after(lambda: page.page.click("#plugin-remove"))
    assert page.page.query_selector("#plugin-what") and page.scene.point.edits, "steps stay"


def test_progress_is_shown_and_cancel_gives_up(page, monkeypatch):
    monkeypatch.setattr(plugin, "STEPS", 200_000)
    unlearned = Kept(plugin.Run, plugin.KEPT, plugin.IDLE)  # another test has a control of the same items
    monkeypatch.setattr(plugin, "_runs", unlearned)
    lassoed(page)
    page.page.click("#plugin-make")
    page.page.wait_for_selector("#plugin-learning")
    before = page.page.inner_text("#plugin-learning")
    changed = "(before) => document.querySelector('#plugin-learning').innerText !== before"
    page.page.wait_for_function(changed, arg=before)
    page.page.click("#plugin-stop")
    page.page.wait_for_selector("#plugin-what")
    page.settle()
    assert page.scene.view.options["plugin"]["groups"] == []


def test_too_few_items_are_refused_in_a_sentence(page):
    members = recipes.bits(np.arange(page.session.card.items) < 3)
    options = {"plugin": {"groups": [{"name": "Three", "members": members}]}}
    page.open(Scene(model="tiny-shapes", view=View(tab="plugin", options=options)))
    assert page.page.inner_text("#plugin-cannot").endswith("Three holds 3 items.")
