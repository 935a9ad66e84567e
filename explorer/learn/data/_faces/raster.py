"""A z-buffer rasteriser in NumPy: normals and colours interpolated and shaded pixel by pixel, edges smoothed by supersampling.

Libraries that draw meshes want a display, a driver or a build for each processor; these pictures should come out the same on
any machine that has NumPy. Small pictures of some thousand triangles take a few milliseconds.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

SAMPLES = 3  # a side; each pixel is the mean of the square
KEY = np.array([-0.45, 0.55, 0.70]) / np.linalg.norm(
    [-0.45, 0.55, 0.70]
)  # towards the light, x right, y up, z to the eye
AMBIENT, DIFFUSE, SHINE, GLOSS = 0.42, 0.70, 0.10, 18.0


def corner_weights(triangles: np.ndarray, vertices: int) -> sparse.csr_matrix:
    """Which triangles meet at a vertex, [V, T]: times their normals it gives the vertices' normals."""
    count = len(triangles)
    ones = np.ones(3 * count, np.float32)
    return sparse.csr_matrix((ones, (triangles.T.ravel(), np.tile(np.arange(count), 3))), shape=(vertices, count))


def rasterise(
    xyz: np.ndarray,
    triangles: np.ndarray,
    colours: np.ndarray,
    meet: sparse.csr_matrix,
    *,
    side: int,
    ground: np.ndarray,
) -> np.ndarray:
    """Draw a mesh from the front, without perspective.

    Args:
        xyz: vertices [V, 3]; x to the right and y up, the picture being [-1, 1] in both, z to the eye.
        triangles: indices [T, 3], anticlockwise as seen from outside.
        colours: of the vertices, [V, 3] in [0, 1].
        meet: of `corner_weights`.
        side: pixels.
        ground: colour behind the mesh, [3] in [0, 1].

    Returns:
        float32 [side, side, 3] in [0, 1].
    """
    xyz = xyz.astype(np.float32)
    corners = xyz[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = meet @ across  # a triangle weighs as much as its area
    fine = side * SAMPLES
    pixel, triangle, shares = _visible(corners, across[:, 2] > 0, fine)
    of = triangles[triangle]
    picture = np.tile(ground.astype(np.float32), (fine * fine, 1))
    picture[pixel] = _shade(_mix(normals, of, shares), _mix(colours, of, shares))
    return picture.reshape(side, SAMPLES, side, SAMPLES, 3).mean((1, 3))


def _visible(corners: np.ndarray, front: np.ndarray, fine: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels that the mesh covers [P], the nearest triangle at each [P], and the shares of its corners there [P, 3]."""
    points = np.stack([(corners[..., 0] + 1), (1 - corners[..., 1])], -1) * (fine / 2) - 0.5  # pixel centres are whole
    low = np.ceil(np.clip(points.min(1), 0, fine)).astype(np.int32)
    size = np.floor(np.clip(points.max(1), -1, fine - 1)).astype(np.int32) - low + 1
    one, other = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    area = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    rows = np.flatnonzero(front & (area != 0) & (size > 0).all(1))
    count = size[rows].prod(1)
    own = np.repeat(rows, count)
    step = np.arange(len(own), dtype=np.int32) - np.repeat(np.cumsum(count) - count, count).astype(np.int32)
    x = low[own, 0] + step % size[own, 0]
    y = low[own, 1] + step // size[own, 0]
    # The shares of the corners are linear in x and y, and so is the depth.
    dx, dy = x - points[own, 0, 0], y - points[own, 0, 1]
    two = (dx * other[own, 1] - dy * other[own, 0]) / area[own]
    three = (dy * one[own, 0] - dx * one[own, 1]) / area[own]
    inside = np.flatnonzero((two >= 0) & (three >= 0) & (two + three <= 1))
    own, two, three = own[inside], two[inside], three[inside]
    shares = np.stack([1 - two - three, two, three], 1)
    depth = (corners[own, :, 2] * shares).sum(1)
    pixel = y[inside] * fine + x[inside]
    order = np.lexsort((depth, pixel))
    last = order[np.flatnonzero(np.diff(pixel[order], append=-1))]  # the nearest of each pixel comes last
    return pixel[last], own[last], shares[last]


def _mix(values: np.ndarray, of: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Values of vertices [V, 3] at points inside triangles: corners [P, 3], shares [P, 3] -> [P, 3]."""
    return (values[of] * shares[..., None]).sum(1)


def _shade(normals: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Normals of any length and colours, [P, 3] each -> light that comes back [P, 3], by Blinn and Phong's model."""
    n = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    lit = n @ KEY.astype(np.float32)
    half = KEY + np.array([0, 0, 1.0])
    shine = np.maximum(n @ (half / np.linalg.norm(half)).astype(np.float32), 0) ** GLOSS
    # A soft fall-off past the edge of the light, as skin has it.
    diffuse = np.clip((lit + 0.25) / 1.25, 0, None)
    return np.clip(
        colours * (AMBIENT * (0.75 + 0.25 * n[:, 1]) + DIFFUSE * diffuse)[:, None] + SHINE * shine[:, None], 0, 1
    )
