"""Delete words: the text on stage read once more, with a share of its words deleted first (capability `denoise`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch import Tensor

from explorer.core.nodes import Node, Note, Table
from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS
from explorer.play.operations.base import Context, Operation, Params, State
from explorer.play.operations.turned import Along, Part, Read, Reading, Said, Seeded, Shown, Turn, Turned

if TYPE_CHECKING:
    from explorer.learn.models.base import Model
    from explorer.play.session import Session

MOST = 0.8
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8)


class DeleteParams(Params):
    """How much is deleted, and the seed that decides which words."""

    share: float = Field(
        default=0.4, ge=0, le=MOST, description="chance of each word to be deleted; one word always stays"
    )
    seed: int = Field(default=0, ge=0, lt=2**31)


@register("operations", "delete")
class Delete(Operation):
    """z = E(x~), of the point's text x with words deleted: what a denoising autoencoder learns from (Shen et al. 2020)."""

    title = "Delete words"
    sentence = "Deletes words of what the model wrote, and encodes the rest."
    cost = 15.0
    Params = DeleteParams
    needs = frozenset({"denoise"})

    def apply(self, context: Context, state: State, params: DeleteParams) -> State:
        """See `Operation.apply`."""
        model = context.checkpoint.model
        with torch.inference_mode():
            return state.moved(
                model.encode(left(model, state, params.share, params.seed), state.c[None]).mean[0].clone()
            )


def left(model: Model, state: State, share: float, seed: int) -> Tensor:
    """What the encoder is shown of a state's text, [1, *shape]."""
    c = state.c[None]
    return model.without(model.decode(state.z[None], c), share, seed)


@register("tabs", "delete")
class DeleteTab(Turned):
    """A text with fewer and fewer of its words, and what the model makes of the rest."""

    title = "Delete words"
    order = 5
    operation = Delete
    Options = Seeded

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        said = (
            "Words of the text on stage are deleted before it is encoded. A denoising autoencoder has learned to write the whole "
            "text all the same, so that texts which share words lie near each other."
        )
        keep, title = ("seed",), "With more and more words deleted"
        return (
            Said(text=said),
            Turn(
                parameter="share", label="Share deleted", step=0.05, start=0.0, play=True, seed="Other words",
                back="Keep all words", keep=keep,
            ),
            Along.over(
                "share", SHARES, id="delete-way", title=title, alt="With {} of the words deleted", path=True, keep=keep
            ),
            Read(id="delete-seen"),
        )  # fmt: skip

    @torch.inference_mode()
    def read(self, session: Session, asked: Shown) -> Reading:
        """What the encoder was shown at each stop, and how many words come back in their places."""
        points = asked.strips.get("delete-way", ())
        if not points or len(asked.base.edits) >= MAX_EDITS:
            return Reading()
        state, whole = session.resolve(asked.base), session.output(asked.base)
        shares = [point.edits[-1].params["share"] for point in points]
        back = [session.modality.alike(session.output(point)[None], whole[None]).item() for point in points]
        rows = []
        for point, share, same in zip(points, shares, back, strict=True):
            shown = left(session.checkpoint.model, state, share, point.edits[-1].params["seed"])[0]
            rows.append((f"{share:.0%}", session.modality.said(shown), f"{same:.0f}%"))
        captions = [f"{share:.0%}: {same:.0f}% in place" for share, same in zip(shares, back, strict=True)]
        table = Table(
            id="delete-table", label="What was left to read", columns=("deleted", "what was left", "words back in place"),
            rows=tuple(rows),
        )  # fmt: skip
        note = "In place: words that stand where they stood in the text on stage."
        nodes: list[Node] = [table, Note(id="delete-note", text=note)]
        return Reading(captions={"delete-way": captions}, nodes={"delete-seen": nodes})
