"""The icons of the box on the page: found by their names, drawn crisply, and as heavy as the slider asks."""

from __future__ import annotations

from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support.browsing import Visit
from tests.support.outlines import DRAG, outline


def test_the_icons_in_the_box_open_are_found_by_name_and_follow_the_weight(browser, box, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    desk = Visit(browser, box)
    session = open_session("icons")
    page = desk.open(session.opening()).page
    assert int(page.get_attribute("#map", "data-points")) == session.card.items == len(session.card.names)
    assert page.inner_text("#caption h2").startswith("Call bell")
    page.fill("#search", "crown")
    page.wait_for_function("document.querySelector('#map').dataset.found")
    desk.after(lambda: page.press("#search", "Enter"))
    assert "crown" in session.card.names[desk.scene.start.item]
    shares = []
    for value in ("9", "22"):
        page.locator("#attribute-weight").evaluate(DRAG, value)
        desk.after(lambda: page.locator("#attribute-weight").dispatch_event("change"))
        shares.append(outline(page.get_attribute("#stage-after", "src")))
    assert shares[0] < shares[1]
    desk.close()
