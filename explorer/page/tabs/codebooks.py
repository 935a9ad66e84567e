"""Codebooks: each latent dimension as a choice among the values of its own codebook, with what it stands for."""

from __future__ import annotations

import numpy as np

from explorer.core.nodes import Button, Cell, Labelled, Note, Panel, Row, Sets, Slider, Strip
from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.learn.training.infomec import information, whole
from explorer.page.tabs.base import Tab
from explorer.page.views.html import number
from explorer.play import recipes
from explorer.play.session import Session

TOLD = 0.08  # a dimension that tells less of every attribute than this share is said to tell of none


@register("tabs", "codebooks")
class Codebooks(Tab):
    """Choose the value of each dimension."""

    title = "Codebooks"
    order = 5
    kinds = frozenset({"codes"})
    needs = frozenset({"codebooks"})
    special = True

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`."""
        model, state = session.checkpoint.model, session.resolve(scene.point)
        table, used = meaning(session)
        order = sorted(range(len(used)), key=lambda j: (int(table[:, j].argmax()), -table[:, j].max()))
        rows = [
            self._row(session, scene, j, value=int(state.z[j]), tells=table[:, j], used=used[j])
            for j in order
            if len(used[j]) > 1
        ]
        idle = [j for j in range(len(used)) if len(used[j]) < 2]
        reset = Button(
            id="reset-codes", text="Reset all", sets=Sets(patch={"edits": []}),
            disabled=None if scene.point.edits else "Every dimension has the value that it was encoded to.",
        )  # fmt: skip
        said = Note(
            id="codebooks-said",
            text=f"Each dimension takes one of {model.entries} values of its own. Choose another, and see what it changes; what "
            "it stands for was found afterwards, by counting how much its value tells of each attribute.",
        )
        unused = f"Never changed by any item: {', '.join(f'dimension {j}' for j in idle)}."
        last = (Note(id="idle", text=unused),) if idle else ()
        return Panel(nodes=(Row(id="codebooks-head", role="head", inside=(said, reset)), *rows, *last))

    def _row(
        self, session: Session, scene: Scene, dimension: int, *, value: int, tells: np.ndarray, used: list[int]
    ) -> Row:
        """One dimension: its name and what it tells, its values as pictures, and a slider through them."""
        ident, entries = f"codebook-{dimension}", session.checkpoint.model.entries
        where = next(
            (k for k, e in enumerate(scene.point.edits) if e.op == "code" and e.params.get("dimension") == dimension),
            None,
        )
        numbers = session.checkpoint.model.codebooks[dimension].tolist()
        cells = tuple(
            Cell(
                point=placed(scene.point, dimension, v), caption=number(numbers[v]),
                alt=f"Dimension {dimension} at {number(numbers[v])}{', as here' if v == value else ''}",
            )
            for v in sorted({*used, value}, key=lambda v: numbers[v])
        )  # fmt: skip
        start = scene.point if where is not None else placed(scene.point, dimension, value)
        at = len(start.edits) - 1 if where is None else where
        full = where is None and len(scene.point.edits) >= MAX_EDITS
        path = None if full else f"edits.{at}.params.value"
        sets = Sets(path=path, point=None if where is not None or full else start, live=not full)
        bar = Slider(
            id=ident, value=value, low=0, high=entries - 1, step=1, label=f"Value of dimension {dimension}", sets=sets,
            disabled=f"This picture has {MAX_EDITS} steps behind it." if full else None,
        )  # fmt: skip
        back = Button(
            text="Reset", look="small", label=f"Reset dimension {dimension}", sets=Sets(unset=(f"edits.{where}",)),
        )  # fmt: skip
        names = [a.label.lower() for a in session.card.conditions.attributes]
        changed = where is not None
        name = Labelled(
            id=f"field-{dimension}", label=f"Dimension {dimension}", remark=told(tells, names), inside=(bar,),
            actions=(back,) if changed else (),
        )  # fmt: skip
        strip = Strip(id=f"values-{dimension}", cells=cells, fit=True, bare=True)
        return Row(id=f"row-{dimension}", role="pair", changed=changed, inside=(name, strip))


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


def placed(point: Point, dimension: int, value: int) -> Point:
    """A point with one code set; one that was set before is changed in its place."""
    edits = list(point.edits)
    for k, edit in enumerate(edits):
        if edit.op == "code" and edit.params.get("dimension") == dimension:
            edits[k] = edit.model_copy(update={"params": {"dimension": dimension, "value": value}})
            return point.model_copy(update={"edits": tuple(edits)})
    if len(edits) >= MAX_EDITS:
        return point
    return recipes.step(point, "code", dimension=dimension, value=value)
