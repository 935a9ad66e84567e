"""HTML by calls, and points in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from explorer.box.cards import read_card
from explorer.core.numbers import number
from explorer.core.scene import Edit, Point
from explorer.core.schema import Attribute, Schema
from explorer.page.views import words
from explorer.page.views.facts import FEW, card
from explorer.page.views.html import el, join
from explorer.page.views.html import words as names
from tests.conftest import BUNDLED, bundled
from tests.support.panels import read

CONDITIONS = Schema(
    attributes=(
        Attribute(name="mood", label="Mood", values=("glad", "sad")),
        Attribute(name="tone", label="Tone", values=("red", "blue"), colours=("#ff0000", "#0000ff")),
        Attribute(name="size", label="Size", kind="continuous", low=0, high=10, unit="mm"),
    )
)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")))


@given(TEXT, TEXT)
def test_whatever_a_text_holds_it_stays_text(inside, attribute):
    root = read(str(el("p", inside, title=attribute)))
    (p,) = root.children
    assert p.children == []
    assert p.text == inside
    assert p["title"] == attribute


def test_attributes_and_children():
    made = el("input", type="text", checked=True, disabled=False, value=None, data_set="a.b", class_="x", for_="y")
    assert made == Markup('<input type="text" checked data-set="a.b" class="x" for="y">')
    assert el("p", "a", None, [el("b", "c"), ["d"]]) == Markup("<p>a<b>c</b>d</p>")
    assert el("p", data_patch={"a": ["<"]}) == Markup('<p data-patch="{&#34;a&#34;:[&#34;&lt;&#34;]}"></p>')
    assert join("a", None, Markup("<br>")) == Markup("a<br>")
    assert names("a", None, False, "b") == "a b"
    assert names(None, False) is None


def test_numbers_read_well():
    assert [number(x) for x in (1.0, -0.5, 0.126, -0.001, 12)] == ["1", "\u22120.5", "0.13", "0", "12"]


def test_values_in_words():
    mood, _, size = CONDITIONS.attributes
    assert words.value(mood, "glad") == "glad"
    assert words.value(mood, None) == "not set"
    assert words.value(mood, {"glad": 0.25, "sad": 0.75}) == "25% glad + 75% sad"
    assert words.value(size, 2.5) == "2.5 mm"
    assert words.asked(CONDITIONS, {"mood": "sad", "tone": None, "size": 3}) == "mood sad, size 3 mm"


def test_points_in_words():
    item = Point.model_validate({"start": {"item": 12}, "condition": {"mood": "sad"}})
    assert (
        words.recipe(item.then("dimension", index=3, amount=-1.5), CONDITIONS)
        == "item 12, mood sad, dimension 3 by \u22121.5"
    )
    assert (
        words.start(Point.model_validate({"start": {"of": {"start": {"seed": 4, "draw": 1}}}}).start)
        == "a result of draw 2 of seed 4"
    )
    assert words.step(Edit(op="direction", params={"label": "smilers", "amount": 2})) == "smilers by 2"
    assert words.step(Edit(op="between", params={"t": 0.25})) == "interpolate 25%"


@pytest.mark.parametrize("name", bundled())
def test_about_calls_each_measure_by_its_name_and_leaves_no_number_out(name):
    this = read_card(BUNDLED / name)
    root = read(str(card(this, {lens: (lens, "") for lens in this.metrics})))
    called = [node.text for tag in ("th", "dt") for node in root.all(tag)]
    assert called and not [text for text in called if "_" in text or text in keys(this.metrics)]
    cells = [node.text for tag in ("td", "dd") for node in root.all(tag)]
    many = this.metrics.get("collapse", {}).get("kl_by_dimension", [])
    if len(many) > FEW:
        assert any(f"({len(many)} numbers)" in text for text in cells)


def keys(figures) -> set[str]:
    """All names within figures."""
    return {key for k, v in figures.items() for key in (k, *(keys(v) if isinstance(v, dict) else ()))}
