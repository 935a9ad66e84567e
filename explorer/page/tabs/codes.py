"""Codes: the grid of symbols over the picture; erase a region and let the transformer draw it anew, or replace one code."""

from __future__ import annotations

from math import log
from typing import Any, Literal

from pydantic import Field

from explorer.core.nodes import (
    Button,
    Cell,
    Chips,
    Choice,
    CodeGrid,
    Labelled,
    Node,
    Note,
    Row,
    Section,
    Select,
    Sets,
    Slider,
    Strip,
)  # fmt: skip
from explorer.core.panel import Panel
from explorer.core.registry import register
from explorer.core.scene import Point, Scene
from explorer.core.schema import Attribute, ExplorerError, Value
from explorer.play import recipes
from explorer.play.operations.codes import MAX_CELLS, completing
from explorer.play.operations.tab import Tab
from explorer.play.session import Session

SHOWN = {"picture": "Picture", "numbers": "Code numbers", "surprise": "Surprise"}
DRAWS, ALTERNATIVES = 6, 8
ANY = "any"  # among the values of an attribute: nothing is asked of it
LARGEST_SEED = 2**31 - 1


class CodesOptions(recipes.Options):
    """Which cells are erased, and how they are drawn anew."""

    erase: str | None = Field(default=None, pattern=r"^[01]+$", max_length=MAX_CELLS)
    show: Literal["picture", "numbers", "surprise"] = "picture"
    seed: int = Field(default=1, ge=0, lt=2**31)
    temperature: float = Field(default=1.0, ge=0, le=2)
    condition: dict[str, str | None] = {}


