"""Interpolate: from A to B by three ways side by side, a slider to scrub, an animation, and the square of four corners."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from explorer.core import link
from explorer.core.registry import register
from explorer.core.scene import Point, Scene
from explorer.page.tabs import _ends
from explorer.page.tabs.base import Tab, cell, places
from explorer.page.views.controls import Choice, Sets, button, chips, field, note, slider
from explorer.page.views.html import el, join
from explorer.page.views.strips import grid, strip
from explorer.play import recipes
from explorer.play.session import Session

METHODS = {
    "lerp": ("Straight", "a straight line through the latent"),
    "slerp": ("On the sphere", "keeps the distance from the centre, where most items are"),
    "dense": ("Along the items", "the shortest way over real items"),
}
CONDITIONS = {"interpolate": "Blended", "a": "A’s", "b": "B’s"}
EXPORTS = {"gif": "GIF", "webp": "WebP", "png": "PNG strip"}


@register("tabs", "interpolate")
class Interpolate(Tab):
    """Travel from A to B."""

    title = "Interpolate"
    order = 20
    Options = recipes.PathOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        chosen, a, b, t = self._way(session, scene)
        ways = {m: recipes.path(a, b, chosen.steps, m, chosen.condition) for m in METHODS}
        trusts = iter(session.trusts([point for way in ways.values() for point in way]))
        strips = []
        for method, way in ways.items():
            text, sentence = METHODS[method]
            cells = [
                cell(session, scene, p, alt=f"{text}, step {k} of {len(way)}", trust=next(trusts))
                for k, p in enumerate(way, start=1)
            ]
            title = [self._method(scene, method, chosen, t), el("small", sentence)]
            strips.append(strip(title, cells, ident=f"strip-{method}", fit=True))
        return str(
            join(
                _ends.both(session, scene, a, b),
                self._scrub(a, b, chosen, t),
                el("div", strips, role="radiogroup", id="method", aria_label="Way from A to B"),
                note(
                    "Under each step, how far its latent lies from the nearest real item, in units of the usual distance."
                ),
                self._how(scene, chosen, t),
                self._downloads(scene, chosen, a, b),
                self._square(session, scene, chosen),
            )
        )

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """The chosen way on the map, and its ends."""
        chosen, a, b, _ = self._way(session, scene)
        points = recipes.path(a, b, chosen.steps, chosen.method, chosen.condition)
        first, last = places(session, scene, [a, b])
        return {"path": places(session, scene, points), "a": first, "b": last}

    def _way(self, session: Session, scene: Scene) -> tuple[recipes.PathOptions, Point, Point, float | None]:
        """Options, A, B, and the share of the way at which the stage is, or None when it is elsewhere.

        What is on stage decides by which way and condition it went, so that controls and picture can't disagree.
        """
        chosen = self.options(scene)
        a, b = recipes.ends(session, scene)
        edits = scene.point.edits
        if not edits or edits[-1].op != "between" or scene.point.model_copy(update={"edits": edits[:-1]}) != a:
            return chosen, a, b, None
        params = edits[-1].params
        if Point.model_validate(params["to"]) != b:
            return chosen, a, b, None
        taken = {name: params[name] for name in ("method", "condition") if name in params}
        return chosen.model_copy(update=taken), a, b, float(params.get("t", 0.5))

    def _scrub(self, a: Point, b: Point, chosen: recipes.PathOptions, t: float | None) -> Markup:
        base = recipes.travel(a, b, 0.0, chosen.method, chosen.condition)
        sets = Sets(f"edits.{len(a.edits)}.params.t", point=base, live=True)
        bar = slider("scrub", sets, t or 0.0, (0, 1, 0.01), label="Share of the way from A to B")
        play = button("Play", quiet=False, id="play", data_do="play", data_for="scrub")
        return el("div", play, bar, class_="scrub travel")

    def _method(self, scene: Scene, method: str, chosen: recipes.PathOptions, t: float | None) -> Markup:
        """The title of a strip, by which its way is chosen for slider, map and files."""
        box = el(
            "input", type="radio", name="method", value=method, checked=method == chosen.method, id=f"method-{method}",
            **Sets(self.path("method"), point=_with(scene.point, t, "method", method)).attributes(),
        )  # fmt: skip
        return el("label", box, METHODS[method][0])

    def _how(self, scene: Scene, chosen: recipes.PathOptions, t: float | None) -> Markup:
        """What becomes of the attributes on the way, and in how many steps it is shown."""
        choices = [Choice(v, text, point=_with(scene.point, t, "condition", v)) for v, text in CONDITIONS.items()]
        held = chips("held", choices, chosen.condition, Sets(self.path("condition")))
        steps = slider("steps", Sets(self.path("steps"), view=True), chosen.steps, (3, recipes.MAX_STEPS, 1))
        return join(field("Attributes", held, ident="held", group=True), field("Steps", steps, ident="steps"))

    def _downloads(self, scene: Scene, chosen: recipes.PathOptions, a: Point, b: Point) -> Markup:
        """Links to files of the chosen way; the ends are written into the scene, so that a file is that of this page."""
        view = scene.view.model_copy(
            update={"a": a, "b": b, "options": {self.name: chosen.model_dump(mode="json", exclude_defaults=True)}}
        )
        text = link.write(scene.model_copy(update={"view": view}))
        links = [
            el("a", title, class_="button quiet", id=f"export-{kind}", download=True,
               href="explorer/export?" + urlencode({"as": kind, "what": "path", "scene": text}))
            for kind, title in EXPORTS.items()
        ]  # fmt: skip
        return el("div", el("span", "Save this way as", class_="note"), links, class_="row downloads")

    def _square(self, session: Session, scene: Scene, chosen: recipes.PathOptions) -> Markup:
        toggle = button(
            "Hide the square" if chosen.grid else "Square of four corners", id="square-toggle", quiet=False, pressed=chosen.grid,
            data_set=self.path("grid"), data_view=True, data_type="json", data_value=json.dumps(not chosen.grid),
        )  # fmt: skip
        line = el("div", toggle, class_="row panel-end")
        if not chosen.grid:
            return line
        points = recipes.square(session, scene, chosen)
        n = recipes.GRID
        cells = [cell(session, scene, p, alt=f"row {k // n + 1}, column {k % n + 1}") for k, p in enumerate(points)]
        _, _, c, d = recipes.corners(session, scene, chosen)
        ends = [
            _ends.end(session, scene, (name, point), self.path(name.lower()), own is not None)
            for name, point, own in (("C", c, chosen.c), ("D", d, chosen.d))
        ]
        said = note("A and B above, C and D below; between them latents and attributes are blended.")
        return join(
            line, el("div", ends, class_="ends"), grid(cells, n, ident="square", label="Square of four corners"), said
        )


def _with(point: Point, t: float | None, name: str, value: str) -> Point | None:
    """A point on the way with another value of one parameter of its last edit; None where it isn't on the way."""
    if t is None:
        return None
    last = point.edits[-1]
    edit = last.model_copy(update={"params": {**last.params, name: value}})
    return point.model_copy(update={"edits": (*point.edits[:-1], edit)})
