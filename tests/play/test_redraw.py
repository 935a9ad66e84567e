"""Leaves of a latent, drawn one by one on the bundled models that have several."""

from __future__ import annotations

import pytest
import torch

from explorer.core.registry import find
from explorer.core.scene import Point, Scene
from explorer.core.schema import ExplorerError
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support import declared


@pytest.fixture(params=["fashion-alae", "fashion-tr0n", "fashion-swycc"])
def session(request, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    return open_session(request.param)


def test_one_leaf_is_drawn_and_the_others_stay(session):
    model, before = session.checkpoint.model, session.resolve(Point())
    for name, spec in model.leaves.items():
        point = Point().then("redraw", leaf=name, seed=3)
        after = session.resolve(point)
        assert torch.equal(after.c, before.c)
        parts = zip(model.split(before.z[None]).items(), model.split(after.z[None]).values(), strict=True)
        moved = {own for (own, old), new in parts if not torch.equal(old, new)}
        assert moved == (set() if spec.drawn else {name}) and set(after.leaves) == ({name} if spec.drawn else set())
        assert not torch.equal(session.output(point), session.output(Point().then("redraw", leaf=name, seed=4)))
    with pytest.raises(ExplorerError, match="there is no 'tail'"):
        session.resolve(Point().then("redraw", leaf="tail"))


def test_the_tab_shows_a_row_of_each_part_and_a_way_back(session):
    tab = find("tabs", "parts")()
    assert tab.why_not(session.card) is None
    point = Point().then("redraw", leaf=next(iter(session.checkpoint.model.leaves)), seed=1)
    panel = declared.panel(session, "parts", Scene(model=session.card.name).at(point))
    strips = [node for node in panel.nodes if node.kind == "strip"]
    assert len(strips) == len(session.checkpoint.model.leaves)
    assert all(cell.point.edits[:-1] == () for strip in strips for cell in strip.cells), "draws don't pile up"
    assert [strip.cells[0].point.edits[0].params["leaf"] for strip in strips] == list(session.checkpoint.model.leaves)


def test_a_latent_in_one_piece_has_no_such_tab():
    assert find("tabs", "parts")().why_not(open_session("digits-cvae-2d").card) == "This model's latent is one piece."
