"""How exactly the model runs in the page itself: its parts as ONNX in the page's own runtime, beside torch."""

from __future__ import annotations

from typing import Any

from explorer.box.build.evaluate import Study
from explorer.box.portable.shipped import figures
from explorer.core.registry import register
from explorer.core.schema import ExplorerError
from explorer.museum.lenses.base import Lens


@register("lenses", "browser")
class Browser(Lens):
    """Largest absolute difference between what a part gives in onnxruntime-web and in torch.

    Over 256 latents and conditions or more: items, places far from items, other values, blends, and nothing asked. Baseline:
    half a step of what a screen shows, 1/510; a decoder farther off stays on the server.
    """

    title = "In the browser"
    sentence = "How far what this page computes by itself lies from what the server computes, at most, and what each part takes."
    order = 200

    def measure(self, study: Study) -> dict[str, Any]:
        """See `explorer.box.portable.shipped.figures`."""
        return measure(study.checkpoint)


def measure(checkpoint: Any) -> dict[str, Any]:
    """The figures of a checkpoint for its card (`metrics["browser"]`); a sentence where the runtime isn't installed.

    Args:
        checkpoint: an `explorer.box.checkpoints.Checkpoint`; what has no items has nothing to say.
    """
    if getattr(checkpoint, "items", None) is None:
        return {}
    try:
        return figures(checkpoint)
    except ExplorerError as error:
        return {"decoder_stays": str(error)}
