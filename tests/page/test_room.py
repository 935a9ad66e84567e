"""The reading room in a real browser: pictures, filters, and three hundred papers that are drawn as far as one scrolls."""

from __future__ import annotations

import pytest

from explorer.museum.exhibits.base import listed
from explorer.page.views.room import entries
from tests.support.browsing import Visit

MANY = 300
COUNT = "document.querySelectorAll('.exhibit').length"
VERDICTS = ("holds", "mixed", "does not hold")


@pytest.fixture
def room(browser, url):
    """Opens the reading room on many papers, generated from those there are."""
    visits = []

    def go(address: str = "", **options):
        visits.append(one := Visit(browser, url, bypass_csp=True, **options))
        real = entries(listed(), {})
        papers = []
        for k in range(MANY):
            paper = {**real[k % len(real)], "number": 1000 + k, "title": f"Generated paper {k}", "year": 1990 + k % 35}
            paper["gallery"], paper["modality"] = f"Gallery {k * 10 // MANY}", ("picture", "series")[k % 2]
            paper["measured"] = paper["measured"] and {**paper["measured"], "verdict": VERDICTS[k % 3]}
            papers.append(paper)
        one.page.route("**/explorer/room.json", lambda route: route.fulfill(json=papers))
        one.page.goto(f"{url}/reading-room{address}")
        one.page.wait_for_selector(".exhibit")
        return one.page

    yield go
    for one in visits:
        one.close()


def test_the_papers_there_are_have_pictures_and_a_scene(visit, url):
    page = visit(None).page
    found = page.request.get(f"{url}/explorer/room.json")
    papers = found.json()
    assert [paper["number"] for paper in papers] != [] and {p["number"] for p in papers} == {e.number for e in listed()}
    assert all(paper["play"] and paper["claim"] and paper["gallery"] for paper in papers)


@pytest.mark.parametrize("width", [390, 1280])
def test_three_hundred_are_drawn_as_one_scrolls(room, width):
    page = room(width=width)
    first = page.evaluate(COUNT)
    assert first < 40
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function(f"{COUNT} > {first}")
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(sideways) <= 0


def test_a_search_over_three_hundred_answers_at_once(room):
    page = room()
    page.fill("#room-search", "generated paper 299")
    page.wait_for_function(f"{COUNT} === 1")
    assert page.evaluate("document.querySelector('#room-count').value") == f"1 of {MANY}"
    page.fill("#room-search", "")
    page.wait_for_function(f"{COUNT} > 1")
    taken = page.evaluate(
        """async () => {
          const field = document.querySelector('#room-search');
          const from = performance.now();
          field.value = '1007';
          field.dispatchEvent(new Event('input', { bubbles: true }));
          while (document.querySelectorAll('.exhibit').length !== 1) await new Promise(requestAnimationFrame);
          return performance.now() - from;
        }"""
    )
    assert taken < 2000


def test_filters_hold_together_and_stand_in_the_address(room):
    page = room()
    page.select_option("#room-verdict", "mixed")
    page.select_option("#room-kind", "series")
    page.select_option("#room-since", "2020")
    page.wait_for_function("location.search.includes('since=2020')")
    text = "all => all.map((node) => node.textContent)"
    verdicts, numbers = (
        page.eval_on_selector_all(f".exhibit {name}", text) for name in (".verdict", ".exhibit-number")
    )
    assert set(verdicts) == {"Mixed"} and all(int(number.split("·")[1]) >= 2020 for number in numbers)
    again = room(page.evaluate("location.search"))
    assert again.input_value("#room-verdict") == "mixed" and again.input_value("#room-since") == "2020"
    assert again.inner_text("#room-count") == page.inner_text("#room-count") != ""


def test_an_address_leads_to_a_paper_far_below(room):
    page = room("#paper-1250")
    page.wait_for_selector("#paper-1250")
    assert page.evaluate("Math.abs(document.querySelector('#paper-1250').getBoundingClientRect().top) < innerHeight")
