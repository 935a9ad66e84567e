"""How many items a model encodes and decodes in a second, and how long the decoding of one takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from explorer.page.bench.report import spread
from explorer.play.session import open_session

BATCH = 64


@torch.inference_mode()
def throughput(name: str, seconds: float) -> dict[str, Any]:
    """Items a second in batches of 64, and milliseconds from a point to a picture, decoding alone.

    Args:
        name: of the checkpoint.
        seconds: how long each is measured.
    """
    session = open_session(name)
    model, items = session.checkpoint.model, session.checkpoint.items
    z = items.tensor("z")[:BATCH]
    c = session.card.conditions.encode_codes(items.codes[: len(z)])
    x = model.decode(z, c)
    figures: dict[str, Any] = {
        "threads": torch.get_num_threads(),
        "decode_items_s": len(z) / _median(lambda: model.decode(z, c), seconds),
        "decode_one_ms": spread(_times(lambda: model.decode(z[:1], c[:1]), seconds, 1000)),
    }
    if "encode" in model.capabilities:
        figures["encode_items_s"] = len(z) / _median(lambda: model.encode(x, c).mean, seconds)
    return figures


def _times(work: Callable[[], object], seconds: float, unit: float = 1.0) -> list[float]:
    for _ in range(3):
        work()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        started = time.perf_counter()
        work()
        times.append(unit * (time.perf_counter() - started))
    return times


def _median(work: Callable[[], object], seconds: float) -> float:
    return sorted(times := _times(work, seconds))[len(times) // 2]
