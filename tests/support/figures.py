"""Numbers of a plotly figure, which packs them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np


def numbers(packed: dict[str, Any]) -> np.ndarray:
    """What `plotly` writes of an array -> the array."""
    flat = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])
    shape = [int(side) for side in str(packed.get("shape", len(flat))).split(",")]
    return flat.reshape(shape)
