"""What stands around the work itself: type and colours, the keyboard, the ways in and out."""

from __future__ import annotations

import re

import gradio
import pytest

from tests.conftest import ROOT

STYLES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "assets" / "css").glob("*.css"))}
DEFINED = re.compile(r"(--[\w-]+)\s*:")
# Of each element with text of its own: which it is, and how it is set.
TYPE = """() => [...document.querySelectorAll('#workspace *')]
  .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
  .map((node) => {
    const { fontFamily, fontSize, fontWeight, lineHeight } = getComputedStyle(node);
    return [node.tagName, node.id, String(node.className), fontFamily, fontSize, fontWeight, lineHeight].join(' | ');
  })"""


def test_our_variables_have_names_of_their_own():
    """Gradio writes its theme's on `body.dark`, nearer to the page than ours on the document."""
    theme = gradio.themes.Default()._get_theme_css()
    ours = {name for text in STYLES.values() for name in DEFINED.findall(text)}
    assert ours & set(DEFINED.findall(theme)) == set()


def test_every_variable_that_is_used_is_defined():
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "assets" / "js").rglob("*.js"))
    views = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "explorer").rglob("*.py"))
    known = {name for text in (*STYLES.values(), scripts, views) for name in DEFINED.findall(text)}
    known |= set(re.findall(r"setProperty\([`'\"](--[\w-]+)", scripts))
    for file, text in STYLES.items():
        assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= known, file


@pytest.mark.parametrize("width", [390, 1280])
def test_type_is_the_same_by_day_and_by_night(visit, width):
    shown = {}
    for scheme in ("light", "dark"):
        page = visit(color_scheme=scheme, width=width)
        assert page.page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
        assert page.page.evaluate("document.documentElement.dataset.theme") == scheme
        shown[scheme] = page.page.evaluate(TYPE)
    assert len(shown["light"]) > 40
    assert shown["light"] == shown["dark"]
