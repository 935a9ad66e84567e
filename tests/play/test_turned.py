"""Tabs that operations declare: what they say of themselves fits their operation, and the guide shows one as it is."""

from __future__ import annotations

import inspect
import re

import pytest
from pydantic import ValidationError

from explorer.core.registry import discover
from explorer.play.operations.polish import PolishTab
from explorer.play.operations.turned import Turned
from tests.conftest import ROOT

DECLARED = {name: tab for name, tab in discover("tabs").items() if issubclass(tab, Turned)}


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_tab_fits_its_operation(name):
    tab = DECLARED[name]
    fields = tab.operation.Params.model_fields
    assert name == tab.operation.name and tab.turns in fields and ("seed" in fields) >= bool(tab.seeded)
    assert tab.operation.needs <= tab.needs and tab.special
    for stop in (*tab.stops, tab.start):
        tab.operation.Params.model_validate({tab.turns: stop})
    bounds = tab.operation.Params.model_json_schema()["properties"][tab.turns]
    for beyond in (bounds["minimum"] - 1, bounds["maximum"] + 1):
        with pytest.raises(ValidationError):
            tab.operation.Params.model_validate({tab.turns: beyond})
    assert list(tab.stops) == sorted(set(tab.stops)) and all(text.strip() for text in (tab.label, tab.strip, tab.said))


def test_the_guide_shows_the_declaration_as_it_is():
    (shown,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL)
    assert shown.strip() == inspect.getsource(PolishTab).strip()
    assert len(inspect.getsource(PolishTab).splitlines()) <= 40
