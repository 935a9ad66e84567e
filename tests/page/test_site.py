"""A static site, driven in a real browser from a plain file server, its pixels compared with what Python renders."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from explorer.core import link
from explorer.core.scene import ItemStart, Point, Scene, UploadStart, View
from explorer.core.schema import ExplorerError
from explorer.page.cli import app as commands
from explorer.page.serving import web
from explorer.page.serving.folder import table, weights
from explorer.page.serving.turns import Turns
from explorer.page.site import files, write
from explorer.play.session import open_session
from tests.conftest import TINY
from tests.support.browsing import Visit, unfold
from tests.support.sites import served

SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour"))
A_STEP = 1  # of 255: pictures are those of Python, but for rounding


class Stay(Visit):
    """A visit to a static site; it goes from scene to scene by the address alone, so that the models are loaded once."""

    def open(self, scene: Scene | str | None = None) -> Stay:
        """Open the page on a scene, and wait until scene, map and readings are shown."""
        if self.page.url == "about:blank":
            super().open(scene)
            self.later()
            return self
        text = link.write(scene) if isinstance(scene, Scene) else scene or ""
        self.page.evaluate("document.querySelector('#dialog').close()")
        if self.page.evaluate("location.hash.slice(1)") != text:
            self.after(lambda: self.page.evaluate("text => { location.hash = text; }", text))
            self.drawn()
            self.later()
        return self

    def later(self) -> None:
        """Wait until what comes after the picture is there: readings and places."""
        self.settle()
        self.page.wait_for_selector(".stage-facts .readings", state="attached")

    def shows(self, *selectors: str) -> Point:
        """The point on stage, after making sure that these pictures are what Python makes of it."""
        point = self.scene.point
        for selector in selectors or ("#stage-after",):
            shown = point.origin if selector == "#stage-before" else point
            alike(self.pixels(selector), self.session.render([shown])[0])
        return point

    def row(self, selector: str) -> list[Point]:
        """The points of the cells within an element, after making sure that each shows what Python makes of it."""
        script = "all => all.map((cell) => [cell.dataset.point, cell.querySelector('img').src])"
        found = self.page.eval_on_selector_all(f"{selector} .cell", script)
        assert found, selector
        points = [Point.model_validate_json(text) for text, _ in found]
        for picture, (_, src) in zip(self.session.render(points), found, strict=True):
            alike(unfold(src), picture)
        return points


def alike(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Assert that two pictures are the same, but for a step where rounding falls the other way."""
    gap = np.abs(ours.astype(int) - theirs.astype(int))
    assert gap.max() <= A_STEP
    assert (gap > 0).mean() < 0.01


@pytest.fixture(scope="module")
def server(site):
    with served(site) as running:
        yield running


