"""The lens `alphabet` on faces that are known, with models that know all, or nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Independent, Normal

from explorer.learn.data import typefaces
from explorer.learn.data._glyphs import CHARACTERS
from explorer.museum.lenses.alphabet import Alphabet
from tests.support import fonts


@pytest.fixture(scope="module")
def faces():
    """Families at two weights each, every second one held out; each is drawn as one that stays."""
    drawn = [
        (f"family{family}", fonts.block(stem=stem + 4 * (family // 2), wide=400))
        for family in range(6)
        for stem in (60, 140)
    ]
    return fonts.faces_of(drawn, lambda name: int(name[-1]) % 2 == 1)


@pytest.fixture
def data(faces, monkeypatch):
    with fonts.instead(monkeypatch, faces) as found:
        yield found


class Study:
    """Enough of one: `decode` draws the held-out face whose number the latent is, or a blank."""

    judge = None

    def __init__(self, data, knows: bool) -> None:
        self.data, self.knows, self.model = data, knows, self
        self.conditions = data.conditions
        self.fields, _ = data.alphabets("test")
        self.codes = data.alphabets("test")[1]

    def count(self, full: int, quick: int) -> int:
        return full

    def encode_set(self, x, c, known=None):
        letters = c[0, :, self.conditions.slices["character"]].argmax(1).numpy()
        seen = (255 * x[0]).round().byte().numpy()
        face = next(k for k, one in enumerate(self.fields) if (one[letters] == seen).all())
        return Independent(Normal(torch.full((1, 1), float(face)), torch.ones(1, 1)), 1)

    def decode(self, z, c):
        if not self.knows:
            return torch.zeros(len(c), 1, *self.fields.shape[2:])
        letters = c[:, self.conditions.slices["character"]].argmax(1).numpy()
        where = self.conditions.slices["weight"]
        asked = c[:, where.start] if c[0, where.start + 1] > 0 else None
        faces = z[:, 0].long().numpy()
        if asked is not None:  # the face of that weight in the same family
            weights = self.conditions.encode_codes(self.codes[:, 0])[:, where.start]
            mates = [face for face in range(len(self.fields)) if face // 2 == faces[0] // 2]
            faces = np.repeat(min(mates, key=lambda face: abs(weights[face] - asked[0])), len(c))
        return torch.from_numpy(self.fields[faces, letters]).float()[:, None] / 255


def test_a_model_that_knows_all_is_told_from_one_that_draws_nothing(data):
    all_known, nothing = (Alphabet().measure(Study(data, knows)) for knows in (True, False))
    for count in (1, 3, 5):
        best, worst = (made["unseen"][f"from {count}"] for made in (all_known, nothing))
        assert best["model"] == pytest.approx(1, abs=0.01) and worst["model"] == 0
        assert best["nearest"] == worst["nearest"], "rivals don't follow from the model"
        assert best["mean"] < best["nearest"] <= best["told"] <= 1 and best["n"] == 6
    assert all_known["weight"]["model"] == pytest.approx(1, abs=0.01) and nothing["weight"]["model"] == 0


def test_rivals_of_another_weight_are_the_letters_as_they_are_and_moved_outlines(data):
    weight = Alphabet().measure(Study(data, True))["weight"]
    assert 0 < weight["copied"] < 1 and 0 < weight["moved"] < 1 and weight["moved"] != weight["copied"]
    assert weight["n"] == 6


def test_pairs_are_of_one_family_and_differ_in_weight(data, faces):
    held_out = np.flatnonzero(faces.held_out)
    for a, b in data.mates("test"):
        assert faces.families[held_out[a]] == faces.families[held_out[b]]
        assert abs(faces.measures[held_out[a], 0] - faces.measures[held_out[b], 0]) >= typefaces.LIGHTER
    assert len(CHARACTERS) == faces.fields.shape[1]
