"""The parts of a checkpoint that run in a page: made once, compared with torch, kept under a key of all they follow from.

| part | in | out |
| --- | --- | --- |
| `decoder` | z, c | x |
| `features` | z, c | the decoder's features as the map of that space has them |
| `encoder` | x, c | the posterior's mean |
| `judge` | x | its logits |

Each takes one item at a time, as the session does. What draws random numbers, is too heavy for a frame, or doesn't agree
with torch is left out, with the reason: then the server does it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from explorer.box.portable.graph import NotPortable, trace, work
from explorer.box.portable.runtime import Job, package, run, version
from explorer.learn import models, plugins
from explorer.learn.data.base import cache_folder
from explorer.learn.kinds import base as kinds

if TYPE_CHECKING:
    from explorer.box.checkpoints import Checkpoint

EXPORTER = 2  # another number makes everything anew
HEAVIEST = 400_000_000  # operations: over that a picture takes longer than the server's answer
COMPARED = 256  # latents and conditions, at least
TOLERANCE = 0.5 / 255  # of a picture: half a step of what a screen shows
RELATIVE = 1e-3  # of anything else: share of its largest number
KEPT = 24  # checkpoints in the cache; the oldest go first


@dataclass(frozen=True)
class Part:
    """One part as a file.

    Attributes:
        file: name in the cache.
        size: bytes.
        work: floating-point operations of one pass.
        error: largest absolute difference to torch.
        compared: over how many inputs.
    """

    file: str
    size: int
    work: int
    error: float
    compared: int


@dataclass(frozen=True)
class Portable:
    """What of a checkpoint runs elsewhere: `parts` by name, and for each of the others the reason why not."""

    parts: dict[str, Part]
    reasons: dict[str, str]

    def read(self, name: str) -> bytes:
        """The ONNX file of a part."""
        return (_folder() / self.parts[name].file).read_bytes()


class _Wrapped(nn.Module):
    """A function of a module as the forward pass of another, so that its weights are found."""

    def __init__(self, module: nn.Module, function: Callable[..., Tensor], **buffers: Tensor) -> None:
        super().__init__()
        self.module, self.function = module, function
        for name, values in buffers.items():
            self.register_buffer(name, values)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(self, *inputs)


def found(checkpoint: Checkpoint) -> Portable | None:
    """The parts that were made before, or None."""
    path = _record(checkpoint)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        parts = {name: Part(**part) for name, part in record["parts"].items()}
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if any(not (path.parent / part.file).is_file() for part in parts.values()):
        return None
    return Portable(parts, record["reasons"])


def make(checkpoint: Checkpoint) -> Portable:
    """The parts of a checkpoint: those made before, or made and compared now (some seconds)."""
    if known := found(checkpoint):
        return known
    record = _record(checkpoint)
    traced, reasons = _traced(checkpoint)
    answers = run({name: part.job for name, part in traced.items()}) if traced else {}
    parts: dict[str, Part] = {}
    for name, part in traced.items():
        try:
            error = _error(name, answers[name], part.expected)
        except NotPortable as reason:
            reasons[name] = str(reason)
            continue
        path = record.with_name(f"{record.stem}-{name}.onnx")
        path.write_bytes(part.job.model)
        parts[name] = Part(path.name, len(part.job.model), part.work, error, len(part.expected))
    if "decoder" not in parts:
        reasons.setdefault("decoder", "What this model makes is made on the server.")
    result = {"parts": {name: asdict(part) for name, part in parts.items()}, "reasons": reasons}
    partial = record.with_suffix(".partial")
    partial.write_text(json.dumps(result), encoding="utf-8")
    partial.replace(record)
    _forget()
    return Portable(parts, reasons)


def figures(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the card says of it: for each part the largest error against torch in millionths, its work and its size.

    Returns:
        part -> `error_millionths` (of a picture's range; for the others in units of what they give), `compared`, `mflop`,
        `kilobytes`; and the sentence `<part>_stays`, where one stays on the server.
    """
    portable = make(checkpoint)
    rows: dict[str, Any] = {
        name: {
            "error_millionths": 1e6 * part.error,
            "compared": part.compared,
            "mflop": part.work / 1e6,
            "kilobytes": round(part.size / 1000),
        }
        for name, part in portable.parts.items()
    }
    return rows | {f"{name}_stays": reason for name, reason in portable.reasons.items()}


def _modules(checkpoint: Checkpoint, latents: list[Tensor]) -> Iterator[tuple[str, nn.Module, dict[str, Tensor]]]:
    """Each part that this checkpoint has, with the inputs over which it is compared, [n, ...] each."""
    card, model = checkpoint.card, checkpoint.model
    if not kinds.of(card.latent).portable or card.modality != "image":
        return  # the page knows how to draw pictures alone
    z, c = latents
    yield "decoder", _Wrapped(model, lambda self, z, c: self.module.decode(z, c)), {"z": z, "c": c}
    if any(spec.space == "features" for spec in card.maps) and "features" in model.capabilities:
        mean, components = checkpoint.items.tensor("features.mean"), checkpoint.items.tensor("features.components")
        project = lambda self, z, c: (self.module.features(z, c) - self.mean) @ self.components.T  # noqa: E731
        yield "features", _Wrapped(model, project, mean=mean, components=components), {"z": z, "c": c}
    if "encode" not in card.capabilities and checkpoint.judge is None:
        return
    x = _pictures(checkpoint, z, c)
    if "encode" in card.capabilities:
        yield "encoder", _Wrapped(model, lambda self, x, c: self.module.encode(x, c).mean), {"x": x, "c": c}
    if checkpoint.judge is not None:
        yield "judge", _Wrapped(checkpoint.judge, lambda self, x: self.module(x)), {"x": x}


