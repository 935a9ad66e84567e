"""A person's own picture: bounded memory, depths and colours of any camera, and the frame in which a data set's items lie."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageDraw

from explorer.core.registry import find
from explorer.learn.modalities import decoding
from explorer.learn.modalities.encoding import png
from explorer.learn.modalities.image import Picture
from tests.learn.test_modalities import RAMP, raw

SHAPE = (1, 28, 28)
PEAK = """
import sys
from pathlib import Path
from explorer.learn.modalities.image import Picture
def peak(): return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) / 1024
raw, before = Path(sys.argv[1]).read_bytes(), peak()
image = Picture().open(raw)
print(peak() - before, *image.size)
"""


def digits() -> Picture:
    return Picture(**find("data", "digits").modality_arguments)


def drawn(side: int, left: int, top: int, size: int = 300) -> Image.Image:
    """A seven, light on dark, `side` pixels high."""
    image = Image.new("L", (size, size), 0)
    pen = ImageDraw.Draw(image)
    wide = side // 2
    pen.line([(left, top), (left + wide, top), (left + wide // 3, top + side)], fill=255, width=max(2, side // 8))
    return image


# -- memory


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_picture_takes_little_memory(tmp_path, kind):
    path = tmp_path / f"large.{kind.lower()}"
    Image.new("RGBA" if kind == "PNG" else "RGB", (6048, 4032), "#a05030").save(path)
    child = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    megabytes, width, height = child.stdout.split()
    assert float(megabytes) < (220 if kind == "PNG" else 80), "a raw copy is 98 MB"
    assert max(int(width), int(height)) <= decoding.LARGE


def test_few_are_decoded_at_once(monkeypatch):
    inside, most, plain = [], [], decoding._plain

    def slow(image):
        inside.append(image)
        most.append(len(inside))
        threading.Event().wait(0.02)
        out = plain(image)
        inside.pop()
        return out

    monkeypatch.setattr(decoding, "_plain", slow)
    data = raw(Image.fromarray(RAMP))
    threads = [threading.Thread(target=Picture().open, args=(data,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 8 and max(most) <= decoding.AT_ONCE


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK", "I;16", "I", "F"])
def test_a_large_picture_of_any_kind_looks_the_same(mode):
    small = np.tile(np.linspace(0, 250, 150).astype(np.uint8), (10, 1))
    large = np.kron(small, np.ones((20, 20), np.uint8))
    if mode in ("I;16", "I", "F"):
        image = Image.fromarray(large.astype({"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]))
        data = raw(image, "TIFF")
    else:
        image = Image.fromarray(large).convert("RGB")
        data = raw(image.convert(mode), "TIFF" if mode == "CMYK" else "PNG")
    seen = np.asarray(Picture().open(data).resize((150, 10), Image.Resampling.BOX))
    assert seen.shape == (10, 150, 3) and np.abs(seen[..., 0].astype(int) - small).mean() < 4


def test_a_large_picture_stands_upright_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    opened = Picture().open(raw(Image.new("RGB", (3000, 100)), "JPEG", exif=exif))
    assert opened.height > opened.width


# -- depths and colours


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_fewer_bits_than_their_file_has_reach_white(bits):
    top = 2**bits - 1
    deep = np.rint(RAMP.astype(np.float64) / 255 * top).astype(np.uint16)
    for kind in ("PNG", "TIFF"):
        seen = np.asarray(Picture().open(raw(Image.fromarray(deep), kind)))[..., 0]
        assert np.abs(seen.astype(int) - RAMP).max() <= 1, kind


def test_a_profile_that_swaps_colours_is_followed_and_a_broken_one_is_not():
    image = Image.new("RGB", (8, 8), (200, 60, 30))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.asarray(Picture().open(raw(image, icc_profile=lab)))[0, 0].tolist() == [200, 60, 30]
    assert np.asarray(Picture().open(raw(image, icc_profile=b"no profile")))[0, 0].tolist() == [200, 60, 30]
    seen = np.asarray(Picture().open(raw(image, icc_profile=wide())))[0, 0].astype(int)
    assert seen[0] > 215 and seen[1] < 50, "the same numbers in a wider gamut are a stronger red"


def wide() -> bytes:
    """The sRGB profile with its red primary farther out, as wide-gamut cameras have it."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile = bytearray(
        bytes(profile).replace("sRGB".encode("utf-16-be"), "Wide".encode("utf-16-be")).replace(b"sRGB", b"Wide")
    )
    count = int.from_bytes(profile[128:132], "big")
    tags = {
        bytes(profile[132 + 12 * k : 136 + 12 * k]): int.from_bytes(profile[136 + 12 * k : 140 + 12 * k], "big")
        for k in range(count)
    }
    # Display P3's primaries, as XYZ in 16.16 fixed point (D50).
    for tag, xyz in {
        b"rXYZ": (0.5151, 0.2412, -0.0011),
        b"gXYZ": (0.2920, 0.6922, 0.0419),
        b"bXYZ": (0.1571, 0.0666, 0.7841),
    }.items():
        for k, value in enumerate(xyz):
            at = tags[tag] + 8 + 4 * k
            profile[at : at + 4] = round(value * 65536).to_bytes(4, "big", signed=True)
    return bytes(profile)


