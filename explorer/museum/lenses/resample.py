"""Are resampled items like real ones, as varied, and new?"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from explorer.box.build.evaluate import Study
from explorer.core.registry import register
from explorer.museum.lenses._compare import frechet_distance, nearest_distance, two_sample_accuracy
from explorer.museum.lenses.base import Lens

ITEMS = 1_500
QUICK_ITEMS = 120


@register("lenses", "resample")
class Resample(Lens):
    """Each prior's draws beside held-out items, in pictures and in latents.

    Draws take the conditions of one half of the held-out items and are compared with the other half, decoded from
    their posterior means: so the prior is measured, not the decoder. (Without an encoder they are compared with the items
    themselves, and there is no training latent to be near to.) `two_sample` is the accuracy of a classifier that
    tells the two apart in the judge's embedding (Lopez-Paz and Oquab 2017, arXiv:1610.06545), `latent_two_sample` in the latent;
    0.5 is best. `frechet` is the distance of Heusel et al. 2017 (arXiv:1706.08500) in the judge's embedding.
    `accuracy` is how often the judge reads an attribute as asked. `novelty` is the median distance to the nearest
    training latent, as a share of the held-out items' own: near 0 the prior copies, near 1 its draws are as new as new
    items. `copies` is the share of draws nearer to a training latent than 99 % of held-out items are; 0.01 is best.
    Baselines: `held_out`, the same figures for the first half of the held-out items themselves, and the plain Gaussian.
    """

    title = "Resampling"
    sentence = "Whether a classifier can tell each prior's draws from real items, and whether they are new."
    order = 60

    def measure(self, study: Study) -> dict[str, Any]:
        """`held_out` and each prior: `two_sample`, `latent_two_sample`, `frechet`, `accuracy`, `novelty`, `copies`, `n`."""
        if study.judge is None:
            return {}
        count = min(study.count(ITEMS, QUICK_ITEMS), len(study.x) // 2)
        c, reference = study.c[:count], study.z[count : 2 * count]
        others = study.c[count : 2 * count]
        embedded = study.embed(study.decode(reference, others) if study.encoder else study.x[count : 2 * count])

        def pictured(pictures: Tensor) -> dict[str, Any]:
            features = study.embed(pictures)
            return {
                "two_sample": two_sample_accuracy(features, embedded, study.seed),
                "frechet": frechet_distance(features, embedded),
                "accuracy": study.right(pictures, c).double().mean().item(),
                "n": count,
            }

        def figures(z: Tensor) -> dict[str, Any]:
            if not study.encoder:
                return pictured(study.decode(z, c))
            vectors = study.model.embed(z)
            among = [study.model.embed(part) for part in (reference, study.z_train, study.z)]
            return pictured(study.decode(z, c)) | {
                "latent_two_sample": two_sample_accuracy(vectors, among[0], study.seed),
                **novelty(vectors, *among[1:]),
            }

        with torch.inference_mode():
            draws = {name: prior.draws(c, study.seed, count) for name, prior in study.priors.items()}
            held_out = figures(study.z[:count]) if study.encoder else pictured(study.x[:count])
            return {"held_out": held_out, **{name: figures(z) for name, z in draws.items()}}


def novelty(drawn: Tensor, training: Tensor, held_out: Tensor) -> dict[str, float]:
    """How new draws are, from latents [N, D], [M, D] and [K, D]: `novelty` and `copies`, see `Resample`."""
    distance, usual = (nearest_distance(z, training.flatten(1))[0] for z in (drawn, held_out))
    return {
        "novelty": (distance.median() / usual.median().clamp(min=1e-9)).item(),
        "copies": (distance < usual.quantile(0.01)).double().mean().item(),
    }
