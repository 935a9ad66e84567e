"""What the page must know of a checkpoint once: its card, its maps and attributes, what it can do, and where its files lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from explorer.box import checkpoints
from explorer.box.files import rows_of_tile
from explorer.box.portable.shipped import DRAWN, shipped
from explorer.core.numbers import bins
from explorer.core.refusals import TEMPLATES
from explorer.core.registry import discover, find
from explorer.core.schema import Attribute, Card
from explorer.learn.data._credits import credits_of
from explorer.page.serving import points
from explorer.page.serving.catalogue import catalogue
from explorer.page.serving.urls import model_urls
from explorer.page.tabs.general import General
from explorer.page.views.code import LINES
from explorer.page.views.facts import card as told
from explorer.play import paint, rules
from explorer.play.operations.tab import Tab
from explorer.play.operations.turned import Turned
from explorer.play.session import Session


def facts(session: Session, names: Sequence[str] | None = None) -> dict[str, Any]:
    """What the page must know of a checkpoint to answer for itself, JSON-able.

    Args:
        session: of the checkpoint.
        names: of the checkpoints of a site without a server, which has the priors alone that a page can draw from; left out:
            all can be chosen, and the server draws from the others.
    """
    card = session.card
    model = model_facts(session)
    if names is not None and model["dial"]:
        settings = [s for s in model["dial"]["settings"] if s["name"] in names]
        model["dial"] = model["dial"] | {"settings": settings} if len(settings) > 1 else None
    if names is not None:  # what only a server computes is shown, and says why it rests
        for tab in model["tabs"]:
            rests = None if _alone(session, find("tabs", tab["id"])) else TEMPLATES["no-server"][0]
            tab["disabled_reason"] = tab["disabled_reason"] or rests
    shelf = [(name, find("priors", name)) for name in card.priors]
    priors = [(name, kind) for name, kind in shelf if names is None or kind.portable]
    return {
        "model": model,
        "opening": session.opening().model_dump(mode="json", exclude_defaults=True),
        "card": {
            "title": card.title,
            "items": card.items,
            "shape": card.shape,
            "latent": card.latent.model_dump(),
            "capabilities": card.capabilities,
            "unasked": card.unasked,
            "portable": "decoder" in shipped(session.checkpoint).parts,
            "typical": session.checkpoint.items.typical,
            "judge": session.checkpoint.judge is not None,
            "real": session.reference() is not None,
            "paint": paint.why_not(card) or (None if names is None else TEMPLATES["no-server"][0]),
            "priors": [{"name": name, "title": kind.title, "sentence": kind.sentence} for name, kind in priors],
            "resample": card.metrics.get("resample", {}),
            "reconstruction": card.metrics.get("reconstruction", {}),
            "collapse": card.metrics.get("collapse"),
        },
        "operations": rules.operations(card),
        "rules": rules.rules(),
        "code": LINES,
    }


def _alone(session: Session, tab: type[Tab]) -> bool:
    """Whether a tab works in a page without a server."""
    if not issubclass(tab, Turned):
        return issubclass(tab, General) and tab.needs <= set(session.card.capabilities)
    parts, card = tab.operation.portable, session.card
    there = {*shipped(session.checkpoint).parts, *({"prior"} if find("priors", card.priors[0]).portable else ())}
    return parts is not None and {"decoder", *parts} <= there


def about(session: Session) -> str:
    """The checkpoint's card as HTML."""
    lenses = {name: (lens.title, lens.sentence) for name, lens in discover("lenses").items()}
    return str(told(session.card, lenses, credits_of(session.card.data)))


def _dial(card: Card, cards: Iterable[Card]) -> dict[str, Any] | None:
    """The settings among which a checkpoint is one, in order."""
    if card.dial is None:
        return None
    settings = [(c.dial.value, c.name) for c in cards if c.dial and c.dial.group == card.dial.group]
    settings.sort(key=lambda s: (isinstance(s[0], str), s[0] if not isinstance(s[0], str) else 0.0))
    return {"label": card.dial.label, "settings": [{"name": name, "value": value} for value, name in settings]}


def _attribute(attribute: Attribute) -> dict[str, Any]:
    """An attribute, a number with the bins that its breakdown counts in."""
    told = attribute.model_dump()
    if attribute.kind == "continuous":
        told["bins"] = dict(zip(("names", "edges"), bins(attribute.low, attribute.high), strict=True))
    return told


def model_facts(session: Session) -> dict[str, Any]:
    """What the page must know of a checkpoint once: attributes, maps with their boxes, where to fetch points and thumbnails."""
    card = session.card

    maps = [
        {**spec.model_dump(), "box": points.box(session, spec.name), "exact": find("maps", spec.method).exact}
        for spec in card.maps
    ]
    tabs = []
    for name, tab in discover("tabs").items():
        if (reason := tab().why_not(card)) and tab.special:
            continue
        made = {"declared": tab().declared(session)} if issubclass(tab, Turned) else {}
        tabs.append({"id": name, "title": tab.title, "disabled_reason": reason, **made})
    cards = checkpoints.available().values()
    listed = catalogue([card.name])[0]
    return {
        "name": card.name,
        "title": card.title,
        "summary": card.summary,
        "build": card.build,
        "n": card.items,
        "names": card.names,
        "attributes": [_attribute(a) for a in card.conditions.attributes],
        "maps": maps,
        "tabs": tabs,
        "modality": {
            name: getattr(session.modality, name)
            for name in ("name", "noun", "accept", "device", "suffix", "sounds", "view")
        }
        | {"drawn": DRAWN.get(card.modality)}
        | session.modality.told(),
        "thumbs": {
            "size": card.thumb_size,
            "columns": card.thumb_columns,
            "rows": rows_of_tile(card.thumb_size),
            "shows": card.thumbs,
        },
        "cover": listed["cover"],
        "papers": listed["papers"],
        "dial": _dial(card, cards),
        "urls": model_urls(session.checkpoint),
    }