def test_light_ink_on_nothing_lies_on_black_and_dark_ink_on_white():
    for ink, ground in ((255, 0), (0, 255)):
        rgba = np.zeros((20, 20, 4), np.uint8)
        rgba[5:15, 8:12] = (ink, ink, ink, 255)
        seen = np.asarray(Picture().open(raw(Image.fromarray(rgba))))
        assert (seen[5:15, 8:12] == ink).all() and (seen[:5] == ground).all()


# -- frame


@pytest.mark.parametrize("ground", [0, 255])
@pytest.mark.parametrize(
    ("side", "left", "top", "size"), [(40, 20, 230, 300), (200, 90, 30, 300), (9, 5, 5, 28), (60, 10, 10, 90)]
)
def test_a_digit_is_framed_wherever_it_was_drawn(side, left, top, size, ground):
    image = drawn(side, left, top, size)
    image = image if ground == 0 else Image.fromarray(255 - np.asarray(image))
    x, note = digits().fit(image.convert("RGB"), SHAPE)
    assert "centred and scaled" in note
    ink = x[0] * (x[0] > 0.3)
    rows, columns = torch.nonzero(ink.sum(1)).flatten(), torch.nonzero(ink.sum(0)).flatten()
    assert 18 <= int(rows[-1] - rows[0]) + 1 <= 22
    places = torch.arange(28) + 0.5
    assert abs(float((ink.sum(1) * places).sum() / ink.sum()) - 14) < 1
    assert abs(float((ink.sum(0) * places).sum() / ink.sum()) - 14) < 1
    assert columns[0] > 2 and columns[-1] < 25


def test_what_lies_right_already_or_is_no_thing_on_a_ground_stays():
    framed, _ = digits().fit(drawn(60, 10, 200).convert("RGB"), SHAPE)
    again, note = digits().fit(digits().open(png(digits().show(framed))), SHAPE)
    assert note is None and torch.allclose(again, framed, atol=1 / 255)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8))
    for image in (noise, Image.new("RGB", (80, 80), "white")):
        x, note = digits().fit(image, SHAPE)
        assert "centred" not in (note or "") and torch.equal(x, Picture().fit(image, SHAPE)[0])


def test_the_page_is_told_the_frame_and_an_old_card_gets_it_from_its_data_set():
    from explorer.play.session import open_session

    assert digits().told() == {"framing": {"box": 20, "centre": "mass"}} and Picture().told() == {"framing": None}
    assert open_session("digits-cvae-2d").modality.framing.box == 20
    assert open_session("avatars-weight-0").modality.framing is None
