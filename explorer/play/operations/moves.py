"""Moves from where the point is: along a dimension, a principal direction, a given direction, or by latent arithmetic.

All amounts are in standard deviations of the items' latents, so that 1 means the same on every model.
"""

from __future__ import annotations

import torch
from pydantic import Field

from explorer.core.refusals import refuse
from explorer.core.registry import register
from explorer.core.scene import Point, unpack
from explorer.play.operations.base import Context, Operation, Params, State

Amount = Field(default=1.0, ge=-6, le=6, description="how far, in standard deviations of the items along it")


class DimensionParams(Params):
    """Which latent dimension, how far."""

    index: int = Field(ge=0, lt=2**31, description="number of the dimension")
    amount: float = Amount


@register("operations", "dimension")
class Dimension(Operation):
    """Move one latent dimension."""

    title = "Dimension"
    sentence = "Moves one latent dimension and leaves the others."
    portable = ()
    Params = DimensionParams

    def apply(self, context: Context, state: State, params: DimensionParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: the latent has no such dimension.
        """
        z = state.z.flatten().clone()
        if params.index >= z.numel():
            raise refuse("dimension", size=z.numel(), index=params.index)
        z[params.index] += params.amount * context.checkpoint.items.tensor("z.std")[params.index]
        return state.moved(z.reshape(state.z.shape))


class PrincipalParams(Params):
    """Which principal direction, how far."""

    index: int = Field(ge=0, lt=2**31, description="rank of the direction, the one of largest variance first")
    amount: float = Amount


@register("operations", "principal")
class Principal(Operation):
    """Move along a principal direction of the items' latents.

    Unsupervised directions as in Härkönen et al. 2020, "GANSpace", section 2.1 (there on a layer's activations).
    """

    title = "Principal direction"
    sentence = "Moves along a direction in which the items differ most."
    portable = ()
    Params = PrincipalParams

    def apply(self, context: Context, state: State, params: PrincipalParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: there is no such direction.
        """
        items = context.checkpoint.items
        components, variance = items.tensor("z.components"), items.tensor("z.variance")
        if params.index >= len(components):
            raise refuse("principal", size=len(components), index=params.index)
        step = components[params.index] * variance[params.index].sqrt() * params.amount
        return state.moved(state.z + step.reshape(state.z.shape))


class DirectionParams(Params):
    """A direction in latent space, how far along it."""

    vector: str = Field(max_length=65536, description="the direction, packed float32 (see `scene.pack`)")
    amount: float = Field(default=1.0, ge=-4, le=4, description="how far, in lengths of the vector")
    label: str = Field(default="", max_length=80, description="what a person called it")


@register("operations", "direction")
class Direction(Operation):
    """Move along a given direction, such as the difference of two groups' means.

    Larsen et al. 2016, "Autoencoding beyond pixels", section 4.1: visual attribute vectors.
    """

    title = "Direction"
    sentence = "Moves along the difference of two groups."
    portable = ()
    Params = DirectionParams

    def apply(self, context: Context, state: State, params: DirectionParams) -> State:
        """See `Operation.apply`."""
        vector = unpack(params.vector, state.z.numel(), "panel").reshape(state.z.shape)
        return state.moved(state.z + params.amount * vector)


class ArithmeticParams(Params):
    """A - minus + plus, where A is the point itself."""

    minus: Point
    plus: Point
    amount: float = Field(default=1.0, ge=-2, le=2, description="share of the difference that is added")


@register("operations", "arithmetic")
class Arithmetic(Operation):
    """A - B + C on latents (Radford et al. 2016, "DCGAN", section 6.3.2, after Mikolov's word vectors).

    The condition stays A's: in a conditional model, what the condition says isn't in z.
    """

    title = "Arithmetic"
    sentence = "Adds to this point what tells one item from another."
    portable = ()
    Params = ArithmeticParams

    def apply(self, context: Context, state: State, params: ArithmeticParams) -> State:
        """See `Operation.apply`."""
        difference = context.resolve(params.plus).z - context.resolve(params.minus).z
        return state.moved(state.z + params.amount * difference)


class CornersParams(Params):
    """Three further corners of a square whose first corner is the point itself, and a spot in it."""

    right: Point
    below: Point
    opposite: Point
    u: float = Field(ge=0, le=1, description="share of the way to the right")
    v: float = Field(ge=0, le=1, description="share of the way down")


@register("operations", "corners")
class Corners(Operation):
    """Blend four points bilinearly, latents and conditions alike."""

    title = "Four corners"
    sentence = "Blends four points over a square."
    moves_condition = True
    portable = ()
    Params = CornersParams

    def apply(self, context: Context, state: State, params: CornersParams) -> State:
        """See `Operation.apply`."""
        corners = [state, *(context.resolve(p) for p in (params.right, params.below, params.opposite))]
        u, v = params.u, params.v
        weights = torch.tensor([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v])
        z = torch.einsum("k,k...->...", weights, torch.stack([s.z for s in corners]))
        return state.moved(z, weights @ torch.stack([s.c for s in corners]))
