"""Typeface: a variational autoencoder of whole alphabets, whose latent is a design and whose condition names the character.

The idea: some letters of a face, seen together, tell how it draws all others. An encoder makes a token of each seen letter, and
attention over the tokens, and one for none, makes of any number of them, in any order, one posterior over the design z (set
encoders with attention: Lee et al., "Set Transformer", ICML 2019; a posterior of a function from a set of its values: Garnelo et
al., "Neural Processes", 2018). The decoder draws any character,

    x(z, c)  =  mean(character)  +  basis' a(z, c),

where `basis` begins as the principal components of all fields about their characters' means and is learned on: a field is
smooth, so that some hundreds of directions say it, and a network that gives their amounts `a` costs a twentieth of one of
convolutions. Fields as a decoder's output: Park et al., "DeepSDF" (CVPR 2019).

Weight, width and slant are conditions. The encoder sees one face, and the decoder draws that face *and another of its family* at
the other's measures: where a family has several, nothing but the design is left to z.
Objective: evidence lower bound (Kingma and Welling 2014, equation 3) with an absolute error that counts `near` times as much on
the outline.

Good for: finishing an alphabet from one to eight letters, blends of two typefaces, weights between. Not for: ornaments, hollow
letters and scripts whose letters join.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, Independent, Normal, kl_divergence

from explorer.core.registry import find, register
from explorer.core.schema import LatentSpec, Schema
from explorer.learn.models.base import Model

RANGE = 8.0  # cells from the one end of a field's range to the other
SEEN = (1, 1, 2, 3, 4, 5, 8)  # letters that the encoder sees, one of these at a time
SURE, VAGUE = -8.0, 2.0  # bounds of a log variance
UNSET = 0.5  # share of the seen face's drawn characters that are asked for without weight, width and slant


@register("models", "typeface")
class Typeface(Model):
    """Set encoder and decoder of distance fields.

    Args:
        shape: (1, height, width) of a field.
        condition: C.
        conditions: what c is made of: `character`, and numbers that the decoder is told; it isn't told other choices. Without
            it all of c is the character.
        latent: L, numbers of a design.
        parts: directions of the basis.
        width, depth: of the decoder's residual blocks.
        encoder_width, encoder_depth: of the encoder's.
        heads: of its attention.
        told: width of what stands for a character.
        siblings: name of the data set that gives other characters of a face, and of its family.
        drawn: characters that each face is compared on.
        kl_weight: price of one nat of KL, in units of the error averaged over cells.
        near: how much more the outline counts than what is far from it.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "assemble", "unset", "features"})
    takes: ClassVar[frozenset[str]] = frozenset({"shape"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        conditions: Schema | None = None,
        latent: int = 96,
        parts: int = 512,
        width: int = 640,
        depth: int = 4,
        encoder_width: int = 384,
        encoder_depth: int = 3,
        heads: int = 8,
        told: int = 128,
        siblings: str = "",
        drawn: int = 8,
        kl_weight: float = 1e-5,
        near: float = 8.0,
    ) -> None:
        super().__init__()
        self.shape, self.condition, self.siblings = tuple(shape), condition, siblings
        self.drawn, self.kl_weight, self.near = drawn, kl_weight, near
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        slices = conditions.slices if conditions else {}
        self.character = slices.get("character", slice(0, condition))
        numbers = [slices[a.name] for a in conditions.attributes if a.kind == "continuous"] if conditions else []
        self.numbers = [place for where in numbers for place in range(where.start, where.stop)]
        characters, size = self.character.stop - self.character.start, math.prod(shape)
        reach = (3 / size) ** 0.5
        self.basis = nn.Parameter(nn.init.uniform_(torch.empty(parts, size), -reach, reach))
        self.means = nn.Parameter(torch.full((characters, size), 0.5))
        # What the encoder measures a field by: the same at first, and never learned, so that both ends aren't pulled at.
        self.register_buffer("rulers", self.basis.detach().clone())
        self.register_buffer("middles", self.means.detach().clone())
        self.register_buffer("scale", torch.ones(parts))
        self.register_buffer("begun", torch.zeros(()))
        self.encoder = _Encoder(parts, characters, 2 * latent, width=encoder_width, depth=encoder_depth, heads=heads)
        self.decoder = _Decoder(latent, characters, len(self.numbers), told=told, width=width, depth=depth)
        self.amounts = nn.Linear(width, parts)
        nn.init.zeros_(self.amounts.weight)
        nn.init.zeros_(self.amounts.bias)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, 1, H, W] in [0, 1], c [N, C] of which the character counts -> posterior over z [N, latent]."""
        return self.encode_set(x, None if c is None else c[:, None])

    def encode_set(self, x: Tensor, c: Tensor | None, known: Tensor | None = None) -> Distribution:
        """Several characters of each face -> the posterior over its design.

        Args:
            x: float32 [N, K, H, W] in [0, 1].
            c: [N, K, C].
            known: bool [N, K], false where there is none.
        """
        which = x.new_zeros(*x.shape[:2], len(self.middles)) if c is None else c[..., self.character]
        measured = ((x.flatten(2) - which @ self.middles) @ self.rulers.T) / self.scale
        mean, log_variance = self.encoder(measured, which, known).float().chunk(2, -1)
        return Independent(Normal(mean, (0.5 * log_variance.clamp(SURE, VAGUE)).exp()), 1)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, 1, H, W] in [0, 1]."""
        c = z.new_zeros(len(z), self.condition) if c is None else c
        return self._draw(z[:, None], c[:, None]).clamp(0, 1).unflatten(2, self.shape[1:])

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, parts], the amounts of the basis that are drawn."""
        c = z.new_zeros(len(z), self.condition) if c is None else c
        return self._amounts(z[:, None], c[:, None])[:, 0].float()

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, 1, H, W] in [0, 1] -> `loss` and its terms, averaged over the batch; `kl` is in nats."""
        if self.training and not self.begun:
            self._begin()
        seen, targets, asked = self._shown(x, c)
        posterior = self.encode_set(*seen)
        z = posterior.rsample()
        drawn = self._draw(z[:, None].expand(-1, targets.shape[1], -1), asked)
        outline = 1 + self.near * torch.exp(-((targets - 0.5) * RANGE).square())
        error = (_apart(drawn, targets) * outline).sum() / outline.sum()
        kl = kl_divergence(posterior, self.prior(c if c is not None else asked[:, 0])).mean()
        return {"loss": error + self.kl_weight * kl, "error": error, "kl": kl}

    def _draw(self, z: Tensor, c: Tensor) -> Tensor:
        """z [N, K, latent], c [N, K, C] -> fields [N, K, H W], not yet cut off."""
        which = c[..., self.character]
        # Of a character that isn't asked for, the mean is that of all.
        mean = which @ self.means + (1 - which.sum(-1, keepdim=True)) * self.means.mean(0)
        return mean + self._amounts(z, c) @ self.basis

    def _amounts(self, z: Tensor, c: Tensor) -> Tensor:
        return self.amounts(self.decoder(z, c[..., self.character], c[..., self.numbers])) * self.scale

    def _shown(self, x: Tensor, c: Tensor | None) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor]:
        """What the encoder sees, fields and conditions; what is drawn, fields [N, K, H W]; and what is asked, [N, K, C]."""
        if not self.siblings:
            c = x.new_zeros(len(x), self.condition) if c is None else c
            return (x, c[:, None]), x.flatten(2), c[:, None]
        count = SEEN[torch.randint(len(SEEN), ()).item()] if self.training else SEEN[0]
        same, of_same, other, of_other = find("data", self.siblings)().siblings(x, count + self.drawn // 2)
        targets = torch.cat([same[:, count - 1 :], other[:, : self.drawn // 2]], 1).flatten(2)
        asked = torch.cat([of_same[:, count - 1 :], of_other[:, : self.drawn // 2]], 1)
        if self.training:  # of the face that was seen, which z may tell from what it saw
            asked = asked.clone()
            lost = torch.rand(len(asked), asked.shape[1] - self.drawn // 2, 1) < UNSET
            asked[:, : lost.shape[1], self.numbers] *= ~lost
        return (same[:, :count], of_same[:, :count]), targets, asked

    @torch.no_grad()
    def _begin(self) -> None:
        """Means, basis and scale from the fields of the training set."""
        self.begun.fill_(1)
        if not self.siblings:
            return
        means, basis, scale = find("data", self.siblings)().principal(len(self.basis))
        for own, value in ((self.means, means), (self.middles, means), (self.basis, basis), (self.rulers, basis)):
            own.copy_(value)
        self.scale.copy_(scale)


def _apart(drawn: Tensor, targets: Tensor) -> Tensor:
    """Absolute error, of which a cell that is cut off has none as long as it is drawn on the same side, at least as far."""
    below, above = (drawn - targets).relu(), (targets - drawn).relu()
    return torch.where(targets <= 0, below, torch.where(targets >= 1, above, below + above))


class _Block(nn.Module):
    """Residual block of two layers, scaled and shifted by what it is told (FiLM: Perez et al. 2018)."""

    def __init__(self, width: int, told: int = 0) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.film = nn.Linear(told, 2 * width) if told else None
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: Tensor, told: Tensor | None = None) -> Tensor:
        y = F.layer_norm(x, x.shape[-1:])
        if self.film is not None:
            gain, shift = self.film(told).chunk(2, -1)
            y = y * (1 + gain) + shift
        return x + self.second(F.silu(self.first(y)))


class _Encoder(nn.Module):
    """Amounts of seen characters -> mean and log variance of their design."""

    def __init__(self, parts: int, characters: int, out: int, *, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.named = nn.Linear(parts, width), nn.Linear(characters, width)
        self.blocks = nn.ModuleList(_Block(width, characters) for _ in range(depth))
        self.asked = nn.Parameter(torch.randn(heads, width // heads) * 0.5)
        self.none = nn.Parameter(torch.randn(width) * 0.5)  # always in the set: what is thought before anything is seen
        self.keys, self.values = nn.Linear(width, width), nn.Linear(width, width)
        self.pooled = nn.ModuleList(_Block(width) for _ in range(2))
        self.out = nn.Linear(width, out)

    def forward(self, x: Tensor, which: Tensor, known: Tensor | None) -> Tensor:
        """x [N, K, parts], which [N, K, characters], known [N, K] -> [N, out]."""
        x = self.first(x) + self.named(which)
        for block in self.blocks:
            x = block(x, which)
        x = torch.cat([x, self.none.expand(len(x), 1, -1)], 1)
        keys, values = (layer(x).unflatten(-1, (self.heads, -1)) for layer in (self.keys, self.values))
        heard = (keys * self.asked).sum(-1) / keys.shape[-1] ** 0.5
        if known is not None:
            heard = heard.masked_fill(~F.pad(known, (0, 1), value=True)[..., None], -torch.inf)
        x = (heard.softmax(1)[..., None] * values).sum(1).flatten(1)
        for block in self.pooled:
            x = block(x)
        return self.out(x)


class _Decoder(nn.Module):
    """Design, character and numbers -> hidden [N, K, width]."""

    def __init__(self, latent: int, characters: int, numbers: int, *, told: int, width: int, depth: int) -> None:
        super().__init__()
        self.named = nn.Linear(characters, told)
        self.first = nn.Linear(latent + numbers, width)
        self.blocks = nn.ModuleList(_Block(width, told + latent + numbers) for _ in range(depth))

    def forward(self, z: Tensor, which: Tensor, numbers: Tensor) -> Tensor:
        style = torch.cat([z, numbers], -1)
        told = torch.cat([self.named(which), style], -1)
        x = self.first(style)
        for block in self.blocks:
            x = block(x, told)
        return F.layer_norm(x, x.shape[-1:])
