"""Items that are rows of a table, on the page: with names and units on the stage, in strips and as an own item."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from explorer.box.own import make
from explorer.box.own.inspect import look
from explorer.core.scene import Point, Scene, View
from tests.support.browsing import Visit
from tests.support.live import explorer_of

NAME = "tiny-people"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """An app with a checkpoint of a person's own table."""
    root = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)
    rows = zip(["north", "south"] * 40, rng.integers(20, 90, 80), rng.uniform(2e6, 9e6, 80).astype(int), strict=True)
    with (root / "people.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("ward", "age", "price"), *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_CACHE", str(root / "cache"))
        make.first(look(root / "people.csv"), make.place(root / "box" / NAME))
        patch.setenv("CHECKPOINTS", str(root / "box"))
        with explorer_of(root / "box") as url:
            yield url


@pytest.fixture
def visit(browser, address):
    one = Visit(browser, address)
    yield one
    one.close()


def rows(page, selector: str) -> list[list[str]]:
    script = "all => all.map((row) => [...row.children].map((cell) => cell.textContent))"
    return page.eval_on_selector_all(selector, script)


def test_a_row_is_a_table_with_units_on_stage_in_strips_and_as_an_own_item(visit):
    point = Point.model_validate({"start": {"item": 3}})
    visit.open(Scene(model=NAME, view=View(tab="interpolate")).at(point))
    session, page = visit.session, visit.page
    told = [list(pair) for pair in session.modality.rows(session.output(point))]
    assert [name for name, _ in told] == ["age", "price"] and told[1][1].endswith("thousand")
    assert rows(page, "#frame-after .whole tbody tr") == told
    assert not page.is_visible("#stage-after"), "the outline in bars is for pins and for those who don't see the table"
    page.wait_for_selector("#strip-lerp .cell-row")
    first = page.eval_on_selector("#strip-lerp .cell", "(cell) => cell.dataset.point")
    shown = session.modality.rows(session.output(Point.model_validate_json(first)))
    assert rows(page, "#strip-lerp .cell:first-child .cell-row") == [list(pair) for pair in shown]
    visit.after(lambda: page.click("#difference"))
    assert len(rows(page, "#frame-difference .whole tbody tr")[0]) == 3, "before and after"
    file = {"name": "row.csv", "mimeType": "text/csv", "buffer": b"age,price\n60,5000\n"}
    visit.after(lambda: page.set_input_files("#own-file", file))
    page.wait_for_selector("#frame-real .whole tbody tr")
    assert rows(page, "#frame-real .whole tbody tr") == [["age", "60"], ["price", "5,000 thousand"]]
