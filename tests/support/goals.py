"""Goals of lessons and scenes of `fashion-cvae`: whoever judges them, the server or the page, must say of each pair the same."""

from __future__ import annotations

from explorer.core.scene import Scene
from explorer.museum.lessons.lesson import Bounds, Goal

MODEL = "fashion-cvae"
SNEAKER = {"item": 7561}
BETWEEN = [{"op": "between", "params": {"to": {"start": {"item": 7}}, "t": 0.5}}]
POINTS: tuple[dict, ...] = (
    {"start": SNEAKER},
    {"start": SNEAKER, "condition": {"garment": "bag"}},
    {"start": SNEAKER, "condition": {"garment": {"bag": 0.5, "coat": 0.5}}},
    {"start": SNEAKER, "edits": BETWEEN},
    {"start": {"of": {"start": {"seed": 3, "temperature": 0.4}}}, "edits": BETWEEN},
    {"start": {"seed": 3, "condition": {"garment": "coat"}}},
    {"start": {"map": "latent", "at": [0.0, 0.0]}, "view": {"map": "latent", "tab": "resample"}},
)
SCENES = tuple(Scene.model_validate({"model": MODEL, **point}) for point in POINTS)
GOALS = (
    Goal(condition={"garment": "bag"}),
    Goal(condition={"garment": ("coat", "bag")}),
    Goal(reads={"garment": ("bag", "coat")}),
    Goal(reads={"garment": "sneaker"}, starts="item"),
    Goal(distance=Bounds(most=0.8)),
    Goal(distance=Bounds(least=0.8)),
    Goal(starts="prior"),
    Goal(starts="spot", map="latent"),
    Goal(step="between"),
    Goal(temperature=Bounds(most=0.5)),
    Goal(temperature=Bounds(least=0.5)),
    Goal(tab="attributes"),
    Goal(map="latent"),
    Goal(tab="resample", map="latent", starts="spot"),
)
