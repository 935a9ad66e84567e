"""The plays of papers in a real browser: each one's own control does something, and leaves alone what it should."""

from __future__ import annotations

import json

from explorer.museum.exhibits.base import numbered
from explorer.museum.plays import posterior_collapse
from tests.support.browsing import Visit


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


def test_a_dropped_point_changes_hull_and_answer(playing):
    opened(playing, 48, inputs={"points": [[0.3, 0.3], [0.7, 0.3], [0.5, 0.6]]})
    before = readings(playing)
    assert before[0][2] == "3"
    box = playing.page.locator("#plane").bounding_box()
    playing.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.9)
    playing.page.wait_for_function("document.querySelector('#plane').dataset.points === '4'")
    playing.settle()
    assert readings(playing)[0][2] == "4"
    playing.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.6)
    playing.page.wait_for_function("document.querySelector('#plane').dataset.points === '5'")
    playing.settle()
    assert readings(playing)[0][2] == "4", "a point inside is no corner"


def test_a_cut_edge_moves_the_curve_and_not_the_one_it_is_compared_with(playing):
    opened(playing, 10, params={"table": "gbsg", "person": 4})
    before = readings(playing)
    playing.page.wait_for_selector("#survival[data-drawn] .main-svg")
    button = playing.page.locator("#edges button").first
    button.click()
    playing.page.wait_for_selector("#edges button[aria-pressed=true]")
    playing.settle()
    after = readings(playing)
    assert [row[1] for row in after] != [row[1] for row in before]
    assert [row[2] for row in after] == [row[2] for row in before]
    playing.page.locator("#edges button").first.click()
    playing.page.wait_for_function("!document.querySelector('#edges button[aria-pressed=true]')")
    playing.settle()
    assert readings(playing) == before


def test_a_turned_rate_moves_prediction_and_training_together(playing):
    opened(playing, 71, params={"dims": 16, "steps": 100, "rate": 0.5})
    predicted, trained, random = (float(row[1]) for row in readings(playing))
    playing.page.wait_for_selector("#curve[data-drawn] .main-svg")
    playing.page.locator("#rate").focus()
    playing.page.keyboard.press("End")
    playing.page.wait_for_function(f"!document.querySelector('#readings').textContent.includes('{predicted}')")
    playing.settle()
    after = [float(row[1]) for row in readings(playing)]
    assert after[0] < predicted and after[1] < trained and after[2] < random


def test_correlation_collapses_dimensions_and_a_training_is_laid_beside_them(playing, monkeypatch):
    monkeypatch.setattr(posterior_collapse, "STEPS", 40)
    opened(playing, 18, params={"correlation": 0.2, "noise": 0.5, "seed": 7})
    playing.page.wait_for_selector("#lines[data-drawn] .main-svg")
    before = readings(playing)
    assert {len(row) for row in before} == {2}
    playing.page.locator("#correlation").focus()
    playing.page.keyboard.press("End")
    playing.page.wait_for_function("document.querySelector('#collapsed').textContent.includes('8 of 8 in z')")
    playing.settle()
    assert [row[1] for row in readings(playing)] == ["collapsed"] * 8 != [row[1] for row in before]
    playing.page.click("#train")
    playing.page.wait_for_function("document.querySelector('#readings').textContent.includes('trained')")
    playing.settle()
    assert {len(row) for row in readings(playing)} == {3}
