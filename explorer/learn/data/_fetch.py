"""Fetch a public file once, check it, and keep it; and put a set of pictures in an order that no source decides."""

from __future__ import annotations

import hashlib
import shutil
import urllib.request
from pathlib import Path

import numpy as np

from explorer.core.schema import ExplorerError

TIMEOUT = 60.0


def download(url: str, path: Path) -> Path:
    """Download `url` to `path` unless it is there already; what it holds is for the caller to check.

    Raises:
        ExplorerError: the file can't be fetched.
    """
    if not path.is_file():
        part = path.with_suffix(path.suffix + ".part")
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT) as source, part.open("wb") as target:
                shutil.copyfileobj(source, target)
        except OSError:
            raise ExplorerError(
                f"{path.name} can't be fetched from {url}; fetch it by hand and name the data folder in EXPLORER_DATA.",
                "checkpoint",
            ) from None
        part.replace(path)
    return path


def fetch(url: str, path: Path, digest: str, algorithm: str = "sha256") -> Path:
    """Download `url` to `path` unless it is there already, and compare its hash.

    Raises:
        ExplorerError: the file can't be fetched, or it isn't the one that was published.
    """
    download(url, path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != digest:
        path.unlink()
        raise ExplorerError(
            f"{path.name} from {url} is not the published file (its {algorithm} differs).", "checkpoint"
        )
    return path


def canonical(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 [N, H, W] and labels [N] sorted by the hash of each picture.

    Copies of a public set differ in their order; sorted so, each copy gives the same rows, in an order free of class.
    """
    keys = [
        hashlib.blake2b(a.tobytes() + bytes([b]), digest_size=8).digest() for a, b in zip(x, y.tolist(), strict=True)
    ]
    order = np.argsort(np.array(keys), kind="stable")
    return x[order], y[order]
