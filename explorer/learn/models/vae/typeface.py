"""Typeface: a variational autoencoder of whole alphabets, whose latent is a design and whose condition names the character.

The idea: some letters of a face, seen together, tell how it draws all others. An encoder makes a token of each seen letter, and
attention over the tokens, and one for none, makes of any number of them, in any order, one posterior over the design z (set
encoders with attention: Lee et al., "Set Transformer", ICML 2019; a posterior of a function from a set of its values: Garnelo et
al., "Neural Processes", 2018). The decoder draws any character,

    x(z, c)  =  mean(character)  +  basis' a(z, c),

where `basis` begins as the principal components of all fields about their characters' means and is learned on: a field is
smooth, so that some hundreds of directions say it, and a network that gives their amounts `a` costs a twentieth of one of
convolutions. Fields as a decoder's output: Park et al., "DeepSDF" (CVPR 2019). What stands free left and right of a letter,
its side bearings, is two more numbers of the same network: so that a text can be set.

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
from explorer.learn.data._glyphs import BASELINE, CAP
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
        spacing: price of one cell of error of the side bearings, in units of the same.
        varied: share of the training faces that are changed a little, with other strokes, and wider or narrower.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "assemble", "bearings", "unset", "features"})
    takes: ClassVar[frozenset[str]] = frozenset({"shape"})
    baseline: ClassVar[float] = BASELINE
    capital: ClassVar[float] = CAP

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        conditions: Schema | None = None,
        latent: int = 96,
        parts: int = 400,
        width: int = 448,
        depth: int = 3,
        encoder_width: int = 320,
        encoder_depth: int = 3,
        heads: int = 8,
        told: int = 96,
        siblings: str = "",
        drawn: int = 8,
        kl_weight: float = 1e-5,
        near: float = 8.0,
        spacing: float = 3e-3,
        varied: float = 0.0,
    ) -> None:
        super().__init__()
        self.shape, self.condition, self.siblings = tuple(shape), condition, siblings
        self.drawn, self.kl_weight, self.near, self.spacing, self.varied = drawn, kl_weight, near, spacing, varied
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        slices = conditions.slices if conditions else {}
        self.character = slices.get("character", slice(0, condition))
        numbers = [slices[a.name] for a in conditions.attributes if a.kind == "continuous"] if conditions else []
        self.numbers = [place for where in numbers for place in range(where.start, where.stop)]
        characters, size = self.character.stop - self.character.start, math.prod(shape)
        reach = (3 / size) ** 0.5
        self.basis = nn.Parameter(nn.init.uniform_(torch.empty(parts, size), -reach, reach))
        self.means = nn.Parameter(torch.full((characters, size), 0.5))
        self.register_buffer("scale", torch.ones(parts))
        self.register_buffer("begun", torch.zeros(()))
        self.encoder = _Encoder(parts, characters, 2 * latent, width=encoder_width, depth=encoder_depth, heads=heads)
        self.decoder = _Decoder(latent, characters, len(self.numbers), told=told, width=width, depth=depth)
        self.amounts = nn.Linear(width, parts)
        nn.init.zeros_(self.amounts.weight)
        nn.init.zeros_(self.amounts.bias)
        self.beside = nn.Linear(width, 2)

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
        which = x.new_zeros(*x.shape[:2], len(self.means)) if c is None else c[..., self.character]
        # Measured by the decoder's own directions, which the encoder doesn't pull at.
        measured = ((x.flatten(2) - which @ self.means.detach()) @ self.basis.detach().T) / self.scale
        mean, log_variance = self.encoder(measured, which, known).float().chunk(2, -1)
        return Independent(Normal(mean, (0.5 * log_variance.clamp(SURE, VAGUE)).exp()), 1)

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> x [N, 1, H, W] in [0, 1]."""
        c = z.new_zeros(len(z), self.condition) if c is None else c
        return self._draw(self._hidden(z[:, None], c[:, None]), c[:, None]).clamp(0, 1).unflatten(2, self.shape[1:])

    def bearings(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> what stands free left and right of the ink, cells [N, 2]."""
        c = z.new_zeros(len(z), self.condition) if c is None else c
        return self.beside(self._hidden(z, c)).float()

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, parts], the amounts of the basis that are drawn."""
        c = z.new_zeros(len(z), self.condition) if c is None else c
        return (self.amounts(self._hidden(z, c)) * self.scale).float()

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, 1, H, W] in [0, 1] -> `loss` and its terms, averaged over the batch; `kl` is in nats."""
        if self.training and not self.begun:
            self._begin()
        seen, targets, asked, beside = self._shown(x, c)
        posterior = self.encode_set(*seen)
        hidden = self._hidden(posterior.rsample()[:, None].expand(-1, targets.shape[1], -1), asked)
        drawn = self._draw(hidden, asked)
        outline = 1 + self.near * torch.exp(-((targets - 0.5) * RANGE).square())
        error = (_apart(drawn, targets) * outline).sum() / outline.sum()
        kl = kl_divergence(posterior, self.prior(c if c is not None else asked[:, 0])).mean()
        out = {"loss": error + self.kl_weight * kl, "error": error, "kl": kl}
        if beside is not None:
            out["spacing"] = F.smooth_l1_loss(self.beside(hidden), beside)
            out["loss"] = out["loss"] + self.spacing * out["spacing"]
        return out

    def _draw(self, hidden: Tensor, c: Tensor) -> Tensor:
        """hidden [N, K, width], c [N, K, C] -> fields [N, K, H W], not yet cut off."""
        which = c[..., self.character]
        # Of a character that isn't asked for, the mean is that of all.
        mean = which @ self.means + (1 - which.sum(-1, keepdim=True)) * self.means.mean(0)
        return mean + (self.amounts(hidden) * self.scale) @ self.basis

    def _hidden(self, z: Tensor, c: Tensor) -> Tensor:
        return self.decoder(z, c[..., self.character], c[..., self.numbers])

    def _shown(self, x: Tensor, c: Tensor | None) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor, Tensor | None]:
        """What the encoder sees, fields and conditions; what is drawn, fields [N, K, H W]; what is asked, [N, K, C]; and the side
        bearings of what is drawn [N, K, 2], where they are known.
        """
        if not self.siblings:
            c = x.new_zeros(len(x), self.condition) if c is None else c
            return (x, c[:, None]), x.flatten(2), c[:, None], None
        count, half = SEEN[torch.randint(len(SEEN), ()).item()] if self.training else SEEN[0], self.drawn // 2
        varied = self.varied if self.training else 0.0
        same, other = find("data", self.siblings)().siblings(x, count + half, varied)
        # The last of those that were seen is drawn too.
        both = [torch.cat([a[:, count - 1 :], b[:, :half]], 1) for a, b in zip(same, other, strict=True)]
        targets, asked, beside = both[0].flatten(2), both[1], both[2]
        if self.training:  # of the face that was seen, which z may tell from what it saw
            lost = torch.rand(len(asked), asked.shape[1] - half, 1) < UNSET
            asked[:, : lost.shape[1], self.numbers] *= ~lost
        return (same.fields[:, :count], same.conditions[:, :count]), targets, asked, beside

    @torch.no_grad()
    def _begin(self) -> None:
        """Means, basis and scale from the fields of the training set."""
        self.begun.fill_(1)
        if not self.siblings:
            return
        means, basis, scale = find("data", self.siblings)().principal(len(self.basis))
        for own, value in ((self.means, means), (self.basis, basis), (self.scale, scale)):
            own.copy_(value)


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
