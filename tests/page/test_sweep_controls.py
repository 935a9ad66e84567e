"""No dead control: each control of each tab, moved in the real page, changes something to be seen, or says beforehand why not.

`EXPLORER_SWEEP=all` takes every bundled checkpoint and every value of every choice, and the cells of all strips.
"""

from __future__ import annotations

import pytest

from tests.support.browsing import Visit
from tests.support.sweeping import ALL, MODELS, open_model, script, tabs

MOST = 40 if ALL else 1  # values of a choice that are tried
CHOSEN = 500  # milliseconds for what says that it is chosen already: changing nothing is no fault of it


@pytest.fixture(scope="module")
def desk(browser, box):
    """One visit for all models: the page is the same, only the scene changes."""
    one = Visit(browser, box, bypass_csp=True, reduced_motion="reduce")
    one.page.add_init_script(script("controls.js"))
    one.open(None)
    yield one
    one.close()


def sweep(page, tab: str, home: str) -> list[str]:
    """Move every control of a tab -> what is wrong, one line each."""
    faults = []
    for one in page.evaluate("([most, few]) => sweep.controls(most, few)", [MOST, not ALL]):
        name = f"{tab}: {one['key']} {one['label']!r}"
        if one["off"]:
            if not one["reason"]:
                faults.append(f"{name} is off without a reason")
            continue
        how = [one["key"], CHOSEN] if one["pressed"] else [one["key"]]
        told = page.evaluate("(how) => sweep.turn(...how)", how)
        if told.get("gone"):
            faults.append(f"{name} can't be found again")
        elif told.get("single"):
            faults.append(f"{name} has one choice alone, and isn't off")
        elif not told["changed"]:
            if one["pressed"]:
                continue  # one of several, which says that it is chosen already
            faults.append(f"{name} changes nothing")
        elif told.get("covered"):
            faults.append(f"{name} lies {told['covered']}")
        page.evaluate("(link) => sweep.back(link)", home)
    return faults


@pytest.mark.parametrize("model", MODELS)
def test_every_control_does_something_or_says_why_not(desk, model):
    page = desk.page
    page.evaluate("localStorage.clear()")
    open_model(desk, model)
    off = page.eval_on_selector_all("#tabs [aria-disabled]", "all => all.map((tab) => [tab.id, tab.title])")
    faults = [f"{ident} is off without a reason" for ident, reason in off if not reason]
    swept = 0
    for tab in tabs(desk):
        faults += sweep(page, tab, page.evaluate("location.hash"))
        swept += 1
    assert swept
    assert not faults, "\n".join([f"{model}: {len(faults)} faults", *faults])
