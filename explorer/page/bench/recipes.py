"""Questions made up about a model: items, far from items, blends, unset, long chains, and what nobody should send."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from explorer.core.registry import discover
from explorer.core.scene import pack
from explorer.core.schema import Attribute
from explorer.play.operations.base import why_not
from explorer.play.recipes import bits
from explorer.play.session import Session

Json = dict[str, Any]
CHAIN = 10  # steps in a long chain


def _edit(op: str, **params: Any) -> list[Json]:
    return [{"op": op, "params": params}]


NO_EDITS: list[Any] = [
    _edit("nothing"),
    _edit("Not A Name"),
    [{}],
    {},
    _edit("dimension"),
    _edit("dimension", index=10**6),
    _edit("dimension", index=0, amount=7),
    _edit("principal", index=10**6),
    _edit("principal", index=0, more=1),
    _edit("between", to={"start": {"item": 10**8}}),
    _edit("between", to=3),
    _edit("between", to={}, method="teleport"),
    _edit("between"),
    _edit("direction", vector="AAAA"),
    _edit("polish", steps=1),
    _edit("vary", seed=1, strength=9),
    33 * _edit("vary", seed=1),
    32 * _edit("polish", steps=31),
]


class Recipes:
    """A stream of questions about a session, the same for the same seed."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.card = session, session.card
        self.rng = np.random.default_rng(seed)
        can = {
            name
            for name, op in discover("operations").items()
            if why_not(op, self.card.latent, self.card.capabilities) is None
        }
        self.steps = [(name, make) for name, make in self._makers().items() if name.rstrip("*") in can]
        self.spaces = sorted({"latent", *(spec.space for spec in self.card.maps)})

    def questions(self, points: int) -> Iterator[Json]:
        """Questions about so many points, every kind of question among them."""
        yield from self._once()
        for k in range(points):
            point = self.hostile() if k % 5 == 4 else self.point()
            yield {"ask": "condition", "points": [point]}
            yield {"ask": "picture", "points": [point]}
            spec = self.card.maps[k % len(self.card.maps)]
            yield {"ask": "places", "points": [point], "map": spec.name}
            more = k % 6
            if more == 0:
                yield {"ask": "trust", "points": [point]}
                yield {"ask": "real", "points": [point]}
            elif more == 1:
                yield {
                    "ask": "neighbours",
                    "points": [point],
                    "k": int(self.rng.integers(1, 12)),
                    "space": str(self.rng.choice(self.spaces)),
                }
            elif more == 2:
                yield {"ask": "judge", "points": [point]}
            elif more == 3:
                yield {"ask": "difference", "points": [[point, self.point()]]}
            elif more == 4:
                yield {"ask": "state", "points": [point]}
            else:
                yield {"ask": "distant", "points": [[self.point() for _ in range(1 + k % 3)]]}

    def _once(self) -> Iterator[Json]:
        for name in ("error", "codes", "z.std", "z.variance", "held_out", "no.such"):
            yield {"ask": "tensor", "name": name}
        for plus in (self._bits(), "AAAA", "%%%%", ""):
            yield {"ask": "direction", "points": [{"name": "mine", "plus": plus, "minus": None}]}
        yield {"ask": "direction", "points": [{"plus": self._bits(), "minus": self._bits()}]}
        yield {"ask": "spots", "points": [self._spot()]}
        yield {"ask": "spots", "points": [{"start": {"item": 1}}]}
        yield {"ask": "listen", "points": [{"start": {"item": 1}}]}
        for k in range(3):
            yield {"ask": "encode", "file": self._file(k), "condition": {}}
        yield {"ask": "encode", "file": "data:image/png;base64,AAAA", "condition": {}}
        yield {"ask": "encode", "file": "no file", "condition": {"nothing": 1}}
        for extra in ({"k": 0}, {"k": 2, "space": "elsewhere"}, {"k": "3"}, {"surprise": 1}):
            yield {"ask": "neighbours", "points": [{"start": {"item": 2}}], **extra}
        yield {"ask": "places", "points": [{}], "map": "nowhere"}
        for name in self.card.unasked:  # the decoder isn't told them, so asking changes nothing: both must say so
            first = self.card.conditions[name].values[0]
            yield {"ask": "picture", "points": [{"condition": {name: first}}]}

    # -- recipes that are in order

    def point(self, long: bool | None = None) -> Json:
        """A recipe."""
        rng, out = self.rng, {"start": self._start()}
        if rng.random() < 0.5 and (asked := self._asked()):
            out["condition"] = asked
        count = int(rng.choice([0, 0, 1, 1, 2, 3, CHAIN])) if long is None else 0
        if self.steps and count:
            out["edits"] = [self._step() for _ in range(count)]
        return out

    def _start(self, deep: bool = True) -> Json:
        kind = self.rng.choice(["item", "item", "item", "draw", "spot", "upload", "of"])
        if kind == "draw":
            prior = str(self.rng.choice([*self.card.priors]))
            draw = {"seed": int(self.rng.integers(2**31)), "draw": int(self.rng.integers(4096)), "prior": prior}
            return draw | {"temperature": round(float(self.rng.uniform(0, 2)), 3), "condition": self._asked(every=True)}
        if kind == "spot":
            return self._spot()["start"]
        if kind == "upload":
            z = self.session.checkpoint.items.z[int(self.rng.integers(self.card.items))].astype(np.float32).ravel()
            far = z * (1 + self.rng.normal(size=z.shape).astype(np.float32))
            return {"sha256": "a" * 64, "latent": pack(far), "condition": self._asked(every=True)}
        if kind == "of" and deep:
            return {"of": self.point(long=False)}
        return self._item()

    def _item(self) -> Json:
        return {"item": int(self.rng.integers(self.card.items))}

    def _spot(self) -> Json:
        spec = self.card.maps[int(self.rng.integers(len(self.card.maps)))]
        coords = self.session.checkpoint.items.map(spec.name)
        low, high = coords.min(0), coords.max(0)
        at = self.rng.uniform(low - 0.3 * (high - low), high + 0.3 * (high - low))
        return {"start": {"map": spec.name, "at": [round(float(v), 4) for v in at]}}

    def _asked(self, every: bool = False) -> Json:
        attributes = self.card.conditions.attributes if every else self.card.asked
        return {a.name: self._value(a) for a in attributes if self.rng.random() < 0.6}

    def _value(self, attribute: Attribute) -> Any:
        if self.rng.random() < 0.15:
            return None
        if attribute.kind == "continuous":
            return round(float(self.rng.uniform(attribute.low, attribute.high)), 4)
        if self.rng.random() < 0.3:
            some = self.rng.choice(attribute.values, 2, replace=False)
            return {str(name): round(float(self.rng.uniform(0.05, 1)), 3) for name in some}
        return str(self.rng.choice(attribute.values))

    def _step(self) -> Json:
        name, make = self.steps[int(self.rng.integers(len(self.steps)))]
        return {"op": name.rstrip("*"), "params": make()}

    def _makers(self) -> dict[str, Any]:
        rng, size = self.rng, self.card.latent.size

        def number(low: float, high: float) -> float:
            return round(float(rng.uniform(low, high)), 4)

        def other() -> Json:
            return {"start": self._start(deep=False)}

        def way(method: str) -> Json:
            held = str(rng.choice(["interpolate", "a", "b"]))
            return {"to": other(), "t": number(0, 1), "method": method, "condition": held}

        def direction() -> Json:
            return {"vector": pack(rng.normal(size=size).astype(np.float32)), "amount": number(-4, 4), "label": "mine"}

        return {
            "between": lambda: way("slerp"),
            "between*": lambda: way("lerp"),
            "between**": lambda: way("dense"),
            "dimension": lambda: {"index": int(rng.integers(size)), "amount": number(-6, 6)},
            "principal": lambda: {"index": int(rng.integers(min(size, 6))), "amount": number(-6, 6)},
            "direction": direction,
            "arithmetic": lambda: {"minus": other(), "plus": other(), "amount": number(-2, 2)},
            "corners": lambda: {
                "right": other(),
                "below": other(),
                "opposite": other(),
                "u": number(0, 1),
                "v": number(0, 1),
            },
            "vary": lambda: {
                "seed": int(rng.integers(2**31)),
                "draw": int(rng.integers(4096)),
                "strength": number(0, 4),
            },
        }

    def _bits(self) -> str:
        return bits(self.rng.random(self.card.items) < 0.3)

    def _file(self, kind: int) -> str:
        """A picture: one of the model's own size, a large one, a drawing dark on light that isn't square."""
        _, height, width = self.card.shape if len(self.card.shape) == 3 else (1, 32, 32)
        if kind == 0:
            image = Image.fromarray(self.rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        elif kind == 1:
            y, x = np.mgrid[0:210, 0:333] / 40
            image = Image.fromarray(
                (127 + 120 * np.stack([np.sin(x + k) * np.cos(y - k) for k in range(3)], 2)).astype(np.uint8)
            )
        else:
            image = Image.new("RGB", (90, 61), "white")
            image.paste("black", (30, 10, 45, 50))
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()

    # -- recipes that are not

    def hostile(self) -> Json:
        """A recipe with something wrong in it."""
        wrong: list[Any] = [{"start": start} for start in self._no_starts()]
        wrong += [{"condition": condition} for condition in self._no_conditions()]
        wrong += [{"edits": edits} for edits in NO_EDITS]
        wrong += [{"more": 1}, 7, self._nested(9), self._nested(80)]
        return wrong[int(self.rng.integers(len(wrong)))]

    def _no_starts(self) -> list[Any]:
        spec, size = self.card.maps[0], self.card.latent.size
        spots = [("nowhere", [0, 0]), (spec.name, [0]), (spec.name, [1e5] * spec.dims), ("a", [1e308, 0])]
        spots.append((spec.name, [0] * (5 - spec.dims)))
        latents = ["AAAA", "not base64!", pack(np.full(size, 1e20)), pack(np.full(size, np.nan))]
        return [
            *({"item": item} for item in (self.card.items, -1, 1.5, "1", True, None)),
            *(
                {"seed": 1, **more}
                for more in ({"draw": 4096}, {"temperature": 2.5}, {"prior": "nobody"}, {"prior": "A b"})
            ),
            *({"map": name, "at": at} for name, at in spots),
            *({"sha256": "a" * 64, "latent": latent} for latent in latents),
            *({"sha256": "a" * 63, "latent": ""}, {"seed": 2**31}, {}, 3),
        ]

    def _no_conditions(self) -> list[Any]:
        first = self.card.conditions.attributes[0]
        known = first.values[0] if first.values else "a"
        values = [{"nobody": 0.5}, "nobody" * 40, 1e9, [1], {}, {known: 2}, {known: 0}, True]
        unasked = [{name: self._value(self.card.conditions[name])} for name in self.card.unasked]
        return [*({first.name: value} for value in values), {"nothing": 1}, [], *(6 * unasked)]

    @staticmethod
    def _nested(depth: int) -> Json:
        point: Json = {"start": {"item": 1}}
        for _ in range(depth):
            point = {"start": {"of": point}}
        return point
