"""A head that morphs: MakeHuman's base mesh and morph targets (CC0 1.0), and how a person is made of them.

A person's *identity* is a vector: how far each detail goes one way or the other, how female, which mixture of the three face
shapes that the set has, skin, iris and brows. Age, smile and weight are not part of it: they choose and weigh other
targets, so that the same person at any age exists. The three shapes are mixed at random for everybody; nobody can ask for one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

BASE = "3dobjs/base.obj"

SHAPES = ("african", "asian", "caucasian")
SEXES = ("female", "male")
STAGES = {"baby": 1.0, "child": 10.0, "young": 25.0, "old": 90.0}  # years
# Opposite ends, and what goes from the one to the other; `?` stands for both sides at once.
DETAILS = {
    ("decr", "incr"): (
        "cheek/?-cheek-bones cheek/?-cheek-inner cheek/?-cheek-volume chin/chin-bones chin/chin-cleft chin/chin-height "
        "chin/chin-jaw-drop chin/chin-prognathism chin/chin-prominent chin/chin-width ears/?-ear-lobe ears/?-ear-scale "
        "ears/?-ear-scale-vert ears/?-ear-wing eyes/?-eye-bag eyes/?-eye-bag-height eyes/?-eye-height1 eyes/?-eye-height2 "
        "eyes/?-eye-height3 eyes/?-eye-scale forehead/forehead-scale-vert "
        "forehead/forehead-temple head/head-back-scale-depth head/head-scale-depth head/head-scale-horiz "
        "head/head-scale-vert mouth/mouth-cupidsbow mouth/mouth-cupidsbow-width mouth/mouth-lowerlip-height "
        "mouth/mouth-lowerlip-volume mouth/mouth-lowerlip-width mouth/mouth-philtrum-volume mouth/mouth-scale-depth "
        "mouth/mouth-scale-horiz mouth/mouth-scale-vert mouth/mouth-upperlip-height mouth/mouth-upperlip-volume "
        "mouth/mouth-upperlip-width nose/nose-flaring nose/nose-greek nose/nose-hump nose/nose-nostrils-width "
        "nose/nose-point-width nose/nose-scale-depth nose/nose-scale-horiz nose/nose-scale-vert nose/nose-septumangle "
        "nose/nose-volume nose/nose-width1 nose/nose-width2 nose/nose-width3"
    ),
    ("down", "up"): (
        "cheek/?-cheek-trans ears/?-ear-trans eyebrows/eyebrows-angle eyebrows/eyebrows-trans eyes/?-eye-corner1 "
        "eyes/?-eye-corner2 eyes/?-eye-eyefold-angle eyes/?-eye-eyefold eyes/?-eye-trans mouth/mouth-lowerlip-ext "
        "mouth/mouth-lowerlip-middle mouth/mouth-trans mouth/mouth-upperlip-ext mouth/mouth-upperlip-middle nose/nose-base "
        "nose/nose-nostrils-angle nose/nose-point nose/nose-trans"
    ),
    ("in", "out"): "eyes/?-eye-bag eyes/?-eye-epicanthus eyes/?-eye-push1 eyes/?-eye-push2 eyes/?-eye-trans head/head-angle",
    ("backward", "forward"): (
        "ears/?-ear-rot ears/?-ear-trans eyebrows/eyebrows-trans forehead/forehead-trans mouth/mouth-trans nose/nose-trans"
    ),
    ("concave", "convex"): "eyes/?-eye-eyefold nose/nose-curve",
    ("compress", "uncompress"): "nose/nose-compression",
    ("round", "square"): "head/head",
    ("oval", "rectangular"): "head/head",
    ("triangular", "invertedtriangular"): "head/head",
}  # fmt: skip
SMILE = {"mouth-corner-puller": 1.0, "mouth-part-later": 0.35, "eye-left-slit": 0.35, "eye-right-slit": 0.35}
SKIN = np.array([[0.98, 0.80, 0.70], [0.86, 0.62, 0.47], [0.60, 0.39, 0.28], [0.36, 0.23, 0.17]])  # light to dark
IRISES = np.array([[0.25, 0.16, 0.10], [0.35, 0.30, 0.16], [0.28, 0.42, 0.55]])  # brown, green, blue
LIP, BROW, WHITE = np.array([0.80, 0.36, 0.36]), np.array([0.16, 0.11, 0.09]), np.array([0.95, 0.94, 0.92])
GREY, GREY_AGES = np.array([0.72, 0.72, 0.70]), (40.0, 85.0)  # what brows turn to, from when to when
# Standard deviations of a detail and of those of the whole skull; the targets are made for weights from 0 to 1.
SPREAD, SKULL = 0.28, 0.14


def _sides(stem: str) -> tuple[str, ...]:
    return tuple(stem.replace("?", side) for side in "lr") if "?" in stem else (stem,)


# Each detail: the targets of its one end and of the other.
ENDS = tuple(
    tuple(tuple(f"{side}-{end}" for side in _sides(stem)) for end in ends)
    for ends, stems in DETAILS.items() for stem in stems.split()
)  # fmt: skip
# The columns of an identity.
DETAIL, SEX, SHAPE, TONE, IRIS, BROWS = (
    slice(0, len(ENDS)), len(ENDS), slice(len(ENDS) + 1, len(ENDS) + 4), len(ENDS) + 4, len(ENDS) + 5, len(ENDS) + 6,
)  # fmt: skip
WIDTH = len(ENDS) + 7


def people(count: int, rng: np.random.Generator) -> np.ndarray:
    """Identities float32 [count, WIDTH]: details in [-1, 1], sex (0 female, 1 male), shares of the shapes, skin, iris, brows."""
    out = np.empty((count, WIDTH))
    spread = [SKULL if low[0].startswith("head/") else SPREAD for low, _ in ENDS]
    out[:, DETAIL] = np.clip(rng.normal(0, spread, (count, len(ENDS))), -1, 1)
    out[:, SEX] = rng.beta(0.5, 0.5, count)
    out[:, SHAPE] = rng.dirichlet((1.0, 1.0, 1.0), count)
    out[:, [TONE, IRIS, BROWS]] = rng.random((count, 3))
    return out.astype(np.float32)


@dataclass(frozen=True)
class Mesh:
    """Head, eyes and the morphs of both.

    Attributes:
        base: vertices [V, 3].
        triangles: [T, 3].
        morphs: displacements by target, [M, 3 V].
        column: of each target's name.
        lips, brows, white, iris: how much of each colour a vertex has, [V] in [0, 1].
        top, chin: vertices that frame the head.
        meet: see `raster.corner_weights`.
    """

    base: np.ndarray
    triangles: np.ndarray
    morphs: np.ndarray
    column: dict[str, int]
    lips: np.ndarray
    brows: np.ndarray
    white: np.ndarray
    iris: np.ndarray
    top: int
    chin: int
    meet: sparse.csr_matrix

    def weights(self, identity: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Identities [N, WIDTH] and age, smile, weight [N, 3 or more] -> weights of the morphs, float32 [N, M]."""
        out = np.zeros((len(identity), len(self.column)), np.float32)
        for k, (low, high) in enumerate(ENDS):
            for names, amount in ((low, -identity[:, k]), (high, identity[:, k])):
                for name in names:
                    out[:, self.column[name]] = np.maximum(amount, 0)
        age, smile, weight = codes[:, 0], codes[:, 1], codes[:, 2]
        shapes = dict(zip(SHAPES, identity[:, SHAPE].T, strict=True))
        sexes = dict(zip(SEXES, (1 - identity[:, SEX], identity[:, SEX]), strict=True))
        years = np.array(list(STAGES.values()))
        for stage, peak in zip(STAGES, np.eye(len(STAGES)), strict=True):
            share = np.interp(age, years, peak)
            for sex, much in sexes.items():
                for shape, part in shapes.items():
                    out[:, self.column[f"macrodetails/{shape}-{sex}-{stage}"]] = share * much * part
                for end, amount in (("min", -weight), ("max", weight)):
                    name = f"macrodetails/universal-{sex}-{stage}-averagemuscle-{end}weight"
                    out[:, self.column[name]] = share * much * np.maximum(amount, 0)
        for name, amount in (("head/head-fat-decr", -weight), ("head/head-fat-incr", weight)):
            out[:, self.column[name]] = np.maximum(amount, 0)
        for unit, much in SMILE.items():
            for shape, part in shapes.items():
                out[:, self.column[f"expression/units/{shape}/{unit}"]] = smile * much * part
        return out

    def colours(self, identity: np.ndarray, age: float) -> np.ndarray:
        """One identity [WIDTH] and an age in years -> colours of the vertices, [V, 3] in [0, 1]."""
        steps = np.arange(len(SKIN)) / (len(SKIN) - 1)
        skin = np.array([np.interp(identity[TONE], steps, channel) for channel in SKIN.T])
        iris = IRISES[min(int(identity[IRIS] * len(IRISES)), len(IRISES) - 1)]
        layers = (
            (0.55 * self.lips, 0.5 * LIP + 0.5 * LIP * skin),
            ((0.35 + 0.5 * identity[BROWS]) * self.brows, BROW + np.interp(age, GREY_AGES, (0, 1)) * (GREY - BROW)),
            (self.white, WHITE), (self.iris, iris),
        )  # fmt: skip
        out = np.tile(skin, (len(self.base), 1))
        for share, colour in layers:
            out += share[:, None] * (colour - out)
        return out.astype(np.float32)
