"""Resample: draws of a prior under a condition, and variations of the item on stage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from explorer.core import link
from explorer.core.registry import find, register
from explorer.core.scene import Scene
from explorer.core.schema import Attribute, Value
from explorer.page.tabs.base import ALL_KINDS, Tab, cell, places
from explorer.page.views import words
from explorer.page.views.controls import Choice, Sets, button, chips, field, note, select, slider
from explorer.page.views.html import el, join, number
from explorer.page.views.strips import strip
from explorer.play import recipes
from explorer.play.operations.base import why_not
from explorer.play.session import Session

SOURCES = {"prior": "New items", "posterior": "Variations of this item"}
LARGEST_SEED = 2**31 - 1


@register("tabs", "resample")
class Resample(Tab):
    """Draw what the condition leaves open."""

    title = "Resample"
    order = 30
    kinds = ALL_KINDS
    Options = recipes.DrawOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        chosen: recipes.DrawOptions = self.options(scene)
        reason = why_not(find("operations", "vary"), session.card.latent, session.card.capabilities)
        sources = [
            Choice(value, text, disabled=reason if value == "posterior" else None) for value, text in SOURCES.items()
        ]
        picked = chips("source", sources, chosen.source, Sets(self.path("source"), view=True))
        again = button(
            "New draws", quiet=False, id="new-seed", data_set=self.path("seed"), data_type="number", data_view=True,
            data_value=(chosen.seed + 1) % LARGEST_SEED,
        )  # fmt: skip
        group = el("div", picked, id="source", role="radiogroup", aria_label="What to draw")
        source = el("div", group, again, class_="row spread")
        controls = self._prior(session, scene, chosen) if chosen.source == "prior" else self._posterior(chosen)
        points = recipes.draws(session, scene, chosen)
        name = "Draw" if chosen.source == "prior" else "Variation"
        cells = [
            cell(session, scene, point, alt=f"{name} {k}", trust=trust)
            for k, (point, trust) in enumerate(zip(points, session.trusts(points), strict=True), start=1)
        ]
        return str(
            join(
                source,
                strip(None, cells, ident="draws"),
                self._honest(session, chosen),
                controls,
                self._common(chosen),
                self._downloads(scene),
            )
        )

    def overlay(self, session: Session, scene: Scene) -> dict[str, Any]:
        """Where the draws lie."""
        return {"draws": places(session, scene, recipes.draws(session, scene, self.options(scene)))}

    def _prior(self, session: Session, scene: Scene, chosen: recipes.DrawOptions) -> Markup:
        names = session.card.priors
        kinds = [find("priors", name) for name in names]
        current = chosen.prior or names[0]
        choices = [Choice(name, kind.title) for name, kind in zip(names, kinds, strict=True)]
        sentence = next((kind.sentence for name, kind in zip(names, kinds, strict=True) if name == current), "")
        picked = chips("prior", choices, current, Sets(self.path("prior"), view=True))
        warmth = slider("temperature", Sets(self.path("temperature"), view=True), chosen.temperature, (0, 1.5, 0.05))
        return join(
            field("Prior", picked, note(sentence), ident="prior", group=True),
            field("Temperature", warmth, ident="temperature"),
            self._condition(session, scene, chosen),
        )

    def _condition(self, session: Session, scene: Scene, chosen: recipes.DrawOptions) -> Markup:
        """As on stage, or a condition of one's own, which begins as the one on stage."""
        stage = session.condition(scene.point)
        own = button(
            "As on stage" if chosen.own else "Choose others", small=True, id="own-condition", data_view=True,
            data_patch={self.path("own"): not chosen.own} | ({} if chosen.own else {self.path("condition"): stage}),
        )  # fmt: skip
        line = field(
            "Attributes", el("p", _under(session, chosen.condition if chosen.own else stage), class_="note"),
            ident="own-condition", actions=own,
        )  # fmt: skip
        if not chosen.own:
            return line
        unset = "unset" in session.card.capabilities
        asked = [self._ask(a, chosen.condition.get(a.name), unset) for a in session.card.conditions.attributes]
        return join(line, el("div", asked, class_="conditions"))

    def _ask(self, attribute: Attribute, value: Value, unset: bool) -> Markup:
        ident, sets = f"draw-{attribute.name}", Sets(self.path(f"condition.{attribute.name}"), view=True)
        if attribute.kind == "continuous":
            span = attribute.high - attribute.low
            at = value if isinstance(value, int | float) else attribute.low + span / 2
            return field(
                attribute.label, slider(ident, sets, at, (attribute.low, attribute.high, span / 100)), ident=ident
            )
        choices = [Choice(json.dumps(v), v) for v in attribute.values]
        if unset:
            choices = [Choice("null", "any"), *choices]
        if isinstance(value, Mapping):
            choices = [Choice(json.dumps(dict(value)), words.value(attribute, value)), *choices]
        chosen = json.dumps(dict(value) if isinstance(value, Mapping) else value)
        return field(attribute.label, select(ident, choices, chosen, sets, data_type="json"), ident=ident)

    def _posterior(self, chosen: recipes.DrawOptions) -> Markup:
        strength = slider("strength", Sets(self.path("strength"), view=True), chosen.strength, (0, 4, 0.1))
        said = note("At 1 these are items that the encoder holds as likely as the one on stage; beyond, they leave it.")
        return field("Strength", strength, said, ident="strength")

    def _common(self, chosen: recipes.DrawOptions) -> Markup:
        count = slider("count", Sets(self.path("count"), view=True), chosen.count, (4, recipes.MAX_DRAWS, 1))
        seed = el(
            "input", type="number", class_="number", id="seed", min=0, max=LARGEST_SEED, step=1, value=chosen.seed,
            data_type="number", **Sets(self.path("seed"), view=True).attributes(),
        )  # fmt: skip
        return join(field("Count", count, ident="count"), field("Seed", seed, ident="seed"))

    def _honest(self, session: Session, chosen: recipes.DrawOptions) -> Markup | None:
        """One line on how like real items this prior's draws were when they were measured."""
        measured = session.card.metrics.get("resample", {})
        name = chosen.prior or session.card.priors[0]
        figures = measured.get(name) if isinstance(measured, Mapping) else None
        if chosen.source != "prior" or not figures:
            return None
        real = measured.get("held_out", {})
        parts = [
            f"Measured on {figures['n']} draws: a classifier tells them from real items {figures['two_sample']:.0%} of the time"
            f" (50 % is best{_beside(real, 'two_sample')})",
            f"the attributes read as asked in {figures['accuracy']:.0%}{_real(real, 'accuracy')}",
        ]
        if "novelty" in figures:
            parts.append(
                f"their distance to the nearest training item is {number(figures['novelty'])} times that of new real items"
            )
        return note("; ".join(parts) + ".")

    def _downloads(self, scene: Scene) -> Markup:
        text = link.write(scene)
        links = [
            el("a", title, class_="button quiet", id=f"export-{kind}", download=True,
               href="explorer/export?" + urlencode({"as": kind, "what": "draws", "scene": text}))
            for kind, title in {"png": "PNG", "csv": "CSV", "safetensors": "safetensors"}.items()
        ]  # fmt: skip
        return el("div", el("span", "Save these as", class_="note"), links, class_="row downloads")


def _beside(real: Mapping[str, Any], name: str) -> str:
    return f"; real ones from each other {real[name]:.0%}" if name in real else ""


def _real(real: Mapping[str, Any], name: str) -> str:
    return f" (of real ones in {real[name]:.0%})" if name in real else ""


def _under(session: Session, condition: Mapping[str, Value]) -> str:
    return words.asked(session.card.conditions, condition)
