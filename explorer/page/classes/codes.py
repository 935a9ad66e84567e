"""The code of a class, the secrets of who is in it, and how often somebody may guess."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

from explorer.core.schema import ExplorerError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter that looks like a digit
LENGTH = 8  # 40 bits
SECRET = re.compile(r"[\w-]{22,64}")  # 128 bits or more in URL-safe base64
LOOKS_LIKE = str.maketrans("OIL", "011", "- ")


class Refused(ExplorerError):
    """A request of a class that can't be done: one sentence, and the HTTP status by which the page knows what to do.

    Args:
        sentence: what went wrong.
        status: 403 not yours; 404 no such class; 409 not now; 422 not readable; 429 too often; 503 full.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence, "lessons")
        self.status = status


def fresh() -> str:
    """A code that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normal(text: str) -> str:
    """A code as a person types it -> as it is kept: `abcd-efgo` is `ABCDEFG0`."""
    return text[:64].upper().translate(LOOKS_LIKE)


def written(code: str) -> str:
    """A code as people read it: `ABCD-EFGH`."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def hashed(secret: str) -> str:
    """What is kept of a secret, so that who reads the file can't write for anybody."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(secret: str, kept: str) -> bool:
    """Is this the secret of which the hash is kept?"""
    return hmac.compare_digest(hashed(secret), kept)


class Limit:
    """So many events in so many seconds for each name; the names that were longest quiet are forgotten.

    Args:
        most: events.
        seconds: the window in which they count.
        names: how many names are known at once.
        clock: seconds.
    """

    def __init__(
        self, most: int, seconds: float, names: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most, self.seconds, self.names, self.clock = most, seconds, names, clock
        self._events: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def full(self, name: Hashable) -> bool:
        """Has this name used up what it may?"""
        events = self._events.get(name)
        while events and events[0] <= self.clock() - self.seconds:
            events.popleft()
        return bool(events) and len(events) >= self.most

    def count(self, name: Hashable) -> None:
        """One more."""
        self._events.setdefault(name, deque(maxlen=self.most)).append(self.clock())
        self._events.move_to_end(name)
        while len(self._events) > self.names:
            self._events.popitem(last=False)

    def take(self, name: Hashable) -> bool:
        """Count one more where it still may; whether it did."""
        if self.full(name):
            return False
        self.count(name)
        return True
