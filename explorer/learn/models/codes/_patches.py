"""What VQGAN plays: a critic of patches, equations 6 and 7 of its paper, and the distance that a classifier of other data sees.

From Esser, Rombach and Ommer, "Taming transformers for high-resolution image synthesis" (CVPR 2021, arXiv:2012.09841).
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.core.registry import find
from explorer.core.schema import Schema
from explorer.learn.models.judge import Judge

DELTA = 1e-6
LARGEST = 1e4  # of lambda, as in their code
PERCEIVED = 20_000  # items that the perceptual classifier learns from,
PASSES, BATCH, RATE = 4, 128, 2e-3  # so many times, in such steps


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


def game(
    critic: Patches,
    y: Tensor,
    x: Tensor,
    error: Tensor,
    last: Tensor,
    *,
    adversarial: float,
    perceptual: float,
    apart: Tensor | None = None,
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
        perceptual: weight of the distance.
        apart: the distance of y from x; without it, the squared difference in the critic's layers is taken (Larsen et al.,
            "Autoencoding beyond pixels using a learned similarity metric", ICML 2016, equation 7).

    Returns:
        `loss` for one backward pass, and `perceptual`, `generator`, `critic`, `lambda`.
    """
    frozen = {name: weight.detach() for name, weight in critic.named_parameters()}
    score, drawn = torch.func.functional_call(critic, frozen, (y,))
    real, seen = critic(x)
    fake, _ = critic(y.detach())
    distance = apart
    if distance is None:
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


@cache
def perceiver(name: str) -> Judge:
    """A classifier of another data set, whose inner layers say how far two pictures are apart; trained once a process, seed 0.

    Args:
        name: of a data set of pictures with a categorical attribute, such as `digits`.

    Raises:
        ExplorerError: the data set is not at hand.
    """
    data = find("data", name)()
    items = data.load("train")
    x = torch.from_numpy(items.x[:PERCEIVED]).float().div(255).mean(1, keepdim=True)
    attribute = next(a for a in data.conditions.attributes if a.kind == "categorical")
    labels = torch.from_numpy(items.codes[:PERCEIVED, data.conditions.attributes.index(attribute)]).long()
    with torch.random.fork_rng(devices=[]), torch.autocast("cpu", enabled=False), torch.enable_grad():
        torch.manual_seed(0)
        net = Judge((1, *x.shape[2:]), Schema(attributes=(attribute,))).to(memory_format=torch.channels_last)
        optimiser = torch.optim.AdamW(net.parameters(), RATE)
        for _ in range(PASSES):
            for rows in torch.randperm(len(x)).split(BATCH):
                loss = F.cross_entropy(net(x[rows]), labels[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
    return net.eval().requires_grad_(False)


def perceived(net: Judge, y: Tensor, x: Tensor) -> Tensor:
    """How far y lies from x, both [N, *shape] in [0, 1], in the layers of a classifier; a scalar.

    Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric" (CVPR 2018), equation 1 with all
    weights one: each place's channels are brought to length one, squared differences summed over channels, averaged over
    places and summed over layers. Colours are seen as grey.
    """
    both, whole = torch.cat([y, x]).mean(1, keepdim=True) - 0.5, y.new_zeros(())
    for layer in net.trunk:
        both = layer(both)
        if isinstance(layer, nn.GELU):
            drawn, real = F.normalize(both.float(), dim=1).chunk(2)
            whole = whole + (drawn - real).square().sum(1).mean()
    return whole
