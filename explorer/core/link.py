"""A scene as a short text and back: what the address bar holds, what people send each other, what `render` takes.

JSON without defaults, deflated, in URL-safe base64. Reading is bounded in length and in what it may unfold to.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from pydantic import BaseModel

from explorer.core.checked import checked
from explorer.core.refusals import ExplorerError, refuse
from explorer.core.scene import Scene

MAX_LINK = 32_768
MAX_SCENE = 262_144


def compact(value: BaseModel) -> str:
    """A scene or a point as the shortest JSON that reads back as the same."""
    return value.model_dump_json(exclude_defaults=True)


def write(scene: Scene) -> str:
    """A scene -> its link text, in characters that a URL's fragment takes as they are.

    Raises:
        ExplorerError: the scene is too large for a link.
    """
    packed = zlib.compress(compact(scene).encode(), 9, -15)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(text) > MAX_LINK:
        raise refuse("link-large")
    return text


def text_of(scene: Scene) -> str:
    """The shortest text of which `read` makes the scene again: a link, or JSON where it is too large for one."""
    try:
        return write(scene)
    except ExplorerError:
        return compact(scene)


def read(text: str) -> Scene:
    """A link, the fragment of a URL, or a scene's JSON -> the scene.

    Raises:
        ExplorerError: too long, cut off, or not a scene.
    """
    if len(text) > MAX_SCENE:
        raise refuse("link-long")
    text = text.strip()
    if not text.startswith("{"):
        text = _unpack(text.rpartition("#")[2])
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise refuse("link-none") from None
    return checked(Scene, raw, "link", "link")


def _unpack(text: str) -> str:
    if len(text) > MAX_LINK:
        raise refuse("link-long")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        stream = zlib.decompressobj(-15)
        raw = stream.decompress(packed, MAX_SCENE)
        if stream.unconsumed_tail or not stream.eof:
            raise refuse("link-cut")
        return raw.decode()
    except (binascii.Error, zlib.error, ValueError) as error:
        if isinstance(error, ExplorerError):
            raise
        raise refuse("link-part") from None
