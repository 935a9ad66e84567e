"""A directed acyclic graph over the columns of a table, found by hill climbing on the Gaussian BIC, and people drawn from it.

As bnlearn's `hc` does it, which DAGSurv's authors used: from the empty graph, the edge whose addition, removal or reversal helps
the Bayesian information criterion most, until none helps. Each column is linear in its parents, with Gaussian noise.

When not to believe it: arrows that the score can't tell apart (x -> y, y -> x) point by chance of the start, counts and flags
are no Gaussians, and what was not measured can stand behind any edge.
"""

from __future__ import annotations

from functools import cache

import numpy as np


def hill_climb(values: np.ndarray, sinks: tuple[int, ...] = (), most: int = 200) -> np.ndarray:
    """Edges of the best graph found, bool [K, K]; entry [i, j] is an edge from i to j.

    Args:
        values: standardised columns [N, K].
        sinks: columns that nothing comes from (the outcome).
        most: changes at most.
    """
    many, width = values.shape
    gram = values.T @ values / many

    @cache
    def score(node: int, parents: tuple[int, ...]) -> float:
        return -0.5 * many * np.log(max(_residual(gram, node, parents), 1e-9)) - 0.5 * np.log(many) * len(parents)

    edges = np.zeros((width, width), bool)

    def of(node: int, without: int = -1, plus: int = -1) -> float:
        chosen = set(np.flatnonzero(edges[:, node])) - {without} | ({plus} - {-1})
        return score(node, tuple(sorted(int(k) for k in chosen)))

    for _ in range(most):
        best, change = 1e-6, None
        for i in range(width):
            for j in range(width):
                if i == j:
                    continue
                if edges[i, j]:
                    gain = of(j, without=i) - of(j)
                    if gain > best:
                        best, change = gain, (i, j, "remove")
                    gain += of(i, plus=j) - of(i)
                    if gain > best and j not in sinks and not _reaches(edges, i, j, but=(i, j)):
                        best, change = gain, (i, j, "reverse")
                elif i not in sinks and not edges[j, i] and not _reaches(edges, j, i):
                    gain = of(j, plus=i) - of(j)
                    if gain > best:
                        best, change = gain, (i, j, "add")
        if change is None:
            break
        i, j, kind = change
        edges[i, j] = kind == "add"
        edges[j, i] = kind == "reverse"
    return edges


def weights(values: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares weights of the edges, float32 [K, K], and the deviation of each column's noise [K]."""
    gram = values.T @ values / len(values)
    out, noise = np.zeros(edges.shape, np.float32), np.ones(len(edges), np.float32)
    for node in range(len(edges)):
        parents = np.flatnonzero(edges[:, node])
        if len(parents):
            out[parents, node] = np.linalg.solve(_ridged(gram, parents), gram[parents, node])
        noise[node] = np.sqrt(max(_residual(gram, node, tuple(parents)), 1e-9))
    return out, noise


def ancestral(strengths: np.ndarray, noise: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Made-up rows [count, K] of standardised columns, drawn from the graph: nobody of the table."""
    free = np.random.default_rng(seed).normal(size=(count, len(noise))) * noise
    return free @ np.linalg.inv(np.eye(len(noise)) - strengths)


def _ridged(gram: np.ndarray, parents: np.ndarray) -> np.ndarray:
    return gram[np.ix_(parents, parents)] + 1e-8 * np.eye(len(parents))


def _residual(gram: np.ndarray, node: int, parents: tuple[int, ...]) -> float:
    """Variance of a column that its parents leave open."""
    if not parents:
        return float(gram[node, node])
    chosen = np.array(parents)
    b = gram[chosen, node]
    return float(gram[node, node] - b @ np.linalg.solve(_ridged(gram, chosen), b))


def _reaches(edges: np.ndarray, start: int, end: int, but: tuple[int, int] | None = None) -> bool:
    """Is there a way along the edges, one of them left out?"""
    waiting, seen = [start], {start}
    while waiting:
        here = waiting.pop()
        for there in np.flatnonzero(edges[here]):
            if (here, int(there)) == but or there in seen:
                continue
            if there == end:
                return True
            seen.add(int(there))
            waiting.append(int(there))
    return False
