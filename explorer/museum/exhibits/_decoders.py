"""Other decoders for a frozen encoder: one trained on squared error, one that also plays against a critic of patches.

What was trained is kept (`cache_folder("claims")`), so that a measurement which was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Literal

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from explorer.learn.data.base import cache_folder
from explorer.learn.models._arithmetic import fastest
from explorer.learn.models.codes._nets import up
from explorer.learn.models.codes.vqgan import Patches, game
from explorer.learn.training.objectives import learning_rate

Kind = Literal["L2", "GAN"]
WIDTHS, CRITIC = (64, 128), 32
STEPS, BATCH, RATE, AVERAGE = 937, 64, 2e-3, 0.995
VARIANCE, ADVERSARIAL, PERCEPTUAL, START = 0.1, 0.8, 1.0, 0.2  # as VQGAN has them, but for an earlier start


class Decoder(nn.Module):
    """A convolutional decoder of grids, twice as wide as SWYCC's first one.

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
    path = cache_folder("claims") / f"decoder-{kind.lower()}-{digest.hexdigest()[:16]}.safetensors"
    make = partial(Decoder, grid, x.shape[1], patch)
    if not path.is_file():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            save_file(_fit(kind, make().to(memory_format=torch.channels_last), z, x, steps), path)
    model = make()
    model.load_state_dict(load_file(path))
    return model.eval().requires_grad_(False)


def _fit(kind: Kind, model: Decoder, z: Tensor, x: Tensor, steps: int) -> dict[str, Tensor]:
    """The averaged weights after so many steps."""
    critic = Patches(x.shape[1], CRITIC).to(memory_format=torch.channels_last)
    players = [*model.parameters(), *(critic.parameters() if kind == "GAN" else ())]
    optimiser = torch.optim.AdamW(players, RATE, betas=(0.9, 0.99), fused=True)
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    last = next(layer for layer in reversed(model.net) if isinstance(layer, nn.Conv2d)).weight
    for step in range(steps):
        rows = torch.randint(len(z), (BATCH,))
        real = x[rows].contiguous(memory_format=torch.channels_last)
        optimiser.param_groups[0]["lr"] = learning_rate(RATE, step, steps)
        with fastest():
            drawn = model(z[rows])
            loss = (drawn - real).square().mean() / VARIANCE
            if kind == "GAN" and step >= START * steps:
                loss = game(critic, drawn, real, loss, last, adversarial=ADVERSARIAL, perceptual=PERCEPTUAL)["loss"]
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(players, 1.0)
        optimiser.step()
        for name, value in model.state_dict().items():
            average[name].lerp_(value.detach(), 1 - min(AVERAGE, (1 + step) / (10 + step)))
    return {name: value.contiguous() for name, value in average.items()}
