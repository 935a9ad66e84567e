"""Checkpoints made in seconds for every contract, and a browser for the page."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from hypothesis import settings

from tests.support import tiny

torch.set_num_threads(1)  # two workers share the cores
settings.register_profile("suite", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("suite")
ROOT = Path(__file__).resolve().parent.parent
BUNDLED = ROOT / "checkpoints"
TINY = ("tiny-digits", "tiny-shapes")


def bundled() -> list[str]:
    """Names of the checkpoints in the box."""
    return sorted(path.parent.name for path in BUNDLED.glob("*/card.json"))


def representatives() -> list[str]:
    """Those of pictures with a vector for a latent and a posterior to draw from, and no settings of a dial.

    What is peculiar to the others (codes, sound, series, exact encoders or none) is tested with their families and exhibits.
    """
    cards = {name: json.loads((BUNDLED / name / "card.json").read_text(encoding="utf-8")) for name in bundled()}
    return [
        name
        for name, card in cards.items()
        if card["modality"] == "image" and card["latent"]["kind"] == "vector"
        and "encode" in card["capabilities"] and "exact" not in card["capabilities"] and not card.get("dial")
    ]  # fmt: skip


def can(session, *operations: str) -> bool:
    """Does a session's model take all these operations?"""
    from explorer.core.registry import find
    from explorer.play.operations.base import why_not

    card = session.card
    return all(why_not(find("operations", name), card.latent, card.capabilities) is None for name in operations)


def _code() -> str:
    """Sixteen hex digits of everything that a checkpoint can follow from: all rooms below the sessions and the page."""
    rooms = [path for path in (ROOT / "explorer").glob("*/") if path.name not in ("play", "page")]
    files = [Path(tiny.__file__), *(file for room in rooms for file in sorted(room.rglob("*.py")))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """A folder for what is made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def made(shared) -> Path:
    """A folder with the two tiny checkpoints, made once for all workers; not to be written to.

    Where `EXPLORER_TESTS_KEPT` names a folder they stay there, for the next run of the same code.
    """
    from explorer.box.build.build import make

    kept = os.environ.get("EXPLORER_TESTS_KEPT")
    root = (Path(kept) / _code() if kept else shared) / "tiny"
    root.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{root}.lock"):
        for name in TINY:
            folder = root / name
            if not (folder / "card.json").is_file():
                folder.mkdir(parents=True)
                (folder / "recipe.toml").write_text(tiny.recipe(name))
                make(folder / "recipe.toml")
    return root


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium for the tests of a file."""
    from explorer.page.bench.browser import browser as launched

    with launched() as opened:
        yield opened


@pytest.fixture(scope="module")
def url(made):
    """The address of an app with the tiny checkpoints."""
    from tests.support.live import explorer_of

    with explorer_of(made) as address:
        yield address


@pytest.fixture(scope="module")
def box():
    """The address of an app with the bundled checkpoints."""
    from tests.support.live import explorer_of

    with explorer_of(BUNDLED) as address:
        yield address


@pytest.fixture
def visit(browser, url):
    """Makes visits, and judges them when the test is over."""
    from explorer.core.scene import Scene, View
    from tests.support.browsing import Visit

    visits, shapes = [], Scene(model="tiny-shapes", view=View(map="flat", colour="colour"))

    def go(scene=shapes, **options):
        visits.append(Visit(browser, url, **options))
        return visits[-1].open(scene)

    yield go
    for one in visits:
        one.close()


@pytest.fixture
def playing(browser, url):
    """A visit to the pages of plays, which allow no evaluated text, by which the tests wait."""
    from tests.support.browsing import Visit

    one = Visit(browser, url, reduced_motion="reduce", bypass_csp=True)
    yield one
    one.close()


@pytest.fixture
def root(made, monkeypatch) -> Path:
    """The tiny checkpoints, as the ones that the explorer knows."""
    monkeypatch.setenv("CHECKPOINTS", str(made))
    return made


@pytest.fixture(params=[*TINY, *representatives()])
def session(request, made, monkeypatch):
    """A session on each checkpoint, tiny or bundled."""
    from explorer.play.session import open_session

    monkeypatch.setenv("CHECKPOINTS", str(made if request.param in TINY else BUNDLED))
    return open_session(request.param)


@pytest.fixture(scope="session")
def site(made, shared) -> Path:
    """A static site of the tiny checkpoints, written once for all workers; not to be written to."""
    from explorer.page.site import write

    folder = shared / "site"
    with FileLock(f"{folder}.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKPOINTS", str(made))
        if not folder.is_dir():
            write(TINY, folder.with_name("site-unfinished"))
            folder.with_name("site-unfinished").rename(folder)
    return folder
