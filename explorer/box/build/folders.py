"""The files of a checkpoint's folder: filled, hashed, and moved to their place so that no reader sees half of one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from explorer.box.files import NAMES
from explorer.core.schema import Card


def save(folder: Path, **files: dict[str, Tensor]) -> None:
    """Write weights, `<stem>.safetensors` for each that there are."""
    for stem, tensors in files.items():
        if tensors:  # without a judge there is no file of it
            save_file(tensors, folder / f"{stem}.safetensors")


def fill(folder: Path, files: dict[str, bytes]) -> None:
    """Write files by their names."""
    for name, content in files.items():
        (folder / name).write_bytes(content)


def replace(folder: Path, out: Path) -> None:
    """Move a finished folder's files to where an explorer may be reading an older build, the card last."""
    out.mkdir(parents=True, exist_ok=True)
    new = {path.name for path in folder.iterdir()}
    for path in sorted(folder.iterdir(), key=lambda p: p.name == "card.json"):
        path.chmod(0o644)
        path.replace(out / path.name)
    for path in out.iterdir():
        if NAMES.fullmatch(path.name) and path.name not in new:
            path.unlink()


def hashes(folder: Path) -> dict[str, str]:
    """Of all files of a checkpoint's folder but its card."""
    files = sorted(path for path in folder.iterdir() if path.name != "card.json")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def write(card: Card, folder: Path) -> None:
    """Write the card."""
    (folder / "card.json").write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
