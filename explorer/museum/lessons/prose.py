"""The text of a lesson as data from which the page builds elements: Markdown's own constructs, nothing that a browser runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from explorer.core.glossary import TERMS

Refuse = Callable[[int, str], NoReturn]
TAGS = {
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li", "blockquote": "blockquote",
    "heading": "h4", "em": "em", "strong": "strong", "hardbreak": "br", "hr": "hr",
}  # fmt: skip
WEB = re.compile(r"https?://\S+")
TERM = "term:"
LONGEST = 8000  # characters of a paragraph
CODE = {"code_inline": "code", "code_block": "pre", "fence": "pre"}
NO_HTML = "A lesson is Markdown without HTML; write “<” as “\\<”."
REFUSED = {
    "html_block": NO_HTML,
    "html_inline": NO_HTML,
    "image": "A lesson holds no pictures of its own; a scene shows one.",
}


def tokens(text: str, refuse: Refuse) -> list[Token]:
    """Markdown (CommonMark) as tokens. HTML is read as such, so that it can be refused where it stands.

    A paragraph is bounded, since what is read of one, such as a row of brackets, can take time by the square of its length.
    """
    reader = MarkdownIt("commonmark")

    def bounded(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "inline" and len(token.content) > LONGEST:
                refuse(token.map[0], f"A paragraph has {LONGEST:,} characters at most.")

    reader.core.ruler.before("inline", "bounded", bounded)
    return reader.parse(text)


def told(block: Sequence[Token], refuse: Refuse) -> list[Any]:
    """Whole blocks -> a list of texts and of `[tag, attributes, ...inside]`, JSON-able.

    The attributes are `href` (http or https) and `term` (a word of the glossary, written as `[word](term:)`).

    Args:
        block: tokens, as many opened as closed.
        refuse: is told the line (counted as markdown-it does, from 0) and the sentence, and raises.
    """
    return _inside(SyntaxTreeNode(block), 0, refuse)


def _inside(node: SyntaxTreeNode, line: int, refuse: Refuse) -> list[Any]:
    out: list[Any] = []
    for child in node.children:
        line = child.map[0] if child.map else line
        out += _node(child, line, refuse)
    return out


def _node(node: SyntaxTreeNode, line: int, refuse: Refuse) -> list[Any]:
    kind, inside = node.type, partial(_inside, node, line, refuse)
    if kind in REFUSED:
        refuse(line, REFUSED[kind])
    if kind in ("text", "softbreak"):
        return [node.content or " "]
    if kind in CODE:
        return [[CODE[kind], {}, node.content.rstrip("\n")]]
    if kind == "link":
        return [_link(node, line, refuse)]
    known = kind in TAGS and not (kind == "paragraph" and node.hidden)  # of a tight list
    return [[TAGS[kind], {}, *inside()]] if known else inside()


def _link(node: SyntaxTreeNode, line: int, refuse: Refuse) -> list[Any]:
    href, inside = str(node.attrs.get("href", "")), _inside(node, line, refuse)
    if href.startswith(TERM):
        text = "".join(part for part in inside if isinstance(part, str))
        term = href.removeprefix(TERM).replace("%20", " ") or text.lower()
        if term not in TERMS:
            refuse(line, f"The glossary has no word “{term[:40]}”; docs/glossary.md lists them.")
        return ["span", {"term": term}, *inside]
    if not WEB.fullmatch(href):
        refuse(line, f"A link leads to an http or https address, not to “{href[:60]}”.")
    return ["a", {"href": href}, *inside]


def unlinked(parts: Sequence[Any]) -> list[Any]:
    """The same text with the address of each link to the web written behind it, so that nothing in it leads away."""
    out: list[Any] = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
            continue
        tag, attributes, *inside = part
        href = attributes.get("href")
        out.append(["span", {}, *unlinked(inside), f" ({href})"] if href else [tag, attributes, *unlinked(inside)])
    return out
