"""Sequences: as many steps as an item takes, each a few numbers or codes: durations of a text's sounds, codes of a motion."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core import scene
from explorer.core.noise import uniform
from explorer.core.refusals import refuse
from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.kinds.base import Kind


@register("kinds", "sequence")
class Sequence(Kind):
    """A latent [T, *rest] whose T differs from item to item, at most `spec.longest`; of codes where the spec has `entries`.

    In a batch they stand one by one: what is ragged has no common tensor.
    """

    noun = "steps"
    between = False
    metric = False

    def pack(self, z: Tensor) -> str:
        """See `Kind.pack`; the length is what the numbers leave."""
        return super().pack(z.float())

    def unpack(self, text: str, spec: LatentSpec, where: str = "stage") -> Tensor:
        """See `Kind.unpack`.

        Raises:
            ExplorerError: no step at all, half a step, or more than `spec.longest`.
        """
        step = int(np.prod(spec.shape[1:]))
        numbers = len(text) * 3 // 4 // 4  # four characters carry three bytes, a number has four
        if numbers < step or numbers % step or numbers > spec.size:
            raise refuse("latent-size", where, given=numbers, size=f"1 to {spec.longest} steps of {step}")
        values = scene.unpack(text, numbers, where).reshape(-1, *spec.shape[1:])
        return values.round().clamp(0, spec.entries - 1).long() if spec.entries else values

    def mix(self, z: list[Tensor], weights: np.ndarray) -> Tensor:
        """Sequences and their weights -> one of their mean length, each drawn out to it; of codes the heaviest itself."""
        if not z[0].is_floating_point():
            return z[int(np.argmax(weights))]
        length = max(1, round(float(np.dot(weights, [len(one) for one in z]))))
        parts = [
            F.interpolate(one.reshape(len(one), -1).T[None], size=length, mode="linear", align_corners=True)[0].T
            * float(weight)
            for one, weight in zip(z, weights, strict=True)
        ]
        return sum(parts[1:], parts[0]).reshape(length, *z[0].shape[1:])

    def draw(self, spec: LatentSpec, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """Every length as likely as any other, then normal numbers, or codes all alike."""
        length = 1 + int(uniform(seed, draw, 1, stream=3)[0] * spec.longest)
        whole = spec.model_copy(update={"shape": (spec.longest, *spec.shape[1:])})
        if not spec.entries:
            return super().draw(whole, seed, draw, temperature)[:length]
        share = uniform(seed, draw, whole.size).reshape(whole.shape)
        return torch.from_numpy(np.floor(share * spec.entries).astype(np.int64))[:length]

    def embed(self, z: list[Tensor]) -> Tensor:
        """Sequences [N] of [T, *rest] -> float32 [N, 2 F + 1]: mean and spread over the steps, and the length's logarithm."""
        flat = [one.reshape(len(one), -1).float() for one in z]
        rows = [torch.cat([one.mean(0), one.std(0, correction=0), one.new_tensor([len(one)]).log()]) for one in flat]
        return torch.stack(rows)

    def words(self, spec: LatentSpec) -> str:
        """`up to 40 steps of 3 numbers`."""
        return f"up to {spec.longest} steps of {int(np.prod(spec.shape[1:]))} {'codes' if spec.entries else 'numbers'}"
