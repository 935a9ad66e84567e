"""The latencies and throughputs of this machine, all in one run, so that their ratios mean something.

A server of its own process is visited by a headless browser, as a person would; beside it runs the smallest app of the
same Gradio, whose callback returns what it is given.
"""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio
import torch

from explorer.box.checkpoints import available, load
from explorer.box.portable.shipped import shipped
from explorer.core.schema import ExplorerError
from explorer.page.bench import bare, browser, crowd, frame, light, model, page, start, synthetic
from explorer.page.bench.server import running

SIZES = (10_000, 100_000)


def measure(quick: bool = False, say: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Measure everything on the checkpoint that opens first.

    Args:
        quick: few repetitions.
        say: told what is measured next.

    Returns:
        JSON-able figures; times in milliseconds unless the name says seconds.

    Raises:
        ExplorerError: no checkpoint, no browser, or no playwright.
    """
    names = list(available())
    if not names:
        raise ExplorerError("There is no checkpoint to measure.", "checkpoint")
    name, n = names[0], 20 if quick else 200
    figures: dict[str, Any] = {"machine": machine(), "checkpoint": name, "quick": quick}
    say(f"model of {name}: encode and decode")
    figures["model"] = model.throughput(name, 0.5 if quick else 3.0)
    with browser.browser() as driver:
        if "decoder" in shipped(load(name)).parts:
            say("the first pictures of its site over a slow line")
            figures["light"] = light.opening(driver, name)
        say("the bare round trip of Gradio")
        with running(bare.COMMAND) as plain:
            figures["bare"] = bare.round_trip(driver, plain.url, n)
        say("the page: start, slider, click, hover")
        with running(["app.py"]) as app:
            idle = start.memory(app.pid)
            figures["page"] = page.visit(driver, app.url, n)
            say("a slider's picture, made in the page and by the server")
            figures["frame"] = frame.both(driver, app.url, n)
            say("twenty sessions that drag at once")
            figures["crowd"] = crowd.drag(driver, app.url, seconds=3 if quick else 15)
            say("where the time of a start goes")
            figures["start"] = {
                "server_s": app.seconds, "server": start.server(), "page": start.page(driver, app.url),
                "idle_mb": idle, "used_mb": start.memory(app.pid),
            }  # fmt: skip
        figures["map"] = {}
        with tempfile.TemporaryDirectory() as scratch:
            for size in SIZES:
                say(f"map of {size:,} points")
                root = Path(scratch) / str(size)
                synthetic.resize(name, root / name, size)
                with running(["app.py", "--checkpoints", str(root)]) as app:
                    figures["map"][str(size)] = page.map_of(driver, app.url, size, 2 if quick else 5)
    return figures


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
