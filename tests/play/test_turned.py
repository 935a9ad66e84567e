"""Tabs that operations declare: what they say of themselves fits their operation, and the guide shows one as it is."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from explorer.box.checkpoints import available
from explorer.core.checked import fitting
from explorer.core.registry import discover
from explorer.page.tabs.declared import _partial
from explorer.play.operations.polish import PolishTab
from explorer.play.operations.turned import Turned
from explorer.play.session import open_session
from tests.conftest import BUNDLED, ROOT

DECLARED = {name: tab for name, tab in discover("tabs").items() if issubclass(tab, Turned)}


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_tab_fits_its_operation(name):
    tab = DECLARED[name]
    fields, options = tab.operation.Params.model_fields, tab.Options.model_fields
    assert tab.operation.needs <= tab.needs and tab.special
    shown = {session.card.name: tab().declared(session) for session in having(tab)}
    assert shown, "no bundled model has it"
    for declared in shown.values():
        idents = [part["id"] for part in declared["parts"] if part.get("id")]
        assert len(idents) == len(set(idents)) and json.dumps(declared)
        for part in declared["parts"]:
            names = {part.get("parameter"), part.get("by"), *part.get("keep", []), *part.get("stays", [])} - {None}
            assert names <= fields.keys() | (options.keys() if part.get("option") else set())
            for stop in part.get("stops", []):
                told = {key: value for key, value in stop.get("sets", {}).items() if value is not None}
                checked = fitting(_partial(tab), told).model_dump(exclude_none=True)
                assert checked.keys() == told.keys()
            if part["kind"] == "along":
                assert part.get("id") and part.get("title") and (part.get("stops") or part.get("draws"))


def having(tab):
    """Sessions of bundled models that have a tab."""
    cards = available(BUNDLED)
    return [open_session(name) for name, card in cards.items() if tab().why_not(card) is None]


def test_the_guide_shows_the_declaration_as_it_is():
    (shown,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL)
    assert shown.strip() == inspect.getsource(PolishTab).strip()
    assert len(shown.splitlines()) <= 45


def test_what_is_said_to_run_in_the_page_is_what_its_engine_has():
    source = (ROOT / "assets" / "js" / "engine" / "operations.js").read_text()
    (listed,) = re.findall(r"^export const OPERATIONS = \{(.*)\};", source, re.MULTILINE)
    there = {name.partition(":")[0].strip() for name in listed.split(",")}
    assert there == {name for name, operation in discover("operations").items() if operation.portable is not None}
