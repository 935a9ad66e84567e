"""A module -> an ONNX file without its weights: it names the stored tensors that it reads, and widens those of 16 or 8 bits.

What is no stored tensor (a constant, a transform of weights) stays in the file, in 16 bits where that holds it exactly.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.utils.flop_counter import FlopCounterMode

from explorer.box.items import SCALE
from explorer.box.portable import winograd

if TYPE_CHECKING:
    from onnx import GraphProto

SMALL = 64  # numbers; below that two more nodes in the graph weigh more than what they save


class NotPortable(Exception):
    """A module that can't be written as a fixed graph; the message says why in one sentence."""


@torch.inference_mode()
def work(module: nn.Module, inputs: Sequence[Tensor]) -> int:
    """Floating-point operations of one pass (a multiplication and an addition are two)."""
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    return int(counter.get_total_flops())


def trace(
    module: nn.Module, inputs: Sequence[Tensor], names: Sequence[str], stored: Mapping[str, np.ndarray] | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Write a module as ONNX, its shapes fixed to those of the inputs, its output named `out`.

    Args:
        module: in eval mode, float32.
        inputs: one example of each input.
        names: of the inputs.
        stored: name -> float16, float32, or int8 with scales of its rows, of the tensors that lie in the checkpoint's files.

    Returns:
        the file, and the names of the stored tensors that it reads: each is external data of that name.

    Raises:
        NotPortable: it draws random numbers, or an operator has no counterpart.
    """
    import onnxscript  # these two take a quarter of a second and 100 MB that a warm start needn't pay

    with _quiet():
        try:
            program = torch.onnx.export(
                module.eval(), tuple(inputs), dynamo=True, external_data=False, optimize=False, verbose=False,
                input_names=list(names), output_names=["out"],
            )  # fmt: skip
            # Without constant folding: it would widen weights, and fold normalisations into them, which takes 32 bits
            # a number on the wire; the runtime does the same in a few milliseconds when it opens the file.
            onnxscript.optimizer.optimize_ir(program.model, input_size_limit=0, output_size_limit=0)
        except Exception as error:
            raise NotPortable(f"It can't be written as a graph: {_why(error)}.") from error
    proto = program.model_proto
    drawn = sorted({node.op_type for node in proto.graph.node if node.op_type.startswith(("Random", "Bernoulli"))})
    if drawn:
        raise NotPortable(f"It draws random numbers ({', '.join(drawn)}), so that no two runs agree.")
    winograd.rewrite(proto)
    weights = detach(proto.graph, stored or {})
    halve(proto.graph)
    proto.doc_string = ""
    for node in proto.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del proto.graph.value_info[:]
    return proto.SerializeToString(deterministic=True), weights


def detach(graph: GraphProto, stored: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Take the numbers that lie in a checkpoint's files out of a graph -> the names of those that it now reads from there.

    A matrix that the exporter has turned is turned in the graph instead.
    """
    import onnx
    from onnx.helper import make_node

    known: dict[tuple[tuple[int, ...], bytes], tuple[str, bool]] = {}
    for name, values in stored.items():
        wide = values.astype(np.float32)
        if values.dtype == np.int8:
            wide *= stored[name + SCALE]
        if wide.ndim == 2:
            known.setdefault((wide.T.shape, np.ascontiguousarray(wide.T).tobytes()), (name, True))
        known[wide.shape, wide.tobytes()] = name, False
    before: list[Any] = []
    used: dict[str, str] = {}
    kept = []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        found = (
            known.get((values.shape, values.tobytes())) if values.dtype == np.float32 and values.size >= SMALL else None
        )
        if found is None:
            kept.append(tensor)
            continue
        name, turned = found
        if name not in used:
            used[name] = _external(name, stored[name], kept, before)
            if stored[name].dtype == np.int8:
                scale = name + SCALE
                used[scale] = _external(scale, stored[scale], kept, before)
                before.append(make_node("Mul", [used[name], used[scale]], [f"{name}.scaled"]))
                used[name] = f"{name}.scaled"
        way = ("Transpose", {"perm": [1, 0]}) if turned else ("Identity", {})
        before.append(make_node(way[0], [used[name]], [tensor.name], **way[1]))
    nodes = [*before, *graph.node]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.node[:]
    graph.node.extend(nodes)
    return tuple(sorted(used))


def _external(name: str, values: np.ndarray, kept: list[Any], before: list[Any]) -> str:
    """Put a tensor without numbers into a graph, and what widens it -> the name of its float32 value there."""
    import onnx

    tensor = onnx.TensorProto(name=name, dims=values.shape, data_location=onnx.TensorProto.EXTERNAL)
    tensor.data_type = onnx.helper.np_dtype_to_tensor_dtype(values.dtype)
    for key, value in (("location", name), ("offset", "0"), ("length", str(values.nbytes))):
        tensor.external_data.add(key=key, value=value)
    kept.append(tensor)
    if values.dtype == np.float32:
        return name
    before.append(onnx.helper.make_node("Cast", [name], [f"{name}.wide"], to=onnx.TensorProto.FLOAT))
    return f"{name}.wide"


def halve(graph: GraphProto) -> None:
    """Store what 16-bit floats hold exactly as such, followed by a cast: the same numbers in half the bytes."""
    import onnx

    casts = []
    for tensor in graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            continue
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL:
            continue
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _why(error: BaseException) -> str:
    """The first line of the error at the bottom, without the colours of a terminal."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip() or type(error).__name__
    return text.splitlines()[0][:160].rstrip(". ")


@contextmanager
def _quiet() -> Iterator[None]:
    """No word of torch's on what is no concern of ours; and distributions unchecked, since a traced tensor has no values."""
    import warnings

    log = logging.getLogger("torch.onnx")
    level, checked = log.level, _checked()
    log.setLevel(logging.CRITICAL)
    Distribution.set_default_validate_args(False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Distribution.set_default_validate_args(checked)
        log.setLevel(level)


def _checked() -> Any:
    return Distribution._validate_args
