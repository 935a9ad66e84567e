"""Training of sign autoencoders by gradient, on vectors drawn anew for each step: the risk that falls is the population's."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from explorer.learn.data.laws import LAWS, Law
from explorer.learn.models.codes.sign import SignAutoencoder
from explorer.learn.training.objectives import learning_rate
from explorer.learn.training.once import once

RATE = 1e-2
SOLVED_ON = 20_000  # vectors that the last decoder is fitted to


def descend(
    law: Law, dims: int, bits: int, *, steps: int, seed: int, batch: int = 256, rate: float = RATE
) -> Iterator[tuple[int, SignAutoencoder]]:
    """Train both layers from random weights, and yield the autoencoder and the step some forty times on the way.

    The last one yielded has the decoder that is best for its encoder, as the random encoder's is.
    """
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    net = SignAutoencoder(dims, bits)
    optimiser = torch.optim.Adam(net.parameters(), rate)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(rate, step, steps)
        risk = net.risk(law.draw(batch, dims, generator))
        optimiser.zero_grad()
        risk.backward()
        optimiser.step()
        if step % max(1, steps // 40) == 0:
            yield step, net
    net.solve_decoder(law.draw(SOLVED_ON, dims, generator))
    yield steps, net


def trained(law: str, dims: int, bits: int, *, steps: int, seed: int) -> SignAutoencoder:
    """The last autoencoder that `descend` yields for a law by name; kept."""

    def make() -> dict[str, torch.Tensor]:
        *_, (_, net) = descend(LAWS[law], dims, bits, steps=steps, seed=seed)
        return net.state_dict()

    net = SignAutoencoder(dims, bits)
    key = {"law": law, "dims": dims, "bits": bits, "steps": steps, "seed": seed, "rate": RATE}
    net.load_state_dict(once("sign", key, __name__, make))
    return net.requires_grad_(False)


def random_encoder(law: Law, dims: int, bits: int, seed: int) -> SignAutoencoder:
    """Random directions, with the decoder that is best for them."""
    torch.manual_seed(seed)
    net = SignAutoencoder(dims, bits)
    net.solve_decoder(law.draw(SOLVED_ON, dims, torch.Generator().manual_seed(seed)))
    return net


@torch.no_grad()
def measured(net: SignAutoencoder, law: Law, dims: int, *, count: int, seed: int) -> float:
    """Risk on vectors that nothing was fitted to."""
    return float(net.risk(law.draw(count, dims, torch.Generator().manual_seed(1_000_003 + seed))))
