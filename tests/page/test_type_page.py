"""The tab Type: a text that follows the hand, the way to another design, letters of one's own, and fonts to take along."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from explorer.core import link
from explorer.core.schema import ExplorerError
from explorer.learn.modalities.outline import UNITS, raster
from explorer.page.serving.export import export
from explorer.play import lettering
from explorer.play.session import open_session
from tests.conftest import BUNDLED
from tests.support import fonts
from tests.support.browsing import Visit
from tests.support.outlines import DRAG

TEXT = "Rag & Bone 25"
SIZE = 400  # pixels of a font's em: hinting moves an edge by half of one
CELL = 48


@pytest.fixture(autouse=True)
def bundled(monkeypatch):
    monkeypatch.setenv("CHECKPOINTS", str(BUNDLED))


@pytest.fixture
def desk(browser, box):
    visit = Visit(browser, box, accept_downloads=True)
    yield visit
    visit.close()


def ink(page, selector: str = "#type-specimen") -> float:
    """Square units within the outlines of a specimen's letters, those of holes too."""
    return page.eval_on_selector_all(
        f"{selector} path",
        """(paths) => paths.reduce((sum, path) => {
          const numbers = path.getAttribute('d').split(/[MZ]/).filter((part) => part.trim());
          return sum + Math.abs(numbers.reduce((total, part) => {
            const at = part.split('L').map((pair) => pair.trim().split(' ').map(Number));
            const next = (k) => at[(k + 1) % at.length];
            return total + at.reduce((a, [x, y], k) => a + x * next(k)[1] - next(k)[0] * y, 0) / 2;
          }, 0));
        }, 0)""",
    )


def settled(desk, change) -> None:
    """Do something that changes the text on the page, and wait until it is drawn anew."""
    before = int(desk.page.get_attribute("#type-specimen", "data-drawn"))
    change()
    desk.page.wait_for_function(f"+document.querySelector('#type-specimen').dataset.drawn > {before}")
    desk.settle()


def test_a_text_is_set_as_it_is_typed_and_follows_a_slider_under_the_hand(desk):
    page = desk.open(open_session("typeface").opening()).page
    desk.tab("type")
    page.wait_for_selector("#type-specimen path")
    settled(desk, lambda: page.fill("#type-text", TEXT))
    page.wait_for_function(f"document.querySelectorAll('#type-specimen path').length === {len(TEXT.replace(' ', ''))}")
    assert page.get_attribute("#type-specimen", "aria-label").endswith(TEXT)
    assert page.evaluate("""() => {
        const [host, ...letters] = ['#type-specimen', '#type-specimen path:first-child', '#type-specimen path:last-child']
            .map((one) => document.querySelector(one).getBoundingClientRect());
        return letters.every((one) => one.left >= host.left - 2 && one.right <= host.right + 2);
    }""")
    before = ink(page)
    settled(desk, lambda: page.locator("#attribute-weight").evaluate(DRAG, "30"))
    assert ink(page) > 1.2 * before, "while the pointer still moves"
    assert "weight" not in desk.scene.condition, "and nothing is set yet"
    desk.after(lambda: page.locator("#attribute-weight").dispatch_event("change"))
    assert desk.scene.condition["weight"] == pytest.approx(30, abs=1)
    page.fill("#type-text", "a€b")
    page.wait_for_selector("#type-lacking")
    assert "€" in page.inner_text("#type-lacking")


def test_the_letters_of_the_page_are_those_of_the_server(desk):
    session = open_session("typeface")
    page = desk.open(session.opening()).page
    desk.tab("type")
    settled(desk, lambda: page.fill("#type-text", "Rg&"))
    page.wait_for_function("document.querySelectorAll('#type-specimen path').length === 3")
    everything = lettering.alphabet(session, desk.scene.point)
    x = 0.0
    for k, name in enumerate("Rg&"):
        path = page.locator(f"#type-specimen path:nth-child({k + 1})")
        theirs = everything[name]
        mine = loops(path.get_attribute("d"))
        written = [
            loop.round(2) for loop in theirs.loops
        ]  # as a path is: else an edge between two parts of a cell may tip
        gap = np.abs(raster(mine, CELL).astype(int) - raster(written, CELL)).max()
        assert gap < 40, name  # two of a cell's sixteen parts
        x += theirs.left
        assert float(path.get_attribute("transform")[10:].split()[0]) == pytest.approx(x - theirs.begin, abs=0.5)
        x += theirs.end - theirs.begin + theirs.right


def test_the_way_to_another_design_is_a_slider_and_steps_to_press(desk):
    page = desk.open(open_session("typeface").opening()).page
    desk.tab("type")
    page.wait_for_selector("#type-step-4 path")
    ends = [ink(page, f"#type-step-{k}") for k in (0, 2, 4)]
    assert ends[0] != ends[2]
    settled(desk, lambda: desk.after(lambda: page.click("#type-step-2-pick, .specimen-pick:has(#type-step-2)")))
    (edit,) = desk.scene.edits
    assert (edit.op, edit.params["t"]) == ("between", 0.5)
    settled(desk, lambda: page.locator("#scrub").evaluate(DRAG, "0.9"))
    desk.after(lambda: page.locator("#scrub").dispatch_event("change"))
    assert desk.scene.edits[0].params["t"] == 0.9


