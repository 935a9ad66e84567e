"""Pictures of every kind, good and bad, in; what a person sees, out."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from explorer.core.registry import discover
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.base import MAX_BYTES
from explorer.learn.modalities.encoding import animation, png
from explorer.learn.modalities.image import Picture
from tests.support.shapes import SHAPES

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
RAMP = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (64, 1))


def raw(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def one_sentence(error: ExplorerError) -> None:
    assert error.where == "own-item"
    text = str(error)
    assert text[0].isupper() and text.endswith(".") and "\n" not in text and len(text) < 160


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04" + b"\0" * 100,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
        b"\x89PNG\r\n\x1a\n",
        raw(Image.fromarray(NOISE))[:2000],
        raw(Image.fromarray(NOISE), "JPEG")[:800],
        raw(Image.fromarray(NOISE), "WEBP")[:300],
        raw(Image.fromarray(NOISE), "GIF")[:300],
        png_header(30_000, 30_000),
        png_header(6_000, 4_167),
        png_header(2**31 - 1, 2**31 - 1),
        b"\0" * (MAX_BYTES + 1),
        raw(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF"),
    ],
    ids=[
        "empty", "text", "svg", "zip", "postscript", "header", "cut-png", "cut-jpeg", "cut-webp", "cut-gif",
        "30000-pixels", "a-row-too-many", "bomb", "9-mb", "nan",
    ],
)  # fmt: skip
def test_bad_files_end_in_one_sentence(data):
    with pytest.raises(ExplorerError) as caught:
        Picture().open(data)
    one_sentence(caught.value)


def test_a_large_header_is_refused_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded a picture that is too large"))
    with pytest.raises(ExplorerError, match="9000 x 9000"):
        Picture().open(header := png_header(9_000, 9_000))
    assert len(header) < 200


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_lossless_kinds_keep_every_pixel(kind):
    picture = NOISE // 64 * 64 if kind == "GIF" else NOISE
    image = Image.fromarray(picture)
    options = {"lossless": True} if kind == "WEBP" else {}
    data = raw(image.quantize(64) if kind == "GIF" else image, kind, **options)
    assert np.array_equal(np.asarray(Picture().open(data)), picture)


def test_jpeg_and_cmyk_keep_the_colours():
    smooth = np.stack([RAMP, RAMP.T, 255 - RAMP], -1)
    for image in (Image.fromarray(smooth), Image.fromarray(smooth).convert("CMYK")):
        opened = Picture().open(raw(image, "JPEG", quality=95))
        assert opened.mode == "RGB"
        assert np.abs(np.asarray(opened).astype(int) - smooth).mean() < 4


def test_deep_grey_is_scaled_to_eight_bits():
    deep = RAMP.astype(np.uint16) * 257
    for data in (
        raw(Image.fromarray(deep)),
        raw(Image.fromarray(deep), "TIFF"),
        raw(Image.fromarray(RAMP.astype(np.float32) / 255), "TIFF"),
        raw(Image.fromarray(RAMP.astype(np.int32)), "TIFF"),
    ):
        assert np.array_equal(np.asarray(Picture().open(data))[..., 0], RAMP)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_lies_on_white(mode):
    rgba = np.zeros((10, 10, 4), np.uint8)
    rgba[:5] = (0, 0, 0, 255)
    image = Image.fromarray(rgba)
    if mode == "P":
        image = Image.fromarray(rgba[..., 3] // 255).convert("P")
        image.putpalette([255, 0, 0, 0, 0, 0])
        data = raw(image, transparency=0)
    else:
        data = raw(image.convert(mode))
    seen = np.asarray(Picture().open(data))
    assert (seen[:5] == 0).all() and (seen[5:] == 255).all()


def test_the_first_frame_of_an_animation_is_taken():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("#ff0000", "#00ff00", "#0000ff")]
    for kind in ("GIF", "WEBP", "PNG"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = raw(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert np.asarray(Picture().open(data))[0, 0].tolist() == [255, 0, 0]


def test_a_photograph_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    opened = Picture().open(raw(Image.fromarray(NOISE[:32]), "PNG", exif=exif))
    assert opened.size == (32, 64)
    assert np.array_equal(np.asarray(opened), np.rot90(NOISE[:32], -1))


def test_a_path_is_read_and_a_missing_one_is_one_sentence(tmp_path):
    path = tmp_path / "own.png"
    path.write_bytes(raw(Image.fromarray(NOISE)))
    assert np.array_equal(np.asarray(Picture().open(path)), NOISE)
    with pytest.raises(ExplorerError) as caught:
        Picture().open(tmp_path / "gone.png")
    one_sentence(caught.value)


def test_nothing_is_left_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    Picture().open(raw(Image.fromarray(NOISE), "TIFF"))
    animation([NOISE, NOISE[::-1]], "gif")
    assert not list(tmp_path.iterdir())


def test_fit_leaves_a_picture_of_the_right_size_alone():
    x, note = Picture().fit(Image.fromarray(NOISE), (3, 64, 64))
    assert note is None and x.dtype == torch.float32
    assert np.array_equal((x * 255).round().byte().permute(1, 2, 0).numpy(), NOISE)
    dark = NOISE[:28, :28] // 4
    x, note = Picture().fit(Image.fromarray(dark[..., 0]), (1, 28, 28))
    assert note is None
    assert np.array_equal((x[0] * 255).round().byte().numpy(), dark[..., 0])


def test_fit_extends_a_plain_ground_and_crops_any_other():
    plain = np.full((20, 60, 3), 200, np.uint8)
    plain[8:12, 25:35] = (10, 20, 30)
    x, note = Picture().fit(Image.fromarray(plain), (3, 60, 60))
    assert note == "The picture was extended to suit the model."
    assert np.allclose(x[:, 0].numpy() * 255, 200, atol=1) and np.allclose(
        x[:, 30, 30].numpy() * 255, (10, 20, 30), atol=1
    )
    x, note = Picture().fit(Image.fromarray(NOISE[:20]), (3, 20, 20))
    assert note == "The picture was cropped to its middle to suit the model."
    assert np.array_equal((x * 255).round().byte().permute(1, 2, 0).numpy(), NOISE[:20, 22:42])


def test_fit_turns_ink_on_paper_into_light_on_dark():
    page = np.full((280, 280), 240, np.uint8)
    page[80:200, 130:150] = 20
    x, note = Picture().fit(Image.fromarray(page), (1, 28, 28))
    assert note == "The picture was turned light on dark to suit the model."
    assert x[0, 14, 14] > 0.85 and x[0, 0].max() < 0.1
    again, note = Picture().fit(Image.fromarray(255 - page), (1, 28, 28))
    assert note is None and torch.allclose(x, again, atol=0.02)


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([(1, 28, 28), (3, 64, 64), (3, 16, 32), (1, 7, 5)]))
def test_fit_gives_the_shape_and_the_range_for_any_size(width, height, shape):
    picture = np.random.default_rng(width * height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    x, _ = Picture().fit(Image.fromarray(picture), shape)
    assert x.shape == shape and x.dtype == torch.float32
    assert 0 <= float(x.min()) <= float(x.max()) <= 1


# How far an item may be changed by being written to a file and opened again; what sound loses is in test_sound.py, and what a
# shape keeps, its outline, in test_icons.py.
LOSSES = {"image": 0.51 / 255, "series": 1e-6, "shape": 1.0, "sound": 1.0, "table": 1e-6, "text": 1 / 64}


@pytest.mark.parametrize("name", discover("modalities"))
def test_what_is_written_is_opened_again_and_what_is_shown_has_a_picture(name):
    modality = discover("modalities")[name]()
    for shape in SHAPES[name]:
        x = smooth(shape)
        again, _ = modality.fit(modality.open(modality.write(x)), shape)
        assert again.shape == x.shape and again.dtype == torch.float32
        assert (again - x).abs().max() <= LOSSES[name]
        shown = modality.show(x)
        assert modality.show(torch.full(shape, float("nan"))).shape == shown.shape
        for drawn in (shown, modality.difference(x, 1 - x)):
            assert modality.data_url(drawn).startswith("data:image/")
        for group in ([x], [1 - x, x]):
            node = modality.node(group)
            assert (node and node.kind) == {
                "img": None,
                "audio": "figure",
                "chart": "figure",
                "table": "table",
                "text": "sentence",
            }[modality.view]
            assert node is None or (node.label and json.dumps(node.json_able(), allow_nan=False))
        picture = modality.picture(shown)
        assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3
        thumbs = modality.thumbs(torch.stack([x, 1 - x]), 20)
        assert thumbs.shape == (2, 20, 20, 3) and thumbs.dtype == np.uint8 and (thumbs[0] != thumbs[1]).any()


def smooth(shape: tuple[int, ...]) -> torch.Tensor:
    """Something without jumps, from 0.1 to 0.8, float32 [*shape]."""
    waves = sum(
        torch.sin(torch.arange(n) / n * 5 + k).reshape(-1, *[1] * (len(shape) - 1 - k)) for k, n in enumerate(shape)
    )
    return 0.45 + 0.35 * waves / len(shape)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 64)])
def test_show_is_the_inverse_of_fit(shape):
    x = torch.rand(shape) * 0.5
    shown = Picture().show(x)
    assert shown.dtype == np.uint8 and shown.shape == (*shape[1:], 3)
    again, _ = Picture().fit(Picture().open(png(shown)), shape)
    assert (again - x).abs().max() <= 0.51 / 255
    kind, _, data = Picture().data_url(shown).partition(",")
    assert kind == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), shown)


def test_show_clips_and_survives_what_is_not_a_number():
    x = torch.tensor([[[-1.0, 2.0], [float("nan"), float("inf")]]])
    assert Picture().show(x)[..., 0].tolist() == [[0, 255], [0, 255]]


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_an_animation_goes_there_and_back(kind):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    frames = [np.full((8, 8, 3), colour, np.uint8) for colour in colours]
    image = Image.open(io.BytesIO(animation(frames, kind, milliseconds=100, scale=4)))
    assert image.size == (32, 32) and image.n_frames == 4 and image.info["loop"] == 0
    seen = []
    for k in range(4):
        image.seek(k)
        seen.append(image.convert("RGB").getpixel((3, 3)))
    assert seen == [*colours, colours[1]]


@pytest.mark.parametrize(("count", "milliseconds"), [(1, 80), (241, 80), (2, 1), (2, 5000)])
def test_an_animation_is_bounded(count, milliseconds):
    with pytest.raises(ExplorerError):
        animation([NOISE] * count, "gif", milliseconds)


def test_png_enlarges_without_blur_and_within_bounds():
    big = np.asarray(Image.open(io.BytesIO(png(NOISE, 4))))
    assert big.shape == (256, 256, 3) and np.array_equal(big[::4, ::4], NOISE)
    assert Image.open(io.BytesIO(png(NOISE, 4000))).size == (1024, 1024)
