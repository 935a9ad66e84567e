"""Card and weights -> a ready model. Nothing but safetensors and JSON is read, and everything is validated.

A checkpoint is a folder: `card.json` (`schema.Card`), `model.safetensors`, `judge.safetensors`, `prior.safetensors`,
`items.safetensors`, `cover.webp`, `recipe.toml`, `thumbs.webp` or `thumbs.avif` where the items themselves may be shown, and
what runs in the page: `graphs.json` and a graph for each part, without weights. What belongs to the data set lies in a store
beside the folders, see `explorer.box.files`. It follows the Hub's convention: `save_pretrained` and `from_pretrained`, a folder
or a hub id. What a person can get wrong ends in one `ExplorerError` sentence.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from torch import Tensor, nn

from explorer.box import eight, hub
from explorer.box.bounds import WORDIEST, ShapesAlone, at_most_modules, bounded
from explorer.box.cards import available, card_of, default_root, named, read_card, survey
from explorer.box.files import fault, locate, read
from explorer.box.items import OFFSET, SCALE, ItemTable, unpacked
from explorer.core.kept import Kept
from explorer.core.registry import find
from explorer.core.schema import Card, ExplorerError
from explorer.core.signature import Field, Signature
from explorer.learn.kinds import base as kinds
from explorer.learn.models.base import Model
from explorer.learn.models.judge import Judge

if TYPE_CHECKING:
    from explorer.learn.priors.base import Prior

__all__ = ["Checkpoint", "available", "check", "default_root", "load", "read_card", "survey"]


def _weights(folder: Path, name: str, card: Card) -> dict[str, Tensor]:
    """A safetensors file of weights -> name -> tensor, all finite, floating ones and those in eight bits as float32."""
    try:
        tensors = read_tensors(read(folder, name, card))
    except SafetensorError:
        raise fault(f"The file {name} of the checkpoint {card.name} is not readable as safetensors.") from None
    for key, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise fault(f"The weight {key} in {name} of the checkpoint {card.name} holds a number that isn't finite.")
    try:
        tensors = eight.unpacked(tensors)
    except ValueError as error:
        raise fault(f"The scales of the weight {error} in {name} of the checkpoint {card.name} don't fit it.") from None
    return {key: t.float() if t.is_floating_point() else t for key, t in tensors.items()}


def _made(make: Callable[[], Any], card: Card) -> Any:
    try:
        return make()
    except Exception as error:
        raise fault(f"The checkpoint {card.name} can't be built from its card: {error}.") from None


def _ready(make: Callable[[], nn.Module], tensors: dict[str, Tensor], name: str, card: Card) -> Any:
    """Construct a module and fill it: eval mode, float32, no gradients.

    Raises:
        ExplorerError: arguments the class doesn't take, or a tensor missing, unexpected or of another shape.
    """
    with (
        torch.device("meta"),
        ShapesAlone(),
        at_most_modules(len(tensors)),
    ):  # shapes alone: a card that asks for a giant is found out before it takes any memory
        expected = _made(make, card).state_dict()
    for key, like in expected.items():
        if key not in tensors:
            raise fault(f"The checkpoint {card.name} lacks the weight {key} in {name}.")
        if tensors[key].shape != like.shape:
            raise fault(
                f"The weight {key} in {name} of the checkpoint {card.name} has the shape {list(tensors[key].shape)}; "
                f"the model takes {list(like.shape)}."
            )
    unexpected = sorted(tensors.keys() - expected.keys())
    if unexpected:
        raise fault(f"The file {name} of the checkpoint {card.name} holds an unknown weight, {unexpected[0]}.")
    with torch.random.fork_rng(devices=[]):  # building draws initial weights, and must not move anyone's seed
        module = _made(make, card)
    module.load_state_dict(tensors)
    return module.eval().requires_grad_(False)


def _entry(room: str, name: str, card: Card) -> Any:
    try:
        return find(room, name)
    except ExplorerError as error:
        raise fault(f"The checkpoint {card.name} can't be used here. {error}") from None


@dataclass(eq=False)
class Checkpoint:
    """A trained model with all that the page shows of it.

    Attributes:
        folder: where it lies.
        card: what it says of itself.
        model: in eval mode, float32, without gradients.
        judge: reads attributes from a picture, trained apart from the model; None where the folder has none.
        priors: how latents are resampled, by name, the best first.
        items: latents, attributes, maps and neighbours of its items, read when first asked for.
    """

    folder: Path
    card: Card
    model: Model
    judge: Judge | None
    priors: dict[str, Prior] = field(default_factory=dict)
    items: ItemTable = field(repr=False, default=None)

    @classmethod
    def load(cls, folder: str | Path) -> Checkpoint:
        """Read and validate a checkpoint folder.

        Raises:
            ExplorerError: whatever is wrong with it, in one sentence.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise fault(f"There is no checkpoint folder {folder.name!r}.")
        card = read_card(folder)
        for name in card.sha256:
            locate(folder, name, card)
        for arguments in (card.arguments, card.judge_arguments, list(card.shape)):
            bounded(arguments, card)
        bounded(card.modality_arguments, card, WORDIEST)
        modality = _entry("modalities", card.modality, card)
        _entry("kinds", card.latent.kind, card)
        _made(lambda: modality(**card.modality_arguments), card)
        family = _entry("models", card.family, card)
        model: Model = _ready(
            lambda: family.made(card.shape, card.conditions, card.arguments),
            _weights(folder, "model.safetensors", card),
            "model.safetensors",
            card,
        )
        if tuple(model.latent.shape) != tuple(card.latent.shape) or model.latent.kind != card.latent.kind:
            raise fault(f"The card of the checkpoint {card.name} names another latent than its model has.")
        if set(card.capabilities) != model.capabilities:
            raise fault(f"The card of the checkpoint {card.name} names other capabilities than its model has.")
        judge = None
        if "judge.safetensors" in card.sha256:
            judge = _ready(
                lambda: Judge(card.shape, card.conditions, **card.judge_arguments),
                _weights(folder, "judge.safetensors", card),
                "judge.safetensors",
                card,
            )
        return cls(folder, card, model, judge, _priors(folder, card), ItemTable(folder, card))

    @property
    def signature(self) -> Signature:
        """What goes in and out of the model, by name."""
        item = Field(name=self.card.modality, modality=self.card.modality, shape=self.card.shape)
        return Signature(item=item, given=self.model.given, latent=self.model.leaves)

    def vectors(self, space: str, z: Tensor, c: Tensor) -> Tensor:
        """Where latents lie in a space of the card's maps, to place them beside the items.

        Args:
            space: `latent`, `conditioned` or `features`.
            z: float32 [N, *latent.shape].
            c: float32 [N, C].

        Returns:
            float32 [N, F], comparable with `items.space(space)`.
        """
        with torch.no_grad():
            if space == "features":
                return self.items.project(self.model.features(z, c), space)
            vectors = self.model.embed(z)
        if not kinds.of(self.card.latent).metric:
            vectors = self.items.project(vectors, "latent")
        return vectors if space == "latent" else self.items.conditioned(vectors, c)

    def save_pretrained(self, folder: str | Path) -> None:
        """Copy the checkpoint, whole and verified, to another folder (created when missing)."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name in self.card.sha256:
            (folder / name).write_bytes(read(self.folder, name, self.card))
        (folder / "card.json").write_text(self.card.model_dump_json(indent=1) + "\n", encoding="utf-8")

    def push_to_hub(self, where: str, public: bool = False) -> str:
        """Copy the checkpoint to the Hugging Face Hub, as `owner/name` -> its address; private unless said otherwise.

        Raises:
            ExplorerError: see `explorer.box.hub.push`.
        """
        with tempfile.TemporaryDirectory() as scratch:
            self.save_pretrained(scratch)
            return hub.push(Path(scratch), self.card, where, public)

    @classmethod
    def from_pretrained(cls, where: str | Path) -> Checkpoint:
        """A checkpoint by its name among the bundled ones, by its folder, or by a hub id `owner/name`.

        Raises:
            ExplorerError: unknown, not reachable, or not valid; see `explorer.box.hub`.
        """
        if Path(where).is_dir():
            return cls.load(where)
        if isinstance(where, str) and hub.ID.fullmatch(where):
            return cls.load(hub.fetch(where))
        return load(str(where))


def _priors(folder: Path, card: Card) -> dict[str, Prior]:
    """The card's priors in its order; the names of their weights begin with the prior's."""
    name = "prior.safetensors"
    tensors = _whole(_weights(folder, name, card))
    stray = next((key for key in tensors if key.split(".")[0] not in card.priors), None)
    if stray:
        raise fault(f"The file {name} of the checkpoint {card.name} holds an unknown weight, {stray}.")
    out = {}
    for prior in card.priors:
        own = {key.removeprefix(f"{prior}."): t for key, t in tensors.items() if key.startswith(f"{prior}.")}
        try:
            out[prior] = _entry("priors", prior, card).from_tensors(own)
            shape = out[prior].drawn(card.conditions.width)
        except ExplorerError as error:
            raise fault(f"The checkpoint {card.name} can't be used here. {error}") from None
        if shape != card.latent.shape:
            raise fault(f"The prior {prior} of the checkpoint {card.name} draws latents of another shape.")
    return out


def _whole(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of which some are stored in eight bits, see `explorer.box.items.packed` -> all as float32."""
    packs = [name for name in tensors if name + SCALE in tensors and name + OFFSET in tensors]
    made = {name: unpacked(tensors[name], tensors[name + SCALE], tensors[name + OFFSET]) for name in packs}
    extra = {name + own for name in packs for own in (SCALE, OFFSET)}
    return {name: made.get(name, tensor) for name, tensor in tensors.items() if name not in extra}


