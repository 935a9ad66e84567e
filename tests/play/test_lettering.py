"""A design from a few letters: as pictures, as a word on a photograph, or as a file of type."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from explorer.core.scene import Point
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.outline import UNITS, area
from explorer.play import lettering
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support import fonts

WORD = "Rage"
UNSEEN = "HnoSt"


@pytest.fixture(scope="module")
def session(request):
    patch = pytest.MonkeyPatch()
    request.addfinalizer(patch.undo)
    patch.setenv("CHECKPOINTS", str(BUNDLED))
    return open_session("typeface")


@pytest.fixture(scope="module")
def letters(session):
    return lettering.alphabet(session, session.opening().point)


def written(letters, word: str, scale: float = 0.5, ground: int = 230, ink: int = 40) -> bytes:
    """A word in letters, as a picture with a grey ground."""
    placed, x = [], 60.0
    for character in word:
        one = letters[character]
        shift = np.array([x - one.begin, 20])
        placed += [(loop + shift) * scale for loop in sorted(one.loops, key=lambda loop: -abs(area(loop)))]
        x += one.end - one.begin + 40
    image = Image.new("L", (round((x + 60) * scale), round((UNITS + 40) * scale)), ground)
    draw = ImageDraw.Draw(image)
    for loop in placed:
        draw.polygon([tuple(at) for at in loop.tolist()], fill=ink if area(loop) > 0 else ground)
    image.save(out := io.BytesIO(), "png")
    return out.getvalue()


def overlap(session, a: Point, b: Point) -> float:
    """Of letters that weren't seen, the mean share of both shapes that both have."""
    shares = []
    for name in UNSEEN:
        c = session.card.conditions.encode([{"character": name}])[0]
        x, y = (session.decode(session.resolve(point).moved(c=c)) > 0.5 for point in (a, b))
        shares.append(((x & y).sum() / (x | y).sum()).item())
    return float(np.mean(shares))


def test_a_letter_has_its_ink_between_its_bearings(session, letters):
    assert set(letters) == set(session.card.conditions["character"].values)
    for name, one in letters.items():
        across = np.concatenate(one.loops)[:, 0]
        assert (one.begin, one.end) == (across.min(), across.max()), name
        assert -UNITS / 4 < one.left < UNITS / 2 and -UNITS / 4 < one.right < UNITS / 2, name
    told = lettering.of_point(session, session.opening().point)
    assert told["d"].startswith("M") and told["begin"] < told["end"]


@pytest.mark.parametrize("text", [WORD, ""], ids=["told", "read"])
def test_letters_of_a_word_on_a_picture_give_the_design_that_wrote_it(session, letters, text):
    here = session.opening().point
    made = lettering.brought(session, [written(letters, WORD)], text)
    assert made["read"] == WORD and len(made["fitted"]) == len(WORD)
    point = Point.model_validate(made["point"])
    assert point.start.condition["character"] == WORD[0]
    other = Point.model_validate({"start": {"item": (here.start.item + session.card.items // 2) % session.card.items}})
    assert overlap(session, point, here) > max(0.75, overlap(session, point, other) + 0.05)
    again = lettering.brought(session, [written(letters, WORD)], text)
    assert again == made, "the same letters give the same design"


def test_letters_in_several_pictures_count_together(session, letters):
    files = [written(letters, one, scale) for one, scale in zip(WORD, (0.4, 0.7, 0.5, 1.0), strict=True)]
    made = lettering.brought(session, files, WORD)
    assert overlap(session, Point.model_validate(made["point"]), session.opening().point) > 0.75


def test_a_font_is_taken_by_its_letters(session):
    thin, heavy = (lettering.brought(session, [fonts.block(stem=stem)], "") for stem in (60, 200))
    assert thin["read"] == heavy["read"] == lettering.FROM_FONT
    ink = [
        sum((session.decode(session.resolve(Point.model_validate(made["point"])).moved(c=c)) > 0.5).sum().item() for c in
            session.card.conditions.encode([{"character": name} for name in UNSEEN]))
        for made in (thin, heavy)
    ]  # fmt: skip
    assert ink[1] > 1.5 * ink[0]


def plain(side: int = 64) -> bytes:
    Image.new("L", (side, side), 255).save(out := io.BytesIO(), "png")
    return out.getvalue()


def test_what_cannot_be_taken_is_refused_in_a_sentence(session, letters):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(speckled := io.BytesIO(), "png")
    for files, text, told in (
        ([plain()], "", "Nothing is drawn"),
        ([speckled.getvalue()], "", "ground of one colour"),
        ([written(letters, WORD)], "Ra", "I see 4 letters"),
        ([written(letters, "Ragonest1")], "", "too many"),
        ([written(letters, "R")], "ß", "draws no ß"),
        ([fonts.block(left_out="&")], "", "lacks &"),
        ([fonts.block()[:700]], "", "can't be read"),
        ([b"nothing"], "", "picture"),
    ):
        with pytest.raises(ExplorerError, match=told):
            lettering.brought(session, files, text)


def test_a_model_without_letters_refuses(made, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(made))
    session = open_session("tiny-digits")
    for ask in (
        lambda: lettering.of_point(session, session.opening().point), lambda: lettering.brought(session, [plain()], "")
    ):  # fmt: skip
        with pytest.raises(ExplorerError, match="draws no letters"):
            ask()


def test_several_letters_stand_on_one_line_at_one_size(session, letters):
    ink = session.modality.ink(session.modality.open(written(letters, "Hx", 1.0)))
    boxes = lettering._letters(np.asarray(ink) > 127)
    usual = lettering._usual(session)
    placed = lettering._placed(session, ink, boxes, [usual["H"], usual["x"]])
    feet = [int(torch.nonzero((field > 0.5).any(1)).flatten()[-1]) for field in placed]
    assert abs(feet[0] - feet[1]) <= 1
    heights = [int((field > 0.5).any(1).sum()) for field in placed]
    assert heights[1] < 0.9 * heights[0], "a small letter stays small"
