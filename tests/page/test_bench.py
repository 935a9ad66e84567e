"""The benchmark runs part by part, and tells what was measured alone."""

from __future__ import annotations

import asyncio

import pytest

from explorer.core.refusals import ExplorerError
from explorer.page.bench import PARTS, measure, people, report
from tests.support.live import serve


def test_an_unknown_part_is_refused_and_the_known_ones_are_named(root):
    with pytest.raises(ExplorerError, match="greedy"):
        measure(only=["nothing"])


def test_each_part_but_the_yardstick_has_its_rows_and_only_what_was_measured_is_told():
    assert set(report.TOLD) == set(PARTS) - {"bare"}
    spread = report.spread([1.0, 2.0, 3.0])
    row = {"clients": 45, "alone": spread, "beside": spread, "greedy": spread, "refused": 0}
    ((what, measured, beside),) = report.rows({"greedy": row})
    assert "45" in what and measured == "p95 3 ms" and "aim 300 ms" in beside


def test_a_crowd_asks_the_function_of_the_page_for_pictures_nobody_asked_for(root):
    from explorer.page.ui import create_app

    with serve(create_app(root)) as address:
        crowd = people.Crowd(address)

        async def two() -> tuple[int, dict]:
            client = crowd.client()
            first = crowd.recipe()
            assert first != crowd.recipe()
            status, answer = await client.ask("tiny-shapes", [first])
            times = await crowd.closed(2, ["tiny-shapes", "tiny-digits"], 0.2)
            assert len(times) >= 2 and crowd.refused == 0
            client.close()
            return status, answer

        status, answer = asyncio.run(two())
    assert status == 200 and answer["answers"][0]["value"][0].startswith("data:image/")
