"""Nodes, drawn by the page's one renderer in a real browser: what each kind becomes, and what stays while it changes."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go
import pytest

from explorer.core import nodes as n
from explorer.core.panel import told as told_of
from explorer.core.scene import Point
from explorer.page.serving.web import assets

HERE, OTHER = Point.model_validate({"start": {"item": 3}}), Point.model_validate({"start": {"item": 9}})
SETS = n.Sets(path="view.options.x.a", view=True)
LETTERS = (n.Choice(value="a", text="A"), n.Choice(value="b", text="B"))
NUMBERS = (n.Choice(value=1, text="A"), n.Choice(value=2, text="B"))
CELL = n.Cell(point=OTHER, caption="b")
# One of each kind, and what it must become.
EXAMPLES: dict[str, tuple[n.Node, str]] = {
    "note": (n.Note(id="i", text="Heed.", tone="warning"), "p.warning#i"),
    "chips": (
        n.Chips(id="i", sets=SETS, value="b", label="L", choices=LETTERS),
        "#i[role=radiogroup][aria-label=L] .choice input[type=radio][value=b]:checked",
    ),
    "select": (
        n.Select(id="i", sets=SETS, value=2, choices=NUMBERS),
        'select#i[data-type=json] option[value="2"]:checked',
    ),
    "slider": (
        n.Slider(id="i", value=0.5, low=0, high=1, step=0.05, unit="s", sets=SETS), "input.slider#i + output.value[for=i]",
    ),
    "number": (n.Number(id="i", value=4, low=0, high=2**31 - 1, sets=SETS), "input.number#i[max='2147483647']"),
    "text": (n.Text(id="i", value="Rag", most=9, sets=SETS, label="L"), "input.text#i[type=text][maxlength='9'][aria-label=L]"),
    "specimen": (
        n.Specimen(id="i", label="L", text="a b", letters={"a": HERE, "b": OTHER, "i": HERE}, point=HERE),
        "button.specimen-pick[data-point] > svg#i[role=img][data-drawn] > path[d='M0 0L9 0L9 9Z'] + path",
    ),
    "button": (
        n.Button(id="i", text="Go", pressed=True, sets=n.Sets(patch={"view.tab": "x"})),
        "button.button.quiet#i[aria-pressed=true]",
    ),
    "labelled": (
        n.Labelled(label="L", changed=True, inside=(n.Slider(id="i", value=0, low=0, high=1, step=1, sets=SETS),)),
        ".field.changed > label.label[for=i] + .control > .slider#i",
    ),
    "row": (n.Row(id="i", role="scrub", inside=(n.Note(text="x"),)), ".scrub.travel#i > p.note"),
    "section": (
        n.Section(id="i", title="T", folded=True, inside=(n.Note(text="x"),)), "details.more#i:not([open]) > summary + p",
    ),
    "strip": (
        n.Strip(id="i", title="T", cells=(CELL,), fit=True), ".strip#i .cells.fit > .cell > .cell-face > img[src^='data:']",
    ),
    "matrix": (
        n.Matrix(id="i", label="L", rows=("r",), columns=("c",), cells=(CELL,)),
        "table.matrix#i tbody th[scope=row] + td > .cell",
    ),
    "grid": (n.Grid(id="i", label="L", columns=2, cells=(CELL,)), ".grid#i[role=group] > .cell"),
    "picture": (n.Picture(id="i", pair=(HERE, OTHER), alt="x", caption="c"), "figure > img#i[src*='difference'] + figcaption"),
    "table": (n.Table(id="i", label="L", columns=("", "a"), rows=(("r", 0.25),)), "#i table.facts tbody th[scope=row] + td"),
    "sentence": (
        n.Sentence(id="i", label="L", parts=(("a", ""), ("cat", "gone"), ("dog", "new"), ("xq", "unknown"))),
        "p.sentence#i > del + ins + mark",
    ),
    "figure": (
        n.Figure.of(go.Figure(go.Bar(x=["a", "b"], y=[1, 2], marker_color="var(--accent)")), id="i", label="L"),
        ".figure#i[role=img][data-drawn] .main-svg",
    ),
    "meter": (n.Meter(id="i", label="L", value=3, low=0, high=4, mark=2), ".meter.alarm#i[role=img]"),
    "codegrid": (
        n.CodeGrid(id="i", label="L", cell=CELL, rows=1, columns=2, mask="01", names=("one", "two"), sets=SETS),
        "#i[data-paint][data-columns='2'] > img + button[aria-pressed=false][data-value='11'] + button[aria-pressed=true]",
    ),
    "items": (
        n.Items(id="i", label="L", items=(3, 9), captions=("a", "b")),
        ".items#i[data-count='2'] .cell[data-point] > .cell-face > img[src^='data:']",
    ),
    "bars": (
        n.Bars(id="i", label="L", bars=(n.Bar(text="a", value=0.5, low=0.3, high=0.6, beside=0.4, do="x", data={"a": 1}),)),
        ".bars#i[role=group] > button.tally[data-do=x] > .bar-name + .bar-track > .bar-fill + .bar-range + .bar-beside",
    ),
    "canvas": (
        n.Canvas(id="i", label="L", points=((0.5, 0.5),), sets=SETS), "canvas#i[tabindex='0'] + input[type=hidden]",
    ),
}  # fmt: skip
PAGE = """<!doctype html><html data-theme="light"><head><style>
:root{--accent:#0b6b4e;--ink:#111111;--ink-2:#444444;--line:#dddddd}
[data-theme=dark]{--accent:#5fc9a1}#host{height:200px;overflow:auto}.slider{width:300px}canvas.points{width:300px;height:300px}
</style></head><body><div id="root"><div id="host"></div></div><script type="module">
import { render } from "/js/nodes/render.js";
import { bind } from "/js/shell/bind.js";
import { Store } from "/js/core/scene.js";
const svg = (text) => `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' id='${text}'/>`;
window.store = new Store();
store.open({ model: "m", start: { item: 3 } }, { name: "m", modality: {} }, false);
window.slow = [];
window.compute = {
  picture: (points) => new Promise((done) => {
    const give = () => done(points.map((p) => svg(`picture-${p.start?.item}`)));
    window.wait ? slow.push(give) : give();
  }),
  difference: (pairs) => Promise.resolve(pairs.map(() => svg("difference"))),
  glyphs: (points) => Promise.resolve(points.map(() => ({ d: "M0 0L9 0L9 9Z", begin: 0, end: 100, left: 10, right: 10 }))),
  trust: (points) => Promise.resolve(points.map((p) => ({ ratio: p.start.item / 3, percentile: p.start.item > 5 ? 0 : 50 }))),
};
bind(document.querySelector("#root"), store, (name) => (window.ran = name));
const recipe = (p) => `item ${p.start?.item}`;
window.show = (nodes) => render(document.querySelector("#host"), nodes, { compute, store, recipe });
window.ready = true;
</script></body></html>"""


@pytest.fixture(scope="module")
def stage(browser):
    """A page with the renderer alone; a `compute` that answers at once, or when told."""
    page = browser.new_context(viewport={"width": 800, "height": 600}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    files = assets()

    def answer(route: Any) -> None:
        name = route.request.url.partition("//nodes.test/")[2]
        if name:
            route.fulfill(path=files[name], content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page.route("**/*", answer)
    page.goto("http://nodes.test/")
    page.wait_for_function("window.ready")
    yield page
    page.context.close()
    assert not errors, errors


@pytest.fixture
def page(stage):
    """The same, with nothing shown."""
    stage.evaluate("show([])")
    return stage


def show(page, *nodes: n.Node) -> None:
    page.evaluate("(nodes) => show(nodes)", told_of(nodes))


def scene(page) -> dict[str, Any]:
    return page.evaluate("store.scene")


@pytest.mark.parametrize("kind", n.KINDS)
def test_every_kind_is_drawn(page, kind):
    node, selector = EXAMPLES[kind]
    assert node.kind == kind
    show(page, node)
    page.wait_for_selector(f"#host {selector}", state="attached")


def test_what_holds_other_nodes_sends_them_too():
    inner = n.Labelled(label="a", inside=(n.Note(text="x"),), actions=(n.Button(text="b"),))
    (told,) = told_of([n.Section(inside=(inner,))])
    assert told["inside"][0]["inside"] == [{"kind": "note", "text": "x"}]
    assert told["inside"][0]["actions"] == [{"kind": "button", "text": "b"}]


@pytest.mark.parametrize("kind", sorted(set(n.KINDS) - {"figure"}))
def test_an_element_stays_while_its_id_and_kind_do(page, kind):
    node, selector = EXAMPLES[kind]
    show(page, n.Note(id="other", text="old"), node)
    page.locator(f"#host {selector}").first.evaluate("(element) => (element.mark = 1)")
    show(page, n.Note(id="new", text="above"), node, n.Note(id="other", text="changed"))
    assert page.locator(f"#host {selector}").first.evaluate("(element) => element.mark") == 1
    assert page.locator("#other").inner_text() == "changed"
    show(page)
    assert page.locator("#host > *").count() == 0


def test_focus_scroll_and_what_a_person_opened_stay(page):
    long = n.Row(id="long", inside=tuple(n.Note(id=f"n{k}", text="line") for k in range(40)))
    number = EXAMPLES["number"][0]
    fold = n.Section(id="fold", title="More", folded=True, inside=(n.Note(text="x"),))
    show(page, long, number, fold)
    page.locator("#fold summary").click()
    page.locator("#i").focus()
    page.keyboard.type("7")
    page.evaluate("document.querySelector('#host').scrollTop = 120")
    typed = page.locator("#i").input_value()
    show(page, fold, n.Note(id="top", text="new"), number.model_copy(update={"high": 9.0}), long)
    assert page.evaluate("document.activeElement.id") == "i"
    assert page.locator("#i").input_value() == typed != "4"
    assert page.locator("#i").get_attribute("max") == "9"
    assert page.locator("#fold").evaluate("(fold) => fold.open") is True
    assert page.evaluate("document.querySelector('#host').scrollTop") > 0
    page.evaluate("document.activeElement.blur()")


def test_a_slider_under_the_hand_stays_where_the_hand_is(page):
    slider = EXAMPLES["slider"][0]
    show(page, slider)
    box = page.locator("#i").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 270, box["y"] + box["height"] / 2)
    here = page.locator("#i").input_value()
    assert float(here) > 0.8
    show(page, n.Note(id="above", text="came"), slider.model_copy(update={"value": 0.1}))
    assert page.locator("#i").input_value() == here
    assert page.locator("output").inner_text() == f"{float(here):.2f}s"
    page.mouse.up()
    assert scene(page)["view"]["options"]["x"]["a"] == float(here)
    show(page, slider.model_copy(update={"value": 0.2}))
    assert page.locator("#i").input_value() == "0.2" and page.locator("output").inner_text() == "0.20s"


def test_a_late_picture_never_covers_a_newer_one(page):
    page.evaluate("window.wait = true")
    try:
        page.evaluate("(nodes) => void show(nodes)", told_of([n.Strip(id="s", cells=(n.Cell(point=HERE),))]))
        page.evaluate("(nodes) => void show(nodes)", told_of([n.Strip(id="s", cells=(n.Cell(point=OTHER),))]))
        page.evaluate("slow.reverse().forEach((give) => give())")
        page.wait_for_selector("#s img[src*='picture-9']")
        assert page.locator("#s img").get_attribute("alt") == "item 9"
    finally:
        page.evaluate("window.wait = false; slow.length = 0")


def test_a_cell_says_how_far_it_lies_and_which_is_on_stage(page):
    cells = (n.Cell(point=HERE, caption="a", trust=True), n.Cell(point=OTHER, caption="b", trust=True))
    show(page, n.Strip(id="s", cells=cells))
    assert page.locator("#s .cell-caption").all_inner_texts() == ["a 1×", "b 3×"]
    assert page.locator("#s .cell").nth(0).get_attribute("class") == "cell on"
    assert page.locator("#s .cell").nth(1).get_attribute("class") == "cell far"
    show(page, n.Strip(id="s", cells=(cells[1].model_copy(update={"trust": False}),)))
    assert page.locator("#s .cell").get_attribute("class") == "cell"
    assert page.locator("#s .cell-bar").count() == 0


def test_controls_set_the_scene(page):
    page.evaluate("store.stage({ start: { item: 3 }, edits: [{ op: 'a' }, { op: 'b' }, { op: 'c' }] })")
    show(
        page,
        n.Chips(id="c", sets=n.Sets(path="view.options.x.k"), value=1, choices=NUMBERS),
        n.Button(id="u", text="U", sets=n.Sets(unset=("edits.0", "edits.2"), patch={"view.tab": "codes"})),
        n.Button(id="p", text="P", sets=n.Sets(point=OTHER)),
        n.Button(id="d", text="D", do="undo"),
        EXAMPLES["codegrid"][0].model_copy(update={"id": "g"}),
    )  # fmt: skip
    page.get_by_text("B", exact=True).click()
    assert scene(page)["view"]["options"]["x"]["k"] == 2
    page.locator("#u").click()
    assert scene(page)["edits"] == [{"op": "b"}] and scene(page)["view"]["tab"] == "codes"
    page.locator("#p").click()
    assert (scene(page)["start"], scene(page)["edits"]) == ({"item": 9}, [])
    page.locator("#d").click()
    assert page.evaluate("window.ran") == "undo"
    page.locator("#g button").first.click()
    assert scene(page)["view"]["options"]["x"]["a"] == "11"


def test_points_are_dropped_moved_and_taken_out(page):
    canvas = n.Canvas(id="i", label="L", points=((0.5, 0.5),), lines=(("found", ((0, 0), (1, 1))),), most=2, sets=SETS)
    show(page, canvas)
    told = lambda: scene(page)["view"]["options"]["x"]["a"]  # noqa: E731
    page.locator("#i").click(position={"x": 60, "y": 60})
    assert told() == [[0.5, 0.5], pytest.approx([0.2, 0.8], abs=0.01)]
    page.locator("#i").click(position={"x": 200, "y": 30})  # it takes two
    assert len(told()) == 2
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Comma")
    page.keyboard.press("Delete")
    assert len(told()) == 1
    assert page.locator("#i").evaluate("(c) => c.getContext('2d').getImageData(0, 0, 640, 640).data.some((v) => v > 0)")


def test_a_chart_follows_light_and_dark(page):
    show(page, EXAMPLES["figure"][0])
    fill = "getComputedStyle(document.querySelector('#i .bars path')).fill"
    page.wait_for_function(f"{fill} === 'rgb(11, 107, 78)'")
    page.evaluate(
        "document.documentElement.dataset.theme = 'dark'; document.dispatchEvent(new CustomEvent('themechange'))"
    )
    page.wait_for_function(f"{fill} === 'rgb(95, 201, 161)'")
    page.evaluate(
        "document.documentElement.dataset.theme = 'light'; document.dispatchEvent(new CustomEvent('themechange'))"
    )
    assert json.loads(json.dumps(told_of([EXAMPLES["figure"][0]])))[0]["figure"]["layout"].keys() == set()


def test_a_text_is_as_large_as_fits_and_broken_between_words(stage):
    lay = """async ([text, room]) => {
        const { set, needed } = await import("/js/nodes/specimen.js");
        const glyphs = Object.fromEntries([...'abci'].map((one) => [one, { begin: 50, end: 150, left: 20, right: 30 }]));
        return [set(text, glyphs, room), needed(text)];
    }"""
    made, wanted = stage.evaluate(lay, ["ab ab", 150])
    assert sorted(wanted) == ["a", "b", "i"], "a space is as wide as an i"
    assert [one["x"] for one in made["letters"]] == [-30, 120, 420, 570] and made["scale"] == 150 / 750
    wide, _ = stage.evaluate(lay, ["a", 900])
    narrow, _ = stage.evaluate(lay, ["ab abc ab", 90])
    assert wide["scale"] == 0.6, "no larger than that"
    lines = [one["y"] for one in narrow["letters"]]
    assert narrow["scale"] == 0.16 and lines == sorted(lines) and len(set(lines)) == 3
    long, _ = stage.evaluate(lay, ["abcabc", 90])
    assert long["scale"] == 90 / 900, "a word is never broken"
    gone, _ = stage.evaluate(lay, ["a\u20acb", 500])
    assert [one["character"] for one in gone["letters"]] == ["a", "b"]
    assert stage.evaluate(lay, ["", 500])[0]["letters"] == []
