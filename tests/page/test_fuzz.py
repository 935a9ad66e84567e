"""What nobody should send, in a small helping; `python -m explorer bench --fuzz 100000` sends a large one."""

from __future__ import annotations

import pytest

from explorer.page.bench import fuzz
from explorer.page.bench.mutate import Mutator


def test_everything_is_answered_or_refused_in_a_sentence(root):
    reports = fuzz.fuzz(1200, seed=3)
    assert [report.kind for report in reports] == list(fuzz.SHARES)
    assert not [fault for report in reports for fault in report.faults]
    for report in reports:
        assert report.sent and report.refused > report.sent / 8, report.line()
    scenes = reports[0]
    assert scenes.refused < scenes.sent, "some have to be in order, or nothing behind the first check is tried"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda: iter(["It failed\nTraceback"]), "not one short sentence"),
        (lambda: iter([fuzz.WENT_WRONG]), "something went wrong"),
        (lambda: iter(["x" * 400 + "."]), "not one short sentence"),
        (lambda: iter([None]), "not a sentence"),
        (lambda: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_bad_answer_is_a_fault(answer, told):
    report = fuzz._run("scenes", iter([("this", answer)]), 1)
    assert len(report.faults) == 1 and told in report.faults[0]


def test_the_same_seed_changes_the_same(root):
    whole = {"a": [1, 2.5, "three"], "b": {"c": None}}
    first, second = Mutator(4), Mutator(4)
    assert [repr(first.value(whole)) for _ in range(50)] == [repr(second.value(whole)) for _ in range(50)]
    assert whole == {"a": [1, 2.5, "three"], "b": {"c": None}}
