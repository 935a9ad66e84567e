"""A reverse proxy in a process of its own: `python -m tests.support.proxy PORT TARGET PREFIX strip|keep [header: value]`."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from explorer.page.serving.port import free
from tests.conftest import ROOT

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Proxy(BaseHTTPRequestHandler):
    """Passes on what lies below a prefix; everything else is a 404, as on a host that serves other things too."""

    protocol_version = "HTTP/1.1"
    target, prefix, strips, told = "", "", True, ()

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if not self.path.startswith(self.prefix):
            self.send_error(404)
            return
        path = self.path[len(self.prefix) :] if self.strips else self.path
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP} | dict(self.told)
        upstream = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=120)
        upstream.request(
            self.command, path or "/", body, headers
        )  # the host becomes the target's, as nginx does unasked
        answer = upstream.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        upstream.close()

    do_GET = do_POST = do_HEAD = do_OPTIONS = _pass

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def proxied(target: str, prefix: str, strips: bool, *told: str) -> Iterator[str]:
    """A proxy of a running app -> the address below which the app lies there, without a slash at the end."""
    port = free()
    words = [str(port), target, prefix, "strip" if strips else "keep", *told]
    process = subprocess.Popen([sys.executable, "-m", "tests.support.proxy", *words], cwd=ROOT)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing")
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}{prefix}"
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    _, given, Proxy.target, Proxy.prefix, how, *more = sys.argv
    Proxy.strips, Proxy.told = how == "strip", tuple(tuple(line.split(": ", 1)) for line in more)
    ThreadingHTTPServer(("127.0.0.1", int(given)), Proxy).serve_forever()
