"""HTML by calls, and points in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from explorer.core.scene import Edit, Point
from explorer.core.schema import Attribute, Schema
from explorer.museum.lenses.base import Reading
from explorer.page.views import facts, words
from explorer.page.views.controls import Choice, Sets, chips, slider
from explorer.page.views.html import el, join, number
from explorer.page.views.html import words as names
from tests.support.panels import check, read

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


def test_colours_become_swatches_and_words_chips():
    tone = [Choice(v, v, colour=c) for v, c in zip(CONDITIONS["tone"].values, CONDITIONS["tone"].colours, strict=True)]
    root = read(str(chips("tone", tone, "red", Sets("condition.tone"))))
    assert root.children[0]["class"] == "swatches"
    assert [node["style"] for node in root.all("span", class_="swatch")] == ["--colour:#ff0000", "--colour:#0000ff"]
    check(root)
    plain = read(str(chips("mood", [Choice("glad", "glad")], None, Sets("condition.mood"))))
    assert plain.children[0]["class"] == "choice"
    assert not [node for node in plain.all("input") if "checked" in node.attributes]


def test_a_slider_fills_up_to_its_value():
    root = read(str(slider("s", Sets("x", live=True), 0.25, (-1, 1, 0.05), label="S")))
    bar, output = root.children
    assert bar["style"] == "--at:62.5%"
    assert (bar["value"], output.text) == ("0.25", "0.25")
    assert "data-live" in bar.attributes


def test_readings_explain_the_worst_alone():
    shown = [
        Reading("a", "1", "Sentence a.", "good", 0.9),
        Reading("b", "2", "Sentence b.", "poor", 0.1),
        Reading("c", "3", "Sentence c.", "fair", 0.4),
    ]
    root = read(str(facts.readings(shown)))
    assert [p.text for p in root.all("p")] == ["Sentence b."]
    assert [li["title"] for li in root.all("li")] == ["Sentence a.", "Sentence b.", "Sentence c."]
    assert facts.readings([]) == ""
