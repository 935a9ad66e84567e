"""What arithmetic this machine has."""

from __future__ import annotations

import torch


def has_bfloat16() -> bool:
    """Whether bfloat16 is the processor's own: one that must emulate it takes many times as long as with float32."""
    return any(has for feature, has in torch.cpu.get_capabilities().items() if "bf16" in feature)


def fastest() -> torch.autocast:
    """A context in which what may be done in bfloat16 is, where that is faster than float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16())
