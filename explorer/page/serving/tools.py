"""Answers of the API as its clients expect them: pictures of MCP tools as pictures, and refusals that are no failures."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from gradio.route_utils import FnIndexInferError
from mcp import types
from starlette._utils import get_route_path
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from explorer.page.serving.api import FAILED, LATER

log = logging.getLogger(__name__)
PICTURE = re.compile(r"data:(image/[a-z+]+);base64,(.+)", re.DOTALL)
CALLS = re.compile(r"/gradio_api/((run|api|call)/|queue/join|component_server)")
UNKNOWN = "There is no endpoint of this name; /gradio_api/info lists those there are."
MISFIT = "This endpoint takes other values than these; /gradio_api/info lists them."


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
    """ASGI middleware: what a client asked for and can't have is a 4xx with its sentence, or a 503 that says when to try again;
    Gradio answers each with a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and mend the status of its answer."""
        if scope["type"] != "http" or not CALLS.match(get_route_path(scope)):
            await self.app(scope, receive, send)
            return
        later: list[int] = []  # seconds, where the server had too much to do
        held: list[dict] = []  # an answer of 500, until it is known whose fault it was

        async def hold(message: dict) -> None:
            if held or (message["type"] == "http.response.start" and message["status"] == 500):
                held.append(message)
            else:
                await send(message)

        try:
            await self.app({**scope, LATER: later}, receive, hold)
        except FnIndexInferError:
            await JSONResponse({"error": UNKNOWN}, 404)(scope, receive, send)
            return
        except Exception as error:
            # Our endpoints never raise (see `act` and `api`): what does is Gradio, at a request that no client of its makes.
            log.warning("a call that can't be read: %r", error)
            await JSONResponse({"error": MISFIT}, 422)(scope, receive, send)
            return
        if held:
            refused = _refused(b"".join(message.get("body", b"") for message in held))
            if later:
                after = {"Retry-After": str(later[0])}
                await JSONResponse({"error": refused}, 503, after)(scope, receive, send)
            elif refused:
                await JSONResponse({"error": refused}, 422)(scope, receive, send)
            else:
                for message in held:
                    await send(message)


def _refused(body: bytes) -> str | None:
    """The sentence of a refusal in the body of Gradio's 500; None where the fault is ours."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, TypeError, KeyError):
        return None
    if error is None:  # Gradio's own, which it keeps to itself: our endpoints never fail without a word
        return MISFIT
    return None if error == FAILED else str(error)
