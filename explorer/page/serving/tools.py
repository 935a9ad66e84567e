"""Answers of the API as its clients expect them: pictures of MCP tools as pictures, and refusals that are no failures."""

from __future__ import annotations

import json
import re
from typing import Any

from mcp import types
from starlette._utils import get_route_path
from starlette.types import ASGIApp, Receive, Scope, Send

from explorer.page.serving.api import FAILED

PICTURE = re.compile(r"data:(image/[a-z+]+);base64,(.+)", re.DOTALL)
CALLS = re.compile(r"/gradio_api/(run|api)/")


def content(data: list[Any], _: str) -> list[types.TextContent | types.ImageContent]:
    """What an endpoint gave -> JSON as text, in which each picture is named, and after it the pictures as image content."""
    out: list[types.TextContent | types.ImageContent] = []
    for value in data:
        pictures: list[types.ImageContent] = []
        named = _without_pictures(value, pictures)
        out += [types.TextContent(type="text", text=json.dumps(named, ensure_ascii=False)), *pictures]
    return out


def _without_pictures(value: Any, pictures: list[types.ImageContent]) -> Any:
    if isinstance(value, dict):
        return {name: _without_pictures(one, pictures) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_pictures(one, pictures) for one in value]
    if isinstance(value, str) and (found := PICTURE.fullmatch(value)):
        pictures.append(types.ImageContent(type="image", mimeType=found[1], data=found[2]))
        return f"picture {len(pictures)}"
    return value


class Refusals:
    """ASGI middleware: what a client asked for and can't have is a 422 with its sentence; Gradio answers each with a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and mend the status of its answer."""
        if scope["type"] != "http" or not CALLS.match(get_route_path(scope)):
            await self.app(scope, receive, send)
            return
        held: dict | None = None

        async def mended(message: dict) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and message["status"] == 500:
                held = message
                return
            if held is not None:
                try:
                    refused = json.loads(message.get("body", b"")).get("error") not in (None, FAILED)
                except (ValueError, AttributeError):
                    refused = False
                await send({**held, "status": 422 if refused else 500})
                held = None
            await send(message)

        await self.app(scope, receive, mended)
