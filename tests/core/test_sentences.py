"""No sentence stands in two languages: what both answerers say stands in Python, and travels to the page as data."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORDS = 4  # so many in a row are a sentence, or part of one
# Comments, strings, and regular expressions, so that none hides another.
TOKEN = re.compile(
    r"""/\*.*?\*/|//[^\n]*|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|\$\{[^{}`]*(?:\{[^{}]*\}[^{}`]*)*\}|[^`\\])*`)""",
    re.S,
)


def pieces(text: str) -> set[str]:
    """What stands between a text's blanks to be filled in, where it is long enough, in lower case and single spaces."""
    while (filled := re.sub(r"\$?\{[^{}]*\}", "\0", text)) != text:
        text = filled
    parts = re.split(r"\x00|<[^>]*>|\\n", text)
    flat = (" ".join(word.strip('.,;:!?()…“”"').lower() for word in part.split()) for part in parts)
    return {part for part in flat if len(part.split()) >= WORDS}


def python_sentences(source: str) -> set[str]:
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    described = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}
    found: set[str] = set()
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            found |= pieces("".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described | inside:
            found |= pieces(node.value)
    return found


def script_sentences(source: str) -> set[str]:
    return {piece for match in TOKEN.finditer(source) if match["text"] for piece in pieces(match["text"][1:-1])}


def test_no_sentence_stands_in_both_languages():
    python: dict[str, str] = {}
    for path in (ROOT / "explorer").rglob("*.py"):
        python |= dict.fromkeys(python_sentences(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)))
    both = {}
    scripts = [*(ROOT / "assets" / "js").rglob("*.js")]
    for path in scripts:
        for piece in script_sentences(path.read_text(encoding="utf-8")) & python.keys():
            both[piece] = f"{python[piece]} and {path.relative_to(ROOT)}"
    assert len(python) > 500 and scripts
    assert not both


def test_a_sentence_in_both_is_found():
    python = python_sentences(
        '"""Doc that says it all here."""\nx = f"This {noun} didn\'t arrive whole; try {again}."\n'
    )
    assert python == {"didn't arrive whole try"}
    script = """
      // "This one is in a comment only"
      const said = `This ${noun} didn't arrive whole; try ${again({ a: 1 })}.`;
      const url = "http://a/b c"; /* "and this one is too" */
    """
    assert script_sentences(script) == {"didn't arrive whole try"}
