"""Directions: principal directions, single dimensions, the difference of two groups, and A - B + C, each as a slider."""

from __future__ import annotations

import json
from typing import Literal

import numpy as np
from markupsafe import Markup
from pydantic import Field

from explorer.core.registry import register
from explorer.core.scene import MAX_EDITS, Edit, Point, Scene, pack
from explorer.page.tabs.base import Tab, cell
from explorer.page.views import words
from explorer.page.views.controls import Choice, Sets, button, chips, field, note, select, slider
from explorer.page.views.html import el, join, number
from explorer.page.views.html import words as words_of
from explorer.page.views.strips import cell as face
from explorer.play import recipes
from explorer.play.session import Session

KINDS = {"principal": "Principal", "dimensions": "Dimensions", "groups": "Two groups", "arithmetic": "A − B + C"}
PRINCIPAL = 6
PAGE = 8


class Group(recipes.Options):
    """Items that a person drew around: a name, and one bit an item, the least significant first, as base64."""

    name: str = Field(max_length=80)
    members: str = Field(max_length=65536)


class DirectionsOptions(recipes.Options):
    """Which kind of direction is shown, and what it is made of."""

    show: Literal["principal", "dimensions", "groups", "arithmetic"] = "principal"
    page: int = Field(default=0, ge=0, le=4096)
    plus: Group | None = None
    minus: Group | None = None
    b: Point | None = None
    c: Point | None = None


