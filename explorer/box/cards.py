"""The cards of checkpoints: what a folder says of itself, read and validated without any weights."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from explorer.box.files import NAMES, fault, locate
from explorer.core.scene import ItemStart, Scene
from explorer.core.schema import CARD_VERSION, NAME, Card, ExplorerError, listed

NEEDED = {"model.safetensors", "prior.safetensors", "items.safetensors"}
MAX_CARD = 1 << 20
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what a terminal obeys; a line may end, and have a tab


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]


def read_card(folder: Path) -> Card:
    """The card of a checkpoint folder, without reading any weights; read again only after the file has changed.

    Raises:
        ExplorerError: no card, not JSON, another card version, or a field that is missing, unknown or out of range.
    """
    try:
        file = (folder / "card.json").lstat()
        if not stat.S_ISREG(file.st_mode):
            raise fault(f"The card of the checkpoint {folder.name} is a link or no plain file; it isn't read.")
        if file.st_size > MAX_CARD:
            raise fault(f"The card of the checkpoint {folder.name} is larger than a megabyte; that is no card.")
        return _card(folder, file.st_mtime_ns, file.st_size)
    except OSError:
        raise fault(f"The checkpoint {folder.name} has no card.json.") from None


@lru_cache(maxsize=256)
def _card(folder: Path, stamp: int, size: int) -> Card:
    """A card as it was at some moment: every request asks for one, and to validate it takes as long as to decode a picture."""
    try:
        raw = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise fault(f"The card of the checkpoint {folder.name} is not readable JSON.") from None
    if not isinstance(raw, dict):
        raise fault(f"The card of the checkpoint {folder.name} is malformed: it is not a JSON object.")
    version = raw.get("card_version")
    if version != CARD_VERSION:
        raise fault(
            f"The checkpoint {folder.name} has a card of version {version!r}; this explorer reads {CARD_VERSION}."
        )
    if any(CONTROL.search(text) for text in _texts(raw)):
        raise fault(f"The card of the checkpoint {folder.name} holds control characters, which no text for people has.")
    try:
        card = Card.model_validate(raw)
    except ValidationError as error:
        raise fault(f"The card of the checkpoint {folder.name} is malformed: {_first(error)}.") from None
    if stray := sorted(name for name in card.sha256 if not NAMES.fullmatch(name)):
        raise fault(f"The card of the checkpoint {folder.name} names a file that no checkpoint has, {stray[0]!r}.")
    if lacking := sorted(NEEDED - card.sha256.keys()):
        raise fault(f"The card of the checkpoint {folder.name} names no file {lacking[0]}.")
    _opens(folder, card)
    return card


def _texts(raw: Any) -> Iterator[str]:
    """All texts of a JSON value, names included."""
    waiting = [raw]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value


def _opens(folder: Path, card: Card) -> None:
    """Is the scene to open on one that this model can show?

    Raises:
        ExplorerError: it isn't.
    """
    try:
        scene = Scene.model_validate({"model": card.name, **card.opening})
        start, view = scene.start, scene.view
        if isinstance(start, ItemStart) and start.item >= card.items:
            raise ExplorerError(f"there is no item {start.item}")
        if view.map is not None and view.map not in [spec.name for spec in card.maps]:
            raise ExplorerError(f"there is no map {view.map[:64]!r}")
        for name in (view.colour, *(axis.name for axis in view.axes)):
            if name is not None:
                card.conditions[name]
        for name, value in scene.condition.items():
            card.conditions[name].encode(value)
    except ValidationError as error:
        raise fault(f"The opening of the checkpoint {folder.name} is no scene: {_first(error)}.") from None
    except ExplorerError as error:
        said = str(error).rstrip(".")
        raise fault(f"The opening of the checkpoint {folder.name} is no scene of it: {said}.") from None


def default_root() -> Path:
    """Where bundled checkpoints lie: `$CHECKPOINTS`, or `checkpoints/` beside the package."""
    return Path(os.environ.get("CHECKPOINTS") or Path(__file__).resolve().parents[2] / "checkpoints")


def survey(root: str | Path | None = None) -> tuple[dict[str, Card], dict[str, str]]:
    """All checkpoints of a folder: the cards of the sound ones by name, and one sentence for each of the others."""
    root = Path(root) if root else default_root()
    cards, faults = {}, {}
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if not (folder / "card.json").is_file():
            continue
        try:
            cards[folder.name] = named(folder)
        except ExplorerError as error:
            faults[folder.name] = str(error)
    return dict(sorted(cards.items(), key=lambda kv: (kv[1].order, kv[0]))), faults


def named(folder: Path) -> Card:
    """The card of a folder that bears its name and has the files that it names.

    Raises:
        ExplorerError: see `read_card`; or the card names another checkpoint, or a file is missing, a link or no plain file.
    """
    card = read_card(folder)
    if card.name != folder.name:
        raise fault(f"The card in the folder {folder.name} names itself {card.name}.")
    for name in card.sha256:
        locate(folder, name, card)
    return card


def available(root: str | Path | None = None) -> dict[str, Card]:
    """The sound checkpoints of a folder by name, the one that opens first in front; reads cards alone."""
    return survey(root)[0]


def card_of(name: str, root: str | Path | None = None) -> Card:
    """The card of a bundled checkpoint by name.

    Raises:
        ExplorerError: no such checkpoint (the sentence names some that there are), or its card isn't valid.
    """
    root = Path(root) if root else default_root()
    if not re.fullmatch(NAME, name) or not (root / name / "card.json").is_file():
        raise fault(f"There is no checkpoint {name[:64]!r}; there is {listed(available(root))}.")
    return named(root / name)