@pytest.fixture(scope="module")
def stay(made, browser, server):
    """The one visit of most tests, judged at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(made))
        page = Stay(browser, server.url)
        yield page
        page.close()


@pytest.fixture
def visit(root, stay):
    """Takes the visit to a scene."""
    return lambda scene=SHAPES: stay.open(scene)


def test_it_opens_on_the_first_checkpoint_with_all_its_tabs(visit):
    page = visit(None)
    assert page.scene == open_session(TINY[0]).opening()
    page.shows("#stage-before", "#stage-after")
    tabs = page.page.eval_on_selector_all("#tabs [role=tab]", "all => all.map((tab) => tab.id)")
    assert tabs == [
        f"tab-{name}"
        for name in ("attributes", "interpolate", "resample", "directions", "selection", "plugin", "dictionary", "own")
    ]
    assert page.page.evaluate("crossOriginIsolated") is False, "it must work on hosts that set no headers"
    page.page.click("#checkpoint")
    page.page.wait_for_selector(".picker-card")
    listed = page.page.eval_on_selector_all(".picker-card", "all => all.map((card) => card.dataset.name)")
    assert listed == list(TINY)
    page.page.keyboard.press("Escape")


def test_the_other_checkpoint_is_a_choice_away_and_back(visit):
    page = visit(None)
    page.after(lambda: page.choose("tiny-shapes"))
    page.drawn()
    assert page.scene.model == "tiny-shapes"
    page.shows("#stage-before", "#stage-after")
    page.after(lambda: page.page.click("#undo"))
    assert page.scene.model == "tiny-digits"
    page.shows("#stage-before", "#stage-after")


def test_a_deep_link_of_the_app_opens_the_same_scene(visit):
    point = Point(start=ItemStart(item=9), condition={"colour": "green", "height": 6.5}).then(
        "dimension", index=2, amount=1.5
    )
    view = View(map="flat", tab="directions", difference=True, options={"directions": {"show": "dimensions"}})
    scene = SHAPES.at(point).model_copy(update={"view": view})
    page = visit(scene)
    assert page.scene == scene
    page.shows("#stage-before", "#stage-after")
    alike(page.pixels("#stage-difference"), page.session.difference(point.origin, point))
    assert float(page.page.input_value("#dimension-2")) == 1.5


def test_a_bad_link_is_a_sentence_and_the_page_opens(visit):
    page = visit("nonsense")
    assert page.scene.model == TINY[0]
    assert "link" in page.notice("link")


def test_a_pick_on_the_map(visit):
    page = visit()
    places = page.places("flat")
    free = page.free(places)
    item = next(i for i, at in enumerate(places) if free[i] and np.sort(np.hypot(*(places - at).T))[1] > 8)
    page.after(lambda: page.page.mouse.click(*places[item]))
    assert page.shows("#stage-before", "#stage-after").start == ItemStart(item=item)


def test_an_attribute_is_asked_by_chip_and_by_slider(visit):
    page = visit()
    page.tab("attributes")
    own = page.session.condition(page.scene.point)["colour"]
    other = next(v for v in page.session.card.conditions["colour"].values if v != own)
    page.after(lambda: page.page.check(f'input[name="attribute-colour-value"][value="{other}"]', force=True))
    assert page.shows().condition == {"colour": other}
    page.after(lambda: page.page.locator("#attribute-height").press("ArrowRight"))
    assert set(page.shows("#stage-before", "#stage-after").condition) == {"colour", "height"}
    page.after(lambda: page.page.click("#matrix-toggle"))
    assert len(page.row("#matrix")) == 21


def test_interpolation_is_scrubbed(visit):
    page = visit()
    page.tab("interpolate")
    for method in ("lerp", "slerp", "dense"):
        page.row(f"#strip-{method}")
    page.after(lambda: page.page.locator("#scrub").fill("0.5"))
    page.page.locator("#scrub").dispatch_event("change")
    page.settle()
    point = page.shows()
    assert point.edits[-1].params["t"] == 0.5
    page.page.wait_for_function("document.querySelectorAll('#map .overlay .step').length === 9")


def test_draws_are_those_of_python(visit):
    page = visit()
    page.tab("resample")
    assert len(page.row("#draws")) == 12
    page.after(lambda: page.page.click("#new-seed"))
    points = page.row("#draws")
    page.after(lambda: page.page.click("#draws .cell:nth-child(2) .cell-face"))
    assert page.shows() == points[1]
    page.after(lambda: page.page.check('input[name="source-value"][value="posterior"]', force=True))
    page.row("#draws")


def test_a_direction_of_two_groups(visit):
    page = visit()
    page.page.click("#mode-lasso")
    box = page.page.locator("#map").bounding_box()
    at = np.array([box["x"], box["y"]]) + np.array([box["width"], box["height"]]) * [
        [0.3, 0.3],
        [0.3, 0.7],
        [0.6, 0.7],
        [0.6, 0.3],
    ]
    page.page.mouse.move(*at[0])
    page.page.mouse.down()
    for corner in (*at[1:], at[0]):
        page.page.mouse.move(*corner, steps=4)
    page.page.mouse.up()
    page.page.wait_for_selector("#groups .chip")
    page.tab("directions")
    page.after(lambda: page.page.check('input[name="show-value"][value="groups"]', force=True))
    page.page.wait_for_selector('#group-plus option:has-text("Group 1")', state="attached")
    page.after(lambda: page.page.select_option("#group-plus", label="Group 1"))
    page.after(lambda: page.page.locator("#direction").press("ArrowRight"))
    assert page.shows().edits[-1].op == "direction"


def test_an_own_item_is_encoded_here_and_never_sent(visit, server):
    page = visit()
    page.tab("own")
    x = page.session.output(Point(start=ItemStart(item=5)))
    picture = page.session.modality.show(x)
    buffer = io.BytesIO()
    Image.fromarray(picture).resize((64, 64), Image.Resampling.NEAREST).save(buffer, "PNG")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    page.after(lambda: page.page.set_input_files("#own-file", file))
    start = page.scene.start
    assert isinstance(start, UploadStart)
    page.shows("#stage-before", "#stage-after")
    assert "dB" in page.page.inner_text("#own-readings")
    assert page.page.get_attribute("#stage-real", "src").startswith("data:image/")
    fitted, _ = page.session.modality.fit(page.session.modality.open(buffer.getvalue()), page.session.card.shape)
    theirs = page.session.encode(fitted, dict(start.condition), start.sha256)
    z, other = (page.session.resolve(Point(start=s)).z for s in (start, theirs.start))
    assert float((z - other).abs().max()) < 0.02
    assert "server" not in page.page.inner_text("#panel")


def test_the_map_in_three_dimensions_colour_and_search(visit):
    page = visit()
    page.page.select_option("#colour", "height")
    page.page.wait_for_selector('#map[data-colour="height"]')
    page.page.fill("#search", "red")
    page.page.wait_for_function("document.querySelector('#map').dataset.found > 0")
    page.page.check('#spaces input[value="solid"]', force=True)
    page.page.wait_for_selector('#map[data-dims="3"]')
    page.drawn()


def test_the_plane_has_its_backdrop(visit):
    page = visit(None)
    page.page.wait_for_selector("#map .backdrop:not([hidden])[src^='blob:']")
    page.page.wait_for_selector("#map .backdrop[data-ground]")


def test_pictures_and_tables_are_saved(visit):
    page = visit()
    page.page.click("[data-do=save]")
    page.page.wait_for_selector("#dialog[open] a[download]")
    kinds = page.page.eval_on_selector_all("#dialog a[download]", "all => all.map((a) => a.textContent)")
    assert kinds == ["PNG", "CSV", "CSV"], "what can't be made here isn't shown"
    for label, expected in (("PNG", "png"), ("CSV", "csv")):
        with page.page.expect_download() as waiting:
            page.page.click(f"#dialog a[download]:text-is('{label}') >> nth=0")
        saved = waiting.value
        assert saved.suggested_filename == f"tiny-shapes-stage.{expected}"
        data = Path(saved.path()).read_bytes()
        if label == "PNG":
            picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            alike(picture[::16, ::16], page.session.render([page.scene.point])[0])
        else:
            (row,) = csv.DictReader(io.StringIO(data.decode()))
            z = page.session.resolve(page.scene.point).z
            assert np.allclose([float(row[f"z{k}"]) for k in range(len(z))], z.numpy(), atol=1e-5)


def test_it_is_usable_on_a_phone(root, browser, server):
    page = Stay(browser, server.url, width=390, height=844).open(SHAPES)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    page.shows("#stage-after")
    page.close()


# -- the folder


def test_a_site_holds_what_the_app_itself_serves(root, site):
    text = (site / "index.html").read_text()
    (assets,) = (site / "assets").iterdir()
    for name, path in web.assets().items():
        if name.startswith(("font/", "js/plotly-gl")):
            assert (assets / name).read_bytes() == path.read_bytes()
    script = (assets / "js" / "shell" / "site.js").read_text()
    for name in (
        "engine/engine.js",
        "panels/attributes.js",
        "map/map.js",
        "main.js",
    ):  # the page's own, not forks of them
        lines = (web.ROOT / "assets" / "js" / name).read_text().splitlines()
        code = [line for line in lines if line.startswith("  ") and "import.meta" not in line and "import(" not in line]
        code = [line for line in code if "//" not in line and not line.strip().startswith(("*", "/*"))]
        assert code and all(line in script for line in code), name
    assert not any(f'{kind}="{scheme}' in text for kind in ("src", "href") for scheme in ("/", "http"))
    manifest = json.loads((site / "explorer" / "tiny-shapes" / "engine.json").read_text())
    assert manifest["state"] == "ready" and manifest["parts"].keys() >= {"decoder", "encoder", "judge", "features"}


def test_the_command_says_what_it_weighs_and_spares_other_files(root, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "diary.txt").write_text("mine")
    with pytest.raises(ExplorerError, match="other files"):
        write(["tiny-digits"], tmp_path / "full")
    with pytest.raises(ExplorerError, match="no checkpoint"):
        write(["nonsense"], tmp_path / "new")
    told = CliRunner().invoke(commands, ["export", "tiny-digits", "-o", str(tmp_path / "new"), "--json"])
    assert told.exit_code == 0, told.output
    rows = {row["what"]: row for row in json.loads(told.stdout)}
    whole = rows.pop("all")
    for key in ("files", "bytes", "wire", "first"):
        assert whole[key] == sum(row[key] for row in rows.values())
    assert whole["bytes"] == sum(path.stat().st_size for path in (tmp_path / "new").rglob("*") if path.is_file())
    write(["tiny-digits"], tmp_path / "new")  # over itself


def test_the_weights_are_those_that_travel(root, browser, site):
    """What the table calls `first` is what a page asks for, but for what readings, places and thumbnails are made of."""
    made = list(files(TINY))
    assert "runtime" in table(weights(made))
    first = {file.path for file in made if file.first}
    with served(site) as fresh:
        page = Stay(browser, fresh.url).open()
        asked = {path.partition("?")[0].removeprefix(f"/{site.name}/") for path, _ in fresh.sent}
        page.close()
    sizes = {file.path: file.wire for file in made}
    afterwards = (
        "thumbs",
        "sheet.bin",
        "model/judge",
        "model/features",
        "weights/judge",
        "weights/features",
        "items/",
        "attribute/",
        "plotly",
        "model/encoder",
        "weights/encoder",
    )
    assert {
        path for path in asked - first if sizes.get(path, 0) > 2_000 and not any(a in path for a in afterwards)
    } == set()
    assert {path for path in first if sizes[path] > 20_000} <= asked


def test_the_app_hands_out_the_same_as_a_zip(root, site):
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from explorer.page.site import routes

    app = FastAPI()
    app.state.turns = Turns()
    app.include_router(routes())
    app.add_exception_handler(ExplorerError, web.sentence)
    client = TestClient(app)
    answer = client.get("/explorer/site.zip", params={"name": list(TINY)})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {info.filename for info in archive.infolist()} == {
            path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()
        }
    assert client.get("/explorer/site.zip", params={"name": "nonsense"}).status_code == 404
    assert client.get("/explorer/site.zip", params={"name": ["tiny-digits"] * 99}).status_code == 422


def test_a_link_of_the_site_is_read_by_python(visit):
    page = visit()
    page.tab("resample")
    assert page.linked == page.scene.model_copy(update={"build": page.session.card.build})
    assert page.scene.view.tab == "resample"
