"""The page on security says what is so: its numbers are the code's, its variables exist, its proxy lines work."""

from __future__ import annotations

import re

import pytest

from explorer.page import ui
from explorer.page.serving import around, slow, turns
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


@pytest.mark.parametrize(
    ("sentence", "is_so"),
    [
        (
            "sentence of up to 300 characters",
            lambda: __import__("explorer.core.refusals").core.refusals.SENTENCE == 300,
        ),
        ("A body has at most 24 MB", lambda: around.MAX_BODY == 24 << 20),
        ("an uploaded file 16 MB", lambda: ui.MAX_UPLOAD == "16mb"),
        ("given up after 30 seconds", lambda: around.PATIENCE == 30),
        ("The head of a request has 20 seconds", lambda: slow.PATIENCE == 20),
        ("deleted within six minutes", lambda: ui.UPLOADS_LOOKED_AT + ui.UPLOADS_KEPT == 360),
        (
            "1024 requests wait at most, 512 of one address, none longer than 20 seconds",
            lambda: (turns.WAITING, turns.EACH, turns.PATIENCE) == (1024, 512, 20),
        ),
        ("client_max_body_size 24m", lambda: around.MAX_BODY == 24 << 20),
    ],
)
def test_a_number_is_that_of_the_code(sentence, is_so):
    assert sentence in WORDS and is_so()


def test_each_variable_is_read_somewhere():
    code = "".join(path.read_text(encoding="utf-8") for path in [*ROOT.glob("explorer/**/*.py"), ROOT / "app.py"])
    named = set(re.findall(r"EXPLORER_\w+", PAGE))
    assert len(named) == 6 and all(f'"{name}"' in code for name in named)


def test_each_test_file_that_it_names_exists():
    named = re.findall(r"`(tests/[\w/.]+)`", PAGE)
    assert named and all((ROOT / name).is_file() for name in named)


def test_no_script_of_the_explorer_is_inline_or_asks_another_host():
    for path in ROOT.glob("assets/js/**/*.js"):
        assert not re.search(r"(fetch|import)\(\s*[\"'`]https?:", path.read_text(encoding="utf-8")), path.name
