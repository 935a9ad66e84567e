"""A page of one file: opened from the disk with the network off, it does what a site does, and no request leaves it."""

from __future__ import annotations

import re
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from explorer.core import link
from explorer.core.scene import ItemStart, Point, Scene, View
from explorer.core.schema import ExplorerError
from explorer.page import onefile, ui
from explorer.page.bench.light import hosted
from explorer.page.cli import app as commands
from explorer.page.serving.packed import CHARSET, ESCAPE, SHIFT, box, planes, text
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support.browsing import Visit, unfold
from tests.support.firefox import opened

LESSON, DIGITS = "what-a-latent-space-is", "digits-cvae-2d"
SMALL = (DIGITS, "digits-gon", "fashion-acgan")  # of those that docs/host.md names
MOST = 5_000_000  # bytes
SHAPES = Scene(model="tiny-shapes", view=View(map="flat", colour="colour")).at(Point(start=ItemStart(item=21)))
BLUE = '#attribute-colour label:has-text("blue")'


class Held(Visit):
    """A visit to a file on the disk, without a network."""

    def __init__(self, browser, path: Path, **options) -> None:
        super().__init__(browser, path.as_uri(), offline=True, **options)

    def open(self, scene: Scene | None = None) -> Held:
        """Open the file on a scene, and wait until scene and map are shown."""
        self.page.goto(f"{self.url}#{link.write(scene)}" if scene else self.url)
        self.settle()
        self.drawn()
        return self

    def shows(self, point: Point) -> None:
        """The stage shows what Python makes of a point."""
        alike(self.pixels("#stage-after"), point)

    def close(self) -> None:
        """End the visit: nothing but the file itself was asked for."""
        super().close()
        asked = {re.split("[?#]", one)[0] for one in self.asked if not one.startswith(("blob:", "data:"))}
        assert asked == {self.url}


def alike(pixels: np.ndarray, point: Point, model: str = "tiny-shapes") -> None:
    assert np.abs(pixels.astype(int) - open_session(model).render([point])[0]).max() <= 1


@pytest.fixture(scope="module")
def held(made, tmp_path_factory) -> Path:
    """The tiny checkpoints as one file."""
    path = tmp_path_factory.mktemp("stick") / "a walk.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(made))
        onefile.write(("tiny-shapes", "tiny-digits"), path)
    return path


@pytest.fixture
def person(root, browser, held):
    """A visitor of the file."""
    one = Held(browser, held)
    yield one
    one.close()


def test_bytes_stand_in_a_document_as_characters():
    data = bytes(range(256)) * 3 + b"</script><!-- < /" + np.random.default_rng(0).bytes(50_000)
    stands = text(data)
    assert not re.search(rb"[\x00\r]|</|<!", stands) and len(stands) < 1.03 * len(data)
    back = re.sub(rb"(?s)\x1b(.)", lambda found: bytes(((found[1][0] - SHIFT) & 255,)), stands)
    assert back == data and stands.count(bytes((ESCAPE,))) < 0.03 * len(data)


def test_what_is_the_same_is_held_once_and_numbers_lie_in_planes():
    numbers = np.arange(4096, dtype=np.float16).tobytes()
    assert planes(b"aAbBcC", 2) == b"abcABC"
    data, index = box([("points.bin", b"x" * 999), ("again.bin", b"x" * 999), ("cover.webp", numbers)])
    assert index["files"]["points.bin"] == index["files"]["again.bin"] and len(data) == index["length"]
    start, end = index["files"]["cover.webp"]["at"]
    assert data[start:end] == numbers


def test_the_first_edit_of_a_file_on_the_disk_is_that_of_python(person):
    person.open(SHAPES)
    person.shows(SHAPES.point)
    person.after(lambda: person.page.click(BLUE))
    assert person.scene.condition == {"colour": "blue"}
    person.shows(person.scene.point)
    person.page.wait_for_selector(".stage-facts .readings", state="attached")
    assert person.page.get_attribute("#map", "data-drawn") == "canvas"
    for name in ("interpolate", "resample", "directions"):
        person.tab(name)
        person.page.wait_for_selector("#panel .cell img[src^='data:']")
    person.after(lambda: person.choose("tiny-digits"))
    person.drawn()
    assert person.scene.model == "tiny-digits"
    alike(person.pixels("#stage-after"), person.scene.point, "tiny-digits")


def test_the_file_saves_itself_and_what_it_saves_opens(person, browser, held, tmp_path):
    person.open(SHAPES)
    person.page.click('#stage [data-do="save"]')
    assert "plotly" in person.page.inner_text("#dialog")
    with person.page.expect_download() as told:
        person.page.click("#export-file")
    told.value.save_as(tmp_path / "copy.html")
    assert (tmp_path / "copy.html").read_bytes() == held.read_bytes()
    person.page.keyboard.press("Escape")
    person.page.click("#about")
    assert "one file" in person.page.inner_text("#dialog")


