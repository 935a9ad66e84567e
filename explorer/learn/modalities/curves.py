"""Closed lines of many points -> few cubic Bézier curves, as files of type want them.

A line is cut at its corners and at the ends of its long straight edges; what lies between is a smoothing spline (Dierckx 1981, by
scipy), whose pieces are the curves: smooth where they meet, and within a tolerance of the line on average.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PPoly, splprep

CORNER = 40.0  # degrees by which a line turns at one point
STRAIGHT = 2.5  # cells: an edge that long is no part of a curve
DENSE = 0.4  # cells between the points that a spline is fitted to
FEW = 4  # points that a cubic takes


def fitted(loop: np.ndarray, cell: float, tolerance: float) -> list[np.ndarray]:
    """A closed line -> its edges in order, each beginning where the last one ends.

    Args:
        loop: [n, 2], the first point not repeated.
        cell: length of a cell of the field that it is the outline of, in units of the line.
        tolerance: root mean square by which a curve may leave the line, in the same.

    Returns:
        float64 [2, 2] for a straight edge, [4, 2] for a cubic curve with its two control points.
    """
    ahead = np.roll(loop, -1, 0) - loop
    behind = np.roll(ahead, 1, 0)
    turn = np.degrees(np.arctan2(behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0], (behind * ahead).sum(1)))
    long = np.hypot(*ahead.T) > STRAIGHT * cell
    breaks = np.flatnonzero((np.abs(turn) > CORNER) | long | np.roll(long, 1))
    if not len(breaks):
        breaks = np.zeros(1, int)
    out: list[np.ndarray] = []
    for begin, end in zip(breaks, [*breaks[1:], breaks[0] + len(loop)], strict=True):
        part = loop[np.arange(begin, end + 1) % len(loop)]
        out += [part] if len(part) == 2 else _curves(part, cell, tolerance)
    return out


def _curves(line: np.ndarray, cell: float, tolerance: float) -> list[np.ndarray]:
    """An open line of three points or more -> cubics between its ends."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    count = max(FEW + 1, int(np.ceil(along[-1] / (DENSE * cell))) + 1)
    at = np.linspace(0, along[-1], count)
    points = np.column_stack([np.interp(at, along, axis) for axis in line.T])
    weights = np.ones(count)
    weights[[0, -1]] = 1e3  # its ends stay where they are
    (knots, axes, degree), _ = splprep(points.T, u=at, w=weights, k=3, s=count * tolerance**2, quiet=1)
    pieces = [PPoly.from_spline((knots, axis, degree)) for axis in axes]
    spans = [(a, b, k) for k, (a, b) in enumerate(zip(pieces[0].x[:-1], pieces[0].x[1:], strict=True)) if b > a]
    out = []
    for a, b, k in spans:
        d, c, b1, b0 = (np.array([piece.c[row, k] for piece in pieces]) * (b - a) ** (3 - row) for row in range(4))
        # From powers of the share of the span to Bézier's points.
        out.append(np.stack([b0, b0 + b1 / 3, b0 + 2 * b1 / 3 + c / 3, b0 + b1 + c + d]))
    out[0][0], out[-1][-1] = line[0], line[-1]
    return out
