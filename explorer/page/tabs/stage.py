"""What stands on the stage: pictures, caption and readings; the card; a person's own item; the lines that make a picture.

No tab of its own: every tab works on what is here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from markupsafe import Markup
from torch import Tensor

from explorer.core.registry import discover
from explorer.core.scene import ItemStart, Point, Scene
from explorer.learn.latents import psnr
from explorer.page.tabs.base import is_far, picture
from explorer.page.views import code as code_of
from explorer.page.views import facts, words
from explorer.page.views.html import el, join
from explorer.play.session import Session

Slots = dict[str, dict[str, str]]
POOR = 0.01  # reconstructed worse than all but this share of the items
UNSURE = 0.5


def live(session: Session, scene: Scene) -> Slots:
    """What follows a pointer that is still moving: the picture, its caption, and the difference where it is shown."""
    return _moving(session, scene)


def slots(session: Session, scene: Scene) -> Slots:
    """The whole stage: before, after, difference where it is shown, caption and readings."""
    origin = scene.point.origin
    before = {
        "src": picture(session, origin, large=True),
        "alt": f"Before: {words.recipe(origin, session.card.conditions)}",
    }
    return {"stage-before": before, **_moving(session, scene), "facts": {"html": str(_facts(session, scene.point))}}


def _moving(session: Session, scene: Scene) -> Slots:
    point = scene.point
    asked = words.asked(session.card.conditions, session.condition(point))
    out = {
        "stage-after": {"src": picture(session, point, large=True), "alt": f"After: {asked}"},
        "caption": {"html": str(_caption(session, point))},
    }
    if scene.view.difference:
        gap = session.modality.data_url(session.difference(point.origin, point), large=True)
        out["stage-difference"] = {"src": gap, "alt": "Where the two differ: the darker, the more"}
    return out


def _caption(session: Session, point: Point) -> Markup:
    """Where it starts, and what was done to it."""
    conditions = session.card.conditions
    own = session.condition(point.origin)
    changes = [
        el("li", f"{conditions[name].label} ", el("s", words.value(conditions[name], own[name])), " ",
           el("strong", words.value(conditions[name], new)))
        for name, new in session.condition(point).items()
        if new != own[name]
    ]  # fmt: skip
    changes += [el("li", words.step(edit)) for edit in point.edits]
    start = words.start(point.start)
    return join(el("h2", start[0].upper() + start[1:]), el("ul", changes, class_="changes") if changes else None)


def _facts(session: Session, point: Point) -> Markup:
    """The readings of all lenses, and the nearest real item to go to."""
    said = [reading for lens in discover("lenses").values() for reading in lens().read(session, point)]
    trust = session.trust(point)
    nearest = Point(start=ItemStart(item=trust.nearest))
    away = None
    if nearest != point.origin:
        face = el("img", src=picture(session, nearest), alt="")
        label = words.start(nearest.start)
        away = el(
            "div", el("button", face, el("span", f"Nearest: {label}"), type="button", class_="nearest-face"),
            class_="cell nearest", data_point=nearest,
        )  # fmt: skip
    return join(facts.readings(said), away)


def own(session: Session, x: Tensor, point: Point) -> dict[str, Any]:
    """How well a model knows a person's own item.

    Args:
        session: of the model.
        x: the item as fitted [*shape].
        point: where it was encoded to.

    Returns:
        `attributes` (name -> value, probability), `psnr` and `typical` in decibels, `share` of the items that are
        reconstructed worse, `distance` to the nearest item in units of the usual one, `percentile` of items lying farther
        out, `warning` (a sentence, or None) and `html` (all of it as people read it).
    """
    judge, errors = session.checkpoint.judge, session.checkpoint.items.error
    attributes = judge.read(x[None])[0] if judge else {}
    with torch.inference_mode():
        own_error = psnr(session.output(point)[None], x[None]).item()
    share = float((errors < own_error).mean())
    trust = session.trust(point)
    warning = _warning(session, share, is_far(trust), attributes)
    conditions = session.card.conditions
    read = [
        facts.OwnReading(conditions[name].label, words.value(conditions[name], r["value"]), r["probability"])
        for name, r in attributes.items()
    ]
    typical = float(np.median(errors))
    return {
        "attributes": attributes,
        "psnr": own_error,
        "typical": typical,
        "share": share,
        "distance": trust.distance / session.checkpoint.items.typical,
        "percentile": trust.percentile,
        "warning": warning,
        "html": str(facts.own_item(read, own_error, typical, share, warning=warning, noun=session.modality.noun)),
    }


def _warning(session: Session, share: float, far: bool, attributes: dict[str, dict[str, Any]]) -> str | None:
    """One sentence that names every sign that the item is unlike what the model knows, or what can't be read of it."""
    unsure = [
        session.card.conditions[name].label.lower() for name, r in attributes.items() if r["probability"] < UNSURE
    ]
    signs = []
    if share < POOR:
        signs.append("it comes back worse than almost any of the model's own items")
    if far:
        signs.append("it lies farther from them than they lie from each other")
    if not signs:
        return f"Its {' and '.join(unsure)} can hardly be read; say below what it is." if unsure else None
    if unsure:
        signs.append(f"its {' and '.join(unsure)} can hardly be read")
    return f"This is unlike anything the model knows: {'; '.join(signs)}. What follows from it is a guess."


def about(session: Session) -> str:
    """The checkpoint's card as HTML."""
    lenses = {name: (lens.title, lens.sentence) for name, lens in discover("lenses").items()}
    return str(facts.card(session.card, lenses))


def code(scene: Scene) -> dict[str, str]:
    """`python` and `command` that make the picture on stage."""
    return {"python": code_of.python(scene), "command": code_of.command(scene)}
