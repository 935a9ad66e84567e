"""Who may ask the app, and what its answers allow a browser to do. See `docs/security.md`."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("localhost", "*.localhost")
ANY = "*"
SAFE = ("GET", "HEAD", "OPTIONS")
CORS = b"access-control-"
SCRIPT = re.compile(rb"<script(?=[\s>])")
CSP = b"content-security-policy"
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),  # so that a page which is isolated itself may frame this one
)


def policy(scripts: str, frames: str = ANY) -> str:
    """A content security policy: everything from this host, scripts as told.

    Gradio runs `js_on_load` as code made from text, and plotly's WebGL drawing makes its shaders' callers so; the page that holds
    both needs 'unsafe-eval'. Both write styles into elements: 'unsafe-inline', for styles alone.
    """
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
        f"manifest-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors {frames}"
    )


def names(variable: str, otherwise: Sequence[str] = ()) -> tuple[str, ...]:
    """A list of names in an environment variable, divided by commas or spaces."""
    given = os.environ.get(variable, "").lower().replace(",", " ").split()
    return tuple(given or otherwise)


def read_only() -> bool:
    """Is this server for looking alone, without data that are brought and without classes?"""
    return os.environ.get("EXPLORER_READ_ONLY", "") not in ("", "0")


def hosts_of(address: str) -> tuple[str, ...]:
    """The hosts that are answered when listening on an address: `$EXPLORER_HOSTS`; this machine alone on a loopback address,
    where a stranger's page could reach what no stranger can; any where it was opened to a network."""
    try:
        local = address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        local = False
    return names("EXPLORER_HOSTS", () if local else (ANY,))


def host_of(text: str) -> str:
    """`example.org:7860` or `[::1]:7860` -> the name without the port, lower case."""
    try:
        return urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return ""


def allowed(host: str, hosts: Sequence[str]) -> bool:
    """Is this one of the names? Numbers always are: no name leads to them that a stranger could have set (DNS rebinding)."""
    try:
        ipaddress.ip_address(host)
        return True
    except ValueError:
        pass
    return any(
        name in (ANY, host) or (name.startswith("*.") and host.endswith(name[1:])) for name in (*LOOPBACK, *hosts)
    )


class Guarded:
    """ASGI middleware: refuses hosts that aren't listed and changes asked for by other sites' pages; takes Gradio's permission
    for other sites away; says what the browser may do with the answer.

    Args:
        app: what is guarded.
        hosts: names under which the app is reached, beside this machine's own; `*` for any.
        origins: other sites whose pages may use the API from a browser, as `https://example.org`.
        frames: sites that may show the page in a frame, as CSP's `frame-ancestors` takes them.
    """

    def __init__(
        self, app: ASGIApp, hosts: Sequence[str] = (), origins: Sequence[str] = (), frames: Sequence[str] = (ANY,)
    ) -> None:
        self.app, self.hosts, self.origins, self.frames = app, hosts, origins, " ".join(frames)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on and add to the head of its answer."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        reason = self._why_not(scope.get("method", "GET"), headers)
        if reason:
            status, sentence = reason
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await JSONResponse({"error": sentence}, status_code=status)(scope, receive, send)
            return
        ours = self._same(headers) or headers.get(b"origin", "") in self.origins

        async def guarded(message: dict) -> None:
            if message["type"] == "http.response.start":
                kept = [
                    (name, value)
                    for name, value in message.get("headers", ())
                    if ours or not name.lower().startswith(CORS)
                ]
                message = {**message, "headers": [*kept, *ALWAYS, *self._policy(kept)]}
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)

    def _policy(self, headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """For a page that brings no policy of its own: scripts of files alone, and none made from text."""
        sent = {name.lower(): value for name, value in headers}
        if not sent.get(b"content-type", b"").startswith(b"text/html") or CSP in sent:
            return []
        return [(CSP, policy("'self'", self.frames).encode())]

    def _why_not(self, method: str, headers: dict[bytes, str]) -> tuple[int, str] | None:
        host = host_of(headers.get(b"host", ""))
        if not allowed(host, self.hosts):
            return 421, (
                f"The explorer isn't told to answer under the name {host[:64]!r}; list it in EXPLORER_HOSTS where that is meant."
            )
        origin = headers.get(b"origin")
        if method in SAFE and (headers.get(b"sec-fetch-site") is None or headers.get(b"sec-fetch-mode") == "navigate"):
            return None  # somebody follows a link or opens a frame, or the client doesn't say what it is
        if not self._same(headers) and origin not in self.origins:
            return (
                403,
                "Another site's page can't use this explorer; list that site in EXPLORER_ORIGINS where that is meant.",
            )
        return None

    @staticmethod
    def _same(headers: dict[bytes, str]) -> bool:
        """Does the request come from a page of this very host? The scheme is the proxy's affair."""
        site = headers.get(b"sec-fetch-site")
        if site is not None:  # set by the browser itself, and right however a proxy changes the host
            return site in ("same-origin", "none")
        origin = headers.get(b"origin")
        here = {headers.get(b"host", ""), headers.get(b"x-forwarded-host", "").split(",")[0].strip()} - {""}
        return origin is None or urlsplit(origin).netloc in here


def with_nonce(page: bytes, nonce: str) -> bytes:
    """A page whose scripts carry a nonce, and thereby may run."""
    return SCRIPT.sub(b'<script nonce="' + nonce.encode() + b'"', page)
