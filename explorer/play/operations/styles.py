"""Styles: each layer of a style-based generator takes a leaf of its own, and may take another picture's (capability `styles`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from pydantic import Field, field_validator

from explorer.core.noise import normal
from explorer.core.registry import register
from explorer.core.scene import Point
from explorer.core.schema import ExplorerError
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.tab import Options
from explorer.play.operations.turned import LARGEST_SEED, Along, Ends, Others, Part, Said, Stop, Switches, Turn, Turned

if TYPE_CHECKING:
    from explorer.play.session import Session

MOST_LAYERS = 32
DEPTHS = ("coarsest", "coarse", "fine", "finest")


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
    portable = ()
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


class StylesOptions(Options):
    """Which layers take the style of B, a digit each (1: B's), the coarsest first; how much; the seed of the last draw."""

    layers: str | None = Field(default=None, max_length=MOST_LAYERS, pattern="^[01]+$")
    amount: float = Field(default=1.0, ge=0, le=1)
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)


@register("tabs", "styles")
class StylesTab(Turned):
    """Whose style in which layer? A and B, and the table of exchanges with others."""

    title = "Styles"
    order = 55
    operation = MixStyles
    Options = StylesOptions

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        names = session.checkpoint.model.style_names
        count, half = len(names), len(names) - len(names) // 2
        coarse, fine = list(range(half)), list(range(half, count))
        layers = tuple(f"{name}, {DEPTHS[k * len(DEPTHS) // count]}" for k, name in enumerate(names))
        shares = [(k, {"amount": round(k / 6, 6)} if k < 6 else {}) for k in range(7)]
        stops = [Stop(sets=sets, caption=f"{k / 6:.0%}", alt=f"{k / 6:.0%} of B's style") for k, sets in shares]
        rows = {"itself": None, "coarse from it": {"layers": coarse}, "fine from it": {"layers": fine}}
        said = (
            "Each layer of the generator takes a style of its own, the same in all until you exchange some: the coarse layers "
            "say what it is and how it is cut, the fine ones its shade and its pattern."
        )
        return (
            Ends(draw="draw_style", text="Draw B", said="noise through the mapping network"),
            Switches(id="styles-layer", parameter="layers", names=layers, start=tuple(fine), keep=("amount",)),
            Turn(parameter="amount", label="Share of B's style in these layers", step=0.01, play=True, keep=("layers",)),
            Along(id="styles-way", title="From A to B in these layers alone", stops=stops, keep=("layers",), path=True),
            Others(
                id="styles-table", title="A with styles of others", label="A with styles of B and of others", count=5,
                rows=rows,
            ),
            Said(text=said),
        )  # fmt: skip
