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

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.learn.data.points import EMPTY, STOP

IMPOSSIBLE = -1e9
WIDTH = 64


class Memory(NamedTuple):
    """What attention looks at: the reader's states of the end and of each point, and their keys, both [N, 1 + n, width]."""

    states: Tensor
    keys: Tensor

    def of(self, rows: Tensor) -> Memory:
        """That of rows int64 [M]."""
        return Memory(self.states.index_select(0, rows), self.keys.index_select(0, rows))


class Picker(nn.Module):
    """What both networks share: the two LSTMs, teacher forcing, and beam search.

    Args:
        width: of the LSTMs and of the attention.
    """

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.width = width
        self.reader = nn.LSTM(2, width, batch_first=True)
        self.writer = nn.LSTM(2, width, batch_first=True)
        self.begin = nn.Parameter(torch.zeros(2))
        self.keys = nn.Linear(width, width, bias=False)
        self.query = nn.Linear(width, width)
        self.score = nn.Linear(width, 1, bias=False)
        self.stop = nn.Parameter(torch.randn(width) * 0.1)

    def read(self, points: Tensor) -> tuple[Memory, tuple[Tensor, Tensor]]:
        """Points float32 [N, n, 2] in [0, 1] -> what attention looks at, and the last state."""
        states, last = self.reader(points * 2 - 1)
        states = torch.cat([self.stop.expand(len(points), 1, -1), states], 1)
        return Memory(states, self.keys(states)), last

    def attention(self, keys: Tensor, written: Tensor) -> Tensor:
        """Scores of all tokens [M, 1 + n] for keys [M, 1 + n, width] and the writer's states [M, width].

        `tanh(x) = 2 sigmoid(2 x) - 1`: the scales are the layers' own and the constant is the same for all tokens, so a sigmoid
        gives the same choices as the paper's tanh, and takes a fifth of the time on a processor.
        """
        return self.score(torch.sigmoid(keys + self.query(written)[:, None]))[..., 0]

    def logits(self, memory: Memory, written: Tensor) -> Tensor:
        """Scores of all tokens, stop first, [M, 1 + n], for M states of the writer and the memory of each."""
        raise NotImplementedError

    def chosen(self, points: Tensor, tokens: Tensor) -> Tensor:
        """What the writer is given for tokens [N, T]: where the points lie, [N, T, 2]."""
        known = torch.cat([self.begin.expand(len(points), 1, 2), points * 2 - 1], 1)
        return known.gather(1, tokens.clamp(min=0)[..., None].expand(-1, -1, 2))

    def loss(self, points: Tensor, tokens: Tensor) -> Tensor:
        """Cross-entropy of the right sequences int64 [N, T] (`EMPTY` behind their end), each token given those before it."""
        memory, last = self.read(points)
        before = F.pad(tokens[:, :-1], (1, 0), value=STOP)
        written, _ = self.writer(self.chosen(points, before), last)
        rows, places = (tokens != EMPTY).nonzero(as_tuple=True)  # attention is most of the work: none behind the ends
        return F.cross_entropy(self.logits(memory.of(rows), written[rows, places]), tokens[rows, places])

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
        memory, (h, c) = self.read(points)
        spread = torch.arange(many).repeat_interleave(beams)
        points, memory = points[spread], memory.of(spread)
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
            chances = self.logits(memory, written[:, 0])
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

    def logits(self, memory: Memory, written: Tensor) -> Tensor:
        """See `Picker.logits`."""
        return self.attention(memory.keys, written)


class Seq2Seq(Picker):
    """Attention blends the states, and a layer reads one of a fixed number of classes off the blend.

    Args:
        classes: points at most; those that no training set reached are never learned.
    """

    def __init__(self, width: int = WIDTH, classes: int = 50) -> None:
        super().__init__(width)
        self.out = nn.Linear(2 * width, 1 + classes)

    def logits(self, memory: Memory, written: Tensor) -> Tensor:
        """See `Picker.logits`; classes without a point are left out."""
        weights = self.attention(memory.keys, written).softmax(1)
        blend = (weights[:, None] @ memory.states)[:, 0]
        return self.out(torch.cat([written, blend], 1))[:, : memory.states.shape[1]]


def built(kind: str, **arguments: Any) -> Picker:
    """A network by name, `pointer` or `seq2seq`."""
    return {"pointer": Pointer, "seq2seq": Seq2Seq}[kind](**arguments)
