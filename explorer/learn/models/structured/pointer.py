"""Pointer networks: attention that points at the input in place of an output vocabulary (Vinyals, Fortunato, Jaitly 2015).

An LSTM reads the points; a second LSTM, which starts from its last state, writes the answer one token at a time and is given
the coordinates of the point it chose last. What it chooses is the softmax of `u_j = v . tanh(W1 e_j + W2 d_i)` over the
encoder's states e_j (equation 3): the number of choices is that of the points, whatever it is. A learned key stands for the
end. `Seq2Seq` has the same LSTMs and the same attention, but blends what it attends to and reads a class off it: a
vocabulary of fixed size, the paper's "LSTM + attention".

When not to use it: an attention layer without recurrence (Kool et al. 2019) is faster and closer to the best tours; here the
order of the input matters to the encoder, though the answer doesn't depend on it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.learn.data.points import EMPTY, STOP

IMPOSSIBLE = -1e9


class Picker(nn.Module):
    """What both networks share: the two LSTMs, teacher forcing, and beam search.

    Args:
        width: of the LSTMs and of the attention.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.width = width
        self.reader = nn.LSTM(2, width, batch_first=True)
        self.writer = nn.LSTM(2, width, batch_first=True)
        self.begin = nn.Parameter(torch.zeros(2))
        self.keys = nn.Linear(width, width, bias=False)
        self.query = nn.Linear(width, width)
        self.score = nn.Linear(width, 1, bias=False)
        self.stop = nn.Parameter(torch.randn(width) * 0.1)

    def read(self, points: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Points float32 [N, n, 2] in [0, 1] -> keys of the end and of each point [N, 1 + n, width], and the last state."""
        states, last = self.reader(points * 2 - 1)
        return torch.cat([self.stop.expand(len(points), 1, -1), states], 1), last

    def attention(self, states: Tensor, written: Tensor) -> Tensor:
        """Scores of all tokens [N, T, 1 + n] for the writer's states [N, T, width]."""
        return self.score(torch.tanh(self.keys(states)[:, None] + self.query(written)[:, :, None]))[..., 0]

    def logits(self, states: Tensor, written: Tensor) -> Tensor:
        """Scores of all tokens, stop first, [N, T, 1 + n]."""
        raise NotImplementedError

    def chosen(self, points: Tensor, tokens: Tensor) -> Tensor:
        """What the writer is given for tokens [N, T]: where the points lie, [N, T, 2]."""
        known = torch.cat([self.begin.expand(len(points), 1, 2), points * 2 - 1], 1)
        return known.gather(1, tokens.clamp(min=0)[..., None].expand(-1, -1, 2))

    def loss(self, points: Tensor, tokens: Tensor) -> Tensor:
        """Cross-entropy of the right sequences int64 [N, T] (`EMPTY` behind their end), each token given those before it."""
        states, last = self.read(points)
        before = F.pad(tokens[:, :-1], (1, 0), value=STOP)
        written, _ = self.writer(self.chosen(points, before), last)
        return F.cross_entropy(self.logits(states, written).transpose(1, 2), tokens, ignore_index=EMPTY)

    @torch.no_grad()
    def solve(self, points: Tensor, *, most: int, tour: bool = False, beams: int = 4) -> Tensor:
        """The likeliest sequences that beam search finds, int64 [N, at most `most`], `EMPTY` behind their end.

        Args:
            points: float32 [N, n, 2] in [0, 1].
            most: tokens after which a sequence is broken off.
            tour: allow tours alone: each point once, and then the end (as in the paper, section 4.4).
            beams: sequences that are followed at a time; 1 is the greedy choice.
        """
        many, n, _ = points.shape
        states, (h, c) = self.read(points)
        spread = torch.arange(many).repeat_interleave(beams)
        points, states = points[spread], states[spread]
        h, c = h[:, spread], c[:, spread]
        total = torch.full((many, beams), IMPOSSIBLE)
        total[:, 0] = 0
        tokens = torch.full((many * beams, 0), STOP)
        last = torch.full((many * beams, 1), STOP)
        ended = torch.zeros(many * beams, dtype=torch.bool)
        free = torch.ones(many * beams, 1 + n, dtype=torch.bool)
        first = torch.arange(many)[:, None] * beams
        for _ in range(n if tour else most):
            written, (h, c) = self.writer(self.chosen(points, last), (h, c))
            chances = self.logits(states, written)[:, 0]
            if tour:
                chances = chances.masked_fill(~free, IMPOSSIBLE)
                chances[:, STOP] = IMPOSSIBLE
            chances = chances.log_softmax(1)
            over = torch.full_like(chances, IMPOSSIBLE)
            over[:, STOP] = 0  # what has ended goes on with the end, at no cost
            chances = torch.where(ended[:, None], over, chances)
            total, best = (total[:, :, None] + chances.view(many, beams, -1)).flatten(1).topk(beams, 1)
            came, token = (first + best // (1 + n)).flatten(), (best % (1 + n)).flatten()
            tokens = torch.cat([tokens[came], torch.where(ended[came], EMPTY, token)[:, None]], 1)
            ended = ended[came] | (token == STOP)
            free = free[came].scatter(1, token[:, None], False)
            h, c, last = h[:, came], c[:, came], token[:, None]
            if ended.all():
                break
        return tokens[first[:, 0]]


class Pointer(Picker):
    """Attention is the answer (equation 3)."""

    def logits(self, states: Tensor, written: Tensor) -> Tensor:
        """See `Picker.logits`."""
        return self.attention(states, written)


class Seq2Seq(Picker):
    """Attention blends the states, and a layer reads one of a fixed number of classes off the blend.

    Args:
        classes: points at most; those that no training set reached are never learned.
    """

    def __init__(self, width: int = 64, classes: int = 50) -> None:
        super().__init__(width)
        self.out = nn.Linear(2 * width, 1 + classes)

    def logits(self, states: Tensor, written: Tensor) -> Tensor:
        """See `Picker.logits`; classes without a point are left out."""
        blend = self.attention(states, written).softmax(2) @ states
        return self.out(torch.cat([written, blend], 2))[..., : states.shape[1]]


def built(kind: str, **arguments: Any) -> Picker:
    """A network by name, `pointer` or `seq2seq`."""
    return {"pointer": Pointer, "seq2seq": Seq2Seq}[kind](**arguments)
