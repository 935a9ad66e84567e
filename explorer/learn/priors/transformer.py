"""A transformer over codes: what comes next, cell by cell in reading order, given the condition.

    p(z | c) = prod_t p(z_t | z_1 ... z_{t-1}, c),

equation 8 of Esser, Rombach and Ommer, "Taming transformers for high-resolution image synthesis" (CVPR 2021,
arXiv:2012.09841), with the causal attention of Vaswani et al. 2017 (arXiv:1706.03762) in the pre-norm form of GPT-2. The
condition enters as a vector added at every cell. Each cell begins with the logarithm of how often each code stands there, so
that training starts from the best guess which ignores the other cells.

It also fills in what is erased from a grid (`complete`). Kept codes are forced as the paper does, but in reading order alone
a cell would know nothing of the kept ones that follow it. So several completions run side by side, are weighted by how well
they foretell each kept code, and the poor ones give way to copies of the good: sequential importance resampling (Gordon,
Salmond and Smith 1993), which draws from p(erased | kept) as their number grows.

Good for: codes of a grid or of a row of codebooks. Not for: real numbers, or grids of more than some hundred cells, since
cells are drawn one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Distribution, constraints

from explorer.core.noise import uniform
from explorer.core.registry import register
from explorer.core.schema import Schema
from explorer.learn.models._arithmetic import fastest
from explorer.learn.priors.base import Prior

HEAD = 16  # numbers in a head; the tensors' shapes then tell everything else
WIDTH, DEPTH = 64, 3
STEPS, BATCH, PASSES = 1500, 64, 30  # training ends at whichever comes first: so many steps, or passes over the items
RATE, DECAY, DROPPED = 3e-3, 0.05, 0.1
PARTICLES = 16
TRIED = 32
ALONE = 64  # so many draws are made one by one, each as it would be alone


class Block(nn.Module):
    """Attention to the cells before and the cell itself, then two layers, each added to what was there."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.norm_wide = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, past: list[Tensor] | None = None) -> Tensor:
        """x [N, T, width] -> the same shape. With `past`, T is 1 and the list holds, and gets, keys and values so far."""
        rows, steps, width = x.shape
        parts = self.attend(self.norm(x)).view(rows, steps, 3, width // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        if past is not None:
            if past:
                key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
            past[:] = key, value
        # By hand: of so few cells this is several times faster to train on a processor than torch's fused attention.
        scores = query @ key.transpose(2, 3) / math.sqrt(HEAD)
        if past is None:
            scores = scores + torch.full((steps, steps), -torch.inf).triu(1)
        found = scores.softmax(-1).to(value.dtype) @ value
        x = x + self.mix(found.transpose(1, 2).reshape(rows, steps, width))
        return x + self.narrow(F.gelu(self.widen(self.norm_wide(x))))


@register("priors", "transformer")
class Transformer(Prior):
    """An autoregressive transformer over codes of one shape.

    Args:
        shape: of one latent; its T cells are read in order.
        codes: K, how many codes there are.
        condition: C.
        width: numbers in the vector of a cell, a multiple of 16.
        depth: blocks.
    """

    title = "Transformer"
    sentence = "Draws one code after the other, each from what the codes before it and the attributes make likely."
    kinds = frozenset({"codes"})
    order = 10

    def __init__(
        self, shape: tuple[int, ...], codes: int, condition: int, width: int = WIDTH, depth: int = DEPTH
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.token = nn.Parameter(0.02 * torch.randn(codes, width))
        self.place = nn.Parameter(0.02 * torch.randn(*shape, width))
        self.frequency = nn.Parameter(torch.zeros(*shape, codes))
        self.condition = nn.Parameter(torch.randn(condition, width) / math.sqrt(width))
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, codes, bias=False)
        nn.init.normal_(self.head.weight, std=0.02)

    def _inputs(self, before: Tensor, at: slice, c: Tensor) -> Tensor:
        """Vectors of the codes before each cell [N, T, width] -> what goes in at the cells `at`."""
        return before + self.place.flatten(0, -2)[at] + (c @ self.condition)[:, None]

    def _logits(self, x: Tensor, at: slice) -> Tensor:
        return self.head(self.norm(x)).float() + self.frequency.flatten(0, -2)[at]

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        """Codes [N, *shape] and conditions [N, C] -> logits of each cell given those before it, float32 [N, T, K]."""
        tokens = self.token[z.flatten(1)[:, :-1]]
        x = self._inputs(F.pad(tokens, (0, 0, 1, 0)), slice(None), c)
        for block in self.blocks:
            x = block(x)
        return self._logits(x, slice(None))

    @classmethod
    def fit(cls, z: Tensor, c: Tensor, *, seed: int = 0, conditions: Schema | None = None, steps: int = STEPS) -> Self:
        """Maximum likelihood on codes z int64 [N, *shape] under c [N, C], one in ten of them unset; see `Prior.fit`."""
        z, c = z.long(), c.float()
        with torch.random.fork_rng(devices=[]), torch.enable_grad(), torch.inference_mode(False):
            torch.manual_seed(seed)
            z, c = z.clone(), c.clone()
            prior = cls(tuple(z.shape[1:]), int(z.max()) + 1, c.shape[1])
            often = F.one_hot(z, prior.token.shape[0]).float().mean(0)
            prior.frequency.data = (often + 0.1 / len(z)).log()
            optimiser = torch.optim.AdamW(prior.parameters(), RATE, betas=(0.9, 0.95), weight_decay=DECAY)
            steps = max(1, min(steps, PASSES * len(z) // BATCH))
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.1)
            for _ in range(steps):
                rows = torch.randint(len(z), (min(BATCH, len(z)),))
                given = c[rows] * (torch.rand(len(rows), 1) >= DROPPED)
                with fastest():
                    logits = prior(z[rows], given)
                loss = F.cross_entropy(logits.float().flatten(0, 1), z[rows].flatten())
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(prior.parameters(), 1.0)
                optimiser.step()
                schedule.step()
        return prior.eval().requires_grad_(False)

    def distribution(self, c: Tensor | None = None) -> Distribution:
        """See `Prior.distribution`."""
        return Sequences(self, self._given(c))

    def log_prob(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Codes [N, *shape] and conditions [N, C] -> log p(z | c) in nats [N]."""
        z = z.long()
        c = c if c is not None else self.condition.new_zeros(len(z), len(self.condition))
        logits = self(z.clamp(0, len(self.token) - 1), c).log_softmax(-1)
        return logits.gather(2, z.flatten(1)[..., None]).sum((1, 2))

    @torch.inference_mode()
    def draw(self, c: Tensor | None, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """See `Prior.draw`."""
        nothing = torch.zeros(self.shape, dtype=torch.long)
        return self.complete(nothing, nothing == 0, c, seed=seed, draw=draw, temperature=temperature, particles=1)

    def draws(self, c: Tensor | None, seed: int, count: int, temperature: float = 1.0) -> Tensor:
        """See `Prior.draws`; beyond `ALONE` side by side, where rounding may decide a code in millions otherwise."""
        if count <= ALONE:
            return super().draws(c, seed, count, temperature)
        with torch.inference_mode():
            given = self._given(None if c is None else c.reshape(-1, len(self.condition))).expand(count, -1)
            parts = []
            for rows in torch.arange(count).split(ALONE):
                noise = torch.cat([self._noise(seed, int(k), 1) for k in rows])
                parts.append(self._run(given[rows], noise, temperature)[0])
        return torch.cat(parts).reshape(count, *self.shape)

    def _noise(self, seed: int, draw: int, rows: int) -> Tensor:
        """The noise of one draw, for `_run`: float32 [rows, T, K]."""
        size = (rows, self.place[..., 0].numel(), len(self.token))
        return gumbel(torch.from_numpy(uniform(seed, draw, math.prod(size)))).reshape(size)

    @torch.inference_mode()
    def complete(
        self,
        z: Tensor,
        erased: Tensor,
        c: Tensor | None,
        *,
        seed: int,
        draw: int = 0,
        temperature: float = 1.0,
        particles: int = PARTICLES,
    ) -> Tensor:
        """Codes z [*shape] with `erased` cells (bool [*shape]) drawn anew under c [C], the others as they are.

        Args:
            z: int64.
            erased: which to draw.
            c: condition; None where nothing is asked.
            seed, draw: same seed and draw, same codes.
            temperature: 0 takes the likeliest code each time, 1 draws from the model.
            particles: completions side by side; 1 looks at the cells before alone.
        """
        kept, holes = z.flatten().long().clamp(0, len(self.token) - 1), erased.flatten()
        particles = particles if bool((~holes[int(holes.int().argmax()) :]).any()) else 1  # nothing kept follows
        c = self._given(None if c is None else c[None]).expand(particles, -1)
        picks = gumbel(torch.from_numpy(uniform(seed, draw, particles, stream=1)))
        starts = torch.from_numpy(uniform(seed, draw, len(kept), stream=2)).float()
        noise = self._noise(seed, draw, particles)
        out, weight = self._run(c, noise, temperature, kept=kept, holes=holes, starts=starts)
        return out[(weight + picks).argmax()].reshape(self.shape)

    @torch.inference_mode()
    def surprise(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Codes z [*shape] under c [C] -> -log p of each given those before it, in nats, float32 [*shape]."""
        logits = self(z.long()[None], self._given(None if c is None else c[None])).log_softmax(-1)[0]
        return -logits.gather(1, z.long().flatten()[:, None]).reshape(self.shape)

    @torch.inference_mode()
    def alternatives(self, z: Tensor, cell: int, c: Tensor | None = None, count: int = 8) -> list[tuple[int, float]]:
        """What could stand in one cell of z [*shape] while all others stay: the likeliest codes with their shares.

        The `TRIED` codes that the cells before make likeliest are weighed by the likelihood of the whole, cells after
        included; the shares are among those.
        """
        c = self._given(None if c is None else c[None])
        flat = z.long().flatten()
        tried = self(flat.reshape(1, *self.shape), c)[0, cell].topk(min(TRIED, len(self.token))).indices
        tried = torch.cat([flat[cell : cell + 1], tried[tried != flat[cell]]])
        rows = flat.repeat(len(tried), 1)
        rows[:, cell] = tried
        shares = self.log_prob(rows.reshape(-1, *self.shape), c.expand(len(rows), -1)).softmax(0)
        best = shares.topk(min(count, len(shares)))
        return list(zip(tried[best.indices].tolist(), best.values.tolist(), strict=True))

    def _run(
        self,
        c: Tensor,
        noise: Tensor,
        temperature: float,
        *,
        kept: Tensor | None = None,
        holes: Tensor | None = None,
        starts: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Rows of c and noise [N, T, K] side by side -> codes [N, T], and the logarithms of their weights [N].

        `kept` codes [T] are forced where there are no `holes`; `starts` [T] are the uniform numbers of the resampling.
        """
        rows, cells = len(c), noise.shape[1]
        past: list[list[Tensor]] = [[] for _ in self.blocks]
        out = torch.zeros(rows, cells, dtype=torch.long)
        before, weight = torch.zeros(rows, 1, self.token.shape[1]), torch.zeros(rows)
        last_hole = cells - 1 if holes is None else max((int(k) for k in holes.nonzero()), default=-1)
        for t in range(cells):
            x = self._inputs(before, slice(t, t + 1), c)
            for block, cache in zip(self.blocks, past, strict=True):
                x = block(x, cache)
            logits = self._logits(x, slice(t, t + 1))[:, 0]
            if holes is None or holes[t]:
                out[:, t] = (logits + temperature * noise[:, t]).argmax(1)
            else:
                out[:, t] = kept[t]
                if rows > 1:
                    weight = weight + logits.log_softmax(1)[:, kept[t]]
                    if t < last_hole and float((2 * weight).logsumexp(0) - 2 * weight.logsumexp(0)) > math.log(
                        2 / rows
                    ):
                        parents = _systematic(weight.softmax(0), starts[t])
                        out, weight = out[parents], torch.zeros(rows)
                        past = [[part[parents] for part in cache] for cache in past]
            before = self.token[out[:, t]][:, None]
        return out, weight

    def _given(self, c: Tensor | None) -> Tensor:
        return self.condition.new_zeros(1, len(self.condition)) if c is None else c

    @classmethod
    def _empty(cls, tensors: Mapping[str, Tensor]) -> Self:
        codes, width = tensors["token"].shape
        depth = len({key.split(".")[1] for key in tensors if key.startswith("blocks.")})
        if width % HEAD:
            raise ValueError("the width isn't a multiple of a head's")
        return cls(tuple(tensors["place"].shape[:-1]), codes, tensors["condition"].shape[0], width, depth)


def gumbel(uniform: Tensor) -> Tensor:
    """Uniform numbers -> noise whose largest sum with logits is a draw from them (Gumbel 1954), float32."""
    return -(-uniform.double().clamp(1e-20, 1 - 1e-10).log()).log().float()


def _systematic(share: Tensor, start: Tensor) -> Tensor:
    """Shares [N] that sum to one -> indices int64 [N], each as often as its share asks (Kitagawa 1996)."""
    points = (torch.arange(len(share)) + start) / len(share)
    return torch.searchsorted(share.cumsum(0), points).clamp(max=len(share) - 1)


class Sequences(Distribution):
    """Codes under a transformer, one row for each condition; batch shape [N], event shape that of a latent."""

    arg_constraints: dict[str, constraints.Constraint] = {}

    def __init__(self, prior: Transformer, c: Tensor) -> None:
        self.prior, self.c = prior, c
        super().__init__(torch.Size([len(c)]), torch.Size(prior.shape), validate_args=False)

    @torch.inference_mode()
    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Codes int64 [*sample_shape, N, *shape], by the global source of noise."""
        c = self.c.expand(*sample_shape, *self.c.shape).reshape(-1, self.c.shape[1])
        cells = self.prior.place[..., 0].numel()
        drawn, _ = self.prior._run(c, gumbel(torch.rand(len(c), cells, len(self.prior.token))), 1.0)
        return drawn.reshape(self._extended_shape(torch.Size(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """Codes [..., N, *shape] -> log p [..., N]."""
        rows = value.shape[: value.dim() - len(self.event_shape)]
        c = self.c.expand(*rows, self.c.shape[1]).reshape(-1, self.c.shape[1])
        return self.prior.log_prob(value.reshape(-1, *self.event_shape), c).reshape(rows)
