"""A session runs scenes: the same point is always the same picture, whoever asks, in whatever order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

import explorer
from explorer.core import link
from explorer.core.kept import Answers
from explorer.core.registry import find
from explorer.core.scene import ItemStart, Point, PriorStart, Scene, SpotStart, UploadStart, pack
from explorer.core.schema import ExplorerError
from explorer.play.session import Session, open_session
from tests.conftest import can

ITEMS = [Point(start=ItemStart(item=k)) for k in range(12)]


def first_value(session, k=-1):
    a = session.card.asked[0]
    return {a.name: (a.values or (a.low, a.high))[k]}


def points(session) -> list[Point]:
    """A point of every kind of start, and some that were edited."""
    spec = session.card.maps[0]
    spot = tuple(session.checkpoint.items.map(spec.name).mean(0).tolist())
    latent = pack(torch.zeros(session.card.latent.size))
    asked = first_value(session)
    plain = [
        Point(),
        Point(condition=asked),
        Point(start=PriorStart(seed=3, draw=1, condition=asked)),
        Point(start=SpotStart(map=spec.name, at=spot)),
        Point(start=UploadStart(sha256="0" * 64, latent=latent, condition=asked)),
    ]
    varied = [Point().then("vary", seed=1).asking(**asked)] if can(session, "vary") else []
    between = [Point().then("between", to={"start": {"item": 5}}, t=0.5)] if can(session, "between") else []
    return plain + varied + between


def test_the_same_point_is_the_same_picture(session):
    asked = points(session)
    one_by_one = [session.render([point])[0] for point in asked]
    fresh = Session(session.checkpoint).render(asked[::-1])[::-1]
    with ThreadPoolExecutor(4) as pool:
        other = Session(session.checkpoint)
        threaded = list(pool.map(lambda point: other.render([point])[0], asked * 3))
    for k, picture in enumerate(one_by_one):
        drawn = session.modality.picture(picture)
        assert drawn.dtype == np.uint8 and drawn.ndim == 3 and drawn.shape[2] == 3
        if session.card.modality == "image":
            assert drawn.shape == (*session.card.shape[1:], 3)
        assert np.array_equal(picture, fresh[k])
        assert all(np.array_equal(picture, threaded[k + n * len(asked)]) for n in range(3))


def test_a_scene_is_the_same_through_a_link(session):
    for point in points(session):
        scene = Scene(model=session.card.name).at(point)
        again = link.read(link.write(scene))
        assert np.array_equal(session.render([again.point])[0], session.render([point])[0])


def test_an_item_starts_under_its_own_values(session):
    conditions, codes = session.card.conditions, session.checkpoint.items.codes
    for point in ITEMS:
        row = codes[point.start.item]
        own = {a.name: a.read(code) for a, code in zip(conditions.attributes, row, strict=True)}
        for name, value in session.condition(point).items():  # a number passes through the condition vector
            assert value == (pytest.approx(own[name], rel=1e-4, abs=1e-4) if isinstance(value, float) else own[name])
    asked = first_value(session)
    assert session.condition(Point(condition=asked)).items() >= asked.items()


def test_unset_and_blended_conditions_make_pictures_of_their_own(session):
    named = [a for a in session.card.asked if a.kind == "categorical"]
    if not named or not {"blend", "unset"} <= set(session.card.capabilities):
        return
    a = named[0]
    one, other = ({a.name: value} for value in a.values[:2])
    half = {a.name: {a.values[0]: 0.5, a.values[1]: 0.5}}
    made = [session.output(Point(condition=asked)) for asked in (one, half, other, {a.name: None})]
    assert session.condition(Point(condition=half))[a.name] == half[a.name]
    assert session.condition(Point(condition={a.name: None}))[a.name] is None
    assert not torch.equal(made[0], made[1]) and not torch.equal(made[1], made[2]) and not torch.equal(made[3], made[0])


def test_places_are_those_of_the_items(session):
    for spec in session.card.maps:
        coords = session.checkpoint.items.map(spec.name)
        for point in ITEMS[:4]:
            assert session.place(point, spec.name) == pytest.approx(coords[point.start.item].tolist(), abs=1e-4)
            still = point.then("vary", seed=0, strength=0.0) if can(session, "vary") else point
            moved = session.place(still, spec.name)
            assert np.linalg.norm(np.array(moved) - coords[point.start.item]) < 0.05 * np.ptp(coords, 0).max()


def test_neighbours_are_the_nearest_real_items(session):
    z = session.checkpoint.items.space("latent")
    for point in ITEMS[:4]:
        gaps = np.linalg.norm(z - z[point.start.item], axis=1)
        gaps[point.start.item] = np.inf
        found = session.neighbours(point, 5)
        assert [d for _, d in found] == pytest.approx(sorted(gaps)[:5], abs=1e-3)
        assert point.start.item not in [i for i, _ in found]
        assert session.trust(point).nearest == point.start.item and session.trust(point).distance < 1e-3


def test_a_spot_is_a_blend_of_real_items_or_the_latent_itself(session):
    for spec in session.card.maps:
        at = session.checkpoint.items.map(spec.name)[7]
        point = Point(start=SpotStart(map=spec.name, at=tuple(at.tolist())))
        extent = float(np.ptp(session.checkpoint.items.map(spec.name), 0).max())
        # A blend is placed where it lies, which is near the spot, not on it.
        assert session.place(point, spec.name) == pytest.approx(at.tolist(), abs=0.01 * extent)
        z = session.resolve(point).z.flatten()
        if find("maps", spec.method).exact:
            assert torch.allclose(z, torch.from_numpy(at.copy()), atol=1e-5)
        else:
            low, high = (session.checkpoint.items.z.reshape(session.card.items, -1) for _ in range(2))
            assert (z.numpy() >= low.min(0) - 1e-4).all() and (z.numpy() <= high.max(0) + 1e-4).all()
            assert torch.allclose(z, torch.from_numpy(low[7].copy()), atol=0.05)
        places = session.checkpoint.items.map(spec.name)
        far = tuple((places.max(0) + 2 * np.ptp(places, 0)).tolist())
        assert session.spot(SpotStart(map=spec.name, at=far)).distance > session.spot(point.start).distance + 1


def test_draws_depend_on_seed_and_number_alone(session):
    def z(**given):
        return session.resolve(Point(start=PriorStart(**given))).z

    for prior in session.card.priors:
        assert torch.equal(z(seed=1, draw=2, prior=prior), z(seed=1, draw=2, prior=prior))
        assert not torch.equal(z(seed=1, draw=2, prior=prior), z(seed=1, draw=3, prior=prior))
        assert not torch.equal(z(seed=1, prior=prior), z(seed=2, prior=prior))
        # The same draws, cold and warm, beside those without any warmth: what differs is the temperature alone.
        still, cold, warm = (
            torch.stack([z(seed=1, draw=k, prior=prior, temperature=t) for k in range(8)]) for t in (0, 0.2, 1.5)
        )
        assert 0 < (cold - still).norm() < (warm - still).norm()


def test_an_own_item_lands_beside_its_like(session):
    x = session.output(ITEMS[3])
    point = session.encode(x, session.condition(ITEMS[3]), "0" * 64)
    assert point.start.sha256 == "0" * 64 and session.condition(point) == pytest.approx(session.condition(ITEMS[3]))
    back = session.output(point)
    assert (back - x).square().mean() < 0.02
    read = session.encode(x, None, "0" * 64)
    assert set(session.condition(read)) == {a.name for a in session.card.conditions.attributes}
    assert None not in session.condition(read).values()


def test_the_difference_is_white_where_nothing_moved(session):
    a, b = ITEMS[0], Point(condition=first_value(session))
    gap = session.difference(a, b)
    if session.card.modality == "series":  # both curves, one over the other
        assert np.array_equal(gap[0], session.output(a)) and np.array_equal(gap[1], session.output(b))
        return
    assert (session.difference(a, a) == 255).all()
    assert gap.ndim == 3 and gap.shape[2] == 3 and np.array_equal(gap, session.difference(b, a))
    assert session.card.modality != "image" or gap.shape[:2] == session.card.shape[1:]


@pytest.mark.parametrize(
    ("point", "where"),
    [
        (Point(start=ItemStart(item=10**7)), "map"),
        (Point(start=SpotStart(map="nowhere", at=(0, 0))), "map"),
        (Point(start=PriorStart(seed=0, prior="oracle")), "tab-resample"),
        (Point(start=UploadStart(sha256="0" * 64, latent="AAAA")), "own-item"),
        (Point(condition={"smell": "rose"}), "tab-attributes"),
        (Point().then("between", to={"start": {"item": 10**7}}), "map"),
    ],
    ids=["item", "map", "prior", "latent", "attribute", "inner"],
)
def test_what_a_model_does_not_have_is_one_sentence(session, point, where):
    with pytest.raises(ExplorerError) as caught:
        session.render([point])
    assert caught.value.where == where and str(caught.value).endswith(".")


def test_a_spot_of_the_wrong_dimension_is_one_sentence(session):
    spec = session.card.maps[0]
    with pytest.raises(ExplorerError, match="dimensions"):
        session.resolve(Point(start=SpotStart(map=spec.name, at=(0.0,) * (5 - spec.dims))))


def test_what_is_remembered_is_bounded(session, monkeypatch):
    answers = Answers(limit=20_000)
    monkeypatch.setattr("explorer.play.session._answers", answers)
    small = Session(session.checkpoint)
    for k in range(200):
        small.resolve(Point(start=PriorStart(seed=k)))
    assert 0 < answers.bytes <= 20_000


def test_sessions_are_shared_and_follow_the_checkpoint(root):
    assert open_session("tiny-digits") is open_session("tiny-digits")
    assert open_session("tiny-digits") is not open_session("tiny-shapes")


# -- the same from Python


def test_the_python_api_makes_the_pictures_of_the_page(root):
    m = explorer.load("tiny-shapes")
    edited = m.edit(item=7, colour="blue")
    scene = Scene(model="tiny-shapes").at(edited.point)
    session = open_session("tiny-shapes")
    assert np.array_equal(np.asarray(edited.image), session.render([scene.point])[0])
    for form in (scene, scene.point, link.write(scene), link.compact(scene)):
        assert np.array_equal(np.asarray(m.render(form)), np.asarray(edited.image))
    with pytest.raises(ExplorerError, match="belongs to"):
        m.render(Scene(model="tiny-digits"))
    assert "tiny-shapes" in repr(m) and Image.open(__import__("io").BytesIO(edited._repr_png_())).size == (16, 16)


def test_every_python_call_can_begin_where_another_ended(root, tmp_path):
    m = explorer.load("tiny-shapes")
    way = m.interpolate(1, m.edit(2, colour="red").point, steps=5, method="dense", condition="a")
    assert len(way.images) == 5 and np.array_equal(np.asarray(way.images[0]), np.asarray(m.edit(1).image))
    assert len(m.resample(3, seed=1, colour="green", height=8).images) == 3
    assert len(m.vary(way.points[2], count=2).images) == 2
    path = tmp_path / "own.png"
    way.image.save(path)
    for picture in (path, str(path), path.read_bytes(), way.image):
        assert m.encode(picture, colour="red").point.start.condition["colour"] == "red"
    assert len(m.neighbours(way.points[1], 4)) == 4
    said = m.describe(way.points[1])
    assert set(said) == {"asked", "read", "nearest_item", "distance", "percentile", "real"}


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.edit(-1),
        lambda m: m.edit(10**9),
        lambda m: m.edit(0, colour="mauve"),
        lambda m: m.interpolate(0, 1, steps=1),
        lambda m: m.interpolate(0, 1, method="teleport"),
        lambda m: m.resample(0),
        lambda m: m.resample(1, seed=-1),
        lambda m: m.resample(1, temperature=float("nan")),
        lambda m: m.resample(1, prior="oracle"),
        lambda m: m.vary(0, strength=-1),
        lambda m: m.encode("/nowhere.png"),
        lambda m: m.encode(b"no picture"),
        lambda m: m.neighbours(0, k=0),
        lambda m: m.neighbours(0, space="outer"),
        lambda m: m.render("no link"),
        lambda m: explorer.load("nothing"),
    ],
)
def test_python_calls_that_cannot_be_answered_are_one_sentence(root, call):
    with pytest.raises(ExplorerError) as caught:
        call(explorer.load("tiny-shapes"))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_notebook_shows_the_model_and_its_results_and_arrays_give_values(root):
    import io

    from PIL import Image

    import explorer

    model = explorer.load("tiny-shapes")
    height = np.float32(9.0)
    made = model.edit(np.int64(3), height=height)
    assert made.point.condition == {"height": 9.0} and made.point.start.item == 3
    assert model.edit(3, height=torch.tensor(9.0)).point == made.point
    assert len(repr(made)) < 80 and "latent" not in repr(made)
    shown = Image.open(io.BytesIO(model._repr_mimebundle_()["image/png"]))
    assert shown.size == (8 * made.image.width, made.image.height)
