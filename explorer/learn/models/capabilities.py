"""What a model can do beyond the contract of `base.py`: each capability is a protocol of members, or a trait of behaviour.

A family names its capabilities; `missing` finds one that is named without its members, `unnamed` members without the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.learn.models.base import Model


class Encode(Protocol):
    """It has an encoder."""

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """See `Model.encode`."""


class Assemble(Protocol):
    """It encodes several views of one thing together."""

    def encode_set(self, x: Tensor, c: Tensor | None, known: Tensor | None = None) -> Distribution:
        """x [N, K, ...] of which `known` [N, K] count, c [N, K, C] -> posterior over z [N, *latent.shape]."""


class Bearings(Protocol):
    """It draws letters, and says how far they stand apart.

    Attributes:
        baseline, capital: cells of a field from its top to the line that letters stand on, and from there up to a capital's top.
    """

    baseline: float
    capital: float

    def bearings(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, L], c [N, C] -> what stands free left and right of each letter, in cells of its field [N, 2]."""


class Features(Protocol):
    """It shows an inner layer of the decoder, for a map."""

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """See `Model.features`."""


class Forecast(Protocol):
    """It goes on from a beginning."""

    def forecast(self, x: Tensor, c: Tensor | None, seen: int, noise: Tensor) -> Tensor:
        """x [*shape] of which `seen` readings count, c [C], noise [draws, *latent.shape] -> latents [draws, *latent.shape]."""


class Anomaly(Protocol):
    """It says how strange an item is; `normal` are the values under which one is usual."""

    normal: dict[str, str | float]

    def anomaly(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        """x [N, *shape], c [N, C] -> in nats [N]."""


class Complete(Protocol):
    """Its codes have vectors of one codebook, so that a prior over them can fill in what is erased."""

    entries: int

    def vectors(self, z: Tensor) -> Tensor:
        """Codes [N, *latent.shape] -> float32 [N, D, *latent.shape]."""


class Codebooks(Protocol):
    """Each dimension has a codebook of its own, [dimensions, entries]."""

    entries: int
    codebooks: Tensor


class Classify(Protocol):
    """It reads the class of an item."""

    def classify(self, x: Tensor) -> Tensor:
        """x [N, *shape] -> log probabilities [N, C]."""


class Counterfactual(Protocol):
    """It changes as little as must change for its own classifier to read another class."""

    def discriminate(self, z: Tensor) -> Tensor:
        """z [N, L] -> log p(y | z) [N, C]."""

    def odds(self, z: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """z [N, L], classes int64 [N] -> log odds of target against source [N]."""

    def counterfactual(self, z: Tensor, source: Tensor, target: Tensor, odds: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest z [N, L] with these log odds, and the condition [N, C] to decode it under."""


class Polish(Protocol):
    """It moves a latent, step by step, until a classifier of its own reads what is asked."""

    classifier: nn.Module

    def polish(self, u: Tensor, c: Tensor, steps: int, seed: int = 0) -> Tensor:
        """u [N, L], c [N, C] -> the whole way [steps + 1, N, L]."""


class Styles(Protocol):
    """Each layer of its generator takes a leaf of the latent."""

    layers: int
    style_names: tuple[str, ...]

    def style(self, z: Tensor) -> Tensor:
        """Noise [N, width] -> latents [N, L], the same style in all layers."""


class Refine(Protocol):
    """Its decoder draws step by step, from a leaf named `noise`."""

    steps: int
    guidance: float

    def rough(self, z: Tensor) -> Tensor:
        """z [N, L] -> what the latent alone says [N, *shape]."""

    def frames(self, z: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """As `decode` -> rows of pictures by name, [steps + 1, N, *shape] each; the last of `noisy` is the picture."""


class Resolution(Protocol):
    """It draws at any size, at `spots` of a plane."""

    spots: Tensor

    def draw(self, z: Tensor, c: Tensor | None, sides: Sequence[int]) -> Tensor:
        """z [N, L], c [N, C] -> x [N, channels, *sides]."""


class Origin(Protocol):
    """It encodes by a step down the gradient at the origin, of length `step` times that gradient."""

    step: float
    spots: Tensor


class Denoise(Protocol):
    """It can delete a part of an item before the encoder reads it."""

    def without(self, x: Tensor, share: float, seed: int = 0) -> Tensor:
        """x [N, *shape] -> the same with about this share of each deleted."""


PROTOCOLS: dict[str, type] = {
    "encode": Encode, "assemble": Assemble, "bearings": Bearings, "features": Features, "forecast": Forecast, "anomaly": Anomaly,
    "complete": Complete, "codebooks": Codebooks, "classify": Classify, "counterfactual": Counterfactual, "polish": Polish,
    "styles": Styles, "refine": Refine, "resolution": Resolution, "origin": Origin,
    "denoise": Denoise,
}  # fmt: skip
# Traits have no members: they say how a model was trained, or what its encoder gives.
TRAITS = {
    "blend": "takes blended conditions",
    "unset": "was trained with unset attributes, too",
    "exact": "its encoder gives one latent for an item, so that there is no posterior to draw from",
}
KNOWN = PROTOCOLS.keys() | TRAITS.keys()


def members(name: str) -> set[str]:
    """Names of what a model must have for a capability; none for a trait."""
    protocol = PROTOCOLS.get(name)
    if protocol is None:
        return set()
    own = {key for key, value in vars(protocol).items() if not key.startswith("_") and callable(value)}
    return own | set(protocol.__annotations__)


def provides(model: Model, name: str) -> bool:
    """Has a model all members of a protocol, and of its own: the base's merely raise?"""
    return all(
        hasattr(model, key) and getattr(type(model), key, None) is not getattr(Model, key, ...) for key in members(name)
    )


def missing(model: Model) -> list[str]:
    """Capabilities that a model names and nobody knows, or whose members it lacks."""
    return sorted(name for name in model.capabilities if name not in KNOWN or not provides(model, name))


def unnamed(model: Model) -> list[str]:
    """Protocols whose members a model has without naming them."""
    return sorted(name for name in PROTOCOLS.keys() - model.capabilities if provides(model, name))
