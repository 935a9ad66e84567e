"""Counterfactual: the smallest step in latent space after which the model's own classifier reads another class."""

from __future__ import annotations

import torch
from pydantic import Field

from explorer.core.registry import register
from explorer.core.schema import ExplorerError
from explorer.play.operations.base import Context, Operation, Params, State

LOWEST, HIGHEST = 0.5, 0.99


class CounterfactualParams(Params):
    """Which class, how surely, and how far on the way there."""

    target: str = Field(max_length=64, description="the class that is to be read")
    confidence: float = Field(
        default=0.9, ge=LOWEST, le=HIGHEST, description="probability of the target against the class it is taken from"
    )
    share: float = Field(default=1.0, ge=0, le=1, description="share of the way, in even steps of the log odds")


@register("operations", "counterfactual")
class Counterfactual(Operation):
    """Move straight across the boundary between two classes, as far as a confidence asks.

    Haselhoff et al. 2024 (GdVAE, arXiv:2409.12952), the local-L2 explanation; see `models/vae/gdvae.py`. The source is
    the likeliest class but for the target. The condition becomes the soft label that the paper decodes under.
    """

    title = "Counterfactual"
    sentence = "Changes as little as must change for the model to read another class, as surely as asked."
    needs = frozenset({"counterfactual"})
    moves_condition = True
    cost = 2.0
    Params = CounterfactualParams

    def apply(self, context: Context, state: State, params: CounterfactualParams) -> State:
        """See `Operation.apply`.

        Raises:
            ExplorerError: the model has no such class.
        """
        model = context.checkpoint.model
        (attribute,) = context.checkpoint.card.conditions.attributes
        if params.target not in attribute.values:
            known = ", ".join(attribute.values)
            raise ExplorerError(f"{attribute.label} has no value {params.target!r}; it takes {known}.", "panel")
        target = torch.tensor([attribute.values.index(params.target)])
        z = state.z[None]
        source = rival(model.discriminate(z), target)
        now, asked = model.odds(z, source, target), torch.tensor([params.confidence]).logit()
        z, c = model.counterfactual(z, source, target, torch.lerp(now, asked, params.share))
        return state.moved(z[0], c[0])


def rival(log_probabilities: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """log p(y | z) [N, C] and targets int64 [N] -> the likeliest other class, int64 [N]."""
    return log_probabilities.scatter(1, target[:, None], -torch.inf).argmax(1)
