"""What belongs to a data set is stored once: judges and sprite sheets of the bundled checkpoints, in the store beside them."""

from __future__ import annotations

from pathlib import Path

from explorer.box.checkpoints import available, default_root, read_card
from explorer.box.files import SHARED, stored

OF_THE_DATA = ("judge.safetensors", "judge.onnx")
SHEET = "thumbs"


def counts(root: Path, data: str, size: int, least: tuple[int, int]) -> tuple[int, int]:
    """How many training and held-out items a data set's sheet shows: as many as this checkpoint needs, or one beside it.

    Args:
        root: the folder of the checkpoints.
        data: the data set's name.
        size: side of a thumbnail.
        least: training and held-out items that this checkpoint shows.
    """
    sheets = [
        card.sheet for card in available(root).values() if card.sheet and card.data == data and card.thumb_size == size
    ]
    return max((s for s in sheets if s[0] >= least[0] and s[1] >= least[1]), default=least)


def share(folder: Path) -> list[Path]:
    """Move what belongs to the data set from a bundled checkpoint's folder into the store -> where it lies now.

    The folder of a checkpoint that isn't among the bundled ones stays whole.
    """
    if folder.resolve().parent != default_root().resolve():
        return []
    card = read_card(folder)
    store = folder.parent / SHARED
    store.mkdir(exist_ok=True)
    moved = []
    for name, digest in card.sha256.items():
        own_sheet = name.startswith(SHEET) and not card.sheet
        if (name in OF_THE_DATA or name.startswith(SHEET)) and not own_sheet and (folder / name).is_file():
            target = store / stored(name, digest)
            (folder / name).replace(target)
            moved.append(target)
    return moved


def sweep(root: Path) -> list[Path]:
    """Delete what no card names: from the store, and from the folders of checkpoints -> what went.

    Raises:
        ExplorerError: a card can't be read, so that nobody knows what it names.
    """
    used: set[Path] = set()
    folders = [path.parent for path in root.glob("*/card.json")]
    for folder in folders:
        card = read_card(folder)
        for name, digest in card.sha256.items():
            own = folder / name
            used.add(own if own.is_file() else root / SHARED / stored(name, digest))
    gone = [path for path in (root / SHARED).glob("*") if path not in used]
    for folder in folders:
        gone += [p for p in folder.iterdir() if p.is_file() and p.name != "card.json" and p not in used]
    for path in gone:
        path.unlink()
    return gone
