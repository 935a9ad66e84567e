"""The contract of a map, over the registry: shape, seed, placing, spots."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.box.maps.base import inverse_distance, nearest, spacing
from explorer.core.registry import discover
from explorer.core.schema import ExplorerError

MAPS = {name: kind for name, kind in discover("maps").items() if kind.fitted}


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Three clumps in five dimensions, far apart."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(150, 5)) + 12 * np.eye(5)[np.arange(150) % 3]).astype(np.float32)


@pytest.fixture(scope="module", params=MAPS)
def laid_out(request, vectors):
    """A map with its vectors and coordinates."""
    chosen = vectors[:, :2] if MAPS[request.param].exact else vectors
    return MAPS[request.param](), chosen, MAPS[request.param]().fit(chosen, 2, 0)


def test_fit_gives_finite_coordinates_and_the_seed_decides_them(laid_out):
    layout, vectors, coords = laid_out
    assert coords.shape == (150, 2)
    assert coords.dtype == np.float32
    assert np.isfinite(coords).all()
    assert np.array_equal(coords, layout.fit(vectors, 2, 0))


def test_a_map_keeps_clumps_together(laid_out):
    _, _, coords = laid_out
    neighbour = nearest(coords, coords, 2)[0][:, 1]
    assert (neighbour % 3 == np.arange(150) % 3).mean() > 0.7


def test_placing_an_item_lands_on_it_and_a_mean_lands_between(laid_out):
    layout, vectors, coords = laid_out
    assert np.allclose(layout.place(vectors[:20], vectors, coords), coords[:20], atol=1e-3)
    placed = layout.place(vectors[:1] + 0.01, vectors, coords)
    assert np.linalg.norm(placed - coords[:1]) < 0.2 * np.ptp(coords)


def test_a_spot_blends_the_nearest_items_and_says_how_far_they_are(laid_out):
    layout, vectors, coords = laid_out
    unit = spacing(coords)
    near = layout.spot(coords[7], coords, unit)
    assert near.indices[0] == 7
    assert near.distance < 1e-3
    assert near.weights.sum() == pytest.approx(1, abs=1e-5)
    assert np.allclose(near.blend(vectors), vectors[7], atol=1e-2)
    far = layout.spot(coords.max(0) + 100 * unit, coords, unit)
    assert far.distance >= 100
    assert (np.diff(far.weights) <= 1e-6).all()


def test_a_third_dimension_needs_a_layout(vectors):
    assert MAPS["pca"]().fit(vectors, 3, 0).shape == (150, 3)
    with pytest.raises(ExplorerError, match="no plane"):
        MAPS["plane"]().fit(vectors, 2, 0)


def test_nearest_agrees_with_every_distance_taken():
    rng = np.random.default_rng(1)
    queries, among = (rng.normal(size=(n, 4)).astype(np.float32) for n in (9, 60))
    distances = np.linalg.norm(queries[:, None] - among, axis=2)
    indices, found = nearest(queries, among, 5)
    assert np.array_equal(indices, np.argsort(distances, axis=1)[:, :5])
    assert np.allclose(found, np.sort(distances, axis=1)[:, :5], atol=1e-5)
    weights = inverse_distance(np.array([[0.0, 1.0], [1.0, 2.0]], np.float32))
    assert np.allclose(weights, [[1, 0], [0.8, 0.2]], atol=1e-5)
