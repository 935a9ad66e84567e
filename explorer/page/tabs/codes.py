"""Codes: the grid of symbols over the picture; erase a region and let the transformer draw it anew, or replace one code."""

from __future__ import annotations

import json
from typing import Literal

from markupsafe import Markup
from pydantic import Field

from explorer.core.registry import register
from explorer.core.scene import Point, Scene
from explorer.core.schema import Attribute, ExplorerError, Value
from explorer.page.tabs.base import Tab, cell, picture
from explorer.page.views.controls import Choice, Sets, button, chips, field, note, select, slider
from explorer.page.views.html import el, join
from explorer.page.views.strips import strip
from explorer.play import recipes
from explorer.play.operations.codes import MAX_CELLS, completing
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

    def panel(self, session: Session, scene: Scene) -> str:
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
        views = chips("show", [Choice(k, v) for k, v in SHOWN.items()], chosen.show, Sets(self.path("show"), view=True))
        controls = el(
            "div", el("div", views, id="show", role="radiogroup", aria_label="What the cells show"),
            self._regions(rows, columns, erase), self._facts(session, scene, prior, erase), class_="code-controls",
        )  # fmt: skip
        head = el("div", self._grid(session, scene, chosen, prior, erase), controls, class_="code-stage")
        return str(join(head, self._draws(session, scene, chosen, erase), self._one(session, scene, prior, erase)))

    def _grid(self, session: Session, scene: Scene, chosen: CodesOptions, prior: object, erase: str) -> Markup:
        """The picture with a button for each cell; `assets/js/shell/grid.js` adds painting and arrow keys."""
        state, (rows, columns) = session.resolve(scene.point), session.card.latent.shape
        codes, heat = state.z.flatten().tolist(), None
        if chosen.show == "surprise":
            heat = prior.surprise(state.z, state.c).flatten().tolist()
        cells = []
        for k, (code, digit) in enumerate(zip(codes, erase, strict=True)):
            text = {"picture": "", "numbers": str(code), "surprise": f"{heat[k]:.1f}" if heat else ""}[chosen.show]
            flipped = f"{erase[:k]}{'0' if digit == '1' else '1'}{erase[k + 1 :]}"
            cells.append(
                el(
                    "button",
                    text,
                    type="button",
                    class_="code",
                    aria_pressed=str(digit == "1").lower(),
                    aria_label=f"Row {k // columns + 1}, column {k % columns + 1}: code {code}",
                    data_set=self.path("erase"),
                    data_value=flipped,
                    data_view=True,
                    style=f"--heat:{min(heat[k] / 8, 1):.2f}" if heat else None,
                )
            )
        return el(
            "div", el("img", src=picture(session, scene.point), alt="The picture under its grid of codes"), cells,
            class_="code-grid", id="code-grid", role="group", aria_label="Cells of the code grid; pressed ones are erased",
            style=f"--columns:{columns};--rows:{rows}", data_paint=self.path("erase"), data_columns=columns,
        )  # fmt: skip

    def _regions(self, rows: int, columns: int, erase: str) -> Markup:
        """Buttons that erase a whole region at once."""
        sides = {"top": "Top half", "bottom": "Bottom half", "left": "Left half", "right": "Right half"}
        named = {text: half(rows, columns, side) for side, text in sides.items()}
        named |= {"All": "1" * len(erase), "None": "0" * len(erase), "Invert": erase.translate({48: "1", 49: "0"})}
        buttons = [
            button(
                text, id=f"erase-{text.split()[0].lower()}", pressed=mask == erase if text != "Invert" else None,
                data_set=self.path("erase"), data_value=mask, data_view=True,
            )
            for text, mask in named.items()
        ]  # fmt: skip
        return el("div", el("span", "Erase", class_="strip-title"), el("div", buttons, class_="row"))

    def _facts(self, session: Session, scene: Scene, prior: object, erase: str) -> Markup:
        state, size = session.resolve(scene.point), session.checkpoint.model.entries
        nats = float(prior.surprise(state.z, state.c).mean())
        return note(
            f"{len(erase)} codes of {size}, {len(set(state.z.flatten().tolist()))} different ones here; the transformer "
            f"finds a code {nats:.1f} nats surprising on average (a blind guess: {float(len(prior.token)):.0f} codes, "
            f"{_log(len(prior.token)):.1f} nats). {erase.count('1')} cells are erased below."
        )

    def _draws(self, session: Session, scene: Scene, chosen: CodesOptions, erase: str) -> Markup:
        """Completions of what the erased picture leaves, and how they are drawn."""
        if "1" not in erase:
            return note("Press cells of the grid, or paint over them, to erase what the transformer shall draw anew.")
        base = holed(scene.point, erase)
        params = {"erase": erase, "seed": chosen.seed, "temperature": chosen.temperature}
        asked = self._asked(session, base, chosen)
        if asked is not None:
            params["condition"] = asked
        points = [recipes.step(base, "complete", **params, draw=k) for k in range(DRAWS)]
        trusts = session.trusts(points)
        cells = [
            cell(session, scene, base, "before", alt="Before erasing"),
            *(
                cell(session, scene, point, alt=f"Completion {k}", trust=trust)
                for k, (point, trust) in enumerate(zip(points, trusts, strict=True), start=1)
            ),
        ]
        again = button(
            "Resample region", quiet=False, id="resample-region", data_set=self.path("seed"), data_type="number",
            data_view=True, data_value=(chosen.seed + 1) % LARGEST_SEED,
        )  # fmt: skip
        warmth = slider("temperature", Sets(self.path("temperature"), view=True), chosen.temperature, (0, 1.5, 0.05))
        selects = [self._ask(session, a, chosen) for a in session.card.conditions.attributes if a.kind == "categorical"]
        return join(
            strip(None, cells, ident="completions"),
            el("div", again, class_="row"),
            selects,
            field("Temperature", warmth, ident="temperature"),
        )

    def _ask(self, session: Session, attribute: Attribute, chosen: CodesOptions) -> Markup:
        ident, value = f"complete-{attribute.name}", chosen.condition.get(attribute.name)
        choices = [Choice("null", "as the picture"), Choice(json.dumps(ANY), "any")]
        choices += [Choice(json.dumps(v), v) for v in attribute.values]
        sets = Sets(self.path(f"condition.{attribute.name}"), view=True)
        return field(
            f"Draw it as {attribute.label.lower()}", select(ident, choices, json.dumps(value), sets, data_type="json"),
            ident=ident,
        )  # fmt: skip

    def _asked(self, session: Session, base: Point, chosen: CodesOptions) -> dict[str, Value] | None:
        """What the new part shall show; None where it is what the picture shows."""
        changes = {name: value for name, value in chosen.condition.items() if value is not None}
        if not changes:
            return None
        asked = {**session.condition(base), **changes}
        return {name: value for name, value in asked.items() if value not in (None, ANY)}

    def _one(self, session: Session, scene: Scene, prior: object, erase: str) -> Markup | None:
        """What could stand in the one cell that is chosen."""
        if erase.count("1") != 1:
            return None
        state, where = session.resolve(scene.point), erase.index("1")
        base = scene.point
        found = prior.alternatives(state.z, where, state.c, ALTERNATIVES)
        cells = [
            cell(
                session,
                scene,
                placed(base, where, code),
                f"{code} · {share:.0%}",
                alt=f"Code {code} in the chosen cell",
            )
            for code, share in found
        ]
        said = note("The codes that fit best into the chosen cell while all others stay, and how likely each is.")
        return join(strip("Replace this code", cells, ident="replacements"), said)

    def overlay(self, session: Session, scene: Scene) -> dict[str, object]:
        """See `Tab.overlay`: nothing but the picture itself."""
        return {}


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


def _log(count: int) -> float:
    from math import log

    return log(count)
