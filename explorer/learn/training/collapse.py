"""Training of linear CVAEs and two-level VAEs over a grid of settings at once, beside what the theory predicts for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explorer.learn.data.pairs import DIMS, Model, Pairs, pairs
from explorer.learn.models.vae.linear import (
    StackedCVAE,
    StackedHVAE,
    predicted_cvae,
    predicted_hvae,
    thresholds_cvae,
    thresholds_hvae,
)
from explorer.learn.training.objectives import learning_rate

RATE = 2e-2
BATCH = 128
COUNTED_ON = 2000  # pairs of scans held out
ACTIVE = (
    0.01  # of the variance of the posterior mean, Burda, Grosse and Salakhutdinov 2016, and of a signal-to-noise ratio
)


@dataclass(frozen=True)
class Setting:
    """What decides which dimensions collapse, beside the pairs.

    Args:
        noise: decoder variance.
        correlation: share of the input-output correlation that is kept, 0 to 1.
        beta: KL weight; that of z1 where there are two levels.
        beta2: KL weight of z2.
        spread: fixed posterior variance of z1.
    """

    noise: float
    correlation: float
    beta: float = 1.0
    beta2: float = 1.0
    spread: float = 0.25


LEVELS: dict[Model, tuple[str, ...]] = {"cvae": ("z",), "hvae": ("z1", "z2")}
Ratios = dict[str, np.ndarray]  # signal-to-noise ratio of each dimension, falling; 0: collapsed


def predicted(law: Pairs, model: Model, at: Setting) -> Ratios:
    """What theorem 2 (CVAE) or theorem 3 (two levels) says of a setting."""
    if model == "cvae":
        return predicted_cvae(law.left_over(at.correlation), at.noise, at.beta, DIMS)
    return predicted_hvae(singular(law, at), at.noise, at.beta, at.beta2, at.spread)


def singular(law: Pairs, at: Setting) -> np.ndarray:
    """Singular values of E[y x'], falling, [dims]."""
    return at.correlation * np.linalg.svd(law.cross, compute_uv=False)[:DIMS]


def thresholds(law: Pairs, model: Model, at: Setting) -> Ratios:
    """The decoder variance from which on each dimension is collapsed, by the same theorems."""
    if model == "cvae":
        return thresholds_cvae(law.left_over(at.correlation), at.beta, DIMS)
    return thresholds_hvae(singular(law, at), at.beta, at.beta2, at.spread)


def plain_thresholds(law: Pairs, model: Model, at: Setting) -> np.ndarray:
    """The decoder variance from which on theorem 1 has each dimension collapsed, falling, [dims]; see `plain`."""
    if model == "cvae":
        return thresholds_cvae(law.covariance, at.beta, DIMS)["z"]
    return singular(law, at) ** 2 / at.beta2


def observed(noises: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Where trained models put the thresholds: in the middle, of logarithms, between the last decoder variance at which a
    dimension is active and the next; nan where it is active at none or at all of them.

    Args:
        noises: decoder variances, rising, [E].
        active: bool [E, dims].
    """
    last = np.where(active.any(0), len(noises) - 1 - active[::-1].argmax(0), -1)
    inside = (last >= 0) & (last < len(noises) - 1)
    at = np.where(inside, last, 0)
    return np.where(inside, np.sqrt(noises[at] * noises[at + 1]), np.nan)


def plain(law: Pairs, model: Model, at: Setting) -> Ratios:
    """What theorem 1, of the plain VAE, says in its place: blind to the correlation of a CVAE, and to a second level."""
    found = np.maximum(plain_thresholds(law, model, at) / at.noise - 1, 0)
    return {name: found for name in LEVELS[model]}


def sweep(
    law: Pairs, model: Model, settings: Sequence[Setting], *, steps: int, seed: int
) -> Iterator[tuple[int, Ratios]]:
    """Train a model for each setting by Adam on pairs and noise drawn anew for each step.

    Yields:
        the step and the measured signal-to-noise ratios [settings, dims], some forty times; the last are those of the trained.
    """
    torch.manual_seed(seed)
    net = built(law, model, settings)
    for step in _descend(net, law, settings, steps, seed):
        if step % max(1, steps // 40) == 0 and step < steps:
            yield step, measured(law, net, settings)
    yield steps, measured(law, net, settings)


def _descend(
    net: StackedCVAE | StackedHVAE,
    law: Pairs,
    settings: Sequence[Setting],
    steps: int,
    seed: int,
    *,
    rate: float = RATE,
) -> Iterator[int]:
    """Adam, each step on a batch of its own; yields how many steps were taken."""
    generator = torch.Generator().manual_seed(seed)
    correlation = torch.tensor([s.correlation for s in settings])
    optimiser = torch.optim.Adam(net.parameters(), rate)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(rate, step, steps)
        x, y = law.draw(BATCH, correlation, generator)
        loss = net.loss(x, y, generator).sum()  # copies share no weight, so that each has its own gradient
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield step + 1


def built(law: Pairs, model: Model, settings: Sequence[Setting]) -> StackedCVAE | StackedHVAE:
    """Untrained copies, one for each setting; their first weights come from the generator of torch."""
    columns = torch.tensor([(s.noise, s.beta, s.beta2, s.spread) for s in settings]).T
    noise, beta, beta2, spread = columns.contiguous()
    told, given = law.cross.shape
    if model == "cvae":
        return StackedCVAE(noise, beta, given=given, told=told, latent=DIMS)
    return StackedHVAE(noise, beta1=beta, beta2=beta2, spread=spread, given=given, told=told, latent=DIMS)


def measured(law: Pairs, net: StackedCVAE | StackedHVAE, settings: Sequence[Setting]) -> Ratios:
    """Signal-to-noise ratios of the weights as they are, [settings, dims]."""
    if isinstance(net, StackedCVAE):
        left = np.stack([law.left_over(s.correlation) for s in settings])
        found = net.ratios(torch.from_numpy(left).float())
    else:
        found = net.ratios()
    return {name: ratios.numpy().astype(np.float64) for name, ratios in found.items()}


def trained(law: Pairs, model: Model, settings: Sequence[Setting], *, steps: int, seed: int) -> Ratios:
    """The last ratios of `sweep`."""
    *_, (_, found) = sweep(law, model, settings, steps=steps, seed=seed)
    return found


def active_units(settings: Sequence[Setting], *, hidden: int, steps: int, seed: int) -> np.ndarray:
    """Active units of CVAEs with a hidden layer, trained on digits and counted on scans held out, [settings].

    They get the same pairs as the linear ones: eight components of the quarter that is given and of the rest. A unit is active
    where the variance of its posterior mean exceeds 0.01.
    """
    law, held_out = (pairs("digits", "cvae", real=True, held_out=flag) for flag in (False, True))
    torch.manual_seed(seed)
    noise, beta = torch.tensor([s.noise for s in settings]), torch.tensor([s.beta for s in settings])
    net = StackedCVAE(noise, beta, given=DIMS, told=DIMS, latent=DIMS, hidden=hidden)
    for _ in _descend(net, law, settings, steps, seed, rate=RATE / 5):
        pass
    correlation = torch.tensor([s.correlation for s in settings])
    with torch.no_grad():
        mean, _ = net.posterior(*held_out.draw(COUNTED_ON, correlation, torch.Generator().manual_seed(seed)))
    return (mean.var(1) > ACTIVE).sum(1).numpy()
