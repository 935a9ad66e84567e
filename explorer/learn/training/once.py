"""Weights that a claim trains are kept, so that a measurement which was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from explorer.core.sources import sources
from explorer.learn.data.base import cache_folder

LEARN = ("explorer.learn",)


def place(name: str, key: dict[str, Any], code: str) -> Path:
    """Where the run of a name lies in the cache folder, without an ending.

    Args:
        name: for people.
        key: the recipe, all that decides the run but code, as plain JSON.
        code: full name of the module that trains; the run is made anew when it, or what it imports of `learn`, changes.
    """
    whole = {"recipe": key, "code": sources(code, within=LEARN)}
    digest = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]
    return cache_folder("claims") / f"{name}-{digest}"


def once(name: str, key: dict[str, Any], code: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """The tensors that `make` gives, made at the first call and read afterwards; see `place`."""
    path = place(name, key, code).with_suffix(".safetensors")
    if not path.is_file():
        partial = path.with_suffix(".partial")
        save_file({k: v.contiguous() for k, v in make().items()}, partial)
        partial.replace(path)
    return load_file(path)
