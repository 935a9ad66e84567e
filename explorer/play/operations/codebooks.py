"""Codebooks: each latent dimension as a choice among the values of its own codebook, with what it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.numbers import number
from explorer.core.registry import register
from explorer.learn.training.infomec import information, whole
from explorer.play.operations.codes import Code
from explorer.play.operations.turned import Each, Part, Said, Turned

if TYPE_CHECKING:
    from explorer.play.session import Session

TOLD = 0.08  # a dimension that tells less of every attribute than this share is said to tell of none


@register("tabs", "codebooks")
class Codebooks(Turned):
    """Choose the value of each dimension."""

    title = "Codebooks"
    order = 5
    operation = Code
    needs = frozenset({"codebooks"})

    def parts(self, session: Session) -> Sequence[Part]:
        """See `Turned.parts`."""
        (table, used), books = meaning(session), session.checkpoint.model.codebooks.tolist()
        order = sorted(range(len(used)), key=lambda j: (int(table[:, j].argmax()), -table[:, j].max()))
        names = [a.label.lower() for a in session.card.conditions.attributes]
        rows = []
        for j in (j for j in order if len(used[j]) > 1):
            values = sorted(range(len(books[j])), key=books[j].__getitem__)
            rows.append((j, told(table[:, j], names), tuple((v, number(books[j][v]), v in used[j]) for v in values)))
        idle = ", ".join(f"dimension {j}" for j in range(len(used)) if len(used[j]) < 2)
        entries = session.checkpoint.model.entries
        said = (
            f"Each dimension takes one of {entries} values of its own. Choose another, and see what it changes; what it "
            "stands for was found afterwards, by counting how much its value tells of each attribute."
        )
        made = Each(
            by="dimension", parameter="value", label="Dimension", rows=tuple(rows), low=0, high=entries - 1, said=said,
            back="Reset all",
        )  # fmt: skip
        return made, *([Said(id="idle", text=f"Never changed by any item: {idle}.")] if idle else [])


def meaning(session: Session) -> tuple[np.ndarray, list[list[int]]]:
    """How much each dimension tells of each attribute over the items, [attributes, dimensions], and the values in use."""

    def count() -> tuple[np.ndarray, list[list[int]]]:
        items = session.checkpoint.items
        z = np.asarray(items.z).reshape(len(items), -1).round().astype(np.int64)
        return information(z, whole(items.codes)), [np.unique(column).tolist() for column in z.T]

    return session.remember("codebooks", count)


def told(tells: np.ndarray, names: list[str]) -> str:
    """What a dimension tells of, the most first: `across 83 %, size 9 %`."""
    order = [k for k in np.argsort(-tells) if tells[k] >= TOLD][:2]
    return ", ".join(f"{names[k]} {tells[k]:.0%}" for k in order) or "a little of several"
