"""DAGSurv: a conditional VAE for the time of an event that knows the graph of the covariates (Sharma et al. 2021), and its rival.

A is the weighted graph over the time and the covariates. The encoder turns time and covariates into as many numbers as there
are nodes and multiplies by (I - A^T); z has that mean and unit variance. The decoder is given z and the covariates, makes a
number for each node, sends it through (I - A^T)^-1, so that it flows along the edges to all descendants, and reads the
probabilities of the time's intervals off the result (DAG-GNN's layers, Yu et al. 2019). The loss is the DeepHit likelihood
(an event: the probability of its interval; a person lost sight of: that of all later ones) and beta times the KL divergence.
Which edges there are is given; their weights begin at those of the linear graph and are learned. A curve is the mean over z
drawn from the prior, and its spread is what z leaves open.

`HazardNet` is the same size without graph and latent: a hazard for each interval (Gensheimer and Narasimhan 2019).

When not to use them: a graph found in the same data is a summary of it, not knowledge of causes; to cut an edge is to ask
the network, not nature.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

DRAWS = 32
TINY = 1e-8


def layers(inputs: int, width: int, outputs: int, dropout: float, hidden: int = 2) -> nn.Sequential:
    """A perceptron with ELU and some dropout."""
    sizes = [inputs, *[width] * hidden]
    inner = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ELU(), nn.Dropout(dropout))]
    return nn.Sequential(*inner, nn.Linear(width, outputs))


class DAGSurv(nn.Module):
    """See the module.

    Args:
        columns: K, covariates.
        intervals: of the time; one more stands for "later than all".
        width: of the perceptrons.
        beta: weight of the KL divergence.
        dropout: in the perceptrons.
    """

    def __init__(self, columns: int, intervals: int, width: int = 64, beta: float = 1.0, dropout: float = 0.1) -> None:
        super().__init__()
        nodes = 1 + columns
        self.nodes, self.beta = nodes, beta
        self.register_buffer("edges", torch.zeros(nodes, nodes))
        self.strengths = nn.Parameter(torch.zeros(nodes, nodes))
        self.encoder = layers(nodes, width, nodes, dropout)
        self.inner = layers(nodes + columns, width, nodes, dropout, hidden=1)
        self.outer = layers(nodes, width, intervals + 1, dropout)

    def know(self, edges: Tensor, strengths: Tensor) -> None:
        """Give it the graph: edges 0 or 1 [1 + K, 1 + K] from row to column, and the weights to begin with; node 0 is time."""
        self.edges.copy_(edges)
        self.strengths.data.copy_(strengths * edges)

    def graph(self, cut: Tensor | None = None) -> Tensor:
        """A [1 + K, 1 + K]; `cut` has a 0 where an edge is taken out."""
        whole = self.strengths * self.edges
        return whole if cut is None else whole * cut

    def encode(self, x: Tensor, time: Tensor) -> Tensor:
        """Standardised covariates [N, K] and times [N] -> mean of z [N, 1 + K]."""
        inside = self.encoder(torch.cat([time[:, None], x], 1))
        return inside @ (torch.eye(self.nodes) - self.graph())

    def decode(self, z: Tensor, x: Tensor, cut: Tensor | None = None) -> Tensor:
        """z [N, 1 + K], covariates [N, K] -> log-probabilities of the intervals [N, intervals + 1]."""
        inside = self.inner(torch.cat([z, x], 1))
        flowed = torch.linalg.solve(torch.eye(self.nodes) - self.graph(cut), inside, left=False)
        return self.outer(flowed).log_softmax(1)

    def loss(self, x: Tensor, time: Tensor, interval: Tensor, event: Tensor) -> Tensor:
        """A batch of people -> the loss; `interval` int64 [N] is that of the time."""
        mean = self.encode(x, time)
        chances = self.decode(mean + torch.randn_like(mean), x)
        return -likelihood(chances, interval, event).mean() + self.beta * 0.5 * mean.square().sum(1).mean()

    def curves(self, x: Tensor, draws: int = DRAWS, seed: int = 0, cut: Tensor | None = None) -> Tensor:
        """Survival at the end of each interval, for draws of z from the prior: [draws, N, intervals].

        The draws are the same for all people.
        """
        z = torch.randn(draws, self.nodes, generator=torch.Generator().manual_seed(seed))
        chances = self.decode(z.repeat_interleave(len(x), 0), x.repeat(draws, 1), cut).exp()
        return (1 - chances.cumsum(1)[:, :-1]).clamp(0, 1).view(draws, len(x), -1)

    def survival(self, x: Tensor, cut: Tensor | None = None) -> Tensor:
        """The mean of the curves, [N, intervals]."""
        return self.curves(x, cut=cut).mean(0)

    def held_out(self, x: Tensor, interval: Tensor, event: Tensor) -> Tensor:
        """Negative log-likelihood of people under the mean curve, a scalar."""
        return -likelihood(chances_of(self.survival(x)), interval, event).mean()


class HazardNet(nn.Module):
    """A perceptron gives the hazard of each interval; see the module."""

    def __init__(self, columns: int, intervals: int, width: int = 64, dropout: float = 0.1) -> None:
        super().__init__()
        self.net = layers(columns, width, intervals, dropout, hidden=3)

    def survival(self, x: Tensor) -> Tensor:
        """Survival at the end of each interval, [N, intervals]."""
        return F.logsigmoid(-self.net(x)).cumsum(1).exp()

    def loss(self, x: Tensor, time: Tensor, interval: Tensor, event: Tensor) -> Tensor:
        """See `DAGSurv.loss`: the same likelihood, without a latent."""
        return self.held_out(x, interval, event)

    def held_out(self, x: Tensor, interval: Tensor, event: Tensor) -> Tensor:
        """See `DAGSurv.held_out`."""
        return -likelihood(chances_of(self.survival(x)), interval, event).mean()


def chances_of(survival: Tensor) -> Tensor:
    """Survival [N, intervals] -> log-probabilities of the intervals and of "later" [N, intervals + 1]."""
    whole = F.pad(survival, (1, 0), value=1.0)
    return torch.cat([whole[:, :-1] - whole[:, 1:], whole[:, -1:]], 1).clamp_min(TINY).log()


def likelihood(chances: Tensor, interval: Tensor, event: Tensor) -> Tensor:
    """Log-likelihood of each person [N]: of the interval of the event, or of any later one where sight was lost."""
    at = chances.gather(1, interval[:, None])[:, 0]
    later = torch.arange(chances.shape[1]) > interval[:, None]
    after = chances.masked_fill(~later, -torch.inf).logsumexp(1).clamp_min(-20.0)
    return torch.where(event, at, after)
