"""The first page needs nothing that takes seconds to import, and what needs it waits for it."""

from __future__ import annotations

import subprocess
import sys

import torch

from explorer.core.scene import ItemStart, Point
from explorer.play.session import open_session

CODE = """
import sys
from fastapi.testclient import TestClient
from explorer.page.ui import create_app

client = TestClient(create_app(), base_url="http://127.0.0.1")
heavy = ("torch", "sklearn", "umap", "scipy", "numba", "librosa", "onnx", "diffusers")

def get(path):
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text

page = get("/")
get(page.partition('rel="modulepreload" href="')[2].partition('"')[0])
for path in ("/reading-room", "/explorer/models.json", "/explorer/room.json"):
    get(path)
print([name for name in heavy if name in sys.modules])
get("/explorer/tiny-shapes/facts.json")
print("torch" in sys.modules, client.get("/explorer/none/facts.json").status_code)
"""


def test_the_first_page_and_the_reading_room_import_nothing_heavy(root):
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["[]", "True 404"], done.stdout + done.stderr


def test_single_items_are_made_on_one_thread_and_the_callers_number_comes_back(root, monkeypatch):
    session = open_session("tiny-shapes")
    model, threads = session.checkpoint.model, []
    decode = model.decode
    monkeypatch.setattr(
        model, "decode", lambda *given, **named: threads.append(torch.get_num_threads()) or decode(*given, **named)
    )
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        session.decode(session.resolve(Point(start=ItemStart(item=11))))
        assert threads == [1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
