"""Faces: heads of MakeHuman's CC0 mesh, drawn here, so that the same person at another age exists and can be compared with.

Source: base mesh and morph targets of MakeHuman (github.com/makehumancommunity/makehuman at a pinned commit), CC0 1.0. Only
these assets are used, none of its program. Conditions are continuous: age, smile, weight and the head's turn. A person's
identity is some two hundred detail targets, a sex that need be neither end, a mixture of the three face shapes
of the set, skin, eyes and brows; all drawn at random and independently of the conditions, and none of it can be asked for.
With age the shape changes, and brows turn grey.

Not for: statements about people. The morphs are an artist's, the proportions of ages between four stages are straight lines.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, Schema
from explorer.learn.data._faces import heads, mesh, raster
from explorer.learn.data.base import DataSet, Items, Split, cache_folder

SIDE = 48
COUNTS = {"train": 10_000, "test": 1_000}
GROUND = np.array([0.90, 0.91, 0.93])
HEIGHT = 1.78  # from chin to crown, of a picture that is 2 high
BATCH = 250
AGES = (5.0, 85.0)
TURN = 35.0  # degrees to either side
GROWN = 25.0  # half of the people are younger, so that growing up is seen as often as growing old
VERSION = 1  # of the drawing: part of the key of what is kept


@register("data", "faces")
class Faces(DataSet):
    """11,000 heads 48x48, everyone another person; attributes `age`, `smile`, `weight` and `turn`.

    Read from `$EXPLORER_DATA/makehuman_cc0/makehuman_targets.zip` if there.
    """

    shape = (3, SIDE, SIDE)
    conditions = Schema(
        attributes=(
            Attribute(name="age", label="Age", kind="continuous", low=AGES[0], high=AGES[1], unit="years"),
            Attribute(name="smile", label="Smile", kind="continuous", low=0.0, high=1.0),
            Attribute(name="weight", label="Weight", kind="continuous", low=-1.0, high=1.0),
            Attribute(name="turn", label="Turn", kind="continuous", low=-TURN, high=TURN, unit="°"),
        )
    )
    licence = "CC0-1.0"
    source = "MakeHuman base mesh and targets, github.com/makehumancommunity/makehuman; drawn by explorer/learn/data/faces.py"
    share_items = True

    def load(self, split: Split) -> Items:
        """Pictures uint8 [10000 or 1000, 3, 48, 48]; drawn once, in two minutes, and kept."""
        identity, codes = sample(split)
        digest = hashlib.sha256(identity.tobytes() + codes.tobytes() + repr((mesh.SHA256, VERSION, SIDE)).encode())
        file = cache_folder(self.name) / f"{split}-{digest.hexdigest()[:16]}.npz"
        if not file.is_file():
            partial = file.with_name(f"{os.getpid()}-{file.name}")
            np.savez_compressed(partial, x=draw(identity, codes))
            partial.replace(file)
        with np.load(file) as kept:
            return Items(kept["x"], codes, {})

    def identities(self, split: Split) -> np.ndarray:
        """Who is on the pictures of a split, float32 [N, K]: to measure by, never to condition on."""
        return sample(split)[0]

    def counterfactual(self, split: Split, rows: np.ndarray, attribute: str, values: np.ndarray) -> np.ndarray:
        """The people in these rows of a split, each with one attribute set to the value given: as `Items.x`."""
        identity, codes = (part[rows] for part in sample(split))
        codes[:, [a.name for a in self.conditions.attributes].index(attribute)] = values
        return draw(identity, codes)


def sample(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Identities [N, K] and, independently, conditions [N, 4] in the units of the attributes; nobody is in both splits."""
    rng = np.random.default_rng(("train", "test").index(split))
    count = COUNTS[split]
    identity = heads.people(count, rng)
    young = rng.random(count) < 0.5
    age = np.where(young, rng.uniform(AGES[0], GROWN, count), rng.uniform(GROWN, AGES[1], count))
    # Every other face is grave, so that a smile is an event.
    smile = rng.random(count) * (rng.random(count) < 0.5)
    codes = np.stack([age, smile, rng.uniform(-1, 1, count), rng.uniform(-TURN, TURN, count)], 1)
    return identity, codes.astype(np.float32)


def draw(identity: np.ndarray, codes: np.ndarray, side: int = SIDE, head: heads.Mesh | None = None) -> np.ndarray:
    """Identities [N, K] under conditions [N, 4] -> pictures uint8 [N, 3, side, side].

    Args:
        identity: as from `heads.people`.
        codes: age, smile, weight and turn.
        side: pixels.
        head: another mesh than MakeHuman's.
    """
    head = head or _head()
    out = np.empty((len(identity), side, side, 3), np.uint8)
    for start in range(0, len(identity), BATCH):
        rows = slice(start, start + BATCH)
        xyz = head.base.ravel() + head.weights(identity[rows], codes[rows]) @ head.morphs
        for k, points in enumerate(xyz.reshape(len(xyz), -1, 3), start):
            placed = _place(points, points[head.top], points[head.chin], float(codes[k, 3]))
            colours = head.colours(identity[k], float(codes[k, 0]))
            picture = raster.rasterise(placed, head.triangles, colours, head.meet, side=side, ground=GROUND)
            out[k] = (picture * 255).round()
    return np.ascontiguousarray(out.transpose(0, 3, 1, 2))


def _place(points: np.ndarray, top: np.ndarray, chin: np.ndarray, turn: float) -> np.ndarray:
    """Vertices [V, 3] turned by degrees about the upright axis of the head, and scaled to the picture."""
    middle = np.array([0.0, (top[1] + chin[1]) / 2, (top[2] + chin[2]) / 2])
    x, y, z = ((points - middle) * (HEIGHT / (top[1] - chin[1]))).T
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    return np.stack([x * cos + z * sin, y, z * cos - x * sin], 1)


@cache
def _head() -> heads.Mesh:
    return mesh.read(mesh.files())
