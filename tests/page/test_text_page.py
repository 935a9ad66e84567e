"""Texts on the page are text: on stage, in strips and under the pointer; found by their words, typed, and saved as lines."""

from __future__ import annotations

import csv
import io

import explorer
from explorer.core import link
from explorer.core.scene import Point
from explorer.page.serving.export import export
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support.browsing import Visit

STRANGE = "A person who SELLS quokkas!"


def test_sentences_are_text_on_stage_and_in_strips_and_are_found_and_typed(browser, box, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    desk = Visit(browser, box)
    session = open_session("definitions")
    said = lambda point: session.modality.said(session.output(point))  # noqa: E731
    page = desk.open(session.opening()).page

    item = session.opening().point.start.item
    assert page.inner_text("#frame-real .sentence") == session.card.names[item]
    assert page.inner_text("#frame-before .sentence") == said(session.opening().point)

    page.fill("#search", "furniture")
    page.wait_for_function("document.querySelector('#map').dataset.found")
    desk.after(lambda: page.press("#search", "Enter"))
    assert "furniture" in session.card.names[desk.scene.start.item]
    page.wait_for_function(
        f"document.querySelector('#frame-real .sentence')?.innerText === {session.card.names[desk.scene.start.item]!r}"
    )

    desk.tab("interpolate")
    page.wait_for_function(
        "[...document.querySelectorAll('#panel .cells.fit .cell-words')].every((node) => node.textContent)"
    )
    cells = page.locator("#panel .cells.fit .cell")
    points = [Point.model_validate_json(cells.nth(k).get_attribute("data-point")) for k in range(cells.count())]
    assert [cells.nth(k).locator(".cell-words").inner_text() for k in range(len(points))] == [said(p) for p in points]
    desk.after(lambda: cells.nth(len(points) // 2).locator(".cell-face").click())
    page.wait_for_selector("#frame-after .sentence ins")
    assert page.locator("#frame-after .sentence del").first.is_hidden()

    page.click("#own-item")
    page.fill("#own-text", STRANGE)
    desk.after(lambda: page.click("#own-take-text"))
    page.wait_for_selector("#own-note")
    assert "doesn't know: quokkas" in page.inner_text("#own-note")
    assert page.inner_text("#frame-real .sentence") == "a person who sells [unknown]"
    assert page.inner_text("#frame-real .sentence mark") == "[unknown]"
    desk.close()


def test_sentences_are_saved_as_lines_and_come_back_in_python(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    session = open_session("definitions")
    scene = link.write(session.opening())
    lines = export({"scene": scene, "as": "item", "what": "path"})
    assert lines.name.endswith(".txt") and lines.media.startswith("text/plain")
    texts = lines.data.decode().splitlines()
    rows = list(csv.DictReader(io.StringIO(export({"scene": scene, "as": "csv", "what": "path"}).data.decode())))
    assert [row["text"] for row in rows] == texts and len(texts) > 2
    items = list(csv.DictReader(io.StringIO(export({"scene": scene, "as": "csv", "what": "items"}).data.decode())))
    assert [row["text"] for row in items] == list(session.card.names) and 0 <= float(items[0]["words_in_place"]) <= 100

    model = explorer.load("definitions")
    made = model.encode("a person who makes furniture", topic="person", length=5)
    assert made.texts == (session.modality.said(session.output(made.point)),) and repr(made) == made.texts[0]
    assert model.edit(made.point, topic="verb").texts != made.texts
