"""Files within an HTML document, so that it needs none beside it: each packed, then all as characters of one byte each.

Base64 would make a third more of them. The document says that its characters are those of windows-1252, in which every byte is a
character, and the few bytes that HTML would read otherwise stand escaped, as yEnc does it: an escape and the byte shifted.
`assets/js/shell/unpack.js` reads it.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from explorer.page.serving.folder import STORED

CHARSET = "windows-1252"
ESCAPE, SHIFT = 0x1B, 64
READ_OTHERWISE = re.compile(
    rb"[\x00\r\x1b]|<(?=[/!])"
)  # by an HTML parser within a script element, and the escape itself
WIDTHS = (1, 2, 4)  # bytes of a number


def text(data: bytes) -> bytes:
    """Bytes -> bytes of an HTML document's text that stand for them."""
    return READ_OTHERWISE.sub(lambda found: bytes((ESCAPE, (found[0][0] + SHIFT) & 255)), data)


def box(files: Iterable[tuple[str, bytes]]) -> tuple[bytes, dict[str, Any]]:
    """Files -> their packed bytes, one after the other, and where each lies in them; what is the same is held once.

    Args:
        files: path and content; a path that ends in `.gz` is of numbers that the engine reads.

    Returns:
        bytes, and `length`, `sum` (Adler-32), `files`: path -> `at`, from and to; `gzip`, where it is packed so; `planes`, the
        width of numbers whose first bytes lie together, then the second ones.
    """
    parts: list[bytes] = []
    known: dict[bytes, dict[str, Any]] = {}
    end, index = 0, {}
    for path, data in files:
        numbers = path.endswith(".gz")
        raw = gzip.decompress(data) if numbers else data
        if raw not in known:
            packed, how = (
                (raw, {}) if path.endswith(STORED) and not numbers else _packed(raw, WIDTHS if numbers else (1,))
            )
            known[raw] = {"at": [end, end + len(packed)], **how}
            parts.append(packed)
            end += len(packed)
        index[path] = known[raw]
    data = b"".join(parts)
    return data, {"length": len(data), "sum": zlib.adler32(data), "files": index}


def _packed(raw: bytes, widths: Sequence[int]) -> tuple[bytes, dict[str, Any]]:
    """Packed as numbers of the width at which it is least."""
    ways = ((gzip.compress(planes(raw, width), 9, mtime=0), width) for width in widths if len(raw) % width == 0)
    packed, width = min(ways, key=lambda way: len(way[0]))
    return packed, {"gzip": True, **({"planes": width} if width > 1 else {})}


def planes(data: bytes, width: int) -> bytes:
    """The first bytes of all numbers that are so wide, then the second ones: like beside like packs better."""
    return np.frombuffer(data, np.uint8).reshape(-1, width).T.tobytes()
