"""Firefox, headless, over WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/): as much of it as the tests need."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

PATIENCE = 60.0  # seconds; a machine that does other work too
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
WATCHED = ["log.entryAdded", "network.beforeRequestSent"]
# Nothing but what a test asks for: files go where they are told, and no other host is asked.
PROFILE = {
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.shell.checkDefaultBrowser": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
}


def firefox() -> str:
    """Where the browser is."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    assert found, "Firefox isn't in the PATH; `make firefox` installs it on Debian"
    return found


class Page:
    """One page of a browser.

    Attributes:
        downloads: the folder into which files are saved.
        errors: what scripts threw.
        asked: addresses that were asked for.
    """

    def __init__(self, socket: Any, downloads: Path) -> None:
        self.socket, self.downloads, self.ids = socket, downloads, count()
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=WATCHED)
        self.context = self.send("browsingContext.getTree")["contexts"][0]["context"]
        viewport = {"width": 1280, "height": 800}
        self.send("browsingContext.setViewport", context=self.context, viewport=viewport)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command -> its result; what is told meanwhile is kept."""
        asked = next(self.ids)
        self.socket.send(json.dumps({"id": asked, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(timeout=2 * PATIENCE))
            if told.get("id") == asked:
                assert told["type"] == "success", told
                return told["result"]
            params = told.get("params", {})
            if told.get("method") == "log.entryAdded" and params["type"] == "javascript" and params["level"] == "error":
                self.errors.append(params["text"])
            elif told.get("method") == "network.beforeRequestSent":
                self.asked.append(params["request"]["url"])

    def open(self, url: str) -> None:
        """Go to an address, and wait until its document is loaded."""
        self.send("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The JSON of what an expression gives, or a promise of it."""
        made = self.send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})) ?? 'null')()",
            target={"context": self.context},
            awaitPromise=True,
        )
        assert made["type"] == "success", made
        return json.loads(made["result"]["value"])

    def wait(self, expression: str) -> Any:
        """Wait until an expression is true of the page -> its value."""
        end = time.monotonic() + PATIENCE
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.02)
        return value

    def middle(self, selector: str) -> tuple[float, float]:
        """Where an element is, which is brought into sight."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"Boolean({found})")
        box = self.evaluate(
            f"({found}.scrollIntoView({{ block: 'nearest' }}), {found}.getBoundingClientRect().toJSON())"
        )
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def press(self, *trace: Sequence[float], hold: bool = False) -> None:
        """Press the pointer at the first place, drag it over the others, and let it go, unless it is to `hold`."""
        (first, *rest) = [{"type": "pointerMove", "x": round(x), "y": round(y)} for x, y in trace]
        down = {"type": "pointerDown", "button": 0}
        self.point([first, down, *rest, *([] if hold else [{"type": "pointerUp", "button": 0}])])

    def point(self, actions: list[dict[str, Any]]) -> None:
        """What a hand does with the pointer."""
        mouse = {"type": "pointer", "id": "mouse", "actions": actions}
        self.send("input.performActions", context=self.context, actions=[mouse])

    def click(self, selector: str) -> None:
        """Press an element in its middle."""
        self.press(self.middle(selector))

    def key(self, letter: str) -> None:
        """Press a key."""
        actions = [{"type": kind, "value": letter} for kind in ("keyDown", "keyUp")]
        self.send(
            "input.performActions", context=self.context, actions=[{"type": "key", "id": "keys", "actions": actions}]
        )


@contextmanager
def opened() -> Iterator[Page]:
    """A page of a browser of its own, closed with the context."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        profile, downloads = Path(scratch, "profile"), Path(scratch, "downloads")
        profile.mkdir()
        downloads.mkdir()
        wanted = PROFILE | {"browser.download.dir": str(downloads)}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted.items()]
        (profile / "user.js").write_text("\n".join(lines))
        command = [firefox(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        process = subprocess.Popen(
            [*command, "about:blank"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        try:
            address = next(found[1] for line in process.stderr if (found := LISTENS.search(line)))
            with connect(f"{address}/session", max_size=None, open_timeout=PATIENCE) as socket:
                yield Page(socket, downloads)
        finally:
            process.terminate()
            process.wait(timeout=30)
