"""Own item: a person's picture as the model takes it, what the judge reads in it, its reconstruction, its neighbours."""

from __future__ import annotations

import json

from markupsafe import Markup

from explorer.core.registry import register
from explorer.core.scene import ItemStart, Point, Scene, UploadStart
from explorer.core.schema import Value
from explorer.learn.modalities.base import Modality
from explorer.page.tabs.base import ALL_KINDS, Tab, cell, is_far, picture
from explorer.page.views import words
from explorer.page.views.controls import Choice, Sets, button, field, note, select, slider
from explorer.page.views.html import el, join
from explorer.page.views.strips import listen, strip
from explorer.play.session import Session

NEAREST = 6


@register("tabs", "own")
class OwnItem(Tab):
    """Take an item of one's own through the model."""

    title = "Own item"
    order = 50
    kinds = ALL_KINDS
    needs = frozenset({"encode"})

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        self.options(scene)
        start = scene.start
        if not isinstance(start, UploadStart):
            return str(_invitation(session.modality))
        mine = Point(start=start)
        return str(
            join(
                self._pictures(session, mine, start),
                el("div", data_own_readings=start.sha256, id="own-readings", aria_live="polite"),
                self._corrections(session, start),
                self._nearest(session, scene, mine),
                el(
                    "div",
                    button(f"Another {session.modality.noun}", quiet=False, data_do="own-file"),
                    class_="row panel-end",
                ),
            )
        )

    def _pictures(self, session: Session, mine: Point, start: UploadStart) -> Markup:
        """The item as fitted (it is kept in the browser, so the page puts it there) beside its reconstruction."""
        heard = session.modality.sounds
        fitted = el(
            "figure",
            el(
                "img",
                hidden=True,
                alt=f"Your {session.modality.noun} as the model takes it",
                data_own_picture=start.sha256,
                id="own-fitted",
            ),
            el("figcaption", "As the model takes it"),
            listen(data_own_sound=start.sha256) if heard else None,
            class_="frame",
        )
        back = el(
            "figure",
            el("img", src=picture(session, mine, large=True), alt="Its reconstruction", id="own-reconstruction"),
            el("figcaption", "Its reconstruction"),
            listen() if heard else None,
            class_="frame",
            data_point=mine,
        )
        return el("div", fitted, back, class_="own-pictures")

    def _corrections(self, session: Session, start: UploadStart) -> Markup:
        fields = []
        for a in session.card.conditions.attributes:
            value: Value = start.condition.get(a.name)
            ident = f"correct-{a.name}"
            if a.kind == "continuous":
                at = value if isinstance(value, int | float) else (a.low + a.high) / 2
                control = slider(ident, Sets(), at, (a.low, a.high, (a.high - a.low) / 100), data_correct=a.name)
            else:
                choices = [Choice(json.dumps(v), v) for v in a.values]
                control = select(ident, choices, json.dumps(value), Sets(), data_correct=a.name, data_type="json")
            fields.append(field(a.label, control, ident=ident))
        said = note(
            f"Read from your {session.modality.noun}. Correct what is wrong, and it is encoded again under what you say."
        )
        return join(el("p", "Attributes", class_="strip-title"), said, el("div", fields, class_="conditions"))

    def _nearest(self, session: Session, scene: Scene, mine: Point) -> Markup:
        points = [Point(start=ItemStart(item=index)) for index, _ in session.neighbours(mine, NEAREST)]
        cells = [cell(session, scene, p, words.start(p.start)) for p in points]
        trust = session.trust(mine)
        ratio = trust.distance / session.checkpoint.items.typical
        place = words.distance(ratio)
        sentence = f"It lies {place}: farther out than almost any real item." if is_far(trust) else f"It lies {place}."
        title = ["Nearest items", el("small", sentence)]
        return strip(title, cells, ident="own-nearest")


def _invitation(modality: Modality) -> Markup:
    device = None
    if modality.device:
        verb = "Record with" if modality.device == "microphone" else "Use"
        device = button(f"{verb} the {modality.device}", quiet=False, id="own-take", data_do=f"own-{modality.device}")
    return el(
        "div",
        el("p", f"Drop a {modality.noun} here, or anywhere on the page; or paste one.", class_="own-title"),
        note(
            "It is fitted to what this model takes, its attributes are read, and it becomes a point like any other: all tabs "
            "work on it. It goes to the server only to be encoded, and the server keeps nothing of it."
        ),
        el(
            "div",
            button(f"Choose a {modality.noun}", quiet=False, id="own-choose", data_do="own-file"),
            device,
            class_="row",
        ),
        class_="own-drop",
        id="own-drop",
    )
