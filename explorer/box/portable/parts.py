"""The parts of a checkpoint that run in a page: made when the checkpoint is made, compared with torch, and shipped with it.

| part | in | out |
| --- | --- | --- |
| `decoder` | z, c | x |
| `features` | z, c | the decoder's features as the map of that space has them |
| `encoder` | x, c | the posterior's mean |
| `judge` | x | its logits |
| `letters` | z, c of `LETTERS` at once | each x, flat, and what stands free left and right of it in cells |

Each but the last takes one item at a time, as the session does. What draws random numbers, is too heavy for a frame, or doesn't
agree with torch is left out, with the reason: then the server does it. Only building imports this; serving reads what is there
(`explorer.box.portable.shipped`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.numpy import load
from torch import Tensor, nn

from explorer.box.files import read
from explorer.box.portable import graph, winograd
from explorer.box.portable.graph import NotPortable, trace, work
from explorer.box.portable.runtime import Job, run, version
from explorer.box.portable.shipped import DRAWN, FILE, Part, Shipped
from explorer.core import sources
from explorer.learn.kinds import base as kinds

if TYPE_CHECKING:
    from explorer.box.checkpoints import Checkpoint

HEAVIEST = 400_000_000  # operations: over that a picture takes longer than the server's answer
LETTERS = 13  # half an alphabet: most texts have fewer different letters than two such
COMPARED = 256  # latents and conditions, at least
TOLERANCE = 0.5 / 255  # of a picture: half a step of what a screen shows
RELATIVE = 1e-3  # of anything else: share of its largest number


class _Wrapped(nn.Module):
    """A function of a module as the forward pass of another, so that its weights are found."""

    def __init__(self, module: nn.Module, function: Callable[..., Tensor], **buffers: Tensor) -> None:
        super().__init__()
        self.module, self.function = module, function
        for name, values in buffers.items():
            self.register_buffer(name, values)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(self, *inputs)


def code(checkpoint: Checkpoint) -> str:
    """The hash of the code that a checkpoint's graphs follow from: its family, its judge, and the exporter."""
    things = [type(checkpoint.model), graph, winograd]
    return sources.of(*things, *([type(checkpoint.judge)] if checkpoint.judge is not None else []))


def versions() -> dict[str, str]:
    """Of what makes and compares the graphs."""
    return {"torch": torch.__version__, "onnxruntime-web": version()}


def make(checkpoint: Checkpoint) -> dict[str, bytes]:
    """Trace, compare and write the parts of a checkpoint (some seconds).

    Returns:
        name -> content of its files: `graphs.json`, and `<part>.onnx` for each part that runs in the page.

    Raises:
        ExplorerError: the page's runtime doesn't run here.
    """
    traced, reasons = _traced(checkpoint)
    answers = run({name: part.job for name, part in traced.items()}) if traced else {}
    parts: dict[str, Part] = {}
    for name, part in traced.items():
        try:
            error = _error(name, answers[name], part.expected)
        except NotPortable as reason:
            reasons[name] = str(reason)
            continue
        parts[name] = Part(
            size=len(part.job.model), weights=tuple(part.job.weights), weighs=sum(v.nbytes for v in part.job.weights.values()),
            work=part.work, error=error, compared=len(part.expected),
        )  # fmt: skip
    if "decoder" not in parts:
        reasons.setdefault("decoder", "What this model makes is made on the server.")
    made = Shipped(
        code=code(checkpoint),
        versions=versions(),
        parts=parts,
        reasons=reasons,
    )
    files = {f"{name}.onnx": traced[name].job.model for name in parts}
    return files | {FILE: (made.model_dump_json(indent=1) + "\n").encode()}


def stored(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """All weights of a checkpoint's files, by `<file>/<tensor>`, as they are stored; those in eight bits have scales."""
    found = {}
    for stem, prefixes in (("model", ("",)), ("judge", ("",)), ("items", ("features.", "latent."))):
        if f"{stem}.safetensors" not in checkpoint.card.sha256:
            continue
        tensors = load(read(checkpoint.folder, f"{stem}.safetensors", checkpoint.card))
        found |= {
            f"{stem}/{name}": values
            for name, values in tensors.items()
            if values.dtype in (np.float16, np.float32, np.int8) and name.startswith(prefixes)
        }
    return found


def _modules(checkpoint: Checkpoint, latents: list[Tensor]) -> Iterator[tuple[str, nn.Module, dict[str, Tensor]]]:
    """Each part that this checkpoint has, with the inputs over which it is compared, [n, ...] each."""
    card, model = checkpoint.card, checkpoint.model
    if not kinds.of(card.latent).portable or card.modality not in DRAWN:
        return  # the page doesn't know how to draw it
    z, c = latents
    yield "decoder", _Wrapped(model, lambda self, z, c: self.module.decode(z, c)), {"z": z, "c": c}
    if any(spec.space == "features" for spec in card.maps) and "features" in model.capabilities:
        mean, components = checkpoint.items.tensor("features.mean"), checkpoint.items.tensor("features.components")
        project = lambda self, z, c: (self.module.features(z, c) - self.mean) @ self.components.T  # noqa: E731
        yield "features", _Wrapped(model, project, mean=mean, components=components), {"z": z, "c": c}
    if "bearings" in card.capabilities:
        lettered = _Wrapped(
            model,
            lambda self, z, c: torch.cat(
                [self.module.decode(z[0], c[0]).flatten(1), self.module.bearings(z[0], c[0])], 1
            )[None],
        )
        groups = len(z) // LETTERS
        yield (
            "letters",
            lettered,
            {name: x[: groups * LETTERS].unflatten(0, (groups, LETTERS)) for name, x in (("z", z), ("c", c))},
        )
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
    weights = stored(checkpoint)
    for name, module, inputs in _modules(checkpoint, list(_latents(checkpoint))):
        try:
            traced[name] = _trace(module, inputs, weights)
        except NotPortable as reason:
            reasons[name] = str(reason)
    return traced, reasons


def _trace(module: nn.Module, inputs: dict[str, Tensor], weights: dict[str, np.ndarray]) -> _Traced:
    example = [values[:1] for values in inputs.values()]
    operations = work(module, example)
    if operations > HEAVIEST:
        raise NotPortable(
            f"One pass takes {operations / 1e6:.0f} million operations, too many for a frame of the page."
        )
    model, read_ = trace(module, example, list(inputs), weights)
    job = Job(model, {key: values.numpy() for key, values in inputs.items()}, {key: weights[key] for key in read_})
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