LIMIT = 1 << 30  # bytes of checkpoints in memory
IDLE = 600.0  # seconds until one that nobody looks at goes


def weight(checkpoint: Checkpoint) -> int:
    """Bytes that a checkpoint takes, about: its modules' tensors, and its items, which lie on disk with a quarter of the bits."""
    modules = [checkpoint.model, checkpoint.judge, *checkpoint.priors.values()]
    tensors = [t for module in modules if isinstance(module, nn.Module) for t in module.state_dict().values()]
    names = [name for name in checkpoint.card.sha256 if name.startswith(("items", "prior"))]
    files = [locate(checkpoint.folder, name, checkpoint.card) for name in names]
    return sum(t.nbytes for t in tensors) + 4 * sum(file.stat().st_size for file in files)


_load = Kept(lambda folder, stamp: Checkpoint.load(folder), None, IDLE, LIMIT, weight)


def check(folder: Path) -> list[str]:
    """Everything about a checkpoint that can be wrong, looked at: card, hashes, weights, items, thumbnails.

    Returns:
        a sentence for each fault; none of a sound checkpoint.
    """
    try:
        card = named(folder)
    except ExplorerError as error:
        return [str(error)]
    faults = []
    for name in card.sha256:
        try:
            read(folder, name, card)
        except ExplorerError as error:
            faults.append(str(error))
    try:
        items = Checkpoint.load(folder).items
        for name in sorted(items.names):
            items.tensor(name)
    except ExplorerError as error:
        faults.append(str(error))
    return list(dict.fromkeys(faults))


def load(name: str, root: str | Path | None = None) -> Checkpoint:
    """A bundled checkpoint by name; those used last are kept, a gigabyte of them, for ten
    minutes each, and one that was rebuilt is read anew.

    Raises:
        ExplorerError: no such checkpoint (the sentence names those there are), or one that isn't valid.
    """
    folder = (Path(root) if root else default_root()) / name
    card_of(name, root)
    return _load(folder, (folder / "card.json").stat().st_mtime_ns)
