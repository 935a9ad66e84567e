"""MIWAE, PIWAE and CIWAE: three ways to keep the importance weighted bound from starving the encoder of gradient.

The idea: as the K of an IWAE grows its bound tightens, and matters ever less where the latents were drawn. So the signal in
the encoder's gradient vanishes faster than the noise: its signal-to-noise ratio falls like 1/sqrt(K), while the decoder's
rises like sqrt(K) (Rainforth et al., "Tighter variational bounds are not necessarily better", ICML 2018, arXiv:1802.04537,
theorem 1). With M K draws, hat Z_m the mean of the K weights of group m, and IWAE all M K of them in one group:

    MIWAE  (equation 15)   mean_m log hat Z_m, for both networks;
    CIWAE  (equation 16)   beta ELBO + (1 - beta) IWAE;
    PIWAE  (section 5)     the decoder climbs IWAE with M K draws, the encoder MIWAE with M groups of K, on the same draws.

Everything else is `iwae`, and each of them is an IWAE at one end of its range (M = 1, or beta = 0).

Good for: large numbers of draws. Not for: few draws (up to five or so), where IWAE's own gradient is still good, nor for more
detail or colour than IWAE can draw.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from explorer.core.registry import register
from explorer.learn.models.vae.iwae import IWAE, binarise, importance_bound


@register("models", "miwae")
class MIWAE(IWAE):
    """IWAE's bound, averaged over groups of draws.

    Args:
        shape, condition, latent, hidden: as `IWAE` takes them.
        samples: K, draws in a group.
        groups: M, groups for each item.
    """

    def __init__(
        self, shape: Sequence[int], condition: int, *, samples: int = 5, groups: int = 4, **arguments: int
    ) -> None:
        super().__init__(shape, condition, samples=samples, **arguments)
        self.groups = groups

    def grouped(self, log_weights: Tensor) -> Tensor:
        """Logarithms of weights [M K, N] -> mean over the M groups of the bound of each [N]."""
        return importance_bound(log_weights.unflatten(0, (self.groups, self.samples)).transpose(0, 1)).mean(0)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """See `IWAE.loss`; `iwae` is the bound of all draws in one group."""
        log_weights = self.log_weights(binarise(x), c, self.groups * self.samples)
        return {"loss": -self.grouped(log_weights).mean(), "iwae": importance_bound(log_weights).mean()}


@register("models", "piwae")
class PIWAE(MIWAE):
    """Each network its own bound: the decoder IWAE's, the encoder MIWAE's."""

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """See `IWAE.loss`; the gradient of `loss` is the decoder's of `iwae` and the encoder's of `miwae`."""
        x = binarise(x)
        posterior = self.encode(x, c)
        z = posterior.rsample((self.groups * self.samples,))
        log_q = posterior.log_prob(z)
        iwae = importance_bound(self.log_joint(x, c, z.detach()) - log_q.detach()).mean()
        held = {name: weight.detach() for name, weight in self.decoder.named_parameters()}
        miwae = self.grouped(self.log_joint(x, c, z, held) - log_q).mean()
        return {"loss": -(iwae + miwae), "iwae": iwae, "miwae": miwae}


@register("models", "ciwae")
class CIWAE(IWAE):
    """A mixture of the loosest bound and a tight one.

    Args:
        shape, condition, latent, hidden: as `IWAE` takes them.
        samples: K.
        beta: weight of the ELBO beside IWAE, from 0 to 1.
    """

    def __init__(
        self, shape: Sequence[int], condition: int, *, samples: int = 20, beta: float = 0.5, **arguments: int
    ) -> None:
        super().__init__(shape, condition, samples=samples, **arguments)
        self.beta = beta

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """See `IWAE.loss`."""
        log_weights = self.log_weights(binarise(x), c, self.samples)
        elbo, iwae = log_weights.mean(), importance_bound(log_weights).mean()
        return {"loss": -(self.beta * elbo + (1 - self.beta) * iwae), "elbo": elbo, "iwae": iwae}
