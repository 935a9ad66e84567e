"""Exact and near-exact answers to three problems on points in the plane: convex hull, Delaunay triangulation, shortest tour.

Sequences follow Vinyals, Fortunato and Jaitly (2015): a hull starts at its lowest index and goes round counter-clockwise; a
triangle is three rising indices, and triangles are ordered by their incentre, left to right; a tour starts at the first
point. The paper leaves the sense of a tour open; here it is counter-clockwise, so that each tour is one sequence.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull, Delaunay, QhullError

EXACT = 12  # points up to which `tour` is exact; above, the best of several local searches


def hull(points: np.ndarray) -> np.ndarray:
    """Corners of the convex hull of points [n, 2] as int64 indices, counter-clockwise from the lowest.

    Raises:
        ValueError: fewer than three points, or all on one line.
    """
    try:
        corners = ConvexHull(points).vertices.astype(np.int64)
    except (QhullError, IndexError):
        raise ValueError("a hull needs three points that are not on one line") from None
    return np.roll(corners, -int(corners.argmin()))


def triangles(points: np.ndarray) -> np.ndarray:
    """Delaunay triangles of points [n, 2] as int64 [m, 3]: rising indices, ordered by their incentres.

    Raises:
        ValueError: fewer than three points, or all on one line.
    """
    try:
        found = np.sort(Delaunay(points).simplices.astype(np.int64), 1)
    except (QhullError, IndexError, ValueError):
        raise ValueError("a triangulation needs three points that are not on one line") from None
    a, b, c = (points[found[:, k]] for k in range(3))
    opposite = np.stack(
        [np.linalg.norm(b - c, axis=1), np.linalg.norm(a - c, axis=1), np.linalg.norm(a - b, axis=1)], 1
    )
    centre = (opposite[:, :, None] * np.stack([a, b, c], 1)).sum(1) / np.maximum(opposite.sum(1), 1e-12)[:, None]
    return found[np.lexsort((centre[:, 1], centre[:, 0]))]


def area(points: np.ndarray) -> float:
    """Signed area of a polygon [n, 2], positive where it goes round counter-clockwise."""
    x, y = points[:, 0], points[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def simple(points: np.ndarray) -> bool:
    """Does a polygon [n, 2] have three corners or more, and no two sides that cross?"""
    if len(points) < 3:
        return False
    a, b = points, np.roll(points, -1, 0)
    ab = b - a

    def side(k: int, others: np.ndarray) -> np.ndarray:
        return np.sign(ab[k, 0] * (others[:, 1] - a[k, 1]) - ab[k, 1] * (others[:, 0] - a[k, 0]))

    sides_a = np.stack([side(k, a) for k in range(len(a))])  # of the start of side j, seen from side k
    sides_b = np.stack([side(k, b) for k in range(len(a))])
    crossing = (sides_a * sides_b < 0) & (sides_a * sides_b < 0).T
    return not crossing.any()


def covered(points: np.ndarray, found: np.ndarray, exact: np.ndarray) -> float:
    """Share of the exact hull's area that the polygon of indices `found` covers; 0 where its sides cross."""
    polygon = points[found].astype(np.float64)
    return abs(area(polygon)) / area(points[exact].astype(np.float64)) if simple(polygon) else 0.0


def length(points: np.ndarray, order: np.ndarray) -> float:
    """Length of the closed tour through points [n, 2] in an order [n]."""
    way = points[order]
    return float(np.linalg.norm(way - np.roll(way, -1, 0), axis=1).sum())


def tour(points: np.ndarray, seed: int = 0) -> np.ndarray:
    """The shortest closed tour of points [n, 2] as int64 indices: exact up to `EXACT` points, above that `local_search`."""
    if len(points) < 4:
        return oriented(points, np.arange(len(points)))
    return exact_tours(points[None])[0] if len(points) <= EXACT else local_search(points, seed)


