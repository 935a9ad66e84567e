"""Where the time of a start goes, until a person can use the page, and what memory the server holds meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from explorer.page.bench import bare
from explorer.page.bench.page import PATIENCE, READY
from explorer.page.bench.server import ROOT, environment, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# As app.py does it, piece by piece; each in milliseconds.
IMPORTS = """
import gc, json, time
gc.disable()
last, taken = time.perf_counter(), {}
def step(name):
    global last
    now = time.perf_counter()
    taken[name] = round(1000 * (now - last))
    last = time.perf_counter()
import gradio; step("Gradio")
import explorer.page.ui; step("explorer")
explorer.page.ui.create_app(); step("the app")
import explorer.page.act; step("what computes, behind the first page")
print(json.dumps(taken))
"""
# How long the document took, the page's own scripts, Gradio until the workspace was up, and the answer to the first scene.
PHASES = """() => {
  const entries = performance.getEntriesByType("resource");
  const scripts = entries.filter((e) => /\\/explorer\\/assets\\/.*\\.js/.test(e.name) && !/ort|engine/.test(e.name));
  const asked = entries.filter((e) => /component_server/.test(e.name)).sort((a, b) => a.startTime - b.startTime)[0];
  const ends = [
    ["document", performance.getEntriesByType("navigation")[0].responseEnd],
    ["scripts", Math.min(asked.startTime, Math.max(...scripts.map((e) => e.responseEnd)))],
    ["Gradio puts the workspace up", asked.startTime],
    ["first scene", asked.responseEnd],
  ];
  return ends.map(([name, end], k) => [name, Math.round(end - (k ? ends[k - 1][1] : 0))]);
}"""


def server() -> dict[str, int]:
    """What the start of the server consists of, in milliseconds."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def page(browser: Browser, url: str, visits: int = 5) -> dict[str, Any]:
    """A browser without a cache comes to a server that runs: median seconds until the page is usable, and that visit's phases."""
    taken: list[tuple[float, list[list[Any]]]] = []
    for _ in range(visits):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        try:
            visit = context.new_page()
            visit.set_default_timeout(PATIENCE)
            visit.goto(url)
            seconds = visit.wait_for_function(READY, arg=1).json_value()
            taken.append((seconds, visit.evaluate(PHASES)))
        finally:
            context.close()
    seconds, phases = sorted(taken)[len(taken) // 2]
    known = dict(phases)
    return {"seconds": seconds, "phases": {**known, "map and panel": round(1000 * seconds) - sum(known.values())}}


def beside(browser: Browser, starts: int) -> dict[str, float]:
    """Median seconds from the command to a page that can be used, of the explorer and of the bare app, in turn."""
    app, plain = [], []
    for _ in range(starts):
        app.append(_whole(browser, ["app.py"], READY))
        plain.append(_whole(browser, bare.COMMAND, bare.READY))
    app_s, bare_s = median(app), median(plain)
    return {"app_s": app_s, "bare_s": bare_s, "ratio": app_s / bare_s}


def _whole(browser: Browser, command: list[str], ready: str) -> float:
    begun = time.perf_counter()
    with running(command) as server:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        try:
            visit = context.new_page()
            visit.set_default_timeout(PATIENCE)
            visit.goto(server.url)
            visit.wait_for_function(ready, arg=1)
            return time.perf_counter() - begun
        finally:
            context.close()


def memory(pid: int) -> int | None:
    """Megabytes that a process holds (its resident set); None where the system doesn't say so in /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
