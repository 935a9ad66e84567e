"""Faces: the rasteriser on cases known by hand, people made of a small mesh, and the exhibit that makes them older."""

from __future__ import annotations

import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from explorer.core.schema import ExplorerError
from explorer.learn.data import faces
from explorer.learn.data._faces import heads, mesh, raster
from explorer.learn.data.base import Items
from explorer.learn.latents import as_input
from explorer.learn.models.judge import Judge
from explorer.museum.exhibits import caae as exhibit
from explorer.museum.lenses.truth import Truth

GROUND = np.zeros(3)


# -- the rasteriser


def square(z: float, half: float) -> np.ndarray:
    return np.array([[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]])


def picture(xyz, triangles, colours, side=16):
    xyz, triangles = np.asarray(xyz, np.float32), np.asarray(triangles)
    meet = raster.corner_weights(triangles, len(xyz))
    return raster.rasterise(xyz, triangles, np.asarray(colours, np.float32), meet, side=side, ground=GROUND)


FACING = [[0, 1, 2], [0, 2, 3]]


def test_a_square_covers_its_pixels_and_edges_are_shares():
    drawn = picture(square(0, 0.5), FACING, np.ones((4, 3)), side=10)
    covered = drawn.max(2) > 0
    # From -0.5 to 0.5 of [-1, 1]: pixels 2.5 to 7.5 of ten.
    assert covered[3:7, 3:7].all() and not covered[:2].any() and not covered[:, 8:].any()
    inner, edge, corner = drawn[5, 5, 0], drawn[5, 2, 0], drawn[2, 2, 0]
    assert 0 < corner < edge < inner
    assert 0.3 < edge / inner < 0.7  # half of it, as far as three samples across can say


def test_the_nearer_of_two_is_seen_and_backs_are_not():
    red, green = np.tile([1.0, 0, 0], (4, 1)), np.tile([0, 1.0, 0], (4, 1))
    both = np.concatenate([square(0.2, 0.5), square(-0.2, 0.9)])
    order = [*FACING, [4, 5, 6], [4, 6, 7]]
    for triangles in (order, order[::-1]):
        drawn = picture(both, triangles, np.concatenate([red, green]))
        assert drawn[8, 8].argmax() == 0 and drawn[2, 2].argmax() == 1
    away = [triangle[::-1] for triangle in FACING]
    assert not picture(square(0, 0.5), away, red).any()


def test_shading_turns_with_the_surface():
    turns = np.linspace(-1.2, 1.2, 25)
    rim = np.stack([np.sin(turns), np.zeros_like(turns), np.cos(turns)], 1) * 0.9
    tube = np.concatenate([rim - np.array([0, 0.9, 0]), rim + np.array([0, 0.9, 0])])
    n = len(turns)
    triangles = [t for k in range(n - 1) for t in ([k, k + 1, n + k + 1], [k, n + k + 1, n + k])]
    row = picture(tube, triangles, np.full((2 * n, 3), 0.5), side=32)[16, 4:28, 0]
    towards = np.arcsin(raster.KEY[0] / np.hypot(raster.KEY[0], raster.KEY[2]))
    assert abs(row.argmax() - (16 + 16 * 0.9 * np.sin(towards) - 4)) < 4  # brightest where it looks at the lamp
    assert np.abs(np.diff(row)).max() < 0.08  # no facets


# -- people


@pytest.fixture(scope="module")
def small() -> dict[str, bytes]:
    """Files of a head like the real one's, in miniature: a ball with two eyes and some shoulders, and a target of each name."""
    lines, count = [], 0

    def ball(name: str, centre: tuple[float, float, float], radius: float, steps: int) -> np.ndarray:
        nonlocal count
        up = np.linspace(0, np.pi, steps)
        round_ = np.linspace(0, 2 * np.pi, 2 * steps, endpoint=False)
        points = np.array([
            [np.sin(u) * np.sin(v), np.cos(u), np.sin(u) * np.cos(v)] for u in up for v in round_
        ]) * radius + centre  # fmt: skip
        lines.extend(f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in points)
        lines.append(f"g {name}")
        wide = 2 * steps
        for k in range(steps - 1):
            for j in range(wide):
                a, b = k * wide + j, k * wide + (j + 1) % wide
                lines.append("f " + " ".join(f"{count + 1 + i}/1" for i in (a, a + wide, b + wide, b)))
        count += len(points)
        return points

    head = ball("body", (0, 7.3, 0.6), 1.2, 18)
    ball("joint-head", (0, 7, 0), 0.1, 4)  # never drawn
    ball("body", (0, 2, 0), 1.0, 4)  # below the neck
    eyes = [ball(f"helper-{side}-eye", (x, 7.5, 1.6), 0.22, 8) for side, x in (("l", 0.4), ("r", -0.4))]
    found = {mesh.BASE: "\n".join(lines).encode()}
    assert len(eyes) == 2
    for seed, name in enumerate(mesh.targets()):
        rng = np.random.default_rng(seed)
        rows = rng.choice(len(head), 60, replace=False)
        text = "# a target\n" + "\n".join(
            f"{k} " + " ".join(f"{d:.4f}" for d in rng.normal(0, 0.05, 3)) for k in sorted(rows)
        )
        found[f"targets/{name}.target"] = text.encode()
    return found