def oriented(points: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The same tour from the first point, counter-clockwise."""
    order = np.roll(order, -int(np.flatnonzero(order == 0)[0]))
    return order if area(points[order]) >= 0 else np.roll(order[::-1], 1)


def exact_tours(points: np.ndarray) -> np.ndarray:
    """Shortest tours of point sets [N, n, 2], n from 3 to about 15 -> int64 [N, n], by dynamic programming.

    Held and Karp (1962): the best way from the first point through a set of others, ending at one of them.
    """
    many, n, _ = points.shape
    apart = np.linalg.norm(points[:, :, None] - points[:, None], axis=3)
    others, full = n - 1, (1 << (n - 1)) - 1
    best = np.full((full + 1, others, many), np.inf, np.float32)
    before = np.zeros((full + 1, others, many), np.int8)
    for j in range(others):
        best[1 << j, j] = apart[:, 0, j + 1]
    step = np.ascontiguousarray(apart[:, 1:, 1:].transpose(2, 1, 0)).astype(np.float32)  # [to, from, N]
    for visited in range(1, full + 1):
        inside = [j for j in range(others) if visited >> j & 1]
        if len(inside) < 2:
            continue
        for j in inside:
            ways = best[visited ^ (1 << j)] + step[j]
            before[visited, j] = chosen = ways.argmin(0)
            best[visited, j] = np.take_along_axis(ways, chosen[None], 0)[0]
    rows, visited = np.arange(many), np.full(many, full)
    last = (best[full] + apart[:, 1:, 0].T).argmin(0)
    order = np.zeros((many, n), np.int64)
    for place in range(n - 1, 0, -1):
        order[:, place] = last + 1
        previous = before[visited, last, rows].astype(np.int64)
        visited, last = visited ^ (1 << last), previous
    return np.stack([oriented(p, o) for p, o in zip(points, order, strict=True)])


def local_search(points: np.ndarray, seed: int = 0, starts: int = 8) -> np.ndarray:
    """A short closed tour of points [n, 2]: 2-opt and or-opt from greedy and random starts, the best of them."""
    points = points.astype(np.float64)  # in float32 a gain of nothing can look like one, for ever
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    rng = np.random.default_rng(seed)
    n = len(points)
    found = [_improved(apart, _nearest(apart, int(k))) for k in rng.choice(n, min(n, starts), replace=False)]
    found += [_improved(apart, rng.permutation(n)) for _ in range(starts)]
    return oriented(points, min(found, key=lambda order: length(points, order)))


def _nearest(apart: np.ndarray, start: int) -> np.ndarray:
    order, left = [start], set(range(len(apart))) - {start}
    while left:
        order.append(min(left, key=lambda k: apart[order[-1], k]))
        left.remove(order[-1])
    return np.array(order)


def _improved(apart: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Until neither turning a stretch round (2-opt) nor moving up to three points (or-opt) makes it shorter."""
    while True:
        order, turned = _two_opt(apart, order)
        order, moved = _or_opt(apart, order)
        if not (turned or moved):
            return order


def _two_opt(apart: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, bool]:
    any_gain = False
    n = len(order)
    upper = np.triu_indices(n, 1)
    while True:
        now, after = order, np.roll(order, -1)
        side = apart[now, after]
        gain = side[:, None] + side[None] - apart[now[:, None], now[None]] - apart[after[:, None], after[None]]
        best = int(gain[upper].argmax())
        i, j = upper[0][best], upper[1][best]
        if gain[i, j] < 1e-9:
            return order, any_gain
        order, any_gain = np.concatenate([order[: i + 1], order[i + 1 : j + 1][::-1], order[j + 1 :]]), True


def _or_opt(apart: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, bool]:
    n = len(order)
    for size in (1, 2, 3):
        if n < size + 3:
            continue
        for i in range(n):
            turned = np.roll(order, -i)
            part, rest = turned[:size], turned[size:]
            after = np.roll(rest, -1)
            saved = apart[rest[-1], part[0]] + apart[part[-1], rest[0]] - apart[rest[-1], rest[0]]
            for piece in (part, part[::-1]):
                cost = apart[rest, piece[0]] + apart[piece[-1], after] - apart[rest, after]
                at = int(cost.argmin())
                if cost[at] < saved - 1e-9:
                    return np.concatenate([rest[: at + 1], piece, rest[at + 1 :]]), True
    return order, False
