"""Two plays in a real browser: each one's own control does something, and leaves alone what it should."""

from __future__ import annotations

import json

import pytest

from explorer.museum.exhibits.base import numbered
from tests.support.browsing import Visit


@pytest.fixture
def visit(browser, url):
    made = Visit(browser, url, reduced_motion="reduce", bypass_csp=True)
    yield made
    made.close()


def opened(visit: Visit, number: int, **values) -> None:
    exhibit = numbered(number)
    visit.page.goto(f"{visit.url}/play/{exhibit.play}{f'#{json.dumps(values)}' if values else ''}")
    visit.settle()
    visit.page.wait_for_selector(exhibit.control)


def readings(visit: Visit) -> list[list[str]]:
    """Rows of the table, as a person reads them."""
    visit.page.wait_for_selector("#readings tr")
    cells = (
        "[...document.querySelectorAll('#readings tr')].map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    return visit.page.evaluate(cells)[1:]


def test_a_dropped_point_changes_hull_and_answer(visit):
    opened(visit, 48, inputs={"points": [[0.3, 0.3], [0.7, 0.3], [0.5, 0.6]]})
    before = readings(visit)
    assert before[0][2] == "3"
    box = visit.page.locator("#plane").bounding_box()
    visit.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.9)
    visit.page.wait_for_function("document.querySelector('#plane').dataset.points === '4'")
    visit.settle()
    assert readings(visit)[0][2] == "4"
    visit.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.6)
    visit.page.wait_for_function("document.querySelector('#plane').dataset.points === '5'")
    visit.settle()
    assert readings(visit)[0][2] == "4", "a point inside is no corner"


def test_a_cut_edge_moves_the_curve_and_not_the_one_it_is_compared_with(visit):
    opened(visit, 10, params={"table": "gbsg", "person": 4})
    before = readings(visit)
    visit.page.wait_for_selector("#survival[data-drawn] .main-svg")
    button = visit.page.locator("#edges button").first
    button.click()
    visit.page.wait_for_selector("#edges button[aria-pressed=true]")
    visit.settle()
    after = readings(visit)
    assert [row[1] for row in after] != [row[1] for row in before]
    assert [row[2] for row in after] == [row[2] for row in before]
    visit.page.locator("#edges button").first.click()
    visit.page.wait_for_function("!document.querySelector('#edges button[aria-pressed=true]')")
    visit.settle()
    assert readings(visit) == before
