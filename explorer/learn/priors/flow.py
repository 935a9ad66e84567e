"""A normalising flow: Gaussian noise, bent step by step into the shape that the latents of real items have.

    log p(z | c) = log N(f(z; c); 0, I) + log |det df/dz|,

f a neural spline flow, whose pieces are monotonic rational-quadratic splines with parameters from a network that sees half of
the dimensions and the condition (Durkan, Bekasov, Murray and Papamakarios, "Neural spline flows", NeurIPS 2019,
arXiv:1906.04032), by zuko. Latents are standardised first; one in ten of them is learned with nothing told, one in ten with a
part of the attributes, so that what a person leaves open is known too. Fitting a density to a trained autoencoder's latents
follows Ghosh et al. 2020 (arXiv:1903.12436).

Good for: latents with clumps, bends and conditions that a mixture's tables can't follow; its likelihood is exact.
Not for: a few hundred items, or clumps with nothing at all between them, which a flow always joins by thin threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from torch import Tensor, nn
from torch.distributions import AffineTransform, Distribution, TransformedDistribution

from explorer.core.noise import normal
from explorer.core.registry import register
from explorer.core.schema import Schema
from explorer.learn.priors._learned import STEPS, Trained, told, trained

LAYERS, WIDTH, BINS = 4, 64, 8
PER_LAYER = 6  # weights and biases of a layer's network


@register("priors", "flow")
class Flow(Trained):
    """A neural spline flow over vectors of D numbers, given a condition of C numbers.

    Args:
        size: D.
        condition: C.
        layers: of splines.
        width: units in the two hidden layers of each layer's network.
        bins: of each spline, between -5 and 5 spreads of the latents.
    """

    title = "Flow"
    sentence = (
        "Draws noise and bends it into the shape of real items' latents, in a way that depends on the attributes."
    )
    order = 30

    def __init__(self, size: int, condition: int, layers: int = LAYERS, width: int = WIDTH, bins: int = BINS) -> None:
        import zuko  # here, so that a start without a flow doesn't pay for it

        super().__init__(size, condition)
        flow = zuko.flows.NSF(size, condition, bins=bins, transforms=layers, hidden_features=(width, width), passes=2)
        object.__setattr__(
            self, "flow", flow
        )  # no module of ours: masks and orders follow from the sizes, and aren't state
        self.weights = nn.ParameterList(flow.parameters())

    @classmethod
    def fit(cls, z: Tensor, c: Tensor, *, seed: int = 0, conditions: Schema | None = None, steps: int = STEPS) -> Self:
        """Maximum likelihood on latents z [N, D] under c [N, C]; see `Prior.fit`."""

        def loss(prior: Flow, points: Tensor, given: Tensor) -> Tensor:
            return -prior.flow(given).log_prob(points).mean()

        return trained(lambda: cls(z.shape[1], c.shape[1]), loss, z, c, seed=seed, conditions=conditions, steps=steps)

    def distribution(self, c: Tensor | None = None) -> Distribution:
        """See `Prior.distribution`."""
        placed = AffineTransform(self.centre, self.spread, event_dim=1)
        return TransformedDistribution(self.flow(told(c, self.condition)), placed)

    def draw(self, c: Tensor | None, seed: int, draw: int = 0, temperature: float = 1.0) -> Tensor:
        """See `Prior.draw`. The temperature scales the noise that is bent."""
        noise = temperature * normal(seed, draw, len(self.centre))
        bend = self.flow(told(None if c is None else c[None], self.condition)).transform.inv
        return self.centre + self.spread * bend(noise[None])[0]

    @classmethod
    def _empty(cls, tensors: Mapping[str, Tensor]) -> Self:
        size = len(tensors["centre"])
        width, seen = tensors["weights.0"].shape
        pieces = len(tensors[f"weights.{PER_LAYER - 1}"]) // size  # 3 B - 1 numbers for a spline of B bins
        layers = sum(name.startswith("weights.") for name in tensors) // PER_LAYER
        return cls(size, seen - (size if size > 1 else 0), layers, width, (pieces + 1) // 3)
