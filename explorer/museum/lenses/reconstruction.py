"""How much of an item survives the way through the latent."""

from __future__ import annotations

from typing import Any, get_args

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.learn.latents import as_input, psnr
from explorer.learn.modalities.base import View
from explorer.museum.lenses._compare import nearest_distance, ssim
from explorer.museum.lenses.base import Lens

BASELINE_ITEMS = 500
BASELINE_AMONG = 10_000


@register("lenses", "reconstruction")
class Reconstruction(Lens):
    """PSNR and SSIM of held-out items decoded from their posterior means.

    Source: SSIM after Wang et al. 2004, by scikit-image. Baselines on the same scale: the nearest training picture
    (what a memory without a model would show), and the mean picture.
    """

    title = "Reconstruction"
    sentence = "How like the item its reconstruction is, beside the nearest training picture and the mean picture."
    order = 20
    needs = frozenset({"encode"})
    views = frozenset(get_args(View)) - {"text"}  # whose numbers are names of words

    def measure(self, study: Study) -> dict[str, Any]:
        """`psnr` in dB, `ssim`, each with `baseline_` (nearest training picture) and `mean_picture_`."""
        out = _figures(study.y, study.x)
        few = study.x[:BASELINE_ITEMS]
        among = as_input(study.train.x[:BASELINE_AMONG])
        nearest = among[nearest_distance(few.flatten(1), among.flatten(1))[1]]
        out |= {f"baseline_{k}": v for k, v in _figures(nearest, few).items()}
        mean = among.mean(0, keepdim=True).expand_as(few)
        out |= {f"mean_picture_{k}": v for k, v in _figures(mean, few).items()}
        for name, mask in study.test.groups.items():
            if mask.any():
                out |= {f"{name}_{k}": v for k, v in _figures(study.y[mask], study.x[mask]).items()}
        return out | {"n": len(study.x), "baseline_n": len(few)}


def _figures(y: Any, x: Any) -> dict[str, float]:
    return {"psnr": psnr(y, x).mean().item(), "ssim": ssim(y, x).mean().item()}
