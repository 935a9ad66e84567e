"""The item table of a checkpoint: latents, attributes, maps and neighbours, as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from explorer.box.build import compact
from explorer.box.items import OFFSET, SCALE, packed, unpacked
from explorer.box.maps.base import neighbours
from explorer.core.registry import find
from explorer.core.schema import MapSpec, Schema
from explorer.learn.kinds.base import Kind
from explorer.learn.latents import Latents

FEATURES = 32
DIRECTIONS = 16
SENTENCES = {
    "latent": "Where the encoder puts each item. A conditional model's latent is meant to forget the attributes, so their "
    "colours mix here: that is why one of them can be changed and the rest kept.",
    "conditioned": "Latent and attributes together, each weighted by its own spread: items lie together that agree in both.",
    "features": "What the decoder makes of latent and attributes, halfway to the picture: items lie together that look alike.",
}


def item_tensors(
    latents: Latents,
    codes: np.ndarray,
    held_out: np.ndarray,
    conditions: Schema,
    *,
    kind: Kind,
    maps: tuple[MapSpec, ...],
    seed: int,
    encoder: bool = True,
    embedded: Tensor | None = None,
    decode: Callable[[Tensor, slice], Tensor] | None = None,
    laid: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> dict[str, Tensor]:
    """Everything of `items.safetensors`, see `explorer.box.items.expected_shapes`.

    Args:
        latents: of the n items.
        codes: float32 [n, attributes].
        held_out: bool [n].
        conditions: what the codes mean.
        kind: of the latents.
        maps: which maps to lay out, in which spaces.
        seed: of the layouts and of the randomised PCA.
        encoder: whether the model has one, and the errors mean something.
        embedded: the latents as vectors, float32 [n, D] (`Model.embed`); None where their own numbers are (`Kind.metric`).
        decode: what the model makes of some latents, see `compact.latents`.
        laid: places float32 [n, dims] of maps that aren't fitted, by their names.
    """
    out = {"codes": _compact(codes, conditions), "held_out": torch.from_numpy(held_out)}
    if encoder:
        out["error"] = latents.error.half()
    if embedded is None:
        out |= compact.latents(latents.mean, decode)
        z = _again("z", out).flatten(1)  # as it will be read again
        out |= {
            "z.mean": z.mean(0),
            "z.std": z.std(0),
            "z.posterior": latents.variance.flatten(1).mean(0).sqrt(),
        }
        pca = PCA(min(DIRECTIONS, z.shape[1])).fit(z.numpy())
        out |= {"z.components": _tensor(pca.components_), "z.variance": _tensor(pca.explained_variance_)}
    else:
        out["z"] = kind.store(latents.mean)
        z, tensors = _principal(embedded, "latent", seed)
        out |= tensors
    _, distance = neighbours(z.numpy())
    out["neighbours.quantiles"] = _tensor(np.quantile(distance[:, 0], np.linspace(0, 1, 101)))

    vectors = {"latent": z}
    spaces = {spec.space for spec in maps}
    if "conditioned" in spaces:
        c = conditions.encode_codes(codes)
        spread = [part.var(0).sum().sqrt().clamp(min=1e-6).reciprocal().expand(part.shape[1]) for part in (z, c)]
        out["conditioned.scale"] = torch.cat(spread)
        vectors["conditioned"] = torch.cat([z, c], 1) * out["conditioned.scale"]
    if "features" in spaces:
        vectors["features"], tensors = _principal(latents.features, "features", seed)
        out |= tensors
    for spec in maps:
        layout = find("maps", spec.method)()
        places = _tensor(layout.fit(vectors[spec.space].numpy(), spec.dims, seed) if layout.fitted else laid[spec.name])
        if layout.exact:  # the plane is the latent, so its places are read from it
            out |= {f"map.{spec.name}{own}": out[f"z{own}"].clone() for own in ("", SCALE, OFFSET)}
        else:
            out |= packed(f"map.{spec.name}", places)
    return {name: tensor.contiguous() for name, tensor in out.items()}


def _principal(vectors: Tensor, space: str, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Vectors float32 [n, D] -> their principal components [n, F], and the tensors that place others beside them."""
    pca = PCA(min(FEATURES, *vectors.shape), svd_solver="randomized", random_state=seed).fit(vectors.numpy())
    mean, components = _tensor(pca.mean_), _tensor(pca.components_).half()
    placed = (vectors - mean) @ components.float().T
    stored = compact.vectors(f"space.{space}", placed)
    return _again(f"space.{space}", stored), {f"{space}.mean": mean, f"{space}.components": components, **stored}


def _compact(codes: np.ndarray, conditions: Schema) -> Tensor:
    """Codes as int16 where all attributes are categorical (unknown: -1), else as float32."""
    if any(a.kind == "continuous" for a in conditions.attributes):
        return _tensor(codes)
    return torch.from_numpy(np.nan_to_num(codes, nan=-1).astype(np.int16))


def _again(name: str, tensors: dict[str, Tensor]) -> Tensor:
    """A packed tensor as it will be read."""
    return unpacked(*(tensors[name + own] for own in ("", SCALE, OFFSET)))


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
