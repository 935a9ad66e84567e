"""The page in a notebook's cell, two-way: what a person does there is read from Python, and Python opens scenes there.

A stored checkpoint is served by a process of its own, so that the page answers while a cell computes; a model that lives in this
process alone is served by a thread of it. Either ends with the process. anywidget carries the cell: Jupyter, JupyterLab, marimo,
VS Code and Colab; it is imported here alone (`pip install -r requirements-extra.txt`).
"""

from __future__ import annotations

import atexit
import base64
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import numpy as np
import traitlets

from explorer.core import link
from explorer.core.scene import ItemStart, Point, Scene
from explorer.core.schema import ExplorerError
from explorer.page.serving.port import answers, free
from explorer.page.ui import beside

if TYPE_CHECKING:
    import pandas as pd

    from explorer.play.handle import Explorer

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds for a server to start
IN_MEMORY = "own-model-"
_ports: dict[Path, int] = {}


class Widget(anywidget.AnyWidget):
    """The page on one checkpoint.

    Attributes:
        explorer: the checkpoint.
        port: that its server listens on.
        address: where the page is reached, for a notebook behind a proxy that isn't known; found out where empty.
        height: of the cell, in pixels.
        link: the scene on stage as a link; a link that is set is opened.
        groups, chosen: as the page tells them; see `selection`.
    """

    _esm = ROOT / "assets" / "notebook.js"
    port = traitlets.Int().tag(sync=True)
    address = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(720).tag(sync=True)
    link = traitlets.Unicode().tag(sync=True)
    groups = traitlets.List(traitlets.Dict()).tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)

    def __init__(self, explorer: Explorer, **traits: object) -> None:
        super().__init__(**traits)
        self.explorer = explorer

    @property
    def scene(self) -> Scene:
        """What is on stage, and how it is looked at."""
        return link.read(self.link)

    @scene.setter
    def scene(self, scene: Scene) -> None:
        self.link = link.write(scene)

    @property
    def point(self) -> Point:
        """The recipe of the picture on stage; one that is set is put there."""
        return self.scene.point

    @point.setter
    def point(self, point: Point) -> None:
        kept = {"start": point.start, "condition": point.condition, "edits": point.edits}
        self.scene = self.scene.model_copy(update=kept)

    @property
    def selections(self) -> dict[str, np.ndarray]:
        """The groups that were drawn on the map: numbers of their items by name, int64."""
        return {str(group["name"]): _members(str(group["members"]), self.explorer.card.items) for group in self.groups}

    @property
    def selection(self) -> np.ndarray:
        """Numbers of the items of the chosen group, int64; of the item on stage where none is chosen, or nothing."""
        if self.chosen in (held := self.selections):
            return held[self.chosen]
        start = self.point.start
        return np.array([start.item] if isinstance(start, ItemStart) else [], np.int64)

    def table(self) -> pd.DataFrame:
        """The selected items, see `Explorer.table`."""
        return self.explorer.table(self.selection)


def show(explorer: Explorer, height: int = 720, address: str = "") -> Widget:
    """The page on a checkpoint, for a notebook's cell.

    Raises:
        ExplorerError: its server doesn't start.
    """
    folder = explorer.folder.resolve()
    root = folder.parent
    if root not in _ports:
        _ports[root] = _thread(folder) if explorer.card.family.startswith(IN_MEMORY) else _process(root)
    return Widget(
        explorer, port=_ports[root], height=height, address=address, link=link.write(Scene(model=folder.name))
    )


def _thread(folder: Path) -> int:
    port = free()
    beside(folder, port)
    return port


def _process(root: Path) -> int:
    port = free()
    command = [sys.executable, str(ROOT / "app.py"), "--port", str(port), "--checkpoints", str(root)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(server.terminate)
    deadline = time.monotonic() + PATIENCE
    while not answers(port):
        if server.poll() is not None or time.monotonic() > deadline:
            raise ExplorerError("The page's server doesn't start; `python app.py` says why.")
        time.sleep(0.05)
    return port


def _members(text: str, count: int) -> np.ndarray:
    """One bit an item, in base64 -> the items' numbers."""
    bits = np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=count, bitorder="little")
    return np.flatnonzero(bits)