@pytest.fixture(scope="module")
def head(small) -> heads.Mesh:
    return mesh.read(small)


@pytest.fixture
def set_of_few(head, monkeypatch, tmp_path) -> faces.Faces:
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr(faces, "_head", lambda: head)
    monkeypatch.setattr(faces, "COUNTS", {"train": 24, "test": 12})
    return faces.Faces()


def test_the_mesh_is_the_head_with_its_eyes_and_nothing_below(head, small):
    assert head.base[:, 1].min() > mesh.NECK
    assert head.morphs.shape == (len(mesh.targets()), head.base.size)
    assert head.base[head.top, 1] == head.base[:, 1].max() and head.base[head.chin, 2] > 1
    assert 0 < head.white.sum() < len(head.base) / 2 and (head.iris <= head.white).all() and head.iris.any()
    assert head.brows.any() and head.lips.max() == 1
    assert small.keys() == {mesh.BASE, *(f"targets/{name}.target" for name in mesh.targets())}


def test_stages_of_life_are_shared_out_by_age(head):
    who = heads.people(1, np.random.default_rng(0))

    def shares(age: float) -> dict[str, float]:
        row = head.weights(who, np.array([[age, 0, 0, 0]]))[0]
        return {
            stage: sum(row[head.column[f"macrodetails/{shape}-{sex}-{stage}"]] for shape in heads.SHAPES for sex in heads.SEXES)
            for stage in heads.STAGES
        }  # fmt: skip

    for stage, years in heads.STAGES.items():
        assert shares(years)[stage] == pytest.approx(1, abs=1e-5)
    middle = shares(57.5)
    assert middle["young"] == pytest.approx(0.5, abs=1e-5) and middle["old"] == pytest.approx(0.5, abs=1e-5)
    assert sum(shares(17).values()) == pytest.approx(1, abs=1e-5)


def test_a_detail_goes_one_way_or_the_other_and_conditions_weigh_their_own_targets(head):
    who = heads.people(1, np.random.default_rng(1))
    neutral = np.array([[25.0, 0, 0, 0]])
    low, high = (head.column[names[0]] for names in heads.ENDS[3])
    for amount, column, other in ((0.7, high, low), (-0.4, low, high)):
        who[0, 3] = amount
        row = head.weights(who, neutral)[0]
        assert row[column] == pytest.approx(abs(amount)) and row[other] == 0
    before = head.weights(who, neutral)[0]
    names = np.array(list(head.column))
    for column, value, word in ((1, 1.0, "expression/"), (2, 0.5, "max"), (2, -0.5, "min")):
        codes = neutral.copy()
        codes[0, column] = value
        moved = names[head.weights(who, codes)[0] != before]
        assert len(moved) and all(word in name or "head-fat" in name for name in moved)
        assert ("head/head-fat-incr" in moved) == (word == "max")


def test_people_are_drawn_once_and_the_same_again(set_of_few, monkeypatch):
    first = set_of_few.load("train")
    assert first.x.shape == (24, 3, faces.SIDE, faces.SIDE) and first.x.dtype == np.uint8
    assert len(np.unique(first.x.reshape(24, -1), axis=0)) == 24
    low = [a.low for a in set_of_few.conditions.attributes]
    high = [a.high for a in set_of_few.conditions.attributes]
    assert (first.codes >= low).all() and (first.codes <= high).all()
    drawn = faces.draw(*faces.sample("train"))
    monkeypatch.setattr(faces, "draw", None)  # from here on it must come from what was kept
    assert np.array_equal(set_of_few.load("train").x, first.x) and np.array_equal(drawn, first.x)
    assert not np.isin(set_of_few.identities("train"), set_of_few.identities("test")).all(1).any()


