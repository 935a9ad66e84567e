"""The play of sign autoencoders in a real browser: its own control does something."""

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


def test_a_turned_rate_moves_prediction_and_training_together(visit):
    opened(visit, 71, params={"dims": 16, "steps": 100, "rate": 0.5})
    predicted, trained, random = (float(row[1]) for row in readings(visit))
    visit.page.wait_for_selector("#curve[data-drawn] .main-svg")
    visit.page.locator("#rate").focus()
    visit.page.keyboard.press("End")
    visit.page.wait_for_function(f"!document.querySelector('#readings').textContent.includes('{predicted}')")
    visit.settle()
    after = [float(row[1]) for row in readings(visit)]
    assert after[0] < predicted and after[1] < trained and after[2] < random
