"""Files of a scene hold just what the page shows."""

from __future__ import annotations

import base64
import csv
import io

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

from explorer.core import link
from explorer.core.registry import find
from explorer.core.scene import ItemStart, Point
from explorer.core.schema import ExplorerError
from explorer.page.serving.export import FRAMES, MOST_REPLAYED, export
from explorer.play import recipes
from explorer.play.operations.base import why_not

GROUP = [0, 3, 17]


def ask(scene, kind="png", what="stage", **more):
    return export({"scene": link.write(scene), "as": kind, "what": what, **more})


def members(n: int) -> str:
    mask = np.zeros(n, dtype=np.uint8)
    mask[GROUP] = 1
    return base64.urlsafe_b64encode(np.packbits(mask, bitorder="little").tobytes()).decode().rstrip("=")


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def pictures(session, points) -> list[np.ndarray]:
    """What the session shows of points, as pixels."""
    return [session.modality.picture(shown) for shown in session.render(points)]


def test_a_picture_has_the_pixels_of_the_stage(session):
    scene = session.opening()
    made = ask(scene)
    shown = pictures(session, [scene.point])[0]
    scale = picture(made.data).shape[0] // shown.shape[0]
    assert scale >= 1
    assert np.array_equal(picture(made.data)[::scale, ::scale], shown)
    assert (made.media, made.name) == ("image/png", f"{scene.model}-stage.png")


def test_a_strip_has_the_pixels_of_the_way(session):
    scene = session.opening()
    sheet = picture(ask(scene, what="path").data)
    shown = pictures(session, recipes.path(*recipes.ends(session, scene), 9, "slerp", "interpolate"))
    width = shown[0].shape[1]
    for k, one in enumerate(shown):
        left = k * (width + 2)
        assert np.array_equal(sheet[: one.shape[0], left : left + width], one)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_an_animation_goes_there_and_back(session, kind):
    scene = session.opening()
    image = Image.open(io.BytesIO(ask(scene, kind, "path").data))
    assert image.format == kind.upper()
    assert 2 <= image.n_frames <= 2 * FRAMES - 2
    first = np.asarray(image.convert("RGB")).astype(int)
    a, _ = recipes.ends(session, scene)
    shown = pictures(session, [a])[0]
    scale = first.shape[0] // shown.shape[0]
    assert np.abs(first[::scale, ::scale] - shown).mean() < 8


def test_a_table_of_draws(session):
    scene = session.opening()
    rows = list(csv.DictReader(io.StringIO(ask(scene, "csv", "draws").data.decode())))
    points = recipes.draws(session, scene, recipes.DrawOptions())
    assert len(rows) == len(points)
    for row, point in zip(rows, points, strict=True):
        z = session.resolve(point).z.flatten().numpy()
        assert np.allclose([float(row[f"z{k}"]) for k in range(len(z))], z, rtol=1e-5, atol=1e-6)
        assert np.allclose(float(row[f"{session.card.maps[0].name}_x"]), session.place(point)[0], rtol=1e-5, atol=1e-5)


def test_tensors_of_the_stage(session):
    scene = session.opening()
    read = safetensors.numpy.load(ask(scene, "safetensors").data)
    state = session.resolve(scene.point)
    assert np.array_equal(read["z"][0], state.z.numpy())
    assert np.array_equal(read["c"][0], state.c.numpy())
    assert np.array_equal(read["x"][0], session.output(scene.point).numpy())


def test_a_selection_of_items(session):
    scene, items = session.opening(), session.checkpoint.items
    text = members(session.card.items)
    read = safetensors.numpy.load(ask(scene, "safetensors", "items", members=text).data)
    assert read["item"].tolist() == GROUP
    assert np.array_equal(read["z"], items.z[GROUP])
    rows = list(csv.DictReader(io.StringIO(ask(scene, "csv", "items", members=text).data.decode())))
    assert [int(row["item"]) for row in rows] == GROUP
    for row in rows:
        for name, value in session.condition(Point.model_validate({"start": {"item": int(row["item"])}})).items():
            assert row[name] == value if isinstance(value, str) else float(row[name]) == pytest.approx(value, abs=1e-3)
    assert len(safetensors.numpy.load(ask(scene, "safetensors", "items").data)["item"]) == session.card.items


def test_the_edits_of_the_stage_on_each_item_of_a_selection(session):
    scene = session.opening()
    edited, card = Point(start=ItemStart(item=5)), session.card
    if why_not(find("operations", "vary"), card.latent, card.capabilities) is None:
        edited = edited.then("vary", seed=3)
    scene, text = scene.at(Point(start={"of": edited})), members(session.card.items)
    points = [Point(start={"of": edited.model_copy(update={"start": ItemStart(item=k)})}) for k in GROUP]
    read = safetensors.numpy.load(ask(scene, "safetensors", "replayed", members=text).data)
    assert np.array_equal(read["x"], np.stack([session.output(point).numpy() for point in points]))
    rows = list(csv.DictReader(io.StringIO(ask(scene, "csv", "replayed", members=text).data.decode())))
    assert [row["recipe"] for row in rows] == [f"a result of item {k}" for k in GROUP]
    sheet, shown = picture(ask(scene, what="replayed", members=text).data), pictures(session, points)
    assert np.array_equal(sheet[: shown[0].shape[0], : shown[0].shape[1]], shown[0])
    assert sheet.shape[1] == len(GROUP) * (shown[0].shape[1] + 2) - 2
    many = base64.urlsafe_b64encode(b"\xff" * (-(-session.card.items // 8))).decode().rstrip("=")
    if session.card.items > MOST_REPLAYED:
        with pytest.raises(ExplorerError, match="up to"):
            ask(scene, "csv", "replayed", members=many)


@pytest.mark.parametrize(
    "change",
    [
        {"scene": ""}, {"scene": "nonsense"}, {"as": "exe"}, {"what": "everything"}, {"as": "gif"},
        {"what": "items"}, {"what": "items", "as": "csv", "members": "AAAA"},
    ],
)  # fmt: skip
def test_what_cannot_be_saved_is_one_sentence(session, change):
    with pytest.raises(ExplorerError) as caught:
        export({"scene": link.write(session.opening()), "as": "png", "what": "stage"} | change)
    assert str(caught.value).endswith(".")
