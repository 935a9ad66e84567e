"""The judge's reading of a point, made once for all lenses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from explorer.core.scene import Point
    from explorer.play.session import Session


def judged(session: Session, point: Point) -> Tensor:
    """The judge's logits [C] for a point's picture; the session must have a judge."""
    return session.remember(("judged", point.model_dump_json()), lambda: _judge(session, point))


@torch.inference_mode()
def _judge(session: Session, point: Point) -> Tensor:
    return session.checkpoint.judge(session.output(point)[None])[0]
