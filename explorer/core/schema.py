"""Frozen types that cross rooms: what an attribute is, what a latent is, what a checkpoint's card says.

Everything here is validated on construction and serialises to plain JSON; a value that passed through these types can
be trusted by the rooms above.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    JsonValue,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from explorer.core.numbers import bins
from explorer.core.refusals import ExplorerError, Unfit, listed, quoted, refuse

__all__ = [
    "Attribute", "Card", "Dial", "ExplorerError", "Frozen", "LatentSpec", "MapSpec", "Schema", "Value", "listed",
]  # fmt: skip

if TYPE_CHECKING:
    import torch

CARD_VERSION = 1
DEEPEST = 64  # lists and tables within each other in a request
NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"

Blend = dict[str, float]
LONGEST_VALUE = 1024  # characters of a value that is asked for by its name


def _value(value: Any) -> str | float | Blend | None:
    """What can be asked of an attribute; a number of numpy's is as good as one of Python's."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        raise Unfit("long", LONGEST_VALUE)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        if all(isinstance(name, str) and _number(weight) and 0 <= weight <= 1 for name, weight in value.items()):
            return {name: float(weight) for name, weight in value.items()}
    elif _number(value):
        return float(value)
    raise Unfit("value")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


Value = Annotated[
    str | FiniteFloat | Blend | None,
    PlainValidator(_value),
    WithJsonSchema({"format": "value", "maxLength": LONGEST_VALUE}),
]


def plain(value: Any, depth: int = 0) -> Any:
    """JSON as it came, after making sure that it can be written again: whole numbers that a double holds, text in UTF-8.

    Raises:
        ExplorerError: a number beyond 2**53, half of a surrogate pair, or nesting deeper than `DEEPEST`.
    """
    if depth > DEEPEST:
        raise ExplorerError("This request is nested too deep.")
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ExplorerError("This request holds half of a character, which can't be read.") from None
    elif isinstance(value, int):
        if abs(value) > 1 << 53:
            raise ExplorerError("This request holds a number that is too large.")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            plain(key, depth + 1)
            plain(one, depth + 1)
    elif isinstance(value, list | tuple):
        for one in value:
            plain(one, depth + 1)
    return value


class Frozen(BaseModel):
    """Immutable, and strict about names: a field nobody knows is an error, not noise."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Attribute(Frozen):
    """One thing a person can ask for: a choice among named values, or a number in a range.

    Args:
        name: key, lower case.
        label: what the page calls it.
        kind: `categorical` or `continuous`.
        values: names of the choices, in the order of the data's integer codes (categorical).
        colours: one `#rrggbb` for each value where the value *is* a colour (skin, clothing), else empty.
        low, high, unit: range of a continuous attribute.
    """

    name: str = Field(pattern=NAME)
    label: str
    kind: Literal["categorical", "continuous"] = "categorical"
    values: tuple[str, ...] = ()
    colours: tuple[Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")], ...] = ()
    low: float = 0.0
    high: float = 1.0
    unit: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Attribute:
        if self.kind == "categorical" and len(self.values) < 2:
            raise ValueError(f"the categorical attribute {self.name} needs two values or more")
        if len(set(self.values)) != len(self.values):
            raise ValueError(f"the attribute {self.name} names a value twice")
        if self.colours and len(self.colours) != len(self.values):
            raise ValueError(f"the attribute {self.name} needs one colour for each value")
        if not self.low < self.high:
            raise ValueError(f"the attribute {self.name} has an empty range")
        return self

    @property
    def width(self) -> int:
        """Numbers it takes in a condition vector: one-hot, or (scaled value, 1)."""
        return len(self.values) if self.kind == "categorical" else 2

    def placed(self, codes: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
        """Codes of items [n] -> the names of its values or of the bins of its range, and each item's place among them.

        Returns:
            the names, and int64 [n]; -1 where an item's value isn't known.
        """
        names = self.values
        if self.kind == "continuous":
            binned, edges = bins(self.low, self.high)
            names, codes = tuple(binned), np.where(np.isnan(codes), np.nan, np.searchsorted(edges, codes, side="right"))
        return names, np.nan_to_num(codes, nan=-1).astype(int)

    def encode(self, value: Value) -> list[float]:
        """One value -> its slice of the condition vector; `None` (unset) is all zeros.

        A categorical value is a name, or a blend `{name: weight}` whose weights are normalised to sum to one.

        Raises:
            ExplorerError: unknown name, number out of range, or a blend without weight.
        """
        about = {"label": self.label, "name": self.name}
        if value is None:
            return [0.0] * self.width
        if self.kind == "continuous":
            span = {"low": self.low, "high": self.high}
            if not _number(value):
                raise refuse("takes-number", value=quoted(value), **span, **about)
            if not self.low <= value <= self.high:
                raise refuse("outside", value=value, **span, **about)
            return [2 * (value - self.low) / (self.high - self.low) - 1, 1.0]
        weights = {value: 1.0} if isinstance(value, str) else value
        if not isinstance(weights, Mapping):
            raise refuse("takes-one-of", known=self.values, value=quoted(value), **about)
        unknown = [name for name in weights if name not in self.values]
        if unknown:
            raise refuse("value", value=quoted(unknown[0]), known=self.values, **about)
        total = sum(weights.values())
        if total <= 0:
            raise refuse("weightless", **about)
        return [weights.get(name, 0.0) / total for name in self.values]

    def read(self, code: float) -> Value:
        """The data's code (index of a value, or the number itself; negative or NaN when unknown) -> value."""
        if np.isnan(code):
            return None
        if self.kind == "continuous":
            return float(code)
        return self.values[int(code)] if code >= 0 else None


