"""Weights that a claim trains are kept, so that a measurement which was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from explorer.learn.data.base import cache_folder


def place(name: str, key: dict[str, Any]) -> Path:
    """Where the run of a name and of all that decides it (plain JSON) lies in the cache folder, without an ending."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    return cache_folder("claims") / f"{name}-{digest}"


def once(name: str, key: dict[str, Any], make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """The tensors that `make` gives, made at the first call and read afterwards."""
    path = place(name, key).with_suffix(".safetensors")
    if not path.is_file():
        partial = path.with_suffix(".partial")
        save_file({k: v.contiguous() for k, v in make().items()}, partial)
        partial.replace(path)
    return load_file(path)
