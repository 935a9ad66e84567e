"""Text VAE: the networks of `daae` with a Gaussian posterior and a KL term in the place of the game and of the deleted words.

The idea: sentences are written after a draw of q(z | x) = N(mean, diag(variance)), so that neighbouring latents have to write
the same; the KL term keeps the posteriors near N(0, I). Bowman, Vilnis, Vinyals, Dai, Jozefowicz and Bengio, "Generating
sentences from a continuous space" (CoNLL 2016, section 3), whose weight of the KL term also rises from 0. For each sentence

    E_q [-log p(x | z)] + weight * sum_j max(free, mean over the batch of KL_j),

with a weight other than 1 as in Higgins et al., "beta-VAE" (ICLR 2017, equation 4), and with nats that are `free` for each latent
unit as in Kingma et al., "Improved variational inference with inverse autoregressive flow" (NeurIPS 2016, equation 15). Either
of the two is needed: a strong decoder does best by leaving z alone when each nat has its full price (posterior collapse).

Good for: what stands beside `daae`, draws from N(0, I). Not for: sentences that have to come back word for word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal

from explorer.core.registry import register
from explorer.learn.models.text.daae import DAAE


@register("models", "text-vae")
class TextVAE(DAAE):
    """Variational autoencoder of words.

    Args:
        shape, condition: see `DAAE`.
        latent: numbers in z.
        weight: of the KL term, 1 for the evidence lower bound.
        free: nats of each latent unit that cost nothing.
        rise: share of the training over which the weight rises from 0.
        arguments: of `DAAE`; no words are deleted and no game is played where they don't say so.
    """

    capabilities: ClassVar[frozenset[str]] = DAAE.capabilities - {"exact"}

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        latent: int = 48,
        weight: float = 1.0,
        free: float = 0.0,
        rise: float = 0.3,
        **arguments: Any,
    ) -> None:
        super().__init__(shape, condition, latent=latent, **{"drop": 0.0, "adversarial": 0.0} | arguments)
        self.weight, self.free, self.rise = weight, free, rise
        self.progress = 1.0  # of the training, which sets it
        self.to_latent = nn.Linear(self.to_latent.in_features, 2 * latent)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, places] in [0, 1) -> q(z | x) over z [N, latent]; c is not looked at."""
        return self._posterior(self.numbers(x))

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, places] in [0, 1), c [N, C] -> `loss`, nats of a word (`word`) and weighted nats of z for each word (`kl`)."""
        posterior = self._posterior(self._noisy(self.numbers(x)))
        terms = self.own_terms(x, self._given(c, x), posterior.rsample())
        mean, variance = posterior.mean, posterior.variance
        nats = 0.5 * (mean.square() + variance - variance.log() - 1).mean(0)  # KL to N(0, I) of each unit
        words = (self.numbers(x) > 0).sum(1).float().mean() + 1
        weight = self.weight * min(1.0, self.progress / self.rise) if self.rise else self.weight
        terms["kl"] = weight * nats.clamp(min=self.free).sum() / words
        return {"loss": sum(terms.values()), **terms}

    def training_step(self, *, batch: tuple[Tensor, Tensor], fabric: Any, optimisers: list[Any]) -> dict[str, Tensor]:
        """One step on x [N, places] and c [N, C]; the terms, detached."""
        terms = self.loss(*batch)
        optimisers[0].zero_grad()
        fabric.backward(terms["loss"])
        nn.utils.clip_grad_norm_(self.parameters(), 1.0)
        optimisers[0].step()
        return {name: term.detach() for name, term in terms.items()}

    def _posterior(self, ids: Tensor) -> Independent:
        mean, spread = self.read(ids).chunk(2, 1)
        return Independent(Normal(mean, (0.5 * spread.clamp(-12, 12)).exp()), 1)
