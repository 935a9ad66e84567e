"""VQGAN: a VQ-VAE whose pictures must also look real, patch by patch.

The idea: squared error asks for the mean of what a code could stand for, which blurs. Esser, Rombach and Ommer, "Taming
transformers for high-resolution image synthesis" (CVPR 2021, arXiv:2012.09841) add a discriminator D of patches and a
perceptual distance, so that a code may be spent on the sort of texture instead of its pixels, and let a transformer learn
the composition of the codes (`explorer/priors/transformer.py`). What differs from `vqvae.py` is the objective alone:

    L = L_VQ + lambda L_GAN,     lambda = ||grad_last L_rec|| / (||grad_last L_GAN|| + delta)        (equations 6 and 7),

with gradients of the decoder's last layer, so that neither term outgrows the other. L_GAN is the hinge loss of their code,
and the discriminator joins in after `start` of the training. Their perceptual distance is LPIPS on a VGG network trained on
photographs. None is used here: instead pictures are compared in the layers of D itself (Larsen et al., "Autoencoding beyond
pixels using a learned similarity metric", ICML 2016, equation 7), so the classifier that judges the pictures takes no part.

Good for: crisp pictures from few codes, and all that VQ-VAE is good for. Not for: measuring pixels (a texture is drawn, not
copied), or very short training, where the discriminator hasn't yet learned what it asks for.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.models.codes.vqvae import VQVAE, perplexity
from explorer.registry import register

DELTA = 1e-6
LARGEST = 1e4  # of lambda, as in their code


class Patches(nn.Module):
    """Picture -> one score for each patch (Isola et al., "Image-to-image translation", CVPR 2017), and the layers before."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            [
                nn.Conv2d(channels, width, 4, stride=2, padding=1),
                nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
                nn.Conv2d(2 * width, 2 * width, 3, padding=1),
            ]
        )
        self.score = nn.Conv2d(2 * width, 1, 1, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """x [N, *shape] in [0, 1] -> scores [N, 1, H / 4, W / 4], and the output of each layer."""
        inner, x = [], 2 * x - 1
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            inner.append(x)
        return self.score(x), inner


@register("models", "vqgan")
class VQGAN(VQVAE):
    """See the module's text; arguments as `VQVAE`'s, and:

    Args:
        critic: channels of the discriminator's first layer.
        adversarial: factor of lambda.
        perceptual: weight of the distance in the discriminator's layers.
        start: share of the training before the discriminator joins in.
    """

    def __init__(
        self,
        shape: Sequence[int],
        condition: int = 0,
        *,
        critic: int = 32,
        adversarial: float = 0.8,
        perceptual: float = 1.0,
        start: float = 0.3,
        **arguments: object,
    ) -> None:
        super().__init__(shape, condition, **arguments)
        self.critic = Patches(shape[0], critic)
        self.adversarial, self.perceptual, self.start = adversarial, perceptual, start

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1] -> `loss` and its terms; one backward pass trains both sides.

        The generator's terms see a critic whose weights are constants, the critic's term a picture that is one.
        """
        quantised, codes, commitment = self.quantise(x)
        y = self.draw(quantised)
        squared = (y - x).square().mean()
        terms = {"squared": squared, "commitment": commitment, "perplexity": perplexity(codes, self.entries)}
        if self.progress < self.start:
            return {"loss": squared / self.variance + commitment, **terms}

        frozen = {name: weight.detach() for name, weight in self.critic.named_parameters()}
        score, drawn = torch.func.functional_call(self.critic, frozen, (y,))
        real, seen = self.critic(x)
        fake, _ = self.critic(y.detach())
        perceptual = sum((a - b.detach()).float().square().mean() for a, b in zip(drawn, seen, strict=True))
        generator = -score.float().mean()
        reconstruction = squared / self.variance + self.perceptual * perceptual
        weight = self.adversarial * self.balance(reconstruction, generator)
        critic = 0.5 * (F.relu(1 - real.float()) + F.relu(1 + fake.float())).mean()
        terms |= {"perceptual": perceptual, "generator": generator, "critic": critic, "lambda": weight}
        return {"loss": reconstruction + commitment + weight * generator + critic, **terms}

    def balance(self, reconstruction: Tensor, generator: Tensor) -> Tensor:
        """lambda of equation 7, a constant for the gradient; 1 where gradients are off."""
        last = next(layer for layer in reversed(self.decoder) if isinstance(layer, nn.Conv2d)).weight
        if not generator.requires_grad:
            return generator.new_ones(())
        one, other = (
            torch.autograd.grad(term, last, retain_graph=True)[0].norm() for term in (reconstruction, generator)
        )
        return (one / (other + DELTA)).clamp(max=LARGEST).detach()