class Schema(Frozen):
    """The attributes of a data set, in the order of the condition vector."""

    attributes: tuple[Attribute, ...]

    @model_validator(mode="after")
    def _unique(self) -> Schema:
        names = [a.name for a in self.attributes]
        if len(set(names)) != len(names):
            raise ValueError("an attribute is named twice")
        return self

    @property
    def width(self) -> int:
        """C, the length of a condition vector."""
        return sum(a.width for a in self.attributes)

    @property
    def slices(self) -> dict[str, slice]:
        """Where each attribute lies in a condition vector."""
        out, start = {}, 0
        for a in self.attributes:
            out[a.name] = slice(start, start + a.width)
            start += a.width
        return out

    def __getitem__(self, name: str) -> Attribute:
        for a in self.attributes:
            if a.name == name:
                return a
        raise refuse("attribute", name=quoted(name), known=[a.name for a in self.attributes])

    def encode(self, rows: Sequence[Mapping[str, Value]]) -> torch.Tensor:
        """Conditions -> float32 [N, C]; attributes that a row leaves out are unset (zeros)."""
        import torch  # with the first condition: to list and describe checkpoints takes none

        for row in rows:
            for name in row:
                self[name]
        flat = [[x for a in self.attributes for x in a.encode(row.get(a.name))] for row in rows]
        return torch.tensor(flat, dtype=torch.float32).reshape(len(rows), self.width)

    def encode_codes(self, codes: np.ndarray) -> torch.Tensor:
        """The data's codes [N, attributes] (see `Attribute.read`) -> float32 [N, C]; vectorised for training."""
        import torch

        out = torch.zeros(len(codes), self.width)
        for k, (a, where) in enumerate(zip(self.attributes, self.slices.values(), strict=True)):
            column = np.asarray(codes[:, k], dtype=np.float64)
            known = ~np.isnan(column) & ((column >= 0) | (a.kind == "continuous"))
            rows = np.nonzero(known)[0]
            if a.kind == "categorical":
                out[rows, where.start + torch.from_numpy(column[rows].astype(np.int64))] = 1.0
            else:
                scaled = 2 * (column[rows] - a.low) / (a.high - a.low) - 1
                out[rows, where.start] = torch.from_numpy(scaled).float()
                out[rows, where.start + 1] = 1.0
        return out

    def decode(self, c: torch.Tensor) -> dict[str, Value]:
        """One condition vector [C] -> values: a name where one weight is 1, a blend where several are, None where unset."""
        out: dict[str, Value] = {}
        for a in self.attributes:
            part = c[self.slices[a.name]].tolist()
            if a.kind == "continuous":
                out[a.name] = (part[0] + 1) / 2 * (a.high - a.low) + a.low if part[1] > 0 else None
            elif max(part) <= 0:
                out[a.name] = None
            elif max(part) > 0.999:
                out[a.name] = a.values[int(np.argmax(part))]
            else:
                out[a.name] = {v: round(w, 4) for v, w in zip(a.values, part, strict=True) if w > 0.0005}
        return out


