"""Caches with a limit in entries and in bytes, and an idle timeout; one lock for each key."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
SMALL = 64  # bytes, about, of an object that holds no other


@dataclass(eq=False)
class _Entry(Generic[T]):
    made: Future[T]
    used: float
    size: int = 0


class Kept(Generic[T]):
    """A function that remembers what it made for the keys used last, until nobody has asked for one in a while.

    `functools.lru_cache` keeps a server's last models for ever; this one lets them go by itself. A key is made once, however many
    ask at the same time, and while it is made only those who ask for the same key wait. What can't be made isn't remembered.

    Args:
        make: key -> value.
        most: how many are kept; None: as many as `limit` allows.
        idle: seconds without use after which one is let go.
        limit: bytes that all may take together; the one made last stays even if it is larger.
        weigh: value -> its bytes.
    """

    def __init__(
        self,
        make: Callable[..., T],
        most: int | None,
        idle: float,
        limit: int | None = None,
        weigh: Callable[[T], int] | None = None,
    ) -> None:
        self.make, self.most, self.idle, self.limit = make, most, idle, limit
        self._weigh = weigh or size
        self._kept: OrderedDict[tuple[Hashable, ...], _Entry[T]] = OrderedDict()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def __call__(self, *key: Hashable) -> T:
        """The value of a key: that which is kept, or a new one."""
        with self._lock:
            entry = self._kept.get(key)
            first = entry is None
            if first:
                entry = self._kept[key] = _Entry(Future(), time.monotonic())
            self._kept.move_to_end(key)
            entry.used = time.monotonic()
            if self._timer is None:
                self._wait(self.idle)
        if first:
            self._make(key, entry)
        return entry.made.result()

    def _make(self, key: tuple[Hashable, ...], entry: _Entry[T]) -> None:
        try:
            value = self.make(*key)
            entry.size = self._weigh(value) if self.limit is not None else 0
        except BaseException as error:
            with self._lock:
                if self._kept.get(key) is entry:
                    del self._kept[key]
            entry.made.set_exception(error)
            return
        entry.made.set_result(value)
        with self._lock:
            self._trim()

    def _trim(self) -> None:
        """Let the least used go until the rest is within both limits; what is still being made stays."""
        ready = [key for key, entry in self._kept.items() if entry.made.done()]
        total = sum(self._kept[key].size for key in ready)
        for key in ready[:-1]:
            crowded = self.most is not None and len(self._kept) > self.most
            heavy = self.limit is not None and total > self.limit
            if not (crowded or heavy):
                return
            total -= self._kept.pop(key).size

    def _wait(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._sweep)
        self._timer.daemon = True
        self._timer.start()

    def _sweep(self) -> None:
        """Let go of what nobody asked for, and look again when the next one may be due."""
        with self._lock:
            now = time.monotonic()
            for key, entry in list(self._kept.items()):
                if entry.made.done() and now - entry.used >= self.idle:
                    del self._kept[key]
            self._timer = None
            if self._kept:
                oldest = min(entry.used for entry in self._kept.values())
                self._wait(max(0.1, oldest + self.idle - now))


class Answers:
    """Answers of pure functions under hashed keys, bounded in bytes; the least used go first. Safe among threads.

    Args:
        limit: bytes of all answers together; a larger one isn't kept at all.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._kept: OrderedDict[bytes, tuple[object, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def found(self, key: Hashable) -> Any:
        """What is kept for a key, or None."""
        with self._lock:
            return self._kept.get(digest(key), (None, 0))[0]

    def __call__(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave for this key before, or gives now."""
        name = digest(key)
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name][0]
        value = make()
        weight = size(value) + 2 * SMALL
        with self._lock:
            if name not in self._kept and weight <= self.limit:
                self._kept[name] = value, weight
                self.bytes += weight
            while self.bytes > self.limit:
                self.bytes -= self._kept.popitem(last=False)[1][1]
        return value


def digest(key: Hashable) -> bytes:
    """Sixteen bytes for a key of any length: a string, bytes, a number, None, or a tuple of these."""
    hashed = hashlib.blake2b(digest_size=16)

    def add(part: Hashable) -> None:
        if isinstance(part, tuple):
            hashed.update(b"(%d" % len(part))
            for one in part:
                add(one)
            return
        raw = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        hashed.update(b"%s %d:" % (type(part).__name__.encode(), len(raw)))
        hashed.update(raw)

    add(key)
    return hashed.digest()


def size(value: Any) -> int:
    """Bytes that a value takes, about: arrays and tensors by their buffers, containers and dataclasses by what they hold."""
    if isinstance(value, bytes | bytearray | str):
        return SMALL + len(value)
    for measure in ("nbytes", "num_bytes"):
        if isinstance(found := getattr(value, measure, None), int):
            return SMALL + found
    if isinstance(value, Mapping):
        return SMALL + sum(size(k) + size(v) for k, v in value.items())
    if isinstance(value, Sequence | set | frozenset):
        return SMALL + sum(map(size, value))
    if is_dataclass(value) and not isinstance(value, type):
        return SMALL + sum(size(getattr(value, field.name)) for field in fields(value))
    return SMALL
