"""The items of a checkpoint: latents, attributes, maps and neighbours, memory-mapped and read when first asked for.

Latents, features and places are stored in the bits that they need (`packed`) and given as float32. Rows have one order
everywhere; in a sprite sheet that the checkpoints of a data set share, `sheet` says where a row lies.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from explorer.box.files import fault, locate, sheet_rows, verify
from explorer.box.maps.base import neighbours
from explorer.core.schema import ExplorerError
from explorer.learn.kinds import base as kinds

if TYPE_CHECKING:
    from explorer.core.schema import Card

FILE = "items.safetensors"
SCORES, UNIT = "real.scores", "real.unit"  # see `explorer.box.real`; older files have none
SCALE, OFFSET = ".scale", ".offset"  # of a packed tensor: value = offset + scale * number, for each column
LEVELS = {torch.uint8: 255, torch.uint16: 65535}


def packed(name: str, values: Tensor, kind: torch.dtype = torch.uint16) -> dict[str, Tensor]:
    """Values float32 [n, ...] as whole numbers over each column's own range, with what it takes to read them again.

    Args:
        name: of the tensor.
        values: finite.
        kind: `uint8` or `uint16`.

    Returns:
        `name` [n, ...] and float32 `<name>.scale` and `<name>.offset`, one for each column of the rows made flat.
    """
    flat = values.flatten(1)
    low, high = flat.min(0).values, flat.max(0).values
    scale = ((high - low) / LEVELS[kind]).clamp(min=1e-12)
    numbers = ((flat - low) / scale).round().clamp(0, LEVELS[kind]).to(torch.int32).to(kind)
    return {name: numbers.reshape(values.shape), name + SCALE: scale, name + OFFSET: low}


def unpacked(numbers: Tensor, scale: Tensor, offset: Tensor) -> Tensor:
    """The inverse: float32 [n, ...]."""
    return (numbers.flatten(1).float() * scale + offset).reshape(numbers.shape)


def expected_shapes(card: Card) -> dict[str, tuple[int | None, ...]]:
    """Name -> shape of each tensor that a card's `items.safetensors` must hold; None stands for any length."""
    n, size, width = card.items, card.latent.size, card.conditions.width
    shapes: dict[str, tuple[int | None, ...]] = {
        "z": (n, *card.latent.shape),
        "codes": (n, len(card.conditions.attributes)),
        "held_out": (n,),
        "neighbours.quantiles": (101,),
    }
    if "encode" in card.capabilities:
        shapes["error"] = (n,)
    metric = kinds.of(card.latent).metric
    if not metric:
        shapes |= {"space.latent": (n, None), "latent.mean": (None,), "latent.components": (None, None)}
    else:
        shapes |= {
            "z.mean": (size,),
            "z.std": (size,),
            "z.posterior": (size,),
            "z.components": (None, size),
            "z.variance": (None,),
        }
    if card.sheet:
        shapes["row"] = (n,)
    spaces = {spec.space for spec in card.maps}
    if "conditioned" in spaces:
        shapes["conditioned.scale"] = (size + width,) if metric else (None,)
    if "features" in spaces:
        shapes |= {"space.features": (n, None), "features.mean": (None,), "features.components": (None, None)}
    return shapes | {f"map.{spec.name}": (n, spec.dims) for spec in card.maps}


def _may_be_packed(name: str) -> bool:
    return name in ("z", SCORES) or name.startswith(("space.", "map."))