class LatentSpec(Frozen):
    """One leaf of a latent: its kind and its shape, without the batch. Operations name the kinds that they take.

    Args:
        kind: a file of `explorer/learn/kinds`.
        shape: a first length of None is ragged: it differs from item to item.
        longest: of the ragged length.
        entries: of the codebook, where it is of codes; 0 where it isn't, or where the number isn't known.
        drawn: no item has one: it is drawn anew for each picture, unless it is held (the noise of a decoder).
    """

    kind: str = Field(default="vector", pattern=NAME)
    shape: tuple[Annotated[int, Field(ge=1)] | None, ...] = Field(min_length=1)
    longest: int = Field(default=0, ge=0)
    entries: int = Field(default=0, ge=0)
    drawn: bool = False

    @model_validator(mode="after")
    def _ragged_in_front(self) -> LatentSpec:
        if None in self.shape[1:]:
            raise ValueError("the first length of a latent alone may be ragged")
        if (self.shape[0] is None) != bool(self.longest):
            raise ValueError("a ragged length needs its longest, and no other has one")
        return self

    @property
    def size(self) -> int:
        """Numbers in one latent, at most."""
        return int(np.prod([length or self.longest for length in self.shape]))


class MapSpec(Frozen):
    """A map of a checkpoint's items: which space, laid out how, and what it shows in one sentence.

    `space` is `latent`, `conditioned` (latent with condition) or `features` (of the decoder); `method` names the file in
    `explorer/box/maps`. The coordinates [items, dims] are the tensor `map.<name>` of `items.safetensors`.
    """

    name: str = Field(pattern=NAME)
    title: str
    sentence: str
    space: Literal["latent", "conditioned", "features"]
    method: str
    dims: Literal[2, 3] = 2


class Dial(Frozen):
    """One trained setting among several: checkpoints of the same group differ in it alone, item by item.

    Args:
        group: shared by the settings.
        label: what is dialled.
        value: this checkpoint's setting; numbers sort as numbers.
    """

    group: str = Field(pattern=NAME)
    label: str
    value: FiniteFloat | str


class Card(Frozen):
    """What a checkpoint says of itself: everything needed to rebuild, to trust and to show it.

    `modality_arguments` say how x is to be read (ranges, units, a rate). `unasked` names attributes that the decoder is not
    told, so that no edit can ask for them; the map, the judge and the priors know them. `order` sorts checkpoints (the lowest
    opens first). `thumbs` says what the sprite sheet shows, in rows of `thumb_columns` squares of `thumb_size` pixels: the
    items, their reconstructions where the licence asks for it, or the model's own draws where it has no encoder. A sheet of
    more rows than a WebP can be high goes on in further files. `sheet` says of one that the checkpoints of a data set share how
    many training and held-out items it shows, in the data's order. `names` are what the items are called, in their order, where
    they have names.
    """

    card_version: int = CARD_VERSION
    name: str = Field(pattern=NAME)
    title: str
    summary: str
    family: str
    arguments: dict[str, JsonValue]
    modality: str
    shape: tuple[int, ...]
    latent: LatentSpec
    conditions: Schema
    capabilities: tuple[str, ...] = ()
    data: str
    data_licence: str
    data_source: str
    licence: str = "Apache-2.0"
    seed: int
    items: int = Field(gt=0, le=10_000_000)
    maps: tuple[MapSpec, ...] = Field(min_length=1)
    priors: tuple[str, ...] = ("gaussian",)
    judge_arguments: dict[str, JsonValue] = {}
    modality_arguments: dict[str, JsonValue] = {}
    unasked: tuple[str, ...] = ()
    order: int = 100
    dial: Dial | None = None
    thumbs: Literal["items", "reconstructions", "draws"] = "reconstructions"
    thumb_size: int = Field(default=28, ge=8, le=128)
    thumb_columns: int = Field(default=100, ge=1, le=1000)
    sheet: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None
    parameters: int
    metrics: dict[str, JsonValue] = {}
    limits: str = ""
    opening: dict[str, JsonValue] = {}
    versions: dict[str, str] = {}
    names: tuple[Annotated[str, Field(max_length=80)], ...] = ()
    sha256: dict[str, str]

    @model_validator(mode="after")
    def _named(self) -> Card:
        if self.names and len(self.names) != self.items:
            raise ValueError(f"there are {len(self.names)} names of {self.items} items")
        return self

    @property
    def build(self) -> str:
        """Eight hexadecimal digits that change with the weights, the data set and the number of items."""
        parts = f"{self.data} {self.items} {self.sha256['model.safetensors']}"
        return hashlib.sha256(parts.encode()).hexdigest()[:8]

    def other_build(self, build: str | None) -> str | None:
        """What to say of a scene that was made with another build; None where it wasn't, or doesn't say."""
        return None if build in (None, self.build) else str(refuse("other-build", title=self.title))

    @property
    def asked(self) -> tuple[Attribute, ...]:
        """The attributes that an edit can ask for."""
        return tuple(a for a in self.conditions.attributes if a.name not in self.unasked)
