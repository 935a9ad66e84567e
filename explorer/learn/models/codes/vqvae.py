"""VQ-VAE: a picture as a small grid of symbols from one learned alphabet.

The idea: an encoder gives a vector for each cell of a grid, and each vector is replaced by the nearest of K codebook
vectors e_k (van den Oord, Vinyals and Kavukcuoglu, "Neural discrete representation learning", NeurIPS 2017, equations 1
and 2). What remains of the picture are the numbers k, one a cell; a decoder draws the picture from their vectors. The
rounding has no gradient, so the decoder's is copied to the encoder as if there had been none (straight-through), and

    L = ||x - D(z_q)||^2 / variance + ||sg[E(x)] - z_q||^2 + beta ||E(x) - sg[z_q]||^2           (their equation 3),

where the second term is minimised by a moving average of the vectors that chose a code (their appendix A.1). A code that
hardly any vector chooses any more is put where one of the batch lies, so that the alphabet stays in use. The quantiser is
that of the package vector-quantize-pytorch.

The condition plays no part here: it belongs to the prior over the codes, which learns p(z | c) afterwards
(`explorer/learn/priors/transformer.py`), and which also fills in what is erased from a grid (capability `complete`).

Good for: completing and recombining parts of pictures, likelihoods over symbols, strong priors. Not for: smooth travel
between items (codes have no between), or editing by attributes alone (nothing but the prior knows them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution, Independent

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass
from explorer.learn.models.codes._nets import down, grid_of, up


@register("models", "vqvae")
class VQVAE(Model):
    """Convolutional VQ-VAE over one grid.

    Args:
        shape: (channels, height, width) of a picture.
        condition: C, the width of a condition vector, which the model itself ignores.
        latent: numbers in the vector of a code.
        codes: K, the size of the codebook.
        patch: side of the squares that one cell of the finest level reads and writes.
        widths: channels of the levels from fine to coarse; each but the first halves the sides.
        commitment: beta, the price of the encoder's distance from the codes.
        variance: of the pixels, by which the squared error is divided.
        decay: of the moving average that places the codes.
        revive: a code chosen less often than this in a batch, on the moving average, is placed anew.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "features", "complete"})
    listens: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        shape: Sequence[int],
        condition: int = 0,
        *,
        latent: int = 16,
        codes: int = 128,
        patch: int = 2,
        widths: Sequence[int] = (32, 64),
        commitment: float = 0.25,
        variance: float = 0.1,
        decay: float = 0.98,
        revive: float = 1.0,
    ) -> None:
        from vector_quantize_pytorch import VectorQuantize  # a second to import, which other families needn't pay

        super().__init__()
        self.latent = LatentSpec(kind="codes", shape=grid_of(shape, len(widths), patch), entries=codes)
        self.entries, self.variance = codes, variance
        self.progress = 1.0
        self.encoder = down(shape[0], widths, latent, patch)
        self.quantiser = VectorQuantize(
            latent, codes, decay=decay, commitment_weight=commitment, threshold_ema_dead_code=revive,
            rotation_trick=False, accept_image_fmap=True,
        )  # fmt: skip
        self.decoder = up(shape[0], widths, latent, patch)

    def quantise(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x [N, *shape] in [0, 1] -> code vectors [N, latent, *grid], codes int64 [N, *grid], commitment loss."""
        vectors = self.encoder(x - 0.5)
        with torch.autocast(vectors.device.type, enabled=False):  # distances between codes need all their bits
            quantised, codes, commitment = self.quantiser(vectors.float().contiguous())
        return quantised, codes, commitment.sum()

    def vectors(self, z: Tensor) -> Tensor:
        """Codes [N, *grid] -> their vectors, float32 [N, latent, *grid]; numbers beyond the codebook are clipped."""
        return self.quantiser.codebook[z.long().clamp(0, self.entries - 1)].movedim(-1, 1)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, *shape] in [0, 1] -> all mass on one grid of codes int64 [N, *grid]."""
        return PointMass(self.quantise(x)[1])

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Codes [N, *grid] -> x [N, *shape] in [0, 1]."""
        return self.draw(self.vectors(z))

    def draw(self, vectors: Tensor) -> Tensor:
        """Code vectors [N, latent, *grid] -> x [N, *shape] in [0, 1]."""
        return torch.sigmoid(self.decoder(vectors).float())

    def prior(self, c: Tensor | None = None) -> Distribution:
        """Every code equally likely in every cell: what is known before a prior is fitted."""
        like = next(self.parameters())
        logits = like.new_zeros(1 if c is None else len(c), *self.latent.shape, self.entries)
        return Independent(Categorical(logits=logits), len(self.latent.shape))

    def embed(self, z: Tensor) -> Tensor:
        """Codes [N, *grid] -> float32 [N, cells * latent]: the vectors, in which near means alike."""
        return self.vectors(z).flatten(1)

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Codes [N, *grid] -> float32 [N, widths[-1] * cells], the decoder's first layer, which sees neighbours."""
        return self.decoder[0](self.vectors(z)).flatten(1).float()

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, *shape] in [0, 1] -> `loss` and its terms, averaged over the batch."""
        quantised, codes, commitment = self.quantise(x)
        squared = (self.draw(quantised) - x).square().mean()
        terms = {"squared": squared, "commitment": commitment, "perplexity": perplexity(codes, self.entries)}
        return {"loss": squared / self.variance + commitment, **terms}


def perplexity(z: Tensor, codes: int) -> Tensor:
    """Codes of any shape -> e to the entropy of their frequencies: how many are in use, from 1 to `codes`."""
    share = torch.bincount(z.flatten(), minlength=codes) / z.numel()
    return (-(share * share.clamp(min=1e-12).log()).sum()).exp()
