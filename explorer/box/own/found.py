"""What was found in a person's data, before anything is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from explorer.box.own.columns import Column, shown
from explorer.box.own.settings import LEAST, Choice, Settings
from explorer.core.schema import Attribute, ExplorerError, Schema

NAMED = 3  # of what can't be read, so many are named


@dataclass(frozen=True)
class Layout:
    """A map of the items that their owner has made: a title, and a place for each, float32 [n, 2 or 3]."""

    title: str
    places: np.ndarray


@dataclass(frozen=True)
class Read:
    """What is known of n rows, whatever they are: where they come from, their names, columns that may be attributes, the
    settings by which they were read, what was odd, and maps of them."""

    path: Path
    ids: tuple[str, ...]
    columns: Sequence[Column]
    settings: Settings
    odd: Sequence[str] = ()
    layouts: Sequence[Layout] = ()

    def but(self, *odd: str, **settings: Any) -> Read:
        """The same with more sentences and other settings."""
        return replace(self, odd=(*self.odd, *odd), settings=self.settings.model_copy(update=settings))


@dataclass(frozen=True)
class Found:
    """Items and attributes as they were understood; n items in the owner's order.

    Attributes:
        path: what was opened.
        noun: what the items are, in the plural.
        modality, modality_arguments: how x is shown.
        x: uint8 or float32 [n, ...], what the modality takes.
        ids: a name for each item: its file, or its row.
        conditions: the attributes.
        codes: float32 [n, attributes].
        columns: all that could be an attribute, also those that are none.
        odd: what a person should look at, one sentence each.
        settings: by which it was read, with a line for each guess.
        modality_arguments: how the modality reads x.
        layouts: maps that came with the items.
        called: what a person reads of each item, where its picture doesn't show it; none, or n of them.
    """

    path: Path
    noun: str
    modality: str
    x: np.ndarray
    ids: tuple[str, ...]
    conditions: Schema
    codes: np.ndarray
    settings: Settings
    columns: tuple[Column, ...] = ()
    odd: tuple[str, ...] = ()
    modality_arguments: dict[str, Any] = field(default_factory=dict)
    layouts: tuple[Layout, ...] = ()
    called: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, read: Read, noun: str, x: np.ndarray, *, modality: str, inner: Sequence[Column] = (), **more: Any
    ) -> Found:
        """Items and what was read of them -> the same with attributes, a line for each guess, and a sentence on copies.

        Args:
            read: names, columns, settings and sentences.
            noun, x, modality: as above.
            inner: columns that are numbers of the items themselves.
            more: how the modality reads x.
        """
        conditions, codes, said = attributes(read.columns, read.settings)
        codes = codes if len(read.columns) else np.zeros((len(x), 0), np.float32)
        return cls(
            read.path, noun, modality, x, read.ids, conditions, codes, guesses(read.columns, read.settings),
            (*inner, *read.columns), (*read.odd, *said, *alike(x, noun)), more, tuple(read.layouts),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.x)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one item."""
        return self.x.shape[1:]

    def digest(self) -> str:
        """Sixteen hex digits of items and attributes."""
        made = hashlib.sha256(np.ascontiguousarray(self.x).tobytes() + np.ascontiguousarray(self.codes).tobytes())
        for layout in self.layouts:
            made.update(layout.title.encode() + np.ascontiguousarray(layout.places).tobytes())
        made.update(f"{self.conditions.model_dump_json()} {self.settings.seed} {self.settings.held_out}".encode())
        return made.hexdigest()[:16]


def enough(path: Path, count: int, noun: str) -> None:
    """Are there enough items for a map?

    Raises:
        ExplorerError: there are fewer than `LEAST`.
    """
    if count < LEAST:
        raise ExplorerError(f"{path.name} holds {count} {noun}; a map takes {LEAST} or more.")


def unreadable(names: Sequence[str]) -> list[str]:
    """A sentence on files that can't be read; none where all can."""
    if not names:
        return []
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return [f"{len(names):,} can't be read and are left out: {', '.join(names[:NAMED])}{more}."]


def sample(count: int, settings: Settings) -> np.ndarray:
    """Which of so many items are taken, in their order, int64 [at most `settings.items`]."""
    if count <= settings.items:
        return np.arange(count)
    return np.sort(np.random.default_rng(settings.seed).permutation(count)[: settings.items])


def sampled(kept: int, count: int, noun: str) -> list[str]:
    """A sentence on a sample of items; none where all are taken."""
    if kept == count:
        return []
    return [f"{kept:,} of {count:,} {noun} are taken, a fair sample; `items` in the file below says how many."]


def attributes(columns: Sequence[Column], settings: Settings) -> tuple[Schema, np.ndarray, list[str]]:
    """Columns -> the attributes, their codes float32 [n, attributes], and what is odd about them.

    Raises:
        ExplorerError: a person wants a column as an attribute that can't be one.
    """
    taken: set[str] = set()
    made: list[tuple[Attribute, np.ndarray]] = []
    odd: list[str] = []
    for column in columns:
        choice, title = settings.choice(column.title), shown(column.title)
        odd += column.odd
        if choice.use in ("leave out", "item"):
            continue
        if not column.usable:
            if choice.use == "attribute":
                raise ExplorerError(f"The column {title} can't be an attribute: {WHY[column.kind]}.")
            odd.append(f"{title} is left out: {WHY[column.kind]}.")
            continue
        if column.missing:
            odd.append(f"{title}: {column.missing:,} of {len(column.cells):,} items have no value.")
        made.append(column.attribute(taken, choice.label))
    rows = len(columns[0].cells) if columns else 0
    codes = np.stack([codes for _, codes in made], 1) if made else np.zeros((rows, 0), np.float32)
    return Schema(attributes=tuple(attribute for attribute, _ in made)), codes, odd


def guesses(columns: Sequence[Column], settings: Settings) -> Settings:
    """The settings with a line for each column: what a person may change."""
    choices = {
        one.title: Choice(
            use="attribute" if one.usable else "leave out",
            kind=("category" if one.kind == "category" else "number") if one.usable else None,
        )
        for one in columns
    }
    return settings.model_copy(update={"columns": choices | settings.columns})


WHY = {
    "name": "nearly every row has a value of its own, as a name or a number of the row has",
    "constant": "it has one value alone",
    "empty": "no row has a value",
    "text": "it has more than 300 values",
}


def alike(x: np.ndarray, noun: str) -> list[str]:
    """A sentence on items that are the same number by number; none where there are none."""
    seen = {hashlib.blake2b(np.ascontiguousarray(one).tobytes(), digest_size=16).digest() for one in x}
    again = len(x) - len(seen)
    if again < 2:
        return [f"One of the {noun} is a copy of another."] if again else []
    return [f"{again:,} {noun} are copies of others."]
