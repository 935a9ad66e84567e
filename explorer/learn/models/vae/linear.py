"""Linear conditional and hierarchical VAEs, and which of their latent dimensions collapse (Dang, Tran, Nguyen, Ho 2024).

Everything is linear and Gaussian, so the best weights are known. With e^2 the decoder's variance, z ~ N(0, I) a priori, and
the loss |error|^2 / e^2 + twice the KL divergences times their weights:

    VAE (theorem 1)    q(z|x) = N(Wx, S).  With t_i the singular values of E[y x'], x white, dimension i is collapsed where
                       t_i^2 <= b e^2, and else has the signal-to-noise ratio t_i^2 / (b e^2) - 1.
    CVAE (theorem 2)   q(z|x, y) = N(Ax + By, S), y = Uz + Vx.  V takes all that x tells of y, so that t_i^2 are the eigenvalues
                       of the covariance of y given x: the closer input and output are tied, the more collapses.
    Two levels         q(z1|x) = N(Wx, s^2 I) with s fixed, q(z2|z1) = N(Bz1, S) with S learnt, and on the way back
    (theorem 3)        p(z1|z2) = N(Cz2, e^2 I), p(y|z1) = N(Uz1, e^2 I); KL weights b1 of z1 and b2 of z2.

For two levels the modes part, and with v the variance of a direction of z1 the loss of one is

    t^2 s^2 / (e^2 v) + g(v),   g = b1 v / e^2 below v = T := b2 e^2 / b1, and b2 + b2 log(v / T) above,

where z2 is collapsed below T. It has one minimum over v >= s^2: v = s t / sqrt(b1) where that is below T, v = s^2 t^2 / (b2 e^2)
where it is above, and s^2 (z1 collapsed) where both are smaller. Where s^2 > T, z2 is active even in a direction whose z1 is
collapsed, and then tells nothing but the noise of z1.

The learnt S is one for all items, as in the paper. `StackedCVAE` with a hidden layer is the same model but for that, and no
longer covered by the theorem.

When not to use them: to make pictures. They are here since they can be solved.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

START = 0.1  # size of the first weights


class Stacked(nn.Module):
    """A linear layer in G copies, each with its own weights: x [G, N, into] or [N, into] -> [G, N, out]."""

    def __init__(self, copies: int, into: int, out: int, bias: bool = False, start: float = START) -> None:
        super().__init__()
        self.weight = nn.Parameter(start * torch.randn(copies, into, out))
        self.bias = nn.Parameter(torch.zeros(copies, 1, out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        out = x @ self.weight
        return out if self.bias is None else out + self.bias


class StackedCVAE(nn.Module):
    """CVAEs in G copies that differ in their decoder's variance, so that a whole sweep is trained in one go.

    Args:
        noise: decoder variance e^2 of each copy, [G].
        beta: KL weight b of each copy, [G].
        given, told, latent: dimensions of x, y and z.
        hidden: width of a hidden layer in encoder and decoder; 0: linear, with one variance of z for all items.
    """

    def __init__(self, noise: Tensor, beta: Tensor, *, given: int, told: int, latent: int, hidden: int = 0) -> None:
        super().__init__()
        self.register_buffer("noise", noise)
        self.register_buffer("beta", beta)
        copies = len(noise)
        if hidden:
            self.encoder = _mlp(copies, given + told, hidden, 2 * latent)
            self.decoder = _mlp(copies, given + latent, hidden, told)
        else:
            self.encoder = Stacked(copies, given + told, latent)
            self.decoder = Stacked(copies, given + latent, told)
            self.log_deviation = nn.Parameter(torch.zeros(copies, 1, latent))
        self.hidden = hidden

    def posterior(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of z, [G, N, latent], for x [G, N, given] and y [N, told]."""
        out = self.encoder(torch.cat((x, y.expand(len(x), -1, -1)), 2))
        return out.chunk(2, 2) if self.hidden else (out, self.log_deviation)

    def loss(self, x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
        """Twice the negative ELBO of each copy but for a constant, [G]."""
        mean, log_deviation = self.posterior(x, y)
        z = mean + log_deviation.exp() * torch.randn(mean.shape, generator=generator)
        error = (self.decoder(torch.cat((x, z), 2)) - y).square().sum(2).mean(1)
        return error / self.noise + self.beta * _divergence(mean, log_deviation)

    @torch.no_grad()
    def ratios(self, left_over: Tensor) -> dict[str, Tensor]:
        """Signal-to-noise ratios of z given x in falling order, [G, latent], for the covariance of y given x [G, told, told].

        Raises:
            ValueError: it isn't linear.
        """
        if self.hidden:
            raise ValueError("only a linear CVAE has a posterior that second moments describe")
        weight = self.encoder.weight[:, -left_over.shape[-1] :]
        return {"z": _spectrum(weight.mT @ left_over @ weight, self.log_deviation)}


class StackedHVAE(nn.Module):
    """Linear VAEs of two levels in G copies.

    Args:
        noise: decoder variance e^2, [G].
        beta1, beta2: KL weights of z1 and z2, [G].
        spread: fixed posterior variance s^2 of z1, [G].
        given, told, latent: dimensions of x, y, and of z1 and z2.
    """

    def __init__(
        self, noise: Tensor, *, beta1: Tensor, beta2: Tensor, spread: Tensor, given: int, told: int, latent: int
    ) -> None:
        super().__init__()
        for name, value in (("noise", noise), ("beta1", beta1), ("beta2", beta2), ("spread", spread)):
            self.register_buffer(name, value)
        copies = len(noise)
        self.encoder1, self.encoder2 = Stacked(copies, given, latent), Stacked(copies, latent, latent)
        self.decoder2, self.decoder1 = Stacked(copies, latent, latent), Stacked(copies, latent, told)
        self.log_deviation = nn.Parameter(torch.zeros(copies, 1, latent))

    def loss(self, x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
        """Twice the negative ELBO of each copy but for a constant, [G], for x [G, N, given] and y [N, told]."""
        mean1 = self.encoder1(x)
        z1 = mean1 + self.spread.sqrt()[:, None, None] * torch.randn(mean1.shape, generator=generator)
        mean2 = self.encoder2(z1)
        z2 = mean2 + self.log_deviation.exp() * torch.randn(mean2.shape, generator=generator)
        error = (self.decoder1(z1) - y).square().sum(2).mean(1)
        level = (self.decoder2(z2) - z1).square().sum(2).mean(1)
        return (error + self.beta1 * level) / self.noise + self.beta2 * _divergence(mean2, self.log_deviation)

    @torch.no_grad()
    def ratios(self) -> dict[str, Tensor]:
        """Signal-to-noise ratios of z1 for a white x, and of z2 for z1, in falling order, [G, latent] each."""
        first, spread = self.encoder1.weight, self.spread[:, None, None]
        signal = first.mT @ first
        whole = signal + spread * torch.eye(signal.shape[-1])
        second = self.encoder2.weight
        return {
            "z1": _spectrum(signal, 0.5 * spread.log().expand(-1, 1, signal.shape[-1])),
            "z2": _spectrum(second.mT @ whole @ second, self.log_deviation),
        }


def _mlp(copies: int, into: int, hidden: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        Stacked(copies, into, hidden, bias=True, start=into**-0.5),
        nn.Tanh(),
        Stacked(copies, hidden, out, bias=True, start=START * hidden**-0.5),
    )


def _divergence(mean: Tensor, log_deviation: Tensor) -> Tensor:
    """Twice the KL divergence from N(0, I), [G]."""
    parts = mean.square() + (2 * log_deviation).exp() - 2 * log_deviation - 1
    return parts.sum(2).mean(1)


def _spectrum(signal: Tensor, log_deviation: Tensor) -> Tensor:
    """Eigenvalues, falling, of a signal's covariance [G, L, L] after each dimension is divided by its noise, [G, 1, L]."""
    scale = (-log_deviation).exp()
    return torch.linalg.eigvalsh(scale.mT * signal * scale).flip(-1).clamp(min=0)


def predicted_cvae(left_over: np.ndarray, noise: float, beta: float, latent: int) -> dict[str, np.ndarray]:
    """Theorem 2: signal-to-noise ratios of z given x at the global minimum, falling, [latent]; 0 is collapsed.

    Args:
        left_over: covariance of y given x, [d, d]; that of y alone gives theorem 1, the plain VAE.
        noise: decoder variance.
        beta: KL weight.
        latent: dimensions of z, at most d.
    """
    found = np.linalg.eigvalsh(left_over)[::-1][:latent]
    return {"z": np.maximum(found / (beta * noise) - 1, 0)}


def predicted_hvae(
    singular: np.ndarray, noise: float, beta1: float, beta2: float, spread: float
) -> dict[str, np.ndarray]:
    """Theorem 3: signal-to-noise ratios of z1 for x, and of z2 for z1, at the global minimum; 0 is collapsed.

    Args:
        singular: singular values of E[y x'] for a white x, falling, one for each dimension of z1 and z2.
        noise: decoder variance.
        beta1, beta2: KL weights of z1 and z2.
        spread: fixed posterior variance of z1.
    """
    tau = beta2 * noise / beta1
    below, above = np.sqrt(spread / beta1) * singular, spread * singular**2 / (beta2 * noise)
    variance = np.maximum(np.where(below <= tau, below, above), spread)
    return {"z1": variance / spread - 1, "z2": np.maximum(variance / tau - 1, 0)}


def nats(ratios: np.ndarray) -> np.ndarray:
    """Signal-to-noise ratios of Gaussian dimensions -> mutual information, nats each."""
    return 0.5 * np.log1p(ratios)


def thresholds_cvae(left_over: np.ndarray, beta: float, latent: int) -> dict[str, np.ndarray]:
    """The decoder variance from which on each dimension is collapsed, falling, [latent]; see `predicted_cvae`."""
    return {"z": np.maximum(np.linalg.eigvalsh(left_over)[::-1][:latent], 0) / beta}


def thresholds_hvae(singular: np.ndarray, beta1: float, beta2: float, spread: float) -> dict[str, np.ndarray]:
    """The decoder variance from which on each dimension of both levels is collapsed; infinite where z1 never is."""
    kept = singular > np.sqrt(beta1 * spread)
    second = beta1 / beta2 * np.maximum(spread, np.sqrt(spread / beta1) * singular)
    return {"z1": np.where(kept, np.inf, singular**2 / beta2), "z2": second}
