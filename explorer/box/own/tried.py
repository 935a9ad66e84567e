"""What a person's own model can do, found by trying it on a few of their items, and told in sentences.

| asked | tried in this order |
| --- | --- |
| encode | `encode`, `encoder`, else the call itself; with the condition as a vector, as the first attribute's numbers, without |
| what comes back | a tensor; the first of several; a field (`mean`, `loc`, `latent_dist`, `embedding`, `latents`, `z`, ...) |
| decode | `decode`, `decoder`; likewise (`sample`, `reconstruction`, ...) |

Nothing is trained, and nothing is guessed without a sentence that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from explorer.core.schema import ExplorerError

ENCODERS, DECODERS = ("encode", "encoder", "__call__"), ("decode", "decoder")
FIELDS = (
    "mean",
    "mu",
    "loc",
    "latent_dist",
    "embedding",
    "latents",
    "latent",
    "z",
    "sample",
    "reconstruction",
    "recon_x",
    "x",
)
FORMS = ("vector", "label", "none")
FEW = 6  # items that are tried
SAME = 1e-3  # share of the largest number by which an item may differ alone and among others
MOST_LATENT = 4_096
Given = tuple[Tensor, Tensor, int]  # items, their conditions, and how many values the first attribute has


@dataclass
class Tried:
    """What was found.

    Attributes:
        encoder, decoder: what is called, by name; None where there is none.
        hears: how each of them takes the condition: `vector`, `label` or `none`.
        latent: shape of one latent.
        said: sentences.
    """

    encoder: str | None = None
    decoder: str | None = None
    hears: dict[str, str] = field(default_factory=dict)
    latent: tuple[int, ...] = ()
    said: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.said)


def first_of(answer: Any) -> tuple[Tensor, str]:
    """The tensor in what a model gave back, and by what it was found; raises TypeError where there is none."""
    if isinstance(answer, Tensor):
        return answer, ""
    if isinstance(answer, tuple | list) and answer:
        inner, _ = first_of(answer[0])
        return inner, f"the first of {len(answer)}" if len(answer) > 1 else ""
    for name in FIELDS:
        inner = answer.get(name) if isinstance(answer, dict) else getattr(answer, name, None)
        if inner is not None and not callable(inner):
            return first_of(inner)[0], f"`{name}`"
    raise TypeError(f"it gave a {type(answer).__name__}")


def heard(c: Tensor, form: str, values: int) -> tuple[Tensor, ...]:
    """Condition vectors [N, C] as a model takes them: as they are, as the first attribute's numbers int64 [N], not at all."""
    if form == "none":
        return ()
    return (c,) if form == "vector" else (c[:, :values].argmax(1),)


def attempt(model: Any, x: Tensor, c: Tensor, values: int) -> Tried:
    """Try a model on items.

    Args:
        model: a torch module in eval mode, or anything with `encode` and `decode`.
        x: as the model takes them, [N, ...].
        c: [N, C], of width 0 where nothing is known of the items.
        values: numbers of c that belong to its first attribute; 0 where that isn't of categories.

    Raises:
        ExplorerError: nothing turns an item into numbers, or what is given back can't be used.
    """
    out, few = Tried(), x[:FEW]
    found = _call(model, ENCODERS, few, c[: len(few)], values)
    if isinstance(found, str):
        raise ExplorerError(f"{type(model).__name__} encodes no item of shape {_by(x.shape[1:])}: {found}")
    out.encoder, out.hears["encode"], z, how = found
    if z.ndim < 2 or len(z) != len(few):
        raise ExplorerError(
            f"{type(model).__name__}.{out.encoder} gives {list(z.shape)} for {len(few)} items; one row for each is needed."
        )
    if not z.is_floating_point() or not torch.isfinite(z).all():
        raise ExplorerError(
            f"{type(model).__name__}.{out.encoder} gives codes or numbers that aren't finite; a latent is of real numbers."
        )
    out.latent = tuple(z.shape[1:])
    size = z[0].numel()
    if not 1 <= size <= MOST_LATENT:
        raise ExplorerError(f"A latent of {size:,} numbers is too large for a map; up to {MOST_LATENT:,} can be taken.")
    as_ = f" ({how} is taken)" if how else ""
    out.said.append(
        f"`{out.encoder}` turns an item of {_by(x.shape[1:])} into {_by(out.latent)} numbers{as_}, {_hears(out, 'encode')}."
    )
    if len(out.latent) > 1:
        out.said.append(f"Its latent of {_by(out.latent)} is walked as a vector of {size} numbers.")
    _alone(out, model, (few, c[: len(few)], values), z)
    _decoder(out, model, (few, c[: len(few)], values), z)
    return out


