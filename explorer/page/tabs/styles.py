"""Styles: A and B, and for each layer of the generator the one whose style it takes; the table of all exchanges beside it."""

from __future__ import annotations

from pydantic import Field

from explorer.core.nodes import (
    Button,
    Cell,
    Chips,
    Choice,
    Labelled,
    Matrix,
    Note,
    Overlay,
    Panel,
    Row,
    Section,
    Sets,
    Slider,
    Strip,
)  # fmt: skip
from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.page.tabs.base import Tab, ends, full, play
from explorer.play import recipes
from explorer.play.operations.styles import MOST_LAYERS
from explorer.play.session import Session

OP, DRAW = "mix_styles", "draw_style"
OTHERS = 4  # columns of the table beside B
WAY = 7
LARGEST_SEED = 2**31 - 1
DEPTHS = ("coarsest", "coarse", "fine", "finest")


class StylesOptions(recipes.Options):
    """Which layers take the style of B, a digit each (1: B's), the coarsest first; how much; the seed of the last draw."""

    layers: str | None = Field(default=None, max_length=MOST_LAYERS, pattern="^[01]+$")
    amount: float = Field(default=1.0, ge=0, le=1)
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)


@register("tabs", "styles")
class StylesTab(Tab):
    """Whose style in which layer?"""

    title = "Styles"
    order = 55
    special = True
    needs = frozenset({"styles"})
    Options = StylesOptions

    def panel(self, session: Session, scene: Scene) -> Panel:
        """See `Tab.panel`."""
        chosen, a, b = self._now(session, scene)
        if len(a.edits) >= MAX_EDITS:
            return full()
        layers, amount = chosen.layers, chosen.amount
        rows = [self._layer(a, b, k, name, chosen) for k, name in enumerate(session.checkpoint.model.style_names)]
        here = _mix(a, b, layers, amount)
        point = None if scene.point == here else _mix(a, b, layers)
        sets = Sets(path=f"edits.{len(a.edits)}.params.amount", point=point, live=True)
        bar = Slider(
            id="styles-amount", value=amount, low=0, high=1, step=0.01, sets=sets, label="Share of B's style in these layers",
        )  # fmt: skip
        way = tuple(_mix(a, b, layers, k / (WAY - 1)) for k in range(WAY))
        cells = tuple(
            Cell(point=p, caption=f"{k / (WAY - 1):.0%}", alt=f"{k / (WAY - 1):.0%} of B's style")
            for k, p in enumerate(way)
        )
        said = Note(
            id="styles-said",
            text="Each layer of the generator takes a style of its own, the same in all until you exchange some: the coarse "
            "layers say what it is and how it is cut, the fine ones its shade and its pattern.",
        )
        return Panel(
            nodes=(
                ends(session, scene, a, b),
                self._draw(chosen),
                Row(id="styles-layers", role="column", inside=tuple(rows)),
                Row(id="styles-scrub", role="scrub", inside=(play("styles-play", "styles-amount"), bar)),
                Strip(id="styles-way", title="From A to B in these layers alone", cells=cells, fit=True),
                self._table(session, a, b),
                said,
            ),
            overlay=Overlay(path=way, a=a, b=b),
        )

    def _now(self, session: Session, scene: Scene) -> tuple[StylesOptions, Point, Point]:
        """Options, A and B; where none is chosen A is on stage, and B far from it. A mix of the two on stage decides."""
        chosen: StylesOptions = self.options(scene)
        count = session.checkpoint.model.layers
        base, params = scene.point.before(OP)
        a = scene.view.a or base
        b = scene.view.b or recipes.distant(session, a)
        if params is not None and base == a:
            session.resolve(scene.point)  # which says what is wrong with its parameters
            if Point.model_validate(params["to"]) == b:
                mask = "".join("1" if k in params["layers"] else "0" for k in range(count))
                taken = {"layers": mask, "amount": float(params.get("amount", 1.0))}
                return chosen.model_copy(update=taken), a, b
        if chosen.layers is None or len(chosen.layers) != count:
            chosen = chosen.model_copy(update={"layers": "0" * (count - count // 2) + "1" * (count // 2)})
        return chosen, a, b

    def _layer(self, a: Point, b: Point, k: int, name: str, chosen: StylesOptions) -> Labelled:
        """A layer's choice between A and B."""
        masks = [chosen.layers[:k] + digit + chosen.layers[k + 1 :] for digit in "01"]
        choices = tuple(
            Choice(value=mask, text=text, point=_mix(a, b, mask, chosen.amount))
            for mask, text in zip(masks, "AB", strict=True)
        )
        ident = f"styles-layer-{k}"
        picked = Chips(id=ident, choices=choices, value=chosen.layers, sets=Sets(path=self.path("layers")))
        depth = DEPTHS[k * len(DEPTHS) // len(chosen.layers)]
        return Labelled(id=f"field-{k}", label=f"{name}, {depth}", inside=(picked,))

    def _draw(self, chosen: StylesOptions) -> Row:
        """B at random: a style of the model's own."""
        seed = (chosen.seed + 1) % LARGEST_SEED
        patch = {"view.b": recipes.plain(Point().then(DRAW, seed=seed)), self.path("seed"): seed}
        again = Button(id="styles-draw", text="Draw B", sets=Sets(patch=patch))
        return Row(id="styles-random", inside=(again, Note(id="styles-how", text="noise through the mapping network")))

    def _table(self, session: Session, a: Point, b: Point) -> Section:
        """A with each half of its styles exchanged, for B and others far from both."""
        count = session.checkpoint.model.layers
        others = [b]
        while len(others) <= OTHERS:
            others.append(recipes.distant(session, a, *others))
        half = count - count // 2
        rows = {
            "itself": None,
            "coarse from it": "1" * half + "0" * (count - half),
            "fine from it": "0" * half + "1" * (count - half),
        }
        columns = ("B", *(f"{k}" for k in range(1, len(others))))
        cells = tuple(
            Cell(point=_mix(a, other, mask) if mask else other, alt=f"A, {row} {column}")
            for row, mask in rows.items()
            for column, other in zip(columns, others, strict=True)
        )
        label = "A with styles of B and of others"
        table = Matrix(id="styles-table", label=label, rows=tuple(rows), columns=columns, cells=cells)
        return Section(id="styles-others", title="A with styles of others", inside=(table,))


def _mix(a: Point, b: Point, layers: str, amount: float = 1.0) -> Point:
    """A with the style of B in the layers whose digit is 1."""
    taken = [k for k, digit in enumerate(layers) if digit == "1"]
    more = {} if amount == 1 else {"amount": round(amount, 6)}
    return recipes.step(a, OP, to=recipes.plain(b), layers=taken, **more)
