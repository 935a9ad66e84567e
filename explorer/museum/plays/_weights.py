"""Weights that plays need: one safetensors file each beside this one, its facts as JSON in the header; nothing else is read."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from explorer.core.schema import ExplorerError

FOLDER = Path(__file__).parent / "_weights"


@lru_cache(maxsize=16)
def read(name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors of a file, floats as float32, and its facts.

    Raises:
        ExplorerError: it is missing, or no such file.
    """
    try:
        with safe_open(FOLDER / f"{name}.safetensors", "pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            facts = json.loads(file.metadata()["facts"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        raise ExplorerError(f"The weights {name} of this play are missing or damaged.", "play") from None
    return {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()}, facts


def write(name: str, tensors: dict[str, Tensor], facts: dict[str, Any], half: bool = False) -> Path:
    """Store weights for a play; `half` keeps floats as float16."""
    kept = {key: (v.half() if half and v.is_floating_point() else v).contiguous() for key, v in tensors.items()}
    path = FOLDER / f"{name}.safetensors"
    save_file({key: torch.clone(v) for key, v in kept.items()}, path, metadata={"facts": json.dumps(facts)})
    return path
