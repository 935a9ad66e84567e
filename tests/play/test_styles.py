"""Styles in use: the operations and the tab on the checkpoint that has them."""

from __future__ import annotations

import pytest
import torch

from explorer.core.scene import MAX_EDITS, Point
from explorer.core.schema import ExplorerError
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support import declared
from tests.support.panels import check, read, results


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    return open_session("fashion-alae")


def item(k: int) -> Point:
    return Point.model_validate({"start": {"item": k}})


def styles(session, point: Point) -> torch.Tensor:
    return session.resolve(point).z.view(session.checkpoint.model.layers, -1)


def mixed(a: Point, b: Point, layers: list[int], **more) -> Point:
    return a.then("mix_styles", to=b.model_dump(mode="json", exclude_defaults=True), layers=layers, **more)


def panel(session, scene):
    return read(declared.panel(session, "styles", scene))


def chosen(root, k: int) -> str:
    """The mask of the one choice of a layer that is made."""
    (box,) = [box for box in root.by_id(f"styles-layer-{k}").all("input") if "checked" in box.attributes]
    return box["value"]


def test_just_the_chosen_layers_take_the_style_of_the_other(session):
    a, b = styles(session, item(1)), styles(session, item(5))
    for layers in ([0], [2, 1], [0, 1, 2, 3], []):
        z = styles(session, mixed(item(1), item(5), layers))
        for k in range(len(z)):
            assert torch.equal(z[k], (b if k in layers else a)[k])
    half = styles(session, mixed(item(1), item(5), [3], amount=0.5))
    assert torch.allclose(half[3], (a[3] + b[3]) / 2, atol=1e-5) and torch.equal(half[:3], a[:3])


def test_coarse_layers_move_the_outline_more_than_fine_ones(session):
    """Which is why they are called so: averaged over items, the change that both halves make, seen at 4x4 blocks."""
    coarse, fine = 0.0, 0.0
    for k in range(20):
        a, b = item(k), item(k + 20)
        plain = session.output(a)
        for layers in ([0, 1], [2, 3]):
            gap = (session.output(mixed(a, b, layers)) > 0.2).float() - (plain > 0.2).float()
            change = torch.nn.functional.avg_pool2d(gap, 4).abs().mean().item()
            coarse, fine = (coarse + change, fine) if layers == [0, 1] else (coarse, fine + change)
    assert coarse > 1.2 * fine


def test_a_draw_is_noise_through_the_mapping_whatever_it_starts_from(session):
    one, same, other = (
        styles(session, item(k).then("draw_style", seed=s, draw=d)) for k, s, d in ((1, 4, 0), (2, 4, 0), (1, 4, 1))
    )
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert torch.equal(one, one[:1].expand_as(one))


@pytest.mark.parametrize("layers", [[4], [-1], [0, 0], ["first"], list(range(40))])
def test_a_layer_that_is_not_there_is_one_sentence(session, layers):
    with pytest.raises(ExplorerError) as caught:
        session.resolve(mixed(item(0), item(1), layers))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_every_control_leads_to_what_it_says(session):
    scene = session.opening().at(item(3))
    root = panel(session, scene)
    check(root)
    b = root.by_id("end-b").all(class_="cell")[0]["data-point"]
    for k in range(session.checkpoint.model.layers):
        boxes = root.by_id(f"styles-layer-{k}").all("input")
        assert len(boxes) == 2 and chosen(root, k)[k] == ("1" if k >= 2 else "0")
        after = {box["value"]: s for node, s in results(root, scene) for box in boxes if node is box}
        for mask, made in after.items():
            z = styles(session, made.point)
            expected = styles(session, Point.model_validate_json(b)) if mask[k] == "1" else styles(session, item(3))
            assert torch.equal(z[k], expected[k])
            again = panel(session, made)
            assert chosen(again, k) == mask
    for _, after in results(root, scene):
        assert session.render([after.point])[0].shape[-1] == 3


def test_what_is_on_stage_decides_what_the_controls_say(session):
    scene = session.opening().at(mixed(item(3), item(8), [0, 3], amount=0.4))
    view = scene.view.model_copy(update={"b": item(8)})
    root = panel(session, scene.model_copy(update={"view": view}))
    assert float(root.by_id("styles-amount")["value"]) == pytest.approx(0.4)
    assert {chosen(root, k) for k in range(4)} == {"1001"}


def test_the_other_by_chance_is_a_draw_of_the_model(session):
    scene = session.opening().at(item(3))
    (after,) = [s for node, s in results(panel(session, scene), scene) if node["id"] == "styles-draw"]
    assert after.view.b.edits[0].op == "draw_style" and after.point == scene.point
    (again,) = [s for node, s in results(panel(session, after), after) if node["id"] == "styles-draw"]
    assert not torch.equal(styles(session, again.view.b), styles(session, after.view.b))


def test_a_picture_with_all_its_steps_taken_says_so(session):
    full = Point(edits=tuple(Point().then("dimension", index=0, amount=0.1).edits) * MAX_EDITS)
    scene = session.opening().at(full)
    assert "can't take another" in panel(session, scene).words
    assert not declared.panel(session, "styles", scene).overlay.path


def test_the_way_between_the_styles_is_on_the_map(session):
    shown = declared.panel(session, "styles", session.opening().at(item(2))).overlay.places(session.place)
    assert len(shown["path"]) == 7 and len(shown["a"]) == len(shown["b"]) == session.card.maps[0].dims


def test_the_encoder_gives_all_layers_one_style_and_a_garment_comes_back_as_its_kind(session):
    items, judge = session.checkpoint.items, session.checkpoint.judge
    for k in range(5):
        z = styles(session, item(k))
        assert torch.equal(z, z[:1].expand_as(z))
    rows = [k for k in range(session.card.items) if items.tensor("held_out")[k]][:100]
    pictures = torch.stack([session.output(item(k)) for k in rows])
    right = judge.right(pictures, session.card.conditions.encode_codes(items.codes[rows]))
    assert right.double().mean() > 0.5, "a guess would be right once in ten"
