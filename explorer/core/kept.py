"""What is dear to make, kept while somebody uses it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """A function that remembers what it made for the keys used last, until nobody has asked for one in a while.

    `functools.lru_cache` keeps a server's last models for ever; this one lets them go by itself. A key is made once, however many
    ask at the same time.

    Args:
        make: key -> value.
        most: how many are kept.
        idle: seconds without use after which one is let go.
    """

    def __init__(self, make: Callable[..., T], most: int, idle: float) -> None:
        self.make, self.most, self.idle = make, most, idle
        self._kept: OrderedDict[tuple[Hashable, ...], tuple[T, float]] = OrderedDict()
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None

    def __call__(self, *key: Hashable) -> T:
        """The value of a key: that which is kept, or a new one."""
        with self._lock:
            value = self._kept.pop(key)[0] if key in self._kept else self.make(*key)
            self._kept[key] = value, time.monotonic()
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
            if self._timer is None:
                self._wait(self.idle)
            return value

    def _wait(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._sweep)
        self._timer.daemon = True
        self._timer.start()

    def _sweep(self) -> None:
        """Let go of what nobody asked for, and look again when the next one may be due."""
        with self._lock:
            now = time.monotonic()
            for key in [key for key, (_, used) in self._kept.items() if now - used >= self.idle]:
                del self._kept[key]
            self._timer = None
            if self._kept:
                oldest = min(used for _, used in self._kept.values())
                self._wait(max(0.0, oldest + self.idle - now))
