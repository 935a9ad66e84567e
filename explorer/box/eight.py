"""Weights in eight bits: whole numbers from -127 to 127, and a scale for each row.

A row of a matrix, or a filter, has a range of its own, so one scale a row keeps small rows exact (per-channel symmetric
quantisation, Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference", arXiv 1806.08342, section 2.2).
They are widened to float32 when they are read, by Python and by the graphs in the page alike: the same products.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from explorer.box.items import SCALE

MOST = 127


def packed(name: str, values: Tensor) -> dict[str, Tensor]:
    """Weights float32 [n, ...] -> `name` int8 [n, ...], and `<name>.scale` float32 [n, 1, ...]."""
    largest = values.abs().amax(tuple(range(1, values.dim())), keepdim=True)
    scale = (largest / MOST).clamp(min=1e-12)
    return {name: (values / scale).round().to(torch.int8).contiguous(), name + SCALE: scale}


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All weights of a file with those in eight bits widened to float32, and their scales left out.

    Raises:
        ValueError: scales that don't fit: the message names the tensor.
    """
    small = {name for name, tensor in tensors.items() if tensor.dtype == torch.int8 and name + SCALE in tensors}
    out = {}
    for name, tensor in tensors.items():
        if name in small:
            scale = tensors[name + SCALE]
            if scale.dtype != torch.float32 or scale.shape != (*tensor.shape[:1], *(1,) * (tensor.dim() - 1)):
                raise ValueError(name)
            out[name] = tensor.float() * scale
        elif name.removesuffix(SCALE) not in small:
            out[name] = tensor
    return out
