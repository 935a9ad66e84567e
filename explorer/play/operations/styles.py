"""Styles: each layer of a style-based generator takes a leaf of its own, and may take another picture's (capability `styles`)."""

from __future__ import annotations

import torch
from pydantic import Field, field_validator

from explorer.core.noise import normal
from explorer.core.registry import register
from explorer.core.scene import Point
from explorer.core.schema import ExplorerError
from explorer.play.operations.base import Context, Operation, Params, State

MOST_LAYERS = 32


class MixStylesParams(Params):
    """Whose styles, in which layers, and how much of them."""

    to: Point
    layers: tuple[int, ...] = Field(
        max_length=MOST_LAYERS, description="numbers of the layers that take the other's style, the coarsest is 0"
    )
    amount: float = Field(default=1.0, ge=0, le=1, description="share of the way to the other's style in these layers")

    @field_validator("layers")
    @classmethod
    def _in_order(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        if any(layer < 0 for layer in layers) or len(set(layers)) != len(layers):
            raise ValueError("each layer once, and none below zero")
        return tuple(sorted(layers))


@register("operations", "mix_styles")
class MixStyles(Operation):
    """Style mixing: Karras, Laine and Aila 2019 (StyleGAN, arXiv:1812.04948, section 3.1), on ALAE's codes of real pictures."""

    title = "Mix styles"
    sentence = "Takes the styles of some layers from another picture."
    needs = frozenset({"styles"})
    Params = MixStylesParams

    def apply(self, context: Context, state: State, params: MixStylesParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: the model has no such layer.
        """
        model, layers = context.checkpoint.model, context.checkpoint.model.layers
        if params.layers and params.layers[-1] >= layers:
            raise ExplorerError(f"This model has {layers} layers; there is no number {params.layers[-1]}.", "panel")
        own, other = (model.split(z[None]) for z in (state.z, context.resolve(params.to).z))
        for name in (list(own)[layer] for layer in params.layers):
            own[name] = torch.lerp(own[name], other[name], params.amount)
        return state.moved(model.join(own)[0])


class DrawStyleParams(Params):
    """The noise seed, and which draw of it."""

    seed: int = Field(default=0, ge=0, lt=2**31)
    draw: int = Field(default=0, ge=0, lt=4096, description="number of the draw under this seed")


@register("operations", "draw_style")
class DrawStyle(Operation):
    """A draw of the model's own: normal noise through the mapping network F, the same style in all layers."""

    title = "Draw a style"
    sentence = "Sends noise through the mapping network, which makes a style of it."
    needs = frozenset({"styles"})
    Params = DrawStyleParams

    def apply(self, context: Context, state: State, params: DrawStyleParams) -> State:
        """See `Operation.apply`."""
        model = context.checkpoint.model
        noise = normal(params.seed, params.draw, next(iter(model.leaves.values())).size)
        return state.moved(model.style(noise[None])[0])
