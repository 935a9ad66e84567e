"""What a result follows from: its code and what that imports, within the rooms that decide it, without the prose."""

from __future__ import annotations

import pytest

from explorer.core import sources
from explorer.learn.training.once import once


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A package `explorer` with a net, its loss and a page that shows it; write a file anew to change it."""
    monkeypatch.setattr(sources, "PACKAGE", tmp_path / "explorer")

    def write(**files):
        for name, text in files.items():
            path = tmp_path.joinpath("explorer", *name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        sources.sources.cache_clear()
        sources._read.cache_clear()

    write(
        learn__net="from explorer.learn.loss import loss\nfrom explorer.core.show import show\nclass Net:\n    title = 'A'\n",
        learn__loss="def loss(x):\n    return x * 2\n",
        core__show="WIDTH = 3\n",
    )
    yield write
    sources.sources.cache_clear()
    sources._read.cache_clear()


def test_a_change_of_what_is_imported_counts_within_the_rooms_followed(house):
    every, learn = (sources.sources("explorer.learn.net", within=w) for w in (("explorer",), ("explorer.learn",)))
    house(core__show="WIDTH = 4\n")
    assert sources.sources("explorer.learn.net") != every
    assert sources.sources("explorer.learn.net", within=("explorer.learn",)) == learn
    house(learn__loss="def loss(x):\n    return x * 3\n")
    assert sources.sources("explorer.learn.net", within=("explorer.learn",)) != learn


def test_docstrings_and_what_a_class_tells_people_do_not_count(house):
    before = sources.sources("explorer.learn.loss")
    house(learn__loss="def loss(x):\n    '''Twice.'''\n    return x * 2  # twice\n")
    assert sources.sources("explorer.learn.loss") == before
    net = sources.sources("explorer.learn.net")
    text = "from explorer.learn.loss import loss\nfrom explorer.core.show import show\nclass Net:\n    {} = 'B'\n"
    house(learn__net=text.format("title"))
    assert sources.sources("explorer.learn.net") == net
    house(learn__net=text.format("kind"))
    assert sources.sources("explorer.learn.net") != net


def test_a_kept_run_is_made_anew_once_the_code_that_trains_it_changes(house, tmp_path, monkeypatch):
    import torch

    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    made = []

    def make():
        made.append(1)
        return {"w": torch.full((2,), float(len(made)))}

    def kept():
        return once("net", {"steps": 1}, "explorer.learn.loss", make)["w"][0].item()

    assert kept() == kept() == 1
    house(learn__loss="def loss(x):\n    return x * 4\n")
    assert kept() == 2 and len(made) == 2