class ItemTable:
    """Lazy reader of `items.safetensors`; n is the number of items, L the size of a latent, C of a condition.

    The header is checked when the table is made, and each tensor's numbers when it is first read; the hash is checked
    with the first tensor, so that a page that shows no items doesn't wait for it.
    """

    def __init__(self, folder: Path, card: Card) -> None:
        self._card = card
        self._folder = Path(folder)
        self._lock = Lock()
        self._read: dict[str, Tensor] = {}
        try:
            self._file = safe_open(locate(self._folder, FILE, card), framework="pt")
        except (OSError, SafetensorError):
            raise fault(f"The file {FILE} of the checkpoint {card.name} is not readable as safetensors.") from None
        expected, found = expected_shapes(card), set(self._file.keys())
        if SCORES in found:
            expected |= {SCORES: (None, card.conditions.width), UNIT: (1,)}
        for name in [name for name in expected if _may_be_packed(name) and name + SCALE in found]:
            columns = (
                int(np.prod([s or 1 for s in self._file.get_slice(name).get_shape()[1:]])) if name in found else None
            )
            expected |= {name + SCALE: (columns,), name + OFFSET: (columns,)}
        for name, shape in expected.items():
            if name not in found:
                raise fault(f"The checkpoint {card.name} lacks the tensor {name} in {FILE}.")
            has = tuple(self._file.get_slice(name).get_shape())
            if len(has) != len(shape) or any(b not in (None, a) for a, b in zip(has, shape, strict=True)):
                wanted = " x ".join("any" if s is None else str(s) for s in shape)
                raise fault(f"The tensor {name} of the checkpoint {card.name} has the shape {list(has)}, not {wanted}.")
        self.names = frozenset(expected)
        found -= {"neighbours.distance", "neighbours.index"}  # older files hold what follows from the latents
        if found - expected.keys():
            stray = min(found - expected.keys())
            raise fault(f"The file {FILE} of the checkpoint {card.name} holds an unknown tensor, {stray}.")

    def __len__(self) -> int:
        return self._card.items

    def has(self, name: str) -> bool:
        """Is there a tensor of that name?"""
        return name in expected_shapes(self._card)

    def tensor(self, name: str) -> Tensor:
        """A tensor by its name in the file, floating ones as float32; read once, then shared: not to be written to.

        Raises:
            ExplorerError: the file's hash isn't the card's, or a number isn't finite.
        """
        with self._lock:
            if not self._read:
                self._verify()
            if name not in self._read:
                values = self._file.get_tensor(name)
                if _may_be_packed(name) and name + SCALE in self.names:
                    values = unpacked(values, *(self._file.get_tensor(name + own) for own in (SCALE, OFFSET)))
                if values.dtype == torch.uint16:
                    values = values.to(torch.int32)
                if name == "z":
                    values = kinds.of(self._card.latent).restore(values)
                if values.is_floating_point():
                    values = values.float()
                    if name != "codes" and not values.isfinite().all():
                        raise fault(f"The tensor {name} of the checkpoint {self._card.name} isn't finite.")
                self._in_range(name, values)
                self._read[name] = values
            return self._read[name]

    def _in_range(self, name: str, values: Tensor) -> None:
        """Indices that point nowhere would surface far from here."""
        if name != "codes":
            return
        attributes = self._card.conditions.attributes
        if any(a.kind == "categorical" and values[:, k].max() >= a.width for k, a in enumerate(attributes)):
            raise fault(f"The tensor {name} of the checkpoint {self._card.name} holds a number out of range.")

    def piece(self, name: str) -> np.ndarray:
        """A tensor as it is stored, or the scale or offset of a packed one.

        Raises:
            ExplorerError: the file's hash isn't the card's.
        """
        with self._lock:
            if not self._read:
                self._verify()
            return self._file.get_tensor(name).numpy()

    def get(self, name: str) -> np.ndarray:
        """The same as a read-only array."""
        values = self.tensor(name).numpy().view()
        values.setflags(write=False)
        return values

    def _verify(self) -> None:
        verify(self._folder, FILE, self._card)

    @cached_property
    def z(self) -> np.ndarray:
        """Posterior means, float32 [n, *latent.shape]; codes are int64."""
        return self.get("z")

    @cached_property
    def codes(self) -> np.ndarray:
        """Attributes, float32 [n, attributes]: index of the value (-1 unknown) or the number itself."""
        return self.get("codes").astype(np.float32)

    @cached_property
    def error(self) -> np.ndarray:
        """PSNR of each item's reconstruction, in decibels, float32 [n]; zeros where the model has no encoder."""
        return self.get("error") if "encode" in self._card.capabilities else np.zeros(len(self), np.float32)

    @cached_property
    def held_out(self) -> np.ndarray:
        """Which items the model never saw, bool [n]."""
        return self.get("held_out").astype(bool)

    @cached_property
    def neighbours(self) -> tuple[np.ndarray, np.ndarray]:
        """The nearest other items of each in z: indices int32 [n, 12], and distances float32 [n, 12], ascending."""
        return neighbours(self.space("latent"))

    @cached_property
    def sheet(self) -> np.ndarray | None:
        """Where each item lies in a sprite sheet that is the data set's, see `explorer.box.files.sheet_rows`."""
        return sheet_rows(self._folder, self._card)

    @cached_property
    def quantiles(self) -> np.ndarray:
        """Quantiles 0, 1, ..., 100 % of an item's distance in z to its nearest neighbour, float32 [101]."""
        return self.get("neighbours.quantiles")

    @cached_property
    def typical(self) -> float:
        """Median distance in z from an item to its nearest neighbour: the unit in which the page says how far."""
        return float(max(self.quantiles[50], 1e-6))

    def map(self, name: str) -> np.ndarray:
        """Coordinates of a map, float32 [n, dims].

        Raises:
            ExplorerError: the card has no such map.
        """
        if name not in (names := [spec.name for spec in self._card.maps]):
            raise ExplorerError(f"There is no map {name!r}; this model has {', '.join(names)}.", "map")
        return self.get(f"map.{name}")

    def space(self, name: str) -> np.ndarray:
        """The items' vectors in a space of the maps, float32 [n, F]: `latent`, `conditioned` or `features`."""
        if name == "latent" and kinds.of(self._card.latent).metric:
            return self.z.reshape(len(self), -1)
        if name == "conditioned":
            return self._conditioned
        return self.get(f"space.{name}")

    @cached_property
    def _conditioned(self) -> np.ndarray:
        z = torch.from_numpy(np.array(self.space("latent")))
        return self.conditioned(z, self._card.conditions.encode_codes(self.codes)).numpy()

    def conditioned(self, z: Tensor, c: Tensor) -> Tensor:
        """Vectors of the space `latent` [N, L] and c [N, C], each divided by its own spread -> float32 [N, L + C]."""
        return torch.cat([z, c], 1) * self.tensor("conditioned.scale")

    def project(self, vectors: Tensor, space: str) -> Tensor:
        """Decoder features or embedded codes [N, D] -> their principal components, float32 [N, F]."""
        return (vectors - self.tensor(f"{space}.mean")) @ self.tensor(f"{space}.components").T
