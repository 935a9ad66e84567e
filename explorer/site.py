"""A static site: the page with its models as a folder that any file server serves, without Python behind it.

The page's own scripts and styles go in as they are; `assets/js/local/` answers them in the place of `explorer/act.py`, with the
engine of `assets/js/engine/`, from what is written here for each checkpoint: facts, points, thumbnails, latents, parts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from explorer.act import model_facts
from explorer.operations.base import why_not
from explorer.registry import discover, find
from explorer.session import Session
from explorer.tabs import stage


def facts(session: Session, names: Sequence[str] | None = None) -> dict[str, Any]:
    """What the page must know of a checkpoint to answer for itself, JSON-able.

    Args:
        session: of the checkpoint.
        names: of the checkpoints that can be chosen; all when left out.
    """
    card = session.card
    model = model_facts(session)
    if names is not None:
        by_name = {listed["name"]: listed for listed in model["checkpoints"]}
        model["checkpoints"] = [by_name[name] for name in names]
    operations = {
        name: {
            "title": operation.title,
            "moves_condition": operation.moves_condition,
            "why_not": why_not(operation, card.latent, card.capabilities),
        }
        for name, operation in discover("operations").items()
    }
    priors = [(name, find("priors", name)) for name in card.priors]
    return {
        "model": model,
        "opening": session.opening().model_dump(mode="json", exclude_defaults=True),
        "card": {
            "title": card.title,
            "items": card.items,
            "shape": card.shape,
            "latent": card.latent.model_dump(),
            "capabilities": card.capabilities,
            "judge": session.checkpoint.judge is not None,
            "priors": [{"name": name, "title": kind.title, "sentence": kind.sentence} for name, kind in priors],
            "resample": card.metrics.get("resample", {}),
        },
        "operations": operations,
        "lenses": list(discover("lenses")),
        "about": stage.about(session),
    }


def facts_json(session: Session, names: Sequence[str] | None = None) -> bytes:
    """The same as the file that the page fetches."""
    return json.dumps(facts(session, names), separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
