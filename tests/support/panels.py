"""Reads a panel's HTML as the page does: which controls there are, and what scene each of them makes."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from explorer.core.scene import Point, Scene

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
CONTROLS = {"input", "select", "button"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str | None]
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def __getitem__(self, name: str) -> str | None:
        return self.attributes.get(name)

    def all(self, tag: str | None = None, **attributes: str) -> list[Node]:
        """Descendants by tag and attributes (underscores for hyphens); `class_` asks for one of the classes."""
        found = []
        for child in self.children:
            if (tag is None or child.tag == tag) and all(child._has(k, v) for k, v in attributes.items()):
                found.append(child)
            found += child.all(tag, **attributes)
        return found

    def _has(self, name: str, value: str) -> bool:
        if name == "class_":
            return value in (self["class"] or "").split()
        return self[name.replace("_", "-")] == value

    def by_id(self, ident: str) -> Node:
        (found,) = self.all(id=ident)
        return found

    @property
    def words(self) -> str:
        return (self.text + "".join(child.words for child in self.children)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Node("root", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> names an attribute twice: {names}"
        node = Node(tag, dict(attrs), self.here)
        self.here.children.append(node)
        if tag not in VOID:
            self.here = node

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.text += data


def read(html: str) -> Node:
    """HTML -> its tree; fails where a tag isn't closed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.here is reader.root, f"<{reader.here.tag}> isn't closed"
    return reader.root


def check(root: Node) -> None:
    """What holds of every panel: ids are unique, pictures have words, controls have names, recipes are points."""
    everything = root.all()
    idents = [node["id"] for node in everything if node["id"]]
    assert len(idents) == len(set(idents)), sorted(i for i in idents if idents.count(i) > 1)
    named = {node["for"] for node in root.all("label")}
    for node in everything:
        for name in ("for", "aria-labelledby", "data-for"):
            assert node[name] is None or node[name] in idents, f"{name}={node[name]} leads nowhere"
        if node["data-point"] is not None:
            Point.model_validate_json(node["data-point"])
        if node.tag == "img":
            assert "alt" in node.attributes
            assert node["src"] is None or node["src"].startswith("data:image/")
        if node.tag in CONTROLS:
            assert _name(node, named), f"a {node.tag} without a name: {node.attributes}"
            assert not _inside(node, "button"), "a control inside a button"
        for name in ("src", "href"):
            assert not (node[name] or "").startswith(("http:", "https:", "//")), "the page asks another host"


def _inside(node: Node, tag: str) -> bool:
    above = node.parent
    while above and above.tag != tag:
        above = above.parent
    return above is not None


def _name(node: Node, named: set[str | None]) -> str | None:
    pictures = " ".join(img["alt"] or "" for img in node.all("img"))
    label = node.parent.words if node.parent.tag == "label" else ""
    return node["aria-label"] or (node["id"] in named and "label") or node.words or pictures or label


def set_path(target: dict[str, Any], path: str, value: Any, delete: bool = False) -> None:
    """What `setPath` of assets/js/core/scene.js does."""
    *way, last = path.split(".")
    here: Any = target
    for k, name in enumerate(way):
        following = [*way, last][k + 1]
        if isinstance(here, list):
            here = here[int(name)]
        else:
            if not isinstance(here.get(name), dict | list):
                here[name] = [] if following.isdigit() else {}
            here = here[name]
    if delete and isinstance(here, list):
        del here[int(last)]
    elif delete:
        here.pop(last, None)
    elif isinstance(here, list):
        here[int(last)] = value
    else:
        here[last] = value


def results(root: Node, scene: Scene) -> list[tuple[Node, Scene]]:
    """Every control of a panel that can be used, with each scene that it makes, as assets/js/shell/bind.js would."""
    found = []
    for node in root.all():
        if "disabled" in node.attributes:
            continue
        if node["data-set"]:
            found += [(node, _apply(scene, node, {node["data-set"]: value})) for value in _values(node)]
        elif node["data-patch"]:
            found.append((node, _apply(scene, node, json.loads(node["data-patch"]))))
        elif node["data-unset"]:
            found.append((node, _apply(scene, node, {node["data-unset"]: None}, delete=True)))
        elif node["data-point"]:
            found.append((node, _apply(scene, node, {})))
    return found


def _apply(scene: Scene, node: Node, changes: dict[str, Any], delete: bool = False) -> Scene:
    raw = copy.deepcopy(scene.model_dump(mode="json"))
    if node["data-point"]:
        raw |= {"start": {"item": 0}, "condition": {}, "edits": []} | json.loads(node["data-point"])
    for path, value in changes.items():
        set_path(raw, path, value, delete)
    return Scene.model_validate(raw)


def _values(node: Node) -> list[Any]:
    if node.tag == "select":
        raw = [option["value"] for option in node.all("option")]
    elif node["type"] == "range":
        raw = [node["min"], node["value"], node["max"]]
    else:
        raw = [node["data-value"] or node["value"]]
    if node["data-blend"]:
        first, second = json.loads(node["data-blend"])
        return [{first: 1 - float(t), second: float(t)} for t in raw]
    convert = {"number": float, "json": json.loads, None: str}[node["data-type"]]
    values = [convert(text) for text in raw]
    return [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
