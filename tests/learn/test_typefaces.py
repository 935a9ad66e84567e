"""Typefaces: glyphs of a font file as distance fields, designs that are held out, a family that finishes an alphabet."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from fontTools.ttLib import TTFont

from explorer.core.schema import ExplorerError
from explorer.learn.data._fonts import KINDS, designs
from explorer.learn.data._glyphs import BASELINE, CAP, CHARACTERS, SIDE, Font, measured
from explorer.learn.models.vae.typeface import Typeface
from tests.support import fonts

STEMS = (60, 90, 120, 150)
AT = {character: k for k, character in enumerate(CHARACTERS)}


@pytest.fixture(scope="module")
def blocks():
    """Faces of twelve families, every second one at four weights; each third family is held out."""
    drawn = [
        (f"family{family}", fonts.block(stem=stem, wide=300 + 20 * family))
        for family in range(12)
        for stem in (STEMS if family % 2 else STEMS[family % 4 :][:1])
    ]
    return fonts.faces_of(drawn, lambda name: int(name[6:]) % 3 == 0)


@pytest.fixture
def few(blocks, monkeypatch):
    with fonts.instead(monkeypatch, blocks) as found:
        yield found


def test_capitals_stand_on_the_baseline_at_one_size_and_bearings_are_kept():
    face = Font(fonts.block(bearing=70)).at({})
    rows = np.flatnonzero((face.fields[AT["H"]] > 127).any(1))
    assert (rows[0], rows[-1] + 1) == (BASELINE - CAP, BASELINE)
    small = np.flatnonzero((face.fields[AT["x"]] > 127).any(1))
    assert small[0] == BASELINE - CAP * fonts.SMALL // fonts.CAP and small[-1] + 1 == BASELINE
    assert np.allclose(face.bearings, 70 * CAP / fonts.CAP, atol=0.3), "and what goes beside the ink"
    columns = np.flatnonzero((face.fields[AT["H"]] > 127).any(0))
    assert abs(columns[0] + columns[-1] + 1 - SIDE) <= 1, "the ink stands in the middle"


@pytest.mark.parametrize("stem", STEMS)
def test_stem_width_and_slant_are_measured_on_the_drawing(stem):
    weight, width, slant = measured(Font(fonts.block(stem=stem, wide=420)).at({}).fields)
    assert weight == pytest.approx(100 * stem / fonts.CAP, abs=1.6)
    assert width == pytest.approx(100 * 420 / fonts.CAP, abs=3) and slant == pytest.approx(0, abs=1.2)
    leaning = measured(Font(fonts.block(stem=stem, lean=120)).at({}).fields)[2]
    assert leaning == pytest.approx(np.degrees(np.arctan(120 / fonts.CAP)), abs=1.5)


def test_a_web_font_is_read_like_the_file_that_it_packs():
    font = TTFont(io.BytesIO(fonts.block()))
    font.flavor = "woff2"
    font.save(packed := io.BytesIO())
    assert (Font(packed.getvalue()).at({}).fields == Font(fonts.block()).at({}).fields).all()


@pytest.mark.parametrize(
    "data, place",
    [
        (b"", "can't be read"),
        (b"\x00\x01\x00\x00" + bytes(40), "lacks A"),
        (fonts.block()[:900], "can't be read"),
        (fonts.block(left_out="&q"), "lacks q &"),
        (fonts.block(empty="H"), "no height"),
        (fonts.block(empty="g"), "draws nothing for g"),
        (fonts.block(wide=1900), "larger than its capitals"),
    ],
)
def test_a_font_that_cannot_be_taken_is_refused_in_a_sentence(data, place):
    with pytest.raises(ExplorerError, match=place) as refused:
        Font(data).at({})
    assert len(str(refused.value)) < 300 and str(refused.value).endswith(".")


def test_families_of_one_name_or_one_drawing_are_one_design(blocks):
    families = np.array(["alpha", "alpha-sans", "beta", "gamma"])
    fields = np.stack([blocks.fields[k] for k in (0, 5, 3, 3)])
    of = designs(families, fields)
    assert of[0] == of[1] and of[2] == of[3] and of[0] != of[2]


def test_rows_show_each_face_once_before_any_again_and_no_design_lies_in_both_splits(few, blocks):
    train, test = few.load("train"), few.load("test")
    faces = int((~blocks.held_out).sum())
    assert train.x.shape == (faces * len(CHARACTERS), 1, SIDE, SIDE) and len(train) + len(test) == blocks.fields.shape[
        0
    ] * len(CHARACTERS)
    face, character = few.rows("train")
    assert len(set(face[:faces])) == faces and not set(face) & set(few.rows("test")[0])
    row = faces + 3
    assert (train.x[row, 0] == blocks.fields[face[row], character[row]]).all()
    assert (
        few.conditions.decode(few.conditions.encode_codes(train.codes[row : row + 1])[0])["character"]
        == CHARACTERS[character[row]]
    )
    assert few.named("train")[row] == f"{blocks.titles[face[row]]} {CHARACTERS[character[row]]}"


def test_siblings_are_of_the_same_face_and_of_its_family(few, blocks):
    train = few.load("train")
    x = torch.from_numpy(train.x[:6]).float() / 255
    torch.manual_seed(0)
    same, other = few.siblings(x, 5)
    assert same.fields.shape == (6, 5, SIDE, SIDE) and other.conditions.shape == (6, 5, few.conditions.width)
    for k in range(6):
        told = [few.conditions.decode(c) for c in same.conditions[k]]
        assert len({one["character"] for one in told}) == 5, "drawn without repetition"
        face = few.rows("train")[0][k]
        mates = np.flatnonzero(blocks.families == blocks.families[face])
        for drawn, asked in zip(other.fields[k], other.conditions[k], strict=True):
            at = AT[few.conditions.decode(asked)["character"]]
            assert any(np.allclose(drawn.numpy() * 255, blocks.fields[mate, at], atol=0.01) for mate in mates)


def trained(few, steps=300):
    torch.manual_seed(0)
    small = {"latent": 6, "parts": 24, "width": 48, "depth": 1, "encoder_width": 48, "encoder_depth": 1, "drawn": 8}
    model = Typeface.made(few.shape, few.conditions, {**small, "siblings": "typefaces"})
    train = few.load("train")
    optimiser = torch.optim.AdamW(model.parameters(), 4e-3)
    for _ in range(steps):
        rows = torch.randint(len(train), (12,))
        loss = model.loss(
            torch.from_numpy(train.x[rows]).float() / 255, few.conditions.encode_codes(train.codes[rows])
        )["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def test_unseen_letters_follow_from_seen_ones_and_weight_from_what_is_asked(few, blocks):
    model = trained(few)
    fields, codes = few.alphabets("test")
    c = few.conditions.encode_codes(codes.reshape(-1, codes.shape[-1])).unflatten(0, codes.shape[:2])
    x = torch.from_numpy(fields).float() / 255
    seen, unseen = [AT["H"], AT["n"], AT["O"]], [AT[one] for one in "BEFRabd249"]
    with torch.no_grad():
        z = model.encode_set(x[:, seen], c[:, seen]).mean
        again = model.encode_set(x[:, seen[::-1]], c[:, seen[::-1]]).mean
        padded = model.encode_set(
            torch.cat([x[:, seen], x[:, :1]], 1),
            torch.cat([c[:, seen], c[:, :1]], 1),
            torch.tensor([[True] * 3 + [False]] * len(x)),
        ).mean
        drawn = torch.stack([model.decode(z, c[:, k])[:, 0] for k in unseen], 1)
        means = model.means[unseen].unflatten(1, (SIDE, SIDE))
        error = (drawn - x[:, unseen]).abs().mean()
        assert error < 0.75 * (means - x[:, unseen]).abs().mean(), "closer than the mean letter"
        free = blocks.bearings.mean()
        assert (model.bearings(z, c[:, AT["H"]]) - free).abs().max() < 0.5 * free, (
            "what stands free beside it is learned, too"
        )
        assert torch.allclose(z, again, atol=1e-5), "in any order"
        assert torch.allclose(z, padded, atol=1e-5), "what isn't known doesn't count"
        light, bold = (
            (few.conditions.encode([{"character": "l", "weight": w, "width": 55.0, "slant": 0.0}]).expand(len(z), -1))
            for w in (9.0, 21.0)
        )
        ink = [(model.decode(z, one) > 0.5).float().mean() for one in (light, bold)]
        assert ink[1] > 1.3 * ink[0], "a heavier letter has more ink"


def test_a_character_that_is_not_named_is_the_mean_of_all(few):
    model = trained(few, steps=2)
    z = torch.zeros(1, 6)
    assert torch.allclose(model.decode(z, None), model.decode(z, torch.zeros(1, few.conditions.width)))
    assert model.decode(z, None).isfinite().all() and len(KINDS) == 5
