"""Card and weights -> a ready model. Nothing but safetensors and JSON is read, and everything is validated.

A checkpoint is a folder: `card.json` (`schema.Card`), `model.safetensors`, `judge.safetensors`, `prior.safetensors`,
`items.safetensors`, `thumbs.webp` and `recipe.toml`. It follows the Hub's convention: `save_pretrained` and
`from_pretrained`, a folder or a hub id. What a person can get wrong ends in one `ExplorerError` sentence.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from torch import Tensor, nn

from explorer.box.cards import available, card_of, default_root, fault, read_card, survey
from explorer.box.items import ItemTable
from explorer.core.kept import Kept
from explorer.core.registry import find
from explorer.core.schema import Card, ExplorerError
from explorer.core.signature import Field, Signature
from explorer.learn.kinds import base as kinds
from explorer.learn.models.base import Model
from explorer.learn.models.judge import Judge

if TYPE_CHECKING:
    from explorer.learn.priors.base import Prior

__all__ = ["Checkpoint", "available", "default_root", "load", "read_card", "survey"]
PATTERNS = ("*.json", "*.safetensors", "*.webp", "*.toml")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


def _verified(folder: Path, name: str, card: Card) -> bytes:
    """The bytes of a checkpoint's file, after comparing their hash with the card's."""
    try:
        data = (folder / name).read_bytes()
    except OSError:
        raise fault(f"The checkpoint {card.name} lacks its file {name}.") from None
    if hashlib.sha256(data).hexdigest() != card.sha256.get(name):
        raise fault(f"The file {name} of the checkpoint {card.name} is not the one its card names: wrong hash.")
    return data


def _weights(folder: Path, name: str, card: Card) -> dict[str, Tensor]:
    """A safetensors file of weights -> name -> tensor, all finite, floating ones as float32."""
    try:
        tensors = read_tensors(_verified(folder, name, card))
    except SafetensorError:
        raise fault(f"The file {name} of the checkpoint {card.name} is not readable as safetensors.") from None
    for key, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise fault(f"The weight {key} in {name} of the checkpoint {card.name} holds a number that isn't finite.")
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
    with torch.device("meta"):  # shapes alone: a card that asks for a giant is found out before it takes any memory
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
            (folder / name).write_bytes(_verified(self.folder, name, self.card))
        shutil.copyfile(self.folder / "card.json", folder / "card.json")

    @classmethod
    def from_pretrained(cls, where: str | Path) -> Checkpoint:
        """A checkpoint by its name among the bundled ones, by its folder, or by a hub id `owner/name`.

        Only JSON, TOML, WebP and safetensors files are taken from the Hub.

        Raises:
            ExplorerError: unknown, not reachable, or not valid.
        """
        if Path(where).is_dir():
            return cls.load(where)
        if isinstance(where, str) and HUB_ID.fullmatch(where):
            from huggingface_hub import snapshot_download  # half a second that a bundled one needn't pay

            try:
                return cls.load(snapshot_download(where, allow_patterns=list(PATTERNS)))
            except ExplorerError:
                raise
            except Exception:
                raise fault(f"The checkpoint {where} can't be fetched from the Hub.") from None
        return load(str(where))


def _priors(folder: Path, card: Card) -> dict[str, Prior]:
    """The card's priors in its order; the names of their weights begin with the prior's."""
    name = "prior.safetensors"
    tensors = _weights(folder, name, card)
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


LIMIT = 1 << 30  # bytes of checkpoints in memory
IDLE = 600.0  # seconds until one that nobody looks at goes


def weight(checkpoint: Checkpoint) -> int:
    """Bytes that a checkpoint takes, about: its modules' tensors, and its items, which lie on disk with half the bits."""
    modules = [checkpoint.model, checkpoint.judge, *checkpoint.priors.values()]
    tensors = [t for module in modules if isinstance(module, nn.Module) for t in module.state_dict().values()]
    files = [checkpoint.folder / name for name in checkpoint.card.sha256 if name.startswith(("items", "prior"))]
    return sum(t.nbytes for t in tensors) + 2 * sum(file.stat().st_size for file in files if file.is_file())


_load = Kept(lambda folder, stamp: Checkpoint.load(folder), None, IDLE, LIMIT, weight)


def load(name: str, root: str | Path | None = None) -> Checkpoint:
    """A bundled checkpoint by name; those used last are kept, a gigabyte of them, for ten
    minutes each, and one that was rebuilt is read anew.

    Raises:
        ExplorerError: no such checkpoint (the sentence names those there are), or one that isn't valid.
    """
    folder = (Path(root) if root else default_root()) / name
    card_of(name, root)
    return _load(folder, (folder / "card.json").stat().st_mtime_ns)
