"""HTML by calls: text is escaped, markup nests, and what isn't there is left out. Escaping is MarkupSafe's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape
from pydantic import BaseModel

from explorer.core.link import compact

UNSTARTED = (  # as long as the page's scripts haven't said that they run (assets/js/core/standing.js), after a while
    '<p class="unstarted" id="unstarted" role="status">The scripts of this page don\'t load. Reload it; '
    "where scripts are blocked, allow those of this address.</p>"
)
VOID = frozenset({"br", "hr", "img", "input"})
Child = str | Markup | None | Iterable["Child"]


def el(tag: str, *children: Child, **attributes: Any) -> Markup:
    """One element.

    Args:
        tag: its name.
        children: markup, text (which is escaped), None (left out), or lists of these.
        attributes: underscores become hyphens, one at the end is dropped (`class_`, `data_set`). True gives the bare name,
            None and False leave it out; lists and dicts become JSON, and points and scenes their shortest JSON.
    """
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        parts.append(f" {key}" if value is True else f' {key}="{escape(_text(value))}"')
    parts.append(">")
    if tag not in VOID:
        parts.append(f"{join(*children)}</{tag}>")
    return Markup("".join(parts))


def join(*children: Child) -> Markup:
    """Children one after the other, without an element around them."""
    out = []
    for child in children:
        if isinstance(child, str):
            out.append(escape(child))
        elif child is not None:
            out.append(join(*child))
    return Markup("".join(out))


def words(*names: str | bool | None) -> str | None:
    """Class names in one attribute; those that are None, False or empty are left out, and None is given for none at all."""
    return " ".join(name for name in names if isinstance(name, str) and name) or None


def _text(value: Any) -> str:
    if isinstance(value, BaseModel):
        return compact(value)
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return str(value)
