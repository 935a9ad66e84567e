"""An own item of a model without an encoder: the search finds what the model can make, and says how near it came."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.core.scene import Point, PriorStart, Scene, View
from explorer.play import search
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support.browsing import Visit

NAME = "fashion-acgan"


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    return open_session(NAME)


def drawn(session, seed):
    return session.output(Point(start=PriorStart(seed=seed, condition={"garment": "trousers"}))).clone()


def psnr(a, b):
    return float(-10 * (a - b).square().mean().log10())


def test_what_the_model_made_itself_is_found_nearer_than_any_draw(session):
    for seed in (11, 12):
        x = drawn(session, seed)
        found = session.output(session.encode(x, {"garment": "trousers"}, "0" * 64))
        c = session.card.conditions.encode([{"garment": "trousers"}])[0]
        draws = session.checkpoint.model.decode(session.prior().draws(c, 0, search.DRAWS), c.expand(search.DRAWS, -1))
        assert psnr(found, x) > max(psnr(y, x) for y in draws) + 3


def test_the_same_item_is_found_at_the_same_place_and_nothing_is_left_of_the_search(session):
    x = drawn(session, 11)
    state = torch.random.get_rng_state()
    one, two = (session.encode(x, {"garment": "trousers"}, "0" * 64) for _ in range(2))
    assert one == two and torch.equal(state, torch.random.get_rng_state())
    assert all(p.grad is None for p in session.checkpoint.model.parameters())


def test_a_picture_is_brought_to_a_model_without_an_encoder(browser, box, session):
    picture = np.repeat(
        np.repeat(np.asarray(session.modality.picture(session.modality.show(drawn(session, 11)))), 4, 0), 4, 1
    )
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    visit = Visit(browser, box)
    try:
        page = visit.open(Scene(model=NAME, view=View(tab="own"))).page
        visit.after(
            lambda: page.set_input_files(
                "#own-file", {"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
            )
        )
        page.wait_for_selector("#own-readings:has-text('has no encoder: of 48 draws')")
        assert visit.scene.start.sha256 == hashlib.sha256(buffer.getvalue()).hexdigest()
        visit.on_stage()
    finally:
        visit.close()