def _decoder(out: Tried, model: Any, given: Given, z: Tensor) -> None:
    x, c, values = given
    found = _call(model, DECODERS, z, c, values)
    if isinstance(found, str):
        named = [name for name in DECODERS if getattr(model, name, None) is not None]
        why = f"its `{named[0]}` doesn't take the latent: {found}" if named else "it has no `decode`."
        out.said.append(
            f"Nothing draws a latent: {why} A linear read-out, fitted to your items, stands in for a decoder and says so."
        )
        return
    out.decoder, out.hears["decode"], y, how = found
    if y.shape[0] != len(x) or y[0].numel() != x[0].numel():
        raise ExplorerError(
            f"{type(model).__name__}.{out.decoder} gives {_by(y.shape[1:])} where an item has {_by(x.shape[1:])}."
        )
    as_ = f" ({how} is taken)" if how else ""
    flat = "" if y.shape == x.shape else f", from {_by(y.shape[1:])}"
    out.said.append(f"`{out.decoder}` gives an item back{as_}{flat}, {_hears(out, 'decode')}.")
    error = float((y.reshape(x.shape) - x).square().mean())
    mean = float((x.mean(0) - x).square().mean())
    if error > mean:
        out.said.append(
            f"On {len(x)} items its squared error is {error:.3g}, and that of their mean {mean:.3g}: "
            "are the items scaled as in training?"
        )


def _alone(out: Tried, model: Any, given: Given, z: Tensor) -> None:
    """Does an item's latent depend on those that it is encoded with, or change from call to call?"""
    x, c, values = given
    function = _function(model, out.encoder)
    again = first_of(function(x[:1], *heard(c[:1], out.hears["encode"], values)))[0]
    if float((again - z[:1]).abs().max()) > SAME * max(1e-6, float(z.abs().max())):
        out.said.append(
            "An item's latent changes from call to call, or with those beside it: is noise drawn, or the model in training mode?"
        )


def _call(
    model: Any, names: Sequence[str], given: Tensor, c: Tensor, values: int
) -> tuple[str, str, Tensor, str] | str:
    """The first of the names and forms that answers -> what was called, how, its tensor, by what it was found; else why not."""
    why = ""
    for name in names:
        function = _function(model, name)
        if function is None:
            continue
        for form in FORMS:
            if (form == "vector" and not c.shape[1]) or (form == "label" and not values):
                continue
            try:
                with torch.no_grad():
                    tensor, how = first_of(function(given, *heard(c, form, values)))
            except Exception as error:  # anything may be in a stranger's forward pass
                lines = str(error).strip().splitlines()
                why = f"{type(error).__name__}: {lines[0][:160] if lines else 'no reason given'}."
                continue
            return name, form, tensor, how
    return why or "it has none of " + ", ".join(f"`{name}`" for name in names) + "."


def _function(model: Any, name: str) -> Callable[..., Any] | None:
    found = model if name == "__call__" else getattr(model, name, None)
    return found if callable(found) else None


def _hears(out: Tried, name: str) -> str:
    told = {
        "vector": "with the condition as a vector",
        "label": "with the first attribute as a number",
        "none": "without a condition",
    }
    return told[out.hears[name]]


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
