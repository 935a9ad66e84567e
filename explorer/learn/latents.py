"""Model and items -> latents: posterior means and spreads, decoder features and reconstruction errors, in batches.

Of a model without an encoder the latents are draws of its prior. What was encoded once is kept (`cache_folder("latents")`)
under a key of the weights and the items, so that a build that is run again, or that was killed, doesn't encode again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.distributions import Distribution

from explorer.core import sources
from explorer.core.schema import Schema
from explorer.learn.data.base import Items, cache_folder
from explorer.learn.models.base import Model, PointMass

BATCH = 256
KEPT = 8  # encodings that the cache holds; the oldest go first


@dataclass(frozen=True)
class Latents:
    """What a model makes of items, row by row; all float32, but for codes, which are int64.

    Attributes:
        mean: posterior means [N, *latent.shape]; draws where the model has no encoder.
        variance: posterior variances [N, *latent.shape].
        features: of the decoder at the mean [N, D]; D is 0 where the model has none.
        error: PSNR of the reconstruction from the mean, in decibels [N]; zeros where the model has no encoder.
    """

    mean: Tensor
    variance: Tensor
    features: Tensor
    error: Tensor


def as_input(x: np.ndarray) -> Tensor:
    """Pictures uint8 [N, C, H, W] -> float32 in [0, 1]; anything else as float32."""
    values = torch.from_numpy(np.ascontiguousarray(x))
    return values.float() / 255 if values.dtype == torch.uint8 else values.float()


@torch.inference_mode()
def encode(
    model: Model,
    items: Items,
    conditions: Schema,
    batch: int = BATCH,
    progress: Callable[[float, str], None] | None = None,
) -> Latents:
    """Encode all items under their own conditions, or draw as many under the same; cached.

    Args:
        model: in eval mode.
        items: N of them.
        conditions: what their codes mean.
        batch: items at once.
        progress: called with the share done and a sentence.
    """
    path = cache_folder("latents") / f"{_key(model, items)}.safetensors"
    if path.is_file():
        return Latents(**load_file(path))
    parts: list[Latents] = []
    for start in range(0, len(items), batch):
        x = as_input(items.x[start : start + batch])
        c = conditions.encode_codes(items.codes[start : start + batch])
        posterior = _posterior(model, x, c, seed=start)
        z = posterior.mean
        features = model.features(z, c) if "features" in model.capabilities else x.new_empty(len(z), 0)
        error = psnr(model.decode(z, c), x) if "encode" in model.capabilities else x.new_zeros(len(z))
        parts.append(Latents(z, posterior.variance, features, error))
        if progress:
            progress(min(1.0, (start + batch) / len(items)), "encoding the items")
    out = Latents(*(torch.cat(column) for column in zip(*(vars(part).values() for part in parts), strict=True)))
    save_file({name: tensor.contiguous() for name, tensor in asdict(out).items()}, path)
    for old in sorted(path.parent.glob("*.safetensors"), key=lambda p: p.stat().st_mtime)[:-KEPT]:
        old.unlink()
    return out


def _posterior(model: Model, x: Tensor, c: Tensor, seed: int) -> Distribution:
    """The posterior of x [N, *shape] under c [N, C]; without an encoder a draw of the model's prior for each row."""
    if "encode" in model.capabilities:
        return model.encode(x, c)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PointMass(model.prior(c).sample())


def psnr(y: Tensor, x: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of y beside x, both [N, ...] in [0, 1] -> decibels [N], at most 100."""
    return -10 * (y - x).square().flatten(1).mean(1).clamp(min=1e-10).log10()


def _key(model: Model, items: Items) -> str:
    digest = hashlib.sha256(f"{model.name} {sources.of(type(model))}".encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    digest.update(np.ascontiguousarray(items.x).tobytes())
    digest.update(np.ascontiguousarray(items.codes).tobytes())
    return digest.hexdigest()[:32]