@register("tabs", "directions")
class Directions(Tab):
    """Move away from where the item is."""

    title = "Directions"
    order = 40
    Options = DirectionsOptions

    def panel(self, session: Session, scene: Scene) -> str:
        """See `Tab.panel`."""
        chosen: DirectionsOptions = self.options(scene)
        picked = chips(
            "show", [Choice(k, text) for k, text in KINDS.items()], chosen.show, Sets(self.path("show"), view=True)
        )
        reset = button("Reset all", id="reset-directions", data_patch={"edits": []}, disabled=not scene.point.edits)
        body = {
            "principal": self._principal, "dimensions": self._dimensions,
            "groups": self._groups, "arithmetic": self._arithmetic,
        }[chosen.show]  # fmt: skip
        head = el(
            "div",
            el("div", picked, id="show", role="radiogroup", aria_label="Kind of direction"),
            reset,
            class_="row spread",
        )
        return str(join(head, body(session, scene, chosen)))

    def _principal(self, session: Session, scene: Scene, chosen: DirectionsOptions) -> Markup:
        items = session.checkpoint.items
        shares = items.get("z.variance") / float((items.get("z.std") ** 2).sum())
        rows = [
            _mover(
                session,
                scene,
                Edit(op="principal", params={"index": k}),
                label=f"Direction {k}",
                remark=f"{share:.0%} of the spread",
            )
            for k, share in enumerate(shares[:PRINCIPAL])
        ]
        return join(note("The directions in which the items differ most, in standard deviations of the items."), rows)

    def _dimensions(self, session: Session, scene: Scene, chosen: DirectionsOptions) -> Markup:
        spread = session.checkpoint.items.get("z.std")
        order = np.argsort(-spread, kind="stable")
        pages = -(-len(order) // PAGE)
        page = min(chosen.page, pages - 1)
        shown = order[page * PAGE : (page + 1) * PAGE].tolist()
        rows = [
            _mover(
                session,
                scene,
                Edit(op="dimension", params={"index": k}),
                label=f"Dimension {k}",
                remark=f"spread {number(spread[k])}",
            )
            for k in shown
        ]
        common = {"data_set": self.path("page"), "data_type": "number", "data_view": True}
        pager = el(
            "div",
            button("More active", id="page-before", data_value=page - 1, disabled=page == 0, **common),
            el("span", f"{page * PAGE + 1} to {page * PAGE + len(shown)} of {len(order)}", class_="note"),
            button("Less active", id="page-after", data_value=page + 1, disabled=page + 1 >= pages, **common),
            class_="row",
        )  # fmt: skip
        said = note(
            "The latent's own dimensions, the most active first; one whose spread is near zero carries nothing."
        )
        return join(said, rows, pager if pages > 1 else None)

    def _groups(self, session: Session, scene: Scene, chosen: DirectionsOptions) -> Markup:
        others = Choice("null", "everything else")
        common = {"data_options": "groups", "data_type": "json"}
        plus = select(
            "group-plus", [Choice("null", "choose a group"), *_kept(chosen.plus)], _json(chosen.plus),
            Sets(self.path("plus"), view=True), **common,
        )  # fmt: skip
        minus = select(
            "group-minus",
            [others, *_kept(chosen.minus)],
            _json(chosen.minus),
            Sets(self.path("minus"), view=True),
            **common,
        )
        head = join(
            note(
                "Draw around items on the map with the lasso to make a group. The slider goes from one mean to the other."
            ),
            field("Towards", plus, ident="group-plus"),
            field("Away from", minus, ident="group-minus"),
        )
        if chosen.plus is None:
            return head
        label = f"{chosen.plus.name} − {chosen.minus.name if chosen.minus else 'the others'}"
        vector = recipes.difference(
            session, chosen.plus.name, chosen.plus.members, chosen.minus.members if chosen.minus else None
        )
        edit = Edit(op="direction", params={"vector": pack(vector), "label": label[:80]})
        length = f"length {number(float(np.linalg.norm(vector)) / session.checkpoint.items.typical, 1)}×"
        return join(head, _mover(session, scene, edit, label=label, remark=length, reach=2))

    def _arithmetic(self, session: Session, scene: Scene, chosen: DirectionsOptions) -> Markup:
        base, _ = scene.point.before("arithmetic")
        b = chosen.b or scene.view.a or recipes.distant(session, base.origin)
        c = chosen.c or scene.view.b or recipes.distant(session, base.origin, b)
        slots = [
            _end(session, scene, "A", base, el("span", "on stage", class_="end-what")),
            el("span", "−", class_="sign"), self._slot(session, scene, "B", b, chosen.b),
            el("span", "+", class_="sign"), self._slot(session, scene, "C", c, chosen.c),
        ]  # fmt: skip
        edit = Edit(op="arithmetic", params={"minus": recipes.plain(b), "plus": recipes.plain(c)})
        said = note(
            "Adds to the item on stage what tells C from B. The attributes stay as they are: here they aren't in the latent."
        )
        return join(said, el("div", slots, class_="ends sum"), _mover(session, scene, edit, label="Amount", reach=2))

    def _slot(self, session: Session, scene: Scene, name: str, point: Point, own: Point | None) -> Markup:
        what = words.recipe(point, session.card.conditions)
        path = self.path(name.lower())
        choices = [
            Choice("null", what if own is None else "as at first"),
            Choice(_json(scene.point), "the item on stage"),
        ]
        choices += [Choice(_json(p), f"end {k}") for k, p in (("A", scene.view.a), ("B", scene.view.b)) if p]
        if own is not None and _json(own) not in [choice.value for choice in choices]:
            choices.append(Choice(_json(own), what))
        picked = select(
            f"slot-{name.lower()}-from", choices, _json(own), Sets(path, view=True), label=f"Choose {name}",
            data_options="pins", data_type="json",
        )  # fmt: skip
        return _end(session, scene, name, point, picked)


def _mover(session: Session, scene: Scene, edit: Edit, *, label: str, remark: str = "", reach: float = 3.0) -> Markup:
    """A slider over the amount of an edit, between the pictures at its two ends; one that exists is moved, else added."""
    op, params = edit.op, edit.params
    ident = f"{op}-{params['index']}" if "index" in params else op
    name = [el("label", label, class_="label", for_=ident), el("small", remark, class_="remark")]
    span, edits = (-reach, reach, 0.05), scene.point.edits
    at = next(
        (k for k, e in enumerate(edits) if e.op == op and all(e.params.get(n) == v for n, v in params.items())), None
    )
    if at is None and len(edits) >= MAX_EDITS:
        bar = slider(ident, Sets(), 0, span, disabled=True)
        full = f"This picture has {MAX_EDITS} steps behind it, as many as it can have."
        return el(
            "div", el("div", name, class_="mover-name"), el("div", bar, class_="mover-bar"), class_="mover", title=full
        )
    moved, where = at is not None, len(edits) if at is None else at
    point = scene.point if moved else scene.point.then(op, **params, amount=0.0)
    amount = float(point.edits[where].params.get("amount", 1.0))
    sets = Sets(f"edits.{where}.params.amount", point=None if moved else point, live=True)
    low, high = (
        face(cell(session, scene, _at(point, where, end), alt=f"{label} at {number(end)}"), actions=False)
        for end in (-reach, reach)
    )
    if moved:
        name.append(button("Reset", small=True, aria_label=f"Reset {label}", data_unset=f"edits.{where}"))
    bar = slider(ident, sets, amount, span)
    return el(
        "div", el("div", name, class_="mover-name"), low, el("div", bar, class_="mover-bar"), high,
        class_=words_of("mover", moved and "changed"),
    )  # fmt: skip


def _end(session: Session, scene: Scene, name: str, point: Point, below: Markup) -> Markup:
    what = words.recipe(point, session.card.conditions)
    picture = face(cell(session, scene, point, alt=f"{name}: {what}"), actions=False)
    return el("div", picture, el("span", name, class_="end-name"), below, class_="end", id=f"slot-{name.lower()}")


def _at(point: Point, where: int, amount: float) -> Point:
    edit = point.edits[where]
    edits = list(point.edits)
    edits[where] = edit.model_copy(update={"params": {**edit.params, "amount": amount}})
    return point.model_copy(update={"edits": tuple(edits)})


def _json(value: Group | Point | None) -> str:
    return (
        "null"
        if value is None
        else json.dumps(value.model_dump(mode="json", exclude_defaults=True), separators=(",", ":"))
    )


def _kept(group: Group | None) -> list[Choice]:
    """The chosen group as an option, so that a link shows it where the browser has no such group."""
    return [Choice(_json(group), group.name)] if group else []