@pytest.mark.parametrize("kind", ["otf", "ttf"])
def test_a_font_looks_in_pillow_and_in_the_browser_as_it_does_on_stage(desk, kind):
    session = open_session("typeface")
    page = desk.open(session.opening()).page
    desk.tab("type")
    page.wait_for_selector(f"#export-{kind}")
    with page.expect_download() as saved:
        page.click(f"#export-{kind}")
    data = saved.value.path().read_bytes()
    font = TTFont(io.BytesIO(data))
    letters = lettering.alphabet(session, desk.scene.point)
    assert set(font.getBestCmap()) == {ord(" "), *map(ord, letters)}
    assert ("glyf" in font) == (kind == "ttf") and font["OS/2"].sCapHeight == 700
    drawn = ImageFont.truetype(io.BytesIO(data), SIZE)
    scale = 0.7 * SIZE / (28 * UNITS / CELL)  # pixels a unit: a capital is 700 of the em, and 28 cells
    for name, one in letters.items():
        side = round(UNITS * scale)
        image, shift = Image.new("L", (2 * side, 2 * side)), np.array([one.left - one.begin, 0])
        ImageDraw.Draw(image).text((side / 2, side / 2 + 35 * UNITS / CELL * scale), name, 255, drawn, anchor="ls")
        wanted = raster(
            [(loop + shift) * scale * UNITS / (2 * side) + UNITS / 4 for loop in one.loops],
            2 * side,
        )
        both, either = np.minimum(image, wanted).astype(float).sum(), np.maximum(image, wanted).astype(float).sum()
        assert both / either > 0.9, name
        assert drawn.getlength(name) == pytest.approx((one.left + one.end - one.begin + one.right) * scale, abs=1)
    widths = page.evaluate(
        """async ([data, size]) => {
            const font = new FontFace('taken', Uint8Array.from(atob(data), (one) => one.charCodeAt(0)));
            await font.load();
            document.fonts.add(font);
            const context = document.createElement('canvas').getContext('2d');
            context.font = `${size}px taken`;
            return [...'RagHo'].map((one) => context.measureText(one).width);
        }""",
        [base64.b64encode(data).decode(), SIZE],
    )
    assert widths == pytest.approx([drawn.getlength(name) for name in "RagHo"], abs=1)
    assert data == export({"scene": link.write(desk.scene), "as": kind}).data, "the same letters, the same file"


def test_a_specimen_is_a_sheet_with_the_font_in_it():
    scene = open_session("typeface").opening()
    made = export({"scene": link.write(scene), "as": "pdf", "text": "Rag \u20ac & Bone, " * 9})
    assert made.media == "application/pdf" and made.data.startswith(b"%PDF")
    assert b"/FontFile2" in made.data and made.data.count(b"/Type /Page\n") == 1
    assert made.data == export({"scene": link.write(scene), "as": "pdf", "text": "Rag \u20ac & Bone, " * 9}).data


def test_a_model_without_letters_gives_no_font():
    scene = open_session("icons").opening()
    with pytest.raises(ExplorerError, match="draws no letters"):
        export({"scene": link.write(scene), "as": "otf"})


def test_three_letters_are_brought_and_the_text_is_set_in_their_design(desk, tmp_path):
    session = open_session("typeface")
    page = desk.open(session.opening()).page
    desk.tab("type")
    page.wait_for_selector("#type-specimen path")
    heavy = tmp_path / "heavy.ttf"
    heavy.write_bytes(fonts.block(stem=220))
    before = ink(page)
    settled(desk, lambda: desk.after(lambda: page.set_input_files("#letters-file", heavy)))
    assert desk.scene.start.condition["character"] == "R" and ink(page) > 1.2 * before
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(heavy.read_bytes()[:500])
    page.set_input_files("#letters-file", broken)
    page.wait_for_selector('[data-notice="letters"]')
    assert "can't be read" in page.inner_text('[data-notice="letters"]')
    page.click("#letters-draw")
    sheet = page.locator("#draw-letters").bounding_box()
    page.fill("#draw-said", "Il")
    for share in (0.3, 0.6):
        x = sheet["x"] + share * sheet["width"]
        page.mouse.move(x, sheet["y"] + 0.2 * sheet["height"])
        page.mouse.down()
        page.mouse.move(x, sheet["y"] + 0.74 * sheet["height"], steps=4)
        page.mouse.up()
    settled(desk, lambda: page.click("#draw-use"))
    assert desk.scene.start.condition["character"] == "I"


def test_the_text_is_saved_as_it_stands(desk):
    page = desk.open(open_session("typeface").opening()).page
    desk.tab("type")
    page.wait_for_selector("#type-specimen path")
    with page.expect_download() as saved:
        page.click("#type-svg")
    text = saved.value.path().read_text()
    assert text.count("<path") == page.locator("#type-specimen path").count() and "xmlns=" in text
    assert saved.value.suggested_filename == "specimen.svg"


def test_a_narrow_page_breaks_the_text_into_lines(browser, box):
    phone = Visit(browser, box, width=390, height=844)
    page = phone.open(open_session("typeface").opening()).page
    phone.tab("type")
    settled(phone, lambda: page.fill("#type-text", "The quick brown fox jumps over the lazy dog"))
    page.wait_for_function("""() => new Set([...document.querySelectorAll('#type-specimen path')]
        .map((one) => one.getAttribute('transform').split(' ')[1])).size > 2""")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.close()


def loops(d: str) -> list[np.ndarray]:
    return [
        np.array([[float(v) for v in at.split()] for at in part.strip("Z").split("L")]) for part in d.split("M")[1:]
    ]
