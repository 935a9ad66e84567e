"""A module -> an ONNX file as small as the weights it holds: what fits 16 bits is stored in 16 and widened in the graph."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.utils.flop_counter import FlopCounterMode

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


def trace(module: nn.Module, inputs: Sequence[Tensor], names: Sequence[str]) -> bytes:
    """Write a module as ONNX, its shapes fixed to those of the inputs, its output named `out`.

    Args:
        module: in eval mode, float32.
        inputs: one example of each input.
        names: of the inputs.

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
            raise NotPortable(f"It can't be written as a graph: {str(error).splitlines()[0][:160]}.") from error
    proto = program.model_proto
    drawn = sorted({node.op_type for node in proto.graph.node if node.op_type.startswith(("Random", "Bernoulli"))})
    if drawn:
        raise NotPortable(f"It draws random numbers ({', '.join(drawn)}), so that no two runs agree.")
    winograd.rewrite(proto)
    halve(proto.graph)
    proto.doc_string = ""
    for node in proto.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    return proto.SerializeToString()


def halve(graph: GraphProto) -> None:
    """Store what 16-bit floats hold exactly as such, followed by a cast: the same numbers in half the bytes."""
    import numpy as np
    import onnx

    casts = []
    for tensor in graph.initializer:
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
