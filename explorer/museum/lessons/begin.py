"""A small lesson to begin with: one step of each of the usual kinds, about a model that is at hand, and sound as it is."""

from __future__ import annotations

import json
from typing import Any

from explorer.core.link import compact, write
from explorer.core.scene import ItemStart, Scene
from explorer.core.schema import ExplorerError
from explorer.play.session import Session, open_session

HEAD = """+++
title = "{title}"
goal = "Say what {label} changes in a picture, and what it leaves."
minutes = 5
level = "beginner"
models = [{name}]
+++

"""
STEPS = """## What there is to see

Say in a sentence or two what this is. A word such as [latent](term:) explains itself.

```scene
{start}
```

```predict
ask = "We ask for {first}. Which picture comes?"
pictures = [
  '{start}',
  '{asked}',
]
answer = "B"
```

Say why it is so.

```scene
{asked}
```

## Now you

```scene
{start}
```

```reach
ask = "Ask for {second}."
example = '{other}'
[goal]
condition = {{{attribute} = {value}}}
```

Say what to look at.

## Wander

A question to take along, and time to look for its answer.

```scene
{start}
```
"""


def begun(model: str) -> str:
    """The file's text, about the first attribute of a checkpoint that has values to choose from.

    Raises:
        ExplorerError: there is no such checkpoint, or it has no such attribute.
    """
    session = open_session(model)
    start = Scene.model_validate({"model": model, "start": _item(session)})
    own = session.condition(start.point)
    for attribute in session.card.conditions.attributes:
        others = [value for value in attribute.values if value != own[attribute.name]]
        if others:
            break
    else:
        raise ExplorerError(
            f"{session.card.title} has no attribute with values to choose from; write a lesson on it by hand."
        )
    first, second = others[0], others[min(1, len(others) - 1)]

    def asked(value: str) -> str:
        return _text(start.model_copy(update={"condition": {attribute.name: value}}))

    words = {"start": _text(start), "asked": asked(first), "other": asked(second), "value": _toml(second)}
    words |= {"first": first, "second": second, "attribute": attribute.name}
    head = HEAD.format(
        title=f"What {attribute.label.lower()} changes", label=attribute.label.lower(), name=_toml(model)
    )
    return head + STEPS.format(**words)


def _item(session: Session) -> dict[str, Any]:
    start = session.opening().point.start
    return {"item": start.item if isinstance(start, ItemStart) else 0}


def _text(scene: Scene) -> str:
    """JSON, which a person can read, or a link where TOML couldn't quote it."""
    return text if "'" not in (text := compact(scene)) else write(scene)


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
