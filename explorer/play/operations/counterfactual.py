"""Counterfactual: the smallest step in latent space after which the model's own classifier reads another class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field

from explorer.core.nodes import Note, Table
from explorer.core.registry import register
from explorer.core.scene import Point
from explorer.core.schema import ExplorerError
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.tab import Options
from explorer.play.operations.turned import Along, Part, Pick, Read, Reading, Shown, Stop, Turn, Turned

if TYPE_CHECKING:
    from explorer.play.session import Session

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


class CounterfactualOptions(Options):
    """Which class is asked for, and how surely; the nearest other class where none is chosen."""

    target: str | None = Field(default=None, max_length=64)
    confidence: float = Field(default=0.9, ge=LOWEST, le=HIGHEST)


@register("tabs", "counterfactual")
class CounterfactualTab(Turned):
    """What would have to change?"""

    title = "What if?"
    order = 60
    operation = Counterfactual
    Options = CounterfactualOptions

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        asked, values = ("target", "confidence"), session.card.conditions.attributes[0].values
        stops = [Stop(sets={"share": round(k / 6, 6)} if k < 6 else {}, alt=f"Step {k + 1} of 7") for k in range(7)]
        return (
            Pick(id="target", parameter="target", label="Read it as", values=values, keep=("confidence",)),
            Turn(parameter="confidence", label="How surely", step=0.01, start=0.9, keep=("target",), back="Reset"),
            Read(id="said"),
            Along(id="way", title="The way there", stops=stops, keep=asked, path=True),
            Read(id="readouts"),
        )

    def start(self, session: Session, base: Point) -> dict[str, dict[str, Any]]:
        """The class that is read now, and the nearest other one."""
        values, log = session.card.conditions.attributes[0].values, _log(session, [base])
        nearest = int(rival(log, log.argmax(1)))
        return {"start": {"target": values[nearest]}, "own": {"target": values[int(log[0].argmax())]}}

    @torch.inference_mode()
    def read(self, session: Session, asked: Shown) -> Reading:
        """How sure each reader is of the target at each step: the model by latent and by picture, and the judge."""
        attribute, way = session.card.conditions.attributes[0], asked.strips.get("way", ())
        target, log = asked.taken.get("target"), _log(session, [asked.base, *way])
        if target not in attribute.values or not way:
            return Reading()
        t, model = attribute.values.index(target), session.checkpoint.model
        s = int(rival(log[:1], torch.tensor([t])))
        source, now = attribute.values[s], attribute.values[int(log[0].argmax())]
        outputs, latent = torch.stack([session.output(point) for point in way]), _odds(log[1:], s, t)
        rows = {
            f"Model, against {source}": latent,
            "Model, of all classes": log[1:, t].exp(),
            f"Looking at the picture again, against {source}": _odds(model.classify(outputs), s, t),
        }
        if session.checkpoint.judge is not None:
            where = session.card.conditions.slices[attribute.name]
            rows[f"Independent judge, against {source}"] = _odds(session.checkpoint.judge(outputs)[:, where], s, t)
        table = Table(
            id="readouts", label=f"How sure of {target} at each step", columns=("", *(str(k + 1) for k in range(len(way)))),
            rows=tuple((name, *(f"{p:.0%}" for p in row.tolist())) for name, row in rows.items()),
        )  # fmt: skip
        said = (
            f"The model reads this as {now}. The least that must change for it to read {target} rather than {source} is a "
            "straight step across the boundary between the two; its length has a closed form."
        )
        return Reading(
            captions={"way": [f"{p:.0%}" for p in latent.tolist()]},
            titles={"way": f"From {source} to {target}, and how sure the model is of {target}"},
            nodes={"said": [Note(id="said", text=said)], "readouts": [table]},
        )


@torch.inference_mode()
def _log(session: Session, points: Sequence[Point]) -> torch.Tensor:
    """log p(y | z) of points [N, C]."""
    return session.checkpoint.model.discriminate(torch.stack([session.resolve(point).z for point in points]))


def _odds(log: torch.Tensor, source: int, target: int) -> torch.Tensor:
    """Logits or log probabilities [N, C] -> probability of the target against the source, [N]."""
    return (log[:, target] - log[:, source]).sigmoid()