@dataclass(frozen=True)
class _Traced:
    job: Job
    work: int
    expected: np.ndarray


def _traced(checkpoint: Checkpoint) -> tuple[dict[str, _Traced], dict[str, str]]:
    """Each part as a graph with what torch gives, and the reasons of those that can't be one."""
    traced: dict[str, _Traced] = {}
    reasons: dict[str, str] = {}
    for name, module, inputs in _modules(checkpoint, list(_latents(checkpoint))):
        try:
            traced[name] = _trace(module, inputs)
        except NotPortable as reason:
            reasons[name] = str(reason)
    return traced, reasons


def _trace(module: nn.Module, inputs: dict[str, Tensor]) -> _Traced:
    example = [values[:1] for values in inputs.values()]
    operations = work(module, example)
    if operations > HEAVIEST:
        raise NotPortable(
            f"One pass takes {operations / 1e6:.0f} million operations, too many for a frame of the page."
        )
    job = Job(trace(module, example, list(inputs)), {key: values.numpy() for key, values in inputs.items()})
    return _Traced(job, operations, _one_by_one(module, list(inputs.values())))


def _error(name: str, given: np.ndarray | str, expected: np.ndarray) -> float:
    """The largest absolute difference; refused above what a person could notice."""
    if isinstance(given, str):
        raise NotPortable(f"The page's runtime can't run it: {given[:160]}.")
    if given.shape != expected.shape or not np.isfinite(given).all():
        raise NotPortable("What the graph gives isn't what torch gives.")
    error = float(np.abs(given - expected).max())
    limit = TOLERANCE if name == "decoder" else RELATIVE * max(1.0, float(np.abs(expected).max()))
    if error > limit:
        raise NotPortable(f"What the graph gives differs from torch by {error:.2g}, more than {limit:.2g}.")
    return error


@torch.inference_mode()
def _one_by_one(module: nn.Module, inputs: Sequence[Tensor]) -> np.ndarray:
    rows = [module(*(values[k : k + 1] for values in inputs)) for k in range(len(inputs[0]))]
    return torch.cat(rows).numpy()


@torch.inference_mode()
def _latents(checkpoint: Checkpoint) -> Iterator[Tensor]:
    """Latents [n, *latent.shape] and conditions [n, C] as the page meets them: items and far from them, values and blends."""
    card, items = checkpoint.card, checkpoint.items
    if not kinds.of(card.latent).portable:
        return
    rng = np.random.default_rng(0)
    rows = rng.integers(card.items, size=COMPARED // 2)
    z = items.tensor("z")[torch.from_numpy(rows)].float()
    spread = torch.from_numpy(rng.normal(size=z.shape)).float() * items.tensor("z.std").reshape(z.shape[1:])
    c = card.conditions.encode_codes(items.codes[rows])
    c[1::4] = c[rng.permutation(len(c))[: len(c[1::4])]]  # other values asked
    c[2::4] = 0.5 * c[2::4] + 0.5 * c[rng.permutation(len(c))[: len(c[2::4])]]  # blends
    c[3::8] = 0.0  # nothing asked
    yield torch.cat([z, z + spread])
    yield torch.cat([c, c])


def _pictures(checkpoint: Checkpoint, z: Tensor, c: Tensor) -> Tensor:
    """Items to read [n, *shape]: what the decoder makes of latents, every second one with noise."""
    x = torch.from_numpy(_one_by_one(_Wrapped(checkpoint.model, lambda self, z, c: self.module.decode(z, c)), [z, c]))
    noise = torch.from_numpy(np.random.default_rng(1).normal(size=x[::2].shape)).float()
    x[::2] = (x[::2] + 0.2 * noise).clamp(0, 1)
    return x


def _folder() -> Path:
    return cache_folder("onnx")


def _record(checkpoint: Checkpoint) -> Path:
    """Where a checkpoint's parts are noted: named by its files, the code of all models, and the versions that made them."""
    card = checkpoint.card
    digest = hashlib.sha256()
    for part in (card.family, sorted(card.arguments.items()), sorted(card.sha256.items()), EXPORTER, torch.__version__):
        digest.update(repr(part).encode())
    digest.update(version().encode())
    for room in (models, plugins):
        for path in sorted(Path(room.__file__).parent.rglob("*.py")):
            digest.update(path.read_bytes())
    return _folder() / f"{digest.hexdigest()[:24]}.json"


def _forget() -> None:
    records = sorted(_folder().glob("*.json"), key=lambda path: path.stat().st_mtime)
    for record in records[:-KEPT]:
        for path in record.parent.glob(f"{record.stem}*"):
            path.unlink(missing_ok=True)


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
