"""What of a checkpoint runs in the page, as it was shipped with it: graphs without weights, and the weights that they name.

`graphs.json` says which parts there are, what each differs from torch, and the stored tensors that it reads, such as
`model/decoder.start.weight`: a tensor of `model.safetensors`. So nothing is stored twice, and nothing is made while serving.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

from pydantic import Field, ValidationError

from explorer.box.checkpoints import Checkpoint
from explorer.box.files import PARTS, cut, fault, layout, read
from explorer.core.schema import ExplorerError, Frozen

FILE = "graphs.json"
VERSION = 1
DRAWN = {"image": "pixels", "shape": "outline"}  # how the engine in the page shows what a decoder makes, by modality
NONE = "It was made without graphs for the page; building it again makes them."


class Part(Frozen):
    """One part as a graph.

    Args:
        size: bytes of the graph, without weights.
        weights: the stored tensors that it reads, `<file>/<tensor>`.
        weighs: bytes of those.
        work: floating-point operations of one pass.
        error: largest absolute difference to torch.
        compared: over how many inputs.
    """

    size: int = Field(ge=0)
    weights: tuple[str, ...] = ()
    weighs: int = Field(default=0, ge=0)
    work: int = Field(ge=0)
    error: float = Field(ge=0)
    compared: int = Field(ge=0)


class Shipped(Frozen):
    """`graphs.json`: parts by name, and for each of the others the reason why it stays on the server.

    Args:
        code: of what the graphs follow from, see `explorer.core.sources`.
        versions: of what made and compared them.
    """

    version: Literal[1] = VERSION
    code: str
    versions: dict[str, str] = {}
    parts: dict[Literal["decoder", "features", "encoder", "judge", "letters"], Part] = {}
    reasons: dict[str, str] = {}


def shipped(checkpoint: Checkpoint) -> Shipped:
    """The parts that came with a checkpoint; without any where it has no `graphs.json`.

    Raises:
        ExplorerError: the file is damaged or malformed.
    """
    digest = checkpoint.card.sha256.get(FILE)
    if digest is None:
        return Shipped(code="", reasons={"decoder": NONE})
    return _parsed(read(checkpoint.folder, FILE, checkpoint.card), checkpoint.card.name)


@lru_cache(maxsize=64)
def _parsed(data: bytes, name: str) -> Shipped:
    try:
        return Shipped.model_validate_json(data)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise fault(f"The file {FILE} of the checkpoint {name} is malformed at {place}.") from None


def graph(checkpoint: Checkpoint, part: str) -> bytes:
    """The ONNX file of a part, without its weights.

    Raises:
        ExplorerError: there is none, or it is damaged.
    """
    if part not in shipped(checkpoint).parts:
        raise ExplorerError(f"{checkpoint.card.title} has no part {part[:32]!r} that runs in the page.", "stage")
    return read(checkpoint.folder, f"{part}.onnx", checkpoint.card)


def groups(checkpoint: Checkpoint) -> dict[str, tuple[str, ...]]:
    """The weights in bundles that the same parts read, such as `decoder.features`, so that none travels twice."""
    users: dict[str, list[str]] = {}
    for name in PARTS:
        for weight in shipped(checkpoint).parts[name].weights if name in shipped(checkpoint).parts else ():
            users.setdefault(weight, []).append(name)
    out: dict[str, list[str]] = {}
    for weight, parts in users.items():
        out.setdefault(".".join(parts), []).append(weight)
    return {name: tuple(weights) for name, weights in out.items()}


def places(checkpoint: Checkpoint, group: str) -> list[tuple[str, int, int]]:
    """Where each weight lies in its bundle: name, first byte, bytes; from the headers alone."""
    out, at = [], 0
    for weight in groups(checkpoint)[group]:
        file, tensor = _stored(weight)
        size = layout(checkpoint.folder, file, checkpoint.card)[tensor].size
        out.append((weight, at, size))
        at += size
    return out


def bundle(checkpoint: Checkpoint, group: str) -> bytes:
    """The weights of a bundle one after the other, as they are stored.

    Raises:
        ExplorerError: there is no such bundle, or a file is damaged.
    """
    if group not in (known := groups(checkpoint)):
        raise ExplorerError(f"{checkpoint.card.title} has no weights {group[:32]!r}.", "stage")
    stored = [_stored(weight) for weight in known[group]]
    runs = groupby(stored, key=lambda pair: pair[0])
    return b"".join(cut(checkpoint.folder, file, checkpoint.card, [t for _, t in run]) for file, run in runs)


def figures(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the card says of it: for each part the largest error against torch in millionths, its work and its size.

    Returns:
        part -> `error_millionths` (of a picture's range; for the others in units of what they give), `compared`, `mflop`,
        `kilobytes`; and the sentence `<part>_stays`, where one stays on the server.
    """
    known = shipped(checkpoint)
    rows: dict[str, Any] = {
        name: {
            "error_millionths": 1e6 * part.error,
            "compared": part.compared,
            "mflop": part.work / 1e6,
            "kilobytes": round((part.size + part.weighs) / 1000),
        }
        for name, part in known.parts.items()
    }
    return rows | {f"{name}_stays": reason for name, reason in known.reasons.items()}


def _stored(weight: str) -> tuple[str, str]:
    """`model/decoder.start.weight` -> the file and the tensor in it."""
    stem, _, tensor = weight.partition("/")
    return f"{stem}.safetensors", tensor
