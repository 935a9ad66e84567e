"""Plays: each is pure, bounded, linkable, and draws its form from its own fields."""

from __future__ import annotations

import json

import pytest
from pydantic import Field

from explorer.core.nodes import KINDS
from explorer.core.registry import discover
from explorer.core.schema import ExplorerError
from explorer.museum.plays.base import Params, bounds, form, perform, state
from tests.support.play import Tiny, TinyParams

SHELF = discover("plays")


def kinds(nodes: list[dict]) -> set[str]:
    return {node["kind"] for node in nodes} | {k for node in nodes for k in kinds(list(node.get("inside", ())))}


@pytest.mark.parametrize("name", SHELF)
def test_a_play_shows_its_form_and_then_what_comes_of_it_the_same_each_time(name):
    play = SHELF[name]
    assert play.title.strip() and play.sentence.endswith(".")
    first, *rest = lines = list(perform(name, {}))
    assert first.keys() == {"form"}
    assert kinds(first["form"]) | kinds(rest[-1]["nodes"]) <= set(KINDS)
    assert all(0 <= line["progress"] <= 1 for line in rest if "progress" in line)
    assert lines == list(perform(name, {})), "the same values must show the same"
    json.dumps(lines, allow_nan=False)


def test_the_form_follows_from_types_and_bounds():
    nodes = {node.id: node.inside[0] for node in form(TinyParams(), live=True)}
    assert {ident: node.kind for ident, node in nodes.items()} == {
        "field-power": "slider", "field-count": "slider", "field-seed": "number", "field-law": "chips", "field-closed": "chips",
    }  # fmt: skip
    power, count = nodes["field-power"], nodes["field-count"]
    assert (power.low, power.high, power.step, power.sets.path) == (1, 3, 0.01, "params.power") and power.sets.eager
    assert (count.low, count.high, count.step) == (2, 8, 1)
    assert [choice.value for choice in nodes["field-closed"].choices] == [True, False]
    assert form(TinyParams())[0].label == "Power" and form(TinyParams())[0].inside[1].text == "Exponent of the curve."


def test_a_field_without_a_bound_is_a_fault_of_the_play():
    class Open(Params):
        size: int = Field(default=1, ge=0)

    with pytest.raises(ValueError, match="both bounds"):
        bounds(Open.model_fields["size"])


@pytest.mark.parametrize(
    "raw",
    [
        3, None, [], {"more": 1}, {"params": 3}, {"params": {"power": 9}}, {"params": {"power": "x"}}, {"params": {"none": 1}},
        {"params": {"count": 2.5}}, {"inputs": {"points": [[0, 0]] * 5}}, {"inputs": {"points": [[float("nan"), 0]]}},
        {"params": {"law": "sideways" * 1000}},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_short_sentence(raw):
    with pytest.raises(ExplorerError) as found:
        state(Tiny(), raw)
    assert len(str(found.value)) < 300 and "\n" not in str(found.value)
    (line,) = perform("tiny", raw)
    assert line == {"error": str(found.value), "where": "play"}


def test_what_a_run_refuses_is_told_where_it_can_be_mended():
    *_, last = perform("tiny", {"params": {"count": 2, "law": "down"}})
    assert last == {"error": "Two values can't fall.", "where": "count"}
    assert next(perform("no-such", {}))["error"].startswith("There is no 'no-such' among the plays")
