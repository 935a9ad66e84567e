"""Changes to what is in order, at random but the same for the same seed: in JSON, in text, in bytes."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**64, -(2**64), 0.5, 1e20, -1e308, float("nan"), float("inf"), "", " ", "0",
    "a" * 5000, "\ud800", "\x00", "\u202e", "<script>alert(1)</script>", "../../etc/passwd", "{name}", "%s", [], {}, [[]],
    [None] * 300, {"": ""}, {"a": {"a": {"a": {}}}}, "data:,", "constructor", "__proto__", "ß" * 200, "é\u0301", "1e9",
)  # fmt: skip
WORDS = (
    "", ".", "..", "%00", "%2e%2e", "..%2f..%2fetc%2fpasswd", "nul", "a" * 300, "a" * 9000, "%ff%fe", "%F0%9F%98%80", "1", "-1",
    "1e9", "%7B%7D", "%22", "<b>", "a.b", "both", "flat", "colour", "decoder", "png", "item", "stage", "%E2%80%AE", "%0A",
)  # fmt: skip
DEEP = 90


class Mutator:
    """A stream of changes.

    Attributes:
        rng: what chooses them.
        changed: where the last value was changed, as keys and indices.
    """

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.changed: list[list[Any]] = []

    def value(self, whole: Any) -> Any:
        """A copy of a value of JSON with one to three changes in it."""
        out, self.changed = copy.deepcopy(whole), []
        for _ in range(int(self.rng.choice([1, 1, 1, 2, 3]))):
            out = self._change(out)
        return out

    def _change(self, whole: Any) -> Any:
        path = self._somewhere(whole)
        self.changed.append(path)
        if not path:
            return self._other(whole)
        holder = whole
        for key in path[:-1]:
            holder = holder[key]
        key, how = path[-1], self.rng.random()
        if how < 0.12:
            del holder[key]
        elif how < 0.2 and isinstance(holder, dict):
            holder[str(self._odd())[:64]] = holder.pop(key)
        elif how < 0.3 and isinstance(holder, list):
            holder.extend(copy.deepcopy(holder[key]) for _ in range(int(self.rng.integers(1, 40))))
        else:
            holder[key] = self._other(holder[key])
        return whole

    def _somewhere(self, whole: Any) -> list[Any]:
        """The way to a node, each level with the same chance to be the last."""
        path, node = [], whole
        while isinstance(node, dict | list) and node and self.rng.random() < 0.85:
            keys = list(node) if isinstance(node, dict) else range(len(node))
            key = keys[int(self.rng.integers(len(keys)))]
            path.append(key)
            node = node[key]
        return path

    def _other(self, value: Any) -> Any:
        """Another value in the place of one: near it, odd, or far too deep."""
        how = self.rng.random()
        if how < 0.25 and isinstance(value, str):
            return self.text(value)
        if how < 0.25 and isinstance(value, int | float) and not isinstance(value, bool):
            return value * float(self.rng.choice([-1, 1.5, 1e3, 1e-9])) + float(self.rng.choice([0, 1, 0.5]))
        if how < 0.3:
            for _ in range(DEEP):
                value = [value]
            return value
        if how < 0.4:
            return [copy.deepcopy(value)] if how < 0.35 else {"start": copy.deepcopy(value)}
        return copy.deepcopy(self._odd())

    def _odd(self) -> Any:
        return ODD[int(self.rng.integers(len(ODD)))]

    def text(self, text: str) -> str:
        """A text cut, doubled, or with characters changed."""
        how, at = int(self.rng.integers(6)), int(self.rng.integers(len(text) + 1))
        if how == 0:
            return text[:at]
        if how == 1:
            return text[at:]
        if how == 2:
            return text + text
        odd = self._odd()
        put = odd if isinstance(odd, str) else chr(int(self.rng.integers(1, 0xD800)))
        return text[:at] + put + text[at + (how > 3) :]

    def raw(self, raw: bytes) -> bytes:
        """Bytes cut, doubled, or with some of them changed."""
        how, at = int(self.rng.integers(6)), int(self.rng.integers(len(raw) + 1))
        if how == 0:
            return raw
        if how == 1:
            return raw[:at]
        if how == 2:
            return raw + raw[at:]
        out = bytearray(raw)
        for _ in range(int(self.rng.integers(1, 30)) if out else 0):
            # Headers decide most, so half of the changes go there.
            most = min(len(out), 64) if self.rng.random() < 0.5 else len(out)
            out[int(self.rng.integers(most))] = int(self.rng.integers(256))
        return bytes(out)

    def word(self) -> str:
        """A part of an address that nobody should ask for, or one that might be."""
        return WORDS[int(self.rng.integers(len(WORDS)))]
