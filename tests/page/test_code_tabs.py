"""Codes on the page: tiny checkpoints of a grid and of codebooks, their operations, and the tabs that only they have."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch

from explorer.box.build.build import make
from explorer.core.registry import find
from explorer.core.scene import Point, Scene
from explorer.core.schema import ExplorerError, LatentSpec
from explorer.learn.priors import transformer
from explorer.page.tabs.codes import half, holed
from explorer.play.operations.base import why_not
from explorer.play.operations.codes import completing
from explorer.play.session import Session, open_session
from tests.support import declared, tiny
from tests.support.panels import check, read, results

TABS = {"tiny-digits": "codes", "tiny-shapes": "codebooks"}
MODELS = {
    "tiny-digits": ("vqvae", "latent = 4\npatch = 4\ncodes = 16\nwidths = [16]"),
    "tiny-shapes": ("qlae", "latent = 5\npatch = 4\nvalues = 4\nwidths = [16]\nhidden = 32"),
}


def recipe(name: str) -> str:
    """The tiny recipe of a data set with a family of codes in the place of the CVAE."""
    text = tiny.recipe(name, epochs=6)
    family, arguments = MODELS[name]
    before, _, rest = text.partition("[model]")
    _, _, after = rest.partition("[training]")
    head = before.replace('family = "cvae"', f'family = "{family}"')
    after = after.replace('"mixture", "gaussian"', '"transformer"').replace('["gaussian"]', '["transformer"]')
    after = after.partition("[[checkpoint.maps]]")[0] + tiny.MAP.format(
        name="flat", title="Flat", space="latent", method="pca", dims=2
    )
    return f"{head}[model]\n{arguments}\n\n[training]{after}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("codes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transformer, "PASSES", 6)  # it has to answer, not to draw well
        for name in MODELS:
            (root / name).mkdir()
            (root / name / "recipe.toml").write_text(recipe(name))
            make(root / name / "recipe.toml")
    return root


@pytest.fixture(params=MODELS)
def coded(request, folder, monkeypatch) -> Session:
    monkeypatch.setenv("CHECKPOINTS", str(folder))
    return open_session(request.param)


@pytest.fixture
def grid(folder, monkeypatch) -> Session:
    monkeypatch.setenv("CHECKPOINTS", str(folder))
    return open_session("tiny-digits")


@pytest.fixture
def books(folder, monkeypatch) -> Session:
    monkeypatch.setenv("CHECKPOINTS", str(folder))
    return open_session("tiny-shapes")


def scene(session: Session, point: Point, **options) -> Scene:
    tab = TABS[session.card.name]
    return Scene.model_validate({"model": session.card.name, "view": {"tab": tab, "options": {tab: options}}}).at(point)


def panel(session: Session, shown: Scene):
    return read(declared.panel(session, shown.view.tab, shown))


def test_items_are_whole_numbers_of_their_codebooks(coded):
    z = coded.resolve(Point()).z
    assert z.dtype == torch.int64 and z.shape == coded.card.latent.shape
    assert int(z.min()) >= 0 and int(z.max()) < coded.checkpoint.model.entries
    draw = coded.resolve(Point.model_validate({"start": {"seed": 1}})).z
    assert draw.dtype == torch.int64 and draw.shape == z.shape


def test_set_a_code_sets_one_code(coded):
    before, value = coded.resolve(Point()).z, 2
    after = coded.resolve(Point().then("code", dimension=1, value=value)).z
    assert after.flatten()[1] == value
    assert torch.equal(after.flatten()[2:], before.flatten()[2:]) and after.flatten()[0] == before.flatten()[0]
    for params, what in (
        ({"dimension": 999, "value": 0}, "number 999"),
        ({"dimension": 0, "value": 999}, "number 999"),
    ):
        with pytest.raises(ExplorerError, match=what):
            coded.resolve(Point().then("code", **params))


def test_completing_keeps_the_rest_and_is_the_same_again(grid):
    rows, columns = grid.card.latent.shape
    erase = half(rows, columns, "top")
    before = grid.resolve(Point()).z
    steps = [Point().then("complete", erase=erase, seed=5, draw=k) for k in range(6)]
    found = [grid.resolve(point).z for point in steps]
    kept = torch.tensor([digit == "0" for digit in erase]).reshape(before.shape)
    assert all(torch.equal(z[kept], before[kept]) and z.dtype == torch.int64 for z in found)
    assert any(not torch.equal(z, before) for z in found)
    assert torch.equal(found[2], Session(grid.checkpoint).resolve(steps[2]).z)


def test_a_condition_of_the_new_part_is_asked_of_the_picture(grid):
    everything = "1" * grid.card.latent.size
    point = Point().then("complete", erase=everything, condition={"digit": "7"})
    assert grid.condition(point) == {"digit": "7"}
    assert grid.condition(Point().then("complete", erase=everything)) == grid.condition(Point())
    with pytest.raises(ExplorerError, match="no value"):
        grid.resolve(Point().then("complete", erase=everything, condition={"digit": "x"}))


def test_operations_on_vectors_refuse_codes_and_those_on_codes_vectors(grid):
    with pytest.raises(ExplorerError):
        grid.resolve(Point().then("dimension", index=0, amount=1.0))
    for name in ("code", "complete"):
        assert "vector" in why_not(find("operations", name), LatentSpec(shape=(4,)), ("complete",))


def test_completing_needs_a_prior_over_codes(grid):
    without = SimpleNamespace(priors={}, model=grid.checkpoint.model, card=grid.card)
    with pytest.raises(ExplorerError, match="carries none"):
        completing(without)
    assert completing(grid.checkpoint) is grid.checkpoint.priors["transformer"]


def test_tabs_are_for_those_models_alone(coded):
    tab = TABS[coded.card.name]
    assert find("tabs", tab)().why_not(coded.card) is None and find("tabs", tab).special
    (other,) = set(TABS.values()) - {tab}
    assert find("tabs", other)().why_not(coded.card)


def test_panels_are_sound_and_each_control_leads_somewhere(coded):
    item = Point.model_validate({"start": {"item": 3}})
    points = [Point(), item.then("code", dimension=0, value=1), Point.model_validate({"start": {"seed": 2}})]
    for point in points:
        shown = scene(coded, point)
        root = panel(coded, shown)
        check(root)
        made = results(root, shown)
        assert made
        for _, after in made[:: max(1, len(made) // 25)]:
            check(panel(coded, after))


def test_cells_of_the_grid_toggle_and_regions_erase(grid):
    shown = scene(grid, Point(), erase="0" * 16)
    root = panel(grid, shown)
    cells = root.by_id("code-grid").all("button")
    assert len(cells) == 16 and all(cell["aria-pressed"] == "false" for cell in cells)
    assert not root.all(id="completions")
    assert cells[5]["data-value"] == "0000010000000000" and "code" in cells[5]["aria-label"]
    (left,) = json.loads(root.by_id("erase-left")["data-patch"]).values()
    assert left == "1100" * 4
    pressed = panel(grid, scene(grid, Point(), erase=left))
    assert [c["aria-pressed"] for c in pressed.by_id("code-grid").all("button")][:4] == [
        "true",
        "true",
        "false",
        "false",
    ]
    assert len(pressed.by_id("completions").all("img")) == 7


def test_one_cell_alone_shows_what_could_stand_there(grid):
    root = panel(grid, scene(grid, Point(), erase="0000010000000000"))
    faces = root.by_id("replacements").all("div", class_="cell")
    assert faces
    point = Point.model_validate_json(faces[0]["data-point"])
    z, before = grid.resolve(point).z.flatten(), grid.resolve(Point()).z.flatten()
    assert point.edits[-1].op == "code" and torch.equal(z[6:], before[6:])


@pytest.mark.parametrize("show", ["numbers", "surprise"])
def test_cells_can_say_more(grid, show):
    root = panel(grid, scene(grid, Point(), show=show))
    texts = [cell.words for cell in root.by_id("code-grid").all("button")]
    codes = grid.resolve(Point()).z.flatten().tolist()
    assert texts == [str(c) for c in codes] if show == "numbers" else all(float(text) >= 0 for text in texts)


def test_a_completion_on_stage_keeps_its_siblings_and_a_new_region_builds_on_it(grid):
    erase, other = half(4, 4, "bottom"), half(4, 4, "top")
    chosen = Point().then("complete", erase=erase, seed=1, temperature=1.0, draw=2)
    assert holed(chosen, erase) == Point() and holed(chosen, other) == chosen
    root = panel(grid, scene(grid, chosen, erase=erase))
    cells = root.by_id("completions").all("div", class_="cell")
    assert [Point.model_validate_json(cell["data-point"]) for cell in cells].count(chosen) == 1


def test_a_mask_of_another_size_is_a_sentence(grid):
    with pytest.raises(ExplorerError, match="16 cells"):
        panel(grid, scene(grid, Point(), erase="01"))


def test_codebooks_name_what_their_dimensions_tell(books):
    root = panel(books, scene(books, Point()))
    names = [node for node in root.all("label") if (node["for"] or "").startswith("codebooks-")]
    remarks = [node.words.removeprefix(f"Dimension {node['for'].partition('-')[2]}") for node in names]
    labels = [a.label.lower() for a in books.card.conditions.attributes]
    assert remarks and all("a little of several" in r or any(label in r for label in labels) for r in remarks)
    value = int(books.resolve(Point()).z[0])
    changed = scene(books, Point().then("code", dimension=0, value=(value + 1) % 4))
    after = panel(books, changed)
    assert [node["data-unset"] for node in after.all("button") if node["data-unset"]] == ["edits.0"]
