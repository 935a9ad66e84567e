"""What `open` made, in a browser: pictures of which nothing is known, series of a long table, and sentences."""

from __future__ import annotations

import pytest

from explorer.box.own import make
from explorer.box.own.inspect import look
from explorer.core.scene import Scene
from tests.box.test_own import drawn
from tests.box.test_own_more import long
from tests.box.test_own_texts import SENTENCES, spoken
from tests.support.browsing import Visit
from tests.support.live import explorer_of


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """An app with all of them."""
    root = tmp_path_factory.mktemp("own")
    (root / "plain").mkdir()
    for k in range(40):
        drawn(k, colour=True).save(root / "plain" / f"{k:03}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_CACHE", str(root / "cache"))
        make.first(look(root / "plain"), make.place(root / "box" / "plain"))
        make.first(
            look(long(root / "curves.csv", [30 + k % 3 for k in range(40)])), make.place(root / "box" / "curves")
        )
        make.first(look(spoken(root / "said.jsonl")), make.place(root / "box" / "said"))
        with explorer_of(root / "box") as url:
            yield url


def overflow(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [390, 1280])
def test_items_without_attributes_have_no_empty_menu(browser, address, width):
    visit = Visit(browser, address, width=width)
    try:
        visit.open(Scene(model="plain"))
        page = visit.page
        assert page.get_attribute("#map", "data-plotted") == "40"
        assert not page.is_visible("#colour") and overflow(page) <= 0
        visit.tab("attributes")
        assert "Nothing is known of these items" in page.inner_text("#no-attributes")
        assert not page.is_visible("#reset-attributes")
    finally:
        visit.close()


def test_series_are_charts_on_the_stage(browser, address):
    visit = Visit(browser, address)
    try:
        visit.open(Scene(model="curves"))
        page = visit.page
        page.wait_for_selector("#frame-after .js-plotly-plot, #frame-after svg")
        assert [o.inner_text() for o in page.query_selector_all("#colour option")] == ["site", "readings"]
        assert page.get_attribute("#map", "data-plotted") == "40"
    finally:
        visit.close()


def test_sentences_are_read_walked_and_typed(browser, address):
    visit = Visit(browser, address)
    known = {sentence.lower().rstrip(".") for sentence in SENTENCES}
    try:
        visit.open(Scene(model="said", start={"item": 3}))
        page = visit.page
        assert page.get_attribute("#map", "data-plotted") == "80"
        assert page.inner_text("#frame-real .sentence") == SENTENCES[3]
        assert page.inner_text("#frame-before .sentence") in known
        page.click("#attribute-who label:has-text('horse')")
        page.wait_for_selector("#frame-after .sentence ins:has-text('horse')")
        page.click("#own-item")
        page.fill("#own-text", "A horse sleeps on the roof")
        page.click("#own-take-text")
        page.wait_for_selector("#frame-after .sentence:has-text('horse sleeps on the roof')")
    finally:
        visit.close()
