"""DAAE: an adversarial autoencoder of sentences that is shown sentences with words missing and has to write them whole.

The idea: an autoencoder that is strong enough can give neighbouring latents to sentences that have nothing in common, since
its reconstruction is as good either way. Asked to reconstruct a sentence x from one of which words were deleted, x~, it can't
afford that: x~ could have come from several sentences, so that those do best to lie together. Shen, Mueller, Barzilay and
Jaakkola, "Educating text autoencoders: latent representation guidance via denoising" (ICML 2020, arXiv:1905.12777),
equations 1 to 3:

    min_{E,G} max_D  E_x E_{x~ | x} [-log p_G(x | E(x~))]  -  adversarial E_x [-log(1 - D(E(x~)))] ... ,

where D compares E(x~) with draws of N(0, I), and E ascends log D as GANs do since Goodfellow et al. (2014, section 3). With
`drop = 0` this is the adversarial autoencoder of Makhzani et al. (2015). E and G are GRUs (Cho et al. 2014), as in the paper;
G takes z and the condition at each word, and writes the likeliest word each time (greedy).

Two things are added, since here a condition is given: G and D hear it, E doesn't. A D that hears it has the latents of *each*
condition look like N(0, I), so that little of the condition is left in z.

Good for: short sentences of a limited vocabulary, walks between them, changes by a difference of latents. Not for: texts of
more than some twenty words (one vector holds no more), words that aren't in its vocabulary, densities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.core.registry import register
from explorer.core.schema import LatentSpec
from explorer.learn.models.base import Model, PointMass

END, UNKNOWN = 0, 1  # numbers of the two words that aren't any, see `explorer.learn.modalities.text`


@register("models", "daae")
class DAAE(Model):
    """Denoising adversarial autoencoder of words.

    Args:
        shape: (places,) for words of one sentence, of which the last is its end.
        condition: C, the width of a condition vector.
        words: size of the vocabulary, with `END` and `UNKNOWN`.
        latent: numbers in z.
        embedding, encoder, decoder: numbers for a word, units of the encoder's GRU in each direction, units of the decoder's.
        drop: share of the words that is deleted from what the encoder is shown in training.
        adversarial: weight of the game over z; at 0 there is no discriminator.
        forget: dropout on the decoder's words and units in training.
        critic_rate: learning rate of the discriminator beside that of the others.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"text"})
    capabilities: ClassVar[frozenset[str]] = frozenset({"encode", "blend", "unset", "features", "exact", "denoise"})
    listens: ClassVar[frozenset[str]] = frozenset({"decode"})

    def __init__(
        self,
        shape: Sequence[int],
        condition: int,
        *,
        words: int = 3000,
        latent: int = 48,
        embedding: int = 96,
        encoder: int = 112,
        decoder: int = 224,
        drop: float = 0.3,
        adversarial: float = 5.0,
        forget: float = 0.25,
        critic_rate: float = 0.5,
    ) -> None:
        super().__init__()
        self.latent = LatentSpec(kind="vector", shape=(latent,))
        self.places, self.condition, self.words = shape[0], condition, words
        self.drop, self.adversarial, self.critic_rate = drop, adversarial, critic_rate
        self.table = nn.Embedding(words, embedding)
        nn.init.normal_(self.table.weight, std=embedding**-0.5)
        self.reader = nn.GRU(embedding, encoder, batch_first=True, bidirectional=True)
        self.to_latent = nn.Linear(2 * encoder, latent)
        self.begin = nn.Linear(latent + condition, decoder)
        self.first = nn.Parameter(torch.zeros(embedding))
        self.writer = nn.GRU(embedding + latent + condition, decoder, batch_first=True)
        self.to_word = nn.Linear(decoder, embedding)
        self.bias = nn.Parameter(torch.zeros(words))
        self.forget = nn.Dropout(forget)
        bend = nn.LeakyReLU(0.2)
        self.critic = (
            nn.Sequential(nn.Linear(latent + condition, 192), bend, nn.Linear(192, 192), bend, nn.Linear(192, 1))
            if adversarial
            else None
        )

    def numbers(self, x: Tensor) -> Tensor:
        """x [N, places] in [0, 1) -> the words' numbers, int64 of the same shape."""
        return (x.float() * self.words).round().long().clamp(0, self.words - 1)

    def encode(self, x: Tensor, c: Tensor | None = None) -> Distribution:
        """x [N, places] in [0, 1) -> all mass on z [N, latent]; c is not looked at."""
        return PointMass(self.read(self.numbers(x)))

    def read(self, ids: Tensor) -> Tensor:
        """Words int64 [N, places] -> z [N, latent]."""
        h, _ = self.reader(self.table(ids))
        there = (ids != END)[..., None]
        return self.to_latent(h.masked_fill(~there, -1.0).amax(1)).float()

    def without(self, x: Tensor, share: float, seed: int = 0) -> Tensor:
        """x [N, places] in [0, 1) -> the same sentences, of which each word is deleted with this chance, and never all of one.

        Of one seed a larger share deletes the same words and more.
        """
        ids = self.numbers(x)
        chance = torch.rand(ids.shape, generator=torch.Generator().manual_seed(seed)).to(ids.device)
        chance = chance.masked_fill(ids == END, -1.0)
        last = torch.zeros_like(chance, dtype=torch.bool).scatter(1, chance.argmax(1, keepdim=True), True)
        return _closed(ids, (chance < share) & (ids != END) & ~last).float() / self.words

    def decode(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> the likeliest word after each, x [N, places] in [0, 1)."""
        return self._write(z, c)[0].float() / self.words

    def features(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, latent], c [N, C] -> float32 [N, decoder], the decoder's units averaged over the words that it writes."""
        ids, h = self._write(z, c)
        there = (ids != END).float()[..., None]
        return (h * there).sum(1) / there.sum(1).clamp(min=1)

    def surprise(self, x: Tensor, z: Tensor, c: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """- log p(x | z, c) of sentences x [N, places] in nats [N], and of how many words with their ends [N]."""
        ids = self.numbers(x)
        counted = _counted(ids)
        h = self.forget(self._units(z, c, ids))[counted]  # those that count alone: a score is as long as the vocabulary
        each = torch.zeros(ids.shape, device=h.device)
        each = each.masked_scatter(counted, F.cross_entropy(self._scores(h), ids[counted], reduction="none"))
        return each.sum(1), counted.sum(1)

    def loss(self, x: Tensor, c: Tensor | None = None) -> dict[str, Tensor]:
        """x [N, places] in [0, 1), c [N, C] -> all players' terms in nats, and `loss`, their sum; see `training_step`."""
        c = self._given(c, x)
        z = self.read(self._noisy(self.numbers(x)))
        terms = self.critic_terms(c, z.detach()) | self.own_terms(x, c, z)
        return {"loss": sum(terms.values()), **terms}

    def critic_terms(self, c: Tensor, z: Tensor) -> dict[str, Tensor]:
        """Conditions [N, C] and codes [N, latent] -> what the discriminator minimises."""
        if not self.critic:
            return {}
        real, own = (self.critic(torch.cat([v, c], 1)) for v in (torch.randn_like(z), z))
        return {"critic": F.softplus(-real).mean() + F.softplus(own).mean()}

    def own_terms(self, x: Tensor, c: Tensor, z: Tensor) -> dict[str, Tensor]:
        """Sentences, conditions and codes -> what E and G minimise, weighted: nats a word, and the game's share."""
        nats, counted = self.surprise(x, z, c)
        terms = {"word": nats.sum() / counted.sum()}
        if self.critic:
            terms["codes"] = self.adversarial * F.softplus(-self.critic(torch.cat([z, c], 1))).mean() / 10
        return terms

    def make_optimisers(self, rate: float, weight_decay: float) -> list[torch.optim.Optimizer]:
        """One for E and G, one for the discriminator where there is one (Adam with beta 0.5, as in the paper)."""
        own = [p for name, p in self.named_parameters() if not name.startswith("critic")]
        players = [(own, rate)] + ([(list(self.critic.parameters()), rate * self.critic_rate)] if self.critic else [])
        common = {"betas": (0.5, 0.99), "weight_decay": weight_decay, "fused": True}
        return [torch.optim.AdamW(part, lr=own_rate, **common) for part, own_rate in players]

    def training_step(self, *, batch: tuple[Tensor, Tensor], fabric: Any, optimisers: list[Any]) -> dict[str, Tensor]:
        """One step of the discriminator, then one of E and G, on x [N, places] and c [N, C]; the terms of both, detached."""
        (x, c), (of_own, *of_critic) = batch, optimisers
        c = self._given(c, x)
        z = self.read(self._noisy(self.numbers(x)))
        critic = self.critic_terms(c, z.detach())
        if critic:
            of_critic[0].zero_grad()
            fabric.backward(critic["critic"])
            of_critic[0].step()
        own = self.own_terms(x, c, z)
        of_own.zero_grad()
        fabric.backward(sum(own.values()))
        nn.utils.clip_grad_norm_([p for group in of_own.param_groups for p in group["params"]], 1.0)
        of_own.step()
        return {name: term.detach() for name, term in (critic | own).items()}

    def _units(self, z: Tensor, c: Tensor | None, ids: Tensor) -> Tensor:
        """The decoder's units [N, places, decoder] where it is given the words before each place."""
        told = torch.cat([z, self._given(c, z)], 1)
        before = torch.cat([self.first.expand(len(z), 1, -1), self.table(ids[:, :-1])], 1)
        into = torch.cat([self.forget(before), told[:, None].expand(-1, self.places, -1)], 2)
        return self.writer(into, self.begin(told).tanh()[None])[0]

    def _write(self, z: Tensor, c: Tensor | None) -> tuple[Tensor, Tensor]:
        """Greedily: words [N, places] and the units that wrote them [N, places, decoder]."""
        told = torch.cat([z, self._given(c, z)], 1)
        h, word = self.begin(told).tanh()[None], self.first.expand(len(z), -1)
        ids, units, going = [], [], torch.ones(len(z), dtype=torch.bool, device=z.device)
        for _ in range(self.places):
            out, h = self.writer(torch.cat([word, told], 1)[:, None], h)
            scores = self._scores(out[:, 0])
            scores[:, UNKNOWN] = -torch.inf
            best = scores.argmax(1).masked_fill(~going, END)
            going = going & (best != END)
            ids.append(best)
            units.append(out[:, 0].float())
            word = self.table(best)
        return torch.stack(ids, 1), torch.stack(units, 1)

    def _scores(self, h: Tensor) -> Tensor:
        return self.to_word(h) @ self.table.weight.T + self.bias

    def _noisy(self, ids: Tensor) -> Tensor:
        """The same sentences with some of their words deleted, in training alone."""
        if not self.training or not self.drop:
            return ids
        gone = (torch.rand(ids.shape, device=ids.device) < self.drop) & (ids != END)
        gone &= ~(gone | (ids == END)).all(1, keepdim=True)  # a sentence keeps its words rather than lose all
        return _closed(ids, gone)

    def _given(self, c: Tensor | None, like: Tensor) -> Tensor:
        return like.new_zeros(len(like), self.condition) if c is None else c


def _closed(ids: Tensor, gone: Tensor) -> Tensor:
    """Words int64 [N, places] without those that are gone, bool of the same shape: the others close up."""
    order = (gone | (ids == END)).int().argsort(dim=1, stable=True)
    return ids.masked_fill(gone, END).gather(1, order)


def _counted(ids: Tensor) -> Tensor:
    """Which places count: each word, and the end after them; bool of the same shape."""
    words = (ids != END).sum(1, keepdim=True)
    return torch.arange(ids.shape[1], device=ids.device) <= words
