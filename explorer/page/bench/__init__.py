"""The latencies and throughputs of this machine, all in one run, so that their ratios mean something.

A server of its own process is visited by a headless browser, as a person would; beside it runs the smallest app of the
same Gradio, whose callback returns what it is given.
"""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio
import torch

from explorer.box.checkpoints import available, load
from explorer.box.portable.shipped import shipped
from explorer.core.schema import ExplorerError
from explorer.page.bench import bare, browser, frame, light, model, page, people, start, synthetic, visits
from explorer.page.bench.server import Server, running

SIZES = (10_000, 100_000)


PARTS = ("model", "light", "bare", "page", "frame", "start", "visits", "map", *people.ROWS)
OF_PAGE = ("page", "frame")  # measured on one server, one after the other


def measure(
    quick: bool = False, say: Callable[[str], None] = lambda text: None, only: Sequence[str] = ()
) -> dict[str, Any]:
    """Measure everything on the checkpoint that opens first.

    Args:
        quick: few repetitions.
        say: told what is measured next.
        only: names of the parts to measure, of `PARTS`; all when left out.

    Returns:
        JSON-able figures, by part; times in milliseconds unless the name says seconds.

    Raises:
        ExplorerError: no checkpoint, no browser, or no playwright; no such part.
    """
    names = list(available())
    if not names:
        raise ExplorerError("There is no checkpoint to measure.", "checkpoint")
    if unknown := [part for part in only if part not in PARTS]:
        raise ExplorerError(f"There is no part {unknown[0]!r} of the benchmark; there are {', '.join(PARTS)}.")
    name, n, wanted = names[0], 20 if quick else 200, set(only or PARTS)
    figures: dict[str, Any] = {"machine": machine(), "checkpoint": name, "quick": quick}
    if "model" in wanted:
        say(f"model of {name}: encode and decode")
        figures["model"] = model.throughput(name, 0.5 if quick else 3.0)
    for row in [row for row in people.ROWS if row in wanted]:
        say(f"people at one server: {row}")
        with running(["app.py"]) as app:
            figures[row] = people.ROWS[row](app, 5 if quick else 20)
    if not wanted - {"model", *people.ROWS}:
        return figures
    with browser.browser() as driver:
        if "light" in wanted and "decoder" in shipped(load(name)).parts:
            say("the first pictures of its site over a slow line")
            figures["light"] = light.opening(driver, name)
        if "bare" in wanted:
            say("the bare round trip of Gradio")
            with running(bare.COMMAND) as plain:
                figures["bare"] = bare.round_trip(driver, plain.url, n)
        if wanted & {*OF_PAGE, "start"}:
            with running(["app.py"]) as app:
                figures |= _page(driver, app, wanted, quick, say)
        if "start" in wanted:
            say("a start beside that of a bare app")
            figures["start"]["whole"] = start.beside(driver, 2 if quick else 5)
        if "visits" in wanted:
            say("first visits of each model that runs in the page")
            figures["visits"] = visits.first(driver, 3 if quick else None)
        if "map" in wanted:
            figures["map"] = _maps(driver, name, quick, say)
    return figures


def _page(driver: Any, app: Server, wanted: set[str], quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    n = 20 if quick else 200
    idle, figures = start.memory(app.pid), {}
    if "page" in wanted:
        say("the page: start, slider, click, hover")
        figures["page"] = page.visit(driver, app.url, n)
    if "frame" in wanted:
        say("a slider's picture, made in the page and by the server")
        figures["frame"] = frame.both(driver, app.url, n)
    if "start" in wanted:
        say("where the time of a start goes")
        figures["start"] = {
            "server_s": app.seconds, "server": start.server(), "page": start.page(driver, app.url),
            "idle_mb": idle, "used_mb": start.memory(app.pid),
        }  # fmt: skip
    return figures


def _maps(driver: Any, name: str, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    made = {}
    with tempfile.TemporaryDirectory() as scratch:
        for size in SIZES:
            say(f"map of {size:,} points")
            root = Path(scratch) / str(size)
            synthetic.resize(name, root / name, size)
            with running(["app.py", "--checkpoints", str(root)]) as app:
                made[str(size)] = page.map_of(driver, app.url, size, 2 if quick else 5)
    return made


def machine() -> dict[str, Any]:
    """What was measured on."""
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "platform": platform.machine(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "gradio": gradio.__version__,
    }
