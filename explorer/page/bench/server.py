"""A server in a process of its own, on a free port."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from explorer.core.schema import ExplorerError
from explorer.page.serving.port import free

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 180.0


class Server(NamedTuple):
    """A server that runs: its address, the seconds until it answered, its process."""

    url: str
    seconds: float
    pid: int


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Of a program as people start it: Python keeps what it compiled, unless somebody told it otherwise."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | dict(more or {})


@contextmanager
def running(command: list[str], more: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run a Python program with `--port`, until the context ends; `more`: variables of its environment.

    Raises:
        ExplorerError: it ended, or didn't answer in three minutes.
    """
    port = free()
    url = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command, "--port", str(port)],
        cwd=ROOT, env=environment(more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not _answers(url):
            if process.poll() is not None or time.perf_counter() - started > PATIENCE:
                raise ExplorerError(f"The server `{' '.join(command)}` doesn't start.", "checkpoint")
            time.sleep(0.02)
        yield Server(url, time.perf_counter() - started, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
