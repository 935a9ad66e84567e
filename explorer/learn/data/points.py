"""Points drawn at random in the unit square, and what is asked of them: convex hull, Delaunay triangulation, shortest tour.

As in Vinyals, Fortunato and Jaitly (2015). Made by code, so there is no licence to state; the training sets are kept in the
cache folder, since exact tours take a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from explorer.learn.data import _geometry as geometry
from explorer.learn.data.base import cache_folder

Problem = Literal["hull", "delaunay", "tour"]
PROBLEMS: dict[Problem, str] = {"hull": "Convex hull", "delaunay": "Delaunay triangulation", "tour": "Shortest tour"}
SIZES: dict[Problem, tuple[int, ...]] = {
    "hull": tuple(range(5, 11)),
    "delaunay": tuple(range(5, 11)),
    "tour": tuple(range(5, 11)),
}
STOP = 0  # token that ends a sequence; token k is point k, counted from 1
EMPTY = -1  # behind the end
TRAINING_SEED, VALIDATION_SEED = 1_000_003, 1_000_033


@dataclass(frozen=True)
class Solved:
    """Point sets of one size with their answers.

    Attributes:
        points: float32 [N, n, 2] in [0, 1].
        tokens: int64 [N, T]: 1 to n for the points, `STOP` at the end, `EMPTY` behind it.
    """

    points: np.ndarray
    tokens: np.ndarray


def drawn(count: int, size: int, seed: int) -> np.ndarray:
    """Point sets, float32 [count, size, 2], uniform in the unit square."""
    return np.random.default_rng((seed, size)).random((count, size, 2), np.float32)


def solved(problem: Problem, points: np.ndarray) -> Solved:
    """The exact answers (tours above `geometry.EXACT` points: the best known) for points float32 [N, n, 2]."""
    if problem == "tour" and points.shape[1] <= geometry.EXACT:
        chunks = np.array_split(points, max(1, len(points) // 1000))
        rows = [row for chunk in chunks for row in geometry.exact_tours(chunk)]
    else:
        rows = [answer(problem, each) for each in points]
    ends = [row if problem == "tour" else np.append(row + 1, STOP) for row in rows]
    tokens = np.full((len(rows), max(map(len, ends))), EMPTY, np.int64)
    for place, row in enumerate(ends):
        tokens[place, : len(row)] = row + 1 if problem == "tour" else row
    return Solved(points, tokens)


def answer(problem: Problem, points: np.ndarray) -> np.ndarray:
    """The exact answer for points [n, 2] as a flat row of indices from 0, see `_geometry`.

    Raises:
        ValueError: hull or triangles of points on one line.
    """
    made = {"hull": geometry.hull, "delaunay": lambda p: geometry.triangles(p).ravel(), "tour": geometry.tour}
    return made[problem](points)


def training_sets(
    problem: Problem, count: int, sizes: tuple[int, ...] | None = None, seed: int = TRAINING_SEED
) -> dict[int, Solved]:
    """`count` solved point sets of each size that the problem is trained on; kept in the cache folder.

    The seed is shared with no test set; `VALIDATION_SEED` gives the sets by which rates are chosen.
    """
    out = {}
    for size in sizes or SIZES[problem]:
        path = Path(cache_folder("points")) / f"{problem}-{size}-{count}-{seed}.npz"
        if not path.is_file():
            made = solved(problem, drawn(count, size, seed))
            partial = path.with_suffix(".partial.npz")
            np.savez(partial, points=made.points, tokens=made.tokens.astype(np.int16))
            partial.replace(path)
        with np.load(path) as kept:
            out[size] = Solved(kept["points"], kept["tokens"].astype(np.int64))
    return out
