"""Travel between two points: straight, on the sphere, or along the items; see `paths.py`."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from explorer.core.registry import register
from explorer.core.scene import Point
from explorer.learn.kinds import base as kinds
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.paths import along, lerp, slerp

Method = Literal["lerp", "slerp", "dense"]


class BetweenParams(Params):
    """Where to, how far, and what happens to the condition on the way."""

    to: Point
    t: float = Field(default=0.5, ge=0, le=1, description="share of the way, 0 at the start and 1 at `to`")
    method: Method = Field(default="slerp", description="straight, on the sphere, or along the items")
    condition: Literal["interpolate", "a", "b"] = Field(
        default="interpolate", description="condition on the way: blended, held at the start's, or held at the end's"
    )


@register("operations", "between")
class Between(Operation):
    """Go a share of the way to another point."""

    title = "Interpolate"
    sentence = "Travels from one point to another and shows what lies between."
    moves_condition = True
    cost = 10.0
    portable = ()
    Params = BetweenParams

    def apply(self, context: Context, state: State, params: BetweenParams) -> State:
        """See `Operation.apply`."""
        end = context.resolve(params.to)
        if params.method == "dense":
            z = self._dense(context, state.z, end.z, params.t)
        else:
            z = (lerp if params.method == "lerp" else slerp)(state.z.flatten(), end.z.flatten(), params.t)
        share = {"interpolate": params.t, "a": 0.0, "b": 1.0}[params.condition]
        return state.moved(
            z.reshape(state.z.shape), lerp(state.c, end.c, share), **self._leaves(context, state, end, params)
        )

    @staticmethod
    def _leaves(context: Context, state: State, end: State, params: BetweenParams) -> dict[str, Tensor]:
        """Leaves that either end holds, on the same way; where a kind has nothing between, the nearer end's."""
        model, path = context.checkpoint.model, lerp if params.method == "lerp" else slerp
        out = {}
        for name in state.leaves.keys() | end.leaves.keys():
            a, b = (one.leaves[name] if name in one.leaves else model.usual(name) for one in (state, end))
            if kinds.of(model.leaves[name]).between:
                out[name] = path(a.flatten(), b.flatten(), params.t).reshape(a.shape)
            else:
                out[name] = a if params.t < 0.5 else b
        return out

    @staticmethod
    def _dense(context: Context, a: Tensor, b: Tensor, t: float) -> Tensor:
        if t in (0.0, 1.0):
            return b if t else a
        key = ("dense", a.numpy().tobytes(), b.numpy().tobytes())
        knots = context.remember(key, lambda: context.graph().knots(a.flatten().numpy(), b.flatten().numpy()))
        return torch.from_numpy(along(knots, t)).float()
