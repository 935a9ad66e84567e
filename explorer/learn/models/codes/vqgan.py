"""VQGAN: a VQ-VAE whose pictures must also look real, patch by patch.

The idea: squared error asks for the mean of what a code could stand for, which blurs. Esser, Rombach and Ommer, "Taming
transformers for high-resolution image synthesis" (CVPR 2021, arXiv:2012.09841) add a discriminator D of patches and a
perceptual distance, so that a code may be spent on the sort of texture instead of its pixels, and let a transformer learn
the composition of the codes (`explorer/learn/priors/transformer.py`). What differs from `vqvae.py` is the objective alone:

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

from explorer.core.registry import register
from explorer.learn.models.codes.vqvae import VQVAE, perplexity

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
        """x [N, *shape] in [0, 1] -> `loss` and its terms; one backward pass trains both sides, see `game`."""
        quantised, codes, commitment = self.quantise(x)
        y = self.draw(quantised)
        squared = (y - x).square().mean()
        terms = {"squared": squared, "commitment": commitment, "perplexity": perplexity(codes, self.entries)}
        if self.progress < self.start:
            return {"loss": squared / self.variance + commitment, **terms}

        last = next(layer for layer in reversed(self.decoder) if isinstance(layer, nn.Conv2d)).weight
        played = game(
            self.critic, y, x, squared / self.variance, last, adversarial=self.adversarial, perceptual=self.perceptual
        )  # fmt: skip
        return {"loss": played.pop("loss") + commitment, **terms, **played}


def game(
    critic: Patches, y: Tensor, x: Tensor, error: Tensor, last: Tensor, *, adversarial: float, perceptual: float
) -> dict[str, Tensor]:
    """Both sides' terms of equations 6 and 7 for drawn and real pictures, y and x [N, *shape] in [0, 1].

    The generator's terms see a critic whose weights are constants, the critic's term a picture that is one.

    Args:
        critic: of patches.
        y: drawn, with its graph.
        x: real.
        error: of y beside x, what the generator minimises beside the game.
        last: weight of the last layer that y came through.
        adversarial: factor of lambda.
        perceptual: weight of the distance in the critic's layers.

    Returns:
        `loss` for one backward pass, and `perceptual`, `generator`, `critic`, `lambda`.
    """
    frozen = {name: weight.detach() for name, weight in critic.named_parameters()}
    score, drawn = torch.func.functional_call(critic, frozen, (y,))
    real, seen = critic(x)
    fake, _ = critic(y.detach())
    distance = sum((a - b.detach()).float().square().mean() for a, b in zip(drawn, seen, strict=True))
    generator = -score.float().mean()
    reconstruction = error + perceptual * distance
    weight = adversarial * balance(reconstruction, generator, last)
    hinge = 0.5 * (F.relu(1 - real.float()) + F.relu(1 + fake.float())).mean()
    return {
        "loss": reconstruction + weight * generator + hinge, "perceptual": distance, "generator": generator,
        "critic": hinge, "lambda": weight,
    }  # fmt: skip


def balance(reconstruction: Tensor, generator: Tensor, last: Tensor) -> Tensor:
    """lambda of equation 7 at the weight `last`, a constant for the gradient; 1 where gradients are off."""
    if not generator.requires_grad:
        return generator.new_ones(())
    one, other = (torch.autograd.grad(term, last, retain_graph=True)[0].norm() for term in (reconstruction, generator))
    return (one / (other + DELTA)).clamp(max=LARGEST).detach()
