"""The page in a notebook's cell: what a kernel shows, and both ways between the page and Python, in a real browser."""

from __future__ import annotations

import base64
import json
import re

import nbformat
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from nbclient import NotebookClient

import explorer
from explorer.core import link
from explorer.core.scene import ItemStart, Point, Scene
from explorer.core.schema import ExplorerError
from explorer.page import notebook
from tests.conftest import BUNDLED, ROOT
from tests.support.browsing import PATIENCE
from tests.support.live import serve

# What anywidget gives to a widget's script: values that both sides read and write, and who is told.
CELL = """async ([port, address, link, source]) => {
  const values = { port, address, link, height: 600, groups: [], chosen: "" };
  const hears = {};
  window.model = {
    saved: 0,
    get: (name) => values[name],
    set: (name, value) => { values[name] = value; },
    save_changes: () => { window.model.saved += 1; },
    on: (name, fn) => (hears[name] = fn),
    off: (name) => delete hears[name],
    write: (link) => { values.link = link; hears["change:link"](); },
  };
  const script = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  await script.default.render({ model: window.model, el: document.body });
}"""
VIEW = "application/vnd.jupyter.widget-view+json"
LINK = link.write(Scene(model="tiny-shapes"))
SOURCE = (ROOT / "assets" / "notebook.js").read_text(encoding="utf-8")


@pytest.fixture
def cell(browser):
    """A notebook's page with a cell on `tiny-shapes`: -> the page, after its frame has told what is on stage."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})

    def opened(at, **values):
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(at)
        page.evaluate(CELL, [values.get("port", 0), values.get("address", ""), LINK, SOURCE])
        page.wait_for_function("window.model.saved > 0")
        return page

    yield opened
    context.close()


@pytest.fixture
def hub():
    """A notebook server that passes on to other ports: -> its address; what lies on those tells one link."""
    app = FastAPI()
    config = json.dumps({"baseUrl": "/user/me/"})

    @app.get("/user/me/lab", response_class=HTMLResponse)
    def lab() -> str:
        return f'<!doctype html><script id="jupyter-config-data" type="application/json">{config}</script><body>'

    @app.get("/user/me/proxy/{port}/", response_class=HTMLResponse)
    def proxied(port: int) -> str:
        told = json.dumps({"explorer": 1, "link": f"port {port}", "groups": [], "chosen": ""})
        return f"<!doctype html><script>parent.postMessage({told}, '*')</script>"

    with serve(app) as address:
        yield address


@pytest.fixture
def widget(root):
    """The Python side of a cell."""
    made = notebook.Widget(explorer.load("tiny-shapes"))
    yield made
    made.close()


def told(page, widget):
    """Python hears what the page has told."""
    for name in ("link", "groups", "chosen"):
        setattr(widget, name, page.evaluate(f"window.model.get('{name}')"))


def test_python_reads_the_stage_and_the_groups_and_opens_scenes(cell, widget, url, hub):
    page = cell(f"{hub}/user/me/lab", port=int(url.rpartition(":")[2]))
    frame = page.frames[1]
    frame.wait_for_selector('#workspace[data-state="ready"]')
    told(page, widget)
    assert widget.scene.model == "tiny-shapes" and widget.selection.tolist() == [widget.point.start.item]

    widget.point = Point(start=ItemStart(item=7)).asking(colour="green")
    saved = page.evaluate("window.model.saved")
    page.evaluate("link => window.model.write(link)", widget.link)
    page.wait_for_function(f"window.model.saved > {saved}")
    told(page, widget)
    assert widget.point == Point(start=ItemStart(item=7)).asking(colour="green")

    groups = "explorer.groups.tiny-shapes"
    bits = np.packbits(np.isin(np.arange(400), [3, 8, 300]), bitorder="little").tobytes()
    kept = json.dumps([{"name": "Mine", "n": 400, "bits": base64.b64encode(bits).decode()}])
    frame.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [groups, kept])
    frame.evaluate("location.reload()")
    frame.wait_for_selector('[data-group-name="Mine"] .chip-name')
    frame.click('[data-group-name="Mine"] .chip-name')
    page.wait_for_function("window.model.get('chosen') === 'Mine'")
    told(page, widget)
    assert widget.selection.tolist() == [3, 8, 300]
    table = widget.table()
    assert table.index.tolist() == [3, 8, 300] and {"colour", "height", "held_out", "error"} == {*table.columns}


def test_behind_a_notebooks_proxy_the_page_is_found(cell, hub):
    here = hub.replace("127.0.0.1", "hub.localhost")
    page = cell(f"{here}/user/me/lab", port=4321)
    assert page.frames[1].url.startswith(f"{here}/user/me/proxy/4321/#")
    assert page.evaluate("window.model.get('link')") == "port 4321"


def test_the_document_runs_in_a_kernel(monkeypatch):
    document = (ROOT / "docs" / "from-a-notebook.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", document, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in [*blocks, "m.table()"]])
    NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    assert all(VIEW in cell.outputs[-1]["data"] for cell in book.cells[:2])
    assert "image/png" in book.cells[0].outputs[-1]["data"]
    said = "".join(output.get("text", "") for output in book.cells[2].outputs)
    assert "digit" in said and "(1, 2)" in said and "digits-cvae-2d" in said
    assert "image/png" in book.cells[3].outputs[-1]["data"]
    assert len(book.cells[4].outputs[-1]["data"]["text/plain"]) < 6_000  # ten thousand rows don't flood a cell


def test_items_are_told_as_a_frame(root):
    m = explorer.load("tiny-shapes")
    frame = m.table([5, 2])
    assert frame.index.tolist() == [5, 2] and frame["colour"].isin(["red", "green", "blue"]).all()
    assert np.array_equal(m.latents([5]), m.latents()[5:6])
    assert m.table().shape[0] == 400
    for wrong in ([400], [-1]):
        with pytest.raises(ExplorerError, match="There is no item"):
            m.table(wrong)
