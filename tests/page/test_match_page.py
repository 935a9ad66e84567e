"""The game in a real browser: a target that a link gives is matched by keyboard, on a desk and on a phone."""

from __future__ import annotations

import pytest

from explorer.core import link
from explorer.core.scene import Scene
from tests.page.test_sweep_axe import judged
from tests.support.browsing import Visit

WHOLE = Scene(model="avatars-cvae")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_target_is_matched(browser, box, width):
    visitor = Visit(browser, box, width=width, bypass_csp=True, reduced_motion="reduce")
    page = visitor.page
    page.goto(f"{box}/?match=2-7#{link.write(WHOLE)}")
    page.wait_for_selector("#match[data-match='0.000']")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    visitor.settle()
    first, target = visitor.scene.point, page.get_attribute(".match-target img", "src")
    assert not judged(page)
    page.click("#match-done")
    assert page.inner_text("#match-said").startswith("0 points")
    visitor.after(lambda: page.click("#match-show"))
    recipe = visitor.scene.point
    assert recipe.start == first.start and len(recipe.condition) == 2, "two attributes differ"
    assert visitor.pixels("#stage-after").shape and page.inner_text("#match-said").startswith("0 points"), (
        "no way to win"
    )
    page.click("#match-again")
    page.wait_for_selector("#match-done")
    assert page.get_attribute(".match-target img", "src") == target
    for name, value in recipe.condition.items():
        radio = page.locator(f'#attribute-{name} input[value="{value}"]')
        visitor.after(lambda radio=radio: (radio.focus(), page.keyboard.press("Space")))
    page.wait_for_selector("#match-next")
    said = page.inner_text("#match-said")
    assert "a match of 100%" in said and visitor.scene.point.condition == recipe.condition
    points = int(said.split()[0])
    assert points > 0 and f"Your best: {points} here" in said
    page.reload()
    page.wait_for_selector("#match[data-match='0.000']")
    visitor.settle()
    assert visitor.scene.point == first, "the same target, from its beginning"
    page.click("#match-close")
    assert not page.locator("#match").count() and "match" not in page.evaluate("location.search")
    visitor.close()
