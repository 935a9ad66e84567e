"""A static site of the tiny checkpoints, and a plain file server for it: what any host does, and nothing more."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from explorer.page.bench.light import hosted


class Plain(SimpleHTTPRequestHandler):
    """Python's own file server; it notes how many bytes of which file it sent."""

    sent: list[tuple[str, int]]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def copyfile(self, source: object, outputfile: object) -> None:
        """Send a file, and note it."""
        data = source.read()
        self.server.sent.append((self.path, len(data)))
        outputfile.write(data)


class Server(ThreadingHTTPServer):
    """Serves a folder's parent, so that the site lies under a path of its own, as on most hosts."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.sent: list[tuple[str, int]] = []
        super().__init__(("127.0.0.1", 0), functools.partial(Plain, directory=str(folder.parent)))
        self.url = f"http://127.0.0.1:{self.server_port}/{folder.name}"


def served(folder: Path) -> AbstractContextManager[Server]:
    """Serve a site as long as the context lasts."""
    return hosted(Server(folder))
