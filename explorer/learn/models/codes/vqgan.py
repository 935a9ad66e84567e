"""VQGAN: a VQ-VAE whose pictures must also look real, patch by patch.

The idea: squared error asks for the mean of what a code could stand for, which blurs. Esser, Rombach and Ommer, "Taming
transformers for high-resolution image synthesis" (CVPR 2021, arXiv:2012.09841) add a discriminator D of patches and a
perceptual distance, so that a code may be spent on the sort of texture instead of its pixels, and let a transformer learn
the composition of the codes (`explorer/learn/priors/transformer.py`). What differs from `vqvae.py` is the objective alone:

    L = L_VQ + lambda L_GAN,     lambda = ||grad_last L_rec|| / (||grad_last L_GAN|| + delta)        (equations 6 and 7),

with gradients of the decoder's last layer, so that neither term outgrows the other. L_GAN is the hinge loss of their code,
and the discriminator joins in after `start` of the training; each side has its own optimiser and its own bound on the length
of its gradient. Their perceptual distance is LPIPS on a VGG network trained on photographs. Here a small classifier of another
data set takes its place (`perceives`), so that whoever judges the pictures takes no part; without one, pictures are compared
in the layers of D itself (Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", ICML 2016, equation 7).

Good for: crisp pictures from few codes, and all that VQ-VAE is good for. Not for: measuring pixels (a texture is drawn, not
copied), or very short training, where the discriminator hasn't yet learned what it asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from explorer.core.registry import register
from explorer.learn.models.codes._patches import Patches, game, perceived, perceiver
from explorer.learn.models.codes.vqvae import VQVAE, perplexity

BETAS = (0.5, 0.9)  # of both sides' moments, as in their code


@register("models", "vqgan")
class VQGAN(VQVAE):
    """See the module's text; arguments as `VQVAE`'s, and:

    Args:
        critic: channels of the discriminator's first layer.
        adversarial: factor of lambda.
        perceptual: weight of the perceptual distance.
        perceives: data set of pictures whose classifier says how far two pictures are apart; none: the discriminator does.
        start: share of the training before the discriminator joins in.
        clip: largest norm of each side's gradient.
    """

    def __init__(
        self,
        shape: Sequence[int],
        condition: int = 0,
        *,
        critic: int = 32,
        adversarial: float = 0.8,
        perceptual: float = 1.0,
        perceives: str = "",
        start: float = 0.3,
        clip: float = 1.0,
        **arguments: object,
    ) -> None:
        super().__init__(shape, condition, **arguments)
        self.critic = Patches(shape[0], critic)
        self.adversarial, self.perceptual, self.perceives = adversarial, perceptual, perceives
        self.start, self.clip = start, clip

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1] -> `loss` and the terms of both sides, see `game`."""
        quantised, codes, commitment = self.quantise(x)
        y = self.draw(quantised)
        squared = (y - x).square().mean()
        terms = {"squared": squared, "commitment": commitment, "perplexity": perplexity(codes, self.entries)}
        apart = perceived(perceiver(self.perceives), y, x) if self.perceives else None
        error = squared / self.variance
        if self.progress < self.start:
            first = {} if apart is None else {"perceptual": apart}
            return {"loss": error + self.perceptual * sum(first.values()) + commitment, **terms, **first}

        last = next(layer for layer in reversed(self.decoder) if isinstance(layer, nn.Conv2d)).weight
        played = game(
            self.critic, y, x, error, last, adversarial=self.adversarial, perceptual=self.perceptual, apart=apart
        )  # fmt: skip
        return {"loss": played.pop("loss") + commitment, **terms, **played}

    def make_optimisers(self, rate: float, weight_decay: float) -> list[torch.optim.Optimizer]:
        """One for encoder and decoder, one for the discriminator."""
        common = {"lr": rate, "betas": BETAS, "weight_decay": weight_decay, "fused": True}
        critic = list(self.critic.parameters())
        drawing = [p for name, p in self.named_parameters() if not name.startswith("critic.")]
        return [torch.optim.AdamW(side, **common) for side in (drawing, critic)]

    def training_step(self, batch: tuple[Tensor, Tensor], fabric: Any, optimisers: list[Any]) -> dict[str, Tensor]:
        """Both sides' step on x [N, *shape]; the terms of one have no gradient in the weights of the other, see `game`.

        Returns:
            The terms, detached.
        """
        with fabric.autocast():
            terms = self.loss(batch[0])
        for optimiser in optimisers:
            optimiser.zero_grad()
        fabric.backward(terms["loss"])
        for optimiser in optimisers:
            nn.utils.clip_grad_norm_([p for group in optimiser.param_groups for p in group["params"]], self.clip)
            optimiser.step()
        return {name: term.detach() for name, term in terms.items()}
