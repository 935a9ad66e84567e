"""The contract of a map: lay vectors out in two or three dimensions, place new ones, and say what lies at a spot.

A spot on a map is answered by a blend of the nearest *real* items and by how far they are, never by an inverse
transform: a map can't know what lies where no item does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

NEIGHBOURS = 8  # that a place on the map is blended of
OF_EACH = 12  # of each item, in the graph that paths along the items follow


@dataclass(frozen=True)
class Spot:
    """What a map says about a spot.

    Attributes:
        weights: of the blended items, float32 [k], sum to one.
        indices: the nearest items on the map, nearest first, int64 [k].
        distance: to the nearest item on the map, in units of the typical distance between neighbours there.
    """

    weights: np.ndarray
    indices: np.ndarray
    distance: float

    def blend(self, z: np.ndarray) -> np.ndarray:
        """Latents of all items [n, ...] -> their weighted mean at this spot [...]."""
        return np.tensordot(self.weights, z[self.indices], axes=1).astype(np.float32)


class Map:
    """Base of all layouts.

    Class attributes:
        exact: the map *is* the latent plane, so that a spot is a latent itself and needs no blend.
        fitted: places are computed by `fit`; False: they come with the items.
    """

    name: ClassVar[str]
    exact: ClassVar[bool] = False
    fitted: ClassVar[bool] = True

    def fit(self, vectors: np.ndarray, dims: int, seed: int) -> np.ndarray:
        """Lay out items: float32 [n, F] -> coordinates float32 [n, dims], centred, the same for the same seed."""
        raise NotImplementedError

    def place(self, new: np.ndarray, vectors: np.ndarray, coords: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
        """Where new vectors lie on a map: the mean of their nearest items' places, weighted by inverse distance.

        Args:
            new: float32 [N, F].
            vectors: the items' own vectors, float32 [n, F].
            coords: the items' places, float32 [n, dims].
            k: how many items to ask.

        Returns:
            float32 [N, dims]; a vector that equals an item's lands on that item.
        """
        indices, distances = nearest(new, vectors, k)
        weights = inverse_distance(distances)
        return np.einsum("nk,nkd->nd", weights, coords[indices]).astype(np.float32)

    def spot(self, at: np.ndarray, coords: np.ndarray, unit: float, k: int = NEIGHBOURS) -> Spot:
        """What lies at a spot of the map.

        Args:
            at: float32 [dims].
            coords: the items' places, float32 [n, dims].
            unit: typical distance between neighbours on this map, see `spacing`.
            k: how many items to blend.
        """
        indices, distances = nearest(np.asarray(at, np.float32)[None], coords, k)
        return Spot(inverse_distance(distances)[0], indices[0], float(distances[0, 0] / unit))


def nearest(queries: np.ndarray, among: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Exact nearest rows by Euclidean distance, [N, F] among [n, F]: indices int64, distances float32, both [N, k]."""
    k = min(k, len(among))
    squares = torch.from_numpy(
        (among**2).sum(1) - 2 * queries @ among.T
    )  # less the query's own, which is the same for all
    few = np.sort(
        squares.topk(k, largest=False, sorted=False).indices.numpy(), axis=1
    )  # of equally near ones the first first
    exact = np.linalg.norm(among[few] - queries[:, None], axis=2)  # the expanded square loses the digits of a near zero
    order = np.argsort(exact, axis=1, kind="stable")
    return np.take_along_axis(few, order, 1), np.take_along_axis(exact, order, 1).astype(np.float32)


def neighbours(vectors: np.ndarray, k: int = OF_EACH, chunk: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest other rows of each row of float32 [n, F] -> indices int32 and distances float32, both [n, k]."""
    found = [nearest(vectors[start : start + chunk], vectors, k + 1) for start in range(0, len(vectors), chunk)]
    index, distance = (np.concatenate(column) for column in zip(*found, strict=True))
    own = index == np.arange(len(vectors))[:, None]
    own[~own.any(1), -1] = True  # of many items in one place, the item itself may not be among the nearest
    return index[~own].reshape(-1, k).astype(np.int32), distance[~own].reshape(-1, k)


def inverse_distance(distances: np.ndarray) -> np.ndarray:
    """Shepard's weights (1968): distances [N, k], ascending -> float32 [N, k], rows sum to one."""
    weights = 1 / np.maximum(distances, 1e-6 * np.maximum(distances[:, -1:], 1e-6)) ** 2
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def spacing(coords: np.ndarray, sample: int = 500) -> float:
    """Typical distance between neighbours on a map: the median distance of an item to its nearest other one.

    Taken over `sample` items spread evenly over the rows.
    """
    rows = np.linspace(0, len(coords) - 1, min(sample, len(coords))).astype(int)
    return float(max(np.median(nearest(coords[rows], coords, 2)[1][:, 1]), 1e-9))
