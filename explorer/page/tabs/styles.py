"""Styles: A and B, and for each layer of the generator the one whose style it hears; the table of all exchanges beside it."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from pydantic import Field

from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Point, Scene
from explorer.page.tabs import _ends
from explorer.page.tabs.base import Tab, cell, places
from explorer.page.views.controls import Choice, Sets, button, chips, field, note, slider
from explorer.page.views.html import el, join
from explorer.page.views.strips import matrix, strip, titled
from explorer.play import recipes
from explorer.play.operations.styles import MOST_LAYERS
from explorer.play.session import Session

OP, DRAW = "mix_styles", "draw_style"
OTHERS = 4  # columns of the table beside B
WAY = 7
LARGEST_SEED = 2**31 - 1
DEPTHS = ("coarsest", "coarse", "fine", "finest")


class StylesOptions(recipes.Options):
    """Which layers hear B, as one digit a layer (1: B's), the coarsest first; how much; and the luck of the last draw."""

    layers: str | None = Field(default=None, max_length=MOST_LAYERS, pattern="^[01]+$")
    amount: float = Field(default=1.0, ge=0, le=1)
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)


@register("tabs", "styles")
class StylesTab(Tab):
    """Who is heard in which layer?"""

    title = "Styles"
    order = 55
    special = True
    needs = frozenset({"styles"})
    Options = StylesOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        chosen, a, b = self._now(session, scene)
        if len(a.edits) >= MAX_EDITS:
            return str(note(f"A has {MAX_EDITS} steps behind it, and can't take another; choose another A."))
        names = session.checkpoint.model.style_names
        layers, amount = chosen.layers, chosen.amount
        rows = [self._layer(a, b, k, name, chosen) for k, name in enumerate(names)]
        here = _mix(a, b, layers, amount)
        sets = Sets(
            f"edits.{len(a.edits)}.params.amount", point=None if scene.point == here else _mix(a, b, layers), live=True
        )
        bar = slider("styles-amount", sets, amount, (0, 1, 0.01), label="Share of B's style in these layers")
        play = button("Play", quiet=False, id="styles-play", data_do="play", data_for="styles-amount")
        way = [_mix(a, b, layers, k / (WAY - 1)) for k in range(WAY)]
        cells = [
            cell(session, scene, p, f"{k / (WAY - 1):.0%}", alt=f"{k / (WAY - 1):.0%} of B's style")
            for k, p in enumerate(way)
        ]
        return str(
            join(
                _ends.both(session, scene, a, b),
                self._luck(chosen),
                el("div", rows, id="styles-layers"),
                el("div", play, bar, class_="scrub travel"),
                strip("From A to B in these layers alone", cells, ident="styles-way", fit=True),
                self._table(session, scene, a, b),
                note(
                    "Each layer of the generator hears a style of its own, the same in all until you exchange some: the "
                    "coarse layers say what it is and how it is cut, the fine ones its shade and its pattern."
                ),
            )
        )

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """A, B, and the way between them in the chosen layers."""
        chosen, a, b = self._now(session, scene)
        if len(a.edits) >= MAX_EDITS:
            return {}
        way = [_mix(a, b, chosen.layers, k / (WAY - 1)) for k in range(WAY)]
        first, last = places(session, scene, [a, b])
        return {"path": places(session, scene, way), "a": first, "b": last}

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

    def _layer(self, a: Point, b: Point, k: int, name: str, chosen: StylesOptions) -> Markup:
        """A layer's choice between A and B."""
        masks = [chosen.layers[:k] + digit + chosen.layers[k + 1 :] for digit in "01"]
        choices = [
            Choice(mask, text, point=_mix(a, b, mask, chosen.amount)) for mask, text in zip(masks, "AB", strict=True)
        ]
        ident = f"styles-layer-{k}"
        picked = chips(ident, choices, chosen.layers, Sets(self.path("layers")))
        depth = DEPTHS[k * len(DEPTHS) // len(chosen.layers)]
        return field(f"{name}, {depth}", picked, ident=ident, group=True)

    def _luck(self, chosen: StylesOptions) -> Markup:
        """B by chance: a style of the model's own."""
        seed = (chosen.seed + 1) % LARGEST_SEED
        drawn = Point().then(DRAW, seed=seed)
        again = button(
            "B by chance", id="styles-draw", data_patch={"view.b": recipes.plain(drawn), self.path("seed"): seed}
        )
        return el("div", again, el("span", "noise through the mapping network", class_="note"), class_="row")

    def _table(self, session: Session, scene: Scene, a: Point, b: Point) -> Markup:
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
        columns = ["B", *(f"{k}" for k in range(1, len(others)))]
        cells = [
            cell(session, scene, _mix(a, other, mask) if mask else other, alt=f"A, {row} {column}")
            for row, mask in rows.items()
            for column, other in zip(columns, others, strict=True)
        ]
        table = matrix(list(rows), columns, cells, ident="styles-table", label="A with styles of B and of others")
        return titled("A with styles of others", table)


def _mix(a: Point, b: Point, layers: str, amount: float = 1.0) -> Point:
    """A with the style of B in the layers whose digit is 1."""
    taken = [k for k, digit in enumerate(layers) if digit == "1"]
    more = {} if amount == 1 else {"amount": round(amount, 6)}
    return recipes.step(a, OP, to=recipes.plain(b), layers=taken, **more)
