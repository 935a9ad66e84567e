"""Ways between two latents: straight, on the sphere, or along the items.

A Gaussian latent's mass lies on a shell, so a straight line crosses the thin middle; the spherical path (Shoemake 1985,
"Animating rotation with quaternion curves", eq. of slerp; White 2016, "Sampling generative networks") keeps the norm.
Both ignore where the data is. The `dense` path goes from item to item over the neighbour graph, by the shortest way when
each step costs the square of its length (so that two short steps beat one long jump; compare Chen et al. 2018, "Metrics
for deep generative models"), and is smoothed and walked at even speed.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from torch import Tensor

from explorer.box.maps.base import nearest

BRIDGEHEADS = 64  # members of a clump from which a way out is sought


def lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """(1 - t) a + t b, same shape."""
    return a + (b - a) * t


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical interpolation of the direction, linear in the norm; the ends are met up to rounding. Same shape.

    Falls back to `lerp` where the directions are parallel, opposite or undefined.
    """
    norm_a, norm_b = a.norm(), b.norm()
    if norm_a < 1e-6 or norm_b < 1e-6:
        return lerp(a, b, t)
    unit_a, unit_b = a / norm_a, b / norm_b
    omega = torch.arccos((unit_a * unit_b).sum().clamp(-1, 1))
    if omega < 1e-4 or omega > np.pi - 1e-4:
        return lerp(a, b, t)
    direction = (torch.sin((1 - t) * omega) * unit_a + torch.sin(t * omega) * unit_b) / torch.sin(omega)
    return direction * lerp(norm_a, norm_b, t)


class Graph:
    """The items' neighbour graph, prepared once for each checkpoint, its clumps joined where they come nearest.

    Args:
        z: latents of the items [n, d].
        index: nearest neighbours of each item [n, k].

    Attributes:
        bridges: the pairs of items that join one clump to another, int64 [m, 2].
    """

    def __init__(self, z: np.ndarray, index: np.ndarray) -> None:
        n, k = index.shape
        rows, columns = np.repeat(np.arange(n), k), index.ravel()
        exact = z.astype(
            np.float64
        )  # latents of 16 bits: their squared distances have no rounding, so no two machines differ
        self.bridges = np.zeros((0, 2), dtype=np.int64)
        while True:
            squares = ((exact[rows] - exact[columns]) ** 2).sum(1)
            self._costs = csr_matrix((np.maximum(squares, 1e-9), (rows, columns)), shape=(n, n))
            clumps, clump = connected_components(self._costs, directed=False)
            if clumps == 1:
                break
            # Two clumps often choose the same bridge: counted once, or the matrix would add its cost up.
            new = np.unique(np.sort([_bridge(z, clump == c) for c in range(clumps)], axis=1), axis=0)
            self.bridges = np.concatenate([self.bridges, new])
            rows, columns = np.append(rows, new[:, 0]), np.append(columns, new[:, 1])
        self._z = z

    def knots(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Latents passed on the way from a [d] to b [d], ends included -> [m, d]."""
        first = int(((self._z - a) ** 2).sum(1).argmin())
        last = int(((self._z - b) ** 2).sum(1).argmin())
        _, before = dijkstra(self._costs, directed=False, indices=first, return_predecessors=True)
        way = [last]
        while way[-1] != first:
            way.append(int(before[way[-1]]))
        inner = self._z[way[::-1]].astype(np.float64)
        knots = np.concatenate([a[None], inner, b[None]])
        for _ in range(2):  # rounds the corners of a walk over single items; the ends stay
            knots[1:-1] = 0.25 * knots[:-2] + 0.5 * knots[1:-1] + 0.25 * knots[2:]
        return knots


def _bridge(z: np.ndarray, inside: np.ndarray) -> tuple[int, int]:
    """The shortest step out of a clump [n] of items, from some of its members: (item inside, item outside)."""
    members, others = np.flatnonzero(inside), np.flatnonzero(~inside)
    some = members[np.linspace(0, len(members) - 1, min(BRIDGEHEADS, len(members))).astype(int)]
    index, distance = nearest(z[some], z[others], 1)
    best = int(distance[:, 0].argmin())
    return int(some[best]), int(others[index[best, 0]])


def along(knots: np.ndarray, t: float) -> np.ndarray:
    """The spot at share t of a polyline's length, knots [m, d] -> [d]."""
    lengths = np.linalg.norm(np.diff(knots, axis=0), axis=1)
    total = lengths.sum()
    if total == 0:
        return knots[0]
    reached = np.concatenate([[0.0], np.cumsum(lengths)]) / total
    return np.array([np.interp(t, reached, column) for column in knots.T])
