"""Words deleted before a text is read: what the operation does, and what its tab says."""

from __future__ import annotations

import pytest

from explorer.play.operations.delete import SHARES, left
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support import declared
from tests.support.panels import read


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    return open_session("definitions")


def test_what_is_left_of_a_text_is_encoded(session):
    base = session.opening().point
    state, model = session.resolve(base), session.checkpoint.model
    for share in SHARES:
        point = base.then("delete", share=share, seed=5)
        shown = left(model, state, share, 5)
        assert session.resolve(point).z.equal(model.encode(shown).mean[0])
        assert session.resolve(point).c.equal(state.c)
    texts = [session.modality.said(left(model, state, share, 5)[0]).split() for share in SHARES]
    assert texts[0] == session.modality.said(session.output(base)).split()
    assert [len(text) for text in texts] == sorted(map(len, texts), reverse=True) and 1 <= len(texts[-1]) < len(
        texts[0]
    )


def test_the_tab_says_what_was_left_and_what_came_back(session):
    scene = session.opening()
    scene = scene.model_copy(update={"view": scene.view.model_copy(update={"tab": "delete", "options": {}})})
    told = read(declared.panel(session, "delete", scene)).words
    assert session.modality.said(session.output(scene.point)) in told and "in place" in told
