"""One contract, two answerers: the engine in the page and the server say the same of generated recipes."""

from __future__ import annotations

import json

import pytest

from explorer.page.bench import agree
from tests.conftest import BUNDLED, TINY

POINTS = 40
FEW = 12  # for each bundled model: `python -m explorer agree` asks as many as one likes


@pytest.mark.parametrize("name", TINY)
def test_both_answer_alike(browser, url, root, name):
    report = agree.agree(browser, url, name, points=POINTS, seed=1)
    assert not report.apart, "\n".join(report.apart[:5])
    assert report.same > 3 * POINTS and report.refused > POINTS / 4, report.line()
    assert sum(report.elsewhere.values()) < report.asked / 20, report.elsewhere


def test_a_difference_is_found():
    ours = [[3, 1.0], [4, 2.0]]
    assert agree._near(ours, [[3, 1.0], [4, 2.00001]]) < 1e-4
    assert agree._near([[4, 1.0], [3, 1.0]], [[3, 1.0], [4, 1.0]]) == 0
    for there in ([[9, 1.0], [4, 2.0]], [[3, 1.0]]):
        with pytest.raises(agree.Apart):
            agree._near(ours, there)
    with pytest.raises(agree.Apart):
        agree._numbers({"a": 1}, {"b": 1})
    assert agree._numbers({"a": [1.0, None, "x"]}, {"a": [1.5, None, "x"]}) == pytest.approx(1 / 3)
    report = agree.Report("a")
    agree._values({"ask": "condition", "points": [{}]}, {"a": 1.0}, [{"a": 1.01}], report)
    assert report.apart and not report.same and "0 answered alike" in report.line()


def portable() -> list[str]:
    """Bundled checkpoints whose decoder runs in a page, from the records of their graphs."""
    records = {path.parent.name: json.loads(path.read_text()) for path in sorted(BUNDLED.glob("*/graphs.json"))}
    return [name for name, record in records.items() if "decoder" in record["parts"]]


@pytest.mark.parametrize("name", portable())
def test_both_answer_alike_on_a_bundled_model(browser, box, name, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    report = agree.agree(browser, box, name, points=FEW, seed=1)
    assert not report.apart, "\n".join(report.apart[:5])
    assert report.same > FEW and report.refused > FEW / 4, report.line()


def test_the_box_has_models_that_run_in_a_page():
    assert len(portable()) > 10
