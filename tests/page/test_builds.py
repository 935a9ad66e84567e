"""Items are known by their numbers: what was made with another build of a model says so, wherever it is opened."""

from __future__ import annotations

import json

import pytest

import explorer
from explorer.core import link
from explorer.core.scene import Scene
from explorer.page.act import act
from explorer.play.session import open_session
from tests.page.test_page import SHAPES

OTHER, SAID = "0badcafe", "built anew"


def test_a_build_is_the_weights_and_the_items(root):
    card = open_session("tiny-shapes").card
    assert card.build == card.model_copy(update={"title": "Another", "order": 3}).build
    for change in (
        {"items": card.items - 1},
        {"data": "others"},
        {"sha256": card.sha256 | {"model.safetensors": "0" * 64}},
    ):
        assert card.model_copy(update=change).build != card.build


@pytest.mark.parametrize(("build", "said"), [(None, False), ("own", False), (OTHER, True)])
def test_a_link_of_another_build_opens_and_says_so(root, build, said):
    card = open_session("tiny-shapes").card
    answer = act(
        {"do": "open", "link": link.write(SHAPES.model_copy(update={"build": card.build if build == "own" else build}))}
    )
    assert answer["ok"] and answer["scene"]["model"] == "tiny-shapes"
    assert (SAID in (answer["warning"] or "")) == said


def test_python_warns_of_another_build(root):
    loaded = explorer.load("tiny-shapes")
    with pytest.warns(UserWarning, match=SAID):
        loaded.render(Scene(model="tiny-shapes", build=OTHER))


def test_the_page_names_its_build_in_every_link(visit):
    page = visit()
    assert page.linked.build == page.session.card.build


def test_a_link_of_another_build_says_so_on_the_page_and_goes_on_with_this_one(visit):
    page = visit(SHAPES.model_copy(update={"build": OTHER}))
    assert SAID in page.notice("link")
    assert page.linked.build == page.session.card.build


@pytest.mark.parametrize(("kind", "place"), [("pins", "stage"), ("groups", "map")])
def test_what_the_browser_keeps_of_another_build_says_so(visit, kind, place):
    page = visit()
    card = page.session.card
    blank = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    one = {
        "pins": {"point": {"start": {"item": 4}}, "src": blank, "title": "4"},
        "groups": {"name": "Mine", "n": card.items, "bits": "AQ=="},
    }
    for build, said in ((card.build, False), (OTHER, True)):
        kept = json.dumps([{**one[kind], "build": build}])
        page.page.evaluate(f"localStorage.setItem('explorer.{kind}.{card.name}', {json.dumps(kept)})")
        page.page.reload()
        page.settle()
        page.drawn()
        notices = page.page.locator(f'[data-notice="{place}"]')
        assert notices.count() == said
        assert not said or SAID in notices.inner_text()
