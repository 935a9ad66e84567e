"""Reads a panel as the page shows it, nodes or HTML: which controls there are, and what scene each of them makes."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from functools import singledispatch
from html.parser import HTMLParser
from typing import Any

from explorer.core import link
from explorer.core import nodes as n
from explorer.core.panel import Panel
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


def read(html: str | Panel) -> Node:
    """A panel -> its tree of elements; fails where a tag of HTML isn't closed."""
    if isinstance(html, Panel):
        root = Node("root", {})
        grow(root, html.nodes)
        return root
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.here is reader.root, f"<{reader.here.tag}> isn't closed"
    return reader.root


def grow(parent: Node, nodes: tuple[n.Node, ...]) -> None:
    """Add what the page's renderer makes of nodes, as far as a test asks for it: controls, cells, pictures, words."""
    for node in nodes:
        _grow(node, parent)


@singledispatch
def _grow(node: n.Node, parent: Node) -> None:
    assert isinstance(node, n.Figure | n.Meter | n.Bars) and node.label, node
    _put(parent, "div", id=node.id or None, aria_label=node.label)


@_grow.register(n.Row)
@_grow.register(n.Section)
def _(node: n.Row | n.Section, parent: Node) -> None:
    made = _put(parent, "div", getattr(node, "title", ""), id=node.id or None)
    grow(made, (*getattr(node, "actions", ()), *node.inside))


@_grow.register
def _(node: n.Labelled, parent: Node) -> None:
    group = any(isinstance(one, n.Chips) for one in node.inside)
    inner = [one for row in node.inside for one in (row.inside if isinstance(row, n.Row) else (row,))]
    named = next((one.id for one in inner if one.id and not isinstance(one, n.Note | n.Button)), None)
    field = _put(parent, "div")
    _put(field, "span" if group else "label", node.label + node.remark, for_=None if group else named)
    grow(field, (*node.inside, *node.actions))


@_grow.register
def _(node: n.Note, parent: Node) -> None:
    _put(parent, "p", node.text, id=node.id or None, class_=node.tone)


@_grow.register
def _(node: n.Button, parent: Node) -> None:
    pressed = None if node.pressed is None else str(node.pressed).lower()
    _put(
        parent, "button", node.text, id=node.id or None, aria_label=node.label or None, aria_pressed=pressed,
        disabled=node.disabled, data_for=node.of or None, data_do=node.do or None, **_sets(node.sets),
    )  # fmt: skip


@_grow.register(n.Slider)
@_grow.register(n.Number)
def _(node: n.Slider | n.Number, parent: Node) -> None:
    _put(
        parent, "input", id=node.id, type="range" if isinstance(node, n.Slider) else "number", min=f"{node.low:g}",
        max=f"{node.high:g}", step=f"{node.step:g}", value=f"{node.value:.10g}", data_type="number",
        aria_label=node.label or None, disabled=getattr(node, "disabled", None), **_sets(node.sets),
    )  # fmt: skip


@_grow.register
def _(node: n.Text, parent: Node) -> None:
    _put(
        parent, "input", id=node.id, type="text", maxlength=str(node.most), value=node.value, aria_label=node.label or None,
        **_sets(node.sets),
    )  # fmt: skip


@_grow.register(n.Chips)
@_grow.register(n.Select)
def _(node: n.Chips | n.Select, parent: Node) -> None:
    text = all(isinstance(choice.value, str) for choice in node.choices)
    kind, listed = None if text else "json", isinstance(node, n.Select)
    own = {"data_type": kind, **_sets(node.sets)}
    group = _put(
        parent, "select" if listed else "div", id=node.id, aria_label=node.label or None, **(own if listed else {})
    )
    for choice in node.choices:
        value = choice.value if text else json.dumps(choice.value)
        on = "" if choice.value == node.value else None
        if listed:
            _put(group, "option", choice.text, value=value, selected=on)
            continue
        point = {"data_point": link.compact(choice.point)} if choice.point else {}
        label = _put(group, "label", choice.text)
        _put(label, "input", type="radio", value=value, checked=on, disabled=choice.disabled, **(own | point))


@_grow.register(n.Strip)
@_grow.register(n.Grid)
@_grow.register(n.Matrix)
def _(node: n.Strip | n.Grid | n.Matrix, parent: Node) -> None:
    row = _put(parent, "div", getattr(node, "title", ""), id=node.id or None)
    for cell in node.cells:
        own = _sets(cell.sets) if cell.sets else {"data_point": link.compact(cell.point)}
        made = _put(row, "div", class_="cell", **own)
        _put(_put(made, "button"), "img", alt=cell.alt or cell.caption or "its recipe")
        if cell.caption:
            _put(made, "span", cell.caption, class_="cell-caption")
    grow(row, getattr(node, "actions", ()))


@_grow.register
def _(node: n.CodeGrid, parent: Node) -> None:
    grid = _put(parent, "div", id=node.id)
    _put(grid, "img", alt=node.cell.alt)
    for k, digit in enumerate(node.mask):
        flipped = f"{node.mask[:k]}{'0' if digit == '1' else '1'}{node.mask[k + 1 :]}"
        _put(
            grid, "button", node.texts[k] if node.texts else "", aria_label=node.names[k], data_value=flipped,
            aria_pressed=str(digit == "1").lower(), class_="code", **_sets(node.sets),
        )  # fmt: skip


@_grow.register
def _(node: n.Picture, parent: Node) -> None:
    assert sum(one is not None for one in (node.point, node.pair, node.question)) == 1, node
    _put(_put(parent, "figure", node.caption), "img", id=node.id, alt=node.alt)


@_grow.register
def _(node: n.Table, parent: Node) -> None:
    table = _put(parent, "table", id=node.id, aria_label=node.label)
    for row in node.rows:
        assert len(row) == len(node.columns)
        made = _put(table, "tr")
        for value in row:
            _put(made, "td", str(value))


@_grow.register
def _(node: n.Sentence, parent: Node) -> None:
    _put(parent, "p", " ".join(text for text, _ in node.parts), id=node.id)


def _put(parent: Node, tag: str, text: str = "", **attributes: str | None) -> Node:
    said = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    node = Node(tag, said, parent, text=text)
    parent.children.append(node)
    return node


def _sets(sets: n.Sets | None) -> dict[str, str | None]:
    if sets is None:
        return {}
    return {
        "data_set": sets.path, "data_point": link.compact(sets.point) if sets.point else None,
        "data_patch": json.dumps(sets.patch) if sets.patch else None, "data_unset": next(iter(sets.unset), None),
        "data_live": "" if sets.live else None, "data_view": "" if sets.view else None,
    }  # fmt: skip


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
