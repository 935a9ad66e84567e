"""The first pictures of a static site over a slow line: how many bytes and milliseconds until they stand, with nothing cached."""

from __future__ import annotations

import functools
import gzip
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PACKED = (".html", ".css", ".js", ".json", ".svg", ".wasm")
LINE = {"offline": False, "latency": 20, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}  # 10 Mbit/s
PATIENCE = 120_000
# When each of the first pictures came, by the page's own clock.
WATCH = """
window.stood = {};
const look = () => {
  const at = performance.now();
  const cells = [...document.querySelectorAll("#panel .cell img")];
  if (+(document.querySelector("#map")?.dataset.plotted ?? 0) > 0) window.stood.map ??= at;
  if (document.querySelector("#stage-after")?.getAttribute("src")) window.stood.stage ??= at;
  if (cells.length && cells.every((image) => image.getAttribute("src"))) window.stood.row ??= at;
  if (Object.keys(window.stood).length < 3) setTimeout(look, 4);
};
look();
"""
STOOD = "() => Object.keys(window.stood).length === 3 && window.stood"


class _Host(SimpleHTTPRequestHandler):
    """A host as most are: it compresses what browsers take compressed, and holds connections open."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send a file."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        packed = path.suffix in PACKED
        data = self.server.packed(path) if packed else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(data)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(data)


class Host(ThreadingHTTPServer):
    """Serves a folder on a free port of this machine."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), functools.partial(_Host, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.packed = functools.lru_cache(maxsize=None)(lambda path: gzip.compress(path.read_bytes(), 6))

    def handle_error(self, *_: object) -> None:
        """A browser that closes a connection is no error."""


S = TypeVar("S", bound=ThreadingHTTPServer)


@contextmanager
def hosted(server: S) -> Iterator[S]:
    """Let a server of files run as long as the context lasts."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


def opening(browser: Browser, name: str) -> dict[str, Any]:
    """A checkpoint's site, opened with an empty cache at 10 Mbit/s and 20 ms.

    Returns:
        `map`, `stage`, `row`: milliseconds until each stood; `bytes` that had come by then, and `requests`.
    """
    from explorer.page.site import write

    with tempfile.TemporaryDirectory() as folder:
        write([name], Path(folder) / "site")
        with hosted(Host(Path(folder) / "site")) as host:
            return first_pictures(browser, host.url)


def first_pictures(browser: Browser, url: str) -> dict[str, Any]:
    """The same of a site that is served already."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", LINE)
        started: list[float] = []
        came: list[tuple[float, int]] = []
        session.on("Network.requestWillBeSent", lambda event: started.append(event["timestamp"]))
        session.on("Network.loadingFinished", lambda e: came.append((e["timestamp"], e["encodedDataLength"])))
        page.add_init_script(WATCH)
        page.goto(url)
        stood = page.wait_for_function(STOOD, timeout=PATIENCE).json_value()
        end = started[0] + max(stood.values()) / 1000
        return {
            **{name: round(ms) for name, ms in stood.items()},
            "bytes": int(sum(size for at, size in came if at <= end)),
            "requests": sum(at <= end for at in started),
        }
    finally:
        context.close()
