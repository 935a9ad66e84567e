"""The page's second answerer, assets/js/local/, beside the Python that it stands for: node by node, in a real browser."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
import torch

from explorer import link
from explorer.act import act
from explorer.registry import discover
from explorer.scene import Scene, unpack
from explorer.site import facts_json
from tests.panels import Node, read
from tests.test_tabs import TABS, points, scenes

JSON = ("data-point", "data-patch", "data-value", "data-blend", "value")


def told(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")


def close(a: str, b: str) -> bool:
    """Whether two texts are the same but for the last digit of their numbers."""
    if NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return False
    pairs = zip(NUMBER.findall(a), NUMBER.findall(b), strict=True)
    return all(nearly(float(x.replace("−", "-")), float(y.replace("−", "-")), places(x)) for x, y in pairs)


def places(text: str) -> int:
    return len(text.partition(".")[2])


def nearly(x: float, y: float, digits: int) -> bool:
    return abs(x - y) <= 1.01 * 10**-digits if digits else abs(x - y) <= 1


def alike(a: Any, b: Any) -> bool:
    """Whether two values of JSON say the same, up to rounding."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
        return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-4)
    return a == b or (isinstance(a, str) and isinstance(b, str) and packed_alike(a, b))


def packed_alike(a: str, b: str) -> bool:
    """Whether two texts are packed vectors that say the same, up to rounding."""
    if len(a) != len(b) or not all(re.fullmatch(r"[\w-]{6,}", text) for text in (a, b)):
        return False
    size = len(a) * 3 // 16
    return torch.allclose(unpack(a, size), unpack(b, size), atol=1e-4)


def compare(ours: Node, theirs: Node, way: str = "") -> None:
    """Assert that two trees are the same: tags, attributes, text."""
    place = f"{way}/{ours.tag}{'#' + ours['id'] if ours['id'] else ''}"
    assert ours.tag == theirs.tag, place
    assert ours.attributes.keys() == theirs.attributes.keys(), (
        f"{place}: {ours.attributes.keys() ^ theirs.attributes.keys()}"
    )
    for name, value in ours.attributes.items():
        other = theirs[name]
        if name == "src":
            assert (value or "")[:22] == (other or "")[:22], place
        elif name == "href" and "scene=" in (value or ""):
            assert value.partition("scene=")[0] == other.partition("scene=")[0], place
        elif name in JSON:
            assert alike(told(value or ""), told(other or "")), f"{place} {name}: {value} != {other}"
        else:
            assert value == other or close(value or "", other or ""), f"{place} {name}: {value} != {other}"
    assert ours.text == theirs.text or close(ours.text, theirs.text), f"{place}: {ours.text!r} != {theirs.text!r}"
    assert len(ours.children) == len(theirs.children), (
        f"{place}: {len(ours.children)} != {len(theirs.children)} children"
    )
    for a, b in zip(ours.children, theirs.children, strict=True):
        compare(a, b, place)