@register("tabs", "codes")
class Codes(Tab):
    """The code grid of a picture."""

    title = "Codes"
    order = 5
    kinds = frozenset({"codes"})
    needs = frozenset({"complete"})
    special = True
    Options = CodesOptions

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`.

        Raises:
            ExplorerError: a mask of another size, or a checkpoint without a prior over codes.
        """
        chosen: CodesOptions = self.options(scene)
        prior = completing(session.checkpoint)
        rows, columns = session.card.latent.shape
        erase = chosen.erase or half(rows, columns, "bottom")
        if len(erase) != rows * columns:
            raise ExplorerError(f"This grid has {rows * columns} cells; the mask has {len(erase)}.", "panel")
        views = Chips(
            id="show", choices=tuple(Choice(value=k, text=v) for k, v in SHOWN.items()), value=chosen.show,
            sets=Sets(path=self.path("show"), view=True), label="What the cells show",
        )  # fmt: skip
        controls = Row(
            id="code-controls", role="column",
            inside=(views, *self._regions(rows, columns, erase), self._facts(session, scene, prior, erase)),
        )  # fmt: skip
        grid = self._grid(session, scene, chosen, prior, erase)
        return Panel(
            nodes=(
                Row(id="code-stage", role="beside", inside=(grid, controls)),
                *self._draws(session, scene, chosen, erase),
                *self._one(session, scene, prior, erase),
            )
        )

    def _grid(self, session: Session, scene: Scene, chosen: CodesOptions, prior: Any, erase: str) -> CodeGrid:
        """The picture with a button for each cell; `assets/js/shell/grid.js` adds painting and arrow keys."""
        state, (rows, columns) = session.resolve(scene.point), session.card.latent.shape
        codes, heat = state.z.flatten().tolist(), []
        if chosen.show == "surprise":
            heat = prior.surprise(state.z, state.c).flatten().tolist()
        texts = {"picture": [], "numbers": [str(code) for code in codes], "surprise": [f"{nats:.1f}" for nats in heat]}
        return CodeGrid(
            id="code-grid", label="Cells of the code grid; pressed ones are erased", rows=rows, columns=columns, mask=erase,
            cell=Cell(point=scene.point, alt="The picture under its grid of codes"),
            texts=tuple(texts[chosen.show]), heat=tuple(min(nats / 8, 1) for nats in heat),
            names=tuple(f"Row {k // columns + 1}, column {k % columns + 1}: code {code}" for k, code in enumerate(codes)),
            sets=Sets(path=self.path("erase"), view=True),
        )  # fmt: skip

    def _regions(self, rows: int, columns: int, erase: str) -> list[Node]:
        """Buttons that erase a whole region at once."""
        sides = {"top": "Top half", "bottom": "Bottom half", "left": "Left half", "right": "Right half"}
        named = {text: half(rows, columns, side) for side, text in sides.items()}
        named |= {"All": "1" * len(erase), "None": "0" * len(erase), "Invert": erase.translate({48: "1", 49: "0"})}
        buttons = tuple(
            Button(
                id=f"erase-{text.split()[0].lower()}", text=text, pressed=mask == erase if text != "Invert" else None,
                sets=Sets(patch={self.path("erase"): mask}, view=True),
            )
            for text, mask in named.items()
        )  # fmt: skip
        return [Section(id="erase", title="Erase", inside=(Row(id="erase-regions", inside=buttons),))]

    def _facts(self, session: Session, scene: Scene, prior: Any, erase: str) -> Note:
        state, size = session.resolve(scene.point), session.checkpoint.model.entries
        nats, guess = float(prior.surprise(state.z, state.c).mean()), len(prior.token)
        text = (
            f"{len(erase)} codes of {size}, {len(set(state.z.flatten().tolist()))} different ones here; the transformer "
            f"finds a code {nats:.1f} nats surprising on average (a blind guess: {guess} codes, {log(guess):.1f} nats). "
            f"{erase.count('1')} cells are erased below."
        )
        return Note(id="code-facts", text=text)

    def _draws(self, session: Session, scene: Scene, chosen: CodesOptions, erase: str) -> list[Node]:
        """Completions of what the erased picture leaves, and how they are drawn."""
        if "1" not in erase:
            text = "Press cells of the grid, or paint over them, to erase what the transformer shall draw anew."
            return [Note(id="nothing-erased", text=text)]
        base = holed(scene.point, erase)
        params = {"erase": erase, "seed": chosen.seed, "temperature": chosen.temperature}
        asked = self._asked(session, base, chosen)
        if asked is not None:
            params["condition"] = asked
        points = [recipes.step(base, "complete", **params, draw=k) for k in range(DRAWS)]
        cells = (
            Cell(point=base, caption="before", alt="Before erasing"),
            *(Cell(point=point, alt=f"Completion {k}", trust=True) for k, point in enumerate(points, start=1)),
        )
        seed = (chosen.seed + 1) % LARGEST_SEED
        again = Button(
            id="resample-region", text="Resample region", look="plain", sets=Sets(patch={self.path("seed"): seed}, view=True),
        )  # fmt: skip
        warmth = Slider(
            id="temperature", value=chosen.temperature, low=0, high=1.5, step=0.05,
            sets=Sets(path=self.path("temperature"), view=True),
        )  # fmt: skip
        selects = [self._ask(a, chosen) for a in session.card.conditions.attributes if a.kind == "categorical"]
        return [
            Strip(id="completions", cells=cells),
            Row(id="again", inside=(again,)),
            *selects,
            Labelled(id="field-temperature", label="Temperature", inside=(warmth,)),
        ]

    def _ask(self, attribute: Attribute, chosen: CodesOptions) -> Labelled:
        choices = (Choice(value=None, text="as the picture"), Choice(value=ANY, text="any"))
        choices += tuple(Choice(value=v, text=v) for v in attribute.values)
        listed = Select(
            id=f"complete-{attribute.name}", choices=choices, value=chosen.condition.get(attribute.name),
            sets=Sets(path=self.path(f"condition.{attribute.name}"), view=True),
        )  # fmt: skip
        label = f"Draw it as {attribute.label.lower()}"
        return Labelled(id=f"field-{attribute.name}", label=label, inside=(listed,))

    def _asked(self, session: Session, base: Point, chosen: CodesOptions) -> dict[str, Value] | None:
        """What the new part shall show; None where it is what the picture shows."""
        changes = {name: value for name, value in chosen.condition.items() if value is not None}
        if not changes:
            return None
        asked = {**session.condition(base), **changes}
        return {name: value for name, value in asked.items() if value not in (None, ANY)}

    def _one(self, session: Session, scene: Scene, prior: Any, erase: str) -> list[Node]:
        """What could stand in the one cell that is chosen."""
        if erase.count("1") != 1:
            return []
        state, where = session.resolve(scene.point), erase.index("1")
        found = prior.alternatives(state.z, where, state.c, ALTERNATIVES)
        cells = tuple(
            Cell(
                point=placed(scene.point, where, code), caption=f"{code} · {share:.0%}",
                alt=f"Code {code} in the chosen cell",
            )
            for code, share in found
        )  # fmt: skip
        text = "The codes that fit best into the chosen cell while all others stay, and how likely each is."
        return [
            Strip(id="replacements", title="Replace this code", cells=cells),
            Note(id="replacements-said", text=text),
        ]


def half(rows: int, columns: int, side: str) -> str:
    """The mask of one half of a grid: `top`, `bottom`, `left` or `right`; the middle line belongs to both."""
    inside = {
        "top": lambda r, c: 2 * r < rows,
        "bottom": lambda r, c: 2 * (rows - 1 - r) < rows,
        "left": lambda r, c: 2 * c < columns,
        "right": lambda r, c: 2 * (columns - 1 - c) < columns,
    }[side]
    return "".join("1" if inside(r, c) else "0" for r in range(rows) for c in range(columns))


def holed(point: Point, erase: str) -> Point:
    """What completions are completions of: the point without a completion of the same region at its end."""
    base, params = point.before("complete")
    return base if params is not None and params.get("erase") == erase else point


def placed(point: Point, dimension: int, value: int) -> Point:
    """A point with one code set; one that was set before is changed in its place."""
    edits = list(point.edits)
    if edits and edits[-1].op == "code" and edits[-1].params.get("dimension") == dimension:
        edits.pop()
    return recipes.step(point.model_copy(update={"edits": tuple(edits)}), "code", dimension=dimension, value=value)