def test_the_button_of_the_app_gives_a_file_that_opens(visit, root, browser, tmp_path):
    page = visit(SHAPES).page
    engine = "document.querySelector('script[src$=\"early.js\"]').src.replace('early.js', 'engine/engine.js')"
    page.evaluate(f"import({engine}).then(({{ engine }}) => engine.whenReady())")
    page.click('#stage [data-do="save"]')
    with page.expect_download() as told:
        page.click("#export-file")
    assert told.value.suggested_filename == "tiny-shapes.html"
    told.value.save_as(tmp_path / "saved.html")
    other = Held(browser, tmp_path / "saved.html", width=390)
    other.open()
    other.shows(other.scene.point)
    other.close()


def test_firefox_opens_it_and_draws_the_first_edit(root, held):
    with opened() as page:
        page.open(f"{held.as_uri()}#{link.write(SHAPES)}")
        page.wait("document.querySelector('#workspace')?.dataset.state === 'ready'")
        page.wait("+document.querySelector('#map').dataset.plotted > 0")
        before = page.evaluate("document.querySelector('#stage-after').src")
        alike(unfold(before), SHAPES.point)
        page.evaluate("document.querySelector('#attribute-colour input[value=blue]').click()")
        page.wait(f"document.querySelector('#stage-after').src !== {before!r}")
        page.wait("document.querySelector('#workspace').dataset.state === 'ready'")
        point = link.read(page.evaluate("location.hash")).point
        assert point.condition == {"colour": "blue"}
        alike(unfold(page.evaluate("document.querySelector('#stage-after').src")), point)
        assert not page.errors
        assert {re.split("[?#]", one)[0] for one in page.asked if not one.startswith(("blob:", "data:", "about:"))} <= {
            held.as_uri()  # which Firefox doesn't tell of
        }


def test_a_lesson_in_the_file_walks_a_step(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    said = CliRunner().invoke(
        commands, ["export", "--one-file", DIGITS, "--lesson", LESSON, "-o", str(tmp_path / "lesson.html")]
    )
    assert said.exit_code == 0 and "MB" in said.output
    person = Held(browser, tmp_path / "lesson.html", width=390)
    page = person.page
    person.open()
    page.wait_for_selector('#lesson[data-step="0"]')
    page.locator("#lesson input[type=radio]").first.check()
    page.click("#lesson button[type=submit]")
    page.click("#lesson-next")
    page.wait_for_selector('#lesson[data-step="1"]')
    person.settle()
    page.reload()
    page.wait_for_selector('#lesson[data-step="1"]')
    person.settle()
    person.close()


@pytest.mark.parametrize("name", SMALL)
def test_a_small_model_is_a_small_file(name, monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    assert len(onefile.one_file([name])) <= MOST


def test_a_file_that_was_cut_says_so(browser, held, tmp_path):
    data = held.read_bytes()
    at = data.index(onefile.START.encode()) + 1000
    (tmp_path / "cut.html").write_bytes(data[:at] + data[at + 5 :])
    person = Held(browser, tmp_path / "cut.html")
    person.page.goto(person.url)
    person.page.wait_for_selector('#unpacking:has-text("whole")')
    person.close()


class Named(SimpleHTTPRequestHandler):
    """A host that says of all documents that they are UTF-8, as many do."""

    extensions_map = {".html": "text/html; charset=utf-8"}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_host_that_names_other_characters_serves_it_all_the_same(root, browser, held, tmp_path):
    shutil.copy(held, tmp_path / "walk.html")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Named, directory=str(tmp_path)))
    with hosted(server):
        person = Visit(browser, f"http://127.0.0.1:{server.server_port}/walk.html")
        person.page.goto(person.url)
        person.settle()
        assert person.page.evaluate("document.characterSet") == "UTF-8" != CHARSET
        alike(person.pixels("#stage-after"), person.scene.point)
        person.close()


def test_what_cannot_be_is_one_sentence(root, tmp_path):
    (tmp_path / "mine.html").write_text("<p>My own page</p>")
    with pytest.raises(ExplorerError, match="no page of the explorer"):
        onefile.write(["tiny-shapes"], tmp_path / "mine.html")
    with pytest.raises(ExplorerError, match="no page of the explorer"):
        onefile.write(["tiny-shapes"], tmp_path)
    with pytest.raises(ExplorerError, match="no lesson or file 'absent'"):
        onefile.one_file(["tiny-shapes"], "absent")
    with pytest.raises(ExplorerError, match=f"opens {DIGITS}: name it"):
        onefile.one_file(["tiny-shapes"], LESSON)
    with pytest.raises(ExplorerError, match="no checkpoint"):
        onefile.one_file(["absent"])
    said = CliRunner().invoke(commands, ["export", "tiny-shapes", "--lesson", LESSON, "-o", str(tmp_path / "site")])
    assert isinstance(said.exception, ExplorerError) and "--one-file" in str(said.exception)


def test_a_request_for_what_is_not_there_is_one_sentence(root, made):
    client = TestClient(ui.create_app(made), base_url="http://127.0.0.1")
    answer = client.get("/explorer/one-file.html", params={"name": "absent"})
    assert answer.status_code == 404 and answer.json()["error"].endswith(".")
