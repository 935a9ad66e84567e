"""Special tabs on a static site: those whose operation runs in the page work, and show what Python renders; the others rest."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.scene import Point, Scene, View
from explorer.page.site import write
from tests.conftest import BUNDLED
from tests.support.browsing import Visit, unfold
from tests.support.sites import served

MODELS = ("digits-gon", "fashion-alae", "digits-gdvae")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(BUNDLED))
        folder = tmp_path_factory.mktemp("special") / "site"
        write(MODELS, folder)
        with served(folder) as running:
            yield running


@pytest.fixture
def visit(site, browser, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    page = Visit(browser, site.url)
    yield lambda model, tab: page.open(Scene(model=model, view=View(tab=tab)))
    page.close()


def shown(page, strip: str, count: int) -> list[Point]:
    """The recipes of a strip, whose pictures are those that Python makes of them."""
    ready = "([id, n]) => [...document.querySelectorAll(`#${id} .cell img`)].filter((img) => img.src).length === n"
    page.page.wait_for_function(ready, arg=[strip, count])
    script = "all => all.map((cell) => [cell.dataset.point, cell.querySelector('img').src])"
    found = page.page.eval_on_selector_all(f"#{strip} .cell", script)
    points = [Point.model_validate_json(text) for text, _ in found]
    for picture, (_, src) in zip(page.session.render(points), found, strict=True):
        assert np.abs(unfold(src).astype(int) - picture.astype(int)).max() <= 1
    return points


def test_one_gradient_step_is_taken_in_the_page(visit):
    page = visit("digits-gon", "origin")
    steps = [point.edits[-1].params["step"] for point in shown(page, "origin-way", 8)]
    assert steps == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2]
    assert "takes a server" in page.page.inner_text("#unread"), "its readings are made in Python"
    assert not page.page.query_selector("#story"), "and these pictures too"
    page.after(lambda: page.page.fill("#origin-step", "0.5"))
    assert page.scene.point == Point().then("origin", step=0.5)
    page.after(lambda: page.page.click("#reset-origin"))
    assert page.scene.point == Point()


def test_styles_are_exchanged_in_the_page_and_what_only_python_draws_says_so(visit):
    page = visit("fashion-alae", "styles")
    points = shown(page, "styles-way", 7)
    assert {tuple(point.edits[-1].params["layers"]) for point in points} == {(2, 3)}
    assert len(shown(page, "styles-table", 15)) == 15
    page.after(lambda: page.page.click("#styles-layer-0 label:nth-child(2)"))
    assert page.scene.point.edits[-1].params["layers"] == [0, 2, 3]
    assert page.page.is_disabled("#styles-draw") and "server" in page.page.get_attribute("#styles-draw", "title")


@pytest.mark.parametrize(("model", "tab"), [("fashion-alae", "parts"), ("digits-gdvae", "counterfactual")])
def test_a_tab_of_an_operation_that_only_python_has_rests(visit, model, tab):
    page = visit(model, "attributes")
    button = page.page.locator(f"#tab-{tab}")
    assert button.get_attribute("aria-disabled") == "true" and "server" in button.get_attribute("title")
