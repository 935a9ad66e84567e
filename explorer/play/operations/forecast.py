"""Forecast: keep the beginning of a series, and draw how it may go on."""

from __future__ import annotations

from pydantic import Field

from explorer.core.noise import normal
from explorer.core.registry import register
from explorer.play.operations.base import Context, Operation, Params, State


class ForecastParams(Params):
    """How much of the series is known, and which draw of the rest."""

    seen: int = Field(ge=0, lt=65536, description="readings from the beginning that are known")
    seed: int = Field(default=0, ge=0, lt=2**31)
    draw: int = Field(default=0, ge=0, lt=4096, description="number of the draw under this seed")


@register("operations", "forecast")
class Forecast(Operation):
    """Draw a latent that fits the first readings of the point's own curve; what comes after them isn't looked at.

    The family's `forecast` decides what follows; for the series CVAE see equation (2) of `models/series/cvae.py`.
    """

    title = "Forecast"
    sentence = "Keeps the beginning of the series and draws how it may go on."
    cost = 3.0
    Params = ForecastParams
    needs = frozenset({"forecast"})

    def apply(self, context: Context, state: State, params: ForecastParams) -> State:
        """See `Operation.apply`."""
        model = context.checkpoint.model
        x = model.decode(state.z[None], state.c[None])[0]
        noise = normal(params.seed, params.draw, state.z.numel()).reshape(state.z.shape)
        return state.moved(model.forecast(x, state.c, min(params.seen, x.shape[-1]), noise[None])[0])
