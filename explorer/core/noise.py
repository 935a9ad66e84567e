"""Random numbers that are the same everywhere: a counter-based generator, so that (seed, draw, stream) names each number.

Threefry-2x32 with 20 rounds, of Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section
4: additions, rotations and exclusive ors of 32-bit words, so that `assets/js/engine/noise.js` gives the very same numbers.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def words(key: tuple[int, int], counter: np.ndarray, stream: int) -> tuple[np.ndarray, np.ndarray]:
    """Key (two words) and counters (n words, with one for the stream) -> two arrays of n random words, uint32."""
    keys = [np.uint32(key[0]), np.uint32(key[1]), np.uint32(key[0] ^ key[1] ^ _PARITY)]
    a = counter.astype(np.uint32) + keys[0]
    b = np.full_like(a, stream) + keys[1]
    for turn in range(5):
        for rotation in _ROTATIONS[turn % 2]:
            a = a + b
            b = ((b << np.uint32(rotation)) | (b >> np.uint32(32 - rotation))) ^ a
        a = a + keys[(turn + 1) % 3]
        b = b + keys[(turn + 2) % 3] + np.uint32(turn + 1)
    return a, b


def uniform(seed: int, draw: int, count: int, stream: int = 0) -> np.ndarray:
    """Uniform numbers strictly between 0 and 1, float64 [count]; (seed, draw, stream) names them, each independent."""
    pairs = words((seed, draw), np.arange((count + 1) // 2), stream)
    return (np.stack(pairs, 1).reshape(-1)[:count].astype(np.float64) + 0.5) / 2**32


def normal(seed: int, draw: int, count: int, stream: int = 0) -> Tensor:
    """Standard normal numbers, float32 [count], from uniform ones by pairs (Box and Muller 1958); see `uniform`."""
    first, second = uniform(seed, draw, count + count % 2, stream).reshape(-1, 2).T
    radius, angle = np.sqrt(-2 * np.log(first)), 2 * np.pi * second
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return torch.from_numpy(pairs.reshape(-1)[:count].astype(np.float32))
