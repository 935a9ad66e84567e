"""A person's own trained model and arrays -> a checkpoint that this process can open.

The module itself is never stored: a checkpoint can't run code. So what is made can be opened while the model is at hand, and
is made again from it, in seconds, by the same call or command.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.box.checkpoints import Checkpoint
from explorer.box.own import make, series
from explorer.box.own.columns import Column, column
from explorer.box.own.data import registered
from explorer.box.own.formats import cell
from explorer.box.own.found import Found, Read, enough, sample
from explorer.box.own.settings import MOST, Settings
from explorer.box.own.tried import Tried, attempt, first_of, heard
from explorer.core.registry import register
from explorer.core.schema import ExplorerError, LatentSpec
from explorer.learn.latents import as_input
from explorer.learn.modalities.cells import MAX_COLUMNS
from explorer.learn.models.base import Model, PointMass

RIDGE = 1.0
PICTURES = (1, 3)  # channels


class OwnModel(Model):
    """A module of a person's own behind the contract of a family.

    Class attributes:
        module: theirs, or anything with `encode` and `decode`.
        tried: what was found of it.
        taken: shape of one item as it takes it.
        span: low and high of its items, [2, ...], that become 0 and 1.
        values: numbers of the condition that belong to the first attribute, where that is of categories.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "exact"})
    takes: ClassVar[frozenset[str]] = frozenset({"image", "series", "table"})
    module: ClassVar[Any]
    tried: ClassVar[Tried]
    taken: ClassVar[tuple[int, ...]]
    span: ClassVar[Tensor]
    values: ClassVar[int]

    def __init__(self, shape: tuple[int, ...], condition: int = 0) -> None:
        super().__init__()
        self.shape = tuple(shape)
        size = int(np.prod(self.tried.latent))
        self.latent = LatentSpec(kind="vector", shape=(size,))
        self.inner = [self.module]  # not a part: its weights stay where they are, and keep their precision
        self.register_buffer("middle", torch.zeros(size))
        self.register_buffer("spread", torch.ones(size))
        if self.tried.decoder is None:
            self.register_buffer("readout", torch.zeros(size + condition + 1, int(np.prod(shape))))

    def theirs(self, x: Tensor) -> Tensor:
        """x [N, *shape] in [0, 1] -> as the module takes it."""
        low, high = self.span
        return (low + x.reshape(-1, *self.taken) * (high - low)).float()

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1], c [N, C] -> a point mass over z [N, L], in units of the items' own spread."""
        given = heard(x.new_zeros(len(x), 0) if c is None else c, self.tried.hears["encode"], self.values)
        z = first_of(_named(self.inner[0], self.tried.encoder)(self.theirs(x), *given))[0].float().flatten(1)
        return PointMass((z - self.middle) / self.spread)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] -> x [N, *shape] in [0, 1]."""
        c = z.new_zeros(len(z), 0) if c is None else c
        if self.tried.decoder is None:
            c = c if c.shape[1] else z.new_zeros(len(z), len(self.readout) - z.shape[1] - 1)
            return (torch.cat([z, c, z.new_ones(len(z), 1)], 1) @ self.readout).clamp(0, 1).reshape(-1, *self.shape)
        own = (z * self.spread + self.middle).reshape(-1, *self.tried.latent)
        given = heard(c, self.tried.hears["decode"], self.values)
        y = first_of(_named(self.inner[0], self.tried.decoder)(own, *given))[0].float().reshape(-1, *self.taken)
        low, high = self.span
        return ((y - low) / (high - low)).clamp(0, 1).reshape(-1, *self.shape)


def _named(module: Any, name: str) -> Any:
    return module if name == "__call__" else getattr(module, name)


@torch.no_grad()
def check(model: Any, items: Any, attributes: Any = None) -> Tried:
    """What was found of a model by trying it on some items; see `explorer.check`."""
    found, x, _ = _found(type(model).__name__, items, attributes, Settings())
    return _tried(model, found, x)


@torch.no_grad()
@make.one_thread()
def opened(model: Any, items: Any, attributes: Any, out: Path, settings: Settings) -> tuple[Checkpoint, Tried]:
    """Make a checkpoint of a model and items.

    Args:
        model: a torch module, or anything with `encode` and `decode`.
        items: an array or tensor [N, ...] as the model takes them, or a Dataset or DataLoader of them.
        attributes: by name, N values each; a data frame; None.
        out: the folder.
        settings: how many items, the share held out.

    Raises:
        ExplorerError: the items can't be used, or the model doesn't take them.
    """
    found, x, span = _found(type(model).__name__, items, attributes, settings)
    tried = _tried(model, found, x)
    name, data = registered(found)
    probe = first_of(_named(model, tried.encoder)(x[:4], *_given(found, tried)))[0]
    digest = hashlib.sha256(f"{model!r:.10000} {tried}".encode() + probe.float().numpy().tobytes()).hexdigest()[:12]
    listens = {name for name, form in tried.hears.items() if form != "none"}
    told = {
        "module": model, "tried": tried, "taken": tuple(x.shape[1:]), "span": span, "values": _values(found),
        "__module__": __name__, "__doc__": OwnModel.__doc__,
        "listens": frozenset(listens if tried.decoder else {*listens, "decode"}),
    }  # fmt: skip
    family = register("models", f"own-model-{digest}")(type("OwnModel", (OwnModel,), told))
    ready = family(found.shape, found.conditions.width).eval()
    train = data().load("train")
    inputs, c = as_input(train.x), data.conditions.encode_codes(train.codes)
    z = torch.cat([ready.encode(*part).mean for part in zip(inputs.split(256), c.split(256), strict=True)])
    ready.middle.copy_(z.mean(0))
    ready.spread.copy_(z.std(0).clamp(min=1e-6))
    if tried.decoder is None:
        ready.readout.copy_(_readout((z - ready.middle) / ready.spread, c, inputs.flatten(1)))
    kind = "decoder" if tried.decoder else "readout"
    recipe = make.recipe_of(found, out.name, name, family.name, {}, kind=kind)
    return make.assemble(data, recipe, ready.state_dict(), out), tried


def _readout(z: Tensor, c: Tensor, x: Tensor) -> Tensor:
    """The ridge regression of items x [N, D] on latents and conditions -> [L + C + 1, D]."""
    given = torch.cat([z, c, z.new_ones(len(z), 1)], 1).double()
    scatter = given.T @ given + RIDGE * torch.eye(given.shape[1], dtype=torch.double)
    return torch.linalg.solve(scatter, given.T @ x.double()).float()


def _given(found: Found, tried: Tried) -> tuple[Tensor, ...]:
    return heard(found.conditions.encode_codes(found.codes[:4]), tried.hears["encode"], _values(found))


def _values(found: Found) -> int:
    first = found.conditions.attributes[:1]
    return len(first[0].values) if first and first[0].kind == "categorical" else 0


def _tried(model: Any, found: Found, x: Tensor) -> Tried:
    if isinstance(model, nn.Module):
        model.eval()
    tried = attempt(model, x, found.conditions.encode_codes(found.codes), _values(found))
    tried.said = [
        f"{len(found):,} {found.noun} were given, in numbers from {x.min():g} to {x.max():g}.",
        *tried.said,
        *found.odd,
    ]
    return tried


def _found(title: str, items: Any, attributes: Any, settings: Settings) -> tuple[Found, Tensor, Tensor]:
    """Items in shares of their range with attributes, the same as the model takes them, and the range, [2, ...].

    Raises:
        ExplorerError: too few, not finite, or labels of another length.
    """
    x, labels = _array(items)
    attributes = labels if attributes is None else attributes
    path, odd = Path(title), []
    enough(Path("This"), len(x), "items")
    columns = _columns(attributes, len(x))
    rows = sample(len(x), settings)
    if len(rows) < len(x):
        odd.append(f"{len(rows):,} of {len(x):,} items are taken, a fair sample.")
    columns = [column(c.title, [c.cells[k] for k in rows], _number, settings.choice(c.title)) for c in columns]
    whole = x[torch.from_numpy(rows)]
    if whole.dtype == torch.uint8:
        whole = whole.float() / 255
        odd.append("Whole numbers from 0 to 255 are given to the model as shares of 255.")
    whole = whole.float()
    if not torch.isfinite(whole).all():
        raise ExplorerError(
            f"Item {rows[int((~torch.isfinite(whole.flatten(1))).any(1).nonzero()[0])]} holds a number that isn't finite."
        )
    low, high = float(whole.min()), float(whole.max())
    if not low < high:
        raise ExplorerError("All numbers of these items are the same.")
    low, high = next(((a, b) for a, b in ((0.0, 1.0), (-1.0, 1.0)) if a <= low and high <= b), (low, high))
    read = Read(path, series.names(columns) or tuple(str(k) for k in rows), columns, settings, odd)
    shares = ((whole - low) / (high - low)).numpy()
    found = _shown(read, shares, low, high)
    ones = torch.ones((1,) * (whole.ndim - 1))
    return found, whole, torch.stack([low * ones, high * ones])


def _shown(read: Read, x: np.ndarray, low: float, high: float) -> Found:
    """Shares [n, ...] as pictures (n x H x W, n x C x H x W), series (n x C x T) or vectors."""
    if x.ndim == 4 and x.shape[1] in PICTURES:
        return Found.of(read, "pictures", x, modality="image")
    if x.ndim == 3 and x.shape[1] > 8:
        return Found.of(read, "pictures", x[:, None], modality="image")
    if x.ndim == 2 and x.shape[1] <= MAX_COLUMNS:
        told = [{"label": str(k + 1), "low": low, "high": high} for k in range(x.shape[1])]
        return Found.of(read, "vectors", x, modality="table", columns=told)
    if x.ndim in (2, 3):
        x = x.reshape(len(x), -1, x.shape[-1])
        told = [{"label": f"channel {k + 1}", "low": low, "high": high} for k in range(x.shape[1])]
        return Found.of(read, "series", x, modality="series", channels=told)
    raise ExplorerError(
        f"Items of shape {list(x.shape[1:])} can't be shown; H x W, 1 or 3 x H x W, C x T and D numbers can."
    )


def _array(items: Any) -> tuple[Tensor, Any]:
    """A tensor [N, ...] of an array, a Dataset or a DataLoader, and the labels that come with the latter two."""
    if isinstance(items, np.ndarray | Tensor):
        x = torch.as_tensor(items).detach().cpu()
        if x.ndim < 2 or x.is_complex():
            raise ExplorerError(f"Items are an array with a row for each, not one of shape {list(x.shape)}.")
        return x, None
    if isinstance(items, str | bytes | Mapping) or not (hasattr(items, "__getitem__") or isinstance(items, Iterable)):
        raise ExplorerError(f"Items are an array, a Dataset or a DataLoader, not {type(items).__name__}.")
    batches = hasattr(items, "dataset")
    pairs = [one if isinstance(one, tuple | list) else (one,) for one in itertools.islice(_each(items), MOST)]
    if not pairs or not all(isinstance(pair[0], np.ndarray | Tensor) for pair in pairs):
        raise ExplorerError("The items of this Dataset aren't arrays or tensors; a transform makes them so.")
    parts = [torch.as_tensor(pair[0]).detach().cpu() for pair in pairs]
    try:
        x = torch.cat(parts) if batches else torch.stack(parts)
    except RuntimeError:
        raise ExplorerError("The items of this Dataset differ in shape.") from None
    labels = [pair[1] for pair in pairs if len(pair) > 1]
    if batches:
        labels = [one for batch in labels for one in batch] if all(hasattr(one, "__len__") for one in labels) else []
    plain = [one.item() if hasattr(one, "item") and np.ndim(one) == 0 else one for one in labels]
    usable = len(plain) == len(x) and all(isinstance(one, str | int | float) for one in plain)
    return x, {"label": plain} if usable else None


def _each(items: Any) -> Iterable[Any]:
    return items if hasattr(items, "__iter__") else (items[k] for k in range(len(items)))


def _columns(attributes: Any, count: int) -> list[Column]:
    """Columns of text from a mapping of names to values, or a data frame."""
    if attributes is None:
        return []
    held = attributes.to_dict("list") if hasattr(attributes, "to_dict") else attributes
    if not isinstance(held, Mapping):
        held = {"label": held}
    out = []
    for name, values in held.items():
        told = values.tolist() if hasattr(values, "tolist") else list(values)
        if len(told) != count:
            raise ExplorerError(f"The attribute {name} has {len(told):,} values for {count:,} items.")
        out.append(column(str(name), [cell(value) for value in told], _number))
    return out


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
