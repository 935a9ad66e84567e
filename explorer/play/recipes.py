"""What the strips of a scene are made of: the two ends of its path, the steps between, the corners, the draws.

Tabs draw these points and exports write them, so that a file holds just what the page shows.
"""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
from pydantic import Field

from explorer.core.refusals import refuse
from explorer.core.scene import MAX_EDITS, Point, PriorStart, Scene
from explorer.core.schema import NAME, Value
from explorer.play.operations.between import Method
from explorer.play.operations.tab import Options
from explorer.play.session import Session

CANDIDATES = 256
MAX_STEPS = 25
MAX_DRAWS = 48
GRID = 5


class PathOptions(Options):
    """Of the tab `interpolate`."""

    steps: int = Field(default=9, ge=3, le=MAX_STEPS)
    method: Method = "slerp"
    condition: Literal["interpolate", "a", "b"] = "interpolate"
    grid: bool = False
    c: Point | None = None
    d: Point | None = None


class DrawOptions(Options):
    """Of the tab `resample`."""

    source: Literal["prior", "posterior"] = "prior"
    prior: str | None = Field(default=None, pattern=NAME)
    count: int = Field(default=12, ge=1, le=MAX_DRAWS)
    temperature: float = Field(default=1.0, ge=0, le=2)
    strength: float = Field(default=1.0, ge=0, le=8)
    seed: int = Field(default=1, ge=0, lt=2**31)
    own: bool = False
    condition: dict[str, Value] = {}


def plain(point: Point) -> dict[str, Any]:
    """A point as the parameter of an operation."""
    return point.model_dump(mode="json", exclude_defaults=True)


def step(point: Point, op: str, **params: Any) -> Point:
    """A point with one more step.

    Raises:
        ExplorerError: it has as many steps as a point can have.
    """
    if len(point.edits) >= MAX_EDITS:
        raise refuse("full", most=MAX_EDITS)
    return point.then(op, **params)


def ends(session: Session, scene: Scene) -> tuple[Point, Point]:
    """A and B of a scene; where none is chosen A is what the stage starts from, and B a real item far from A."""
    a = scene.view.a or scene.point.origin
    return a, scene.view.b or distant(session, a)


def corners(session: Session, scene: Scene, chosen: PathOptions) -> tuple[Point, Point, Point, Point]:
    """A, B and two more; where these aren't chosen they are real items far from all before them."""
    a, b = ends(session, scene)
    c = chosen.c or distant(session, a, b)
    return a, b, c, chosen.d or distant(session, a, b, c)


def distant(session: Session, *points: Point) -> Point:
    """A well reconstructed item, far from all these points in latent and condition; the same for the same points."""
    key = ("distant", *(point.model_dump_json() for point in points))
    return session.remember(key, lambda: Point.model_validate({"start": {"item": _distant(session, points)}}))


def _distant(session: Session, points: tuple[Point, ...]) -> int:
    items = session.checkpoint.items
    good = np.flatnonzero(items.error >= np.median(items.error))
    rows = good[np.linspace(0, len(good) - 1, min(CANDIDATES, len(good))).astype(int)]
    z = items.space("latent")[rows]
    c = session.card.conditions.encode_codes(items.codes[rows]).numpy()
    nearest = np.full(len(rows), np.inf)
    for point in points:
        state = session.resolve(point)
        apart = ((z - state.z.flatten().numpy()) ** 2).mean(1) + ((c - state.c.numpy()) ** 2).mean(1)
        nearest = np.minimum(nearest, apart)
    return int(rows[nearest.argmax()])


def travel(a: Point, b: Point, t: float, method: str, condition: str) -> Point:
    """The point at share `t` of the way from a to b."""
    return step(a, "between", to=plain(b), t=round(t, 6), method=method, condition=condition)


def path(a: Point, b: Point, steps: int, method: str, condition: str) -> list[Point]:
    """`steps` points from a to b, both included."""
    return [travel(a, b, k / (steps - 1), method, condition) for k in range(steps)]


def square(session: Session, scene: Scene, chosen: PathOptions) -> list[Point]:
    """GRID x GRID points between four corners, row by row, from A and B down to C and D."""
    a, b, c, d = corners(session, scene, chosen)
    others = {"right": plain(b), "below": plain(c), "opposite": plain(d)}
    shares = [k / (GRID - 1) for k in range(GRID)]
    return [step(a, "corners", **others, u=u, v=v) for v in shares for u in shares]


def draws(session: Session, scene: Scene, chosen: DrawOptions) -> list[Point]:
    """Draws from a prior, or variations of what is on stage.

    Raises:
        ExplorerError: the checkpoint doesn't carry that prior.
    """
    if chosen.source == "posterior":
        base = varied(scene.point)
        return [step(base, "vary", seed=chosen.seed, draw=k, strength=chosen.strength) for k in range(chosen.count)]
    condition = chosen.condition if chosen.own else session.condition(scene.point)
    asked = {name: value for name, value in condition.items() if value is not None}
    session.prior(chosen.prior)
    common = {"seed": chosen.seed, "temperature": chosen.temperature, "prior": chosen.prior, "condition": asked}
    return [Point(start=PriorStart(draw=k, **common)) for k in range(chosen.count)]


def varied(point: Point) -> Point:
    """What the variations on stage are variations of: the point without a variation at its end."""
    return point.before("vary")[0]


def difference(session: Session, name: str, plus: str, minus: str | None) -> np.ndarray:
    """Mean latent of a group less that of another, or of all other items: float32 [L].

    Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric", section 4.1.

    Raises:
        ExplorerError: a group that is empty, of another model, or everything.
    """
    z = session.checkpoint.items.space("latent")
    first = members(plus, len(z))
    second = members(minus, len(z)) if minus else ~first
    if not second.any():
        raise refuse("group-all", name=name)
    return z[first].mean(0) - z[second].mean(0)


def bits(mask: np.ndarray) -> str:
    """A group as a scene holds it: bool [n] -> what `members` reads."""
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode()


def members(text: str, n: int) -> np.ndarray:
    """A group's bits, the least significant of each byte first, as base64 of either alphabet -> bool [n].

    Raises:
        ExplorerError: not base64, of another length, or without any item.
    """
    try:
        plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/").replace(" ", "+")
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        raise refuse("group-unreadable") from None
    if len(raw) != -(-n // 8):
        raise refuse("group-elsewhere")
    mask = np.unpackbits(np.frombuffer(raw, dtype=np.uint8), bitorder="little")[:n].astype(bool)
    if not mask.any():
        raise refuse("group-empty")
    return mask
