"""Decoders for a frozen encoder: one by diffusion, one trained on squared error, one that also plays against a critic of patches.

All see the same latents of the same pictures in as many steps, with the same optimiser, and have about as many weights.

What was trained is kept (`cache_folder("claims")`), so that a measurement which was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from explorer.core import sources
from explorer.learn.data.base import cache_folder
from explorer.learn.models._arithmetic import fastest
from explorer.learn.models.codes._nets import up
from explorer.learn.models.codes._patches import Patches, game
from explorer.learn.models.diffusion.swycc import SWYCC
from explorer.learn.training.objectives import learning_rate

Kind = Literal["L2", "GAN"]
M = TypeVar("M", bound=nn.Module)
WIDTHS, CRITIC = (52, 104), 26
REFINER = {"widths": [32, 64], "refiner": [24, 48], "blocks": [1, 2], "context": 64}  # about as many weights
STEPS, BATCH, RATE, AVERAGE = 937, 64, 2e-3, 0.995
VARIANCE, ADVERSARIAL, PERCEPTUAL, START = 0.1, 0.8, 1.0, 0.2  # as VQGAN has them, but for an earlier start


class Decoder(nn.Module):
    """A convolutional decoder of grids, wider than SWYCC's first one by as much as its U-Net weighs.

    Args:
        grid: (numbers in a cell, rows, columns) of the latent.
        channels: of a picture.
        patch: side of the squares that one cell of the finest level draws.
    """

    def __init__(self, grid: tuple[int, int, int], channels: int, patch: int) -> None:
        super().__init__()
        self.grid, self.net = grid, up(channels, WIDTHS, grid[0], patch)

    def forward(self, z: Tensor) -> Tensor:
        """z [N, L] -> x [N, *shape] in [0, 1]."""
        return torch.sigmoid(self.net(z.unflatten(1, self.grid)).float())


def decoder(
    kind: Kind, z: Tensor, x: Tensor, *, grid: tuple[int, int, int], patch: int, seed: int, steps: int = STEPS
) -> Decoder:
    """Train a decoder on the latents z [N, L] of pictures x [N, *shape] in [0, 1], or take it from the cache.

    Args:
        kind: what it minimises: `L2` the squared error, `GAN` what VQGAN's decoder does (`models/codes/vqgan.py`).
        z, x: of the training items.
        grid: how L numbers lie in the latent grid.
        patch: see `Decoder`.
        seed: of first weights and order.
        steps: of `BATCH` items each.
    """
    digest = hashlib.sha256(z.numpy().tobytes())
    digest.update(repr((kind, seed, steps, WIDTHS, CRITIC, BATCH, RATE, AVERAGE, ADVERSARIAL, PERCEPTUAL)).encode())
    make = partial(Decoder, grid, x.shape[1], patch)
    return kept(f"decoder-{kind.lower()}-{digest.hexdigest()[:16]}", make, partial(_fit, kind, z, x, steps), seed)


def diffusion(encoder: SWYCC, x: Tensor, *, arguments: dict[str, Any], seed: int, steps: int = STEPS) -> SWYCC:
    """Train D_init and U-Net of a model anew on pictures x [N, *shape] in [0, 1], its encoder being another's and frozen.

    Args:
        encoder: the model that lends it.
        x: training items.
        arguments: of the new model, beside its shape.
        seed: of first weights, order and noise.
        steps: of `BATCH` items each.
    """
    told = repr((sorted(arguments.items()), seed, steps, BATCH, RATE, AVERAGE)).encode()
    digest = hashlib.sha256(told + x.numpy().tobytes())
    digest.update(b"".join(weight.numpy().tobytes() for weight in encoder.encoder.state_dict().values()))

    def make() -> SWYCC:
        model = SWYCC(encoder.shape, **arguments)
        model.encoder.load_state_dict(encoder.encoder.state_dict())
        model.encoder.requires_grad_(False)
        return model

    def train(model: SWYCC) -> dict[str, Tensor]:
        return descended(model, lambda rows, step: model.loss(pictures(x, rows))["loss"], len(x), steps)

    return kept(f"decoder-diffusion-{digest.hexdigest()[:16]}", make, train, seed)


def weights(model: nn.Module) -> int:
    """How many numbers a decoder has learned, without an encoder's."""
    return sum(value.numel() for name, value in model.named_parameters() if not name.startswith("encoder."))


def kept(name: str, make: Callable[[], M], train: Callable[[M], dict[str, Tensor]], seed: int) -> M:
    """A model with the weights that `train` finds, or those of the cache under a name that says all that decides them."""
    path = cache_folder("claims") / f"{name}-{sources.of_modules(__name__)}.safetensors"
    if not path.is_file():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            save_file(train(make().to(memory_format=torch.channels_last)), path)
    model = make()
    model.load_state_dict(load_file(path))
    return model.eval().requires_grad_(False)


def _fit(kind: Kind, z: Tensor, x: Tensor, steps: int, model: Decoder) -> dict[str, Tensor]:
    """The averaged weights after so many steps."""
    critic = Patches(x.shape[1], CRITIC).to(memory_format=torch.channels_last)
    last = next(layer for layer in reversed(model.net) if isinstance(layer, nn.Conv2d)).weight

    def loss(rows: Tensor, step: int) -> Tensor:
        real, drawn = pictures(x, rows), model(z[rows])
        error = (drawn - real).square().mean() / VARIANCE
        if kind == "L2" or step < START * steps:
            return error
        return game(critic, drawn, real, error, last, adversarial=ADVERSARIAL, perceptual=PERCEPTUAL)["loss"]

    return descended(model, loss, len(x), steps, critic if kind == "GAN" else None)


def pictures(x: Tensor, rows: Tensor) -> Tensor:
    """Rows of x [N, *shape], laid out as convolutions are fastest in."""
    return x[rows].contiguous(memory_format=torch.channels_last)


def descended(
    model: nn.Module, loss: Callable[[Tensor, int], Tensor], count: int, steps: int, critic: nn.Module | None = None
) -> dict[str, Tensor]:
    """Steps down a loss of (rows of `count` items, step) -> the model's averaged weights, and its buffers as they are then.

    A critic has an optimiser and a largest gradient of its own, so that neither side's clip holds the other back.
    """
    sides = [[weight for weight in side.parameters() if weight.requires_grad] for side in (model, critic) if side]
    optimisers = [torch.optim.AdamW(side, RATE, betas=(0.9, 0.99), fused=True) for side in sides]
    trained = dict(model.named_parameters())
    average = {name: value.detach().clone() for name, value in trained.items()}
    for step in range(steps):
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = learning_rate(RATE, step, steps)
        with fastest():
            value = loss(torch.randint(count, (BATCH,)), step)
        for optimiser in optimisers:
            optimiser.zero_grad()
        value.backward()
        for side, optimiser in zip(sides, optimisers, strict=True):
            nn.utils.clip_grad_norm_(side, 1.0)
            optimiser.step()
        for name, value in trained.items():
            average[name].lerp_(value.detach(), 1 - min(AVERAGE, (1 + step) / (10 + step)))
    buffers = {name: value for name, value in model.state_dict().items() if name not in trained}
    return {name: value.detach().contiguous() for name, value in (average | buffers).items()}
