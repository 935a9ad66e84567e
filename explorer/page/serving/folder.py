"""Files of a static site: what each weighs on disk and over the wire, and all of them as a zip."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import RawIOBase
from typing import Any

from explorer.core.disk import made_once

STORED = (".gz", ".lzma", ".webp", ".avif", ".woff2")  # packed already


@dataclass(frozen=True)
class File:
    """A file of a site.

    Attributes:
        path: within the folder, with slashes.
        data: its content.
        first: the page asks for it before a picture of the first checkpoint can be changed.
    """

    path: str
    data: bytes
    first: bool = False

    @property
    def wire(self) -> int:
        """Bytes that travel from a host that compresses what browsers take compressed."""
        packed = self.path.endswith((*STORED, ".bin"))
        return len(self.data) if packed else len(gzip.compress(self.data, 6))


def tight(data: bytes) -> bytes:
    """Bytes as LZMA with their length in its head, made once for good; see assets/js/engine/lzma.js."""

    def make() -> bytes:
        packed = lzma.compress(data, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 24}])
        return packed[:5] + len(data).to_bytes(8, "little") + packed[13:]

    return made_once("packed", f"{hashlib.sha256(data).hexdigest()[:24]}.lzma", make)


class _Pipe(RawIOBase):
    """Where a zip writes to, and from which its bytes are taken as they come."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self.parts)
        self.parts.clear()
        return data


def zipped(made: Iterator[File]) -> Iterator[bytes]:
    """Files -> a zip, one file in memory at a time."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in made:
            packed = file.path.endswith(STORED)
            archive.writestr(file.path, file.data, zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED)
            yield pipe.taken()
    yield pipe.taken()


def weights(made: Sequence[File]) -> list[dict[str, Any]]:
    """What a site weighs, by what it is for.

    Returns:
        rows of `what`, `files`, `bytes`, `wire` (gzipped) and `first`: of `wire`, what comes before a slider answers.
    """
    groups: dict[str, list[File]] = {}
    for file in made:
        groups.setdefault(_group(file.path), []).append(file)
    rows = [{"what": name, **_weigh(group)} for name, group in groups.items()]
    return [*sorted(rows, key=lambda row: (-row["first"], -row["wire"])), {"what": "all", **_weigh(made)}]


def _weigh(group: Sequence[File]) -> dict[str, int]:
    return {
        "files": len(group),
        "bytes": sum(len(file.data) for file in group),
        "wire": sum(file.wire for file in group),
        "first": sum(file.wire for file in group if file.first),
    }


GROUPS = {
    "js/ort/": "runtime", "plotly-gl2d": "drawing, flat", "plotly-gl3d": "drawing, solid", "/model/": "graphs",
    "/weights/decoder": "decoders", "/weights/features": "features", "/weights/encoder": "encoders",
    "/weights/judge": "judges", "/prior/": "priors",
    "neighbours.": "neighbours", "/items/map.": "maps in full", "/items/z.bin": "latents", "space.features": "features",
    "/items/": "items", "thumbs": "thumbnails", "sheet.bin": "thumbnails", "/points/": "points", "/attribute/": "attributes",
}  # fmt: skip


def _group(path: str) -> str:
    return next((name for part, name in GROUPS.items() if part in path), "page")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The same in kilobytes, as a table for a terminal."""
    head = f"{'':<16}{'files':>6}{'on disk':>10}{'over wire':>11}{'at first':>10}"
    body = []
    for row in rows:
        size, wire, first = (row[key] / 1000 for key in ("bytes", "wire", "first"))
        body.append(f"{row['what']:<16}{row['files']:>6}{size:>10,.0f}{wire:>11,.0f}{first:>10,.0f}")
    said = "Kilobytes; over the wire with gzip; at first: before a slider of the first model answers. The rest comes when needed."
    return "\n".join([head, *body, said])