def test_the_true_edit_changes_what_was_asked_and_keeps_the_person(set_of_few):
    test, rows = set_of_few.load("test"), np.array([5, 2])
    same = set_of_few.counterfactual("test", rows, "age", test.codes[rows, 0])
    assert np.array_equal(same, test.x[rows])
    older = set_of_few.counterfactual("test", rows, "age", np.array([84.0, 84.0]))
    assert all((a != b).any() for a, b in zip(older, same, strict=True))
    # Turned round and back: another picture, and its mirror's silhouette.
    turned = [set_of_few.counterfactual("test", rows, "turn", np.full(2, angle)) for angle in (-30.0, 30.0)]
    assert not np.array_equal(*turned)


def test_true_edits_of_numbers_are_measured(set_of_few):
    test, schema, few = set_of_few.load("test"), set_of_few.conditions, np.arange(6)
    x = as_input(test.x[few])
    answers = {"idle": lambda z, c: z, "perfect": lambda z, c: x}
    found = {}
    for name, decode in answers.items():
        study = SimpleNamespace(
            data=set_of_few, conditions=schema, rows=few, x=x, y=x, c=schema.encode_codes(test.codes[few]), decode=decode,
            test=Items(test.x[few], test.codes[few], {}), train=set_of_few.load("train"), encode=lambda x, c: (x, None),
            count=lambda full, quick: quick, rng=lambda name: np.random.default_rng(0),
        )  # fmt: skip
        found[name] = Truth().measure(study)
        assert found[name].keys() == {"seen"} and found[name]["seen"].keys() == {
            "age",
            "smile",
            "weight",
            "turn",
            "mean",
        }
    for name in ("age", "turn"):
        idle, perfect = (found[model]["seen"][name] for model in ("idle", "perfect"))
        assert (
            idle["remaining"] == pytest.approx(1)
            and idle["ssim"] == pytest.approx(idle["unedited_ssim"])
            and idle["ssim"] < 1
        )
        assert perfect["remaining"] == 0 and perfect["ssim"] == pytest.approx(1)


def test_a_head_that_is_not_the_published_one_is_refused(small, monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLORER_DATA", str(tmp_path))
    (tmp_path / "makehuman_cc0").mkdir()
    with zipfile.ZipFile(tmp_path / "makehuman_cc0" / "makehuman_targets.zip", "w") as archive:
        for name, content in small.items():
            archive.writestr(name, content)
    with pytest.raises(ExplorerError, match="sha256"):
        mesh.files()
    monkeypatch.setattr(mesh, "SHA256", mesh.digest(small))
    assert mesh.files() == small


# -- the exhibit


class Oracle:
    """A model that knows the truth, or gives back what it was given."""

    def __init__(self, answer):
        self.answer = answer

    def encode(self, x):
        return type("Code", (), {"mean": x})

    def decode(self, z, c):
        return self.answer if self.answer is not None else z


def test_people_are_made_older_and_the_truth_scores_best(set_of_few):
    people = exhibit.aged(set_of_few, 8, seed=0)
    age = set_of_few.conditions["age"]
    own = set_of_few.load("test").codes
    own = own[own[:, 0] <= age.high - exhibit.YEARS][:8]
    assert (people.years.numpy() - own[:, 0] >= exhibit.YEARS - 1e-3).all() and people.years.max() <= age.high
    scaled = people.asked[:, set_of_few.conditions.slices["age"]][:, 0]
    assert torch.allclose((scaled + 1) / 2 * (age.high - age.low) + age.low, people.years, atol=1e-3)
    reader = exhibit.identity_reader(set_of_few, lambda text: None, epochs=1)
    torch.manual_seed(0)
    judge = Judge(set_of_few.shape, set_of_few.conditions).eval()
    true, idle = (
        exhibit.compared(Oracle(answer), people, (reader, judge), set_of_few)[0] for answer in (people.truth, None)
    )
    assert true["ssim"] == pytest.approx(1) and true["identity"] == pytest.approx(0, abs=1e-5)
    assert idle["ssim"] < 1 and idle["identity"] > 0
    assert exhibit.checks(people, reader, judge, set_of_few)["ssim"] == pytest.approx(idle["ssim"])


def test_the_reader_counts_every_part_in_its_own_spread(set_of_few):
    reader = exhibit.identity_reader(set_of_few, lambda text: None, epochs=1)
    known = torch.from_numpy(set_of_few.identities("train"))

    class Perfect:
        def __call__(self, x):
            low, high = known.amin(0), known.amax(0)
            return torch.stack([2 * (known - low) / (high - low) - 1, torch.zeros_like(known)], 2).flatten(1)

    who = exhibit.read(Perfect(), torch.zeros(1), set_of_few)
    assert torch.allclose(who.std(0), torch.ones(who.shape[1]), atol=1e-4)
    assert exhibit.read(reader, torch.rand(2, *set_of_few.shape), set_of_few).shape == (2, heads.WIDTH)
